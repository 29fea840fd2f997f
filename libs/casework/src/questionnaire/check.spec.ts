import { canonicalJson, type Json } from '@app/encoding';
import { describe, expect, it } from '@jest/globals';
import { consents } from '../../test/histories.js';
import { ALL_GRANTED, FULL_REPORT, LEAST_REPORT, record } from '../../test/reports.js';
import { COUNTRIES } from '../countries.js';
import { checkReport, joinReport, MOST_HALF_BYTES, splitReport } from './check.js';
import { ALONE } from './lists.js';
import { REPORT_QUESTIONS } from './questions.js';

const json = (report: unknown): Json => report as Json;
/** Each problem as `field path code`. */
const problems = (body: unknown): string[] => {
  const checked = checkReport(json(body));
  return checked.ok ? [] : checked.problems.map(({ field, path, code }) => `${field} ${path} ${code}`);
};
const least = (change: object): unknown => ({ ...LEAST_REPORT, ...change });

describe('the list of questions', () => {
  it('names the answers that are needed, and the codes of each', () => {
    const needed = REPORT_QUESTIONS.filter(({ requirement }) => requirement === 'R');
    expect(needed.map(({ id, section, field }) => `${id} ${section}.${field}`)).toEqual([
      '0.1 safety.declared_urgent',
      '1.1 submitter.relation',
      '3.1 engagements.body',
      '5.1 acts.what',
      '6.4 concerned.state',
      '11 consent.matrix',
    ]);
    expect(REPORT_QUESTIONS.find(({ field }) => field === 'types')).toMatchObject({
      id: '5.2',
      kind: 'many',
      list: 'ACT',
      classes: ['E0', 'ST'],
      requirement: 'C',
      channels: ['STATE', 'PUBLIC'],
      isRepeated: true,
      options: expect.arrayContaining(['A01', 'UNK']) as unknown,
    });
    expect(REPORT_QUESTIONS.find(({ field }) => field === 'what')).not.toHaveProperty('options');
  });

  it('has every number of the questionnaire, in order', () => {
    const numbers = [...new Set(REPORT_QUESTIONS.map(({ id }) => id))].filter((id) => id.includes('.'));
    expect(numbers.join(' ')).toBe(
      '0.1 0.2 0.3 1.1 1.2 1.3 1.4 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 2.9 3.1 3.2 3.3 3.4 3.5 4.1 4.2 4.3 4.4 4.5 4.6 ' +
        '5.1 5.2 5.3 5.4 5.5 5.6 5.7 6.1 6.2 6.3 6.4 7.1 8.1 8.2 9.1 9.2 9.3',
    );
  });

  it('is what the server knows only where it must be: urgency and the codes of consent', () => {
    const known = REPORT_QUESTIONS.filter(({ classes }) => classes.includes('M'));
    expect(known.map(({ section, field }) => `${section}.${field}`)).toEqual([
      'safety.declared_urgent',
      'consent.matrix',
      'consent.exclusions',
    ]);
  });

  it('counts and hands over what the design says', () => {
    const of = (name: 'ST' | 'E1') => [
      ...new Set(REPORT_QUESTIONS.filter(({ classes }) => classes.includes(name)).map(({ id }) => id)),
    ];
    expect(of('ST')).toEqual(['2.5', '2.7', '3.1', '3.2', '3.4', '4.3', '5.2', '5.3', '5.6', '6.1']);
    expect(of('E1')).toEqual(['2.4', '10']);
  });

  it('agrees with the check: every code in a list is accepted, no other is', () => {
    for (const { section, field, options = [], kind, isRepeated } of REPORT_QUESTIONS) {
      if (options.length === 0) continue;
      const before = (LEAST_REPORT as unknown as Record<string, object | object[]>)[section] ?? {};
      const problemsWith = (value: unknown): string[] => {
        const answers = { ...(Array.isArray(before) ? (before[0] as object) : before), [field]: value };
        return problems(least({ [section]: isRepeated ? [answers] : answers }));
      };
      const together = options.filter((code) => !ALONE.includes(code));
      const asked = kind === 'many' ? [...options.map((code) => [code]), together] : options;
      expect([field, ...asked.flatMap(problemsWith)]).toEqual([field]);
      expect(problemsWith(kind === 'many' ? options[0] : [options[0]])).toHaveLength(1);
      expect(problemsWith('no such code')).toHaveLength(1);
      expect(problemsWith(['no such code'])).toHaveLength(1);
    }
  });
});

describe('checkReport', () => {
  it('accepts the least and the full report as they are', () => {
    expect(checkReport(json(LEAST_REPORT))).toEqual({ ok: true, report: LEAST_REPORT });
    expect(checkReport(json(FULL_REPORT))).toEqual({ ok: true, report: FULL_REPORT });
  });

  it('the full report answers every question', () => {
    const given = FULL_REPORT as unknown as Record<string, object | object[]>;
    const unanswered = REPORT_QUESTIONS.filter(({ section, field }) => {
      const answers = [given[section] ?? []].flat();
      return !answers.some((row) => Object.hasOwn(row, field));
    });
    expect(unanswered.map(({ section, field }) => `${section}.${field}`)).toEqual(['engagements.note']);
  });

  it('asks for exactly the six answers of SPEC.md §8.1', () => {
    const asked = [
      '0.1 safety.declared_urgent missing',
      '1.1 submitter.relation missing',
      '3.1 engagements[0].body missing',
      '5.1 acts[0].what missing',
      '6.4 concerned.state missing',
      '11 consent.matrix missing',
    ];
    expect(problems({ version: 2 })).toEqual(asked);
    expect(problems(least({ engagements: [], acts: [] }))).toEqual(asked.slice(2, 4));
  });

  const bad: readonly (readonly [string, unknown, string[]])[] = [
    ['not an object', 'x', ['report report not_object']],
    ['a list', [], ['report report not_object']],
    ['another version', least({ version: 3 }), ['version version not_in_list']],
    ['no version', least({ version: undefined }), ['version version not_in_list']],
    ['an unknown section', least({ toString: {} }), ['report report unknown_field']],
    [
      'an unknown field',
      least({ safety: { declared_urgent: 'no', gps: 1 } }),
      ['safety safety unknown_field'],
    ],
    ['a section of another kind', least({ safety: [] }), ['safety safety not_object']],
    ['a list that is none', least({ acts: {} }), ['acts acts not_list']],
    [
      'too many',
      least({ engagements: Array.from({ length: 33 }, () => ({ body: 'HRC' })) }),
      ['engagements engagements too_long'],
    ],
    [
      'too many persons',
      least({ persons: Array.from({ length: 9 }, () => ({})) }),
      ['persons persons too_long'],
    ],
    ['an empty narrative', least({ acts: [{ what: ' \n' }] }), ['5.1 acts[0].what missing']],
    [
      'a narrative without end',
      least({ acts: [{ what: 'x'.repeat(40_001) }] }),
      ['5.1 acts[0].what too_long'],
    ],
    ['half a character', least({ acts: [{ what: 'x\ud800' }] }), ['5.1 acts[0].what not_text']],
    [
      'the second act',
      least({ acts: [{ what: 'x' }, { what: 'y', types: ['A01', 'A01'], from: '2026-10' }] }),
      ['5.2 acts[1].types repeated', '5.4 acts[1].from not_dated'],
    ],
    [
      'unknown beside what is known',
      least({ acts: [{ what: 'x', types: ['A01', 'UNK'] }] }),
      ['5.2 acts[0].types not_together'],
    ],
    ['a State by name', least({ concerned: { state: 'Uruguay' } }), ['6.4 concerned.state not_in_list']],
    ['ONLINE is no State', least({ concerned: { state: 'ONLINE' } }), ['6.4 concerned.state not_in_list']],
    ['a bad matrix', least({ consent: { matrix: 'n' } }), ['11 consent.matrix bad_length']],
    ['null', least({ submitter: { relation: null } }), ['1.1 submitter.relation not_in_list']],
    [
      'a language by name',
      least({ safety: { declared_urgent: 'no', language: 'Espa\u00f1ol' } }),
      ['0.3 safety.language not_language'],
    ],
    [
      'an identifier with spaces',
      least({ digital: { deployment_id: 'session 63' } }),
      ['4.2 digital.deployment_id not_identifier'],
    ],
    [
      'an end before the beginning',
      least({
        acts: [
          {
            what: 'x',
            from: { value: '2026-10-02', precision: 'EXACT' },
            to: { value: '2026-09', precision: 'DAY_UNKNOWN' },
            ongoing: 'yes',
          },
        ],
      }),
      ['5.4 acts[0].to date_order', '5.4 acts[0].to still_ongoing'],
    ],
    [
      'a child of forty',
      least({
        persons: [
          { child: 'yes', age: '30_59' },
          { child: 'no', age: 'under_18' },
        ],
      }),
      ['2.6 persons[0].child contradiction', '2.6 persons[1].child contradiction'],
    ],
    [
      'a row of consent that is nobody\u2019s',
      least({ persons: [{}], consent: { matrix: consents({ K1: 'g' }, { K1: 'r' }) } }),
      ['11 consent.matrix rows_not_repeated'],
    ],
    [
      'more than one sealed object holds',
      least({ acts: [{ what: 'x'.repeat(40_000) }, { what: '\u00e9'.repeat(12_000) }] }),
      ['report report too_large'],
    ],
  ];
  it.each(bad)('names the field: %s', (_name, body, expected) => {
    expect(problems(body)).toEqual(expected);
  });

  it('leaves room for the envelope in one sealed object of 64 KiB', () => {
    expect(MOST_HALF_BYTES).toBeLessThanOrEqual(65_536 - 4_096);
  });

  const D = (value: string | undefined, precision: string) =>
    value === undefined ? { precision } : { value, precision };
  it.each([
    [D('2026-10-31', 'EXACT'), ''],
    [D('2024-02-29', 'EXACT'), ''],
    [D('2000-02-29', 'EXACT'), ''],
    [D('2026-10', 'DAY_UNKNOWN'), ''],
    [D('2026', 'MONTH_UNKNOWN'), ''],
    [D('2026', 'ESTIMATE'), ''],
    [D('2026-10', 'BEFORE'), ''],
    [D('2026-10-31', 'AFTER'), ''],
    [D(undefined, 'UNK'), ''],
    [D(undefined, 'PNS'), ''],
    [D('2026-10', 'EXACT'), 'date_precision'],
    [D('2026', 'DAY_UNKNOWN'), 'date_precision'],
    [D('2026-10', 'MONTH_UNKNOWN'), 'date_precision'],
    [D(undefined, 'EXACT'), 'date_missing'],
    [D('2026', 'UNK'), 'date_unneeded'],
    [D('2023-02-29', 'EXACT'), 'not_date'],
    [D('1900-02-29', 'EXACT'), 'not_date'],
    [D('2026-04-31', 'EXACT'), 'not_date'],
    [D('2026-13', 'DAY_UNKNOWN'), 'not_date'],
    [D('2026-00-01', 'EXACT'), 'not_date'],
    [D('2026-01-00', 'EXACT'), 'not_date'],
    [D('1899', 'MONTH_UNKNOWN'), 'not_date'],
    [D('2100', 'MONTH_UNKNOWN'), 'not_date'],
    [D('May', 'ESTIMATE'), 'not_date'],
    [D('2026-10-31T10:00', 'EXACT'), 'too_long'],
    [{ value: '2026' }, 'missing'],
    [{ value: '2026', precision: 'NEARLY' }, 'not_in_list'],
    [{ value: '2026', precision: 'ESTIMATE', zone: 1 }, 'unknown_field'],
    ['2026', 'not_dated'],
  ])('holds a date against its precision: %j %s', (from, code) => {
    const found = problems(least({ acts: [{ what: 'x', from }] })).map((problem) => problem.split(' ')[2]);
    expect(found).toEqual(code === '' ? [] : [code]);
  });

  const withRecords = (persons: object[], ...records: unknown[]): unknown =>
    least({ persons, consent: { matrix: consents(ALL_GRANTED), records } });
  it.each([
    ['of somebody who is not there', [{}], [record(2)], ['records[0].person no_such_person']],
    ['twice', [{}], [record(1), record(1)], ['records[1] repeated']],
    ['with a field of its own', [{}], [{ ...record(1), mood: 1 }], ['records[0] unknown_field']],
    ['without a decision', [{}], [{ person: 1, scope: 'K1' }], ['records[0].decision missing']],
    [
      'on a day that is none',
      [{}],
      [record(1, { given_at: '2026-02-30' })],
      ['records[0].given_at not_date'],
    ],
    [
      'against the matrix',
      [{}, {}],
      [record(1), record(2, { decision: 'refused' })],
      ['records[1].decision consent_differs'],
    ],
  ] as const)('refuses a record of consent %s', (_, persons, records, expected) => {
    expect(problems(withRecords([...persons], ...records))).toEqual(
      expected.map((one) => `11 consent.${one}`),
    );
  });
});

describe('splitReport', () => {
  it('puts 1.2-1.4, 2.2 and hashes of originals into identity and nothing else', () => {
    const { main, identity } = splitReport(FULL_REPORT);
    expect(identity).toEqual({
      version: 2,
      submitter: {
        name: 'In\u00e9s',
        keep_from_person: false,
        keep_from_offices: true,
        contact_ways: ['DROP_BOX'],
        contact: 'drop-box only, after dark',
        never_say: 'the name of the street',
      },
      persons: [{ names: 'Marta', other_names: 'la maestra' }, {}],
      files: [{ original_sha256: 'cd'.repeat(32) }],
    });
    const text = canonicalJson(main);
    for (const word of ['In\u00e9s', 'Marta', 'maestra', 'drop-box', 'keep_from', 'street', 'cdcd'])
      expect(text).not.toContain(word);
    expect(main).toMatchObject({
      submitter: { relation: 'RELATIVE' },
      acts: FULL_REPORT.acts,
      consent: FULL_REPORT.consent,
    });
  });

  it.each([LEAST_REPORT, FULL_REPORT])('loses nothing: the halves join to the whole', (report) => {
    const { main, identity } = splitReport(report);
    expect(joinReport(main, identity)).toEqual({ ok: true, report });
  });

  const { main } = splitReport(FULL_REPORT);
  it.each<[string, Json, Json, string]>([
    ['of other persons', main, { version: 2, persons: [{ names: 'Ana' }] }, 'persons'],
    ['of another version', main, { version: 1 }, 'version'],
    ['with a section of its own', main, { version: 2, elsewhere: {} }, 'elsewhere'],
    ['with a row that is none', main, { version: 2, persons: [{}, 'x'] }, 'persons'],
    ['that changes what main says', main, { version: 2, submitter: { relation: 'NGO' } }, 'submitter'],
    ['whose name is that of a function', main, { version: 2, constructor: {} }, 'constructor'],
  ])('refuses a half %s', (_, one, other, where) => {
    expect(joinReport(one, other)).toEqual({
      ok: false,
      problems: [{ field: where, path: where, code: 'halves_differ' }],
    });
  });

  it('refuses what is no half', () => {
    expect(joinReport(null, { version: 2 })).toEqual({
      ok: false,
      problems: [{ field: 'report', path: 'report', code: 'not_object' }],
    });
  });

  it('shows main alone as a report of its own', () => {
    expect(checkReport(main).ok).toBe(true);
  });
});

describe('COUNTRIES', () => {
  it('are the 249 assigned codes, in order, once', () => {
    expect(COUNTRIES).toHaveLength(249);
    expect(COUNTRIES).toEqual([...new Set(COUNTRIES)].sort());
    expect(COUNTRIES.every((country) => /^[A-Z]{3}$/.test(country))).toBe(true);
  });
});
