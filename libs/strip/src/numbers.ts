import type { Bytes } from '@app/encoding';
import { StripError } from './codes.js';

/** Reads integers and four-letter names; a place past the end is `malformed`. */
export function u8(bytes: Uint8Array, at: number): number {
  const value = bytes[at];
  if (value === undefined) throw new StripError('malformed', 'truncated');
  return value;
}

export const u16 = (bytes: Uint8Array, at: number): number => u8(bytes, at) * 0x100 + u8(bytes, at + 1);
export const u32 = (bytes: Uint8Array, at: number): number => u16(bytes, at) * 0x10000 + u16(bytes, at + 2);
export const u16le = (bytes: Uint8Array, at: number): number => u8(bytes, at) + u8(bytes, at + 1) * 0x100;
export const u32le = (bytes: Uint8Array, at: number): number =>
  u16le(bytes, at) + u16le(bytes, at + 2) * 0x10000;

/** A length or an offset of 64 bits; what no file can have is `malformed`. */
export function u64(bytes: Uint8Array, at: number): number {
  const value = u32(bytes, at) * 2 ** 32 + u32(bytes, at + 4);
  if (!Number.isSafeInteger(value)) throw new StripError('malformed', 'length');
  return value;
}

/** Bytes as characters of the same value. */
export function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at++) text += String.fromCharCode(u8(bytes, at));
  return text;
}

/** A four-letter name. */
export const fourcc = (bytes: Uint8Array, at: number): string => latin1(bytes, at, at + 4);

/** Joins any number of parts; as arguments of a call, a million would not fit the stack. */
export function joinBytes(parts: readonly Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** True if the characters stand at this place. */
export function hasText(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** The CRC-32 of PNG and ZIP. */
export function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) c = (CRC_TABLE[(c ^ byte) & 0xff] as number) ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}
