import { describe, expect, it } from '@jest/globals';
import { checkReport, COUNTRIES as ALPHA_3, LISTS, SCOPES as MATRIX } from '@app/casework';
import { COUNTRIES } from './countries.js';
import {
  checkStep,
  type Draft,
  EMPTY,
  readDraft,
  SCOPES,
  STEPS,
  stepOf,
  toReport,
  withoutRow,
} from './form.js';
import type { Json } from './protocol.js';
import { labelsEn } from './i18n/labels-en.js';

const NEEDED = {
  'safety.declared_urgent': 'no',
  'submitter.relation': 'VICTIM',
  'engagements[0].body': 'HRC',
  'acts[0].what': 'What was said.',
  'concerned.state': 'FRA',
};
const draftOf = (answers: Record<string, string>, rows = EMPTY.rows): Draft => ({ answers, rows });
const report = (draft: Draft) => checkReport(toReport(draft, 'en', '2026-11-25'));

describe('the form', () => {
  it('needs five answers, and they make a report', () => {
    expect(STEPS.flatMap((step) => checkStep(EMPTY, step)).map(({ path }) => path)).toEqual(
      Object.keys(NEEDED),
    );
    expect(STEPS.flatMap((step) => checkStep(draftOf(NEEDED), step))).toEqual([]);
    expect(report(draftOf(NEEDED))).toMatchObject({ ok: true });
  });

  it('makes a report of everything it asks', () => {
    const answers = {
      ...NEEDED,
      'persons[0].names': 'Invented Name',
      'persons[1].unit': 'FAMILY',
      'acts[0].from.value': '2026-10',
      'acts[1].what': 'A second event.',
      'risk.worse': 'PUBLICITY FAMILY',
      'perpetrators[0].kind': 'STATE',
      'consent[0].given_by': 'alleged_victim',
      'consent[0].K5': '2',
      'consent[0].understands': 'unsure',
      'consent[1].given_by': 'guardian',
      'consent[1].why_not_person': 'DETAINED',
      'consent[1].K5': 'r',
    };
    const draft = draftOf(answers, { persons: 2, acts: 2 });
    expect(STEPS.flatMap((step) => checkStep(draft, step))).toEqual([]);
    const checked = report(draft);
    expect(checked).toMatchObject({
      ok: true,
      report: {
        acts: [{ from: { value: '2026-10', precision: 'DAY_UNKNOWN' } }, {}],
        risk: { worse: ['PUBLICITY', 'FAMILY'] },
        consent: {
          records: [
            { person: 1, decision: 'granted' },
            { person: 2, decision: 'refused' },
          ],
        },
      },
    });
  });

  it.each([
    [{ 'acts[0].from.value': '2026-02-30' }, 'acts[0].from', 'date'],
    [{ 'acts[0].from.value': '2026-10', 'acts[0].from.precision': 'EXACT' }, 'acts[0].from', 'date'],
    [{ 'acts[0].from.precision': 'EXACT' }, 'acts[0].from', 'date'],
    [{ 'submitter.relation': 'NGO', 'consent[0].K3': 'N' }, 'consent[0].given_by', 'giver'],
    [{ 'consent[0].given_by': 'family', 'consent[0].K3': 'N' }, 'consent[0].why_not_person', 'giver_why'],
    [
      { 'consent[0].given_by': 'family', 'consent[0].why_not_person': 'OTHER', 'consent[0].K6': '1' },
      'consent[0].K6',
      'giver_barred',
    ],
  ])('does not pass %j', (wrong: Record<string, string>, path: string, code: string) => {
    const draft = draftOf({ ...NEEDED, ...wrong });
    expect(STEPS.flatMap((step) => checkStep(draft, step))).toEqual([{ path, code }]);
    expect(report(draft).ok).toBe(false);
  });

  it('asks whoever allows something whether she understands what cannot be undone', () => {
    const given = { ...NEEDED, 'consent[0].given_by': 'alleged_victim', 'consent[0].K3': 'N' };
    expect(checkStep(draftOf(given), 'consent')).toEqual([
      { path: 'consent[0].understands', code: 'understands' },
    ]);
    const refused = { ...given, 'consent[0].K3': 'r' };
    expect(checkStep(draftOf(refused), 'consent')).toEqual([]);
    const answered = { ...given, 'consent[0].understands': 'no' };
    expect(report(draftOf(answered))).toMatchObject({
      report: { consent: { records: [{ scope: 'K3', understands: 'no' }] } },
    });
  });

  it('takes a row out, and those below move up with their consents', () => {
    const answers = {
      'persons[0].names': 'a',
      'persons[1].names': 'b',
      'consent[1].K1': 'g',
      'acts[1].what': 'x',
    };
    const { answers: left, rows } = withoutRow(draftOf(answers, { persons: 2, acts: 2 }), 'persons', 0);
    expect(left).toEqual({ 'persons[0].names': 'b', 'consent[0].K1': 'g', 'acts[1].what': 'x' });
    expect(rows).toEqual({ persons: 1, acts: 2 });
  });

  it('reads a draft back, and nothing else', () => {
    const draft = draftOf(NEEDED);
    expect(readDraft(JSON.parse(JSON.stringify(draft)) as Json)).toEqual(draft);
    for (const other of [
      null,
      'x',
      {},
      { answers: { a: 1 }, rows: EMPTY.rows },
      { answers: {}, rows: { persons: 9, acts: 1 } },
    ])
      expect(readDraft(other as never)).toBeUndefined();
  });

  it('has the codes of the questionnaire: lists, scopes, countries', () => {
    for (const [list, texts] of Object.entries(labelsEn.codes)) {
      if (list === 'PLACE') continue;
      expect(Object.keys(texts)).toEqual(LISTS[list as keyof typeof LISTS]);
    }
    expect(Object.keys(SCOPES)).toEqual(MATRIX);
    expect(COUNTRIES.map(([alpha3]) => alpha3)).toEqual(ALPHA_3);
    expect(new Set(COUNTRIES.map(([, alpha2]) => alpha2)).size).toBe(ALPHA_3.length);
  });

  it('knows the step of a problem', () => {
    expect([stepOf('acts[1].from'), stepOf('link.text'), stepOf('consent.matrix')]).toEqual([
      'acts',
      'concerned',
      'consent',
    ]);
  });
});
