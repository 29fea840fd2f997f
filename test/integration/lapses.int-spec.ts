/** What the desk is warned of before a deadline, and what oversight sees of the worker after it. */
import { type Clock, CLOCKS, nextWarning } from '@app/casework';
import { listCases } from '@app/client';
import { CaseRow, migrate } from '@app/persistence';
import { makeLogger } from '@app/platform';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { LapseService } from '../../apps/worker/src/cases/lapse.service.js';
import { DirectoryService } from '../../apps/worker/src/directory/directory.service.js';
import { openTestCase } from '../support/case-maker.js';
import { startTestServer, type TestDatabase, type TestServer } from '../support/database.js';
import { makeOrganisation, START } from '../support/ledger-stage.js';
import { OfficeStage } from '../support/office-stage.js';
import type { TestOrganisation } from '../support/organisation.js';

const DAY = 86_400;
const silent = makeLogger('test', { write: () => undefined });

let server: TestServer;
let organisation: TestOrganisation;
let database: TestDatabase;
let office: OfficeStage;

beforeAll(async () => {
  server = await startTestServer();
  organisation = await makeOrganisation();
});
afterAll(() => server.stop());
beforeEach(async () => {
  database = await server.makeDatabase();
  office = await OfficeStage.open(organisation, database);
});
afterEach(() => office.close());

async function newCase(): Promise<string> {
  const intake = await office.ledger.services('sc_intake');
  return (await openTestCase(intake, { role: organisation.role('focal_point') })).pseudonym;
}

async function lapse(pseudonym: string): Promise<void> {
  const { worker, folder } = office.ledger;
  const directory = new DirectoryService(worker, `${folder}/directory`, silent);
  await directory.refresh();
  await new LapseService(worker, directory).lapse(pseudonym);
}

describe('a warning before a lapse', () => {
  it('stands beside the deadline in the list of the office, and follows the case', async () => {
    const pseudonym = await newCase();
    const receivedAt = office.ledger.now;
    const focal = await office.session('focal-1');
    const shown = async () => (await listCases(focal)).cases.find((one) => one.casePseudonym === pseudonym);
    expect(await shown()).toMatchObject({
      nextDeadline: receivedAt + 7 * DAY,
      warnAt: receivedAt + 5.25 * DAY,
    });
    office.ledger.now = receivedAt + 7 * DAY;
    await lapse(pseudonym);
    const { state, warnAt } = await office.ledger.owner.manager.findOneByOrFail(CaseRow, {
      pseudonym: Buffer.from(pseudonym, 'hex'),
    });
    expect(warnAt).toBe(receivedAt + 10.5 * DAY);
    expect(warnAt).toBe(nextWarning(state));
  });

  it('is there for cases that were there before, and so are the delays', async () => {
    const pseudonym = await newCase();
    const receivedAt = office.ledger.now;
    office.ledger.now += 7 * DAY + 3;
    await lapse(pseudonym);
    const { owner } = office.ledger;
    const kept = 'select clock, instance, due_at, recorded_at from lapse_delays';
    const before: unknown = await owner.query(kept);
    await owner.query(`alter table cases drop column warn_at; drop function case_warn_at; drop table lapse_delays;
      delete from migrations where name = 'LapseWarnings1764400002000'`);
    expect(await migrate(database.ownerUrl)).toEqual(['LapseWarnings1764400002000']);
    expect(await owner.query('select warn_at from cases')).toEqual([{ warn_at: receivedAt + 10.5 * DAY }]);
    expect(await owner.query(kept)).toEqual(before);
  });

  it('is what the case machine says, for any clocks', async () => {
    const maybe = (value: number): number | undefined => (randomInt(4) === 0 ? value : undefined);
    const cases = Array.from({ length: 300 }, () =>
      Array.from({ length: randomInt(5) }, (): Clock => {
        const startedAt = START + randomInt(DAY);
        const targetSeconds = randomInt(2) === 0 ? randomInt(1, 8 * 3_600) : randomInt(1, 90 * DAY);
        const [stoppedAt, lapsedAt] = [maybe(START + DAY), maybe(START + DAY)];
        return {
          ...{ id: CLOCKS[randomInt(CLOCKS.length)]!, instance: 1, origin: 'first', pauses: [], startedAt },
          ...(randomInt(5) > 0 && { targetSeconds, dueAt: startedAt + targetSeconds + randomInt(DAY) }),
          ...(stoppedAt !== undefined && { stoppedAt }),
          ...(lapsedAt !== undefined && { lapsedAt }),
        };
      }),
    );
    const rows = await office.ledger.owner.query<{ at: number | null }[]>(
      `select case_warn_at(jsonb_build_object('clocks', c.value)) as at
       from jsonb_array_elements($1::jsonb) with ordinality c order by c.ordinality`,
      [JSON.stringify(cases)],
    );
    expect(rows.map(({ at }) => at)).toEqual(cases.map((clocks) => nextWarning({ clocks }) ?? null));
  });
});

describe('what oversight sees of the worker', () => {
  it('how late each lapse was recorded, over a period', async () => {
    const begun = office.ledger.now;
    // C1 of each lapses after 7 days and is recorded so late.
    for (const late of [0, 1, 2, 3, 4, 5, 6, 7, 8, 100]) {
      office.ledger.now = begun;
      const pseudonym = await newCase();
      office.ledger.now = begun + 7 * DAY + late;
      await lapse(pseudonym);
      await lapse(pseudonym);
    }
    await office.settle();
    const { api } = (await office.session('oversight')).service;
    const week = begun + 7 * DAY;
    expect(await api.call('delays', { query: { from: week, to: week + 101 } })).toEqual({
      count: 10,
      maxSeconds: 100,
      p50Seconds: 4,
      p95Seconds: 100,
    });
    expect(await api.call('delays', { query: { from: week + 2, to: week + 4 } })).toEqual({
      count: 2,
      maxSeconds: 3,
      p50Seconds: 2,
      p95Seconds: 3,
    });
    const nothing = { count: 0, maxSeconds: null, p50Seconds: null, p95Seconds: null };
    expect(await api.call('delays', { query: { from: 0, to: week } })).toEqual(nothing);
  });

  it('every alarm in its order, page by page: one for each lapse, however often the worker looks', async () => {
    const pseudonym = await newCase();
    office.ledger.now += 14 * DAY;
    await lapse(pseudonym);
    await lapse(pseudonym);
    await office.settle();
    const { api } = (await office.session('oversight')).service;
    const seen: string[] = [];
    for (let after = 0; ;) {
      const page = await api.call('alarms', { query: { after, limit: 2 } });
      seen.push(...page.alarms.map(({ code, subject }) => `${code} ${subject}`));
      if (page.next === null) break;
      after = page.next;
    }
    expect(seen).toEqual(['C1', 'C2', 'C3'].map((clock) => `clock_lapsed ${pseudonym}:${clock}:1`));
  });

  it('nobody else does', async () => {
    for (const name of ['focal-1', 'official', 'administrator']) {
      const { api } = (await office.session(name)).service;
      const delays = api.call('delays', { query: { from: 0, to: 1 } });
      await expect(delays).rejects.toMatchObject({ code: 'not_found' });
      await expect(api.call('alarms', { query: {} })).rejects.toMatchObject({ code: 'not_found' });
    }
  });
});
