import { describe, expect, it } from '@jest/globals';
import { concatBytes, encodeUtf8, type Bytes } from '@app/encoding';
import { codeOf } from '../../../test/support/code-of.js';
import { strip } from './index.js';
import { be32, box, dirtyMp4, filmWith, latin1, sampleTable, track } from '../test/films.js';
import { CANARY } from '../test/pictures.js';
import { MP4 } from '../test/samples.js';

/** The sound and pictures of the sample film, which lie in its first mdat. */
function media(film: Bytes): string {
  const at = latin1(film).indexOf('mdat');
  return latin1(film.subarray(at - 4, at - 4 + new DataView(film.buffer).getUint32(at - 4)));
}

describe('films', () => {
  it('lose names, times, places and unknown boxes, and nothing moves', () => {
    const dirty = dirtyMp4();
    const { kind, bytes, removed, kept, warnings } = strip(dirty);
    expect({ kind, removed, kept, warnings }).toEqual({
      kind: 'mp4',
      removed: ['language', 'name', 'time', 'timed_metadata', 'unused_data', 'vendor_data'],
      kept: ['brand'],
      warnings: [],
    });
    expect(bytes).toHaveLength(dirty.length);
    expect(latin1(bytes)).not.toMatch(/canary|gpmd|udta|uuid|meta|zzzz/);
    expect(media(bytes)).toBe(media(MP4));
    expect(strip(bytes)).toMatchObject({ bytes, removed: [], kept, warnings });
  });

  it('keep subtitles with a warning', () => {
    const film = filmWith([track('text', sampleTable('tx3g', 0, 4, 0))]);
    expect(strip(film).warnings).toEqual(['subtitles']);
    expect(latin1(strip(film).bytes)).toContain('tx3g');
  });

  it.each<[string, string, Bytes]>([
    ['is cut off', 'malformed', MP4.slice(0, -1)],
    ['has no moov', 'unsupported', MP4.slice(0, latin1(MP4).indexOf('moov') - 4)],
    ['has two', 'malformed', concatBytes(MP4, MP4.subarray(latin1(MP4).indexOf('moov') - 4))],
    ['has a box longer than the file', 'malformed', concatBytes(MP4, be32(99), encodeUtf8('free'))],
    ['has a box shorter than its head', 'malformed', concatBytes(MP4, be32(4), encodeUtf8('free'))],
    ['has a length nobody has', 'malformed', concatBytes(MP4, be32(1), encodeUtf8('free'), be32(-1, -1))],
    ['has samples behind its end', 'malformed', filmWith([track('text', sampleTable('tx3g', 9e6, 4))])],
    ['has samples outside its media', 'malformed', filmWith([track('text', sampleTable('tx3g', 0, 4))])],
    [
      'counts more samples than it has',
      'malformed',
      filmWith([track('text', sampleTable('tx3g', 0, 99, 2 ** 31))]),
    ],
    ['is protected', 'encrypted', filmWith([box('pssh', encodeUtf8(CANARY))])],
    ['has a protected track', 'encrypted', filmWith([track('soun', sampleTable('enca', 0, 4))])],
    ['has a compressed moov', 'unsupported', filmWith([box('cmov', encodeUtf8(CANARY))])],
    ['is a still picture', 'unsupported', concatBytes(box('ftyp', encodeUtf8('heic\0\0\0\0mif1')), MP4)],
    [
      'records places in fragments',
      'unsupported',
      filmWith([track('camm', sampleTable('camm', 0, 4))], [box('moof')]),
    ],
    [
      'leaves its samples elsewhere',
      'unsupported',
      new Uint8Array(Buffer.from(latin1(MP4).replace('url \0\0\0\x01', 'url \0\0\0\0'), 'latin1')),
    ],
  ])('are refused when one %s: %s', (_what, code, film) => {
    expect(codeOf(() => strip(film))).toBe(code);
  });
});
