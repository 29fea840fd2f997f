import { afterEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type EmbeddedPostgres, makeTemporaryDatabase, superviseEmbeddedPostgres } from './index.js';

const LIMIT_MS = 120_000;

const homes: string[] = [];
const servers: EmbeddedPostgres[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
}, LIMIT_MS);

async function supervised(): Promise<EmbeddedPostgres> {
  const home = mkdtempSync(path.join(tmpdir(), 'sc-supervised-'));
  chmodSync(home, 0o711);
  homes.push(home);
  const server = await superviseEmbeddedPostgres({ home });
  servers.push(server);
  return server;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function eventually<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    await sleep(100);
  }
}

describe('superviseEmbeddedPostgres', () => {
  it(
    'starts a killed server again at the same address, with the committed rows',
    async () => {
      const server = await supervised();
      const url = server.url('postgres');
      await query(url, 'create table t as select 7 as n');
      const killed = server.pid;
      process.kill(killed, 'SIGKILL');
      expect(await eventually(() => query(url, 'select n from t'))).toEqual([{ n: 7 }]);
      expect(server.pid).not.toBe(killed);
    },
    LIMIT_MS,
  );

  it(
    'leaves a stopped server stopped',
    async () => {
      const server = await supervised();
      const url = server.url('postgres');
      await server.stop();
      await sleep(1_000);
      await expect(query(url, 'select 1')).rejects.toThrow();
    },
    LIMIT_MS,
  );
});

describe('makeTemporaryDatabase', () => {
  it(
    'makes a database and an account with the rights of a role, and leaves nothing of them',
    async () => {
      const server = await supervised();
      const url = server.url('postgres');
      await query(url, 'create role guest nologin');
      const made = await makeTemporaryDatabase(url);
      await query(made.ownerUrl, 'create table t as select 1 as n; grant select on t to guest');
      const login = await made.login('guest');
      expect(await query(login, 'select n from t')).toEqual([{ n: 1 }]);
      await expect(query(login, 'delete from t')).rejects.toThrow('permission denied');
      await made.drop();
      const left = `select datname as name from pg_database union select rolname from pg_roles`;
      const names = (await query(url, left)).map((row) => (row as { name: string }).name);
      expect(names.filter((name) => name.startsWith('sc_temporary'))).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'says in one sentence that the account may not, or that nobody answers',
    async () => {
      const server = await supervised();
      await query(server.url('postgres'), 'create role humble login');
      await expect(makeTemporaryDatabase(server.url('postgres', 'humble'))).rejects.toMatchObject({
        code: 'not_allowed',
      });
      await server.stop();
      await expect(makeTemporaryDatabase(server.url('postgres'))).rejects.toMatchObject({
        code: 'unreachable',
      });
    },
    LIMIT_MS,
  );
});
