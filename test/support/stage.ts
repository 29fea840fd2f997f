/** A real evaluation stack and the main job on it, over a transport that a test can watch and disturb. */
import { type ApiClient, makeApiClient } from '@app/api-client';
import type { Policy } from '@app/casework';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeDeps } from '../../apps/cli/src/client.js';
import { demoPolicy } from '../../apps/cli/src/demo/demo.js';
import { Job } from '../../apps/cli/src/demo/job.js';
import { type Invented, inventedReports } from '../../apps/cli/src/demo/reports.js';
import { readMembers, readTrust } from '../../apps/cli/src/stack/evaluation-files.js';
import { type Stack, startStack } from '../../apps/cli/src/stack/stack.js';

export type Fetch = NonNullable<Parameters<typeof makeApiClient>[0]['fetch']>;

export interface Stage {
  readonly stack: Stack;
  readonly dataDir: string;
  readonly job: Job;
  /** What the job said, line by line. */
  readonly said: readonly string[];
  /** A client of an origin over the watched transport. */
  api(baseUrl: string): ApiClient;
  stop(): Promise<void>;
}

export type StageOptions = {
  /** Seconds after which a report that nobody touches lapses; every other target is ten minutes. */
  readonly lapseSeconds?: number;
  readonly redisUrl?: string;
  readonly fetch?: Fetch;
  readonly reports?: readonly Invented[];
};

const LARGE_BYTES = 2_200_000;
/** So short that custodians may decide as soon as a case is closed. */
const RETENTION = { out_of_scope: 1, unshared: 1, review: 1 };

export async function startStage(options: StageOptions = {}): Promise<Stage> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sc-stage-'));
  chmodSync(folder, 0o711);
  const dataDir = path.join(folder, 'data');
  const receiptDir = path.join(folder, 'receipts');
  mkdirSync(receiptDir);
  const deps = await makeDeps({});
  const accelerated = demoPolicy(options.lapseSeconds ?? 600, 600);
  const policy: Policy = { ...accelerated, limits: { ...accelerated.limits, retention: RETENTION } };
  const steps: string[] = [];
  const stack = await startStack({
    deps,
    dataDir,
    publicPort: 0,
    staffPort: 0,
    organisation: 'Test organisation',
    policy,
    env: options.redisUrl === undefined ? {} : { REDIS_URL: options.redisUrl },
    onStep: (step) => steps.push(step),
  });
  const send: Fetch = options.fetch ?? ((url, init) => fetch(url, init));
  const api = (baseUrl: string): ApiClient =>
    makeApiClient({ baseUrl, fetch: send, sleep: async (ms) => sleep(ms) });
  const said: string[] = [];
  const job = new Job({
    deps,
    publicApi: api(stack.publicUrl),
    staffApi: api(stack.staffUrl),
    trust: readTrust(stack.trustFile),
    trustFile: stack.trustFile,
    members: readMembers(dataDir),
    reports: options.reports ?? inventedReports(LARGE_BYTES, (n) => deps.random.bytes(n)),
    receiptDir,
    say: (line) => said.push(line),
    progress: () => undefined,
  });
  return {
    stack,
    dataDir,
    job,
    said,
    api,
    stop: async () => {
      await stack.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
