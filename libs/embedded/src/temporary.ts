import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { EmbeddedPostgresError, errnoOf } from './errors.js';

/** A database on a server outside that lives as long as the one who made it. */
export interface TemporaryDatabase {
  /** Connects as the account that made it, its owner. */
  readonly ownerUrl: string;
  /**
   * Makes an account that may do what `role` may, in this database; the role's own password stays what it is.
   * @returns a URL that connects as this account.
   */
  login(role: string): Promise<string>;
  /** Drops the database with all connections to it, and the accounts. */
  drop(): Promise<void>;
}

const NOT_ALLOWED = '42501';

/**
 * Makes a database beside the one that `serverUrl` names.
 * @throws EmbeddedPostgresError `not_allowed` without CREATEDB or CREATEROLE, `unreachable`.
 */
export async function makeTemporaryDatabase(serverUrl: string): Promise<TemporaryDatabase> {
  const name = `sc_temporary_${randomBytes(8).toString('hex')}`;
  const accounts: string[] = [];
  await run(serverUrl, `create database ${name}`);
  const ownerUrl = withParts(serverUrl, { pathname: `/${name}` });
  return {
    ownerUrl,
    login: async (role) => {
      const account = `${name}_${role}`;
      const password = randomBytes(24).toString('hex');
      await run(
        serverUrl,
        `create role ${account} login inherit password '${password}' in role ${pg.escapeIdentifier(role)}`,
      );
      accounts.push(account);
      return withParts(ownerUrl, { username: account, password });
    },
    drop: async () => {
      await run(serverUrl, `drop database if exists ${name} with (force)`);
      for (const account of accounts.splice(0)) await run(serverUrl, `drop role if exists ${account}`);
    },
  };
}

function withParts(base: string, parts: Partial<Pick<URL, 'pathname' | 'username' | 'password'>>): string {
  return Object.assign(new URL(base), parts).href;
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(sql);
  } catch (error) {
    throw failure(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Never with the statement: it may hold a password. */
function failure(error: unknown): EmbeddedPostgresError {
  const code = errnoOf(error);
  if (code === NOT_ALLOWED) {
    return new EmbeddedPostgresError(
      'not_allowed',
      'The account in DATABASE_URL may not make a database and accounts for a while; grant it CREATEDB and CREATEROLE, or unset DATABASE_URL.',
    );
  }
  return new EmbeddedPostgresError(
    'unreachable',
    `The server that DATABASE_URL names does not do what was asked of it (${code ?? 'no answer'}).`,
  );
}
