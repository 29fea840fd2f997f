/**
 * Consent as codes: one character per person and scope, always eight person rows (SPEC.md §3).
 * Default deny; the lowest answer among all rows is the one that holds.
 */
import { Invariant, ParseError } from '@app/encoding';
import type { Channel } from './vocabularies.js';

/** The scopes, in the order of the encoding. */
export const SCOPES = [
  'K1',
  'K2',
  'K3',
  'K4:SP',
  'K4:TB',
  'K4:HRC',
  'K5',
  'K6',
  'K7',
  'K8',
  'K9:PROT',
  'K9:DIG',
  'K10',
] as const;
export type ConsentScope = (typeof SCOPES)[number];

/** n not asked, r refused, w withdrawn, g granted; N named, P pseudonym; 3, 2, 1 granted at I3, I2, I1. */
export const CONSENT_CODES = ['n', 'r', 'w', 'g', 'N', 'P', '3', '2', '1'] as const;
export type ConsentCode = (typeof CONSENT_CODES)[number];

/** An identification level; of each family the first identifies most. */
export const LEVELS = ['N', 'P', '3', '2', '1'] as const;
export type Level = (typeof LEVELS)[number];

/** What one person answered, every scope. */
export type ConsentRow = Readonly<Record<ConsentScope, ConsentCode>>;

/** Exactly eight rows. */
export type ConsentMatrix = readonly ConsentRow[];

/** One answer for the rows `person` to `through` (default `person`), counted from 1. */
export type ConsentChange = {
  readonly person: number;
  readonly through?: number;
  readonly scope: ConsentScope;
  readonly code: ConsentCode;
};

export const PERSON_ROWS = 8;
const MATRIX_CHARS = PERSON_ROWS * SCOPES.length;
const WITHOUT_LEVEL = ['K1', 'K2', 'K7', 'K10'];
const BY_IDENTIFICATION = ['K5', 'K6', 'K8'];

/** The levels a scope can be granted at; empty if it is granted without one. */
export function levelsOf(scope: ConsentScope): readonly Level[] {
  if (WITHOUT_LEVEL.includes(scope)) return [];
  return BY_IDENTIFICATION.includes(scope) ? ['3', '2', '1'] : ['N', 'P'];
}

/** Whether this code can stand for this scope. */
export function isConsentCode(scope: ConsentScope, value: string): value is ConsentCode {
  if (value === 'n' || value === 'r' || value === 'w') return true;
  const levels: readonly string[] = levelsOf(scope);
  return levels.length === 0 ? value === 'g' : levels.includes(value);
}

/** The scope that must be granted before anything goes through a channel. */
export function scopeOfChannel(channel: Channel): ConsentScope {
  return CHANNEL_SCOPES[channel];
}

const CHANNEL_SCOPES: Readonly<Record<Channel, ConsentScope>> = {
  SENIOR: 'K3',
  STATE: 'K5',
  SP: 'K4:SP',
  TB: 'K4:TB',
  HRC: 'K4:HRC',
  PUBLIC: 'K6',
  PLATFORM: 'K8',
  PROT: 'K9:PROT',
  DIG: 'K9:DIG',
};

/**
 * @param encoded - 104 characters: eight rows of thirteen codes, joined without separator.
 * @throws {ParseError} `bad_length`, `bad_code` (unknown, or a level the scope does not have).
 * @see SPEC.md §3
 */
export function parseConsentMatrix(encoded: string, where: string): ConsentMatrix {
  if (encoded.length !== MATRIX_CHARS) throw new ParseError('bad_length', where);
  return Array.from({ length: PERSON_ROWS }, (_, person) => {
    const codes = encoded.slice(person * SCOPES.length, (person + 1) * SCOPES.length);
    return rowOf((scope, index) => {
      const value = codes.charAt(index);
      if (!isConsentCode(scope, value)) throw new ParseError('bad_code', where);
      return value;
    });
  });
}

/** The inverse of {@link parseConsentMatrix}. */
export function encodeConsentMatrix(matrix: ConsentMatrix): string {
  return matrix.map((row) => SCOPES.map((scope) => row[scope]).join('')).join('');
}

/**
 * A matrix that does not show how many persons there are and in which no lowest answer changes: unused rows
 * repeat the last one. A scope a row leaves out is `n`.
 * @param rows - one to eight persons, in the order of the report.
 * @throws {Invariant} if there are none or too many, or a code does not fit its scope.
 */
export function makeConsentMatrix(rows: readonly Partial<ConsentRow>[]): ConsentMatrix {
  if (rows.length < 1 || rows.length > PERSON_ROWS) throw new Invariant('one to eight persons');
  return Array.from({ length: PERSON_ROWS }, (_, person) => {
    const given = rows[Math.min(person, rows.length - 1)];
    return rowOf((scope) => {
      const value = given?.[scope] ?? 'n';
      if (!isConsentCode(scope, value)) throw new Invariant('consent code does not fit its scope');
      return value;
    });
  });
}

/** What holds for everybody together: default deny, the lowest level among all rows. */
export type EffectiveConsent = { readonly granted: boolean; readonly level?: Level };

/** @see SPEC.md §3: any row that is not granted means not granted. */
export function effectiveConsent(matrix: ConsentMatrix, scope: ConsentScope): EffectiveConsent {
  const codes = matrix.map((row) => row[scope]);
  if (codes.some((value) => value === 'n' || value === 'r' || value === 'w')) return { granted: false };
  const lowest = levelsOf(scope).findLast((level) => codes.includes(level));
  return lowest === undefined ? { granted: true } : { granted: true, level: lowest };
}

/**
 * Whether information may go out at `level` under this scope now.
 * @returns `granted`, `missing` (no consent), or `exceeded` (granted for less, or the scope has no such level).
 */
export function checkLevel(
  matrix: ConsentMatrix,
  scope: ConsentScope,
  level: Level,
): 'granted' | 'missing' | 'exceeded' {
  const effective = effectiveConsent(matrix, scope);
  if (!effective.granted) return 'missing';
  const levels = levelsOf(scope);
  const allowed = effective.level === undefined ? [] : levels.slice(levels.indexOf(effective.level));
  return allowed.includes(level) ? 'granted' : 'exceeded';
}

/** Whether the rows a change names exist and its code fits its scope. */
export function isConsentChange(change: ConsentChange): boolean {
  const through = change.through ?? change.person;
  return (
    change.person >= 1 &&
    change.person <= through &&
    through <= PERSON_ROWS &&
    isConsentCode(change.scope, change.code)
  );
}

/**
 * The matrix after one answer. The client of the last person sends `through: 8`, so that the rows that only
 * repeat hers follow.
 * @throws {Invariant} if {@link isConsentChange} does not hold.
 */
export function applyConsentChange(matrix: ConsentMatrix, change: ConsentChange): ConsentMatrix {
  if (!isConsentChange(change)) throw new Invariant('consent change out of range');
  const through = change.through ?? change.person;
  return matrix.map((row, index) =>
    index + 1 >= change.person && index + 1 <= through ? { ...row, [change.scope]: change.code } : row,
  );
}

function rowOf(codeOf: (scope: ConsentScope, index: number) => ConsentCode): ConsentRow {
  return Object.fromEntries(SCOPES.map((scope, index) => [scope, codeOf(scope, index)])) as ConsentRow;
}
