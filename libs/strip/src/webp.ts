/** WebP (RFC 9649): SPEC.md §4. */
import { concatBytes, encodeUtf8, type Bytes } from '@app/encoding';
import type { Findings, Removed } from './codes.js';
import { orientationOf } from './exif.js';
import { fourcc, joinBytes, u32le, u8 } from './numbers.js';

const ALPHA_AND_ANIMATION = 0x12;
const FRAME_HEADER = 16;

const GOES: Readonly<Record<string, Removed>> = { ICCP: 'colour_profile', EXIF: 'exif', 'XMP ': 'xmp' };

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

export function stripWebp(input: Bytes, found: Findings): Bytes {
  const end = 8 + u32le(input, 4);
  found.need(end <= input.length);
  const chunks = chunksOf(input.subarray(12, end), found).flatMap((chunk) => cleaned(chunk, found));
  const count = (...types: readonly string[]): number =>
    chunks.filter(({ type }) => types.includes(type)).length;
  const frames = count('ANMF');
  found.need(frames > 0 ? count('VP8 ', 'VP8L') === 0 : count('VP8 ', 'VP8L') === 1);
  found.need(count('VP8X') <= 1 && count('ALPH') <= 1 && count('ANIM') <= 1);
  if (end < input.length) found.removed.add('trailing_data');
  const body = joinBytes([encodeUtf8('WEBP'), ...chunks.map(encoded)]);
  return encoded({ type: 'RIFF', data: body });
}

function chunksOf(bytes: Uint8Array, found: Findings): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = u32le(bytes, at + 4);
    const next = at + 8 + length + (length % 2);
    found.need(next <= bytes.length);
    chunks.push({ type: fourcc(bytes, at), data: bytes.subarray(at + 8, at + 8 + length) });
    at = next;
  }
  return chunks;
}

function cleaned(chunk: Chunk, found: Findings): Chunk[] {
  const { type, data } = chunk;
  switch (type) {
    case 'VP8 ':
    case 'VP8L':
    case 'ALPH':
      return [chunk];
    case 'ANIM':
      found.need(data.length === 6);
      found.kept.add('animation');
      return [chunk];
    case 'VP8X':
      return [{ type, data: flags(data, found) }];
    case 'ANMF':
      return [{ type, data: frame(data, found) }];
    default:
      if (type === 'EXIF' && orientationOf(tiffOf(data)) !== 1) found.warnings.add('orientation_lost');
      found.removed.add(GOES[type] ?? 'vendor_data');
      return [];
  }
}

/** Some writers put JPEG's six bytes in front of the TIFF block. */
function tiffOf(data: Uint8Array): Uint8Array {
  return data[0] === 0x45 ? data.subarray(6) : data;
}

function flags(data: Uint8Array, found: Findings): Bytes {
  found.need(data.length === 10);
  const mended = new Uint8Array(data);
  mended[0] = u8(data, 0) & ALPHA_AND_ANIMATION;
  return mended.fill(0, 1, 4);
}

function frame(data: Uint8Array, found: Findings): Bytes {
  found.need(data.length >= FRAME_HEADER);
  const chunks = chunksOf(data.subarray(FRAME_HEADER), found);
  const picture = chunks.filter(({ type }) => type === 'VP8 ' || type === 'VP8L' || type === 'ALPH');
  if (picture.length < chunks.length) found.removed.add('vendor_data');
  found.need(picture.filter(({ type }) => type !== 'ALPH').length === 1 && picture.length <= 2);
  return joinBytes([data.subarray(0, FRAME_HEADER), ...picture.map(encoded)]);
}

/** The byte that makes a length even is zero. */
function encoded({ type, data }: Chunk): Bytes {
  const head = new Uint8Array(8);
  head.set(encodeUtf8(type));
  new DataView(head.buffer).setUint32(4, data.length, true);
  return concatBytes(head, data, new Uint8Array(data.length % 2));
}
