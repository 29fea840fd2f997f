import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { ml_kem768_x25519 } from '@noble/post-quantum/hybrid.js';
import * as cctv from 'cctv-age';
import sodium from 'libsodium-wrappers';
import { type Bytes, concatBytes, fromHex, toHex } from '@app/encoding';
import { nobleSealing, sodiumSealing } from '../seal.js';
import { openAge } from './age.js';
import { sha256 } from './hash.js';
import { isCanonicalKemKey } from './kem-key.js';
import { ageIdentity, nobleKemPublicKey } from './kem-noble.js';
import { sodiumKem } from './kem-sodium.js';

await sodium.ready;
const kem = await sodiumKem();

type XWing = Record<'seed' | 'eseed' | 'ss' | 'sk' | 'pk' | 'ct', string>;
const xwing = JSON.parse(
  readFileSync(new URL('../../vectors/xwing.json', import.meta.url), 'utf8'),
) as XWing[];
const hex = (s: string): Bytes => fromHex(s, 'vector');

describe('X-Wing draft vectors', () => {
  it('are three', () => {
    expect(xwing).toHaveLength(3);
  });

  it.each(xwing)('$seed', (v) => {
    expect(toHex(nobleKemPublicKey(hex(v.seed)))).toBe(v.pk);
    expect(toHex(kem.publicKey(hex(v.seed)))).toBe(v.pk);
    expect(isCanonicalKemKey(hex(v.pk))).toBe(true);

    const byNoble = ml_kem768_x25519.encapsulate(hex(v.pk), hex(v.eseed));
    expect([toHex(byNoble.cipherText), toHex(byNoble.sharedSecret)]).toEqual([v.ct, v.ss]);
    const bySodium = sodium.crypto_kem_xwing_enc_deterministic(hex(v.pk), hex(v.eseed));
    expect([toHex(bySodium.ciphertext), toHex(bySodium.sharedSecret)]).toEqual([v.ct, v.ss]);

    expect(toHex(ml_kem768_x25519.decapsulate(hex(v.ct), hex(v.sk)))).toBe(v.ss);
    expect(toHex(sodium.crypto_kem_xwing_dec(hex(v.ct), hex(v.sk)))).toBe(v.ss);
  });
});

type AgeVector = {
  readonly name: string;
  readonly expect: string;
  readonly payload: string | undefined;
  readonly armored: boolean;
  /** Of a hybrid identity. */
  readonly seed: Bytes | undefined;
  readonly file: Bytes;
};

const PREFIX = 'identity: AGE-SECRET-KEY-PQ-1';

const vectors: readonly AgeVector[] = Object.entries(cctv).map(([name, raw]) => {
  const end = Buffer.from(raw).indexOf('\n\n');
  const lines = Buffer.from(raw.subarray(0, end)).toString('utf8').split('\n');
  const field = (key: string): string | undefined =>
    lines.find((l) => l.startsWith(`${key}: `))?.slice(key.length + 2);
  const identity = lines.find((l) => l.startsWith(PREFIX))?.slice('identity: '.length);
  const body = raw.subarray(end + 2);
  return {
    name,
    expect: field('expect') ?? '',
    payload: field('payload'),
    armored: field('armored') === 'yes',
    seed: identity === undefined ? undefined : seedOf(identity),
    file: Uint8Array.from(field('compressed') === 'zlib' ? inflateSync(body) : body),
  };
});

/** The binary vectors with a hybrid identity. */
const hybrid = vectors.flatMap((v) => (v.seed === undefined || v.armored ? [] : [{ ...v, seed: v.seed }]));

function seedOf(identity: string): Bytes {
  const alphabet = 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L';
  const words = Array.from(identity.slice('AGE-SECRET-KEY-PQ-1'.length, -6)).map((c) => alphabet.indexOf(c));
  const bits = words.map((w) => w.toString(2).padStart(5, '0')).join('');
  return Uint8Array.from({ length: 32 }, (_, i) => parseInt(bits.slice(8 * i, 8 * i + 8), 2));
}

const stanzas = (file: Uint8Array): number => {
  const text = Buffer.from(file).toString('latin1');
  return text.slice(0, text.indexOf('\n---')).split('\n-> ').length - 1;
};

describe('age CCTV, hybrid vectors, without our own door', () => {
  it('are there', () => {
    expect(hybrid).toHaveLength(18);
    expect(ageIdentity(hybrid[0]?.seed ?? new Uint8Array(0))).toMatch(/^AGE-SECRET-KEY-PQ-1/);
  });

  it.each(hybrid)('$name', async (v) => {
    for (const identity of [ageIdentity(v.seed), kem.identity(v.seed)]) {
      const result = await openAge(identity, v.file).then(
        (plaintext) => toHex(sha256(plaintext)),
        () => 'failed',
      );
      expect(result).toBe(v.expect === 'success' ? v.payload : 'failed');
    }
  });
});

/** Why our door answers `open_failed`, or that it opens. */
type Verdict = 'opens' | 'armored' | 'not for a hybrid key' | 'more than one stanza' | 'broken';

function verdictOn(v: AgeVector): Verdict {
  if (v.armored) return 'armored';
  if (v.seed === undefined) return 'not for a hybrid key';
  if (v.expect !== 'success') return 'broken';
  return stanzas(v.file) === 1 ? 'opens' : 'more than one stanza';
}

describe('age CCTV, every vector at our own door', () => {
  const table = vectors.map((v) => ({ ...v, verdict: verdictOn(v) }));
  const providers = [nobleSealing, sodiumSealing];
  const named = (verdict: Verdict): string[] =>
    table.filter((v) => v.verdict === verdict).map(({ name }) => name);

  it('are 143, one of which is a file of ours', () => {
    expect(table).toHaveLength(143);
    expect(named('opens')).toEqual(['hybrid']);
    expect(named('more than one stanza')).toEqual([
      'hybrid_and_x25519',
      'hybrid_grease',
      'hybrid_multiple_recipients',
    ]);
    expect(named('armored')).toHaveLength(33);
    expect(named('not for a hybrid key')).toHaveLength(92);
    expect(named('broken')).toHaveLength(14);
  });

  it.each(table)('$name: $verdict', async (v) => {
    for (const provider of providers) {
      const opened = (await provider()).open(v.seed ?? new Uint8Array(32).fill(7), v.file);
      if (v.verdict === 'opens') expect(toHex(sha256(await opened))).toBe(v.payload);
      else await expect(opened).rejects.toMatchObject({ name: 'OpenError', code: 'open_failed' });
    }
  });
});

describe('canonical keys', () => {
  const key = nobleKemPublicKey(new Uint8Array(32).fill(5));
  const withCoefficient = (index: number, value: number): Bytes => {
    const copy = Uint8Array.from(key);
    const at = (index >> 1) * 3;
    if (index % 2 === 0) {
      copy[at] = value & 255;
      copy[at + 1] = ((copy[at + 1] as number) & 0xf0) | (value >> 8);
    } else {
      copy[at + 1] = ((copy[at + 1] as number) & 0x0f) | ((value & 15) << 4);
      copy[at + 2] = value >> 4;
    }
    return copy;
  };

  it.each([0, 1, 2, 766, 767])('coefficient %i below q', (index) => {
    expect(isCanonicalKemKey(withCoefficient(index, 3328))).toBe(true);
    expect(isCanonicalKemKey(withCoefficient(index, 3329))).toBe(false);
    expect(isCanonicalKemKey(withCoefficient(index, 4095))).toBe(false);
  });

  it.each([
    '00'.repeat(32),
    `01${'00'.repeat(31)}`,
    `ec${'ff'.repeat(30)}7f`,
    `ed${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(30)}7f`,
    `ff${'ff'.repeat(30)}7f`,
    `09${'00'.repeat(30)}80`,
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  ])('X25519 part %s is refused', (u) => {
    expect(isCanonicalKemKey(concatBytes(key.subarray(0, 1184), hex(u)))).toBe(false);
  });
});
