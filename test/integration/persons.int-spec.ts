/** Persons with codes of their own: what each mailbox opens, for whom, and until when. */
import {
  acknowledge,
  changeCode,
  changeConsent,
  closeMailbox,
  invite,
  invitePerson,
  join,
  type MailboxView,
  openCase,
  openMailbox,
  reply,
  route,
  startTriage,
  decideScope,
} from '@app/client';
import { makeReporterCode } from '@app/crypto/seal';
import { toHex } from '@app/encoding';
import { systemRandom } from '@app/platform';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '../support/database.js';
import { makeOrganisation } from '../support/ledger-stage.js';
import { OfficeStage, type Submitted } from '../support/office-stage.js';
import type { TestOrganisation } from '../support/organisation.js';
import { auditStored } from '../support/sound.js';
import { refusal } from './attacks/attack.js';

const LIMIT_MS = 60_000;
const SAID = 'You are named as the witness of 3 November.';

let server: TestServer;
let organisation: TestOrganisation;
let office: OfficeStage;
let submitted: Submitted;

beforeAll(async () => {
  server = await startTestServer();
  organisation = await makeOrganisation();
}, LIMIT_MS);
afterAll(() => server.stop(), LIMIT_MS);
beforeEach(async () => {
  office = await OfficeStage.open(organisation, await server.makeDatabase());
  submitted = await office.submit();
  await office.settle();
}, LIMIT_MS);
afterEach(() => office.close(), LIMIT_MS);

const newCode = () => makeReporterCode(systemRandom);
const opened = async (code: Uint8Array<ArrayBuffer>): Promise<MailboxView> =>
  openMailbox(await office.connect(), code);
const file = async (name = 'focal-1') => openCase(await office.session(name), submitted.pseudonym);
const stored = () => auditStored(office.ledger);

/** The submitter invites the first person, who joins. */
async function joined(): Promise<Uint8Array<ArrayBuffer>> {
  const code = newCode();
  await invitePerson(await opened(submitted.code), { person: 1, code, text: SAID });
  await join(await opened(code));
  await office.settle();
  return code;
}

const K5 = {
  scope: 'K5',
  code: '2',
  givenBy: 'alleged_victim',
  risksExplained: true,
  textVersion: 'test',
} as const;

/** Her own answer, for every row that is hers. */
async function grantK5(code: Uint8Array<ArrayBuffer>): Promise<void> {
  const view = await opened(code);
  const { person, through } = view;
  await changeConsent(view, { person, ...(through !== undefined && { through }), ...K5 });
}

describe('a person with a code of her own', () => {
  it(
    'reads what is said about her and nothing else, and answers for herself',
    async () => {
      const code = await joined();
      const view = await opened(code);
      expect(view.person).toBe(1);
      expect(view.report).toBeUndefined();
      expect(view.conversation.map(({ text }) => text)).toEqual([SAID, '']);
      expect([...view.seeds.values()].map(({ compartment }) => compartment)).toEqual([16]);
      await grantK5(code);
      expect((await file()).history.state.consents[0]?.K5).toBe('2');
      expect((await file()).consentAnswers.map(({ scope }) => scope)).toContain('K5');
      await expect(
        changeConsent(await opened(submitted.code), { person: 1, ...K5, code: '3' }),
      ).rejects.toMatchObject({ code: 'not_allowed_now' });
      expect(await stored()).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'is invited by the focal point as well; the official is given her extract with the case',
    async () => {
      const code = newCode();
      expect((await invite(await file(), { person: 1, code, text: SAID })).ok).toBe(true);
      await join(await opened(code));
      await grantK5(code);
      await acknowledge(await file(), { text: 'We read it.' });
      await startTriage(await file());
      const test = {
        scope: 'SC-A',
        act: true,
        link: true,
        credibility: 'CORROBORATED',
        likelihood: 'low',
        severity: 'low',
        priority: 'P3',
      } as const;
      expect((await decideScope(await file(), test)).ok).toBe(true);
      expect((await route(await file(), 'Please take this up.')).ok).toBe(true);
      const official = await file('official');
      expect(official.conversation.map(({ text }) => text)).toContain(SAID);
      expect(await stored()).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'goes on under a new code; the old one opens nothing any more',
    async () => {
      const [old, code] = [await joined(), newCode()];
      await changeCode(await opened(old), code);
      expect(await refusal(opened(old))).toBe('not_found');
      expect(await refusal(opened(newCode()))).toBe('not_found');
      await grantK5(code);
      await reply(await opened(code), 'It was I.', [{ name: 'a.txt', data: new Uint8Array(9) }]);
      await office.settle();
      const view = await opened(code);
      expect(view.conversation.map(({ text }) => text)).toContain('It was I.');
      expect(view.attachments).toHaveLength(1);
      expect((await file()).conversation.map(({ text }) => text)).toContain('It was I.');
      expect(await stored()).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'so does whoever submitted, also after an invitation that she does not read back',
    async () => {
      await joined();
      await reply(await opened(submitted.code), 'She knows now.');
      const code = newCode();
      await changeCode(await opened(submitted.code), code);
      expect(await refusal(opened(submitted.code))).toBe('not_found');
      await reply(await opened(code), 'It is still I.');
      await office.settle();
      const said = (await file()).conversation.map(({ text }) => text);
      expect(said).toEqual(expect.arrayContaining([SAID, 'She knows now.', 'It is still I.']));
      expect((await opened(code)).report?.identity).toBeDefined();
      expect(await stored()).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'closes her mailbox for good; the others stay open',
    async () => {
      const code = await joined();
      await closeMailbox(await opened(code));
      expect(await refusal(opened(code))).toBe('not_found');
      expect((await opened(submitted.code)).history.last.event.type).toBe('MAILBOX_CLOSED');
      expect(await stored()).toEqual([]);
    },
    LIMIT_MS,
  );
});

describe('what nobody may do with a mailbox', () => {
  it(
    'the database opens none anew, moves none and drops none',
    async () => {
      await closeMailbox(await opened(await joined()));
      const { owner } = office.ledger;
      const changes = [
        'update mailboxes set closed_by = null where person = 1',
        `update mailboxes set closed_by = 9, key = '\\x${'00'.repeat(32)}' where person = 0`,
        'update mailboxes set closed_by = 9, compartment = 17 where person = 0',
        'delete from mailboxes',
        'truncate mailboxes',
      ];
      for (const sql of changes) await expect(owner.query(sql)).rejects.toMatchObject({ code: '23001' });
    },
    LIMIT_MS,
  );

  it(
    'the audit finds one that its event did not open, one that is gone, and one closed too early',
    async () => {
      await joined();
      const { owner } = office.ledger;
      const row = `where person = 1`;
      const casePseudonym = submitted.pseudonym;
      const finding = { code: 'mailbox_mismatch', casePseudonym, eventNumber: 2 };
      await owner.query('alter table mailboxes disable trigger user');
      const before = await owner.query<{ key: Buffer }[]>(`select key from mailboxes ${row}`);
      await owner.query(`update mailboxes set key = '\\x${'0a'.repeat(32)}' ${row}`);
      expect(await stored()).toEqual([finding]);
      await owner.query(`update mailboxes set key = $1 ${row}`, [before[0]?.key]);
      await owner.query(`update mailboxes set closed_by = 3 ${row}`);
      expect(await stored()).toEqual([finding]);
      await owner.query(`delete from mailboxes ${row}`);
      expect(await stored()).toEqual([finding]);
    },
    LIMIT_MS,
  );

  it(
    'staff refuse a key that the invitation does not name, and a grant without its record',
    async () => {
      const code = await joined();
      await grantK5(code);
      const focal = async (leaveOut: (kind: number) => boolean) =>
        refusal(
          openCase(
            await office.session('focal-1', {
              caseFile: (answer) => ({
                ...answer,
                objects: answer.objects.filter(({ eventNumber }) => !leaveOut(eventNumber)),
              }),
            }),
            submitted.pseudonym,
          ),
        );
      expect(await focal((number) => number === 2)).toBe('object_author');
      expect(await focal((number) => number === 4)).toBe('consent_mismatch');
      expect(
        await refusal(
          openCase(
            await office.session('focal-1', {
              caseFile: (answer) => ({
                ...answer,
                boxes: answer.boxes.filter(({ compartment }) => compartment < 16),
              }),
            }),
            submitted.pseudonym,
          ),
        ),
      ).toBe('consent_mismatch');
      expect(toHex((await opened(code)).threadId)).toBe(toHex((await file()).threadId));
    },
    LIMIT_MS,
  );
});

describe('one person of a case', () => {
  it(
    'acts so often in an hour and no more; to withdraw is possible still, and another is not held up',
    async () => {
      const code = await joined();
      const { owner } = office.ledger;
      await owner.query('update person_acts set acts = 59 where person = 1');
      await reply(await opened(code), 'The last of this hour.');
      expect(await refusal(reply(await opened(code), 'One too many.'))).toBe('too_many_requests');
      await grantK5(code);
      await reply(await opened(submitted.code), 'I write as well.');
      await changeCode(await opened(submitted.code), newCode());
      expect(await owner.query('select person, acts from person_acts order by person')).toEqual([
        { person: 0, acts: 3 },
        { person: 1, acts: 61 },
      ]);
      await office.pass(61);
      await reply(await opened(code), 'An hour later.');
      expect(await owner.query('select acts from person_acts where person = 1')).toEqual([{ acts: 1 }]);
      expect(await stored()).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'announces so many attachments and no more before one is sent',
    async () => {
      const send = async () =>
        reply(await opened(submitted.code), 'With a file.', [{ name: 'a.txt', data: new Uint8Array(9) }]);
      await send();
      await office.ledger.owner.query(
        `insert into blobs (id, mailbox_id, length, reserved_at)
         select decode(lpad(to_hex(n), 32, '0'), 'hex'), mailbox_id, length, reserved_at
         from blobs, generate_series(1, 8) n`,
      );
      expect(await refusal(send())).toBe('too_many_requests');
    },
    LIMIT_MS,
  );
});
