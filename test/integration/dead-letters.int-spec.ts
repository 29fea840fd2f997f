/** Jobs that fail for good, from the queue to the administrator and back, on both stores of the queue. */
import { ApiProblem } from '@app/api-client';
import { discardDeadLetter, listDeadLetters, redriveDeadLetter, type StaffSession } from '@app/client';
import { type DeadJob, DeadLetters, JobQueues, type QueueStore, Relay } from '@app/jobs';
import { type Log, type LogFields, makeLogger, systemRandom } from '@app/platform';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { raiseAlarm } from '../../apps/worker/src/alarms.js';
import { startTestServer, type TestDatabase, type TestServer } from '../support/database.js';
import { makeOrganisation } from '../support/ledger-stage.js';
import { OfficeStage } from '../support/office-stage.js';
import type { TestOrganisation } from '../support/organisation.js';
import { hasRedis, startTestRedis, type TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';

const onRedis = hasRedis('dead letters on Redis');
const BACKENDS = (['postgres', 'redis'] as const).filter((kind) => kind === 'postgres' || onRedis);
const newCase = (): string => randomBytes(16).toString('hex');

let server: TestServer;
let organisation: TestOrganisation;
let database: TestDatabase;
let office: OfficeStage;
let administrator: StaffSession;
const logged: { readonly event: string; readonly fields: LogFields }[] = [];
const log: Log = {
  ...makeLogger('test', { write: () => undefined }),
  warn: (event, fields = {}) => logged.push({ event, fields }),
};

beforeAll(async () => {
  server = await startTestServer();
  organisation = await makeOrganisation();
});
afterAll(() => server.stop());

beforeEach(async () => {
  logged.length = 0;
  database = await server.makeDatabase();
  office = await OfficeStage.open(organisation, database);
  administrator = await office.session('administrator');
});
afterEach(() => office.close());

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'done';
  } catch (error) {
    if (error instanceof ApiProblem) return error.code;
    throw error;
  }
}

const alarms = (): Promise<{ code: string; subject: string }[]> =>
  office.ledger.owner.query('select code, subject from alarms order by id');

function lettersOver(queues: Pick<JobQueues, 'dead' | 'forget' | 'onDead'>): DeadLetters {
  const { work } = office.ledger.worker;
  return new DeadLetters({ work, queues, clock: office.ledger.clock, random: systemRandom, log }, raiseAlarm);
}

/** A queue in which these jobs have died. */
function deadQueue(dead: readonly DeadJob[]): Pick<JobQueues, 'dead' | 'forget' | 'onDead'> {
  return { dead: () => Promise.resolve(dead), forget: () => Promise.resolve(), onDead: () => undefined };
}

const died = (changed: Partial<DeadJob> = {}): DeadJob => ({
  queue: 'clock.lapse',
  job: `job-${randomBytes(6).toString('hex')}`,
  payload: { case: newCase() },
  error: 'Error:timeout',
  attempts: 5,
  ...changed,
});

const openLetters = async () => (await listDeadLetters(administrator, {})).letters;

describe.each(BACKENDS)('a job that fails for good on %s', (kind) => {
  let redis: TestRedis | undefined;
  let store: QueueStore;
  let queues: JobQueues;

  beforeEach(async () => {
    if (kind === 'redis') redis = await startTestRedis();
    store = kind === 'redis' ? { kind, url: redis?.url ?? '' } : { kind, url: database.ownerUrl };
    queues = await JobQueues.open(store, log);
  });
  afterEach(async () => {
    await queues.close();
    await redis?.stop();
  });

  it('is kept, told once, shown without its case, and runs again once after a restart', async () => {
    const pseudonym = newCase();
    let attempts = 0;
    await queues.work('triage.assign', () => {
      attempts += 1;
      return Promise.reject(Object.assign(new Error('Amal K.'), { code: 'broken' }));
    });
    await queues.add('triage.assign', { case: pseudonym }, 'now');
    await until(async () => (await queues.dead()).length === 1, 45_000);
    expect(attempts).toBe(5);
    // The worker ends before anything is recorded; another one finds it.
    await queues.close();
    queues = await JobQueues.open(store, log);
    const letters = lettersOver(queues);
    letters.start();
    await until(async () => (await alarms()).length === 1);
    const [letter, ...others] = await openLetters();
    expect(others).toEqual([]);
    expect(letter).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
      queue: 'triage.assign',
      error: 'Error:broken',
      attempts: 5,
      failures: 1,
      firstFailedAt: office.ledger.now,
      failedAt: office.ledger.now,
      state: 'open',
      reason: null,
      settledAt: null,
    });
    expect(JSON.stringify(letter)).not.toContain(pseudonym);
    expect(await alarms()).toEqual([{ code: 'assignment_failed', subject: letter?.id }]);
    await until(async () => (await queues.dead()).length === 0);

    const twice = [1, 2].map(() => codeOf(redriveDeadLetter(administrator, letter!.id)));
    expect((await Promise.all(twice)).sort()).toEqual(['done', 'not_allowed_now']);
    const ran: string[] = [];
    await queues.work('triage.assign', (payload) => {
      ran.push(payload.case);
      return Promise.resolve();
    });
    const relay = new Relay(office.ledger.worker.work, queues, log);
    relay.start();
    await until(() => ran.length > 0);
    await sleep(500);
    await relay.stop();
    await letters.stop();
    expect(ran).toEqual([pseudonym]);
    expect(await openLetters()).toEqual([]);
    expect((await listDeadLetters(administrator, { state: 'redriven' })).letters).toMatchObject([
      { id: letter!.id, state: 'redriven', settledAt: office.ledger.now },
    ]);
    expect(await alarms()).toHaveLength(1);
  }, 90_000);

  it('cannot run and is given up at once when its payload is not one', async () => {
    await queues.deliver([{ outboxId: 1, queue: 'clock.lapse', payload: { note: 'Amal K.' } }]);
    await queues.work('clock.lapse', () => Promise.resolve());
    await until(async () => (await queues.dead()).length === 1);
    expect(await queues.dead()).toMatchObject([{ payload: undefined, error: 'payload_invalid' }]);
    await lettersOver(queues).collect();
    const [letter] = await openLetters();
    expect(JSON.stringify(await office.ledger.owner.query('select * from dead_letters'))).not.toContain(
      'Amal',
    );
    expect(await codeOf(redriveDeadLetter(administrator, letter!.id))).toBe('not_allowed_now');
    await discardDeadLetter(administrator, letter!.id, 'defect');
    expect(await codeOf(discardDeadLetter(administrator, letter!.id, 'obsolete'))).toBe('not_allowed_now');
    expect((await listDeadLetters(administrator, { state: 'discarded' })).letters).toMatchObject([
      { id: letter!.id, reason: 'defect' },
    ]);
  });

  it('tells of a periodic job when so many starts in a row have failed, and not of fewer', async () => {
    let starts = 0;
    await queues.work('clock.watch', () => {
      starts += 1;
      return starts === 5 ? Promise.resolve() : Promise.reject(new Error('no'));
    });
    for (let i = 1; i <= 9; i++) {
      await queues.add('clock.watch', {}, String(i));
      await until(() => starts === i);
    }
    await sleep(300);
    expect(await queues.dead()).toEqual([]);
    await queues.add('clock.watch', {}, '10');
    await until(async () => (await queues.dead()).length === 1);
    await lettersOver(queues).collect();
    const [letter] = await openLetters();
    expect(letter).toMatchObject({ queue: 'clock.watch', attempts: 5, failures: 1 });
    expect(await alarms()).toEqual([{ code: 'watch_stands_still', subject: letter?.id }]);
    expect(await queues.dead()).toEqual([]);
  });
});

describe('a dead letter', () => {
  it('is one, with one alarm, when it was recorded and not forgotten before a crash', async () => {
    const dying = { ...deadQueue([died()]), forget: () => Promise.reject(new Error('killed here')) };
    await expect(lettersOver(dying).collect()).rejects.toThrow('killed here');
    await expect(lettersOver(dying).collect()).rejects.toThrow('killed here');
    expect(await openLetters()).toMatchObject([{ failures: 1 }]);
    expect(await alarms()).toHaveLength(1);
  });

  it('is recorded with the beginning of a long chain of errors', async () => {
    const error = Array<string>(5)
      .fill(`Error:${'x'.repeat(58)}`)
      .join(' > ');
    await lettersOver(deadQueue([died({ error })])).collect();
    expect(await openLetters()).toMatchObject([{ error: error.slice(0, 200) }]);
  });

  it('counts work that fails again and again, and is another after it was settled', async () => {
    const payload = { case: newCase() };
    for (let i = 0; i < 3; i++) {
      office.ledger.now += 60;
      await lettersOver(deadQueue([died({ payload, error: `Error:E${String(i)}` })])).collect();
    }
    const [letter] = await openLetters();
    const { now } = office.ledger;
    expect(letter).toMatchObject({ failures: 3, error: 'Error:E2', firstFailedAt: now - 120, failedAt: now });
    expect(await alarms()).toHaveLength(1);
    await discardDeadLetter(administrator, letter!.id, 'done_otherwise');
    await lettersOver(deadQueue([died({ payload })])).collect();
    expect(await openLetters()).toMatchObject([{ failures: 1 }]);
    expect(await alarms()).toHaveLength(2);
  });

  it('is listed by pages, the oldest first, whatever comes meanwhile', async () => {
    const expected: string[] = [];
    for (let i = 0; i < 5; i++) {
      office.ledger.now += i % 2;
      await lettersOver(deadQueue([died({ error: `Error:E${String(i)}` })])).collect();
      expected.push(`Error:E${String(i)}`);
    }
    const seen: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await listDeadLetters(administrator, { limit: 2, ...(after !== undefined && { after }) });
      seen.push(...page.letters.map(({ error }) => error));
      if (page.next === null) break;
      after = page.next;
    }
    expect(seen.toSorted()).toEqual(expected);
    expect(seen[0]).toBe('Error:E0');
    expect(await listDeadLetters(administrator, { after: newCase() })).toEqual({ letters: [], next: null });
  });

  it('is there for the administrator alone', async () => {
    await lettersOver(deadQueue([died()])).collect();
    const [letter] = await openLetters();
    for (const name of ['focal-1', 'official', 'oversight']) {
      const session = await office.session(name);
      expect(await codeOf(listDeadLetters(session, {}))).toBe('not_found');
      expect(await codeOf(redriveDeadLetter(session, letter!.id))).toBe('not_found');
      expect(await codeOf(discardDeadLetter(session, letter!.id, 'obsolete'))).toBe('not_found');
    }
    expect(await codeOf(redriveDeadLetter(administrator, newCase()))).toBe('not_found');
    expect(await codeOf(administrator.service.api.call('cases', { query: {} }))).toBe('done');
    expect((await administrator.service.api.call('cases', { query: {} })).cases).toEqual([]);
    expect(await openLetters()).toHaveLength(1);
  });
});
