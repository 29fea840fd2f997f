import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ed25519 as curve } from '@noble/curves/ed25519.js';
import { encodeUtf8, fromHex, toHex } from '@app/encoding';
import { nobleEd25519 } from './ed25519-noble.js';
import { sodiumEd25519 } from './ed25519-sodium.js';

const load = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), 'utf8'));
const hex = (s: string): Uint8Array => fromHex(s, 'vector');

const providers = [
  ['noble', nobleEd25519()],
  ['sodium', await sodiumEd25519()],
] as const;

const { Point } = curve;
type CurvePoint = InstanceType<typeof Point>;
const ORDER = Point.Fn.ORDER;

/** The points whose order divides 8, the identity first. */
function torsionPoints(): CurvePoint[] {
  const generator = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
  return Array.from({ length: 8 }, (_, i) => (i === 0 ? Point.ZERO : generator.multiplyUnsafe(BigInt(i))));
}

/** [8][S]B = [8]R + [8][k]A, with a component added to R or to A. */
function signedWith({
  inR,
  inA,
}: {
  inR: CurvePoint;
  inA: CurvePoint;
}): [Uint8Array, Uint8Array, Uint8Array] {
  const [a, r, message] = [7n, 11n, encodeUtf8('m')];
  const key = Point.BASE.multiply(a).add(inA).toBytes();
  const R = Point.BASE.multiply(r).add(inR).toBytes();
  const digest = createHash('sha512').update(R).update(key).update(message).digest();
  const k = BigInt(`0x${toHex(digest.reverse())}`) % ORDER;
  const S = hex(((r + k * a) % ORDER).toString(16).padStart(64, '0')).reverse();
  return [key, message, Uint8Array.of(...R, ...S)];
}

type Wycheproof = {
  testGroups: {
    publicKey: { pk: string };
    tests: { tcId: number; msg: string; sig: string; result: string }[];
  }[];
};
type Cctv = { number: number; key: string; sig: string; msg: string; flags: string[] | null };
type Speccheck = { message: string; pub_key: string; signature: string };

describe.each(providers)('%s', (_name, ed25519) => {
  it('gives every verdict of Wycheproof', () => {
    let n = 0;
    for (const group of (load('wycheproof-ed25519.json') as Wycheproof).testGroups) {
      for (const t of group.tests) {
        const verdict = ed25519.verify(hex(group.publicKey.pk), hex(t.msg), hex(t.sig));
        expect([t.tcId, verdict]).toEqual([t.tcId, t.result === 'valid']);
        n++;
      }
    }
    expect(n).toBe(151);
  });

  it('accepts a vector of CCTV if and only if no edge case applies to it', () => {
    const vectors = load('cctv-ed25519.json') as Cctv[];
    const accepted = vectors.filter((v) => {
      const verdict = ed25519.verify(hex(v.key), encodeUtf8(v.msg), hex(v.sig));
      expect([v.number, verdict]).toEqual([v.number, v.flags === null || v.flags.length === 0]);
      return verdict;
    });
    expect([vectors.length, accepted.length]).toEqual([914, 1]);
  });

  it('refuses every vector of ed25519-speccheck', () => {
    const verdicts = (load('ed25519-speccheck.json') as Speccheck[]).map((v) =>
      ed25519.verify(hex(v.pub_key), hex(v.message), hex(v.signature)),
    );
    expect(verdicts).toEqual(Array.from({ length: 12 }, () => false));
  });

  it('refuses wrong lengths without an exception', () => {
    const seed = new Uint8Array(32).fill(1);
    const key = ed25519.publicKey(seed);
    const message = encodeUtf8('m');
    const signature = ed25519.sign(seed, message);
    expect(ed25519.verify(key, message, signature)).toBe(true);
    expect(ed25519.verify(key.subarray(1), message, signature)).toBe(false);
    expect(ed25519.verify(key, message, signature.subarray(1))).toBe(false);
    expect(ed25519.verify(new Uint8Array(0), message, new Uint8Array(0))).toBe(false);
  });

  it('refuses S + L, the same signature in another spelling', () => {
    const seed = new Uint8Array(32).fill(2);
    const message = encodeUtf8('m');
    const signature = ed25519.sign(seed, message);
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    let s = order;
    for (let i = 31; i >= 0; i--) s += BigInt(signature[32 + i] as number) << BigInt(8 * i);
    const malleated = Uint8Array.from(signature);
    for (let i = 0; i < 32; i++) malleated[32 + i] = Number((s >> BigInt(8 * i)) & 255n);
    expect(ed25519.verify(ed25519.publicKey(seed), message, malleated)).toBe(false);
  });

  it('refuses a component of small order in R and in A, though the equation with the cofactor holds', () => {
    const verdicts = torsionPoints().map((torsion) => [
      ed25519.verify(...signedWith({ inR: torsion, inA: Point.ZERO })),
      ed25519.verify(...signedWith({ inR: Point.ZERO, inA: torsion })),
    ]);
    expect(verdicts).toEqual([[true, true], ...Array.from({ length: 7 }, () => [false, false])]);
  });

  it('signs as RFC 8032 §7.1 test 2', () => {
    const seed = hex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');
    expect(toHex(ed25519.publicKey(seed))).toBe(
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    );
    expect(toHex(ed25519.sign(seed, hex('72')))).toBe(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    );
  });
});
