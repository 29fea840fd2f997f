/** An evaluation instance that nobody looked after for weeks: its role epochs have run out, and it takes reports. */
import { apiOf, makeDeps } from '../../apps/cli/src/client.js';
import { inventedReports } from '../../apps/cli/src/demo/reports.js';
import { readMembers, readTrust } from '../../apps/cli/src/stack/evaluation-files.js';
import {
  connect,
  openCase,
  prepareReport,
  type Service,
  type StaffSession,
  submitReport,
  succeed,
  unlock,
} from '@app/client';
import { makeReporterCode } from '@app/crypto/seal';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const DAY = 86_400;
const TEST_MS = 600_000;

type Instance = { readonly publicUrl: string; readonly staffUrl: string };

let dataDir: string;
let running: ChildProcess | undefined;

/** `safe-conduct start` on the same data, so many days from now. */
async function startOnDay(day: number): Promise<Instance> {
  const program = path.resolve('apps/cli/bin/safe-conduct.mjs');
  const child = spawn(process.execPath, [program, 'start', '--data', dataDir, '--port', '0'], {
    env: { ...process.env, NODE_OPTIONS: '', SAFE_CONDUCT_CLOCK_OFFSET_SECONDS: String(day * DAY) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running = child;
  let said = '';
  let progress = '';
  child.stderr.on('data', (chunk: Buffer) => (progress += chunk.toString()));
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(progress)));
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Ctrl-C')) resolve();
    });
  });
  await Promise.race([ready, ended]);
  ended.catch(() => undefined);
  const url = (origin: string): string => new RegExp(`${origin} origin +(\\S+)`).exec(said)?.[1] ?? '';
  return { publicUrl: url('Public'), staffUrl: url('Staff') };
}

async function interrupt(): Promise<number | null> {
  const child = running;
  running = undefined;
  if (child === undefined) return null;
  if (child.exitCode !== null) return child.exitCode;
  child.kill('SIGINT');
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

function serviceOn(day: number, url: string): Promise<Service> {
  const trust = readTrust(path.join(dataDir, 'directory', 'trust.json'));
  return makeDeps({ SAFE_CONDUCT_CLOCK_OFFSET_SECONDS: String(day * DAY) }).then((deps) =>
    connect(deps, apiOf(url), trust),
  );
}

/**
 * Seals and submits one report, and has each focal point open it.
 * @returns the case.
 */
async function reportOn(day: number, { publicUrl, staffUrl }: Instance): Promise<string> {
  const service = await serviceOn(day, publicUrl);
  const { random } = service.deps;
  const [invented] = inventedReports(1_000, (n) => random.bytes(n));
  if (invented === undefined) throw new Error('no report');
  const input = { report: invented.report, files: [], code: makeReporterCode(random) };
  const preparation = await prepareReport(service, input);
  if (!preparation.ok) throw new Error(JSON.stringify(preparation.problems));
  const { receipt } = await submitReport(service, preparation.prepared);
  const focalPoints = readMembers(dataDir).filter(({ roleKind }) => roleKind === 'focal_point');
  const read: string[] = [];
  for (const { subject, words } of focalPoints) {
    const session = await unlock(await serviceOn(day, staffUrl), subject, words);
    const opened = await openCase(session, receipt.casePseudonym);
    read.push(opened.fullReport?.acts[0]?.what ?? 'unread');
  }
  expect(read).toEqual([1, 2].map(() => invented.report.acts[0]?.what));
  return receipt.casePseudonym;
}

/** Seals the case to the new epoch of the focal points, and opens it as somebody who never had an earlier one. */
async function handOn(day: number, { staffUrl }: Instance, casePseudonym: string): Promise<void> {
  const [holder] = readMembers(dataDir).filter(({ roleKind }) => roleKind === 'focal_point');
  const session = await unlock(await serviceOn(day, staffUrl), holder?.subject ?? '', holder?.words ?? '');
  const { keyset } = session.service.directory;
  const { epoch } = keyset.currentEpoch(session.certificate.roleId, session.service.deps.now());
  const seeds = [...session.roleSeeds].filter(([key]) => key === `${session.actor.roleId}/${String(epoch)}`);
  const newcomer: StaffSession = { ...session, roleSeeds: new Map(seeds) };
  expect((await openCase(newcomer, casePseudonym)).report).toBeUndefined();

  expect(await succeed(await openCase(session, casePseudonym))).toMatchObject({
    ok: true,
    event: { event: { type: 'SUCCESSION', detail: { epoch } } },
  });
  expect(await succeed(await openCase(session, casePseudonym))).toBeUndefined();
  const opened = await openCase(newcomer, casePseudonym);
  expect(opened.fullReport).toEqual((await openCase(session, casePseudonym)).fullReport);
  expect(opened.fullReport?.acts[0]?.what).toBeDefined();
}

describe('an evaluation instance left alone', () => {
  beforeAll(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'sc-renewal-'));
    chmodSync(dataDir, 0o711);
  });
  afterAll(async () => {
    await interrupt();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it(
    'renews the epochs of its roles before they end, after they ended, takes reports on each day, and hands on cases',
    async () => {
      const versions: number[] = [];
      const cases: string[] = [];
      for (const day of [0, 21, 800]) {
        const instance = await startOnDay(day);
        const { keyset } = (await serviceOn(day, instance.publicUrl)).directory;
        versions.push(keyset.version);
        for (const earlier of cases) await handOn(day, instance, earlier);
        cases.push(await reportOn(day, instance));
        expect(await interrupt()).toBe(0);
      }
      expect(versions).toEqual([1, 2, 3]);
    },
    TEST_MS,
  );
});
