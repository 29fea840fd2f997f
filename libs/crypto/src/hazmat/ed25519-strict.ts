/**
 * The part of the Ed25519 verdict that libraries disagree on, decided alike for both providers (SPEC.md §3.2).
 * It narrows what is accepted and accepts nothing by itself.
 */
import { toHex } from '@app/encoding';

const MAX_REMEMBERED_KEYS = 512;

/** The order of the base point, little-endian (RFC 8032 §5.1). */
const ORDER = [
  0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/** A predicate over (public key, signature); it remembers keys already found good. */
export type StrictnessCheck = (publicKey: Uint8Array, signature: Uint8Array) => boolean;

/**
 * Whether 32 bytes, with y below p, are a point of the curve that is torsion-free and not the identity. The encodings
 * of x = 0 with a sign are of points that are not, so nobody needs to look for them.
 */
export type PointCheck = (encoded: Uint8Array) => boolean;

/**
 * Makes a check: canonical S, and A and R canonical, torsion-free and not the identity.
 * @param isPrimeOrder - the provider's own arithmetic.
 */
export function makeStrictnessCheck(isPrimeOrder: PointCheck): StrictnessCheck {
  const isStrictPoint: PointCheck = (encoded) => isCanonicalY(encoded) && isPrimeOrder(encoded);
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

/** RFC 8032 §5.1.3: y, the encoding without its highest bit, is below p = 2^255 - 19. */
function isCanonicalY(encoded: Uint8Array): boolean {
  const isHigh = (encoded[0] as number) >= 0xed && ((encoded[31] as number) & 0x7f) === 0x7f;
  return !isHigh || encoded.subarray(1, 31).some((byte) => byte !== 0xff);
}
