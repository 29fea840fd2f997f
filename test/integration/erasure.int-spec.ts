/** The end of a case: who may erase it and when, what is left of it, and what everybody can still check. */
import { DEFAULT_POLICY, makeConsentMatrix, retentionDue, type CaseState } from '@app/casework';
import {
  acknowledge,
  changeConsent,
  closeOutOfScope,
  eraseCase,
  listRetention,
  openCase,
  openMailbox,
  proofOfEvent,
  reply,
  retentionOf,
  setLegalHold,
  startTriage,
  submitReport,
} from '@app/client';
import { connect as connectDatabase, type DatabaseRole, sqlState } from '@app/persistence';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RetentionService } from '../../apps/worker/src/cases/retention.service.js';
import { backUp } from '../support/backup.js';
import { startTestServer, type TestDatabase, type TestServer } from '../support/database.js';
import { makeOrganisation, TICK } from '../support/ledger-stage.js';
import { OfficeStage, type Submitted } from '../support/office-stage.js';
import type { TestOrganisation } from '../support/organisation.js';
import { auditStored } from '../support/sound.js';
import { auditOf } from './attacks/attack.js';

const LIMIT_MS = 60_000;
const HOUR = 3_600;
/** So short that role epochs outlive it. */
const POLICY = {
  ...DEFAULT_POLICY,
  tick_seconds: TICK,
  limits: { ...DEFAULT_POLICY.limits, retention: { out_of_scope: HOUR, unshared: HOUR, review: 2 * HOUR } },
};

let server: TestServer;
let organisation: TestOrganisation;
let database: TestDatabase;
let office: OfficeStage;
let submitted: Submitted;

beforeAll(async () => {
  server = await startTestServer();
  organisation = await makeOrganisation(POLICY);
}, LIMIT_MS);
afterAll(() => server.stop(), LIMIT_MS);
beforeEach(async () => {
  database = await server.makeDatabase();
  office = await OfficeStage.open(organisation, database);
  submitted = await office.submit();
  await office.settle();
}, LIMIT_MS);
afterEach(() => office.close(), LIMIT_MS);

const file = async (name = 'focal-1') => openCase(await office.session(name), submitted.pseudonym);
const mailbox = async () => openMailbox(await office.connect(), submitted.code);
const custodian = () => office.session('custodian-1');
const other = () => office.session('custodian-2');
const found = async () => retentionOf(await custodian(), submitted.pseudonym);
const list = async () =>
  (await listRetention(await custodian(), 0)).map(({ casePseudonym }) => casePseudonym);
const erase = async (reason: 'withdrawn' | 'retention' = 'retention') =>
  eraseCase(await custodian(), await found(), reason, await other());

async function closed(): Promise<void> {
  await acknowledge(await file(), { text: 'We read it.' });
  await startTriage(await file());
  const done = await closeOutOfScope(
    await file(),
    'NO_UN_LINK',
    'Try the ombudsman.',
    await office.session('focal-2'),
  );
  expect(done.ok).toBe(true);
  await office.settle();
}

async function withdraw(): Promise<void> {
  const answer = { givenBy: 'alleged_victim', risksExplained: true, textVersion: 'test' } as const;
  await changeConsent(await mailbox(), { person: 1, through: 8, scope: 'K2', code: 'w', ...answer });
  await office.settle();
}

/** Every byte of sealed material that the case has. */
async function sealed(): Promise<readonly Buffer[]> {
  const of = [Buffer.from(submitted.pseudonym, 'hex')];
  const rows = await office.ledger.owner.query<{ bytes: Buffer }[]>(
    `select file as bytes from objects where case_pseudonym = $1
     union all select box from boxes where case_pseudonym = $1
     union all select box from escalation_boxes where case_pseudonym = $1
     union all select public_key from compartments where case_pseudonym = $1
     union all select p.bytes from blob_parts p join case_blobs c using (blob_id) where c.case_pseudonym = $1
     union all select payload_random from event_payloads join log_outbox on id = outbox_id where case_pseudonym = $1`,
    of,
  );
  return rows.map(({ bytes }) => bytes);
}

/** How many of them a full dump holds, by their ends: sealed files begin alike. */
async function inDump(bytes: readonly Buffer[]): Promise<number> {
  const dump = (await backUp(database.ownerUrl)).map(({ rows }) => rows).join('\n');
  return bytes.filter((one) => dump.includes(one.subarray(-32).toString('hex'))).length;
}

async function codeAs(role: DatabaseRole | 'owner', sql: string): Promise<string> {
  const url = role === 'owner' ? database.ownerUrl : database.url(role);
  const source = await connectDatabase({ url, poolSize: 1, name: 'test' });
  try {
    await source.query(sql);
    return 'done';
  } catch (error) {
    return sqlState(error);
  } finally {
    await source.destroy();
  }
}

describe('an erasure', () => {
  it(
    'leaves no sealed byte, and a ledger that holds',
    async () => {
      const png = { name: 'photo.png', data: new Uint8Array(3_000).fill(7) };
      await reply(await mailbox(), 'One more thing.', [png]);
      await closed();
      office.ledger.now += HOUR;
      await office.settle();
      const before = await sealed();
      expect(await inDump(before)).toBe(before.length);
      expect(before.length).toBeGreaterThan(10);
      expect((await erase()).event.type).toBe('ERASED');
      await office.settle();
      expect(await inDump(before)).toBe(0);
      expect(await sealed()).toHaveLength(1);
      expect(await auditStored(office.ledger)).toEqual([]);
      expect(await auditOf(office)).toMatchObject({ findings: [] });
      expect(await list()).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'is what her mailbox, the office and a repeat of her submission are told, in an answer of the same size',
    async () => {
      await closed();
      const sizes: number[] = [];
      const measured = { mailbox: (answer: object) => (sizes.push(JSON.stringify(answer).length), answer) };
      const before = await openMailbox(await office.connect(measured), submitted.code);
      office.ledger.now += HOUR;
      await office.settle();
      await erase();
      await office.settle();
      const view = await openMailbox(await office.connect(measured), submitted.code);
      expect(view.status).toEqual({ status: 'erased' });
      expect([view.conversation, view.attachments, view.report]).toEqual([[], [], undefined]);
      expect(sizes[0]).toBe(sizes[1]);
      expect(await proofOfEvent(view, 1)).toBeDefined();
      expect(await proofOfEvent(view, view.history.events.length)).toBeDefined();
      await expect(reply(view, 'Are you there?')).rejects.toMatchObject({ code: 'no_access' });
      await expect(reply(before, 'Are you there?')).rejects.toMatchObject({ code: 'not_allowed_now' });
      const { history, report, conversation } = await file();
      expect([history.state.phase, report, conversation]).toEqual(['ERASED', undefined, []]);
      await expect(submitReport(await office.connect(), submitted.prepared)).rejects.toMatchObject({
        code: 'id_taken',
      });
    },
    LIMIT_MS,
  );

  it(
    'is refused before the day, to one custodian, and under a hold until two end it',
    async () => {
      await closed();
      expect((await found()).due).toMatchObject({ kind: 'erase' });
      await expect(erase()).rejects.toMatchObject({ code: 'not_allowed_now' });
      office.ledger.now += HOUR;
      await office.settle();
      expect(await list()).toEqual([submitted.pseudonym]);
      const [one, second] = [await custodian(), await other()];
      await expect(eraseCase(one, await found(), 'retention', one)).rejects.toMatchObject({
        code: 'not_allowed_now',
      });
      await expect(
        eraseCase(one, await found(), 'retention', await office.session('focal-1')),
      ).rejects.toMatchObject({ code: 'statement_invalid' });
      await setLegalHold(one, await found(), true);
      expect(await found()).toMatchObject({ legalHold: true });
      await expect(erase()).rejects.toMatchObject({ code: 'not_allowed_now' });
      await expect(setLegalHold(one, await found(), false)).rejects.toMatchObject({
        code: 'not_allowed_now',
      });
      await setLegalHold(one, await found(), false, second);
      await erase();
      await office.settle();
      expect(await auditStored(office.ledger)).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'follows a withdrawal at any time, with the held-back box and all',
    async () => {
      await expect(erase('withdrawn')).rejects.toMatchObject({ code: 'consent_missing' });
      await withdraw();
      expect((await found()).due).toMatchObject({ kind: 'withdrawn' });
      expect(await list()).toEqual([submitted.pseudonym]);
      await erase('withdrawn');
      await office.settle();
      expect(await sealed()).toHaveLength(1);
      expect(await auditStored(office.ledger)).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'never follows the day that a message moved, and what the list says is what the state says',
    async () => {
      await closed();
      office.ledger.now += HOUR - 60;
      await office.settle();
      await reply(await mailbox(), 'It goes on.');
      office.ledger.now += 120;
      await office.settle();
      await expect(erase()).rejects.toMatchObject({ code: 'not_allowed_now' });
      const [row] = await office.ledger.owner.query<{ state: CaseState; erasure_due: number }[]>(
        'select state, erasure_due from cases where pseudonym = $1',
        [Buffer.from(submitted.pseudonym, 'hex')],
      );
      expect(row!.erasure_due).toBe(retentionDue(row!.state)?.at);
      const consents = makeConsentMatrix([{ K2: 'w' }]);
      for (const state of [
        { ...row!.state, consents },
        { ...row!.state, phase: 'ERASED' as const },
      ]) {
        const [told] = await office.ledger.owner.query<{ due: number | null }[]>(
          'select case_erasure_due($1) as due',
          [JSON.stringify(state)],
        );
        expect(told!.due).toBe(retentionDue(state)?.at ?? null);
      }
    },
    LIMIT_MS,
  );

  it(
    'and a message at the same moment come to one outcome',
    async () => {
      await closed();
      office.ledger.now += HOUR;
      await office.settle();
      const view = await mailbox();
      const [one, second, place] = [await custodian(), await other(), await found()];
      const outcomes = await Promise.allSettled([
        reply(view, 'Do not erase it.'),
        eraseCase(one, place, 'retention', second),
      ]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      await office.settle();
      const isErased = outcomes[1].status === 'fulfilled';
      expect((await found()).phase).toBe(isErased ? 'ERASED' : 'CLOSED');
      expect((await sealed()).length === 1).toBe(isErased);
      expect(await auditStored(office.ledger)).toEqual([]);
    },
    LIMIT_MS,
  );
});

describe('what the database refuses of it', () => {
  const tables = ['compartments', 'boxes', 'objects', 'case_blobs', 'event_payloads'];

  it('to delete without an erasure, whoever does it', async () => {
    for (const table of tables.filter((name) => name !== 'case_blobs'))
      expect([table, await codeAs('owner', `delete from ${table}`)]).toEqual([table, '23001']);
    const call = `select erase_case('\\x${submitted.pseudonym}')`;
    for (const role of ['sc_intake', 'sc_worker', 'sc_audit'] as const) {
      expect(await codeAs(role, call)).toBe('42501');
      for (const table of tables) expect(await codeAs(role, `delete from ${table}`)).toBe('42501');
    }
    expect(await codeAs('sc_desk', call)).toBe('23001');
    for (const table of tables) expect(await codeAs('sc_desk', `delete from ${table}`)).toBe('42501');
  });

  it('to delete once more, in another transaction', async () => {
    await withdraw();
    await erase('withdrawn');
    expect(await codeAs('sc_desk', `select erase_case('\\x${submitted.pseudonym}')`)).toBe('23001');
  });
});

describe('the audit', () => {
  it('finds that what opens a payload is gone where nothing was erased', async () => {
    const { owner } = office.ledger;
    await owner.query('alter table event_payloads disable trigger all');
    await owner.query('delete from event_payloads');
    expect(await auditStored(office.ledger)).toEqual([
      { code: 'payload_missing', casePseudonym: submitted.pseudonym, eventNumber: 1 },
    ]);
  });
});

describe('the worker', () => {
  it('tells once of a day that has come, again of the next, and erases nothing', async () => {
    await closed();
    const { worker } = office.ledger;
    const watch = () => new RetentionService(worker.work, worker.clock).watch();
    const told = async (): Promise<number> => {
      const [row] = await office.ledger.owner.query<{ n: number }[]>(
        `select count(*)::int as n from alarms where code = 'retention_due' and subject like $1`,
        [`${submitted.pseudonym}:%`],
      );
      return row!.n;
    };
    await watch();
    expect(await told()).toBe(0);
    office.ledger.now += HOUR;
    await office.settle();
    await watch();
    await watch();
    expect(await told()).toBe(1);
    await reply(await mailbox(), 'It goes on.');
    await watch();
    expect(await told()).toBe(1);
    office.ledger.now += HOUR;
    await watch();
    expect(await told()).toBe(2);
    expect((await found()).phase).toBe('CLOSED');
  });
});
