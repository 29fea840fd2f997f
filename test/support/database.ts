/**
 * Real PostgreSQL for tests: the embedded one, in a folder of its own, or the server that DATABASE_URL names. Every
 * database is a copy of one that was migrated once.
 */
import { startEmbeddedPostgres } from '@app/embedded';
import { DATABASE_ROLES, type DatabaseRole, migrate } from '@app/persistence';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';

export interface TestDatabase {
  /** Connects as the owner of the database. */
  readonly ownerUrl: string;
  /** Connects as one process's role. */
  url(role: DatabaseRole): string;
  drop(): Promise<void>;
}

export interface TestServer {
  /** A migrated, empty database. */
  makeDatabase(): Promise<TestDatabase>;
  stop(): Promise<void>;
}

type Server = { url(database: string, user?: string): string; stop(): Promise<void> };

const PASSWORD = 'only-for-tests';

export async function startTestServer(): Promise<TestServer> {
  const server = process.env.DATABASE_URL ? outsideServer(process.env.DATABASE_URL) : await embeddedServer();
  const template = `sc_template_${randomBytes(6).toString('hex')}`;
  const admin = server.url('postgres');
  await query(admin, `create database ${template}`);
  const passwords = Object.fromEntries(DATABASE_ROLES.map((role) => [role, PASSWORD]));
  await migrate(server.url(template), passwords);
  const names = new Set([template]);
  const drop = async (name: string): Promise<void> => {
    if (names.delete(name)) await query(admin, `drop database if exists ${name} with (force)`);
  };
  return {
    makeDatabase: async () => {
      const name = `sc_test_${randomBytes(6).toString('hex')}`;
      await query(admin, `create database ${name} template ${template}`);
      names.add(name);
      return { ownerUrl: server.url(name), url: (role) => server.url(name, role), drop: () => drop(name) };
    },
    stop: async () => {
      for (const name of [...names]) await drop(name);
      await server.stop();
    },
  };
}

async function embeddedServer(): Promise<Server> {
  const home = mkdtempSync(path.join(tmpdir(), 'sc-pg-'));
  chmodSync(home, 0o711);
  const embedded = await startEmbeddedPostgres({ home });
  return {
    url: (database, user) => embedded.url(database, user),
    stop: async () => {
      await embedded.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function outsideServer(databaseUrl: string): Server {
  return {
    url: (database, user) => {
      const url = new URL(databaseUrl);
      url.pathname = `/${database}`;
      if (user !== undefined) {
        url.username = user;
        url.password = PASSWORD;
      }
      return url.href;
    },
    stop: () => Promise.resolve(),
  };
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
