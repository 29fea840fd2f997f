/** The report as a file that a person edits: reading it, and saying of each problem where it is and how to mend it. */
import { readFile } from 'node:fs/promises';
import {
  checkReport,
  CONSENT_CODES,
  type ConsentRow,
  encodeConsentMatrix,
  isConsentCode,
  levelsOf,
  LISTS,
  makeConsentMatrix,
  PERSON_ROWS,
  QUESTIONNAIRE_VERSION,
  REPORT_QUESTIONS,
  type ReportBody,
  type ReportProblem,
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
  const isTold = ({ path }: ReportProblem): boolean => path === 'consent.matrix' && matrix.length > 0;
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
export async function readJson(file: string): Promise<Json> {
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

function told({ field, path, code }: ReportProblem, body: Json): ToldProblem {
  const isNumber = REPORT_QUESTIONS.some(({ id }) => id === field);
  return { field: isNumber ? `${path} (question ${field})` : path, code, cure: cureOf(code, path, body) };
}

const CURES: Readonly<Record<string, string>> = {
  missing: 'an answer is needed',
  too_long: 'shorten it, or attach it as a file',
  too_large: 'shorten the longest texts, or attach them as files',
  not_dated: 'write a date as { "value": "2026-10", "precision": "DAY_UNKNOWN" }',
  not_date: 'write a date of the calendar as 2026, 2026-10 or 2026-10-31',
  date_precision:
    'an EXACT date is a day (2026-10-31), DAY_UNKNOWN a month (2026-10), MONTH_UNKNOWN a year (2026)',
  date_missing: 'this precision needs a value',
  date_unneeded: 'take the value out, or say how precise it is',
  date_order: 'the end is before the beginning',
  still_ongoing: 'take out the last date, or say that it does not go on',
  contradiction: 'age and child contradict each other',
  not_together: 'UNK, PNS and NONE stand alone in a list',
  not_language: 'write a language tag as es or es-419',
  not_identifier: 'write an identifier of letters, digits and . _ : -',
  not_text: 'write a text in quotation marks',
  not_list: 'write a list in square brackets',
  not_object: 'write an object in braces',
  not_boolean: 'write true or false',
  not_whole: 'write a whole number',
  not_hex: 'write hexadecimal digits, for an office the 32 that "safe-conduct offices" lists',
  out_of_range: 'the number is too small or too large',
  repeated: 'name each only once',
  bad_length: 'write rows of answers, as "safe-conduct seal --example" shows',
  bad_code: 'write rows of answers, as "safe-conduct seal --example" shows',
  rows_not_repeated: 'there are more rows of consents than persons',
  no_such_person: 'number the persons of the report from 1',
  consent_differs: 'the record and the row of consents say different things',
  giver_missing: 'say who answered',
  giver_unneeded: 'nobody answers what was not asked',
  why_missing: 'say why the person does not answer herself',
  why_unneeded: 'the person answers herself: take this out',
  not_a_child: 'the report does not say that this person is a child',
  not_an_organisation: 'only an organisation answers for itself',
  third_party: 'nobody else can grant this for an adult who can be reached; ask her, or write "n"',
};

/** Lists of what stands inside an answer. */
const INNER: Readonly<Record<string, readonly string[]>> = {
  precision: LISTS.DP,
  scope: SCOPES,
  decision: LISTS.DECISION,
  given_by: LISTS.GIVEN_BY,
  why_not_person: LISTS.WHY_NOT,
  understands: LISTS.YES_NO,
  by: LISTS.EXPLAINED_BY,
};

function cureOf(code: string, path: string, body: Json): string {
  if (code === 'not_in_list') {
    if (path === 'version') return `write ${String(QUESTIONNAIRE_VERSION)}`;
    const [section = '', field = ''] = path.replace(/\[\d+\]/g, '').split('.');
    const question = REPORT_QUESTIONS.find((q) => q.section === section && q.field === field);
    const options = question?.options ?? INNER[path.split('.').at(-1) ?? ''] ?? [];
    return `use one of ${options.join(', ')}`;
  }
  if (code === 'unknown_field') return unknownFields(path, body);
  return CURES[code] ?? 'this is not an answer to the question';
}

/** Names what no question has: names of fields are the form's, and no content. */
function unknownFields(path: string, body: Json): string {
  const [, section = '', row] = /^(\w+)(?:\[(\d+)\])?$/.exec(path) ?? [];
  const isWhole = path === 'report';
  const questions = REPORT_QUESTIONS.filter((question) => question.section === section);
  if (!isWhole && questions.length === 0) return 'take out what does not belong there';
  const known = isWhole ? REPORT_QUESTIONS.map((q) => q.section) : questions.map((q) => q.field);
  const whole = isWhole || !isObject(body) ? body : (body[section] ?? null);
  const part = row === undefined ? whole : (whole as readonly Json[])[Number(row)];
  const given = isObject(part) ? Object.keys(part) : [];
  const unknown = given.filter((name) => name !== 'version' && !known.includes(name));
  return `take out ${unknown.join(', ')}; known are ${[...new Set(known)].join(', ')}`;
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
