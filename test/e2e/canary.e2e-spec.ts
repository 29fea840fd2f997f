import { ROUTES } from '@app/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import pg from 'pg';
import { STEPS } from '../../apps/cli/src/demo/steps.js';
import { keyCanaries, markedReports, pairCanaries, receiptCanaries, Words } from '../support/canaries.js';
import { lastSteps } from '../support/last-steps.js';
import { LaterLife } from '../support/later-life.js';
import { laterSteps } from '../support/later-steps.js';
import { CLIENT_ADDRESS, Recorder } from '../support/recorder.js';
import { hasRedis, startTestRedis, type TestRedis } from '../support/redis.js';
import { type Canary, formsOf, Search, type Sighting, type Surface } from '../support/search.js';
import { type Stage, startStage } from '../support/stage.js';
import { databaseSurfaces, fileSurfaces, redisSurfaces } from '../support/surfaces.js';

const LIMIT_MS = 420_000;
const FORWARDED = '203.0.113.88';

const queues = hasRedis('the search for canaries with the queue on Redis')
  ? (['PostgreSQL', 'Redis'] as const)
  : (['PostgreSQL'] as const);

describe('the search itself', () => {
  const canaries: Canary[] = [
    { name: 'Latin', value: 'qvzlumbrake' },
    { name: 'Arabic', value: 'قنديلزاهر' },
    { name: 'seed', value: randomBytes(32) },
  ];
  const planted = canaries.flatMap((canary) =>
    [...formsOf(canary)].map(([form, bytes]) => ({ canary: canary.name, form, bytes })),
  );

  it.each(planted)('finds $canary as $form, wherever it begins', ({ canary, form, bytes }) => {
    const search = new Search(canaries);
    for (let before = 0; before < 5; before++) {
      const around = Buffer.concat([randomBytes(before), bytes, randomBytes(3)]);
      const found = search.in({ where: 'here', bytes: around });
      expect(found).toContainEqual({ canary, form, where: 'here' });
    }
  });

  it.each(['base64', 'base64url', 'hex'] as const)('finds a seed inside a longer text of %s', (encoding) => {
    const seed = randomBytes(32);
    const search = new Search([{ name: 'seed', value: seed }]);
    for (let before = 0; before < 4; before++) {
      const text = Buffer.concat([randomBytes(before), seed, randomBytes(5)]).toString(encoding);
      expect(search.in({ where: 'text', bytes: Buffer.from(text) })).not.toEqual([]);
    }
  });

  it('finds nothing in what has nothing, and refuses what is found by chance', () => {
    expect(new Search(canaries).in({ where: 'noise', bytes: randomBytes(2_000_000) })).toEqual([]);
    expect(() => new Search([{ name: 'short', value: 'abc' }])).toThrow('too short');
  });
});

describe.each(queues)('the life of cases with the queue on %s', (queue) => {
  let stage: Stage;
  let redis: TestRedis | undefined;
  let recorder: Recorder;
  let pairs: Canary[];
  let life: LaterLife;
  let keys: Canary[];
  const words = new Words();
  const headerWord = words.make('header');

  beforeAll(async () => {
    redis = queue === 'Redis' ? await startTestRedis() : undefined;
    recorder = new Recorder({
      'user-agent': headerWord,
      'x-forwarded-for': FORWARDED,
      forwarded: `for=${FORWARDED}`,
    });
    stage = await startStage({
      lapseSeconds: 20,
      fetch: recorder.fetch,
      reports: markedReports(words, (n) => new Uint8Array(randomBytes(n))),
      ...(redis && { redisUrl: redis.url }),
    });
    const [, unshared] = markedReports(words, (n) => new Uint8Array(randomBytes(n)));
    life = new LaterLife(stage.job, (name) => words.sentence(name), unshared);
    pairs = await unusedBefore(stage, pairCanaries(life));
    for (const step of [...STEPS, ...laterSteps(life)]) await stage.job.run(step);
    keys = await keyCanaries(stage, life);
    for (const step of lastSteps(life)) await stage.job.run(step);
  }, LIMIT_MS);

  afterAll(async () => {
    await stage.stop();
    await redis?.stop();
  }, LIMIT_MS);

  /** Everything a server could have left something in. */
  const everything = async (): Promise<Surface[]> => [
    ...(await databaseSurfaces(stage.stack.databaseUrl)),
    ...(redis ? await redisSurfaces(redis.url, redis.folder) : []),
    ...fileSurfaces(stage.dataDir, ['keys']),
  ];

  /** What is told to whoever asks, and where they asked. */
  const told = (): Surface[] => [
    { where: 'addresses', bytes: Buffer.from(recorder.urls.join('\n')) },
    { where: 'refusals', bytes: Buffer.from(recorder.refusals.join('\n')) },
  ];

  it(
    'leaves no word, secret, token or address anywhere, whatever is refused',
    async () => {
      await provokeRefusals(stage, recorder, words);
      expect(new Set(recorder.refusals.map(codeOf)).size).toBeGreaterThan(3);
      expect(recorder.tokens.size).toBeGreaterThan(4);
      const canaries = [
        ...words.canaries,
        ...pairs,
        ...receiptCanaries(life),
        ...keys,
        ...[...recorder.tokens].map((value) => ({ name: 'session token', value })),
        { name: 'forwarded address', value: FORWARDED },
      ];
      if (CLIENT_ADDRESS !== '127.0.0.1') canaries.push({ name: 'client address', value: CLIENT_ADDRESS });
      const surfaces = [...(await everything()), ...told()];
      expect(surfaces.length).toBeGreaterThan(100);
      expect(sightings(canaries, surfaces)).toEqual([]);
    },
    LIMIT_MS,
  );

  it('keeps nonces out of logs, queue, addresses and refusals; the database must know those it gave out', async () => {
    expect(recorder.nonces.size).toBeGreaterThan(20);
    const nonces = [...recorder.nonces].map((value) => ({ name: 'nonce', value: Buffer.from(value, 'hex') }));
    const surfaces = [
      ...(await databaseSurfaces(stage.stack.databaseUrl)).filter(({ where }) => where.includes('bullmq')),
      ...(redis ? await redisSurfaces(redis.url, redis.folder) : []),
      ...fileSurfaces(path.join(stage.dataDir, 'logs')),
      ...told(),
    ];
    expect(sightings(nonces, surfaces)).toEqual([]);
  });

  it(
    'would have found what a server left in a table, a queue, a log or a file',
    async () => {
      const text: Canary = { name: 'word', value: words.make('planted', 'Arabic') };
      const seed: Canary = { name: 'seed', value: randomBytes(32) };
      const plants = await plant(stage, text.value as string, seed.value as Buffer);
      const inRedis = redis ? await plantInRedis(redis, words) : [];
      try {
        const found = sightings([text, seed, ...inRedis], await everything());
        const expected = [
          ...plants.expected,
          ...inRedis.map(({ name }) => ({ canary: name, where: 'redis' })),
        ];
        for (const { canary, where } of expected) {
          expect(found).toContainEqual(expect.objectContaining({ canary, where }));
        }
      } finally {
        await plants.remove();
      }
    },
    LIMIT_MS,
  );
});

function sightings(canaries: readonly Canary[], surfaces: Iterable<Surface>): Sighting[] {
  const search = new Search(canaries);
  return [...surfaces].flatMap((surface) => search.in(surface));
}

/** Two English words may follow each other in what PostgreSQL brings along: that says nothing about a reporter. */
async function unusedBefore(stage: Stage, pairs: readonly Canary[]): Promise<Canary[]> {
  const surfaces = [
    ...(await databaseSurfaces(stage.stack.databaseUrl)),
    ...fileSurfaces(stage.dataDir, ['keys']),
  ];
  const search = new Search(pairs.map(({ value }) => ({ name: String(value), value })));
  const used = new Set(surfaces.flatMap((surface) => search.in(surface)).map(({ canary }) => canary));
  expect(used.size).toBeLessThan(pairs.length / 11);
  return pairs.filter(({ value }) => !used.has(String(value)));
}

/** Requests that both origins refuse, with canaries wherever a request can hold something. */
async function provokeRefusals(stage: Stage, recorder: Recorder, words: Words): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const send = async (url: string, method: string, more: Record<string, string>, body?: string) => {
    await recorder.fetch(url, {
      method,
      headers: { ...more },
      ...(body !== undefined && { body: new Uint8Array(Buffer.from(body)) }),
      redirect: 'error',
      signal: AbortSignal.timeout(60_000),
    });
  };
  const sentence = words.sentence('refused body');
  const bodies = [`{"x":"${sentence}"`, JSON.stringify({ [sentence]: sentence }), JSON.stringify(sentence)];
  const token = randomBytes(32).toString('hex');
  for (const origin of [stage.stack.publicUrl, stage.stack.staffUrl]) {
    for (const route of Object.values(ROUTES)) {
      const url = origin + route.path.replace(/:[a-z]+/g, 'ab'.repeat(16));
      const tries = route.method === 'GET' ? [undefined] : bodies;
      const more = route.method === 'GET' ? { authorization: `Bearer ${token}` } : headers;
      for (const body of tries) await send(url, route.method, more, body);
    }
  }
  // Asked for on purpose, so that the list of addresses does not count.
  const word = words.make('address');
  const before = recorder.urls.length;
  await send(`${stage.stack.publicUrl}/${word}?${word}=${word}`, 'GET', {});
  await send(`${stage.stack.staffUrl}/v1/cases?after=${word}`, 'GET', {});
  recorder.urls.splice(before);
}

function codeOf(refusal: string): unknown {
  return (JSON.parse(refusal) as { type?: unknown }).type;
}

type Plants = {
  readonly expected: readonly { readonly canary: string; readonly where: string }[];
  readonly remove: () => Promise<void>;
};

/** Leaves a word of its own in a key of every type. */
async function plantInRedis({ url }: TestRedis, words: Words): Promise<Canary[]> {
  const client = new Redis(url);
  const word = (type: string): Canary => ({ name: `redis ${type}`, value: words.make(type, 'Arabic') });
  const planted = ['string', 'hash', 'list', 'set', 'zset', 'stream', 'key'].map(word);
  const [string, hash, list, set, zset, stream, key] = planted.map(({ value }) => value as string) as [
    string,
    ...string[],
  ];
  try {
    await client.set('scratch:string', string);
    await client.hset('scratch:hash', 'field', hash ?? '');
    await client.rpush('scratch:list', list ?? '');
    await client.sadd('scratch:set', set ?? '');
    await client.zadd('scratch:zset', 1, zset ?? '');
    await client.xadd('scratch:stream', '*', 'field', stream ?? '');
    await client.set(key ?? '', '1');
    return planted;
  } finally {
    client.disconnect();
  }
}

/** Leaves a word and a seed in a scratch table, a file and a log. */
async function plant(stage: Stage, word: string, seed: Buffer): Promise<Plants> {
  const owner = new pg.Client({ connectionString: stage.stack.databaseUrl });
  await owner.connect();
  await owner.query('create table scratch (t text, j jsonb, b bytea)');
  await owner.query('insert into scratch values ($1, null, null), (null, $2, null), (null, null, $3)', [
    word,
    JSON.stringify({ word }),
    seed,
  ]);
  const file = path.join(stage.dataDir, 'scratch');
  writeFileSync(file, Buffer.concat([randomBytes(7), Buffer.from(word, 'utf16le'), seed]));
  const log = path.join(stage.dataDir, 'logs', 'intake.log');
  appendFileSync(log, `${JSON.stringify({ event: 'x', seed: seed.toString('base64') })}\n`);
  const expected = [
    { canary: 'word', where: 'table public.scratch' },
    { canary: 'seed', where: 'table public.scratch' },
    { canary: 'seed', where: 'table public.scratch, binary' },
    { canary: 'word', where: file },
    { canary: 'seed', where: file },
    { canary: 'seed', where: log },
  ];
  return {
    expected,
    remove: async () => {
      await owner.query('drop table scratch');
      await owner.end();
      rmSync(file);
    },
  };
}
