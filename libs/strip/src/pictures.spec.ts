import { describe, expect, it } from '@jest/globals';
import { concatBytes, encodeUtf8, type Bytes } from '@app/encoding';
import { codeOf } from '../../../test/support/code-of.js';
import { strip } from './index.js';
import {
  CANARY,
  chunk,
  dirtyApng,
  dirtyJpeg,
  dirtyPng,
  dirtyWebp,
  dirtyWebpAnimation,
  riff,
  webp,
  jpegWith,
  pngWith,
  segment,
} from '../test/pictures.js';
import { APNG, JPEG, PNG, WEBP, WEBP_ANIMATED } from '../test/samples.js';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const NOTHING = { removed: [], warnings: [] };

describe('JPEG', () => {
  it('loses everything planted and keeps frame, tables and scans as they are', () => {
    const { kind, bytes, removed, kept, warnings } = strip(dirtyJpeg(1));
    expect({ kind, removed, kept, warnings }).toEqual({
      kind: 'jpeg',
      removed: [
        'colour_profile',
        'comment',
        'exif',
        'extra_images',
        'iptc',
        'thumbnail',
        'trailing_data',
        'vendor_data',
        'xmp',
      ],
      kept: ['colour_space'],
      warnings: [],
    });
    expect(text(bytes)).not.toContain(CANARY);
    expect(text(bytes)).not.toContain('Exif');
    expect(text(bytes)).toContain(text(JPEG.subarray(JPEG.indexOf(0xdb) - 1)));
  });

  it.each([2, 3, 4, 5, 6, 7, 8])('keeps orientation %i in an Exif block of its own', (orientation) => {
    const { bytes, kept, warnings } = strip(dirtyJpeg(orientation));
    expect(kept).toEqual(['colour_space', 'orientation']);
    expect(warnings).toEqual([]);
    expect(text(bytes)).not.toContain(CANARY);
    const at = text(bytes).indexOf('Exif\0\0');
    expect(bytes[at + 6 + 19]).toBe(orientation);
    expect(strip(bytes)).toMatchObject({ ...NOTHING, bytes, kept });
  });

  it('says when an Exif block it cannot read may have turned the picture', () => {
    for (const block of ['Exif\0\0', 'Exif\0\0II*\0\xff\xff', 'Exif\0\0XX*\0']) {
      const { warnings, removed } = strip(jpegWith(segment(0xe1, Buffer.from(block, 'latin1'))));
      expect({ warnings, removed }).toEqual({ warnings: ['orientation_lost'], removed: ['exif'] });
    }
  });

  it('is left alone when it says nothing', () => {
    const { bytes, removed } = strip(JPEG);
    expect(bytes).toEqual(JPEG);
    expect(removed).toEqual(['comment'].filter(() => text(JPEG).includes('Lavc')));
  });

  it.each<[string, Bytes]>([
    ['the end is missing', JPEG.slice(0, -2)],
    ['it ends within a segment', JPEG.slice(0, 100)],
    ['a segment is longer than the file', jpegWith(Uint8Array.of(0xff, 0xe5, 0xff, 0xff))],
    ['a segment is shorter than its length', jpegWith(Uint8Array.of(0xff, 0xe5, 0, 1))],
    ['there is something between segments', jpegWith(segment(0xfe, encodeUtf8('')), Uint8Array.of(1, 2, 3))],
    ['there is no picture', Uint8Array.of(0xff, 0xd8, 0xff, 0xd9)],
    ['a marker is unknown', jpegWith(segment(0xf5, encodeUtf8(CANARY)))],
    ['another picture begins', jpegWith(Uint8Array.of(0xff, 0xd8))],
  ])('is refused when %s', (_what, bytes) => {
    expect(codeOf(() => strip(bytes))).toBe('malformed');
  });
});

describe('PNG', () => {
  it('loses every chunk but those of the picture', () => {
    const { kind, bytes, removed, kept, warnings } = strip(dirtyPng());
    expect({ kind, removed, kept, warnings }).toEqual({
      kind: 'png',
      removed: ['exif', 'text', 'time', 'trailing_data', 'vendor_data'],
      kept: ['colour_space'],
      warnings: ['orientation_lost'],
    });
    expect(text(bytes)).not.toContain(CANARY);
    expect(strip(bytes)).toMatchObject({ ...NOTHING, bytes });
  });

  it('keeps an animation', () => {
    const { bytes, kept } = strip(dirtyApng());
    expect(kept).toEqual(['animation', 'colour_space']);
    const count = (name: string): number => text(bytes).split(name).length - 1;
    expect(['acTL', 'fcTL', 'fdAT'].map(count)).toEqual(
      ['acTL', 'fcTL', 'fdAT'].map((name) => text(APNG).split(name).length - 1),
    );
  });

  it.each<[string, string, Bytes]>([
    ['its end is missing', 'malformed', PNG.slice(0, -12)],
    ['a chunk is longer than the file', 'malformed', pngWith(PNG, Uint8Array.of(0xff, 0xff, 0xff, 0xff))],
    ['a chunk has the wrong sum', 'malformed', pngWith(PNG, chunk('gAMA', new Uint8Array(4)).fill(1, 12))],
    ['a colour chunk is longer than its kind', 'malformed', pngWith(PNG, chunk('gAMA', new Uint8Array(9)))],
    ['there are two headers', 'malformed', pngWith(PNG, PNG.subarray(8, 33))],
    ['it has no data', 'malformed', concatBytes(PNG.subarray(0, 33), chunk('IEND', new Uint8Array()))],
    ['a name is none', 'malformed', pngWith(PNG, chunk('z\0aa', new Uint8Array()))],
    ['it needs a chunk nobody knows', 'unsupported', pngWith(PNG, chunk('CgBI', new Uint8Array(4)))],
  ])('is refused when %s: %s', (_what, code, bytes) => {
    expect(codeOf(() => strip(bytes))).toBe(code);
  });
});

describe('WebP', () => {
  it('loses every chunk but those of the picture, and the flags that announced them', () => {
    const { kind, bytes, removed, warnings } = strip(dirtyWebp());
    expect({ kind, removed, warnings }).toEqual({
      kind: 'webp',
      removed: ['colour_profile', 'exif', 'trailing_data', 'vendor_data', 'xmp'],
      warnings: ['orientation_lost'],
    });
    expect(text(bytes)).not.toContain(CANARY);
    expect(text(bytes)).toContain(text(WEBP.subarray(12)));
    expect(bytes[20]).toBe(0);
    expect(strip(bytes)).toMatchObject({ ...NOTHING, bytes });
  });

  it('keeps an animation and looks into its frames', () => {
    const { bytes, removed, kept } = strip(dirtyWebpAnimation());
    expect({ removed, kept }).toEqual({ removed: ['vendor_data', 'xmp'], kept: ['animation'] });
    expect(bytes).toEqual(WEBP_ANIMATED);
    expect(strip(WEBP)).toMatchObject({ ...NOTHING, bytes: WEBP });
  });

  it.each<[string, Bytes]>([
    ['it is shorter than it says', WEBP.slice(0, -2)],
    [
      'a chunk is longer than the file',
      webp(riff('EXIF', encodeUtf8('aa')).fill(0xff, 4, 8), WEBP.subarray(12)),
    ],
    ['it has no picture', webp(riff('VP8X', new Uint8Array(10)))],
    ['it has two', webp(WEBP.subarray(12), WEBP.subarray(12))],
    ['its header has another length', webp(riff('VP8X', new Uint8Array(12)), WEBP.subarray(12))],
    ['a frame has no picture', webp(riff('VP8X', new Uint8Array(10)), riff('ANMF', new Uint8Array(16)))],
  ])('is refused when %s', (_what, bytes) => {
    expect(codeOf(() => strip(bytes))).toBe('malformed');
  });
});

describe('pictures of very many parts', () => {
  it.each<[string, (n: number) => Bytes]>([
    ['PNG', (n) => pngWith(PNG, ...Array.from({ length: n }, () => chunk('zzAa', new Uint8Array())))],
    ['JPEG', (n) => jpegWith(...Array.from({ length: n }, () => segment(0xdb, new Uint8Array(65))))],
    [
      'WebP',
      (n) => webp(WEBP.subarray(12), ...Array.from({ length: n }, () => riff('zzzz', new Uint8Array()))),
    ],
  ])('are %s all the same', (_name, make) => {
    const one = make(1_000);
    const many = make(50_000);
    expect(strip(many).kind).toBe(strip(one).kind);
  });
});

describe('what is none of the formats', () => {
  it.each([[''], ['GIF89a'], ['MM\0*\0\0\0\x08'], ['plain text']])('is not recognised: %j', (start) => {
    expect(codeOf(() => strip(encodeUtf8(start)))).toBe('not_recognised');
  });
});
