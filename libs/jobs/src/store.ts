/**
 * The two stores of the queue behind one shape. Neither owns anything but jobs: PostgreSQL keeps them in a schema of
 * its own and by connections of its own.
 */
import {
  createPostgresBackend,
  createRedisBackend,
  type JobsOptions,
  type PgPool,
  runMigrations,
  withBackend,
} from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { QueueStore } from './config.js';
import { QUEUE_NAMES, type QueueName } from './queues.js';

export type StoredJob = { readonly data: unknown; readonly attemptsMade: number };
/** A job that will not run again. */
export type FailedJob = StoredJob & {
  readonly id?: string | undefined;
  readonly failedReason: string;
  /** Milliseconds since 1970. */
  readonly finishedOn?: number | undefined;
};
export type Run = (job: StoredJob) => Promise<void>;
export type Addition = { readonly name: string; readonly data: unknown; readonly opts: JobsOptions };

interface Emitter {
  on(event: 'error', listener: (error: Error) => void): unknown;
  waitUntilReady(): Promise<unknown>;
}

export interface StoredQueue extends Emitter {
  addBulk(jobs: Addition[]): Promise<unknown>;
  /** From the newest on. */
  getFailed(start: number, end: number): Promise<readonly FailedJob[]>;
  remove(id: string): Promise<unknown>;
  upsertJobScheduler(id: string, repeat: { every: number }, template: Addition): Promise<unknown>;
  close(): Promise<void>;
}

export interface StoreWorker extends Emitter {
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'failed', listener: (job: StoredJob | undefined, error: Error) => void): unknown;
  on(event: 'stalled', listener: (jobId: string) => void): unknown;
  on(event: 'completed', listener: () => void): unknown;
  close(force?: boolean): Promise<void>;
}

/** Connections to one store. Close every queue and worker before `end`: a worker on an ended pool spins. */
export interface Store {
  makeQueue(name: QueueName): StoredQueue;
  makeWorker(name: QueueName, run: Run, concurrency: number): StoreWorker;
  onError(listener: (error: unknown) => void): void;
  end(): Promise<void>;
}

const SCHEMA = 'bullmq';
// Every worker holds one connection for LISTEN; the rest share these.
const SHARED_CONNECTIONS = 5;

// A worker that was killed is noticed, and its job run again, at the latest after the sum of the first two.
const LIVENESS = {
  lockDuration: 8_000,
  stalledInterval: 4_000,
  maxStalledCount: 1_000,
  runRetryDelay: 1_000,
};

export async function openStore(store: QueueStore): Promise<Store> {
  return store.kind === 'postgres' ? await openPostgres(store.url) : openRedis(store.url);
}

/**
 * Makes or updates the queue's schema; several processes at once wait for each other.
 * @param role - is granted what a process that runs jobs needs; `url` then belongs to the owner of the database.
 */
export async function migrateQueueStore(url: string, role?: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await runMigrations(client, SCHEMA);
    if (role !== undefined) await client.query(grants(client.escapeIdentifier(role)));
  } finally {
    await client.end();
  }
}

function grants(role: string): string {
  return `grant usage, create on schema ${SCHEMA} to ${role};
    grant all on all tables in schema ${SCHEMA} to ${role};
    grant all on all sequences in schema ${SCHEMA} to ${role};
    grant execute on all functions in schema ${SCHEMA} to ${role};`;
}

async function openPostgres(url: string): Promise<Store> {
  const pool = new pg.Pool({
    connectionString: url,
    options: `-c search_path=${SCHEMA}`,
    application_name: 'jobs',
    max: QUEUE_NAMES.length + SHARED_CONNECTIONS,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
  });
  pool.setMaxListeners(0);
  pool.on('error', () => undefined);
  try {
    if (!(await hasSchema(pool))) await migrateQueueStore(url);
  } catch (error) {
    await pool.end();
    throw error;
  }
  const bull = withBackend(createPostgresBackend);
  const connection = pool as unknown as PgPool;
  return {
    makeQueue: (name) => new bull.Queue(name, { connection }),
    makeWorker: (name, run, concurrency) =>
      new bull.Worker(name, run, { connection, concurrency, ...LIVENESS }),
    onError: (listener) => pool.on('error', listener),
    end: () => pool.end(),
  };
}

/** Asked first: a role that may use the schema need not be allowed to make one. */
async function hasSchema(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ found: boolean }>(
    `select to_regclass('${SCHEMA}.migration') is not null as found`,
  );
  return rows[0]?.found === true;
}

function openRedis(url: string): Store {
  const common = { connectTimeout: 5_000, retryStrategy: (times: number) => Math.min(100 * times, 1_000) };
  // An addition fails after a while, so that the outbox keeps it; a worker waits as long as it takes.
  const producer = new Redis(url, { ...common, maxRetriesPerRequest: 5 });
  const consumer = new Redis(url, { ...common, maxRetriesPerRequest: null });
  for (const client of [producer, consumer]) client.on('error', () => undefined).setMaxListeners(0);
  const bull = withBackend(createRedisBackend);
  // The braces keep all keys in one slot of a cluster.
  const prefix = '{safe-conduct}';
  return {
    makeQueue: (name) => new bull.Queue(name, { connection: producer, prefix }),
    makeWorker: (name, run, concurrency) =>
      new bull.Worker(name, run, { connection: consumer, prefix, concurrency, ...LIVENESS }),
    onError: (listener) => {
      for (const client of [producer, consumer]) client.on('error', listener);
    },
    end: () => {
      producer.disconnect();
      consumer.disconnect();
      return Promise.resolve();
    },
  };
}
