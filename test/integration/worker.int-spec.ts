import { nobleVerifier } from '@app/crypto/verify';
import { JobQueues, type QueueStore } from '@app/jobs';
import type { LedgerServices } from '@app/ledger';
import { CaseRow, connect } from '@app/persistence';
import { type Clock, type Log, type LogFields, makeLogger } from '@app/platform';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { AssignService } from '../../apps/worker/src/cases/assign.service.js';
import { LapseService } from '../../apps/worker/src/cases/lapse.service.js';
import { WatchService } from '../../apps/worker/src/cases/watch.service.js';
import { DirectoryService } from '../../apps/worker/src/directory/directory.service.js';
import { NO_NOTICES } from '../../apps/worker/src/notices/settings.js';
import { TickService } from '../../apps/worker/src/ledger/tick.service.js';
import { SweepService } from '../../apps/worker/src/store/sweep.service.js';
import { WorkerModule } from '../../apps/worker/src/worker.module.js';
import type { WorkerService } from '../../apps/worker/src/worker.service.js';
import {
  type CaseOptions,
  eventsIn,
  type OpenedEvent,
  openTestCase,
  withdrawK3,
} from '../support/case-maker.js';
import { startTestServer, type TestDatabase, type TestServer } from '../support/database.js';
import { openTestServices, TestOrganisation } from '../support/organisation.js';
import { dumpQueueStore } from '../support/queue-dump.js';
import { hasRedis, startTestRedis, type TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';

const START = 1_800_000_000;
const DAY = 86_400;
const onRedis = hasRedis('the worker on Redis');
const BACKENDS = (['postgres', 'redis'] as const).filter((kind) => kind === 'postgres' || onRedis);
const NOBODY_THERE = {
  signer: { sign: () => Promise.resolve({ kind: 'away' as const }) },
  witnesses: [],
  verifier: nobleVerifier(),
};

const alarmsIn = (source: DataSource): Promise<{ code: string; subject: string }[]> =>
  source.query('select code, subject from alarms order by id');

let server: TestServer;
let organisation: TestOrganisation;
let database: TestDatabase;
let owner: DataSource;
let worker: LedgerServices;
let intake: LedgerServices;
let folder: string;
let directory: DirectoryService;
let now = START;
const logged: { readonly event: string; readonly fields: LogFields }[] = [];
const clock: Clock = { now: () => now, nowMs: () => now * 1000 };
const keep = (event: string, fields: LogFields = {}): void => {
  logged.push({ event, fields });
};
const log: Log = { ...makeLogger('test', { write: () => undefined }), warn: keep, error: keep };

const services = (role: 'sc_worker' | 'sc_intake'): Promise<LedgerServices> =>
  openTestServices(database.url(role), folder, clock);

beforeAll(async () => {
  server = await startTestServer();
  organisation = await TestOrganisation.make(START - DAY);
});

afterAll(async () => {
  await server.stop();
});

beforeEach(async () => {
  now = START;
  logged.length = 0;
  folder = mkdtempSync(path.join(tmpdir(), 'sc-worker-'));
  organisation.write(folder);
  database = await server.makeDatabase();
  owner = await connect({ url: database.ownerUrl, poolSize: 2, name: 'test' });
  [worker, intake] = [await services('sc_worker'), await services('sc_intake')];
  directory = new DirectoryService(worker, folder, log);
  await directory.refresh();
});

afterEach(async () => {
  await intake.close();
  await worker.close();
  await owner.destroy();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

const newCase = (options: Partial<CaseOptions> = {}): ReturnType<typeof openTestCase> =>
  openTestCase(intake, { role: organisation.role('focal_point'), ...options });

const rowOf = async (pseudonym: string): Promise<CaseRow> =>
  owner.manager.findOneByOrFail(CaseRow, { pseudonym: Buffer.from(pseudonym, 'hex') });

const eventsOf = (pseudonym: string): Promise<OpenedEvent[]> => eventsIn(owner, pseudonym);

const heldBoxes = async (): Promise<number> =>
  (await owner.query<unknown[]>('select 1 from escalation_boxes')).length;

describe.each(BACKENDS)('the worker on %s', (kind) => {
  let redis: TestRedis | undefined;
  let store: QueueStore;
  let queues: JobQueues;
  let running: WorkerService;

  beforeEach(async () => {
    if (kind === 'redis') redis = await startTestRedis();
    store = kind === 'redis' ? { kind, url: redis?.url ?? '' } : { kind, url: database.ownerUrl };
    queues = await JobQueues.open(store, log);
    const own = { ...worker, close: () => Promise.resolve() };
    const parts = { directoryDir: folder, notices: NO_NOTICES, parties: NOBODY_THERE, log };
    const module = WorkerModule.forRoot({ services: own, queues, ...parts });
    const [provider] = module.providers as { useFactory: () => WorkerService }[];
    running = provider!.useFactory();
  });

  afterEach(async () => {
    await running.onApplicationShutdown();
    await redis?.stop();
  });

  it('assigns, and at the lapse of triage delivers the held-back box to the office it is for', async () => {
    const official = organisation.role('senior_official');
    const { pseudonym, box } = await newCase({ consented: true, boxFor: official });
    now = START + 5;
    await running.start();
    await until(async () => (await rowOf(pseudonym)).assignee !== null);
    now = START + 15 * DAY;
    await until(async () => (await rowOf(pseudonym)).escalated);
    await sleep(2_500);
    const events = await eventsOf(pseudonym);
    expect(events.map(({ type }) => type)).toEqual([
      'SUBMITTED',
      'ASSIGNED',
      'LAPSED',
      'LAPSED',
      'LAPSED',
      'ESCALATED',
    ]);
    expect(events.at(-1)).toEqual({
      type: 'ESCALATED',
      at: now,
      detail: { clock: 'C3', delivered: true, role: official },
    });
    const row = await rowOf(pseudonym);
    expect(row.routedTo?.toString('hex')).toBe(official);
    const delivered = await owner.query<{ role: string; box: Buffer; event_number: number }[]>(
      `select encode(role_id, 'hex') as role, box, event_number from boxes`,
    );
    expect(delivered).toEqual([{ role: official, box, event_number: 6 }]);
    expect(await heldBoxes()).toBe(0);
    const dump = await dumpQueueStore(store);
    expect(dump).not.toContain(box.subarray(0, 24).toString('hex'));
    expect(dump).not.toContain(box.subarray(0, 24).toString('base64'));
    const sizes = await owner.query<{ size: number }[]>('select size from log_state');
    expect(sizes[0]!.size).toBeGreaterThan(0);
  }, 60_000);
});

describe('lapses', () => {
  const lapse = (pseudonym: string): Promise<void> => new LapseService(worker, directory).lapse(pseudonym);

  it('records every missed target once, with its true time, however late and however often it runs', async () => {
    const { pseudonym } = await newCase();
    now = START + 100 * DAY;
    const late = now;
    await Promise.all([lapse(pseudonym), lapse(pseudonym), lapse(pseudonym)]);
    now += 5;
    await lapse(pseudonym);
    const { state } = await rowOf(pseudonym);
    const lapsed = state.clocks.filter((clock) => clock.lapsedAt !== undefined);
    expect(lapsed.map(({ id, lapsedAt, lapseRecordedAt }) => [id, lapsedAt, lapseRecordedAt])).toEqual([
      ['C1', START + 7 * DAY, late],
      ['C2', START + 14 * DAY, late],
      ['C3', START + 14 * DAY, late],
      ['C9', START + 90 * DAY, late],
    ]);
    const types = (await eventsOf(pseudonym)).map(({ type }) => type);
    expect(types).toEqual(['SUBMITTED', 'LAPSED', 'LAPSED', 'LAPSED', 'LAPSED', 'ESCALATED']);
    expect((await rowOf(pseudonym)).nextDeadline).toBeNull();
  });

  it('does nothing before the target', async () => {
    const { pseudonym } = await newCase();
    now = START + 7 * DAY - 1;
    await lapse(pseudonym);
    expect((await rowOf(pseudonym)).eventNumber).toBe(1);
    now += 1;
    await lapse(pseudonym);
    expect((await rowOf(pseudonym)).eventNumber).toBe(2);
  });

  it('escalates the clock and no content without consent', async () => {
    const { pseudonym } = await newCase({ urgent: true });
    now = START + DAY;
    await lapse(pseudonym);
    expect((await eventsOf(pseudonym)).at(-1)).toMatchObject({
      type: 'ESCALATED',
      detail: { clock: 'C3', delivered: false },
    });
    expect((await rowOf(pseudonym)).routedTo).toBeNull();
  });

  it('keeps back a box for an office the reporter excluded, and raises an alarm', async () => {
    const official = organisation.role('senior_official');
    const { pseudonym } = await newCase({ consented: true, boxFor: official, exclusions: [official] });
    now = START + 15 * DAY;
    await lapse(pseudonym);
    expect((await rowOf(pseudonym)).escalated).toBe(true);
    expect(await heldBoxes()).toBe(1);
    expect(await owner.query('select 1 from boxes')).toEqual([]);
    const lapsed = ['C1', 'C2', 'C3'].map((of) => ({
      code: 'clock_lapsed',
      subject: `${pseudonym}:${of}:1`,
    }));
    expect(await alarmsIn(owner)).toEqual([...lapsed, { code: 'escalation_blocked', subject: pseudonym }]);
  });

  it('sees a withdrawal that has the case first: the box is gone and the clock escalates', async () => {
    const { pseudonym } = await newCase({ consented: true, boxFor: organisation.role('senior_official') });
    now = START + 15 * DAY;
    let lapsing: Promise<void> = Promise.resolve();
    await withdrawK3(intake, pseudonym, async () => {
      lapsing = lapse(pseudonym);
      await sleep(300);
    });
    await lapsing;
    const events = await eventsOf(pseudonym);
    expect(events[1]?.type).toBe('WITHDRAW');
    expect(events.at(-1)?.detail).toMatchObject({ delivered: false });
    expect(await owner.query('select 1 from boxes')).toEqual([]);
  });

  it('has delivered before a withdrawal that comes second', async () => {
    const { pseudonym } = await newCase({ consented: true, boxFor: organisation.role('senior_official') });
    now = START + 15 * DAY;
    await lapse(pseudonym);
    await withdrawK3(intake, pseudonym);
    expect((await eventsOf(pseudonym)).map(({ type }) => type).slice(-2)).toEqual(['ESCALATED', 'WITHDRAW']);
    expect(await owner.query('select 1 from boxes')).toHaveLength(1);
  });
});

describe('assignment', () => {
  const assign = (pseudonym: string): Promise<void> => new AssignService(worker, directory).assign(pseudonym);
  const subjectOf = (name: string): string => organisation.made.staff.find((s) => s.name === name)!.subject;
  const assigneeOf = async (pseudonym: string): Promise<string | undefined> =>
    (await rowOf(pseudonym)).assignee?.toString('hex');

  it('spreads cases evenly over the members of the role, by one event each', async () => {
    const cases = [];
    for (let i = 0; i < 6; i++) cases.push(await newCase());
    await Promise.all(cases.flatMap(({ pseudonym }) => [assign(pseudonym), assign(pseudonym)]));
    const given = await Promise.all(cases.map(({ pseudonym }) => assigneeOf(pseudonym)));
    const counts = ['focal-1', 'focal-2'].map((name) => given.filter((to) => to === subjectOf(name)).length);
    expect(counts).toEqual([3, 3]);
    for (const { pseudonym } of cases) {
      expect((await eventsOf(pseudonym)).map(({ type }) => type)).toEqual(['SUBMITTED', 'ASSIGNED']);
    }
  });

  it('passes over a member whose certificate is revoked', async () => {
    organisation.write(folder, organisation.revoking('focal-2', START - 1));
    now = START + 61;
    expect(await directory.refresh()).toBe(true);
    for (let i = 0; i < 2; i++) {
      const { pseudonym } = await newCase();
      await assign(pseudonym);
      expect(await assigneeOf(pseudonym)).toBe(subjectOf('focal-1'));
    }
  });

  it('raises one alarm while nobody is left, and succeeds when somebody is', async () => {
    const { pseudonym } = await newCase();
    const recused = organisation.made.staff.filter(({ roleKind }) => roleKind === 'focal_point');
    const [first, second] = recused.map(({ certificateHash }) => certificateHash);
    await stepBack(pseudonym, [first!, second!]);
    await assign(pseudonym);
    await assign(pseudonym);
    expect(await alarmsIn(owner)).toEqual([{ code: 'assignment_impossible', subject: pseudonym }]);
    const other = (await newCase()).pseudonym;
    await stepBack(other, [first!]);
    await assign(other);
    expect(await assigneeOf(other)).toBe(subjectOf('focal-2'));
  });

  /** As if those officers had signed RECUSED: only the state is set, by the owner of the database. */
  async function stepBack(pseudonym: string, officers: readonly string[]): Promise<void> {
    const { state } = await rowOf(pseudonym);
    await owner.query('alter table cases disable trigger user');
    await owner.query('update cases set state = $1 where pseudonym = $2', [
      JSON.stringify({ ...state, recusedOfficers: officers }),
      Buffer.from(pseudonym, 'hex'),
    ]);
    await owner.query('alter table cases enable trigger user');
  }
});

describe('watch', () => {
  it('asks for what is due and for what nobody has, and again after a while', async () => {
    const added: string[] = [];
    const queues = {
      add: (queue: string, payload: object, occasion: string) => {
        added.push(`${queue} ${(payload as { case?: string }).case ?? ''} ${occasion}`);
        return Promise.resolve();
      },
    };
    const { pseudonym } = await newCase();
    const watch = new WatchService(worker.work, queues, clock);
    for (now of [START, START + 5, START + 7 * DAY]) await watch.watch();
    const round = (at: number): string => String(Math.floor(at / 60));
    expect(added).toEqual([
      `triage.assign ${pseudonym} ${round(START + 5)}`,
      `clock.lapse ${pseudonym} ${String(now)}-${round(now)}`,
      `triage.assign ${pseudonym} ${round(now)}`,
    ]);
  });
});

describe('directory', () => {
  const inForce = async (): Promise<number[]> =>
    (await owner.query<{ version: number }[]>('select version from keysets order by version')).map(
      ({ version }) => version,
    );
  const codes = async (): Promise<string[]> =>
    (await alarmsIn(owner)).map(({ code, subject }) => `${code} ${subject.split(':')[0]!}`);

  it('imports KEYSET, POLICY, vaults and epoch boxes once, and logs the KEYSET every day', async () => {
    const counts = (): Promise<unknown> =>
      owner.query(`select (select count(*)::int from keysets) as keysets, (select count(*)::int from policies) as policies,
        (select count(*)::int from staff_vaults) as vaults, (select count(*)::int from epoch_boxes) as boxes,
        (select count(*)::int from log_outbox) as leaves`);
    const { staff, epochBoxes } = organisation.made;
    const once = { keysets: 1, policies: 1, vaults: staff.length, boxes: epochBoxes.length, leaves: 2 };
    expect(await counts()).toEqual([once]);
    await directory.refresh();
    await new DirectoryService(worker, folder, log).refresh();
    expect(await counts()).toEqual([once]);
    now += DAY;
    await directory.refresh();
    expect(await counts()).toEqual([{ ...once, leaves: 3 }]);
  });

  it('follows a newer KEYSET, and refuses an older one and another of the same version', async () => {
    const [second, other] = [await organisation.renewed(START), await organisation.renewed(START + 1)];
    organisation.write(folder, second);
    expect(await directory.refresh()).toBe(true);
    organisation.write(folder, organisation.made.keyset);
    expect(await directory.refresh()).toBe(false);
    organisation.write(folder, other);
    now += 60;
    expect(await directory.refresh()).toBe(false);
    expect(await directory.refresh()).toBe(false);
    expect(await inForce()).toEqual([1, 2]);
    expect(await codes()).toEqual(['keyset_refused keyset_rolled_back', 'keyset_refused keyset_two_hashes']);
  });

  it('refuses a KEYSET whose epochs a revoked key made', async () => {
    organisation.write(folder, organisation.revoking('focal-1', START - 1, ['focal-2', 'official']));
    expect(await directory.refresh()).toBe(false);
    expect(await inForce()).toEqual([1]);
    expect(await codes()).toEqual(['keyset_refused certificate_revoked']);
  });

  it.each([
    ['a KEYSET cut short', 'keyset.bin', (bytes: Uint8Array) => bytes.slice(0, 100), 'truncated'],
    ['staff.json that is not JSON', 'staff.json', () => Buffer.from('{'), 'not_json'],
    ['staff.json of another shape', 'staff.json', () => Buffer.from('{"vaults":[],"words":[]}'), 'not_staff'],
  ])('refuses %s', async (_, file, change, code) => {
    writeFileSync(path.join(folder, file), change(organisation.made.keyset));
    expect(await directory.refresh()).toBe(false);
    expect(await codes()).toEqual([`directory_malformed ${code}`]);
    expect(await inForce()).toEqual([1]);
  });
});

describe('tick', () => {
  it('grows the ledger while nobody signs, and says why nothing is published', async () => {
    await new TickService(worker, directory, NOBODY_THERE, log).tick();
    expect(await owner.query('select size from log_state')).toEqual([{ size: 8 }]);
    expect(logged.at(-1)).toEqual({ event: 'publish.delayed', fields: { code: 'signer_away', treeSize: 0 } });
  });

  it('raises an alarm and grows nothing when the head contradicts itself', async () => {
    const tick = new TickService(worker, directory, NOBODY_THERE, log);
    await tick.tick();
    await owner.query('update log_state set root = $1', [randomBytes(32)]);
    await expect(tick.tick()).rejects.toMatchObject({ code: 'state_mismatch' });
    expect(await owner.query('select size from log_state')).toEqual([{ size: 8 }]);
    expect(await alarmsIn(owner)).toEqual([{ code: 'ledger_fault', subject: 'state_mismatch' }]);
  });
});

describe('sweep', () => {
  it('deletes what was never used and what has expired, and nothing else', async () => {
    const { pseudonym } = await newCase();
    const [old, young, used] = [randomBytes(16), randomBytes(16), randomBytes(16)];
    const reserve = 'insert into blobs (id, mailbox_id, length, reserved_at) values ($1, $2, 10, $3)';
    for (const [id, at] of [
      [old, START - DAY - 1],
      [young, START - DAY + 1],
      [used, 0],
    ] as const) {
      await owner.query(reserve, [id, randomBytes(16), at]);
      await owner.query('insert into blob_parts values ($1, 0, $2, $3)', [
        id,
        randomBytes(32),
        randomBytes(10),
      ]);
    }
    await owner.query('insert into case_blobs values ($1, $2, 1)', [used, Buffer.from(pseudonym, 'hex')]);
    const expiring = [START - 1, START + 1];
    for (const at of expiring) {
      await owner.query(`insert into nonces values ($1, 'mailbox', $2)`, [randomBytes(16), at]);
      const session = [randomBytes(32), randomBytes(32), at, randomBytes(16), randomBytes(32)];
      await owner.query('insert into staff_sessions values ($1, $2, $3, $4, $5, 0, 0)', session);
      await owner.query('insert into unlock_attempts values ($1, 9, $2)', [randomBytes(16), at - DAY]);
    }
    await new SweepService(worker.work, clock).sweep();
    const left = await owner.query<{ id: Buffer }[]>('select id from blobs');
    expect(left.map(({ id }) => id.toString('hex')).sort()).toEqual(
      [young, used].map((id) => id.toString('hex')).sort(),
    );
    expect(await owner.query('select expires_at from nonces')).toEqual([{ expires_at: START + 1 }]);
    expect(await owner.query('select expires_at from staff_sessions')).toEqual([{ expires_at: START + 1 }]);
    expect(await owner.query('select closed_until from unlock_attempts')).toHaveLength(1);
    expect(await owner.query('select 1 from blob_parts')).toHaveLength(2);
  });
});
