/** `safe-conduct demo`: the main job, end to end, on real parts; any failure ends it with a code. */
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DEFAULT_POLICY, type Policy } from '@app/casework';
import type { ClientDeps } from '@app/client';
import { apiOf, makeDeps } from '../client.js';
import { readMembers, readTrust } from '../stack/evaluation-files.js';
import { Interrupted, listenForInterruption, unlessInterrupted } from '../stack/interruption.js';
import { readAddresses, type Stack, StackError, startStack, trustFileOf } from '../stack/stack.js';
import { Job } from './job.js';
import { inventedReports } from './reports.js';
import { STEPS } from './steps.js';

const CI_BYTES = 1_000_000;
/** What a report that is left alone waits for in the demonstration. */
const TRIAGE_SECONDS = 20;
const OTHER_SECONDS = 120;

export type DemoOptions = {
  readonly ci?: boolean;
  readonly size: number;
  /** The public origin of a stack that runs already. */
  readonly against?: string;
  /** Its data directory: the unlock secrets of its staff, and what is pinned about it. */
  readonly data: string;
  readonly staffUrl?: string;
};

/** Where the job is done: whom it talks to, and the data directory that holds the secrets of staff. */
type Place = { readonly publicUrl: string; readonly staffUrl: string; readonly dataDir: string };

export async function demo(options: DemoOptions): Promise<void> {
  const signal = listenForInterruption();
  const receiptDir = mkdtempSync(path.join(tmpdir(), 'sc-receipts-'));
  let exitCode: number | undefined;
  try {
    const deps = await makeDeps(process.env);
    const work = async (place: Place): Promise<void> => {
      await unlessInterrupted(signal, play(deps, place, { ...options, receiptDir }));
    };
    if (options.against === undefined) await onTemporaryStack(deps, signal, work);
    else await work(running(options.against, options));
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    process.stderr.write('\nInterrupted; nothing was left behind.\n');
    exitCode = error.exitCode;
  } finally {
    rmSync(receiptDir, { recursive: true, force: true });
  }
  // Requests of the step that was cut off may still be waiting for an answer.
  if (exitCode !== undefined) process.exit(exitCode);
}

async function onTemporaryStack(
  deps: ClientDeps,
  signal: AbortSignal,
  work: (place: Place) => Promise<void>,
): Promise<void> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'sc-demo-'));
  // As root, the database runs under another account, which must be able to enter.
  chmodSync(dataDir, 0o711);
  let stack: Stack | undefined;
  try {
    stack = await startStack({
      deps,
      dataDir,
      publicPort: 0,
      staffPort: 0,
      organisation: 'Demonstration organisation',
      policy: demoPolicy(TRIAGE_SECONDS, OTHER_SECONDS),
      env: queueInDatabase(process.env),
      onStep: (step) => process.stderr.write(`  starting ${step}\n`),
      temporary: true,
      signal,
    });
    say('ACCELERATED CLOCK: this stack publishes a POLICY whose deadlines are seconds, not days.\n');
    await work({ publicUrl: stack.publicUrl, staffUrl: stack.staffUrl, dataDir });
  } finally {
    await stack?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Jobs of two stacks in one Redis would be mixed up; a database of its own keeps them apart. */
function queueInDatabase(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (env.REDIS_URL === undefined || env.REDIS_URL === '') return env;
  process.stderr.write('  REDIS_URL is left alone: the demonstration keeps its queue in its own database.\n');
  return { ...env, REDIS_URL: '' };
}

/** A stack that runs already: its staff sign in with the secrets in its data directory. */
function running(publicUrl: string, options: DemoOptions): Place {
  const dataDir = path.resolve(options.data);
  if (!existsSync(trustFileOf(dataDir))) {
    throw new StackError(`${dataDir} is not the data of an evaluation stack; name it with --data.`);
  }
  const staffUrl = options.staffUrl ?? readAddresses(dataDir)?.staffUrl;
  if (staffUrl === undefined) {
    throw new StackError(`No stack runs on ${dataDir}; start it, or name its staff origin with --staff-url.`);
  }
  return { publicUrl, staffUrl, dataDir };
}

/**
 * Clocks in seconds. Nobody touches an urgent report for `left`; every other target is `other`.
 */
export function demoPolicy(left: number, other: number): Policy {
  const all = { P1: other, P2: other, P3: other, P4: other };
  return {
    ...DEFAULT_POLICY,
    name: 'Demonstration policy: clocks run in seconds',
    tick_seconds: 1,
    targets: {
      ...DEFAULT_POLICY.targets,
      C1: { urgent: other, other },
      C3: { ...all, P1: left },
      C5: all,
      C6: all,
      C7: all,
    },
  };
}

type Playing = Pick<DemoOptions, 'ci' | 'size'> & { readonly receiptDir: string };

async function play(deps: ClientDeps, place: Place, { ci, size, receiptDir }: Playing): Promise<void> {
  const trustFile = trustFileOf(place.dataDir);
  const job = new Job({
    deps,
    publicApi: apiOf(place.publicUrl),
    staffApi: apiOf(place.staffUrl),
    trust: readTrust(trustFile),
    trustFile,
    members: readMembers(place.dataDir),
    reports: inventedReports(ci === true ? CI_BYTES : size, (n) => deps.random.bytes(n)),
    receiptDir,
    say,
    progress,
  });
  for (const step of STEPS) await job.run(step);
}

function say(line: string): void {
  clearProgress();
  process.stdout.write(`${line}\n`);
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K  ${text}`);
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
}
