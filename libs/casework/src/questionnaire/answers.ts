/** The kinds of answers beyond a code: texts that can be sealed, dates with their precision, rows of records. */
import { type Json, ParseError } from '@app/encoding';
import { code, type Field, field, optional, parsedText, parseRecord } from '../fields.js';
import { LISTS } from './lists.js';

/** Text of at most `max` UTF-16 code units that has a UTF-8 form; `not_text` for a lone surrogate. */
export function words(max: number): Field<string, false> {
  return parsedText((value, where) => {
    if (value.length > max) throw new ParseError('too_long', where);
    if (/\p{Surrogate}/u.test(value)) throw new ParseError('not_text', where);
    return value;
  });
}

/** The same, and something must stand in it. */
export function filled(max: number): Field<string, false> {
  const of = words(max);
  return parsedText((value, where) => {
    if (value.trim() === '') throw new ParseError('missing', where);
    return of.parse(value, where);
  });
}

/** A BCP 47 tag by its form. */
export const language = parsedText((value, where) => {
  if (value.length > 35 || !/^([A-Za-z]{2,8}|[xi])(-[A-Za-z0-9]{1,8})*$/.test(value))
    throw new ParseError('not_language', where);
  return value;
});

/** The identifier of an entry of the register of platforms. */
export const registerId = parsedText((value, where) => {
  if (!/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/.test(value)) throw new ParseError('not_identifier', where);
  return value;
});

const CALENDAR = /^(19|20)\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/;

/** A year, a month or a day of the calendar as 2026, 2026-10 or 2026-10-31, from 1900 to 2099. */
function isCalendar(value: string): boolean {
  if (!CALENDAR.test(value)) return false;
  if (value.length < DAY) return true;
  // The 30th of February is a day of March.
  return new Date(`${value}T00:00:00Z`).toISOString().startsWith(value);
}

/** One day of the calendar, written 2026-10-31. */
export const dayText = parsedText((value, where) => {
  if (value.length !== DAY || !isCalendar(value)) throw new ParseError('not_date', where);
  return value;
});

const YEAR = '2026'.length;
const MONTH = '2026-10'.length;
const DAY = '2026-10-31'.length;

const DATED = { value: optional(words(DAY)), precision: code(LISTS.DP) };

/** A date as far as it is known. `value` is absent exactly where nothing is known or told. */
export type Dated = { readonly value?: string; readonly precision: (typeof LISTS.DP)[number] };

/** How long a value of this precision is; those that are not named may have any length. */
const LENGTHS: Readonly<Partial<Record<Dated['precision'], number>>> = {
  EXACT: DAY,
  DAY_UNKNOWN: MONTH,
  MONTH_UNKNOWN: YEAR,
};

/**
 * Value and precision, checked together: an exact date is a day, "day unknown" a month, "day and month unknown" a
 * year; an estimate, "before" and "after" any of them; unknown and not told have no value.
 * Codes: `not_date`, `date_missing`, `date_unneeded`, `date_precision`.
 */
export const dated: Field<Dated, false> = field((json, where) => {
  if (typeof json === 'string') throw new ParseError('not_dated', where);
  const { value, precision } = parseRecord(DATED, json, where);
  const isWithout = precision === 'UNK' || precision === 'PNS';
  if (value === undefined) {
    if (isWithout) return { precision };
    throw new ParseError('date_missing', where);
  }
  if (isWithout) throw new ParseError('date_unneeded', where);
  if (!isCalendar(value)) throw new ParseError('not_date', where);
  if (value.length !== (LENGTHS[precision] ?? value.length)) throw new ParseError('date_precision', where);
  return { value, precision };
});

/** Whether `to` is certainly before `from`, as far as both are known. */
export function isBefore(to: Dated, from: Dated): boolean {
  const isLoose = [to, from].some(({ precision }) => ['ESTIMATE', 'BEFORE', 'AFTER'].includes(precision));
  if (isLoose || to.value === undefined || from.value === undefined) return false;
  const known = Math.min(to.value.length, from.value.length);
  return to.value.slice(0, known) < from.value.slice(0, known);
}

/** At most `max` records; a problem in one names its place. */
export function rows<T>(of: Field<T, false>, max: number): Field<readonly T[], false> {
  return field((value, where) => {
    if (!Array.isArray(value)) throw new ParseError('not_list', where);
    if (value.length > max) throw new ParseError('too_long', where);
    return (value as readonly Json[]).map((item, at) => of.parse(item, `${where}[${String(at)}]`));
  });
}
