/** Who has the desk open hears of what she may see, and of nothing else, for as long as her session lasts. */
import { acknowledge, closeSession, deskHints, message, openCase, type StaffSession } from '@app/client';
import type { DeskHint } from '@app/contracts';
import { afterEach, beforeAll, afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestDatabase, type TestServer } from '../support/database.js';
import { makeOrganisation, TICK } from '../support/ledger-stage.js';
import { OfficeStage, type Submitted } from '../support/office-stage.js';
import type { TestOrganisation } from '../support/organisation.js';
import { until } from '../support/until.js';

let server: TestServer;
let organisation: TestOrganisation;
let database: TestDatabase;
let office: OfficeStage;
let submitted: Submitted;
let focal: StaffSession;

beforeAll(async () => {
  server = await startTestServer();
  organisation = await makeOrganisation();
}, 60_000);
afterAll(() => server.stop(), 30_000);

beforeEach(async () => {
  database = await server.makeDatabase();
  office = await OfficeStage.open(organisation, database);
  submitted = await office.submit();
  focal = await office.session('focal-1');
});
afterEach(() => office.close());

type Listening = { readonly heard: DeskHint[]; isOver: boolean; readonly ended: Promise<unknown> };

/** Listens until the stream ends, and waits until the service has taken note of it. */
async function listen({ service }: StaffSession, lastId?: string): Promise<Listening> {
  const heard: DeskHint[] = [];
  const stream = service.api.hints(lastId);
  const listening: Listening = { heard, isOver: false, ended: Promise.resolve() };
  const reading = async (): Promise<void> => {
    for await (const hint of stream) heard.push(hint);
  };
  const ended = reading()
    .catch((error: unknown) => error)
    .finally(() => {
      listening.isOver = true;
    });
  await new Promise((resolve) => setTimeout(resolve, 500));
  return Object.assign(listening, { ended });
}

const act = async (text: string): Promise<void> => {
  await message(await openCase(focal, submitted.pseudonym), text);
};
const hintOf = (eventNumber: number): DeskHint => ({
  kind: 'case',
  id: `${submitted.pseudonym}-${String(eventNumber)}`,
  casePseudonym: submitted.pseudonym,
  eventNumber,
});

describe('the stream of the desk', () => {
  it('tells of an event in a case the role may see, and nobody else', async () => {
    const colleague = await listen(await office.session('focal-2'));
    const official = await listen(await office.session('official'));
    const oversight = await listen(await office.session('oversight'));
    await acknowledge(await openCase(focal, submitted.pseudonym), { text: 'Received.' });
    await until(() => Promise.resolve(colleague.heard.length >= 2), 10_000);
    expect(colleague.heard).toEqual([hintOf(2), { kind: 'queue' }]);
    expect([official.heard, oversight.heard]).toEqual([[], []]);
  });

  it('goes on after the hint that was heard last', async () => {
    await acknowledge(await openCase(focal, submitted.pseudonym), { text: 'Received.' });
    await act('one');
    await act('two');
    const again = await listen(focal, `${submitted.pseudonym}-2`);
    await until(() => Promise.resolve(again.heard.length >= 3), 10_000);
    expect(again.heard.slice(0, 3)).toEqual([hintOf(3), hintOf(4), { kind: 'queue' }]);
  });

  it('says no more than that something changed after an event that is not there or not hers', async () => {
    const official = await office.session('official');
    const foreign = await listen(official, `${submitted.pseudonym}-1`);
    const missing = await listen(official, `${'ee'.repeat(16)}-1`);
    await until(() => Promise.resolve(missing.heard.length > 0), 10_000);
    expect([foreign.heard, missing.heard]).toEqual([[{ kind: 'queue' }], [{ kind: 'queue' }]]);
    expect(await (await listen(official, 'x')).ended).toMatchObject({ code: 'invalid_request' });
  });

  it('is open four times for one session at most', async () => {
    const four = await Promise.all([1, 2, 3, 4].map(() => listen(focal)));
    expect(await (await listen(focal)).ended).toMatchObject({ code: 'too_many_requests' });
    expect(four.map(({ isOver }) => isOver)).toEqual([false, false, false, false]);
  });

  it.each<[string, (mine: StaffSession) => Promise<void>]>([
    ['is closed', (mine) => closeSession(mine)],
    [
      'has run out',
      () => {
        office.ledger.now += 15 * 60 + 1;
        return Promise.resolve();
      },
    ],
    [
      'is of a certificate that was revoked',
      async () => {
        const { worker, now } = office.ledger;
        const next = organisation.revoking('focal-2', now);
        await worker.work.run((tx) => worker.directory.acceptKeyset(tx, next, { tickSeconds: TICK }));
      },
    ],
  ])('ends when the session %s', async (what, end) => {
    const session = await office.session('focal-2');
    const mine = await listen(session);
    const other = await listen(focal);
    expect(mine.isOver).toBe(false);
    await end(session);
    await mine.ended;
    // A session that began at the same time has run out as well.
    if (what !== 'has run out') expect(other.isOver).toBe(false);
  });

  it('is taken up again by the client', async () => {
    const heard: DeskHint[] = [];
    const patient = {
      ...focal,
      service: { ...focal.service, deps: { ...office.deps, sleep: () => Promise.resolve() } },
    };
    const hints = deskHints(patient);
    const reading = (async () => {
      for await (const hint of hints) {
        heard.push(hint);
        if (heard.length >= 4) return;
      }
    })();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await acknowledge(await openCase(focal, submitted.pseudonym), { text: 'Received.' });
    await until(() => Promise.resolve(heard.length >= 2), 10_000);
    office.ledger.now += 15 * 60 + 1;
    await act('one');
    await reading;
    expect(heard).toEqual(expect.arrayContaining([hintOf(2), hintOf(3)]));
  });
});
