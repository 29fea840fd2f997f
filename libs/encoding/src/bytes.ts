import { ParseError } from './errors.js';

/** Bytes that own their buffer, so that they can be handed to WebCrypto and to a worker. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Whole seconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

/** Joins byte strings into a new one. */
export function concatBytes(...parts: readonly Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** Equality of public byte strings. Not constant-time: never use it on secrets. */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Lexicographic order, shorter first on a tie: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const d = (a[i] as number) - (b[i] as number);
    if (d !== 0) return d;
  }
  return a.length - b.length;
}

/** UTF-8 of a string. */
export function encodeUtf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/**
 * Text of strict UTF-8; a byte order mark is kept as a character.
 * @throws {ParseError} `not_utf8`.
 */
export function decodeUtf8(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ParseError('not_utf8', where);
  }
}
