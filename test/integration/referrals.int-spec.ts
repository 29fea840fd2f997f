/** An extract for another United Nations office: with consent twice checked, for its eyes, and nothing besides. */
import {
  acknowledge,
  changeConsent,
  decideScope,
  listReferrals,
  noteReferral,
  openCase,
  openMailbox,
  openReferral,
  perform,
  refer,
  startTriage,
  type OpenedCase,
} from '@app/client';
import { toHex } from '@app/encoding';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '../support/database.js';
import { makeOrganisation } from '../support/ledger-stage.js';
import { OfficeStage, type Submitted } from '../support/office-stage.js';
import type { TestOrganisation } from '../support/organisation.js';
import { auditStored } from '../support/sound.js';

const LIMIT_MS = 60_000;
const EXTRACT = 'A person was threatened after an online session.';

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
  await acknowledge(await file(), { text: 'We read it.' });
  await startTriage(await file());
  const done = await decideScope(await file(), {
    scope: 'SC-A',
    act: true,
    link: true,
    credibility: 'CORROBORATED',
    likelihood: 'low',
    severity: 'low',
    priority: 'P3',
  });
  expect(done.ok).toBe(true);
  await office.settle();
}, LIMIT_MS);
afterEach(() => office.close(), LIMIT_MS);

const file = async (name = 'focal-1') => openCase(await office.session(name), submitted.pseudonym);
const mechanism = () => office.session('mechanism-sp');
const roleId = (): string => toHex(organisation.keyset.roles.find(({ kind }) => kind === 'mechanism')!.id);

async function consent(code: 'P' | 'N' | 'w' = 'N'): Promise<void> {
  const view = await openMailbox(await office.connect(), submitted.code);
  const answer = {
    givenBy: 'alleged_victim',
    risksExplained: true,
    textVersion: '1',
    understands: 'yes',
    language: 'en',
  } as const;
  await changeConsent(view, { person: 1, through: 8, scope: 'K4:SP', code, ...answer });
  await office.settle();
}

async function referred(): Promise<void> {
  await consent();
  const made = await refer(await file(), 'SP', roleId(), EXTRACT);
  expect('problems' in made ? made.problems : []).toEqual([]);
  expect(made.ok).toBe(true);
  await office.settle();
}

/** As a client that does not check: the service has to. */
function referUnchecked(opened: OpenedCase): Promise<unknown> {
  const { history } = opened;
  const consents = history.state.consents.map((row) => ({ ...row, 'K4:SP': 'N' as const }));
  const lenient = { ...opened, history: { ...history, state: { ...history.state, consents } } };
  return perform(lenient, {
    kind: 'refer',
    channel: 'SP',
    role: roleId(),
    target: 'mechanism',
    compartment: 16,
  });
}

describe('a referral', () => {
  it(
    'is read by the office it was made for, which answers, and is shown nothing besides',
    async () => {
      await referred();
      const session = await mechanism();
      expect(await listReferrals(session)).toMatchObject([
        { casePseudonym: submitted.pseudonym, number: 1, channel: 'SP', noted: null, erased: false },
      ]);
      const opened = await openReferral(session, submitted.pseudonym);
      expect(opened.texts.map(({ text }) => text)).toEqual([EXTRACT]);
      await expect(openCase(session, submitted.pseudonym)).rejects.toMatchObject({ code: 'not_found' });
      const { event } = await noteReferral(opened, 'ACTION', 'We wrote to the Government.');
      expect(event.type).toBe('REFERRAL_NOTED');
      await office.settle();
      const seen = await file();
      expect(seen.history.state.referrals).toMatchObject([{ noted: 'ACTION', channel: 'SP' }]);
      expect(seen.conversation.map(({ text }) => text)).toContain('We wrote to the Government.');
      const hers = await openMailbox(await office.connect(), submitted.code);
      expect(hers.conversation.map(({ text }) => text)).not.toContain(EXTRACT);
      expect(await auditStored(office.ledger)).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'needs consent for its channel: of the report for the client, of the codes for the service',
    async () => {
      const refused = await refer(await file(), 'SP', roleId(), EXTRACT);
      expect(refused).toMatchObject({
        ok: false,
        problems: expect.arrayContaining([expect.objectContaining({ field: '11' })]) as unknown,
      });
      await expect(referUnchecked(await file())).rejects.toMatchObject({ code: 'consent_missing' });
      await consent();
      // The service lets in a referral only with its extract.
      await expect(referUnchecked(await file())).rejects.toMatchObject({ code: 'codes_mismatch' });
      await consent('w');
      expect(await refer(await file(), 'SP', roleId(), EXTRACT)).toMatchObject({ ok: false });
      await expect(referUnchecked(await file())).rejects.toMatchObject({ code: 'consent_missing' });
    },
    LIMIT_MS,
  );

  it(
    'is nobody else’s: not of another case, not of another seat, and made once for an office',
    async () => {
      const session = await mechanism();
      await expect(openReferral(session, submitted.pseudonym)).rejects.toMatchObject({ code: 'not_found' });
      await referred();
      for (const name of ['focal-1', 'official', 'oversight', 'custodian-1'])
        await expect(openReferral(await office.session(name), submitted.pseudonym)).rejects.toMatchObject({
          code: 'not_found',
        });
      await expect(listReferrals(await office.session('focal-1'))).rejects.toMatchObject({
        code: 'not_found',
      });
      expect(await refer(await file(), 'SP', roleId(), EXTRACT)).toMatchObject({
        ok: false,
        refusal: { code: 'already_done' },
      });
      const opened = await openReferral(session, submitted.pseudonym);
      const other = { ...opened, summary: { ...opened.summary, number: 2 } };
      await expect(noteReferral(other, 'RECEIVED')).rejects.toMatchObject({ code: 'not_allowed_now' });
    },
    LIMIT_MS,
  );

  it(
    'gives its office no way into another compartment',
    async () => {
      await referred();
      const opened = await openReferral(await mechanism(), submitted.pseudonym);
      const key = { ...opened.key!, compartment: 0 };
      await expect(noteReferral({ ...opened, key }, 'RECEIVED', 'Here.')).rejects.toMatchObject({
        code: 'codes_mismatch',
      });
    },
    LIMIT_MS,
  );
});
