/** Many hands on one case: over real servers exactly one of them moves it, and the others are told so. */
import { ApiProblem } from '@app/api-client';
import { type CaseAct, DEFAULT_POLICY } from '@app/casework';
import {
  accept,
  type ActResult,
  changeConsent,
  clearIntervention,
  draftIntervention,
  message,
  openCase,
  type OpenedCase,
  openMailbox,
  perform,
  reply,
  returnCase,
  route,
  sendIntervention,
  type StaffSession,
  startTriage,
} from '@app/client';
import { UnitOfWork } from '@app/persistence';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTestServer, type TestServer } from '../support/database.js';
import { makeOrganisation, TICK } from '../support/ledger-stage.js';
import { OfficeStage, type Submitted } from '../support/office-stage.js';
import { replayed, type Replayed } from '../support/replayed.js';

const POLICY = { ...DEFAULT_POLICY, tick_seconds: TICK };
const CLIENTS = 50;
const LOST = ['case_moved', 'not_allowed_now'];

let server: TestServer;
let office: OfficeStage;
const staff = new Map<string, StaffSession>();

beforeAll(async () => {
  server = await startTestServer();
  office = await OfficeStage.open(await makeOrganisation(), await server.makeDatabase());
  for (const name of ['focal-1', 'focal-2', 'official', 'official-second'])
    staff.set(name, await office.session(name));
}, 120_000);
afterAll(async () => {
  await office.close();
  await server.stop();
}, 60_000);

beforeEach(() => {
  office.statuses.length = 0;
});
afterEach(() => {
  expect(office.statuses.filter((status) => status >= 500)).toEqual([]);
});

/** `ok`, or the code of the problem. A refusal by the client itself is a fault of the test. */
async function outcome(call: Promise<ActResult | object>): Promise<string> {
  try {
    const result = await call;
    if ('ok' in result && !result.ok) throw new Error(`refused before it was sent`);
    return 'ok';
  } catch (error) {
    if (error instanceof ApiProblem) return error.code;
    throw error;
  }
}

const opened = (name: string, { pseudonym }: Submitted): Promise<OpenedCase> =>
  openCase(staff.get(name)!, pseudonym);

async function done(step: Promise<ActResult>): Promise<void> {
  expect(await step).toMatchObject({ ok: true });
}

const SCOPED: CaseAct = {
  kind: 'scope',
  scope: 'SC-A',
  act: true,
  link: true,
  credibility: 'SINGLE_SOURCE',
  likelihood: 'low',
  severity: 'high',
  priority: 'P3',
};

type Place = 'submitted' | 'triage' | 'scope' | 'routed' | 'accepted' | 'cleared';

/** A report that has come as far as `place`. */
async function caseAt(place: Place): Promise<Submitted> {
  const one = await office.submit();
  const steps: [Place, () => Promise<void>][] = [
    ['triage', async () => done(startTriage(await opened('focal-1', one)))],
    ['scope', async () => done(perform(await opened('focal-1', one), SCOPED))],
    ['routed', async () => done(route(await opened('focal-1', one), 'Please take over.'))],
    ['accepted', async () => done(accept(await opened('official', one)))],
    ['cleared', () => draftedAndCleared(one)],
  ];
  if (place !== 'submitted') {
    for (const [name, step] of steps) {
      await step();
      if (name === place) break;
    }
  }
  return one;
}

async function draftedAndCleared(one: Submitted): Promise<void> {
  const how = { intervention: 'NOTE_VERBALE', channel: 'STATE', level: '3' } as const;
  await done(draftIntervention(await opened('official', one), how, 'A note.'));
  await done(clearIntervention(await opened('official-second', one), 1));
}

/** The case as its ledger tells it; the database says the same to the last field. */
async function sound({ pseudonym }: Submitted): Promise<Replayed> {
  const told = await replayed(office.ledger.owner, pseudonym, POLICY);
  expect(told.unbroken).toBe(true);
  expect(told.byDatabase).toEqual(told.byLedger);
  return told;
}

const count = ({ events }: Replayed, type: string): number => events.filter((of) => of.type === type).length;

async function rows(table: 'objects' | 'boxes', { pseudonym }: Submitted): Promise<number> {
  const [row] = await office.ledger.owner.query<{ n: number }[]>(
    `select count(*)::int as n from ${table} where case_pseudonym = $1`,
    [Buffer.from(pseudonym, 'hex')],
  );
  return row!.n;
}

const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));

describe('fifty clients on one case at once', () => {
  const office50 = (cases: readonly OpenedCase[]): Promise<string>[] =>
    times(40, (i) => {
      const one = cases[i % cases.length]!;
      const acts = [
        () => perform(one, SCOPED),
        () => message(one, `Word ${String(i)}`, i % 2 === 0),
        () => perform(one, { kind: 'request_info' }),
        () => perform(one, { kind: 'access', compartment: 0 }),
        () => perform(one, { kind: 'recuse', whole_role: false }),
      ];
      return outcome(acts[i % acts.length]!());
    });

  it('leave one event for each that was accepted, and one staff member at most was first', async () => {
    const one = await caseAt('triage');
    const cases = [await opened('focal-1', one), await opened('focal-2', one)];
    const view = await openMailbox(await office.connect(), one.code);
    const before = await sound(one);
    const byStaff = office50(cases);
    const byReporter = times(CLIENTS - byStaff.length, (i) => outcome(reply(view, `And ${String(i)}`)));
    const [told, heard] = await Promise.all([Promise.all(byStaff), Promise.all(byReporter)]);

    // What the reporter seals is numbered: one place at a time, and whoever is late is told so or sends it again.
    const said = heard.filter((code) => code === 'ok').length;
    expect(said).toBeGreaterThanOrEqual(1);
    expect(heard.filter((code) => code !== 'ok' && code !== 'case_moved')).toEqual([]);
    const won = told.filter((code) => code === 'ok').length;
    expect(won).toBeLessThanOrEqual(1);
    expect(told.filter((code) => code !== 'ok' && !LOST.includes(code))).toEqual([]);
    const after = await sound(one);
    expect(after.events).toHaveLength(before.events.length + said + won);
    expect(count(after, 'REPORTER_MSG')).toBe(said);
    const mailbox = await openMailbox(await office.connect(), one.code);
    expect(mailbox.conversation.filter(({ from }) => from === 'reporter')).toHaveLength(said);
    await opened('focal-1', one);
  }, 120_000);

  it('of whom nobody but staff acts, leave exactly one event', async () => {
    const one = await caseAt('accepted');
    const cases = await Promise.all(['official', 'official-second'].map((name) => opened(name, one)));
    const before = [await sound(one), await rows('objects', one)] as const;
    const how = { intervention: 'NOTE_VERBALE', channel: 'STATE', level: '3' } as const;
    const acts = times(CLIENTS, (i) => {
      const mine = cases[i % 2]!;
      if (i % 3 === 0) return outcome(draftIntervention(mine, how, `Draft ${String(i)}`));
      if (i % 3 === 1) return outcome(perform(mine, { kind: 'hold', reason: 'PA3' }));
      return outcome(message(mine, `Word ${String(i)}`));
    });
    const told = await Promise.all(acts);
    expect(told.filter((code) => code === 'ok')).toHaveLength(1);
    expect(told.filter((code) => code !== 'ok' && !LOST.includes(code))).toEqual([]);
    const after = await sound(one);
    expect(after.events).toHaveLength(before[0].events.length + 1);
    // Whoever lost has left nothing behind: a draft or a message is one object, a hold none.
    const last = after.events.at(-1)!.type;
    expect(await rows('objects', one)).toBe(before[1] + (last === 'HELD' ? 0 : 1));
    await opened('official', one);
  }, 120_000);

  it('all read, in the mailbox and at the desk', async () => {
    const one = await caseAt('triage');
    const { mailbox } = await openMailbox(await office.connect(), one.code);
    const { api } = staff.get('focal-1')!.service;
    const reads = times(2 * CLIENTS, (i) =>
      i % 2 === 0
        ? mailbox.api.call('mailbox', {})
        : api.call('caseFile', { params: { case: one.pseudonym } }),
    );
    expect(await Promise.all(reads)).toHaveLength(2 * CLIENTS);
  }, 120_000);
});

describe('two of staff on one step', () => {
  const AGAIN = 4;

  it('two officials accept: the case is accepted once', async () => {
    for (let i = 0; i < AGAIN; i++) {
      const one = await caseAt('routed');
      const both = [await opened('official', one), await opened('official-second', one)];
      const told = await Promise.all(both.map((mine) => outcome(accept(mine))));
      expect(told.filter((code) => code === 'ok')).toHaveLength(1);
      expect(LOST).toContain(told.find((code) => code !== 'ok'));
      const after = await sound(one);
      expect(count(after, 'ACCEPTED')).toBe(1);
      expect(after.byDatabase.phase).toBe('ACCEPTED');
    }
  }, 120_000);

  it('two focal points route: it is handed over once, with the keys of the one who did', async () => {
    const one = await caseAt('scope');
    const before = await rows('boxes', one);
    const both = [await opened('focal-1', one), await opened('focal-2', one)];
    const told = await Promise.all(both.map((mine) => outcome(route(mine, 'Please take over.'))));
    expect(told.filter((code) => code === 'ok')).toHaveLength(1);
    expect(LOST).toContain(told.find((code) => code !== 'ok'));
    expect(count(await sound(one), 'ROUTED')).toBe(1);
    expect(await rows('boxes', one)).toBe(before + 2);
    await opened('official', one);
  }, 120_000);

  it('one official returns what the other accepts: one of the two', async () => {
    for (let i = 0; i < AGAIN; i++) {
      const one = await caseAt('routed');
      const [first, second] = [await opened('official', one), await opened('official-second', one)];
      const calls =
        i % 2 === 0
          ? [accept(first), returnCase(second, 'NOT_OURS')]
          : [returnCase(first, 'NOT_OURS'), accept(second)];
      const told = await Promise.all(calls.map((call) => outcome(call)));
      expect(told.filter((code) => code === 'ok')).toHaveLength(1);
      // A returned case is no longer the official's: missing and forbidden look the same.
      expect([...LOST, 'not_found']).toContain(told.find((code) => code !== 'ok'));
      const after = await sound(one);
      expect(count(after, 'ACCEPTED') + count(after, 'RETURNED')).toBe(1);
      expect(after.byDatabase.phase).toBe(count(after, 'ACCEPTED') === 1 ? 'ACCEPTED' : 'IN_SCOPE');
    }
  }, 120_000);
});

describe('the reporter withdraws at the very moment', () => {
  const WITHDRAWN = {
    ...({ person: 1, through: 8, code: 'w', givenBy: 'alleged_victim' } as const),
    ...{ risksExplained: true, textVersion: '1' },
  };

  it.each([
    {
      scope: 'K3',
      place: 'scope',
      by: 'focal-1',
      type: 'ROUTED',
      act: (c: OpenedCase) => route(c, 'Please.'),
    },
    {
      scope: 'K5',
      place: 'cleared',
      by: 'official',
      type: 'INTERVENTION_SENT',
      act: (c: OpenedCase) => sendIntervention(c, 1),
    },
  ] as const)(
    'at which $type was to come: it came before, or not at all',
    async (race) => {
      const { scope, place, by, type } = race;
      for (let i = 0; i < 4; i++) {
        const one = await caseAt(place);
        const boxes = await rows('boxes', one);
        const mine = await opened(by, one);
        const view = await openMailbox(await office.connect(), one.code);
        // The proof of the newest message of staff was `not_ready`, which is no race's doing.
        office.statuses.length = 0;
        const withdraws = () => outcome(changeConsent(view, { ...WITHDRAWN, scope }));
        const acts = () => outcome(race.act(mine));
        const [withdrawn, told] =
          i % 2 === 0
            ? await Promise.all([withdraws(), acts()])
            : (await Promise.all([acts(), withdraws()])).reverse();
        expect(withdrawn).toBe('ok');
        expect(['ok', 'consent_missing', ...LOST]).toContain(told);
        const after = await sound(one);
        const types = after.events.map((event) => event.type);
        expect(count(after, 'WITHDRAW')).toBe(1);
        expect(count(after, type)).toBe(told === 'ok' ? 1 : 0);
        if (told === 'ok') expect(types.indexOf(type)).toBeLessThan(types.indexOf('WITHDRAW'));
        else expect(await rows('boxes', one)).toBe(boxes);
      }
    },
    180_000,
  );
});

describe('a transaction that the database gives up', () => {
  /** Every process may call it, whatever it may touch besides. */
  async function failing(times: number, sqlstate: string, table = 'event_payloads'): Promise<void> {
    const { owner } = office.ledger;
    await owner.query('drop sequence if exists given_up cascade');
    await owner.query('create sequence given_up');
    await owner.query(
      `create or replace function give_up() returns trigger language plpgsql security definer as $$
       begin
         if nextval('given_up') <= ${String(times)} then raise sqlstate '${sqlstate}'; end if;
         return new;
       end $$`,
    );
    await owner.query(
      `create or replace trigger give_up before insert on ${table} for each row execute function give_up()`,
    );
  }
  afterEach(async () => {
    await office.ledger.owner.query('drop trigger if exists give_up on event_payloads');
  });

  it.each(['40001', '40P01'])(
    'for %s is tried again, up to three times, and happens once',
    async (code) => {
      const one = await caseAt('triage');
      const before = await sound(one);
      await failing(3, code);
      expect(await outcome(perform(await opened('focal-1', one), SCOPED))).toBe('ok');
      await failing(3, code);
      const view = await openMailbox(await office.connect(), one.code);
      expect(await outcome(reply(view, 'A word.'))).toBe('ok');
      await failing(3, code);
      const other = await office.submit();
      expect((await sound(other)).events).toHaveLength(1);
      expect((await sound(one)).events).toHaveLength(before.events.length + 2);
    },
    120_000,
  );

  it('because two locked in opposite order, and both succeed', async () => {
    const [a, b] = [await office.submit(), await office.submit()];
    const source = office.ledger.owner;
    let [met, tries] = [0, 0];
    const lock = (first: Submitted, second: Submitted) =>
      new UnitOfWork(source, () => 0.5).run(async (tx) => {
        tries++;
        const take = ({ pseudonym }: Submitted) =>
          tx.query('select 1 from cases where pseudonym = $1 for update', [Buffer.from(pseudonym, 'hex')]);
        await take(first);
        met++;
        while (met < 2) await sleep(5);
        await take(second);
        return 'done';
      });
    expect(await Promise.all([lock(a, b), lock(b, a)])).toEqual(['done', 'done']);
    expect(tries).toBe(3);
  }, 60_000);

  it('because somebody else locked in opposite order, and the act succeeds', async () => {
    const one = await caseAt('triage');
    const before = await sound(one);
    const mine = await opened('focal-1', one);
    const other = office.ledger.owner.createQueryRunner();
    try {
      await other.startTransaction();
      // The act is the one to be given up: the other waits longer than this test.
      await other.query(`set local deadlock_timeout = '5min'`);
      await other.query('lock table event_payloads in exclusive mode');
      const told = outcome(perform(mine, SCOPED));
      await waitingFor('event_payloads');
      await other.query('select 1 from cases where pseudonym = $1 for update', [
        Buffer.from(one.pseudonym, 'hex'),
      ]);
      await other.commitTransaction();
      expect(await told).toBe('ok');
    } finally {
      await other.release();
    }
    expect((await sound(one)).events).toHaveLength(before.events.length + 1);
  }, 60_000);

  async function waitingFor(table: string): Promise<void> {
    const { owner } = office.ledger;
    for (;;) {
      const waiting = await owner.query<unknown[]>(
        'select 1 from pg_locks where relation = $1::regclass and not granted',
        [table],
      );
      if (waiting.length > 0) return;
      await sleep(20);
    }
  }
});
