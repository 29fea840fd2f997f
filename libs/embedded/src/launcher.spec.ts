import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { transformFileSync } from '@swc/core';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { ensureDatabase } from './database.js';
import { EmbeddedPostgresError, serverFailure } from './errors.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './launcher.js';

// A test that is given up leaves servers behind.
jest.setTimeout(120_000);

const folders: string[] = [];
const started: EmbeddedPostgres[] = [];
const isRoot = process.getuid?.() === 0;

function freshHome(): string {
  const parent = mkdtempSync(path.join(os.tmpdir(), 'pg-'));
  chmodSync(parent, 0o711);
  folders.push(parent);
  return path.join(parent, 'db');
}

async function start(home: string, notices?: string[]): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ home, onNotice: (line) => notices?.push(line) });
  started.push(server);
  return server;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}

async function failureOf(work: Promise<unknown>): Promise<EmbeddedPostgresError> {
  const outcome = await work.then(
    () => undefined,
    (err: unknown) => err,
  );
  if (!(outcome instanceof EmbeddedPostgresError))
    throw new Error('expected a typed failure', { cause: outcome });
  return outcome;
}

afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
});

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('startEmbeddedPostgres', () => {
  it('starts cold, keeps rows over a restart, and listens on a socket only', async () => {
    const home = freshHome();
    const notices: string[] = [];
    const cold = await start(home, notices);
    expect(cold.owned).toBe(true);
    expect(notices.filter((line) => line.startsWith('Creating'))).toHaveLength(1);
    await ensureDatabase(cold.url('postgres'), 'one');
    await query(cold.url('one'), 'create table t as select 7 as n');
    expect(await query(cold.url('one'), 'select current_user as who')).toEqual([{ who: 'sc_owner' }]);
    expect(await query(cold.url('one'), 'show listen_addresses')).toEqual([{ listen_addresses: '' }]);
    expect(await query(cold.url('one'), 'show fsync')).toEqual([{ fsync: 'on' }]);
    await cold.stop();
    await cold.stop();

    const warm = await start(home, notices);
    expect(warm.owned).toBe(true);
    expect(notices.filter((line) => line.startsWith('Creating'))).toHaveLength(1);
    expect(await query(warm.url('one'), 'select n from t')).toEqual([{ n: 7 }]);
  });

  it('attaches to a running server, whatever port is asked for, and does not end it', async () => {
    const home = freshHome();
    const first = await start(home);
    const second = await startEmbeddedPostgres({ home, port: 5999 });
    expect({ owned: second.owned, pid: second.pid }).toEqual({ owned: false, pid: first.pid });
    await second.stop();
    expect(await query(second.url('postgres'), 'select 1 as up')).toEqual([{ up: 1 }]);
  });

  it('lets three launchers start at once: one cluster, one owner', async () => {
    const home = freshHome();
    const notices: string[] = [];
    const servers = await Promise.all([start(home, notices), start(home, notices), start(home, notices)]);
    expect(servers.filter((server) => server.owned)).toHaveLength(1);
    expect(new Set(servers.map((server) => server.pid)).size).toBe(1);
    expect(notices.filter((line) => line.startsWith('Creating'))).toHaveLength(1);
    await Promise.all(servers.map((server) => ensureDatabase(server.url('postgres'), 'same')));
  });

  it('recovers committed rows after the server was killed', async () => {
    const home = freshHome();
    const first = await start(home);
    await query(first.url('postgres'), 'create table t as select generate_series(1, 1000) as n');
    process.kill(first.pid, 'SIGKILL');
    const second = await start(home);
    expect(second.owned).toBe(true);
    expect(second.pid).not.toBe(first.pid);
    expect(await query(second.url('postgres'), 'select count(*)::int as n from t')).toEqual([{ n: 1000 }]);
  });

  it('takes over the server and the lock of a launcher that died', async () => {
    const home = freshHome();
    const first = await start(home);
    const gone = spawnSync('true').pid;
    writeFileSync(path.join(home, 'owner'), `${String(gone)} ${String(first.pid)}`);
    writeFileSync(path.join(home, 'launcher.lock'), `${String(gone)} 00`);
    const second = await start(home);
    expect({ owned: second.owned, pid: second.pid }).toEqual({ owned: true, pid: first.pid });
    await second.stop();
    expect(readdirSync(home)).not.toContain('owner');
    await expect(query(first.url('postgres'), 'select 1')).rejects.toThrow();
  });

  it('starts over from a draft that a killed launcher left', async () => {
    const home = freshHome();
    mkdirSync(path.join(home, 'cluster.draft.1'), { recursive: true });
    writeFileSync(path.join(home, 'cluster.draft.1', 'PG_VERSION'), '18\n');
    await start(home);
    expect(readdirSync(home).filter((name) => name.includes('draft'))).toEqual([]);
  });

  it('is not held up by a stale pid file whose number another program has now', async () => {
    const home = freshHome();
    const first = await start(home);
    const file = path.join(first.dataDirectory, 'postmaster.pid');
    const content = readFileSync(file, 'utf8');
    await first.stop();
    const other = spawn('sleep', ['30'], isRoot ? { uid: 65534, gid: 65534 } : {});
    writeFileSync(file, content.replace(/^\d+/, String(other.pid)));
    if (isRoot) chownSync(file, 65534, 65534);
    try {
      expect((await start(home)).owned).toBe(true);
    } finally {
      other.kill('SIGKILL');
    }
  });

  it('finds a shorter folder for the socket when the path is too long', async () => {
    const home = path.join(freshHome(), 'd'.repeat(110));
    const server = await start(home);
    const socketFolder =
      new URL(server.url('postgres').replace('postgres:', 'http:')).searchParams.get('host') ?? '';
    expect(socketFolder).not.toContain('ddd');
    expect(await query(server.url('postgres'), 'select 1 as up')).toEqual([{ up: 1 }]);
    folders.push(socketFolder);
    const second = await start(home);
    expect(second.pid).toBe(server.pid);
  });
});

describe('startEmbeddedPostgres refuses', () => {
  it('a folder that cannot be made or written', async () => {
    const home = freshHome();
    writeFileSync(home, 'a file');
    expect((await failureOf(start(path.join(home, 'db')))).code).toBe('data_directory_unwritable');
    const frozen = freshHome();
    mkdirSync(frozen, { mode: 0o555 });
    if (isRoot) {
      const server = await start(frozen);
      await server.stop();
      chownSync(server.dataDirectory, 0, 0);
    }
    const failure = await failureOf(start(frozen));
    expect(failure.code).toBe('data_directory_unwritable');
    expect(failure.message).toMatch(/^The database folder .* cannot be written; .*\.$/);
  });

  it('a cluster of a newer PostgreSQL, and leaves it untouched', async () => {
    const home = freshHome();
    mkdirSync(path.join(home, 'cluster'), { recursive: true });
    writeFileSync(path.join(home, 'cluster', 'PG_VERSION'), '99\n');
    const failure = await failureOf(start(home));
    expect(failure.code).toBe('data_directory_newer');
    expect(failure.message).toContain('PostgreSQL 99');
    expect(readdirSync(path.join(home, 'cluster'))).toEqual(['PG_VERSION']);
  });

  it.each([
    ['postgres: FATAL:  could not write: No space left on device', 'disk_full'],
    [
      'ERROR:  could not extend file: wrote only 4096 of 8192 bytes\nHINT:  Check free disk space.',
      'disk_full',
    ],
    ['initdb: error: could not create directory "/x": Permission denied', 'data_directory_unwritable'],
    ['FATAL:  database files are incompatible with server', 'data_directory_newer'],
    ['FATAL:  could not map anonymous shared memory: Cannot allocate memory', 'did_not_start'],
  ])('names the cause of %j', (output, code) => {
    expect(serverFailure('/srv/db', output).code).toBe(code);
  });

  it('with the reason that the program gave, in one sentence', () => {
    const sentence = (output: string): string => serverFailure('/srv/db', output).message;
    expect(
      sentence('LOG:  starting\n2026-01-01 UTC [7] FATAL:  too many semaphores\nLOG:  shut down\n'),
    ).toBe('The embedded PostgreSQL in /srv/db did not start (too many semaphores).');
    expect(sentence('initdb: could not look up effective user ID 54321: user does not exist\n')).toBe(
      'The embedded PostgreSQL in /srv/db did not start (could not look up effective user ID 54321: user does not exist).',
    );
    expect(sentence('')).toBe('The embedded PostgreSQL in /srv/db did not start.');
  });
});

describe('launchers in processes of their own', () => {
  /** Starts the database, prints whether it owns it, and stays. */
  const SCRIPT = `import { startEmbeddedPostgres } from './index.js';
    const server = await startEmbeddedPostgres({ home: process.argv[2] });
    console.log(JSON.stringify({ owned: server.owned, pid: server.pid }));
    setInterval(() => undefined, 1000);`;

  function compileLauncher(): string {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'launcher-'));
    folders.push(folder);
    const source = path.join(process.cwd(), 'libs/embedded/src');
    for (const name of readdirSync(source).filter((n) => !n.endsWith('.spec.ts'))) {
      const { code } = transformFileSync(path.join(source, name), { sourceMaps: false });
      writeFileSync(path.join(folder, name.replace(/ts$/, 'js')), code);
    }
    writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(path.join(folder, 'main.js'), SCRIPT);
    symlinkSync(path.join(process.cwd(), 'node_modules'), path.join(folder, 'node_modules'));
    return path.join(folder, 'main.js');
  }

  it('start one server between them; it outlives a killed launcher and the next takes it over', async () => {
    const home = freshHome();
    const script = compileLauncher();
    const launchers = [1, 2, 3].map(() =>
      spawn(process.execPath, [script, home], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { PATH: process.env.PATH },
      }),
    );
    const answers = await Promise.all(
      launchers.map(async ({ stdout }) => {
        const [line] = (await once(stdout, 'data')) as [Buffer];
        return JSON.parse(line.toString('utf8')) as { owned: boolean; pid: number };
      }),
    );
    expect(answers.filter((answer) => answer.owned)).toHaveLength(1);
    expect(new Set(answers.map((answer) => answer.pid)).size).toBe(1);

    const owner = answers.findIndex((answer) => answer.owned);
    expect((await start(home)).owned).toBe(false);
    launchers[owner]?.kill('SIGKILL');
    await once(launchers[owner] as ChildProcess, 'exit');
    const heir = await start(home);
    expect({ owned: heir.owned, pid: heir.pid }).toEqual({ owned: true, pid: answers[0]?.pid });
    for (const launcher of launchers) launcher.kill('SIGKILL');
  });
});
