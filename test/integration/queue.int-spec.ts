import { JobQueues, type QueueStore, Relay } from '@app/jobs';
import { enqueue } from '@app/jobs/enqueue';
import { connect, UnitOfWork } from '@app/persistence';
import { type Log, type LogFields, makeLogger } from '@app/platform';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { startTestServer, type TestDatabase, type TestServer } from '../support/database.js';
import { dumpQueueStore } from '../support/queue-dump.js';
import { hasRedis, startTestRedis, type TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';

const SECRET = 'the witness is Amal K.';
const quiet: Log = makeLogger('test', { write: () => undefined });
const newCase = (): string => randomBytes(16).toString('hex');

const onRedis = hasRedis('the queue on Redis');
const BACKENDS = (['postgres', 'redis'] as const).filter((kind) => kind === 'postgres' || onRedis);

describe.each(BACKENDS)('jobs on %s', (kind) => {
  let server: TestServer;
  let database: TestDatabase;
  let source: DataSource;
  let work: UnitOfWork;
  let redis: TestRedis | undefined;
  let store: QueueStore;
  let queues: JobQueues;
  const logged: { readonly event: string; readonly fields: LogFields }[] = [];
  const log: Log = {
    ...quiet,
    warn: (event, fields = {}) => {
      logged.push({ event, fields });
    },
  };

  beforeAll(async () => {
    server = await startTestServer();
    if (kind === 'redis') redis = await startTestRedis();
  });

  beforeEach(async () => {
    database = await server.makeDatabase();
    source = await connect({ url: database.url('sc_worker'), poolSize: 4, name: 'test' });
    work = new UnitOfWork(source, () => 0.5);
    store = kind === 'redis' ? { kind, url: redis?.url ?? '' } : { kind, url: database.ownerUrl };
    queues = await JobQueues.open(store, log);
    logged.length = 0;
  });

  afterEach(async () => {
    await queues.close();
    await source.destroy();
    await database.drop();
    await redis?.flush();
  });

  afterAll(async () => {
    await redis?.stop();
    await server.stop();
  });

  it('runs a failing job again after growing pauses, then forgets its failure', async () => {
    const attempts: { readonly attempt: number; readonly at: number }[] = [];
    await queues.work('clock.lapse', (_, { attempt }) => {
      attempts.push({ attempt, at: performance.now() });
      return attempt < 3 ? Promise.reject(new Error(SECRET)) : Promise.resolve();
    });
    await queues.add('clock.lapse', { case: newCase() }, 'now');
    await until(() => attempts.length === 3);
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    const [first, second, third] = attempts.map(({ at }) => at);
    expect(second! - first!).toBeGreaterThanOrEqual(240);
    expect(third! - second!).toBeGreaterThanOrEqual(490);
    await sleep(300);
    expect(attempts).toHaveLength(3);
  });

  it('keeps of a failure its codes alone', async () => {
    await queues.work('clock.lapse', () =>
      Promise.reject(Object.assign(new Error(SECRET, { cause: { data: SECRET } }), { code: '40P01' })),
    );
    await queues.add('clock.lapse', { case: newCase() }, 'now');
    await until(() => logged.some(({ event }) => event === 'job.failed'));
    const dump = await dumpQueueStore(store);
    expect(dump).toContain('Error:40P01');
    expect(dump).not.toContain('Amal');
    expect(dump).not.toContain('.int-spec');
    expect(JSON.stringify(logged)).not.toContain('Amal');
    expect(logged[0]).toMatchObject({
      event: 'job.failed',
      fields: { queue: 'clock.lapse', code: 'Error:40P01' },
    });
  });

  it('gives up an attempt that takes too long and aborts its signal', async () => {
    const seen: AbortSignal[] = [];
    await queues.work('triage.assign', async (_, { signal, attempt }) => {
      seen.push(signal);
      if (attempt === 1) await sleep(60_000, undefined, { signal, ref: false });
    });
    await queues.add('triage.assign', { case: newCase() }, 'now');
    await until(() => seen.length === 2, 45_000);
    expect(seen[0]?.aborted).toBe(true);
    expect(logged[0]).toMatchObject({ event: 'job.failed', fields: { code: 'Error:timeout' } });
  }, 60_000);

  it('waits out a delay', async () => {
    let ranAt = 0;
    await queues.work('triage.assign', () => {
      ranAt = performance.now();
      return Promise.resolve();
    });
    const added = performance.now();
    await queues.add('triage.assign', { case: newCase() }, 'later', 1);
    await until(() => ranAt > 0);
    expect(ranAt - added).toBeGreaterThanOrEqual(990);
    expect(ranAt - added).toBeLessThan(4_000);
  });

  it('runs the job of a worker that was killed in the middle of it', async () => {
    const pseudonym = newCase();
    await queues.add('clock.lapse', { case: pseudonym }, 'now');
    const child = spawn(
      process.execPath,
      ['--import', './test/support/ts-hooks.mjs', 'test/support/hanging-worker.ts', store.kind, store.url],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env.PATH } },
    );
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    expect(line.toString().trim()).toBe(pseudonym);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const ran: string[] = [];
    await queues.work('clock.lapse', (payload) => {
      ran.push(payload.case);
      return Promise.resolve();
    });
    await until(() => ran.length > 0, 30_000);
    expect(ran).toEqual([pseudonym]);
  }, 60_000);

  it('has one effect of a job that is added twice', async () => {
    const ran: string[] = [];
    const one = newCase();
    await queues.add('clock.lapse', { case: one }, '1700000000');
    await queues.add('clock.lapse', { case: one }, '1700000000');
    await queues.work('clock.lapse', (payload) => {
      ran.push(payload.case);
      return Promise.resolve();
    });
    await until(() => ran.length === 1);
    await queues.add('clock.lapse', { case: one }, '1700000000');
    await queues.add('clock.lapse', { case: one }, '1800000000');
    await until(() => ran.length === 2);
    await sleep(300);
    expect(ran).toEqual([one, one]);
  });

  it('starts a periodic processor in its rhythm, once for all processes', async () => {
    let starts = 0;
    await queues.every('clock.watch', 1);
    await queues.every('clock.watch', 1);
    await queues.work('clock.watch', () => {
      starts += 1;
      return Promise.resolve();
    });
    await sleep(3_500);
    expect(starts).toBeGreaterThanOrEqual(3);
    expect(starts).toBeLessThanOrEqual(5);
  });

  describe('outbox', () => {
    const waiting = async (): Promise<number> => {
      const rows = await work.read((tx) =>
        tx.query<{ n: number }[]>('select count(*)::int as n from outbox'),
      );
      return rows[0]!.n;
    };

    it('moves what was committed and nothing else', async () => {
      const [kept, undone] = [newCase(), newCase()];
      await work.run((tx) => enqueue(tx, 'triage.assign', { case: kept }));
      const failed = work.run(async (tx) => {
        await enqueue(tx, 'triage.assign', { case: undone });
        throw new Error('undo');
      });
      await expect(failed).rejects.toThrow('undo');
      const ran: string[] = [];
      await queues.work('triage.assign', (payload) => {
        ran.push(payload.case);
        return Promise.resolve();
      });
      const relay = new Relay(work, queues, log);
      relay.start();
      await until(() => ran.length === 1);
      await relay.stop();
      expect(ran).toEqual([kept]);
      expect(await waiting()).toBe(0);
    });

    it('has one effect when the relay dies after the addition and before the deletion', async () => {
      const ran: string[] = [];
      const pseudonym = newCase();
      await work.run((tx) => enqueue(tx, 'triage.assign', { case: pseudonym }));
      const dying = new Relay(
        work,
        {
          deliver: async (deliveries) => {
            await queues.deliver(deliveries);
            throw new Error('killed here');
          },
        },
        log,
      );
      await expect(dying.drain()).rejects.toThrow('killed here');
      expect(await waiting()).toBe(1);
      await queues.work('triage.assign', (payload) => {
        ran.push(payload.case);
        return Promise.resolve();
      });
      await until(() => ran.length === 1);
      expect(await new Relay(work, queues, log).drain()).toBe(1);
      expect(await waiting()).toBe(0);
      await sleep(300);
      expect(ran).toEqual([pseudonym]);
    });

    it('moves hundreds of rows in one pass, by two relays at once, without doubling one', async () => {
      const all = Array.from({ length: 250 }, newCase);
      await work.run(async (tx) => {
        for (const pseudonym of all) await enqueue(tx, 'triage.assign', { case: pseudonym });
      });
      const ran: string[] = [];
      await queues.work('triage.assign', (payload) => {
        ran.push(payload.case);
        return Promise.resolve();
      });
      await Promise.all([new Relay(work, queues, log).drain(), new Relay(work, queues, log).drain()]);
      await until(() => ran.length >= all.length, 20_000);
      expect(await waiting()).toBe(0);
      expect([...ran].sort()).toEqual([...all].sort());
    }, 30_000);

    it('leaves a row of another version where it is and goes on', async () => {
      await work.run((tx) =>
        tx.query(`insert into outbox (queue, payload, created_at) values ('later.version', '{}', 0),
          ('triage.assign', '{"case": "${SECRET}"}', 0)`),
      );
      await work.run((tx) => enqueue(tx, 'triage.assign', { case: newCase() }));
      expect(await new Relay(work, queues, log).drain()).toBe(1);
      expect(await waiting()).toBe(2);
      expect(logged.map(({ fields }) => fields.code)).toEqual(['queue_unknown', 'payload_invalid']);
      expect(await dumpQueueStore(store)).not.toContain('Amal');
    });

    it.each([
      ['text', { case: SECRET }],
      ['more than ids', { case: newCase(), note: SECRET }],
      ['nothing', {}],
    ])('refuses %s as payload, and the transaction with it', async (_, payload) => {
      const refused = work.run((tx) => enqueue(tx, 'triage.assign', payload as { case: string }));
      await expect(refused).rejects.toThrow();
      expect(await waiting()).toBe(0);
    });
  });
});
