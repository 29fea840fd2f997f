/**
 * The part of the Ed25519 verdict that libraries disagree on, decided once for both providers (SPEC.md §3.2).
 * It narrows what is accepted and accepts nothing by itself.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { toHex } from '@app/encoding';

const MAX_REMEMBERED_KEYS = 512;

/** The order of the base point, little-endian (RFC 8032 §5.1). */
const ORDER = [
  0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/** A predicate over (public key, signature); it remembers keys already found good. */
export type StrictnessCheck = (publicKey: Uint8Array, signature: Uint8Array) => boolean;

/** Makes a check: canonical S, and A and R canonical, torsion-free and not the identity. */
export function makeStrictnessCheck(): StrictnessCheck {
  const goodKeys = new Set<string>();
  return (publicKey, signature) => {
    if (publicKey.length !== 32 || signature.length !== 64) return false;
    if (!isCanonicalScalar(signature.subarray(32))) return false;
    const key = toHex(publicKey);
    if (!goodKeys.has(key)) {
      if (!isStrictPoint(publicKey)) return false;
      if (goodKeys.size >= MAX_REMEMBERED_KEYS) goodKeys.clear();
      goodKeys.add(key);
    }
    return isStrictPoint(signature.subarray(0, 32));
  };
}

function isCanonicalScalar(s: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const d = (s[i] as number) - (ORDER[i] as number);
    if (d !== 0) return d < 0;
  }
  return false;
}

function isStrictPoint(encoded: Uint8Array): boolean {
  try {
    // RFC 8032 §5.1.3 decoding: y below p, and no negative zero.
    const point = ed25519.Point.fromBytes(encoded, false);
    return !point.is0() && point.isTorsionFree();
  } catch {
    return false;
  }
}
