/** Where a server could have left something: its database, its queue, its files. */
import { Redis } from 'ioredis';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { dumpQueueStore } from './queue-dump.js';
import type { Surface } from './search.js';

/** Every row of every table, in one snapshot, as text, and its binary columns as bytes besides. */
export async function databaseSurfaces(ownerUrl: string): Promise<Surface[]> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    // Files show the newest rows after this.
    await client.query('checkpoint');
    await client.query('begin isolation level repeatable read');
    const { rows } = await client.query<{ name: string }>(
      `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
    );
    const surfaces: Surface[] = [];
    for (const { name } of rows) {
      const table = await client.query<{ text: string }>(`select x::text as text from ${name} x`);
      const texts = table.rows.map(({ text }) => text);
      const binary = texts.flatMap((text) =>
        [...text.matchAll(/\\x((?:[0-9a-f]{2})+)/g)].map(([, hex]) => Buffer.from(hex ?? '', 'hex')),
      );
      surfaces.push({ where: `table ${name}`, bytes: Buffer.from(texts.join('\n')) });
      surfaces.push({ where: `table ${name}, binary`, bytes: joined(binary) });
    }
    await client.query('commit');
    return surfaces;
  } finally {
    await client.end();
  }
}

/** Every key and value, and the files behind them. */
export async function redisSurfaces(url: string, folder: string): Promise<Surface[]> {
  const redis = new Redis(url);
  try {
    await redis.call('BGREWRITEAOF');
  } finally {
    redis.disconnect();
  }
  const text = await dumpQueueStore({ kind: 'redis', url });
  return [{ where: 'redis', bytes: Buffer.from(text) }, ...fileSurfaces(folder)];
}

/** Every file below a folder. @param except - folders directly below it that are left out. */
export function* fileSurfaces(folder: string, except: readonly string[] = []): Generator<Surface> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory() && !except.includes(entry.name)) yield* fileSurfaces(at);
    if (!entry.isFile()) continue;
    const bytes = readIfThere(at);
    if (bytes !== undefined) yield { where: at, bytes };
  }
}

/** A server that runs may have removed a file since the folder was read. */
function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
}

function joined(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts.flatMap((part) => [part, Buffer.alloc(4)]));
}
