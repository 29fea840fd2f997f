/** Strict decoders for text forms: each value has exactly one spelling, and any other is refused. */
import type { Bytes } from './bytes.js';
import { ParseError } from './errors.js';

const HEX = '0123456789abcdef';
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const HEX_VALUES = valuesOf(HEX);
const BASE64_VALUES = valuesOf(BASE64);

function valuesOf(alphabet: string): Int8Array {
  const table = new Int8Array(128).fill(-1);
  for (let i = 0; i < alphabet.length; i++) table[alphabet.charCodeAt(i)] = i;
  return table;
}

function valueAt(table: Int8Array, text: string, i: number, where: string): number {
  const value = table[text.charCodeAt(i)] ?? -1;
  if (value < 0) throw new ParseError('bad_character', where);
  return value;
}

function checkLength(bytes: Bytes, length: number | undefined, where: string): Bytes {
  if (length !== undefined && bytes.length !== length) throw new ParseError('bad_length', where);
  return bytes;
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let out = '';
  for (const b of bytes) out += HEX.charAt(b >> 4) + HEX.charAt(b & 15);
  return out;
}

/**
 * Bytes of lower-case hexadecimal.
 * @param length - required number of bytes, if any.
 * @throws {ParseError} `bad_length`, `bad_character` (upper case included).
 */
export function fromHex(text: string, where: string, length?: number): Bytes {
  if (text.length % 2 !== 0) throw new ParseError('bad_length', where);
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) {
    out[i] = (valueAt(HEX_VALUES, text, 2 * i, where) << 4) | valueAt(HEX_VALUES, text, 2 * i + 1, where);
  }
  return checkLength(out, length, where);
}

/** Standard base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  const chunks: string[] = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const a = bytes[i] as number;
    const b = bytes[i + 1];
    const c = bytes[i + 2];
    chunks.push(
      BASE64.charAt(a >> 2) +
        BASE64.charAt(((a & 3) << 4) | ((b ?? 0) >> 4)) +
        (b === undefined ? '=' : BASE64.charAt(((b & 15) << 2) | ((c ?? 0) >> 6))) +
        (c === undefined ? '=' : BASE64.charAt(c & 63)),
    );
  }
  return chunks.join('');
}

/**
 * Bytes of canonical, padded base64 (RFC 4648 §4 and §3.5): no white space, no other alphabet, no stray
 * bits in the last character.
 * @param length - required number of bytes, if any.
 * @throws {ParseError} `bad_length`, `bad_character`, `not_canonical`.
 */
export function fromBase64(text: string, where: string, length?: number): Bytes {
  if (text.length % 4 !== 0) throw new ParseError('bad_length', where);
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const digits = text.length - padding;
  const whole = digits - (digits % 4);
  const out = new Uint8Array((text.length / 4) * 3 - padding);
  let n = 0;
  for (let i = 0; i < whole; i += 4) {
    const group =
      (valueAt(BASE64_VALUES, text, i, where) << 18) |
      (valueAt(BASE64_VALUES, text, i + 1, where) << 12) |
      (valueAt(BASE64_VALUES, text, i + 2, where) << 6) |
      valueAt(BASE64_VALUES, text, i + 3, where);
    out[n++] = group >> 16;
    out[n++] = (group >> 8) & 255;
    out[n++] = group & 255;
  }
  let bits = 0;
  let pending = 0;
  for (let i = whole; i < digits; i++) {
    bits = ((bits << 6) | valueAt(BASE64_VALUES, text, i, where)) & 0xffff;
    pending += 6;
    if (pending >= 8) {
      pending -= 8;
      out[n++] = (bits >> pending) & 255;
    }
  }
  // RFC 4648 §3.5: the unused bits of the last digit are zero.
  if ((bits & ((1 << pending) - 1)) !== 0) throw new ParseError('not_canonical', where);
  return checkLength(out, length, where);
}

/**
 * A whole number in canonical decimal: digits only, no leading zero, at most 2^53 - 1.
 * @throws {ParseError} `bad_character`, `not_canonical`, `out_of_range`.
 */
export function parseDecimal(text: string, where: string): number {
  if (!/^[0-9]+$/.test(text)) throw new ParseError('bad_character', where);
  if (text.length > 1 && text.startsWith('0')) throw new ParseError('not_canonical', where);
  const value = Number(text);
  if (text.length > 16 || !Number.isSafeInteger(value)) throw new ParseError('out_of_range', where);
  return value;
}
