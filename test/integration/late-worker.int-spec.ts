/** A worker that was down: what lapsed meanwhile is recorded with its true time, and that it came late is seen. */
import { DEFAULT_POLICY } from '@app/casework';
import { type Log, makeLogger } from '@app/platform';
import { expect, it } from '@jest/globals';
import path from 'node:path';
import { LapseService } from '../../apps/worker/src/cases/lapse.service.js';
import { DirectoryService } from '../../apps/worker/src/directory/directory.service.js';
import { eventsIn, openTestCase } from '../support/case-maker.js';
import { eachLedger, intake, organisation, stage } from '../support/ledger-tests.js';
import { START, TICK } from '../support/ledger-stage.js';
import { replayed } from '../support/replayed.js';

const DAY = 86_400;
const POLICY = { ...DEFAULT_POLICY, tick_seconds: TICK };
const log: Log = makeLogger('test', { write: () => undefined });

eachLedger();

it('was down for a day: the delay is in the record, and the case escalates once', async () => {
  const directory = new DirectoryService(stage.worker, path.join(stage.folder, 'directory'), log);
  await directory.refresh();
  const lapse = (pseudonym: string) => new LapseService(stage.worker, directory).lapse(pseudonym);
  const official = organisation.role('senior_official');
  const made = { role: organisation.role('focal_point'), urgent: true, consented: true, boxFor: official };
  const { pseudonym } = await openTestCase(intake, made);
  stage.now = START + DAY - 1;
  await lapse(pseudonym);
  expect((await eventsIn(stage.owner, pseudonym)).map(({ type }) => type)).toEqual(['SUBMITTED']);

  // Down from here on: the target passes after a second, and nobody notices for a day.
  stage.now = START + 2 * DAY;
  await Promise.all([lapse(pseudonym), lapse(pseudonym)]);
  stage.now += 60;
  await lapse(pseudonym);

  const { byDatabase, byLedger, unbroken } = await replayed(stage.owner, pseudonym, POLICY);
  expect({ unbroken, ...byDatabase }).toEqual({ unbroken: true, ...byLedger });
  const lapsed = byDatabase.state.clocks.flatMap(({ id, lapsedAt, lapseRecordedAt }) =>
    lapsedAt === undefined || lapseRecordedAt === undefined
      ? []
      : [[id, lapsedAt, lapseRecordedAt - lapsedAt]],
  );
  expect(lapsed).toEqual(['C1', 'C2', 'C3'].map((id) => [id, START + DAY, DAY]));
  const events = await eventsIn(stage.owner, pseudonym);
  expect(events.map(({ type, at }) => [type, at])).toEqual([
    ['SUBMITTED', START],
    ...['LAPSED', 'LAPSED', 'LAPSED', 'ESCALATED'].map((type) => [type, START + 2 * DAY]),
  ]);
  expect(byDatabase).toMatchObject({ official, nextDeadline: START + 30 * DAY });
});
