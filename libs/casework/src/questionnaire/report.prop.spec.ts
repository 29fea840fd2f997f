import { canonicalJson, type Json } from '@app/encoding';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { consents } from '../../test/histories.js';
import { ALL_GRANTED, FULL_REPORT, LEAST_REPORT, record } from '../../test/reports.js';
import { makeConsentMatrix } from '../consent.js';
import { CHANNEL } from '../vocabularies.js';
import { checkReport, joinReport, splitReport } from './check.js';
import { suggestedPriority } from './facts.js';
import { applyFollowUps, checkFollowUp } from './follow-up.js';
import { LISTS } from './lists.js';
import { type AnswerKind, REPORT_QUESTIONS, type ReportQuestion, SECTIONS } from './questions.js';
import { checkRoutable } from './routable.js';

const RUNS = Number(process.env.FC_RUNS ?? 200);
const SECRET = 'SECRET-';

type Answers = Readonly<Record<string, Json>>;

/** Texts that occur nowhere else: those of `identity` begin with the mark. */
function textOf({ part }: ReportQuestion): fc.Arbitrary<string> {
  const mark = part === 'identity' ? SECRET : 'told-';
  return fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => `${mark}${text}`);
}

const goodDate: fc.Arbitrary<Json> = fc.constantFrom<Json>(
  { value: '2026-10-31', precision: 'EXACT' },
  { value: '2026', precision: 'ESTIMATE' },
  { precision: 'UNK' },
);
const date: fc.Arbitrary<Json> = fc.constantFrom<Json>(
  { value: '2026-10-31', precision: 'EXACT' },
  { value: '2026-10', precision: 'DAY_UNKNOWN' },
  { value: '2026', precision: 'ESTIMATE' },
  { value: '2026-10', precision: 'EXACT' },
  { precision: 'UNK' },
  { precision: 'AFTER' },
);
const records: fc.Arbitrary<Json> = fc
  .array(
    fc.record({
      person: fc.integer({ min: 1, max: 4 }),
      scope: fc.constantFrom('K3', 'K5', 'K6'),
      decision: fc.constantFrom(...LISTS.DECISION),
      given_by: fc.constantFrom(...LISTS.GIVEN_BY),
    }),
    { maxLength: 3 },
  )
  .map((list) => list as unknown as Json);

/** Answers that hold by themselves and agree with all others. */
function goodAnswerOf(question: ReportQuestion): fc.Arbitrary<Json> {
  const { kind, options = [], field } = question;
  if (field === 'ongoing' || field === 'child') return fc.constant('unsure');
  if (kind === 'many') return fc.constantFrom(...options).map((code) => [code]);
  if (kind === 'date') return field === 'to' ? fc.constant({ precision: 'UNK' }) : goodDate;
  if (kind === 'number') return fc.integer({ min: 1, max: 9 });
  if (kind === 'records') return fc.constant([]);
  if (kind === 'identifier') return fc.constant(field === 'exclusions' ? [] : 'd-63');
  if (field === 'language') return fc.constantFrom('es', 'es-419');
  return answerOf(question);
}

const hashOf = (question: ReportQuestion): fc.Arbitrary<Json> =>
  fc.constant((question.part === 'identity' ? 'cd' : 'ab').repeat(32));

const BY_KIND: Readonly<Record<AnswerKind, (question: ReportQuestion) => fc.Arbitrary<Json>>> = {
  one: ({ options = [] }) => fc.constantFrom(...options),
  many: ({ options = [] }) => fc.uniqueArray(fc.constantFrom(...options), { maxLength: 3 }),
  date: () => date,
  number: () => fc.integer({ min: 0, max: 9 }),
  yes_no: () => fc.boolean(),
  hash: hashOf,
  consents: () => fc.constant(consents(ALL_GRANTED)),
  records: () => records,
  identifier: ({ field }) => (field === 'exclusions' ? fc.constant([]) : fc.constantFrom('d-63', 'not one')),
  text: (question) =>
    question.field === 'language' ? fc.constantFrom('es', 'es-419', 'x') : textOf(question),
};

function answerOf(question: ReportQuestion): fc.Arbitrary<Json> {
  return BY_KIND[question.kind](question);
}

function rowOf(section: string, answer: typeof answerOf): fc.Arbitrary<Answers> {
  const questions = REPORT_QUESTIONS.filter((question) => question.section === section);
  const fields = Object.fromEntries(questions.map((question) => [question.field, answer(question)]));
  const requiredKeys = questions.filter(({ requirement }) => requirement === 'R').map(({ field }) => field);
  return fc.record(fields, { requiredKeys });
}

const NEEDED = ['version', 'safety', 'submitter', 'engagements', 'acts', 'concerned', 'consent'];

function reportsOf(answer: typeof answerOf): fc.Arbitrary<Answers> {
  const sections = Object.keys(SECTIONS).map((section) => {
    const isRepeated = REPORT_QUESTIONS.some((q) => q.section === section && q.isRepeated);
    const row = rowOf(section, answer);
    return [section, isRepeated ? fc.array(row, { minLength: 1, maxLength: 3 }) : row] as const;
  });
  const model: Record<string, fc.Arbitrary<unknown>> = {
    version: fc.constant(2),
    ...Object.fromEntries(sections),
  };
  return fc.record(model, { requiredKeys: NEEDED }) as unknown as fc.Arbitrary<Answers>;
}

const reports = fc.oneof(reportsOf(goodAnswerOf), reportsOf(answerOf));

describe('every report that can be made', () => {
  it('is accepted as it is, or has named problems at places that are there', () => {
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(reports, (body) => {
        const checked = checkReport(body);
        if (checked.ok) {
          seen.accepted += 1;
          expect(canonicalJson(checked.report as unknown as Json)).toBe(canonicalJson(body));
          return;
        }
        seen.refused += 1;
        expect(checked.problems.length).toBeGreaterThan(0);
        for (const { field, path, code } of checked.problems) {
          expect(code).toMatch(/^[a-z_]+$/);
          expect(path).toMatch(/^[a-z_]+(\[\d+\])?(\.[a-z_0-9]+(\[\d+\])?)*$/);
          expect(REPORT_QUESTIONS.some(({ id }) => id === field)).toBe(true);
        }
      }),
      { numRuns: RUNS },
    );
    fc.assert(
      fc.property(reports, (body) => void (seen[checkReport(body).ok ? 'accepted' : 'refused'] += 1)),
      {
        numRuns: 300,
        seed: 20_261_125,
      },
    );
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(10);
  });

  it('splits and joins to itself; main holds nothing of identity', () => {
    fc.assert(
      fc.property(reports, (body) => {
        const { main, identity } = splitReport(body as never);
        expect(canonicalJson(main)).not.toContain(SECRET);
        expect(canonicalJson(main)).not.toContain('cdcd');
        expect(canonicalJson(identity)).not.toContain('told-');
        expect(joinReport(main, identity)).toEqual(checkReport(body));
      }),
      { numRuns: RUNS },
    );
  });

  it('is refused with any key that no question has', () => {
    const places = fc.constantFrom(...Object.keys(SECTIONS), '');
    const keys = fc
      .oneof(fc.constantFrom('toString', '__proto__', 'constructor', 'hasOwnProperty'), fc.string())
      .filter(
        (key) => !REPORT_QUESTIONS.some((q) => q.field === key || q.section === key) && key !== 'version',
      );
    fc.assert(
      fc.property(places, keys, (section, key) => {
        const alien = (row: object): object =>
          JSON.parse(`{${JSON.stringify(key)}:1,${JSON.stringify(row).slice(1)}`) as object;
        const full = FULL_REPORT as unknown as Record<string, object>;
        const given = full[section];
        const body =
          given === undefined
            ? alien(FULL_REPORT)
            : { ...full, [section]: Array.isArray(given) ? (given as object[]).map(alien) : alien(given) };
        const checked = checkReport(body as Json);
        expect(checked.ok ? [] : checked.problems.map(({ code }) => code)).toContain('unknown_field');
      }),
      { numRuns: RUNS },
    );
  });

  it('can be asked about every channel and for every fact', () => {
    const ctx = { consents: makeConsentMatrix([ALL_GRANTED]), now: 0, answers: [record(1)] };
    fc.assert(
      fc.property(reports, fc.constantFrom(...CHANNEL), (body, channel) => {
        const checked = checkReport(body);
        if (!checked.ok) return;
        for (const { code } of checkRoutable(checked.report, channel, ctx)) expect(code).toMatch(/^[a-z_]+$/);
        expect(['P1', 'P3']).toContain(suggestedPriority(checked.report).priority);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('hostile input', () => {
  const anything = fc.jsonValue() as fc.Arbitrary<Json>;
  const nearly = fc
    .tuple(fc.constantFrom(...REPORT_QUESTIONS), anything, fc.constantFrom(1, 2))
    .map(([{ section, field, isRepeated }, value, version]) => {
      const before = (LEAST_REPORT as unknown as Record<string, object | object[]>)[section] ?? {};
      const row = { ...(Array.isArray(before) ? (before[0] as object) : before), [field]: value };
      return { ...LEAST_REPORT, version, [section]: isRepeated ? [row] : row };
    });

  it('never makes a check throw', () => {
    fc.assert(
      fc.property(fc.oneof(anything, nearly), anything, (body, other) => {
        checkReport(body);
        joinReport(body, other);
        joinReport(other, body);
        const followUp = checkFollowUp({ version: 2, acts: [body], corrections: [other] });
        if (followUp.ok) applyFollowUps(FULL_REPORT, [followUp.followUp]);
      }),
      { numRuns: RUNS * 5 },
    );
  });

  it('however deep it is', () => {
    let deep: Json = 1;
    for (let i = 0; i < 20_000; i++) deep = [deep];
    expect(checkReport({ ...LEAST_REPORT, submitter: { relation: deep } }).ok).toBe(false);
    expect(joinReport({ version: 2, persons: deep }, { version: 2, persons: deep }).ok).toBe(false);
  });
});
