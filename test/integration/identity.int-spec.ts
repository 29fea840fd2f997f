/** Staff identity at the real desk: what opens a vault, how long a session lasts, and what it takes to disclose. */
import { type ApiClient, makeApiClient } from '@app/api-client';
import {
  acknowledge,
  addPasskey,
  connect,
  decideScope,
  endSession,
  listSessions,
  listUnlockers,
  makeFactor,
  openCase,
  type Opener,
  removeUnlocker,
  renewWords,
  route,
  setPassword,
  type StaffSession,
  startTriage,
  unlock,
  unlockWith,
  withPasskey,
  withPassword,
} from '@app/client';
import { factorCode } from '@app/crypto/verify';
import { toBase64 } from '@app/encoding';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '../support/database.js';
import { makeOrganisation, TICK } from '../support/ledger-stage.js';
import { OfficeStage } from '../support/office-stage.js';
import type { TestOrganisation } from '../support/organisation.js';
import { recordedSession } from '../support/recording.js';
import { refusal } from './attacks/attack.js';

const LIMIT_MS = 60_000;
const MINUTE = 60;
const STEP = 30;
const filled = (n: number) => new Uint8Array(32).fill(n);
const KEYS = { authKey: filled(0x21), vaultSeed: filled(0x22) };
const PRF = filled(0x33);

let server: TestServer;
let organisation: TestOrganisation;
let office: OfficeStage;

beforeAll(async () => {
  server = await startTestServer();
  organisation = await makeOrganisation();
}, LIMIT_MS);
afterAll(() => server.stop(), LIMIT_MS);
beforeEach(async () => {
  office = await OfficeStage.open(organisation, await server.makeDatabase());
}, LIMIT_MS);
afterEach(() => office.close(), LIMIT_MS);

const subjectOf = (name: string) => organisation.made.staff.find((one) => one.name === name)!.subject;
const opening = async (opener: Opener, name = 'focal-1') =>
  unlockWith(await office.connect({}, {}, 'staff'), subjectOf(name), opener);

async function withFactor(): Promise<{ session: StaffSession; opener: Opener; code: () => string }> {
  const { secret } = makeFactor(office.deps, 'focal-1');
  const code = () => factorCode(secret, Math.floor(office.ledger.now / STEP));
  const session = await setPassword(await office.session('focal-1'), KEYS, { secret, code: code() });
  return { session, code, opener: withPassword(KEYS, () => Promise.resolve(code())) };
}

/** A session whose client never opens a fresh one. */
async function stubborn(name: string): Promise<StaffSession> {
  const made = makeApiClient({ baseUrl: office.api('staff').baseUrl });
  const api: ApiClient = {
    ...made,
    authorizedBy: (by) => made.authorizedBy((request, auth) => by(request, auth)),
  };
  const { subject, words } = organisation.made.staff.find((one) => one.name === name)!;
  return unlock(await connect(office.deps, api, office.trust), subject, words.join(' '));
}

describe('a vault', () => {
  it('opens with a passkey, a password and the words of the ceremony, and no more with what was taken out', async () => {
    const { session, opener } = await withFactor();
    const both = await addPasskey(session, PRF);
    for (const one of [withPasskey(PRF), opener])
      expect(toBase64((await opening(one)).keyring.kemSeed)).toBe(toBase64(session.keyring.kemSeed));
    expect((await office.session('focal-1')).certificate).toEqual(session.certificate);
    expect(listUnlockers(both).map(({ kind, current }) => [kind, current])).toEqual([
      ['recovery', true],
      ['password', false],
      ['passkey', false],
    ]);
    const { id } = listUnlockers(both).find(({ kind }) => kind === 'passkey')!;
    await removeUnlocker(both, id);
    expect(await refusal(opening(withPasskey(PRF)))).toBe('unauthorized');
  });

  it('keeps recovery words, which can be renewed', async () => {
    const session = await addPasskey(await office.session('focal-1'), PRF);
    const words = listUnlockers(session).find(({ kind }) => kind === 'recovery')!;
    expect(await refusal(removeUnlocker(session, words.id))).toBe('recovery_needed');
    const renewed = await renewWords(session, 'en');
    expect(await refusal(office.session('focal-1'))).toBe('unauthorized');
    const service = await office.connect({}, {}, 'staff');
    const again = await unlock(service, subjectOf('focal-1'), renewed.words.join(' '));
    expect(again.keyring).toEqual(session.keyring);
  });

  it('takes one change of two at once, and only one its holder signed', async () => {
    const session = await office.session('focal-1');
    await addPasskey(session, PRF);
    expect(await refusal(addPasskey(session, filled(9)))).toBe('out_of_date');
    const { signer: _, ...rest } = session;
    const colleague = await office.session('focal-2');
    const forged = { ...rest, signer: colleague.signer, keyring: colleague.keyring };
    expect(await refusal(addPasskey(forged, filled(9)))).toBe('statement_invalid');
  });

  it('ends all other sessions when it changes', async () => {
    const [other, mine] = [await stubborn('focal-1'), await office.session('focal-1')];
    await addPasskey(mine, PRF);
    expect(await refusal(other.service.api.call('epochBoxes', { query: {} }))).toBe('unauthorized');
    expect(await listSessions(mine)).toHaveLength(1);
  });
});

describe('guessing', () => {
  const wrong = (name: string, n: number) =>
    opening(
      withPassword({ ...KEYS, authKey: filled(n) }, () => Promise.resolve('000000')),
      name,
    );

  it('closes a password for longer and longer, and neither words nor passkeys', async () => {
    const { session, opener } = await withFactor();
    await addPasskey(session, PRF);
    office.ledger.now += STEP;
    for (let n = 0; n < 5; n++) expect(await refusal(wrong('focal-1', 0x60 + n))).toBe('unauthorized');
    expect(await refusal(opening(opener))).toBe('too_many_requests');
    expect((await opening(withPasskey(PRF))).keyring).toEqual(session.keyring);
    // Whoever got in is not kept waiting by what was tried before.
    expect((await opening(opener)).keyring).toEqual(session.keyring);
  });

  it('looks the same for a subject that does not exist', async () => {
    const answers = async (subject: string) => {
      const seen: unknown[] = [];
      for (let n = 0; n < 7; n++) {
        const body = JSON.stringify({ subject, authKey: toBase64(filled(0x70)), code: '123456' });
        const headers = { 'content-type': 'application/json' };
        const url = `${office.api('staff').baseUrl}/v1/session/vault`;
        const answer = await fetch(url, { method: 'POST', body, headers });
        const { instance: _, ...problem } = (await answer.json()) as Record<string, unknown>;
        seen.push([answer.status, answer.headers.get('retry-after'), problem]);
      }
      return seen;
    };
    expect(await answers(subjectOf('focal-1'))).toEqual(await answers('ee'.repeat(16)));
  });

  it('takes a code of the second factor once, and no password without one', async () => {
    const { opener, code } = await withFactor();
    const used = code();
    await opening(opener);
    const same = withPassword(KEYS, () => Promise.resolve(used));
    expect(await refusal(opening(same))).toBe('unauthorized');
    expect(await refusal(opening({ kind: 'password', keys: KEYS }))).toBe('unauthorized');
    office.ledger.now += STEP;
    expect((await opening(opener)).vault.opener.kind).toBe('password');
  });
});

describe('a session', () => {
  it('is worth nothing without the key of its device, and for no other request', async () => {
    const recorded = await recordedSession(office, 'focal-1');
    await recorded.session.service.api.call('cases', { query: {} });
    const { url, headers } = recorded.last('/cases');
    const status = async (given: Record<string, string>, to = url) =>
      (await fetch(to, { headers: given })).status;
    expect(await status(headers)).toBe(200);
    expect(await status({ authorization: headers.authorization! })).toBe(401);
    expect(await status(headers, `${url}?limit=5`)).toBe(401);
    office.ledger.now += 3 * MINUTE;
    expect(await status(headers)).toBe(401);
  });

  it('is listed and ended by its holder alone', async () => {
    const [first, second] = [await stubborn('focal-1'), await stubborn('focal-1')];
    const listed = await listSessions(second);
    expect(listed.map(({ current }) => current).sort()).toEqual([false, true]);
    const { id } = listed.find(({ current }) => !current)!;
    expect(await refusal(endSession(await office.session('focal-2'), id))).toBe('not_found');
    await endSession(second, id);
    expect(await refusal(listSessions(first))).toBe('unauthorized');
  });

  it('must be fresh to disclose, and the client sees to that', async () => {
    const submitted = await office.submit();
    await office.settle();
    const session = await stubborn('focal-1');
    const of = async (by: StaffSession) => openCase(by, submitted.pseudonym);
    await acknowledge(await of(session), { text: 'Received.' });
    await startTriage(await of(session));
    const test = { scope: 'SC-A', act: true, link: true, credibility: 'CORROBORATED' } as const;
    const risk = { likelihood: 'low', severity: 'low', priority: 'P3' } as const;
    expect((await decideScope(await of(session), { ...test, ...risk })).ok).toBe(true);
    office.ledger.now += 11 * MINUTE;
    expect(await refusal(addPasskey(session, PRF))).toBe('step_up_required');
    expect(await refusal(route(await of(session), 'Please take this up.'))).toBe('step_up_required');
    const willing = await office.session('focal-1');
    office.ledger.now += 11 * MINUTE;
    expect((await route(await of(willing), 'Please take this up.')).ok).toBe(true);
  });

  it('ends at the next request when its certificate is revoked', async () => {
    const session = await stubborn('focal-2');
    const { worker, now } = office.ledger;
    const next = organisation.revoking('focal-2', now);
    await worker.work.run((tx) => worker.directory.acceptKeyset(tx, next, { tickSeconds: TICK }));
    expect(await refusal(session.service.api.call('cases', { query: {} }))).toBe('unauthorized');
  });
});
