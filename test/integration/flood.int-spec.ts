/** A flood of reports: what it costs those who make it, and that nobody else's report is lost in it. */
import { type Fetch, makeApiClient } from '@app/api-client';
import { listCases, startTriage, openCase } from '@app/client';
import { MAILBOX_SIGNATURE_HEADER, ROUTES } from '@app/contracts';
import { isWork } from '@app/crypto/verify';
import { fromHex } from '@app/encoding';
import { CaseRow } from '@app/persistence';
import { makeLogger } from '@app/platform';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LapseService } from '../../apps/worker/src/cases/lapse.service.js';
import { WatchService } from '../../apps/worker/src/cases/watch.service.js';
import { DirectoryService } from '../../apps/worker/src/directory/directory.service.js';
import { startTestServer, type TestServer } from '../support/database.js';
import { makeOrganisation } from '../support/ledger-stage.js';
import { OfficeStage } from '../support/office-stage.js';

const DAY = 86_400;
/** Reports a minute that are no flood here. */
const ORDINARY = 5;
const FLOOD = 60;
const FLOOD_MS = 240_000;

let server: TestServer;
let office: OfficeStage;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  office = await OfficeStage.open(await makeOrganisation(), await server.makeDatabase(), ORDINARY);
});
afterEach(() => office.close());

async function work(): Promise<number> {
  return (await office.api('public').call('nonces', { body: { count: 1 } })).work;
}

/** As many reports as are asked for, each by the real client; their pseudonyms. */
async function arrive(count: number): Promise<string[]> {
  const pseudonyms: string[] = [];
  for (let i = 0; i < count; i++) pseudonyms.push((await office.submit()).pseudonym);
  return pseudonyms;
}

/** The next submission, its credential changed on the way. @returns the code it is refused with. */
async function submitWith(change: (credential: string[]) => string[] | Promise<string[]>): Promise<string> {
  let refused = 'accepted';
  const lying: Fetch = async (url, init) => {
    const headers = { ...init.headers };
    const isSubmission = init.method === 'POST' && url.endsWith(ROUTES.submit.path);
    const credential = headers[MAILBOX_SIGNATURE_HEADER];
    if (isSubmission && credential !== undefined)
      headers[MAILBOX_SIGNATURE_HEADER] = (await change(credential.split('.'))).join('.');
    const answer = await fetch(url, { ...init, headers });
    if (isSubmission && !answer.ok)
      refused = ((await answer.clone().json()) as { type: string }).type.split(':').at(-1) ?? '';
    return answer;
  };
  const { baseUrl } = office.api('public');
  await office.submitBy(makeApiClient({ baseUrl, fetch: lying })).catch(() => undefined);
  return refused;
}

/** The credential with a counter that is no work, not even by chance. */
async function withoutWork(credential: readonly string[]): Promise<string[]> {
  const nonce = fromHex(credential[2] ?? '', 'nonce', 16);
  let counter = 0xffff_ffff;
  while (await isWork(nonce, counter, 1)) counter--;
  return [...credential.slice(0, 4), String(counter)];
}

describe('proof of work', () => {
  it('is off at rest, rises with the rate, and ends a minute after the flood', async () => {
    expect(await work()).toBe(0);
    await arrive(ORDINARY);
    expect(await work()).toBe(0);
    await arrive(1);
    expect(await work()).toBe(3);
    await arrive(ORDINARY);
    expect(await work()).toBe(4);
    office.ledger.now += 61;
    expect(await work()).toBe(0);
  });

  it('is asked of whoever stores something new, and done by the client', async () => {
    await arrive(2 * ORDINARY);
    expect(await submitWith((parts) => parts.slice(0, 4))).toBe('work_required');
    expect(await submitWith(withoutWork)).toBe('work_required');
    expect(await submitWith((parts) => [...parts.slice(0, 4), '01'])).toBe('unauthorized');
    expect(await submitWith((parts) => parts)).toBe('accepted');
  });

  it('is done once for one request', async () => {
    await arrive(2 * ORDINARY);
    let first: string[] | undefined;
    expect(await submitWith((parts) => (first = parts))).toBe('accepted');
    expect(await submitWith(() => first ?? [])).toMatch(/unauthorized|nonce_expired/);
  });
});

describe('a flood', () => {
  it(
    'loses no report, buries none, and delivers nothing by itself',
    async () => {
      const early = await arrive(ORDINARY);
      const flood = await arrive(FLOOD);
      const owner = office.ledger.owner.manager;
      expect(await owner.count(CaseRow)).toBe(ORDINARY + FLOOD);
      const focal = await office.session('focal-1');

      const shown = await listCases(focal, undefined, { limit: 100 });
      expect(shown.anyQuarantined).toBe(true);
      expect(shown.cases.map(({ casePseudonym }) => casePseudonym)).toEqual(expect.arrayContaining(early));
      const apart = new Set<string>();
      for (let after: string | undefined; ;) {
        const page = await listCases(focal, after, { limit: 100, quarantined: 'true' });
        for (const row of page.cases) apart.add(row.casePseudonym);
        if (page.next === null) break;
        after = page.next;
      }
      expect(apart.size + shown.cases.length).toBe(ORDINARY + FLOOD);
      expect(flood.slice(4 * ORDINARY).every((pseudonym) => apart.has(pseudonym))).toBe(true);

      const one = flood.at(-1)!;
      const asked: string[] = [];
      const queues = {
        add: (_: string, { case: of }: { case?: string }) => Promise.resolve(void asked.push(of ?? '')),
      };
      office.ledger.now += 10;
      const watch = new WatchService(office.ledger.worker.work, queues as never, office.ledger.worker.clock);
      await watch.watch();
      expect(asked).toContain(early[0]);
      expect(asked).not.toContain(one);

      office.ledger.now += 14 * DAY;
      const directory = new DirectoryService(
        office.ledger.worker,
        `${office.ledger.folder}/directory`,
        makeLogger('test', { write: () => undefined }),
      );
      await directory.refresh();
      await new LapseService(office.ledger.worker, directory).lapse(one);
      const { state } = await owner.findOneByOrFail(CaseRow, { pseudonym: Buffer.from(one, 'hex') });
      expect(state).toMatchObject({ flags: { escalated: true, shared: false }, escalationBox: 'held' });

      await office.settle();
      await startTriage(await openCase(focal, one));
      const released = await listCases(focal, undefined, { limit: 100, phase: 'IN_TRIAGE' });
      expect(released.cases.map(({ casePseudonym }) => casePseudonym)).toEqual([one]);
      expect(released.cases[0]).toMatchObject({ quarantined: false });
    },
    FLOOD_MS,
  );
});
