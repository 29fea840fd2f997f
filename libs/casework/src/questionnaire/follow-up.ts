/**
 * What a reporter adds to her report later in the same case (SPEC.md §8.6): further acts, in the words of the same
 * questions, and corrections of single answers. The report itself is never changed; whoever reads it applies these.
 */
import type { Json } from '@app/encoding';
import {
  answerProblem,
  type Checked,
  checkReport,
  problem,
  type ReportProblem,
  rowProblems,
} from './check.js';
import {
  isRepeated,
  partOf,
  QUESTIONNAIRE_VERSION,
  type Questions,
  type ReportBody,
  type ReportedAct,
  SECTIONS,
} from './questions.js';

/** One answer that was wrong; without a value it is taken back. */
export type Correction = {
  readonly section: string;
  /** The row of a repeated section, from 0. */
  readonly at?: number;
  readonly field: string;
  readonly value?: Json;
};

/** Part of the body of a message. Canonical JSON. */
export type FollowUp = {
  /** Of the questionnaire whose words it uses. */
  readonly version: typeof QUESTIONNAIRE_VERSION;
  readonly acts?: readonly ReportedAct[];
  readonly corrections?: readonly Correction[];
};

type JsonObject = Readonly<Record<string, Json>>;

const MOST = 32;

/**
 * Checks further acts and corrections by themselves.
 * @returns every problem: those of the answers, `not_correctable` for what the server acts on and for consent, which
 * have ways of their own, `identity` for answers that may tell who speaks, which no message carries, `no_row`, `empty`.
 * @see SPEC.md §8.6
 */
export function checkFollowUp(
  given: Json,
):
  | { readonly ok: true; readonly followUp: FollowUp }
  | { readonly ok: false; readonly problems: readonly ReportProblem[] } {
  if (!isObject(given)) return { ok: false, problems: [at('follow_up', 'not_object')] };
  const { version, acts = [], corrections = [], ...others } = given;
  const problems: ReportProblem[] = [
    ...(version === QUESTIONNAIRE_VERSION ? [] : [at('version', 'not_in_list')]),
    ...(Object.keys(others).length === 0 ? [] : [at('follow_up', 'unknown_field')]),
    ...eachRow('acts', acts, (row, path) => rowProblems('acts', path, row)),
    ...eachRow('corrections', corrections, correctionProblems),
  ];
  if (problems.length === 0 && [acts, corrections].every((rows) => Array.isArray(rows) && rows.length === 0))
    problems.push(at('follow_up', 'empty'));
  return problems.length === 0
    ? { ok: true, followUp: given as unknown as FollowUp }
    : { ok: false, problems };
}

function eachRow(
  name: string,
  given: Json,
  problemsOf: (row: Json, path: string) => readonly ReportProblem[],
): readonly ReportProblem[] {
  if (!Array.isArray(given)) return [at(name, 'not_list')];
  const rows = given as readonly Json[];
  if (rows.length > MOST) return [at(name, 'too_long')];
  return rows.flatMap((row, i) => problemsOf(row, `${name}[${String(i)}]`));
}

/**
 * The report as it stands after every follow-up, oldest first.
 * @returns as {@link checkReport}; `no_such_row` if a correction names a row that is not there.
 */
export function applyFollowUps(report: ReportBody, followUps: readonly FollowUp[]): Checked {
  let body = report as unknown as JsonObject;
  for (const { acts = [], corrections = [] } of followUps) {
    for (const correction of corrections) {
      const corrected = correctedBody(body, correction);
      if (corrected === undefined)
        return { ok: false, problems: [problem(correction.section, placeOf(correction), 'no_such_row')] };
      body = corrected;
    }
    body = { ...body, acts: [...(body.acts as readonly Json[]), ...(acts as unknown as readonly Json[])] };
  }
  return checkReport(body);
}

/** Where the corrected answer stands in the report. */
export function placeOf({ section, at: row, field }: Correction): string {
  return `${section}${row === undefined ? '' : `[${String(row)}]`}.${field}`;
}

function correctedBody(
  body: JsonObject,
  { section, at: row, field, value }: Correction,
): JsonObject | undefined {
  const answered = (answers: JsonObject): JsonObject => {
    const { [field]: _before, ...rest } = answers;
    return value === undefined ? rest : { ...rest, [field]: value };
  };
  const before = Object.hasOwn(body, section) ? body[section] : undefined;
  if (!isRepeated(section)) return { ...body, [section]: answered((before ?? {}) as JsonObject) };
  const rows = (before ?? []) as readonly JsonObject[];
  const known = row === undefined ? undefined : rows[row];
  if (known === undefined) return undefined;
  return { ...body, [section]: rows.map((answers, i) => (i === row ? answered(answers) : answers)) };
}

const PARTS = ['section', 'at', 'field', 'value'];

function correctionProblems(given: Json, path: string): readonly ReportProblem[] {
  const about = (code: string): readonly ReportProblem[] => [problem('corrections', path, code)];
  if (!isObject(given)) return about('not_object');
  if (Object.keys(given).some((key) => !PARTS.includes(key))) return about('unknown_field');
  const { section, at: row, field, value } = given;
  if (typeof section !== 'string' || typeof field !== 'string') return about('missing');
  const question = questionOf(section, field);
  if (question === undefined) return about('unknown_field');
  const refusal = refusalOf(section, question, row);
  if (refusal !== undefined) return about(refusal);
  if (value === undefined) return question.of.optional ? [] : about('missing');
  return answerProblem(section, field, value, `${path}.value`);
}

function questionOf(section: string, field: string): Questions[string] | undefined {
  const questions = Object.hasOwn(SECTIONS, section) ? (SECTIONS[section] ?? {}) : {};
  return Object.hasOwn(questions, field) ? questions[field] : undefined;
}

function refusalOf(section: string, { spec }: Questions[string], row: Json | undefined): string | undefined {
  if (section === 'consent' || spec.classes?.includes('M')) return 'not_correctable';
  if (partOf(spec) === 'identity') return 'identity';
  const isPlaced = isRepeated(section) ? isRowNumber(row) : row === undefined;
  return isPlaced ? undefined : 'no_row';
}

function isRowNumber(row: Json | undefined): boolean {
  return typeof row === 'number' && Number.isInteger(row) && row >= 0 && row < MOST;
}

function at(field: string, code: string): ReportProblem {
  return problem(field, field, code);
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
