/** PNG and APNG (W3C Portable Network Graphics, third edition): SPEC.md §3. */
import type { Bytes } from '@app/encoding';
import type { Findings, Kept, Removed } from './codes.js';
import { orientationOf } from './exif.js';
import { crc32, fourcc, joinBytes, u32, u8 } from './numbers.js';

/** The chunks that stay: how long each must be, whether it may repeat, what to say about it. */
const STAYS: Readonly<Record<string, { length?: number; repeats?: true; says?: Kept }>> = {
  IHDR: { length: 13 },
  PLTE: {},
  tRNS: {},
  IDAT: { repeats: true },
  IEND: { length: 0 },
  sRGB: { length: 1, says: 'colour_space' },
  gAMA: { length: 4, says: 'colour_space' },
  cHRM: { length: 32, says: 'colour_space' },
  acTL: { length: 8, says: 'animation' },
  fcTL: { length: 26, repeats: true },
  fdAT: { repeats: true },
};
const MAX_TABLE = 768;

const GOES: Readonly<Record<string, Removed>> = {
  tEXt: 'text',
  zTXt: 'text',
  iTXt: 'text',
  eXIf: 'exif',
  tIME: 'time',
  iCCP: 'colour_profile',
};

export function stripPng(input: Bytes, found: Findings): Bytes {
  const stays: Uint8Array[] = [input.subarray(0, 8)];
  const seen = new Set<string>();
  let last = '';
  let at = 8;
  while (last !== 'IEND') {
    const length = u32(input, at);
    const end = at + 12 + length;
    const type = fourcc(input, at + 4);
    found.need(end <= input.length && (last !== '') === (type !== 'IHDR'));
    if (STAYS[type] !== undefined) {
      check(type, input.subarray(at, end), seen, found);
      found.need(type !== 'IDAT' || last === 'IDAT' || !seen.has('IDAT'));
      stays.push(input.subarray(at, end));
      seen.add(type);
    } else drop(type, input.subarray(at + 8, end - 4), found);
    last = type;
    at = end;
  }
  found.need(seen.has('IDAT'));
  if (at < input.length) found.removed.add('trailing_data');
  return joinBytes(stays);
}

function check(type: string, chunk: Uint8Array, seen: ReadonlySet<string>, found: Findings): void {
  const { length, repeats, says } = STAYS[type] ?? {};
  const size = chunk.length - 12;
  found.need(length === undefined || size === length);
  found.need((type !== 'PLTE' && type !== 'tRNS') || size <= MAX_TABLE);
  found.need(repeats === true || !seen.has(type));
  found.need(crc32(chunk.subarray(4, -4)) === u32(chunk, chunk.length - 4));
  if (says) found.kept.add(says);
}

function drop(type: string, data: Uint8Array, found: Findings): void {
  found.need(/^[A-Za-z]{4}$/.test(type));
  // A chunk that begins with a capital is needed to show the picture.
  if ((u8(new Uint8Array([type.charCodeAt(0)]), 0) & 0x20) === 0) found.refuse('unsupported');
  if (type === 'eXIf' && orientationOf(data) !== 1) found.warnings.add('orientation_lost');
  found.removed.add(GOES[type] ?? 'vendor_data');
}
