/** Strict fields of acts, event details and policies: one description gives the parser and the type. */
import { type Json, ParseError } from '@app/encoding';

/** A value of type T in JSON. `optional` fields may be absent, never null. */
export type Field<T, O extends boolean = boolean> = {
  readonly parse: (value: Json, where: string) => T;
  readonly optional: O;
  /** The closed list its value, or each of its values, is from. */
  readonly options?: readonly string[];
};

export type FieldTable = Readonly<Record<string, Field<unknown>>>;

type RequiredKeys<S extends FieldTable> = {
  [K in keyof S]: S[K] extends Field<unknown, true> ? never : K;
}[keyof S];

type ValueOf<F> = F extends Field<infer T> ? T : never;

/** The object a field table describes. */
export type Parsed<S extends FieldTable> = {
  readonly [K in RequiredKeys<S>]: ValueOf<S[K]>;
} & { readonly [K in Exclude<keyof S, RequiredKeys<S>>]?: ValueOf<S[K]> };

/** A required field. */
export function field<T>(parse: (value: Json, where: string) => T): Field<T, false> {
  return { parse, optional: false };
}

/** The same field, allowed to be absent. */
export function optional<T>(of: Field<T, false>): Field<T, true> {
  return { ...of, optional: true };
}

/** One code of a closed list. */
export function code<const T extends readonly string[]>(list: T): Field<T[number], false> {
  const of = field((value, where) => {
    if (typeof value !== 'string' || !list.includes(value)) throw new ParseError('not_in_list', where);
    return value;
  });
  return { ...of, options: list };
}

/** A whole number from `min` to `max`, both included. */
export function whole(min: number, max: number): Field<number, false> {
  return field((value, where) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) throw new ParseError('not_whole', where);
    if (value < min || value > max) throw new ParseError('out_of_range', where);
    return value;
  });
}

export const bool: Field<boolean, false> = field((value, where) => {
  if (typeof value !== 'boolean') throw new ParseError('not_boolean', where);
  return value;
});

/** Lower-case hex of exactly `bytes` bytes, kept as text. */
export function hexText(bytes: number): Field<string, false> {
  const form = new RegExp(`^[0-9a-f]{${String(2 * bytes)}}$`);
  return field((value, where) => {
    if (typeof value !== 'string' || !form.test(value)) throw new ParseError('not_hex', where);
    return value;
  });
}

/** Text of at most `max` UTF-16 code units. */
export function text(max: number): Field<string, false> {
  return field((value, where) => {
    if (typeof value !== 'string') throw new ParseError('not_text', where);
    if (value.length > max) throw new ParseError('too_long', where);
    return value;
  });
}

/** At most `max` distinct values. */
export function listOf<T>(of: Field<T, false>, max: number): Field<readonly T[], false> {
  const list = field((value, where) => {
    if (!Array.isArray(value)) throw new ParseError('not_list', where);
    if (value.length > max) throw new ParseError('too_long', where);
    const items = (value as readonly Json[]).map((item) => of.parse(item, where));
    if (new Set(items).size !== items.length) throw new ParseError('repeated', where);
    return items;
  });
  return of.options === undefined ? list : { ...list, options: of.options };
}

/** A nested object. */
export function record<S extends FieldTable>(table: S): Field<Parsed<S>, false> {
  return field((value, where) => parseRecord(table, value, where));
}

/** Any value that `parse` accepts as text. */
export function parsedText<T>(parse: (text: string, where: string) => T): Field<T, false> {
  return field((value, where) => {
    if (typeof value !== 'string') throw new ParseError('not_text', where);
    return parse(value, where);
  });
}

/**
 * Parses an object that has every required field, no unknown one and no null.
 * @throws {ParseError} `not_object`, `unknown_field`, `missing`, or the field's own code.
 */
export function parseRecord<S extends FieldTable>(table: S, value: Json, where: string): Parsed<S> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new ParseError('not_object', where);
  }
  const object = value as Readonly<Record<string, Json>>;
  if (Object.keys(object).some((key) => !Object.hasOwn(table, key))) {
    throw new ParseError('unknown_field', where);
  }
  const parsed: Record<string, unknown> = {};
  for (const [key, of] of Object.entries(table)) {
    const at = `${where}.${key}`;
    const item = Object.hasOwn(object, key) ? object[key] : undefined;
    if (item !== undefined) parsed[key] = of.parse(item, at);
    else if (!of.optional) throw new ParseError('missing', at);
  }
  return parsed as Parsed<S>;
}
