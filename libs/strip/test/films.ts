/** A film with something planted in every place that can say who made it, and a track of places beside the picture. */
import { concatBytes, encodeUtf8, type Bytes } from '@app/encoding';
import { CANARY } from './pictures.js';
import { MP4 } from './samples.js';

export const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

export function be32(...values: readonly number[]): Bytes {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => view.setUint32(4 * i, value));
  return new Uint8Array(view.buffer);
}

export function box(type: string, ...parts: readonly Uint8Array[]): Bytes {
  const body = concatBytes(...parts);
  return concatBytes(be32(body.length + 8), encodeUtf8(type), body);
}

const canary = encodeUtf8(CANARY);
const zeros = (n: number): Bytes => new Uint8Array(n);

/** Chunks of `samples`, each `size` bytes, that begin at `offset`. */
export function sampleTable(entry: string, offset: number, size: number, samples = 1): Bytes {
  return box(
    'stbl',
    box('stsd', be32(0, 1), box(entry, zeros(6), Uint8Array.of(0, 1))),
    box('stts', be32(0, 1, samples, 1)),
    box('stsc', be32(0, 1, 1, samples, 1)),
    box('stsz', be32(0, size, samples)),
    box('stco', be32(0, 1, offset)),
  );
}

export function track(handler: string, table: Uint8Array): Bytes {
  return box(
    'trak',
    box('tkhd', zeros(84)),
    box(
      'mdia',
      box('mdhd', zeros(24)),
      box('hdlr', zeros(8), encodeUtf8(handler), zeros(12), canary),
      box('minf', box('nmhd', zeros(4)), box('dinf', box('dref', be32(0, 1), box('url ', be32(1)))), table),
    ),
  );
}

/** The film with `more` at the end of its moov and `behind` at the end of the file. */
export function filmWith(more: readonly Uint8Array[], behind: readonly Uint8Array[] = [], film = MP4): Bytes {
  const start = latin1(film).indexOf('moov') - 4;
  const moov = box('moov', film.subarray(start + 8), ...more);
  return concatBytes(film.subarray(0, start), moov, ...behind);
}

/** The sample film with a time, a language and a name in each header that has one. */
export function named(): Bytes {
  const film = new Uint8Array(MP4);
  const text = latin1(film);
  for (const type of ['mvhd', 'tkhd', 'mdhd'])
    for (let at = text.indexOf(type); at >= 0; at = text.indexOf(type, at + 1)) {
      film.set(be32(0xe0000001, 0xe0000002), at + 8);
      if (type === 'mdhd') film.set([0x15, 0xc7], at + 24);
    }
  film.set(canary.subarray(0, 12), text.indexOf('VideoHandler'));
  film.set(canary.subarray(0, 10), text.indexOf('Lavc mpeg4'));
  return film;
}

export function dirtyMp4(): Bytes {
  const location = box('udta', box('\xa9xyz', canary), box('meta', canary));
  const plain = (offset: number): Bytes =>
    filmWith(
      [location, track('meta', sampleTable('gpmd', offset, canary.length)), box('zzzz', canary)],
      [],
      named(),
    );
  const offset = plain(0).length + 8;
  return concatBytes(
    plain(offset),
    box('mdat', canary, canary),
    box('uuid', canary, canary),
    box('free', canary),
    box('meta', canary),
  );
}
