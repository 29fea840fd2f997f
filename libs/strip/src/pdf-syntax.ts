/** The objects of PDF (ISO 32000-1, 7.2 and 7.3): read, and written again in one form. SPEC.md §7.1. */
import { encodeUtf8 } from '@app/encoding';
import type { Findings } from './codes.js';
import { latin1 } from './numbers.js';

export type PdfDict = Map<string, PdfValue>;
export type PdfValue =
  /** A number, a string, a truth value or null, as it stands. */
  | { readonly kind: 'raw'; readonly bytes: Uint8Array }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'ref'; readonly number: number }
  | { readonly kind: 'array'; readonly items: readonly PdfValue[] }
  | { readonly kind: 'dict'; readonly dict: PdfDict };

const MAX_DEPTH = 256;
const SPACE = new Set([0, 9, 10, 12, 13, 32]);
const DELIMITER = new Set(encodeUtf8('()<>[]{}/%'));
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;

export class PdfLexer {
  readonly #bytes: Uint8Array;
  readonly #found: Findings;
  at: number;

  constructor(bytes: Uint8Array, at: number, found: Findings) {
    this.#bytes = bytes;
    this.#found = found;
    this.at = at;
  }

  /** Past white space and remarks. */
  skip(): void {
    for (; ; this.at++) {
      const byte = this.#bytes[this.at];
      if (byte === 0x25) while (this.at < this.#bytes.length && !this.#is(0, 10, 13)) this.at++;
      else if (byte === undefined || !SPACE.has(byte)) return;
    }
  }

  /** A run of ordinary characters; empty before a delimiter and at the end. */
  word(): string {
    this.skip();
    const from = this.at;
    for (; this.at < this.#bytes.length; this.at++) {
      const byte = this.#bytes[this.at] as number;
      if (SPACE.has(byte) || DELIMITER.has(byte)) break;
    }
    this.#found.need(this.at - from <= 255);
    return latin1(this.#bytes, from, this.at);
  }

  /** A whole number that is no sign and no fraction. */
  integer(): number {
    const word = this.word();
    this.#found.need(/^\d{1,10}$/.test(word));
    return Number(word);
  }

  expect(word: string): void {
    this.#found.need(this.word() === word);
  }

  value(depth = 0): PdfValue {
    if (depth > MAX_DEPTH) this.#found.refuse('too_large');
    this.skip();
    const from = this.at;
    if (this.#is(0, 0x2f)) return { kind: 'name', name: this.#name() };
    if (this.#is(0, 0x5b)) return this.#array(depth);
    if (this.#is(0, 0x3c) && this.#is(1, 0x3c)) return { kind: 'dict', dict: this.dict(depth) };
    if (this.#is(0, 0x3c)) this.#hex();
    else if (this.#is(0, 0x28)) this.#literal();
    else return this.#plain(from);
    return { kind: 'raw', bytes: this.#bytes.subarray(from, this.at) };
  }

  dict(depth = 0): PdfDict {
    this.skip();
    this.#found.need(this.#is(0, 0x3c) && this.#is(1, 0x3c));
    this.at += 2;
    const dict: PdfDict = new Map();
    while (!(this.#next(0x3e) && this.#is(1, 0x3e))) {
      this.#found.need(this.#is(0, 0x2f));
      const key = this.#name();
      this.#found.need(!dict.has(key));
      dict.set(key, this.value(depth + 1));
    }
    this.at += 2;
    return dict;
  }

  /** True if this is the next character that is not white space. */
  #next(code: number): boolean {
    this.skip();
    return this.#is(0, code);
  }

  #is(ahead: number, ...codes: readonly number[]): boolean {
    return codes.includes(this.#bytes[this.at + ahead] ?? -1);
  }

  #name(): string {
    this.at++;
    if (this.#bytes[this.at] === undefined || SPACE.has(this.#bytes[this.at] as number)) return '';
    return this.word().replace(/#([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(parseInt(hex, 16)),
    );
  }

  #array(depth: number): PdfValue {
    this.at++;
    const items: PdfValue[] = [];
    while (!this.#next(0x5d)) items.push(this.value(depth + 1));
    this.at++;
    return { kind: 'array', items };
  }

  #hex(): void {
    const end = this.#bytes.indexOf(0x3e, this.at);
    this.#found.need(end >= 0);
    this.at = end + 1;
  }

  #literal(): void {
    for (let depth = 0; ; this.at++) {
      this.#found.need(this.at < this.#bytes.length);
      if (this.#is(0, 0x5c)) this.at++;
      else if (this.#is(0, 0x28)) depth++;
      else if (this.#is(0, 0x29) && --depth === 0) break;
    }
    this.at++;
  }

  /** A number, a word, or a reference of two numbers and R. */
  #plain(from: number): PdfValue {
    const word = this.word();
    const end = this.at;
    if (/^\d{1,10}$/.test(word) && /^\d{1,5}$/.test(this.#peek()) && this.word() === 'R')
      return { kind: 'ref', number: Number(word) };
    this.at = end;
    this.#found.need(NUMBER.test(word) || word === 'true' || word === 'false' || word === 'null');
    return { kind: 'raw', bytes: this.#bytes.subarray(from, end) };
  }

  #peek(): string {
    this.skip();
    return this.#is(0, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39) ? this.word() : '';
  }
}

/** A direct whole number; undefined for anything else. */
export function integerOf(value: PdfValue | undefined): number | undefined {
  if (value?.kind !== 'raw') return undefined;
  const text = latin1(value.bytes, 0, Math.min(value.bytes.length, 12));
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

export function nameOf(value: PdfValue | undefined): string | undefined {
  return value?.kind === 'name' ? value.name : undefined;
}

export const NULL: PdfValue = { kind: 'raw', bytes: encodeUtf8('null') };

/** Writes a value; `numberOf` says what an object is called now, and undefined if it is none. */
export function writeValue(
  value: PdfValue,
  numberOf: (old: number) => number | undefined,
  out: Uint8Array[],
): void {
  const put = (text: string): number => out.push(encodeUtf8(text));
  switch (value.kind) {
    case 'raw':
      out.push(value.bytes);
      break;
    case 'name':
      put(written(value.name));
      break;
    case 'ref': {
      const number = numberOf(value.number);
      put(number === undefined ? 'null' : `${number} 0 R`);
      break;
    }
    case 'array':
      put('[');
      for (const item of value.items) {
        put(' ');
        writeValue(item, numberOf, out);
      }
      put(' ]');
      break;
    case 'dict':
      put('<<');
      for (const [key, item] of value.dict) {
        put(`\n${written(key)} `);
        writeValue(item, numberOf, out);
      }
      put('\n>>');
  }
}

function written(name: string): string {
  const escaped = (c: string): string => `#${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return `/${name.replace(/[^!-~]|[()<>[\]{}/%#]/g, escaped)}`;
}
