/** RFC 8785 (JCS): one spelling for every JSON value, so that it can be signed and hashed. */
import { Invariant, ParseError } from './errors.js';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * The canonical text of a value. Keys are ordered by UTF-16 code units (RFC 8785 §3.2.3).
 * @throws {Invariant} for a number that is not finite or a lone surrogate (RFC 8785 §3.2.2).
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Invariant('number is not finite');
  if (typeof value === 'string') return quote(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.keys(value)
    .sort((a, b) => (a < b ? -1 : 1))
    .map((key) => `${quote(key)}:${canonicalJson(value[key] as Json)}`);
  return `{${members.join(',')}}`;
}

/**
 * Parses text that is already canonical; anything that does not re-encode to itself is refused, which
 * includes duplicate keys, other number spellings and white space.
 * @throws {ParseError} `not_json`, `not_canonical`.
 */
export function parseCanonicalJson(text: string, where: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new ParseError('not_json', where);
  }
  if (!isCanonical(value, text)) throw new ParseError('not_canonical', where);
  return value;
}

function isCanonical(value: Json, text: string): boolean {
  try {
    return canonicalJson(value) === text;
  } catch {
    return false;
  }
}

function quote(text: string): string {
  // RFC 8785 §3.2.2.2: a lone surrogate has no UTF-8 form.
  if (/\p{Surrogate}/u.test(text)) throw new Invariant('string has a lone surrogate');
  return JSON.stringify(text);
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
