/** Field helpers shared by every format of ours. */
import { type Bytes, decodeUtf8, Invariant, ParseError, Reader } from '@app/encoding';
import { fail } from './errors.js';

/** The one suite defined: X-Wing in age files, Ed25519, SHA-256 (SPEC.md §1.2). */
export const SUITE = 1;

/** A fixed-length field to be written; another length is a defect of the caller. */
export function exactly<B extends Uint8Array>(bytes: B, length: number): B {
  if (bytes.length !== length) throw new Invariant(`field is not ${String(length)} bytes`);
  return bytes;
}

/**
 * Opens a struct and reads its magic and suite.
 * @throws {ParseError} `bad_magic`, `truncated`.
 * @throws {VerificationError} `suite_unsupported`.
 */
export function openStruct(bytes: Uint8Array, magic: string, where: string): Reader {
  const r = new Reader(bytes, where);
  r.magic(magic);
  if (r.u8() !== SUITE) fail('suite_unsupported');
  return r;
}

/** Reads `count` items. */
export function readList<T>(count: number, read: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => read(index));
}

/** Throws `not_unique` if two keys are equal. */
export function checkUnique(keys: readonly string[], where: string): void {
  if (new Set(keys).size !== keys.length) throw new ParseError('not_unique', where);
}

/** Printable text of one line. @throws {ParseError} `not_utf8`, `bad_character`. */
export function readLine(bytes: Bytes, where: string): string {
  const text = decodeUtf8(bytes, where);
  if (/[\p{Cc}\u2028\u2029]/u.test(text)) throw new ParseError('bad_character', where);
  return text;
}
