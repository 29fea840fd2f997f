/** The report as a file that a person edits: reading it, and saying of each problem where it is and how to mend it. */
import { readFile } from 'node:fs/promises';
import {
  checkReport,
  CONSENT_CODES,
  type ConsentRow,
  encodeConsentMatrix,
  isConsentCode,
  levelsOf,
  makeConsentMatrix,
  PERSON_ROWS,
  REPORT_QUESTIONS,
  type ReportBody,
  type ReportProblem,
  type ReportQuestion,
  SCOPES,
} from '@app/casework';
import type { Keyset } from '@app/crypto/verify';
import { canonicalJson, decodeUtf8, type Json, toHex } from '@app/encoding';
import { CliError } from '../errors.js';

const MAX_REPORT_BYTES = 1_048_576;

type JsonObject = Readonly<Record<string, Json>>;

/** A problem as it is told: the place in the file, and what to do there. */
export type ToldProblem = { readonly field: string; readonly code: string; readonly cure: string };

/** The report in a file, or the problems in it. */
export async function readReport(
  file: string,
): Promise<{ readonly report: ReportBody } | { readonly problems: readonly ToldProblem[] }> {
  const json = await readJson(file);
  const matrix = consentProblems(json);
  const body = withMatrix(json, matrix.length === 0);
  const checked = checkReport(body);
  const isTold = (problem: ReportProblem): boolean => problem.field === '11' && matrix.length > 0;
  if (checked.ok) return matrix.length === 0 ? { report: checked.report } : { problems: matrix };
  return {
    problems: [...checked.problems.filter((p) => !isTold(p)).map((p) => told(p, body)), ...matrix],
  };
}

/** Offices the report excludes that this service does not have. */
export function unknownExclusions(report: ReportBody, keyset: Keyset): ToldProblem[] {
  const known = keyset.roles.map(({ id }) => toHex(id));
  return (report.consent.exclusions ?? [])
    .filter((role) => !known.includes(role))
    .map((role) => ({
      field: `consent.exclusions ${role}`,
      code: 'role_missing',
      cure: 'no office of this service has this identifier; "safe-conduct offices" lists them',
    }));
}

/** @throws {CliError} `report_not_json` with the place, and without a word of the report. */
async function readJson(file: string): Promise<Json> {
  const bytes = await readFile(file);
  if (bytes.length > MAX_REPORT_BYTES)
    throw new CliError('report_too_long', 'The report is longer than 1 MB; attach long texts as files.');
  const text = decodeUtf8(new Uint8Array(bytes), 'report').replace(/^\uFEFF/, '');
  try {
    const json = JSON.parse(text) as Json;
    canonicalJson(json);
    return json;
  } catch (error) {
    throw new CliError(
      'report_not_json',
      `${file} is not well-formed JSON${placeOf(error, text)}. Nothing was sealed.`,
    );
  }
}

function placeOf(error: unknown, text: string): string {
  const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  if (position === undefined) return '';
  const before = text.slice(0, Number(position)).split('\n');
  return ` at line ${String(before.length)}, column ${String((before.at(-1)?.length ?? 0) + 1)}`;
}

/** Consents may be written a row of answers for each person; scopes left out are "not asked". */
function withMatrix(json: Json, isSound: boolean): Json {
  const rows = rowsOf(json);
  if (rows === undefined || !isSound) return json;
  const matrix = encodeConsentMatrix(makeConsentMatrix(rows as readonly Partial<ConsentRow>[]));
  const { consent, ...rest } = json as JsonObject;
  return { ...rest, consent: { ...(consent as JsonObject), matrix } };
}

function rowsOf(json: Json): readonly Json[] | undefined {
  const consent = isObject(json) ? json.consent : undefined;
  const matrix = isObject(consent) ? consent.matrix : undefined;
  return Array.isArray(matrix) ? (matrix as readonly Json[]) : undefined;
}

function consentProblems(json: Json): ToldProblem[] {
  const rows = rowsOf(json);
  if (rows === undefined) return [];
  if (rows.length < 1 || rows.length > PERSON_ROWS) {
    const cure = `write one to ${String(PERSON_ROWS)} rows, one for each person`;
    return [{ field: 'consent.matrix', code: 'bad_length', cure }];
  }
  return rows.flatMap((row, at) => {
    const field = `consent.matrix[${String(at)}]`;
    if (!isObject(row)) return [{ field, code: 'not_object', cure: 'write { "K1": "g", … }' }];
    return Object.entries(row).flatMap(([key, value]) => {
      const scope = SCOPES.find((known) => known === key);
      if (scope === undefined)
        return [{ field, code: 'unknown_field', cure: `the scopes are ${SCOPES.join(', ')}` }];
      if (typeof value === 'string' && isConsentCode(scope, value)) return [];
      const levels = levelsOf(scope);
      const allowed = CONSENT_CODES.filter((code) =>
        code === 'g' ? levels.length === 0 : ['n', 'r', 'w', ...levels].includes(code),
      );
      return [{ field: `${field}.${scope}`, code: 'bad_code', cure: `use one of ${allowed.join(', ')}` }];
    });
  });
}

function told({ field, code, at }: ReportProblem, body: Json): ToldProblem {
  const questions = REPORT_QUESTIONS.filter(({ id, section }) => id === field || section === field);
  const [first] = questions;
  if (first === undefined) return { field, code, cure: cureOf(code, questions, body) };
  const place = at === undefined ? '' : `[${String(at)}]`;
  if (first.section === field)
    return { field: `${field}${place}`, code, cure: cureOf(code, questions, body, at) };
  const named = questions.filter((question) => mayHave(code, question));
  const places = named.map((question) => `${question.section}${place}.${question.field}`);
  return { field: `${places.join(' or ')} (question ${field})`, code, cure: cureOf(code, named, body, at) };
}

/** Whether a question can have this problem at all: some numbers have several fields. */
function mayHave(code: string, { isNeeded, options, field }: ReportQuestion): boolean {
  if (code === 'missing') return isNeeded;
  if (code === 'not_in_list') return options !== undefined;
  return code !== 'not_date' || ['from', 'to', 'when'].includes(field);
}

const CURES: Readonly<Record<string, string>> = {
  missing: 'an answer is needed',
  too_long: 'shorten it, or attach it as a file',
  not_date: 'write a date as 2026, 2026-10 or 2026-10-31',
  not_text: 'write a text in quotation marks',
  not_list: 'write a list in square brackets',
  not_object: 'write an object in braces',
  not_boolean: 'write true or false',
  not_whole: 'write a whole number',
  not_hex: 'write the 32 characters of an office as "safe-conduct offices" lists it',
  out_of_range: 'the number is too small or too large',
  repeated: 'name each code once',
  bad_length: 'write rows of answers, as "safe-conduct seal --example" shows',
  bad_code: 'write rows of answers, as "safe-conduct seal --example" shows',
};

function cureOf(code: string, questions: readonly ReportQuestion[], body: Json, at?: number): string {
  if (code === 'not_in_list') {
    const options = questions.flatMap((question) => question.options ?? []);
    return options.length === 0 ? 'write 1' : `use one of ${options.join(', ')}`;
  }
  if (code === 'unknown_field') return unknownFields(questions, body, at);
  return CURES[code] ?? 'this is not an answer to the question';
}

/** Names what no question has: names of fields are the form's, and no content. */
function unknownFields(questions: readonly ReportQuestion[], body: Json, at?: number): string {
  const section = questions[0]?.section;
  const known =
    section === undefined ? REPORT_QUESTIONS.map((q) => q.section) : questions.map((q) => q.field);
  const whole = section === undefined || !isObject(body) ? body : (body[section] ?? null);
  const part = at === undefined ? whole : (whole as readonly Json[])[at];
  const given = isObject(part) ? Object.keys(part) : [];
  const unknown = given.filter((name) => name !== 'version' && !known.includes(name));
  return `take out ${unknown.join(', ')}; known are ${[...new Set(known)].join(', ')}`;
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
