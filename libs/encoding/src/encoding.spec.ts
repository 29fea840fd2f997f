import { describe, expect, it } from '@jest/globals';
import {
  bytesEqual,
  canonicalJson,
  compareBytes,
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  fromBase64,
  fromHex,
  Invariant,
  type Json,
  parseCanonicalJson,
  parseDecimal,
  ParseError,
  Reader,
  toBase64,
  toHex,
  VerificationError,
  Writer,
} from './index.js';

const bytes = (...values: number[]) => Uint8Array.from(values);

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof ParseError) return error.code;
    if (error instanceof Invariant) return 'invariant';
    throw error;
  }
  return 'accepted';
}

describe('bytes', () => {
  it('joins, compares and orders', () => {
    expect(concatBytes(bytes(1), bytes(), bytes(2, 3))).toEqual(bytes(1, 2, 3));
    expect(bytesEqual(bytes(1, 2), bytes(1, 2))).toBe(true);
    expect(bytesEqual(bytes(1, 2), bytes(1, 3))).toBe(false);
    expect(bytesEqual(bytes(1), bytes(1, 2))).toBe(false);
    expect(Math.sign(compareBytes(bytes(1, 2), bytes(1, 3)))).toBe(-1);
    expect(Math.sign(compareBytes(bytes(2), bytes(1, 3)))).toBe(1);
    expect(Math.sign(compareBytes(bytes(1), bytes(1, 0)))).toBe(-1);
    expect(compareBytes(bytes(7), bytes(7))).toBe(0);
  });

  it('takes strict UTF-8 alone and keeps a byte order mark', () => {
    expect(decodeUtf8(encodeUtf8('سلام é \u{10ffff}'), 'x')).toBe('سلام é \u{10ffff}');
    expect(decodeUtf8(bytes(0xef, 0xbb, 0xbf, 0x61), 'x')).toBe('\ufeffa');
    for (const bad of [bytes(0xff), bytes(0xc0, 0x80), bytes(0xed, 0xa0, 0x80), bytes(0xe2, 0x82)]) {
      expect(codeOf(() => decodeUtf8(bad, 'x'))).toBe('not_utf8');
    }
  });
});

describe('text forms', () => {
  // RFC 4648 §10.
  it.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('base64 of %j is %s', (text, base64) => {
    expect(toBase64(encodeUtf8(text))).toBe(base64);
    expect(fromBase64(base64, 'x')).toEqual(encodeUtf8(text));
  });

  it.each([
    ['Zg', 'bad_length'],
    ['Zg=', 'bad_length'],
    ['Zh==', 'not_canonical'],
    ['Zm9=', 'not_canonical'],
    ['Z===', 'bad_character'],
    ['====', 'bad_character'],
    ['Zg==Zg==', 'bad_character'],
    ['Zm 9', 'bad_character'],
    ['Zm-_', 'bad_character'],
    ['Zmé9', 'bad_character'],
  ])('refuses base64 %j: %s', (text, code) => {
    expect(codeOf(() => fromBase64(text, 'x'))).toBe(code);
  });

  it('reads lower-case hex of the asked length alone', () => {
    expect(toHex(bytes(0, 15, 255))).toBe('000fff');
    expect(fromHex('000fff', 'x', 3)).toEqual(bytes(0, 15, 255));
    expect(codeOf(() => fromHex('000FFF', 'x'))).toBe('bad_character');
    expect(codeOf(() => fromHex('000', 'x'))).toBe('bad_length');
    expect(codeOf(() => fromHex('0000', 'x', 3))).toBe('bad_length');
    expect(codeOf(() => fromBase64('Zm9v', 'x', 2))).toBe('bad_length');
  });

  it.each([
    ['0', 0],
    ['7', 7],
    ['9007199254740991', 9007199254740991],
    ['', 'bad_character'],
    [' 12', 'bad_character'],
    ['0x10', 'bad_character'],
    ['-1', 'bad_character'],
    ['1e3', 'bad_character'],
    ['007', 'not_canonical'],
    ['00', 'not_canonical'],
    ['9007199254740992', 'out_of_range'],
    ['99999999999999999999999999', 'out_of_range'],
  ])('decimal %j is %s', (text, result) => {
    if (typeof result === 'number') expect(parseDecimal(text, 'x')).toBe(result);
    else expect(codeOf(() => parseDecimal(text, 'x'))).toBe(result);
  });
});

describe('structs', () => {
  it('write big-endian integers and length-prefixed vectors, and read them back', () => {
    const struct = new Writer()
      .ascii('RP')
      .u8(0xff)
      .u16(0x0102)
      .u32(0xffff_fffe)
      .u64(Number.MAX_SAFE_INTEGER)
      .vec8(bytes(1))
      .vec16(bytes(2, 3))
      .vec32(bytes(4))
      .zeros(2)
      .bytes(bytes(9))
      .finish();
    expect(toHex(struct)).toBe('5250ff0102fffffffe001fffffffffffff01010002020300000001040000' + '09');
    const r = new Reader(struct, 'x');
    r.magic('RP');
    expect([r.u8(), r.u16(), r.u32(), r.u64()]).toEqual([255, 258, 4294967294, Number.MAX_SAFE_INTEGER]);
    expect([r.vec8(), r.vec16(), r.vec32(9)]).toEqual([bytes(1), bytes(2, 3), bytes(4)]);
    r.zeros(2);
    expect(r.remaining).toBe(1);
    expect(codeOf(() => r.done())).toBe('trailing_bytes');
    expect(r.bytes(1)).toEqual(bytes(9));
    r.done();
  });

  it.each([
    ['truncated', (r: Reader) => r.u32()],
    ['truncated', (r: Reader) => r.bytes(4)],
    ['truncated', (r: Reader) => r.vec8()],
    ['bad_magic', (r: Reader) => r.magic('A')],
    ['not_zero', (r: Reader) => r.zeros(1)],
    ['out_of_range', (r: Reader) => r.vec16(5)],
    ['trailing_bytes', (r: Reader) => r.done()],
  ])('refuse with %s and name the place alone', (code, read) => {
    const reader = new Reader(bytes(9, 1, 1), 'certificate');
    expect(codeOf(() => read(reader))).toBe(code);
    expect(() => read(new Reader(bytes(9, 1, 1), 'certificate'))).toThrow(`certificate: ${code}`);
  });

  it('refuse a 64-bit number that is not exact', () => {
    const large = bytes(0, 0x20, 0, 0, 0, 0, 0, 0);
    expect(codeOf(() => new Reader(large, 'x').u64())).toBe('out_of_range');
  });

  it.each([
    (w: Writer) => w.u8(256),
    (w: Writer) => w.u16(-1),
    (w: Writer) => w.u32(2 ** 32),
    (w: Writer) => w.u64(2 ** 53),
    (w: Writer) => w.u8(0.5),
    (w: Writer) => w.vec8(new Uint8Array(256)),
  ])('do not write what does not fit (%#)', (write) => {
    expect(codeOf(() => write(new Writer()))).toBe('invariant');
  });
});

describe('canonical JSON', () => {
  it.each<[Json, string]>([
    [null, 'null'],
    [[true, 1.5, -0, 1e21, 'a"\\\n\u0001é€'], '[true,1.5,0,1e+21,"a\\"\\\\\\n\\u0001é€"]'],
    // RFC 8785 §3.2.3: keys in order of UTF-16 code units.
    [
      { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 },
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
    ],
    [{ b: [], a: {} }, '{"a":{},"b":[]}'],
  ])('writes %j', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
    expect(canonicalJson(parseCanonicalJson(text, 'x'))).toBe(text);
  });

  it.each([
    ['', 'not_json'],
    ['{', 'not_json'],
    ['{"a":1,"a":1}', 'not_canonical'],
    ['{"b":1,"a":1}', 'not_canonical'],
    ['[1, 2]', 'not_canonical'],
    ['1.0', 'not_canonical'],
    ['"\\u0061"', 'not_canonical'],
    ['"\\ud800"', 'not_canonical'],
    ['1e999', 'not_canonical'],
    [`${'['.repeat(9_000)}${']'.repeat(9_000)} `, 'not_canonical'],
  ])('refuses text %#: its code', (text, code) => {
    expect(codeOf(() => parseCanonicalJson(text, 'x'))).toBe(code);
  });

  it('has no form for a number that is not finite or half a character', () => {
    for (const value of [NaN, Infinity, '\ud800', { '\udfff': 1 }]) {
      expect(codeOf(() => canonicalJson(value))).toBe('invariant');
    }
  });
});

describe('errors', () => {
  it('carry a code and no input', () => {
    const malformed = new ParseError('truncated', 'box');
    expect([malformed.name, malformed.code, malformed.where]).toEqual(['ParseError', 'truncated', 'box']);
    const failed = new VerificationError('signature_invalid');
    expect([failed.name, failed.code, failed.message]).toEqual([
      'VerificationError',
      'signature_invalid',
      'signature_invalid',
    ]);
  });
});
