/** Pictures with something planted in every place that can say who made them. */
import { concatBytes, encodeUtf8, type Bytes } from '@app/encoding';
import { crc32 } from '../src/numbers.js';
import { APNG, JPEG, PNG, WEBP, WEBP_ANIMATED } from './samples.js';

/** Stands in everything planted, and in nothing that stays. */
export const CANARY = 'canary-7f3a';

const be = (value: number, size: 2 | 4): Bytes => {
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  if (size === 2) view.setUint16(0, value);
  else view.setUint32(0, value);
  return out;
};
const le32 = (value: number): Bytes => be(value, 4).reverse();

/** A TIFF block: orientation, make, software and a GPS directory, big-endian. */
export function tiff(orientation: number): Bytes {
  const text = encodeUtf8(`${CANARY}\0`);
  const entries = 4;
  const gpsAt = 8 + 2 + entries * 12 + 4;
  const textAt = gpsAt + 2 + 2 * 12 + 4;
  const latitudeAt = textAt + 2 * text.length;
  const entry = (tag: number, type: number, count: number, value: Bytes): Bytes =>
    concatBytes(be(tag, 2), be(type, 2), be(count, 4), value);
  return concatBytes(
    encodeUtf8('MM\0*'),
    be(8, 4),
    be(entries, 2),
    entry(0x010f, 2, text.length, be(textAt, 4)),
    entry(0x0112, 3, 1, concatBytes(be(orientation, 2), be(0, 2))),
    entry(0x0131, 2, text.length, be(textAt + text.length, 4)),
    entry(0x8825, 4, 1, be(gpsAt, 4)),
    be(0, 4),
    be(2, 2),
    entry(1, 2, 2, encodeUtf8('N\0\0\0')),
    entry(2, 5, 3, be(latitudeAt, 4)),
    be(0, 4),
    text,
    text,
    ...[48, 1, 12, 1, 30, 1].map((n) => be(n, 4)),
  );
}

export const XMP = encodeUtf8(
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
    `<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="${CANARY}"/>` +
    `</rdf:RDF></x:xmpmeta>`,
);

export function segment(marker: number, body: Uint8Array): Bytes {
  return concatBytes(Uint8Array.of(0xff, marker), be(body.length + 2, 2), body);
}

/** `clean` with `segments` behind its SOI. */
export function jpegWith(...segments: readonly Uint8Array[]): Bytes {
  return concatBytes(JPEG.subarray(0, 2), ...segments, JPEG.subarray(2));
}

export function dirtyJpeg(orientation: number): Bytes {
  const jfif = concatBytes(
    encodeUtf8('JFIF\0'),
    Uint8Array.of(1, 2, 0, 0, 1, 0, 1, 2, 2),
    encodeUtf8(`${CANARY} `),
  );
  return concatBytes(
    jpegWith(
      segment(0xe0, jfif),
      segment(0xe0, encodeUtf8(`JFXX\0${CANARY}`)),
      segment(0xe1, concatBytes(encodeUtf8('Exif\0\0'), tiff(orientation))),
      segment(0xe1, concatBytes(encodeUtf8('http://ns.adobe.com/xap/1.0/\0'), XMP)),
      segment(0xe2, encodeUtf8(`ICC_PROFILE\0\x01\x01${CANARY}`)),
      segment(0xe2, encodeUtf8(`MPF\0${CANARY}`)),
      segment(0xed, encodeUtf8(`Photoshop 3.0\0${CANARY}`)),
      segment(
        0xee,
        concatBytes(encodeUtf8('Adobe'), Uint8Array.of(0, 100, 7, 7, 9, 9, 1), encodeUtf8(CANARY)),
      ),
      segment(0xec, encodeUtf8(`Ducky${CANARY}`)),
      segment(0xfe, encodeUtf8(CANARY)),
    ),
    encodeUtf8(CANARY),
  );
}

export function chunk(type: string, data: Uint8Array): Bytes {
  const body = concatBytes(encodeUtf8(type), data);
  return concatBytes(be(data.length, 4), body, be(crc32(body), 4));
}

/** `picture` with chunks behind its IHDR. */
export function pngWith(picture: Bytes, ...chunks: readonly Uint8Array[]): Bytes {
  return concatBytes(picture.subarray(0, 33), ...chunks, picture.subarray(33));
}

export function dirtyPng(picture: Bytes = PNG): Bytes {
  return concatBytes(
    pngWith(
      picture,
      chunk('gAMA', be(45455, 4)),
      chunk('tEXt', encodeUtf8(`Author\0${CANARY}`)),
      chunk('iTXt', encodeUtf8(`XML:com.adobe.xmp\0\0\0\0\0${CANARY}`)),
      chunk('tIME', Uint8Array.of(7, 0xe9, 1, 1, 1, 1, 1)),
      chunk('pHYs', Uint8Array.of(0, 0, 1, 1, 0, 0, 1, 1, 1)),
      chunk('eXIf', tiff(6)),
      chunk('zzAa', encodeUtf8(CANARY)),
    ),
    encodeUtf8(CANARY),
  );
}

export const dirtyApng = (): Bytes => dirtyPng(APNG);

export function riff(type: string, data: Uint8Array): Bytes {
  return concatBytes(encodeUtf8(type), le32(data.length), data, new Uint8Array(data.length % 2));
}

/** An extended WebP file of these chunks. */
export function webp(...chunks: readonly Uint8Array[]): Bytes {
  return riff('RIFF', concatBytes(encodeUtf8('WEBP'), ...chunks));
}

export function dirtyWebp(): Bytes {
  const size = Uint8Array.of(0x2c, 0, 0, 0, 23, 0, 0, 15, 0, 0);
  return concatBytes(
    webp(
      riff('VP8X', size),
      riff('ICCP', encodeUtf8(CANARY)),
      WEBP.subarray(12),
      riff('EXIF', tiff(6)),
      riff('XMP ', XMP),
      riff('zzzz', encodeUtf8(CANARY)),
    ),
    encodeUtf8(CANARY),
  );
}

/** The animation with a foreign chunk inside its first frame and one behind it. */
export function dirtyWebpAnimation(): Bytes {
  const chunks: Uint8Array[] = [];
  const view = new DataView(WEBP_ANIMATED.buffer);
  for (let at = 12; at < WEBP_ANIMATED.length;) {
    const length = view.getUint32(at + 4, true);
    const data = WEBP_ANIMATED.subarray(at + 8, at + 8 + length);
    const type = String.fromCharCode(...WEBP_ANIMATED.subarray(at, at + 4));
    chunks.push(riff(type, type === 'ANMF' ? concatBytes(data, riff('zzzz', encodeUtf8(CANARY))) : data));
    at += 8 + length + (length % 2);
  }
  return webp(...chunks, riff('XMP ', XMP));
}
