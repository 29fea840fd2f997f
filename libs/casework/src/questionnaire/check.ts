/** Checking a report, and taking it apart and together again (SPEC.md §8.1). Only clients can: no server sees content. */
import { canonicalJson, encodeUtf8, type Json, ParseError } from '@app/encoding';
import { type ConsentMatrix, parseConsentMatrix, SCOPES } from '../consent.js';
import { isBefore } from './answers.js';
import { answerProblems, isChild, type PersonAffected } from './consent-answers.js';
import { ALONE } from './lists.js';
import {
  isRepeated,
  MOST_ROWS,
  partOf,
  QUESTIONNAIRE_VERSION,
  type Questions,
  type ReportBody,
  type ReportedAct,
  type ReportPart,
  SECTIONS,
} from './questions.js';
import { upgraded } from './upgrade.js';

/**
 * `field` is the question's number in SPEC.md §8, or the section's name; `path` is the place in the body, as
 * `acts[1].from`.
 */
export type ReportProblem = { readonly field: string; readonly path: string; readonly code: string };

type JsonObject = Readonly<Record<string, Json>>;

/** The longest half of a report, canonical JSON in bytes: it must fit one sealed object with its envelope. */
export const MOST_HALF_BYTES = 61_440;

export type Checked =
  | { readonly ok: true; readonly report: ReportBody }
  | { readonly ok: false; readonly problems: readonly ReportProblem[] };

/**
 * Checks a report for submission: five answers and an answer to consent are needed, everything else may be
 * missing but neither malformed nor contradictory.
 * @returns the report, of an older version in the words of the current one; or every problem found.
 * @see SPEC.md §8
 */
export function checkReport(given: Json): Checked {
  if (!isObject(given)) return refused('report', 'report', 'not_object');
  const { version, ...sections } = upgraded(given);
  const problems: ReportProblem[] = [];
  if (version !== QUESTIONNAIRE_VERSION) problems.push(problem('version', 'version', 'not_in_list'));
  if (Object.keys(sections).some((name) => !Object.hasOwn(SECTIONS, name)))
    problems.push(problem('report', 'report', 'unknown_field'));
  for (const [name, questions] of Object.entries(SECTIONS)) {
    const value = Object.hasOwn(sections, name) ? sections[name] : undefined;
    problems.push(...sectionProblems(name, questions, value));
  }
  if (problems.length > 0) return { ok: false, problems };
  const report = { version, ...sections } as unknown as ReportBody;
  const whole = [...contradictions(report), ...tooLarge(report)];
  return whole.length === 0 ? { ok: true, report } : { ok: false, problems: whole };
}

/**
 * The two halves of a report: `identity` has the answers that may tell who speaks or is affected (1.2-1.4, 2.2, and
 * hashes of originals), `main` everything else. Repeated sections keep their places in both.
 * @see SPEC.md §8
 * Security: free text in `main` may still name people.
 */
export function splitReport(report: ReportBody): { readonly main: Json; readonly identity: Json } {
  return { main: half(report, 'main'), identity: half(report, 'identity') };
}

/**
 * The whole report from its halves.
 * @returns as {@link checkReport}; `halves_differ` if they are not of one report.
 */
export function joinReport(main: Json, identity: Json): Checked {
  if (!isObject(main) || !isObject(identity)) return checkReport(main);
  const joined: Record<string, Json> = { ...main };
  for (const [name, part] of Object.entries(identity)) {
    const section = joinSection(Object.hasOwn(main, name) ? main[name] : undefined, part);
    if (section === undefined) return refused(name, name, 'halves_differ');
    joined[name] = section;
  }
  return checkReport(joined);
}

/** What a report says of each person, one row at least: the rows of the consent matrix that stand for somebody. */
export function personsOf({ persons = [] }: Pick<ReportBody, 'persons'>): readonly PersonAffected[] {
  return persons.length === 0 ? [{}] : persons;
}

function sectionProblems(
  name: string,
  questions: Questions,
  value: Json | undefined,
): readonly ReportProblem[] {
  if (!isRepeated(name))
    return value === undefined ? unanswered(name, questions) : rowProblems(name, name, value);
  if (value === undefined) return unanswered(`${name}[0]`, questions);
  if (!Array.isArray(value)) return [problem(name, name, 'not_list')];
  const items = value as readonly Json[];
  if (items.length > MOST_ROWS[name]) return [problem(name, name, 'too_long')];
  if (items.length === 0) return unanswered(`${name}[0]`, questions);
  return items.flatMap((item, at) => rowProblems(name, `${name}[${String(at)}]`, item));
}

/** The problems of one row of answers by themselves. */
export function rowProblems(name: string, path: string, value: Json): readonly ReportProblem[] {
  const questions = SECTIONS[name] ?? {};
  if (!isObject(value)) return [problem(name, path, 'not_object')];
  const unknown = Object.keys(value).some((key) => !Object.hasOwn(questions, key));
  const problems: ReportProblem[] = unknown ? [problem(name, path, 'unknown_field')] : [];
  for (const [key, { id, of }] of Object.entries(questions)) {
    if (Object.hasOwn(value, key)) problems.push(...answerProblem(name, key, value[key] ?? null, path));
    else if (!of.optional) problems.push(problem(id, `${path}.${key}`, 'missing'));
  }
  return problems;
}

/** The problem of one answer by itself, if it has one. */
export function answerProblem(
  name: string,
  key: string,
  value: Json,
  path: string,
): readonly ReportProblem[] {
  const question = SECTIONS[name]?.[key];
  if (question === undefined) return [problem(name, path, 'unknown_field')];
  const where = `${path}.${key}`;
  try {
    question.of.parse(value, where);
  } catch (error) {
    if (error instanceof ParseError) return [problem(question.id, error.where, error.code)];
    throw error;
  }
  const codes = question.kind === 'many' ? (value as readonly Json[]) : [];
  const isMixed = codes.length > 1 && codes.some((code) => typeof code === 'string' && ALONE.includes(code));
  return isMixed ? [problem(question.id, where, 'not_together')] : [];
}

function unanswered(path: string, questions: Questions): readonly ReportProblem[] {
  return Object.entries(questions)
    .filter(([, { of }]) => !of.optional)
    .map(([key, { id }]) => problem(id, `${path}.${key}`, 'missing'));
}

/** What well-formed answers say against each other. */
function contradictions(report: ReportBody): readonly ReportProblem[] {
  const { acts, persons = [], consent } = report;
  const matrix = parseConsentMatrix(consent.matrix, 'consent.matrix');
  return [
    ...acts.flatMap((act, at) => periodProblems(act, `acts[${String(at)}]`)),
    ...persons.flatMap((person, at) => ageProblems(person, `persons[${String(at)}]`)),
    ...unequalRows(matrix, persons.length),
    ...recordProblems(report, matrix),
  ];
}

function periodProblems({ from, to, ongoing }: ReportedAct, path: string): readonly ReportProblem[] {
  if (to === undefined) return [];
  const isReversed = from !== undefined && isBefore(to, from);
  return [
    ...(isReversed ? [problem('5.4', `${path}.to`, 'date_order')] : []),
    ...(ongoing === 'yes' ? [problem('5.4', `${path}.to`, 'still_ongoing')] : []),
  ];
}

function ageProblems({ age, child }: PersonAffected, path: string): readonly ReportProblem[] {
  const byAge = isChild({ ...(age !== undefined && { age }) });
  const isContradicted = (child === 'yes' && byAge === false) || (child === 'no' && byAge === true);
  return isContradicted ? [problem('2.6', `${path}.child`, 'contradiction')] : [];
}

/** Rows that stand for nobody repeat the last person's, so that they neither count nor speak for anybody. */
function unequalRows(matrix: ConsentMatrix, persons: number): readonly ReportProblem[] {
  if (persons === 0) return [];
  const last = matrix[persons - 1];
  const isRepeating = matrix
    .slice(persons)
    .every((row) => SCOPES.every((scope) => row[scope] === last?.[scope]));
  return isRepeating ? [] : [problem('11', 'consent.matrix', 'rows_not_repeated')];
}

function recordProblems(report: ReportBody, matrix: ConsentMatrix): readonly ReportProblem[] {
  const persons = personsOf(report);
  const seen = new Set<string>();
  return (report.consent.records ?? []).flatMap((record, at) => {
    const path = `consent.records[${String(at)}]`;
    const person = persons[record.person - 1];
    if (person === undefined) return [problem('11', `${path}.person`, 'no_such_person')];
    const key = `${String(record.person)} ${record.scope}`;
    if (seen.has(key)) return [problem('11', path, 'repeated')];
    seen.add(key);
    return answerProblems(record, matrix[record.person - 1], person).map(({ field, code }) =>
      problem('11', `${path}.${field}`, code),
    );
  });
}

function tooLarge(report: ReportBody): readonly ReportProblem[] {
  const { main, identity } = splitReport(report);
  const isFitting = [main, identity].every(
    (part) => encodeUtf8(canonicalJson(part)).length <= MOST_HALF_BYTES,
  );
  return isFitting ? [] : [problem('report', 'report', 'too_large')];
}

function half(report: ReportBody, part: ReportPart): Json {
  const { version, ...sections } = report;
  const taken = Object.entries(sections as unknown as JsonObject).map(([name, value]) => {
    const questions = SECTIONS[name] ?? {};
    const pick = (answers: Json): Json =>
      Object.fromEntries(
        Object.entries(answers as JsonObject).filter(([key]) => {
          const question = questions[key];
          return question !== undefined && partOf(question.spec) === part;
        }),
      );
    return [name, Array.isArray(value) ? (value as readonly Json[]).map(pick) : pick(value)] as const;
  });
  const kept = part === 'main' ? taken : taken.filter(([name]) => hasIdentity(name));
  return { version, ...Object.fromEntries(kept) };
}

function hasIdentity(section: string): boolean {
  return Object.values(SECTIONS[section] ?? {}).some(({ spec }) => partOf(spec) === 'identity');
}

function joinSection(main: Json | undefined, identity: Json): Json | undefined {
  if (!Array.isArray(main) || !Array.isArray(identity))
    return main === identity ? main : joinRow(main, identity);
  if (main.length !== identity.length) return undefined;
  const others = identity as readonly Json[];
  const joined = (main as readonly Json[]).map((row, at) => joinRow(row, others[at]));
  return joined.every((row) => row !== undefined) ? joined : undefined;
}

/** No answer is in both halves. */
function joinRow(main: Json | undefined, identity: Json | undefined): Json | undefined {
  if (!isObject(main) || !isObject(identity)) return undefined;
  const isTwice = Object.keys(identity).some((key) => Object.hasOwn(main, key));
  return isTwice ? undefined : { ...main, ...identity };
}

function refused(field: string, path: string, code: string): Checked {
  return { ok: false, problems: [problem(field, path, code)] };
}

export function problem(field: string, path: string, code: string): ReportProblem {
  return { field, path, code };
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
