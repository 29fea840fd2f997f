/** Lists in pages: nothing twice, nothing left out, in a stable order, each page found in an index. */
import type { CaseListQuery } from '@app/contracts';
import { listCases, storedResponseTimes, type StaffSession } from '@app/client';
import { connect } from '@app/persistence';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { queuePage, type QueueQuery } from '../../apps/desk/src/cases/queue.queries.js';
import { openTestCase } from '../support/case-maker.js';
import { startTestServer, type TestDatabase, type TestServer } from '../support/database.js';
import { makeOrganisation } from '../support/ledger-stage.js';
import { OfficeStage } from '../support/office-stage.js';

const CASES = 10_000;

let server: TestServer;
let database: TestDatabase;
let office: OfficeStage;
let focal: StaffSession;

beforeAll(async () => {
  server = await startTestServer();
  database = await server.makeDatabase();
  office = await OfficeStage.open(await makeOrganisation(), database);
  focal = await office.session('focal-1');
  const role = office.ledger.organisation.role('focal_point');
  const intake = await office.ledger.services('sc_intake');
  for (let i = 0; i < 4; i++) await openTestCase(intake, { role, urgent: i === 0 });
  await copyCases(CASES);
}, 120_000);

afterAll(async () => {
  await office.close();
  await server.stop();
});

/** Rows only, as the owner may make them with the rules switched off: other ids, and deadlines all over a month. */
async function copyCases(count: number): Promise<void> {
  const { owner } = office.ledger;
  await owner.transaction(async (tx) => {
    await tx.query('alter table cases disable trigger user');
    await tx.query(
      `insert into cases (pseudonym, thread_id, mailbox_id, mailbox_key, submission_hash, role_id, policy_hash, state,
         phase, escalated, assignee, routed_to, event_number, last_commitment, next_deadline, received_at)
       select decode(md5('p' || i), 'hex'), decode(md5('t' || i), 'hex'), decode(md5('m' || i), 'hex'), c.mailbox_key,
         c.submission_hash, case when i % 4 = 0 then c.role_id else decode(md5('role' || i % 3), 'hex') end,
         c.policy_hash, jsonb_set(c.state, '{priority}', to_jsonb('P' || (1 + i % 3))), 
         case when i % 8 = 0 then 'TRIAGE' else c.phase end, i % 20 = 0,
         case when i % 12 = 0 then $2::bytea end, case when i % 40 = 1 then c.role_id end, 1, c.last_commitment,
         case when i % 16 = 0 then null else $3::bigint - 86400 * 15 + i * 260 end, c.received_at
       from generate_series(1, $1::int) i, (select * from cases limit 1) c`,
      [count, Buffer.from(focal.certificate.subjectId), office.ledger.now],
    );
    await tx.query('alter table cases enable trigger user');
  });
  await owner.query('analyze cases');
}

type Listed = Awaited<ReturnType<typeof listCases>>['cases'];

async function all(filter: Omit<CaseListQuery, 'after'>): Promise<Listed> {
  const found: Listed = [];
  for (let after: string | undefined; ;) {
    const page = await listCases(focal, after, filter);
    found.push(...page.cases);
    if (page.next === null) return found;
    after = page.next;
  }
}

const expected = async (condition: string): Promise<string[]> => {
  const rows = await office.ledger.owner.query<{ id: string }[]>(
    `select encode(pseudonym, 'hex') as id from cases where (role_id = $1 or routed_to = $1)
     and (state ->> 'role' = encode($1, 'hex')) and ${condition}
     order by next_deadline asc nulls last, pseudonym`,
    [Buffer.from(focal.certificate.roleId)],
  );
  return rows.map(({ id }) => id);
};

describe('the queue', () => {
  it('lists every case of the role once, by what is due next, in pages of any size', async () => {
    const whole = await expected('true');
    expect(whole.length).toBeGreaterThan(2_000);
    for (const limit of [37, 100]) {
      expect((await all({ limit })).map(({ casePseudonym }) => casePseudonym)).toEqual(whole);
    }
  });

  it.each<[CaseListQuery, string]>([
    [{ phase: 'TRIAGE' }, `phase = 'TRIAGE'`],
    [{ priority: 'P2' }, `state ->> 'priority' = 'P2'`],
    [{ escalated: 'true' }, 'escalated'],
    [{ escalated: 'false' }, 'not escalated'],
    [{ overdue: 'true' }, 'next_deadline <= $NOW'],
    [{ overdue: 'false' }, '(next_deadline > $NOW or next_deadline is null)'],
    [{ mine: 'true' }, 'assignee is not null'],
    [{ mine: 'false', phase: 'TRIAGE' }, `assignee is null and phase = 'TRIAGE'`],
  ])('filters by %j', async (filter, condition) => {
    const found = await expected(condition.replace('$NOW', String(office.ledger.now)));
    expect(found.length).toBeGreaterThan(20);
    expect((await all({ ...filter, limit: 100 })).map(({ casePseudonym }) => casePseudonym)).toEqual(found);
  });

  it.each<CaseListQuery>([{ limit: 0 }, { limit: 101 }, { after: 'ab' }, { phase: `' or true` }])(
    'refuses %j',
    async (query) => {
      const call = focal.service.api.call('cases', { query });
      await expect(call).rejects.toMatchObject({ code: 'invalid_request' });
    },
  );
});

type Plan = {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Plan Rows': number;
  readonly Plans?: Plan[];
};

describe('a page of ten thousand cases', () => {
  const base: QueueQuery = {
    role: Buffer.alloc(16),
    after: undefined,
    limit: 50,
    phase: undefined,
    priority: undefined,
    quarantined: false,
    escalated: undefined,
    overdue: undefined,
    now: 0,
    mine: undefined,
  };

  async function planOf(sql: string, parameters: unknown[]): Promise<Plan[]> {
    const desk = await connect({ url: database.url('sc_desk'), poolSize: 1, name: 'test' });
    try {
      const [row] = await desk.query<{ 'QUERY PLAN': { Plan: Plan }[] }[]>(
        `explain (format json) ${sql}`,
        parameters,
      );
      const flat = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flat)];
      return flat(row!['QUERY PLAN'][0]!.Plan);
    } finally {
      await desk.destroy();
    }
  }

  it.each<[string, Partial<QueueQuery>]>([
    ['the first', {}],
    ['a later', { after: { at: 1_800_000_000, pseudonym: new Uint8Array(16) } }],
    ['a filtered', { overdue: true }],
  ])('%s one is read from the indexes, in their order', async (_, changed) => {
    const role = Buffer.from(focal.certificate.roleId);
    const { sql, parameters } = queuePage({ ...base, role, now: office.ledger.now, ...changed });
    const plan = await planOf(sql, parameters);
    const scans = plan.filter(
      (node) => node['Node Type'].includes('Scan') && node['Node Type'] !== 'Subquery Scan',
    );
    expect(scans.map((node) => node['Index Name']).sort()).toEqual([
      'cases_role_due_idx',
      'cases_routed_due_idx',
      // Whether a row is set apart: one look for each.
      'quarantine_pkey',
      'quarantine_pkey',
    ]);
    expect(scans.every((node) => /^Index (Only )?Scan$/.test(node['Node Type']))).toBe(true);
  });

  it('of response times is read from the key', async () => {
    const plan = await planOf('select state from cases where pseudonym > $1 order by pseudonym limit 200', [
      Buffer.alloc(16),
    ]);
    expect(plan.map((node) => node['Index Name']).filter(Boolean)).toEqual(['cases_pkey']);
  });

  it('of boxes is read from the holder’s index', async () => {
    await office.ledger.owner.query('analyze epoch_boxes');
    const desk = `set local enable_seqscan = off`;
    const [row] = await office.ledger.owner.transaction(async (tx) => {
      await tx.query(desk);
      return tx.query<{ 'QUERY PLAN': { Plan: Plan }[] }[]>(
        `explain (format json) select * from epoch_boxes where certificate_hash = $1 order by role_id, epoch limit 100`,
        [Buffer.alloc(32)],
      );
    });
    expect(row!['QUERY PLAN'][0]!.Plan.Plans?.map((node) => node['Index Name'])).toEqual([
      'epoch_boxes_holder_idx',
    ]);
  });
});

describe('other lists', () => {
  it('give response times by case, in pages', async () => {
    const oversight = await office.session('oversight');
    const { api } = oversight.service;
    const first = await api.call('responseTimes', { query: { limit: 3 } });
    expect(new Set(first.times.map(({ casePseudonym }) => casePseudonym)).size).toBe(3);
    expect(first.next).toBe(first.times.at(-1)!.casePseudonym);
    const cases = (await storedResponseTimes(api)).map(({ casePseudonym }) => casePseudonym);
    expect(new Set(cases).size).toBe(CASES + 4);
    expect(cases).toEqual([...cases].sort());
  });

  it('give boxes by role and epoch, in pages', async () => {
    const { api } = focal.service;
    const whole = await api.call('epochBoxes', { query: {} });
    expect([whole.boxes.length, whole.next]).toEqual([1, null]);
    const page = await api.call('epochBoxes', { query: { limit: 1 } });
    expect(page.boxes).toEqual(whole.boxes);
    expect(await api.call('epochBoxes', { query: { after: page.next! } })).toEqual({ boxes: [], next: null });
  });

  it('give checkpoints by size, as many as asked for', async () => {
    const { api } = (await office.session('oversight')).service;
    await office.settle();
    const size = office.ledger.now;
    const whole = await api.call('checkpoints', { query: { after: 0, upTo: size } });
    const notes: string[] = [];
    for (let after: number | null = 0; after !== null;) {
      const page: typeof whole = await api.call('checkpoints', { query: { after, upTo: size, limit: 1 } });
      notes.push(...page.notes);
      after = page.next;
    }
    expect(notes).toEqual(whole.notes);
  });
});
