import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { errnoOf } from './errors.js';

const ALREADY_THERE = new Set(['42P04', '23505']);
const TEMPLATE_IN_USE = '55006';
const ATTEMPTS = 20;

/** Creates the database `name` unless it exists; safe when several processes do so at once. */
export function ensureDatabase(adminUrl: string, name: string): Promise<void> {
  return withClient(adminUrl, async (client) => {
    for (let attempt = 1; !(await isThere(client, name)); attempt += 1) {
      const failure = await creationFailure(client, name);
      if (failure === undefined) continue;
      if (errnoOf(failure) !== TEMPLATE_IN_USE || attempt >= ATTEMPTS) throw failure;
      await sleep(50);
    }
  });
}

async function isThere(client: pg.Client, name: string): Promise<boolean> {
  const found = await client.query('select 1 from pg_database where datname = $1', [name]);
  return found.rows.length > 0;
}

/** The note that was left on a database; undefined without one. */
export function readNote(url: string): Promise<string | undefined> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ note: string | null }>(
      `select shobj_description(oid, 'pg_database') as note from pg_database where datname = current_database()`,
    );
    return rows[0]?.note ?? undefined;
  });
}

/** Leaves a note on a database, which goes wherever the database goes. */
export function writeNote(url: string, note: string): Promise<void> {
  return withClient(url, async (client) => {
    const name = client.escapeIdentifier(new URL(url).pathname.slice(1));
    await client.query(`comment on database ${name} is ${client.escapeLiteral(note)}`);
  });
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** Another process creating the same database at this moment is no failure. */
async function creationFailure(client: pg.Client, name: string): Promise<Error | undefined> {
  try {
    await client.query(`create database ${client.escapeIdentifier(name)}`);
    return undefined;
  } catch (err) {
    return ALREADY_THERE.has(errnoOf(err) ?? '') ? undefined : (err as Error);
  }
}

/** True when the server at `url` answers a query within `timeoutMs`. */
export async function isAnswering(url: string, timeoutMs = 1500): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
