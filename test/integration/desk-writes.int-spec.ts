/** A write to a case: one effect for one key, and only for the state of the case that it names. */
import { acknowledge, message, openCase, reopenCase, startTriage } from '@app/client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SweepService } from '../../apps/worker/src/store/sweep.service.js';
import { startTestServer, type TestDatabase, type TestServer } from '../support/database.js';
import { makeOrganisation } from '../support/ledger-stage.js';
import { OfficeStage, type Submitted } from '../support/office-stage.js';
import { type Recording, recordedSession, sendAgain } from '../support/recording.js';

const KEY = 'idempotency-key';
const other = (n: number): string => `"${n.toString(16).padStart(32, '0')}"`;

let server: TestServer;
let database: TestDatabase;
let office: OfficeStage;
let focal: Recording;
let submitted: Submitted;

beforeAll(async () => {
  server = await startTestServer();
  database = await server.makeDatabase();
  office = await OfficeStage.open(await makeOrganisation(), database);
  focal = await recordedSession(office, 'focal-1');
  submitted = await office.submit();
}, 120_000);

afterAll(async () => {
  await office.close();
  await server.stop();
});

const opened = () => openCase(focal.session, submitted.pseudonym);
const eventsOf = async (): Promise<number> => (await opened()).history.events.length;
const keysKept = async (): Promise<number> => {
  const [row] = await office.ledger.owner.query<{ n: number }[]>(
    'select count(*)::int as n from idempotency_keys',
  );
  return row!.n;
};

describe('an act sent again', () => {
  it('under its key gets its first answer, byte for byte, and happens once', async () => {
    await acknowledge(await opened(), { text: 'Received.' });
    const act = focal.last('/acts');
    const before = await eventsOf();
    const again = await sendAgain(act);
    expect([again.status, again.text]).toEqual([200, act.answer]);
    await office.settle();
    expect((await sendAgain(act)).text).toBe(act.answer);
    const later = await recordedSession(office, 'focal-1');
    await openCase(later.session, submitted.pseudonym);
    const { sign } = later.last(submitted.pseudonym);
    expect((await sendAgain({ ...act, sign })).text).toBe(act.answer);
    expect(await eventsOf()).toBe(before);
  });

  it('with another content under its key is refused', async () => {
    const act = focal.last('/acts');
    const body = JSON.stringify({
      ...JSON.parse(new TextDecoder().decode(act.body)),
      signature: 'A'.repeat(88),
    });
    expect((await sendAgain(act, { body })).code).toBe('idempotency_key_reused');
  });

  it.each([undefined, '', 'ab'.repeat(16), '"ab"'])('with %s for a key is refused', async (key) => {
    const answer = await sendAgain(focal.last('/acts'), { headers: { [KEY]: key } });
    expect([answer.status, answer.code]).toEqual([400, 'idempotency_key_missing']);
  });

  it('under another key is told that the case has moved on, and nothing is kept of that', async () => {
    const kept = await keysKept();
    const answer = await sendAgain(focal.last('/acts'), { headers: { [KEY]: other(1) } });
    expect([answer.status, answer.code]).toEqual([412, 'case_moved']);
    expect(await keysKept()).toBe(kept);
  });

  it('by somebody else under the same key is hers, not a repeat', async () => {
    const colleague = await recordedSession(office, 'focal-2');
    await openCase(colleague.session, submitted.pseudonym);
    const { sign } = colleague.last(submitted.pseudonym);
    expect((await sendAgain({ ...focal.last('/acts'), sign })).code).toBe('case_moved');
  });

  it('six times at once happens once, and all get one answer', async () => {
    const hasty = await recordedSession(office, 'focal-1', 6);
    const before = await eventsOf();
    await startTriage(await openCase(hasty.session, submitted.pseudonym));
    const copies = hasty.sent.filter(({ url }) => url.endsWith('/acts')).map(({ answer }) => answer);
    expect([copies.length, new Set(copies).size]).toEqual([6, 1]);
    expect(await eventsOf()).toBe(before + 1);
  });
});

describe('an act for a state of the case', () => {
  const NEW_KEY = { [KEY]: other(2) };

  it('needs to name one', async () => {
    const act = focal.last('/acts');
    const missing = await sendAgain(act, { headers: { ...NEW_KEY, 'if-match': undefined } });
    expect([missing.status, missing.code]).toEqual([428, 'precondition_required']);
    const wild = await sendAgain(act, { headers: { ...NEW_KEY, 'if-match': '*' } });
    expect([wild.status, wild.code]).toEqual([400, 'invalid_request']);
  });

  it('is refused once the case has moved on', async () => {
    const stale = await opened();
    await message(await opened(), 'One more thing.');
    await expect(message(stale, 'Too late.')).rejects.toMatchObject({ code: 'case_moved', status: 412 });
  });

  it('is refused if its statement is about another state than it names', async () => {
    const { tag } = await opened();
    const answer = await sendAgain(focal.last('/acts'), { headers: { [KEY]: other(3), 'if-match': tag } });
    expect([answer.status, answer.code]).toEqual([422, 'codes_mismatch']);
  });

  it('does not depend on how much of the case the ledger has', async () => {
    const before = await opened();
    await office.settle();
    expect((await opened()).tag).not.toBe(before.tag);
    await expect(message(before, 'Still the same state.')).resolves.toMatchObject({ ok: true });
  });
});

describe('a case file', () => {
  it('carries the tag that its events make, and is not sent twice', async () => {
    await office.settle();
    const current = await opened();
    const read = focal.last(submitted.pseudonym);
    const whole = await sendAgain(read);
    expect(whole.headers.get('etag')).toBe(current.tag);
    for (const known of [current.tag, `W/${current.tag}`, `"x", ${current.tag}`, '*']) {
      const same = await sendAgain(read, { headers: { 'if-none-match': known } });
      expect([same.status, same.text, same.headers.get('etag')]).toEqual([304, '', current.tag]);
    }
    expect(await reopenCase(current)).toBe(current);
  });

  it('is sent anew when something happened, or the ledger took an event in', async () => {
    const before = await opened();
    await message(before, 'News.');
    const after = await reopenCase(before);
    expect(after.history.events.length).toBe(before.history.events.length + 1);
    await office.settle();
    const placed = await reopenCase(after);
    expect([placed === after, placed.history.events.length]).toEqual([false, after.history.events.length]);
  });
});

describe('the key of an act', () => {
  it('is forgotten after a day, and is then an act for a state that has passed', async () => {
    const act = focal.last('/acts');
    const { work, clock } = office.ledger.worker;
    await new SweepService(work, clock).sweep();
    expect((await sendAgain(act)).text).toBe(act.answer);
    const tomorrow = { now: () => clock.now() + 86_401, nowMs: () => clock.nowMs() + 86_401_000 };
    await new SweepService(work, tomorrow).sweep();
    expect(await keysKept()).toBe(0);
  });
});
