import { canonicalJson, type Json } from '@app/encoding';
import { describe, expect, it } from '@jest/globals';
import { consents, DAY, GENEROUS, id, T0 } from '../test/histories.js';
import { makeConsentMatrix } from './consent.js';
import { COUNTRIES } from './countries.js';
import {
  checkReport,
  checkRoutable,
  isDigital,
  joinReport,
  REPORT_QUESTIONS,
  type ReportBody,
  type RouteContext,
  splitReport,
} from './report.js';

const LEAST: ReportBody = {
  version: 1,
  safety: { declared_urgent: 'unsure' },
  submitter: { relation: 'PNS' },
  engagements: [{ body: 'UNK' }],
  acts: [{ what: 'They came to the house.' }],
  concerned: { state: 'PNS' },
  consent: { matrix: consents({}) },
};

const FULL: ReportBody = {
  version: 1,
  safety: { declared_urgent: 'yes', device_safe: 'no', language: 'es-419' },
  submitter: {
    relation: 'RELATIVE',
    name: 'Inés',
    keep_from_person: false,
    keep_from_offices: true,
    contact: 'drop-box only, never by phone',
  },
  persons: [
    { unit: 'INDIVIDUAL', names: 'Marta', relation: 'SC-A', gender: 'female', age: '30_59', number: 1 },
    { relation: 'SC-D', role: 'relative' },
  ],
  engagements: [
    { body: 'HRC', stage: 'PAST', when: '2026-09', modality: 'VID', event: 'item 5' },
    { body: 'UPR' },
  ],
  digital: { platform: 'a meeting service', vectors: 'participant list' },
  acts: [
    { what: 'A call at night.', types: ['A09', 'F02'], from: '2026-09-14', country: 'URY', target: 'SELF' },
    { what: 'Online.', types: ['F08'], from: '2026', ongoing: 'yes', place: 'online' },
  ],
  perpetrators: [{ kind: 'UNK', name: 'unknown caller' }],
  concerned: { state: 'URY' },
  link: { reasons: ['CLOSE_IN_TIME', 'CITES_UN'], text: 'two days after' },
  risk: { text: 'contact by the State' },
  done: { channels: ['SP'], state_steps: ['RSP7'] },
  wishes: { requests: ['CONTACT', 'RAISE_STATE'] },
  consent: { matrix: consents(GENEROUS), risks_explained: true, exclusions: [id('a')] },
};

const json = (report: unknown): Json => report as Json;
const problems = (body: unknown): unknown => {
  const checked = checkReport(json(body));
  return checked.ok ? [] : checked.problems;
};

describe('the list of questions', () => {
  it('names the answers that are needed, and the codes of each', () => {
    const needed = REPORT_QUESTIONS.filter(({ isNeeded }) => isNeeded);
    expect(needed.map(({ id, section, field }) => `${id} ${section}.${field}`)).toEqual([
      '0.1 safety.declared_urgent',
      '1.1 submitter.relation',
      '6.4 concerned.state',
      '11 consent.matrix',
      '3.1 engagements.body',
      '5.1 acts.what',
    ]);
    expect(REPORT_QUESTIONS.find(({ field }) => field === 'types')).toMatchObject({
      id: '5.2',
      isRepeated: true,
      options: expect.arrayContaining(['A01', 'UNK']) as unknown,
    });
    expect(REPORT_QUESTIONS.find(({ field }) => field === 'what')).not.toHaveProperty('options');
  });

  it('agrees with the check: every code in a list is accepted, no other is', () => {
    for (const { section, field, options = [], isRepeated } of REPORT_QUESTIONS) {
      if (options.length === 0) continue;
      const before = (LEAST as unknown as Record<string, object | object[]>)[section] ?? {};
      const problemsWith = (value: unknown): unknown => {
        const answers = { ...(Array.isArray(before) ? (before[0] as object) : before), [field]: value };
        return problems({ ...LEAST, [section]: isRepeated ? [answers] : answers });
      };
      const accepted = [...options, options].filter(
        (value) => (problemsWith(value) as unknown[]).length === 0,
      );
      expect([section, field, accepted]).toEqual([
        section,
        field,
        accepted.length === 1 ? [options] : options,
      ]);
      expect(problemsWith('no such code')).not.toEqual([]);
    }
  });
});

describe('checkReport', () => {
  it('accepts the least and the full report as they are', () => {
    expect(checkReport(json(LEAST))).toEqual({ ok: true, report: LEAST });
    expect(checkReport(json(FULL))).toEqual({ ok: true, report: FULL });
  });

  it('asks for exactly the six answers of SPEC.md §8.1', () => {
    expect(problems({ version: 1 })).toEqual(
      ['0.1', '1.1', '6.4', '11', '3.1', '5.1'].map((field) => ({ field, code: 'missing' })),
    );
    expect(problems({ ...LEAST, engagements: [], acts: [] })).toEqual([
      { field: '3.1', code: 'missing' },
      { field: '5.1', code: 'missing' },
    ]);
  });

  const bad: readonly (readonly [string, unknown, unknown])[] = [
    ['not an object', 'x', [{ field: 'report', code: 'not_object' }]],
    ['a list', [], [{ field: 'report', code: 'not_object' }]],
    ['another version', { ...LEAST, version: 2 }, [{ field: 'version', code: 'not_in_list' }]],
    ['an unknown section', { ...LEAST, toString: {} }, [{ field: 'report', code: 'unknown_field' }]],
    [
      'an unknown field',
      { ...LEAST, safety: { declared_urgent: 'no', gps: 1 } },
      [{ field: 'safety', code: 'unknown_field' }],
    ],
    ['a section of another kind', { ...LEAST, safety: [] }, [{ field: 'safety', code: 'not_object' }]],
    ['a list that is none', { ...LEAST, acts: {} }, [{ field: 'acts', code: 'not_list' }]],
    [
      'too many',
      { ...LEAST, engagements: Array.from({ length: 33 }, () => ({ body: 'HRC' })) },
      [{ field: 'engagements', code: 'too_long' }],
    ],
    ['an empty narrative', { ...LEAST, acts: [{ what: ' \n' }] }, [{ field: '5.1', code: 'missing', at: 0 }]],
    [
      'a narrative without end',
      { ...LEAST, acts: [{ what: 'x'.repeat(40_001) }] },
      [{ field: '5.1', code: 'too_long', at: 0 }],
    ],
    [
      'the second act',
      { ...LEAST, acts: [{ what: 'x' }, { what: 'y', types: ['A01', 'A01'], from: '2026-13' }] },
      [
        { field: '5.2', code: 'repeated', at: 1 },
        { field: '5.4', code: 'not_date', at: 1 },
      ],
    ],
    [
      'a State by name',
      { ...LEAST, concerned: { state: 'Uruguay' } },
      [{ field: '6.4', code: 'not_in_list' }],
    ],
    [
      'ONLINE is no State',
      { ...LEAST, concerned: { state: 'ONLINE' } },
      [{ field: '6.4', code: 'not_in_list' }],
    ],
    ['a bad matrix', { ...LEAST, consent: { matrix: 'n' } }, [{ field: '11', code: 'bad_length' }]],
    ['null', { ...LEAST, submitter: { relation: null } }, [{ field: '1.1', code: 'not_in_list' }]],
  ];
  it.each(bad)('names the field: %s', (_name, body, expected) => {
    expect(problems(body)).toEqual(expected);
  });
});

describe('splitReport', () => {
  it('puts 1.2-1.4 and 2.2 into identity and nothing else', () => {
    const { main, identity } = splitReport(FULL);
    expect(identity).toEqual({
      version: 1,
      submitter: {
        name: 'Inés',
        keep_from_person: false,
        keep_from_offices: true,
        contact: 'drop-box only, never by phone',
      },
      persons: [{ names: 'Marta' }, {}],
    });
    const text = canonicalJson(main);
    for (const word of ['Inés', 'Marta', 'drop-box', 'keep_from']) expect(text).not.toContain(word);
    expect(main).toMatchObject({
      submitter: { relation: 'RELATIVE' },
      acts: FULL.acts,
      consent: FULL.consent,
    });
  });

  it.each([LEAST, FULL])('loses nothing: the halves join to the whole', (report) => {
    const { main, identity } = splitReport(report);
    expect(joinReport(main, identity)).toEqual({ ok: true, report });
  });

  it('names a person apart from her report', () => {
    const { main } = splitReport(FULL);
    const other = splitReport({ ...FULL, persons: [{ names: 'Ana' }] }).identity;
    expect(joinReport(main, other)).toEqual({
      ok: false,
      problems: [{ field: 'persons', code: 'halves_differ' }],
    });
    expect(joinReport(main, { version: 2 })).toEqual({
      ok: false,
      problems: [{ field: 'version', code: 'halves_differ' }],
    });
    expect(joinReport(main, { version: 1, elsewhere: {} })).toEqual({
      ok: false,
      problems: [{ field: 'elsewhere', code: 'halves_differ' }],
    });
    expect(joinReport(main, { version: 1, persons: [{}, 'x'] })).toEqual({
      ok: false,
      problems: [{ field: 'persons', code: 'halves_differ' }],
    });
    expect(joinReport(null, { version: 1 })).toEqual({
      ok: false,
      problems: [{ field: 'report', code: 'not_object' }],
    });
  });

  it('shows main alone as a report of its own', () => {
    expect(checkReport(splitReport(FULL).main).ok).toBe(true);
  });
});

describe('isDigital', () => {
  it.each([
    [LEAST, false],
    [FULL, true],
    [{ ...LEAST, engagements: [{ body: 'HRC', modality: 'HYB' }] }, true],
    [{ ...LEAST, engagements: [{ body: 'HRC', modality: 'INP' }] }, false],
    [{ ...LEAST, acts: [{ what: 'x', types: ['F01'] }] }, true],
    [{ ...LEAST, acts: [{ what: 'x', types: ['A01'] }] }, false],
    [{ ...LEAST, digital: { deployment: 'session 63' } }, true],
    [{ ...LEAST, digital: { platform: 'x' } }, false],
  ] as readonly (readonly [ReportBody, boolean])[])('%#', (report, digital) => {
    expect(isDigital(report)).toBe(digital);
  });
});

describe('checkRoutable', () => {
  const context = (row: typeof GENEROUS, age: number | undefined = DAY): RouteContext => {
    const ctx = { consents: makeConsentMatrix([row]), now: T0 };
    return age < 0 ? ctx : { ...ctx, riskAssessedAt: T0 - age };
  };
  const ready = context(GENEROUS);

  it('finds nothing missing in a full report', () => {
    expect(checkRoutable(FULL, 'SENIOR', ready)).toEqual([]);
    expect(checkRoutable(FULL, 'STATE', ready)).toEqual([]);
  });

  it('the least report goes nowhere', () => {
    expect(checkRoutable(LEAST, 'SENIOR', context({}))).toEqual([
      { field: '2.4', code: 'missing' },
      { field: '6.4', code: 'missing' },
      { field: '11', code: 'consent_missing' },
    ]);
    expect(checkRoutable(LEAST, 'STATE', context({}, -1))).toEqual([
      { field: '2.4', code: 'missing' },
      { field: '6.4', code: 'missing' },
      { field: '5.2', code: 'missing' },
      { field: '5.4', code: 'missing' },
      { field: '5.5', code: 'missing' },
      { field: '11', code: 'consent_missing' },
      { field: '8.1', code: 'risk_not_assessed' },
    ]);
  });

  it.each([
    ['SENIOR', { ...FULL, persons: [{ relation: 'SC-N' }] }, ready, [{ field: '2.4', code: 'out_of_scope' }]],
    ['SENIOR', { ...FULL, persons: [{ relation: 'SC-N' }, { relation: 'SC-B' }] }, ready, []],
    ['SENIOR', { ...FULL, concerned: { state: 'UNK' } }, ready, [{ field: '6.4', code: 'reason_missing' }]],
    ['SENIOR', { ...FULL, concerned: { state: 'UNK', reason: 'not seen' } }, ready, []],
    [
      'STATE',
      { ...FULL, concerned: { state: 'UNK', reason: 'not seen' } },
      ready,
      [{ field: '6.4', code: 'missing' }],
    ],
    ['STATE', FULL, context({ ...GENEROUS, K5: '3' }), [{ field: '2.2', code: 'missing' }]],
    [
      'STATE',
      { ...FULL, acts: [{ ...FULL.acts[0], types: [] }] },
      ready,
      [{ field: '5.2', code: 'missing' }],
    ],
    ['STATE', FULL, context(GENEROUS, 7 * DAY), []],
    ['STATE', FULL, context(GENEROUS, 7 * DAY + 1), [{ field: '8.1', code: 'risk_not_assessed' }]],
  ] as readonly (readonly ['SENIOR' | 'STATE', ReportBody, RouteContext, unknown])[])(
    '%s %#',
    (channel, report, ctx, expected) => {
      expect(checkRoutable(report, channel, ctx)).toEqual(expected);
    },
  );
});

describe('COUNTRIES', () => {
  it('are the 249 assigned codes, in order, once', () => {
    expect(COUNTRIES).toHaveLength(249);
    expect(COUNTRIES).toEqual([...new Set(COUNTRIES)].sort());
    expect(COUNTRIES.every((country) => /^[A-Z]{3}$/.test(country))).toBe(true);
  });
});
