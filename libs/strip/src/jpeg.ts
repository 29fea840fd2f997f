/** JPEG (ITU-T T.81, JFIF, Exif): SPEC.md §2. */
import { bytesEqual, concatBytes, type Bytes } from '@app/encoding';
import type { Findings, Removed } from './codes.js';
import { orientationExif, orientationOf } from './exif.js';
import { hasText, joinBytes, u16, u8 } from './numbers.js';

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP0 = 0xe0;
const APP14 = 0xee;
const COM = 0xfe;

/** Tables, frames and restart intervals: without them there is no picture. */
const isPicture = (marker: number): boolean =>
  (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8) || (marker >= SOS && marker <= 0xdf);
const isFrame = (marker: number): boolean =>
  isPicture(marker) && marker < 0xd0 && marker !== 0xc4 && marker !== 0xcc;
const isApp = (marker: number): boolean => marker >= APP0 && marker <= 0xef;
const isRestart = (marker: number): boolean => marker >= 0xd0 && marker <= 0xd7;

interface Parts {
  jfif?: Bytes;
  adobe?: Bytes;
  orientation?: Bytes;
  readonly picture: Uint8Array[];
  frames: number;
  scans: number;
}

export function stripJpeg(input: Bytes, found: Findings): Bytes {
  const parts: Parts = { picture: [], frames: 0, scans: 0 };
  let at = 2;
  for (;;) {
    const { marker, after } = markerAt(input, at, found);
    if (marker === EOI) {
      at = after;
      break;
    }
    at = segment(input, marker, after, parts, found);
  }
  found.need(parts.frames > 0 && parts.scans > 0);
  if (at < input.length) found.removed.add('trailing_data');
  const own = [parts.jfif, parts.orientation, parts.adobe].filter((part) => part !== undefined);
  return joinBytes([Uint8Array.of(0xff, SOI), ...own, ...parts.picture, Uint8Array.of(0xff, EOI)]);
}

/** The marker at this place, behind any fill bytes. */
function markerAt(input: Bytes, at: number, found: Findings): { marker: number; after: number } {
  found.need(input[at] === 0xff);
  let next = at + 1;
  while (input[next] === 0xff) next++;
  return { marker: u8(input, next), after: next + 1 };
}

/** One segment, and behind a scan's header its data. @returns the place of the next marker. */
function segment(input: Bytes, marker: number, at: number, parts: Parts, found: Findings): number {
  const length = u16(input, at);
  found.need(length >= 2 && at + length <= input.length);
  let end = at + length;
  const body = input.subarray(at + 2, end);
  if (isApp(marker)) application(marker, body, parts, found);
  else if (marker === COM) found.removed.add('comment');
  else {
    found.need(isPicture(marker));
    if (isFrame(marker)) parts.frames++;
    if (marker === SOS) {
      parts.scans++;
      end = endOfScan(input, end);
    }
    parts.picture.push(Uint8Array.of(0xff, marker), input.subarray(at, end));
  }
  return end;
}

/** Entropy-coded data ends at a marker that is neither a stuffed byte nor a restart. */
function endOfScan(input: Bytes, from: number): number {
  for (let at = input.indexOf(0xff, from); at >= 0; at = input.indexOf(0xff, at + 1)) {
    const next = u8(input, at + 1);
    if (next !== 0 && next !== 0xff && !isRestart(next)) return at;
  }
  return input.length;
}

function application(marker: number, body: Uint8Array, parts: Parts, found: Findings): void {
  if (marker === APP0 && hasText(body, 0, 'JFIF\0') && !parts.jfif) jfif(body, parts, found);
  else if (marker === APP14 && hasText(body, 0, 'Adobe') && !parts.adobe) adobe(body, parts, found);
  else if (marker === 0xe1 && hasText(body, 0, 'Exif\0')) exif(body, parts, found);
  else found.removed.add(kindOf(marker, body));
}

/** Version, density and no thumbnail. */
function jfif(body: Uint8Array, parts: Parts, found: Findings): void {
  found.need(body.length >= 14);
  if (body.length > 14) found.removed.add('thumbnail');
  if (body[7] !== 0) found.kept.add('resolution');
  parts.jfif = concatBytes(Uint8Array.of(0xff, APP0, 0, 16), body.subarray(0, 12), Uint8Array.of(0, 0));
}

/** Of Adobe's segment only the colour transform means anything to a decoder. */
function adobe(body: Uint8Array, parts: Parts, found: Findings): void {
  found.need(body.length >= 12);
  const mark = [0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, u8(body, 11)];
  if (!bytesEqual(body, Uint8Array.from(mark))) found.removed.add('vendor_data');
  found.kept.add('colour_space');
  parts.adobe = Uint8Array.from([0xff, APP14, 0, 14, ...mark]);
}

function exif(body: Uint8Array, parts: Parts, found: Findings): void {
  const orientation = orientationOf(body.subarray(6));
  if (orientation === undefined) found.warnings.add('orientation_lost');
  const minimal = orientationExif(orientation ?? 1);
  if (orientation === 1 || parts.orientation || !bytesEqual(body, minimal)) found.removed.add('exif');
  if (orientation === undefined || orientation === 1 || parts.orientation) return;
  found.kept.add('orientation');
  parts.orientation = concatBytes(Uint8Array.of(0xff, 0xe1, 0, minimal.length + 2), minimal);
}

function kindOf(marker: number, body: Uint8Array): Removed {
  const is = (text: string): boolean => hasText(body, 0, text);
  if (marker === 0xe1 && is('http://ns.adobe.com/x')) return 'xmp';
  if (marker === 0xe2 && is('ICC_PROFILE\0')) return 'colour_profile';
  if (marker === 0xe2 && is('MPF\0')) return 'extra_images';
  if (marker === 0xed && is('Photoshop')) return 'iptc';
  return marker === APP0 && is('JFXX\0') ? 'thumbnail' : 'vendor_data';
}
