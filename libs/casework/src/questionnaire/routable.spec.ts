import { describe, expect, it } from '@jest/globals';
import { DAY, T0 } from '../../test/histories.js';
import { ALL_GRANTED, FULL_REPORT, LEAST_REPORT, record } from '../../test/reports.js';
import { type ConsentRow, makeConsentMatrix } from '../consent.js';
import { type Channel, CHANNEL } from '../vocabularies.js';
import type { ReportBody } from './questions.js';
import { checkRoutable, type RouteContext } from './routable.js';

const context = (row: Partial<ConsentRow>, age = DAY): RouteContext => {
  const ctx = { consents: makeConsentMatrix([row]), now: T0 };
  return age < 0 ? ctx : { ...ctx, riskAssessedAt: T0 - age };
};
const ready = context(ALL_GRANTED);
const found = (report: ReportBody, channel: Channel, ctx = ready): string[] =>
  checkRoutable(report, channel, ctx).map(({ field, path, code }) => `${field} ${path} ${code}`);
const full = (change: Partial<ReportBody>): ReportBody => ({ ...FULL_REPORT, ...change });
const persons = FULL_REPORT.persons ?? [];

describe('checkRoutable', () => {
  it.each(CHANNEL)('finds nothing missing in a full report for %s', (channel) => {
    expect(found(FULL_REPORT, channel)).toEqual([]);
  });

  const CONSENT = '11 consent.matrix consent_missing';
  const BASE = ['2.4 persons[0].relation missing'];
  it.each<[Channel, string[]]>([
    ['SENIOR', [...BASE, '6.4 concerned.state missing', CONSENT]],
    [
      'STATE',
      [
        '2.1 persons[0].unit missing',
        ...BASE,
        '2.6 persons[0].age missing',
        '5.2 acts[0].types missing',
        '5.4 acts[0].from missing',
        '5.5 acts[0].country missing',
        '7.1 link.reasons missing',
        '8.1 risk.worse missing',
        '6.4 concerned.state missing',
        CONSENT,
        '8.1 risk risk_not_assessed',
      ],
    ],
    [
      'SP',
      [
        '1.2 submitter.name missing',
        '2.1 persons[0].unit missing',
        ...BASE,
        '5.4 acts[0].from missing',
        '5.5 acts[0].country missing',
        '6.1 perpetrators[0].kind missing',
        '7.1 link.reasons missing',
        '6.4 concerned.state missing',
        CONSENT,
      ],
    ],
    [
      'TB',
      [
        '1.2 submitter.name missing',
        ...BASE,
        '3.2 engagements[0].stage missing',
        '3.3 engagements[0].when missing',
        '7.1 link.reasons missing',
        '6.4 concerned.state missing',
        '3.1 engagements[0].body no_procedure',
        CONSENT,
      ],
    ],
    [
      'HRC',
      [
        ...BASE,
        '3.2 engagements[0].stage missing',
        '3.3 engagements[0].when missing',
        '5.5 acts[0].country missing',
        '6.4 concerned.state missing',
        '3.1 engagements[0].body no_session',
        CONSENT,
      ],
    ],
    [
      'PUBLIC',
      [
        '2.1 persons[0].unit missing',
        ...BASE,
        '2.6 persons[0].age missing',
        '5.2 acts[0].types missing',
        '5.4 acts[0].from missing',
        '9.1 done.channels missing',
        '6.4 concerned.state missing',
        CONSENT,
      ],
    ],
    [
      'PLATFORM',
      [
        ...BASE,
        '4.2 digital.deployment_id missing',
        '4.3 digital.vectors missing',
        '6.4 concerned.state missing',
        CONSENT,
      ],
    ],
    ['PROT', [CONSENT]],
    ['DIG', [CONSENT]],
  ])('the least report does not go to %s, and everything it lacks is said at once', (channel, expected) => {
    expect(found(LEAST_REPORT, channel, context({}, -1))).toEqual(expected);
  });

  it('support needs consent and nothing else', () => {
    const answers = [record(1, { scope: 'K9:PROT' })];
    expect(found(LEAST_REPORT, 'PROT', { ...ready, answers })).toEqual([]);
    expect(found(LEAST_REPORT, 'DIG', { ...ready, answers })).toEqual([
      '11 persons[0].consent.K9:DIG record_missing',
    ]);
  });

  const named = context({ ...ALL_GRANTED, K5: '3', 'K4:SP': 'N', K6: '3', K8: '3' });
  const nameless = full({ persons: persons.map(({ names: _out, ...rest }) => rest) });
  const NAME = '2.2 persons[0].names missing';
  it.each<[Channel, RouteContext, string[]]>([
    ['STATE', named, [NAME]],
    ['SP', named, [NAME]],
    ['PUBLIC', named, [NAME]],
    ['PLATFORM', named, [NAME]],
    ['SENIOR', named, []],
    ['STATE', ready, []],
    ['SP', ready, []],
  ])('%s asks for names where they are consented to, never of a community', (channel, ctx, expected) => {
    expect(found(nameless, channel, ctx)).toEqual(expected);
  });

  it.each<[string, Channel, Partial<ReportBody>, string[]]>([
    [
      'nobody in scope',
      'SENIOR',
      { persons: persons.map((p) => ({ ...p, relation: 'SC-N' })) },
      ['2.4 persons[0].relation out_of_scope'],
    ],
    [
      'one in scope',
      'SENIOR',
      { persons: persons.map((p, i) => (i === 0 ? { ...p, relation: 'SC-N' } : p)) },
      [],
    ],
    [
      'one not said',
      'SENIOR',
      { persons: persons.map((p, i) => (i === 1 ? { ...p, relation: 'PNS' } : p)) },
      ['2.4 persons[1].relation missing'],
    ],
    [
      'no State, without a reason',
      'SENIOR',
      { concerned: { state: 'UNK' } },
      ['6.4 concerned.reason reason_missing'],
    ],
    ['no State, with a reason', 'SENIOR', { concerned: { state: 'UNK', reason: 'not seen' } }, []],
    [
      'no State to raise it with',
      'STATE',
      { concerned: { state: 'UNK', reason: 'not seen' } },
      ['6.4 concerned.state missing'],
    ],
    [
      'an act without a date',
      'STATE',
      {
        acts: [
          ...FULL_REPORT.acts,
          { what: 'x', types: ['A09'], country: 'URY', from: { precision: 'UNK' } },
        ],
      },
      ['5.4 acts[2].from missing'],
    ],
    [
      'an act of unknown type',
      'STATE',
      { acts: [{ ...FULL_REPORT.acts[0], what: 'x', types: ['UNK'] }] },
      ['5.2 acts[0].types missing'],
    ],
    [
      'a place instead of a country',
      'STATE',
      {
        acts: [
          { what: 'x', types: ['A09'], place: 'a village', from: { value: '2026', precision: 'ESTIMATE' } },
        ],
      },
      [],
    ],
    ['only a text for the link', 'STATE', { link: { text: 'they said so' } }, []],
    [
      'an empty text for the link',
      'STATE',
      { link: { text: ' ', reasons: [] } },
      ['7.1 link.reasons missing'],
    ],
    ['not known what makes it worse', 'STATE', { risk: { worse: ['UNK'] } }, []],
    ['not told what makes it worse', 'STATE', { risk: { worse: ['PNS'] } }, ['8.1 risk.worse missing']],
    [
      'not known whether a child',
      'STATE',
      { persons: [{ ...persons[0], age: 'UNK', child: 'unsure' }, ...persons.slice(1)] },
      ['2.6 persons[0].age missing'],
    ],
    ['an unknown perpetrator', 'SP', { perpetrators: [{ kind: 'UNK' }] }, []],
    [
      'in a document without its reference',
      'PUBLIC',
      { done: { channels: ['SP'] } },
      ['9.1 done.reference reference_missing'],
    ],
    ['in no document', 'PUBLIC', { done: { channels: ['NONE'] } }, []],
    [
      'not a body of the treaties',
      'TB',
      { engagements: [{ body: 'UPR', stage: 'PAST', event: 'x' }] },
      ['3.1 engagements[0].body no_procedure'],
    ],
    [
      'not a body of the Council',
      'HRC',
      { engagements: [{ body: 'CSW', stage: 'PAST', event: 'x' }] },
      ['3.1 engagements[0].body no_session'],
    ],
  ])('%s (%s)', (_, channel, change, expected) => {
    expect(found(full(change), channel)).toEqual(expected);
  });

  it('an assessment of the risk holds seven days', () => {
    expect(found(FULL_REPORT, 'STATE', context(ALL_GRANTED, 7 * DAY))).toEqual([]);
    expect(found(FULL_REPORT, 'STATE', context(ALL_GRANTED, 7 * DAY + 1))).toEqual([
      '8.1 risk risk_not_assessed',
    ]);
  });

  it('later records of consent take the place of those of the report', () => {
    const answers = [record(2, { understands: 'no' })];
    expect(found(FULL_REPORT, 'STATE', { ...ready, answers })).toEqual([
      '11 persons[1].consent.K5 risk_not_understood',
    ]);
  });
});
