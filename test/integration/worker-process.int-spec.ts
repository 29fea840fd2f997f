import { connect } from '@app/persistence';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { startTestServer, type TestDatabase, type TestServer } from '../support/database.js';
import { TestOrganisation } from '../support/organisation.js';
import { until } from '../support/until.js';

const MAIN = 'apps/worker/src/main.ts';

type Ended = { readonly code: number | null; readonly stderr: string };

describe('the worker as a process', () => {
  let server: TestServer;
  let database: TestDatabase;
  let owner: DataSource;
  let folder: string;
  let organisation: TestOrganisation;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    server = await startTestServer();
    database = await server.makeDatabase();
    owner = await connect({ url: database.ownerUrl, poolSize: 2, name: 'test' });
    folder = mkdtempSync(path.join(tmpdir(), 'sc-worker-'));
    organisation = await TestOrganisation.make(Math.floor(Date.now() / 1000));
    organisation.write(folder);
    const ended = await run('apps/worker/src/migrate.ts', { SAFE_CONDUCT_DATABASE_URL: database.ownerUrl });
    expect(ended).toEqual({ code: 0, stderr: '' });
  }, 60_000);

  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await owner.destroy();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const environment = (): Record<string, string> => ({
    SAFE_CONDUCT_DATABASE_URL: database.url('sc_worker'),
    SAFE_CONDUCT_QUEUE_URL: database.url('sc_worker'),
    SAFE_CONDUCT_ROOTSET_FILE: path.join(folder, 'rootset.bin'),
    SAFE_CONDUCT_LEDGER_DIR: path.join(folder, 'ledger'),
    SAFE_CONDUCT_DIRECTORY_DIR: folder,
    SAFE_CONDUCT_SIGNER_URL: 'http://127.0.0.1:9',
    SAFE_CONDUCT_WITNESS_URLS: 'http://127.0.0.1:9,http://127.0.0.1:9',
  });

  function start(file: string, env: Record<string, string>): ChildProcess {
    const child = spawn(process.execPath, ['--import', './test/support/ts-hooks.mjs', file], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    return child;
  }

  async function run(file: string, env: Record<string, string>): Promise<Ended> {
    const child = start(file, env);
    let stderr = '';
    child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdout!.resume();
    const [code] = (await once(child, 'exit')) as [number | null];
    return { code, stderr };
  }

  async function ready(): Promise<{ readonly child: ChildProcess; readonly lines: string[] }> {
    const child = start(MAIN, environment());
    const lines: string[] = [];
    child.stdout!.on('data', (chunk: Buffer) => lines.push(...chunk.toString().trimEnd().split('\n')));
    child.stderr!.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
    for (const end = performance.now() + 30_000; !lines.some((line) => line.includes('"event":"ready"'));) {
      if (performance.now() > end || child.exitCode !== null)
        throw new Error(`not ready: ${lines.join('\n')}`);
      await sleep(50);
    }
    return { child, lines };
  }

  const size = async (): Promise<number> =>
    (await owner.query<{ size: number }[]>('select size from log_state'))[0]?.size ?? 0;

  const grownBeyond = (before: number): Promise<void> => until(async () => (await size()) > before);

  it('becomes ready, ticks, survives kill -9, goes on, and ends with code 0 on SIGTERM', async () => {
    const first = await ready();
    await grownBeyond(0);
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const before = await size();
    const second = await ready();
    await grownBeyond(before);
    second.child.kill('SIGTERM');
    const [code] = (await once(second.child, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(second.lines.at(-1)).toContain('"event":"stopped"');
    expect(second.lines.join('\n')).not.toContain(folder);
    const batches = await owner.query<{ start: number; size_after: number }[]>(
      'select start, size_after from log_batches order by start',
    );
    const starts = batches.map(({ start: at }) => at);
    expect(starts).toEqual([0, ...batches.slice(0, -1).map((batch) => batch.size_after)]);
  }, 90_000);

  it('does not start on a ledger that contradicts itself', async () => {
    await owner.query('update log_state set root = $1', [randomBytes(32)]);
    const ended = await run(MAIN, environment());
    expect(ended).toEqual({
      code: 1,
      stderr:
        'The ledger contradicts itself (state_mismatch); nothing was changed, a person must look at it.\n',
    });
    expect(await owner.query('select code, subject from alarms')).toEqual([
      { code: 'ledger_fault', subject: 'state_mismatch' },
    ]);
  }, 60_000);

  it('does not start without a KEYSET that holds', async () => {
    const other = await server.makeDatabase();
    writeFileSync(path.join(folder, 'keyset.bin'), organisation.made.keyset.slice(0, 200));
    const urls = {
      SAFE_CONDUCT_DATABASE_URL: other.url('sc_worker'),
      SAFE_CONDUCT_QUEUE_URL: other.ownerUrl,
    };
    const ended = await run(MAIN, { ...environment(), ...urls });
    expect(ended).toEqual({
      code: 3,
      stderr: 'There is no KEYSET and POLICY in force, and none that could be imported.\n',
    });
  }, 60_000);

  it.each([
    [
      'SAFE_CONDUCT_NOISE',
      { SAFE_CONDUCT_NOISE: '1' },
      'SAFE_CONDUCT_NOISE is not a setting of this program; remove it.\n',
    ],
    [
      'no store for the queue',
      { SAFE_CONDUCT_QUEUE_URL: '' },
      'Set SAFE_CONDUCT_QUEUE_URL or SAFE_CONDUCT_REDIS_URL.\n',
    ],
  ])(
    'does not start with %s',
    async (_, change, sentence) => {
      expect(await run(MAIN, { ...environment(), ...change })).toEqual({ code: 3, stderr: sentence });
    },
    30_000,
  );
});
