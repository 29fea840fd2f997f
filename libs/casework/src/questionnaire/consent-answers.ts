/**
 * Consent by its content (SPEC.md §8.3): who answered for which person, why not she herself, and whether the risks were
 * explained and understood. The codes of the matrix say what was answered; these records say by whom.
 */
import type { Instant, Json } from '@app/encoding';
import { type ConsentCode, type ConsentMatrix, type ConsentScope, PERSON_ROWS, SCOPES } from '../consent.js';
import { code, optional, type Parsed, parseRecord, record, whole } from '../fields.js';
import { dayText, language, rows, words } from './answers.js';
import { LISTS } from './lists.js';

const RECORD = {
  /** The row of the matrix, from 1. */
  person: whole(1, PERSON_ROWS),
  scope: code(SCOPES),
  decision: code(LISTS.DECISION),
  /** Who answered; absent exactly where nobody was asked. */
  given_by: optional(code(LISTS.GIVEN_BY)),
  why_not_person: optional(code(LISTS.WHY_NOT)),
  risks_explained: optional(
    record({ by: code(LISTS.EXPLAINED_BY), text_version: words(64), language: optional(language) }),
  ),
  /** Whether who answered can understand the risk. */
  understands: optional(code(LISTS.YES_NO)),
  given_at: optional(dayText),
  reconfirm_by: optional(dayText),
};

/** One person's answer about one scope. */
export type ConsentAnswer = Parsed<typeof RECORD>;

/** @throws {@link ParseError} with the field at fault. */
export function parseConsentAnswer(json: Json, where: string): ConsentAnswer {
  return parseRecord(RECORD, json, where);
}

export const consentAnswers = rows(record(RECORD), PERSON_ROWS * SCOPES.length);

/** What a report says of a person, as far as it decides who may answer for her. */
export type PersonAffected = { readonly unit?: string; readonly child?: string; readonly age?: string };

/** A problem of a record: the field in it and a code. */
export type AnswerProblem = { readonly field: string; readonly code: string };

/** Scopes nobody but the person herself can grant, if she is an adult who can be reached. */
export const PERSONAL_SCOPES: readonly ConsentScope[] = ['K5', 'K6', 'K8'];

/** Whether the person is a child, as far as the report says; undefined if it does not. */
export function isChild({ child, age }: PersonAffected): boolean | undefined {
  if (child === 'yes' || age === 'under_18') return true;
  if (child === 'no') return false;
  return age === '18_29' || age === '30_59' || age === '60_plus' ? false : undefined;
}

/**
 * What does not hold in one record by itself, against the matrix's code and against what is said of the person.
 * @returns codes `consent_differs` (the matrix says otherwise), `giver_missing`, `giver_unneeded`, `why_missing`,
 * `why_unneeded`, `not_a_child`, `not_an_organisation`, `third_party` (nobody else can grant this), `date_order`.
 */
export function answerProblems(
  answer: ConsentAnswer,
  codes: Readonly<Record<ConsentScope, ConsentCode>> | undefined,
  person: PersonAffected,
): readonly AnswerProblem[] {
  const { scope, decision, given_by, why_not_person: why } = answer;
  const problems: AnswerProblem[] = [];
  const refuse = (is: boolean, field: string, problem: string): void => {
    if (is) problems.push({ field, code: problem });
  };
  const isThird = isThirdParty(answer);
  refuse(codes !== undefined && decisionOf(codes[scope]) !== decision, 'decision', 'consent_differs');
  refuse(decision !== 'not_asked' && given_by === undefined, 'given_by', 'giver_missing');
  refuse(decision === 'not_asked' && given_by !== undefined, 'given_by', 'giver_unneeded');
  refuse(isThird && why === undefined, 'why_not_person', 'why_missing');
  refuse(!isThird && why !== undefined, 'why_not_person', 'why_unneeded');
  refuse(why === 'CHILD' && isChild(person) !== true, 'why_not_person', 'not_a_child');
  refuse(isWronglyOrganisation(answer, person), 'given_by', 'not_an_organisation');
  refuse(isThird && isBarred(answer), 'given_by', 'third_party');
  refuse(isReversed(answer), 'reconfirm_by', 'date_order');
  return problems;
}

function isThirdParty({ given_by }: ConsentAnswer): boolean {
  return given_by === 'guardian' || given_by === 'family' || given_by === 'legal_representative';
}

function isWronglyOrganisation({ given_by }: ConsentAnswer, { unit = 'UNK' }: PersonAffected): boolean {
  return given_by === 'organisation_for_itself' && unit !== 'ORGANISATION' && unit !== 'UNK';
}

/** Whether this is a grant nobody else can give for her: never K5, K6 or K8 for an adult who can be reached. */
function isBarred({ scope, decision, given_by, why_not_person: why }: ConsentAnswer): boolean {
  if (decision !== 'granted' || !PERSONAL_SCOPES.includes(scope)) return false;
  return why === undefined || why === 'OTHER' || (why === 'UNREACHABLE' && given_by === 'family');
}

function isReversed({ given_at, reconfirm_by }: ConsentAnswer): boolean {
  return given_at !== undefined && reconfirm_by !== undefined && reconfirm_by < given_at;
}

/** What a code of the matrix decides. */
export function decisionOf(given: ConsentCode): ConsentAnswer['decision'] {
  if (given === 'n') return 'not_asked';
  if (given === 'r') return 'refused';
  return given === 'w' ? 'withdrawn' : 'granted';
}

const SECONDS_PER_DAY = 86_400;
/** K5 and K6 are asked again when older than this. */
const RECONFIRM_DAYS = 30;

/**
 * What lacks, person by person, before something may leave under a scope.
 * @param answers - every record of the case, oldest first; the last one about a person and scope counts.
 * @param persons - what the report says of each person; at least one.
 * @returns codes `record_missing`, `consent_differs`, `third_party` and others of {@link answerProblems},
 * `risks_not_explained`, `risk_not_understood`, `reconfirm_due`; `at` counts persons from 0.
 */
export function consentGaps(
  answers: readonly ConsentAnswer[],
  matrix: ConsentMatrix,
  persons: readonly PersonAffected[],
  scope: ConsentScope,
  now: Instant,
): readonly { readonly at: number; readonly code: string }[] {
  return persons.flatMap((person, at) => {
    const answer = answers.findLast((one) => one.person === at + 1 && one.scope === scope);
    if (answer === undefined) return [{ at, code: 'record_missing' }];
    const codes = answerProblems(answer, matrix[at], person).map((problem) => problem.code);
    if (answer.risks_explained === undefined) codes.push('risks_not_explained');
    if (answer.understands !== 'yes') codes.push('risk_not_understood');
    if (isDueAgain(answer, now)) codes.push('reconfirm_due');
    return codes.map((problem) => ({ at, code: problem }));
  });
}

function isDueAgain({ scope, given_at, reconfirm_by }: ConsentAnswer, now: Instant): boolean {
  if (reconfirm_by !== undefined && now >= startOf(reconfirm_by) + SECONDS_PER_DAY) return true;
  if (scope !== 'K5' && scope !== 'K6') return false;
  return given_at === undefined || now - startOf(given_at) > RECONFIRM_DAYS * SECONDS_PER_DAY;
}

/** The first second of a day, UTC. */
function startOf(day: string): Instant {
  return Date.parse(`${day}T00:00:00Z`) / 1_000;
}
