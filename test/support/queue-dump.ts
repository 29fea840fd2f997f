/** Everything the queue's store holds, as text: to look for what must not be there. */
import type { QueueStore } from '@app/jobs';
import { Redis } from 'ioredis';
import pg from 'pg';

export function dumpQueueStore(store: QueueStore): Promise<string> {
  return store.kind === 'postgres' ? dumpPostgres(store.url) : dumpRedis(store.url);
}

async function dumpPostgres(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables where schemaname = 'bullmq'`,
    );
    const tables = [];
    for (const { name } of rows) {
      tables.push(await client.query<{ text: string }>(`select x::text as text from ${name} x`));
    }
    return tables.flatMap((table) => table.rows.map(({ text }) => text)).join('\n');
  } finally {
    await client.end();
  }
}

async function dumpRedis(url: string): Promise<string> {
  const redis = new Redis(url);
  try {
    const values = [];
    for (const key of await redis.keys('*')) values.push(key, await valueOf(redis, key));
    return JSON.stringify(values);
  } finally {
    redis.disconnect();
  }
}

async function valueOf(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key);
  if (type === 'hash') return redis.hgetall(key);
  if (type === 'list') return redis.lrange(key, 0, -1);
  if (type === 'set') return redis.smembers(key);
  if (type === 'zset') return redis.zrange(key, '0', '-1');
  if (type === 'stream') return redis.xrange(key, '-', '+');
  return redis.get(key);
}
