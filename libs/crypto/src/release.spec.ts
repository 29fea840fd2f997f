import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeUtf8, encodeUtf8, ParseError, VerificationError } from '@app/encoding';
import { codeOf } from '../../../test/support/code-of.js';
import { filled, NOW, rootset } from '../test/keyset-fixture.js';
import { SAMPLE_RELEASE, signedSample } from '../test/recoding.js';
import {
  encodeRelease,
  encodeSignedRelease,
  nobleVerifier,
  parseRelease,
  parseSignedRelease,
  type Release,
  sodiumVerifier,
  TAG,
  verifyRelease,
} from './verify.js';

const numRuns = Number(process.env.FC_RUNS ?? 200);
const expected = { rootset, origin: 'log' };
const text = decodeUtf8(SAMPLE_RELEASE, 'sample');
const changed = (from: string, to: string) => encodeUtf8(text.replace(from, to));

const names = fc.stringMatching(/^\/[a-z0-9_-]{1,8}(\/[A-Z0-9_-][a-z.]{0,8}){0,2}$/);
const lines = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
const files = fc.record({
  sha256: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Uint8Array.from(bytes)),
  size: fc.nat(),
  type: lines,
});
const releases: fc.Arbitrary<Release> = fc.record({
  number: fc.integer({ min: 1, max: 0xffff_ffff }),
  origin: lines,
  made: fc.nat(),
  headers: fc
    .array(fc.tuple(fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/), lines), { maxLength: 5 })
    .map((list) => new Map([['content-security-policy', "default-src 'none'"], ...list])),
  files: fc
    .tuple(files, fc.array(fc.tuple(names, files), { maxLength: 5 }))
    .map(([document, list]) => new Map([['/', document], ...list])),
});
const sorted = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

describe('a release', () => {
  it('encodes to one spelling and back', () => {
    fc.assert(
      fc.property(releases, (release) => {
        const bytes = encodeRelease(release);
        const parsed = parseRelease(bytes);
        expect(encodeRelease(parsed)).toEqual(bytes);
        expect(sorted(parsed.files)).toEqual(sorted(release.files));
        expect(sorted(parsed.headers)).toEqual(sorted(release.headers));
      }),
      { numRuns },
    );
  });

  it.each([
    ['white space', changed('{"files"', '{ "files"'), 'not_canonical'],
    ['another format', changed('"format":1', '"format":2'), 'bad_field'],
    ['number zero', changed('"number":3', '"number":0'), 'bad_field'],
    ['a further member', changed('"format":1', '"format":1,"further":1'), 'bad_field'],
    ['no document', changed('"/":', '"/A":'), 'bad_field'],
    ['a path that climbs', changed('"/a.js"', '"/../a.js"'), 'bad_field'],
    ['a path with a query', changed('"/a.js"', '"/a.js?b"'), 'bad_field'],
    ['no policy', changed('content-security-policy', 'content-security'), 'bad_field'],
    ['a header of two lines', changed('no-store', 'no-store\\nset-cookie: a'), 'bad_field'],
    ['a hash in capitals', changed('0101', 'AA01'), 'bad_character'],
    ['a hash too short', changed('0101', '01'), 'bad_length'],
    ['a size that is none', changed('"size":7', '"size":-7'), 'bad_field'],
  ])('refuses %s', (_what, bytes, code) => {
    expect(codeOf(() => parseRelease(bytes))).toBe(code);
  });

  it('holds with two of three, and with all', async () => {
    for (const verifier of [nobleVerifier(), await sodiumVerifier()])
      for (const by of [
        [0, 1],
        [1, 2],
        [0, 1, 2],
      ])
        expect(verifyRelease(verifier, signedSample(by), expected).number).toBe(3);
  });

  it.each([
    ['one short', signedSample([1])],
    ['unsigned', signedSample([])],
    ['signed under another tag', signedSample([0, 1], TAG.keyset)],
    [
      'changed after it was signed',
      encodeUtf8(decodeUtf8(signedSample([0, 1]), 'sample').replace('"size":7', '"size":8')),
    ],
    [
      'with one signature that is wrong beside two that hold',
      encodeSignedRelease({
        manifest: SAMPLE_RELEASE,
        signatures: [
          ...parseSignedRelease(signedSample([0, 1])).signatures,
          { rootIndex: 2, signature: filled(64, 1) },
        ],
      }),
    ],
  ])('%s does not hold', (_what, bytes) => {
    expect(codeOf(() => verifyRelease(nobleVerifier(), bytes, expected))).toBe('release_signatures_short');
  });

  it('of another instance does not hold', () => {
    const elsewhere = { rootset, origin: 'another log' };
    expect(codeOf(() => verifyRelease(nobleVerifier(), signedSample([0, 1]), elsewhere))).toBe(
      'release_origin',
    );
  });

  it('refuses one root twice, and roots out of order', () => {
    const [one, two] = parseSignedRelease(signedSample([0, 1])).signatures;
    for (const list of [
      [one, one],
      [two, one],
    ]) {
      const json = JSON.parse(decodeUtf8(signedSample([0, 1]), 'sample')) as { signatures: unknown[] };
      const [first, second] = json.signatures;
      json.signatures = list.map((signature) => (signature === one ? first : second));
      expect(codeOf(() => parseSignedRelease(encodeUtf8(JSON.stringify(json))))).toBe('not_canonical');
    }
  });

  it('survives any change of bytes with a typed error at most', () => {
    const good = signedSample([0, 1]);
    const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(changes, (list) => {
        const bytes = Uint8Array.from(good);
        for (const [at, value] of list) bytes[at] = value;
        if (bytes.every((byte, i) => byte === good[i])) return;
        try {
          verifyRelease(nobleVerifier(), bytes, expected);
        } catch (error) {
          expect(error instanceof ParseError || error instanceof VerificationError).toBe(true);
          return;
        }
        throw new Error('a changed release held');
      }),
      { numRuns },
    );
  });

  it('is made at a time that is kept', () => {
    expect(parseRelease(SAMPLE_RELEASE).made).toBe(NOW);
  });
});
