/** Canonical X-Wing public keys: ML-KEM-768 key(1184) ‖ X25519 key(32). Arithmetic on public bytes only. */

const Q = 3329;
/** 768 coefficients of 12 bits (FIPS 203 §4.2.1). */
const COEFFICIENT_BYTES = 1152;
const P_LAST = 0x7f;

/** Length of an X-Wing public key. */
export const KEM_PUBLIC_KEY_BYTES = 1216;

/**
 * Whether the ML-KEM coefficients are below q (FIPS 203 §7.2, the modulus check) and the X25519 part is a reduced
 * coordinate of a point that is not of small order.
 */
export function isCanonicalKemKey(key: Uint8Array): boolean {
  if (key.length !== KEM_PUBLIC_KEY_BYTES) return false;
  for (let i = 0; i < COEFFICIENT_BYTES; i += 3) {
    const [a, b, c] = [key[i] as number, key[i + 1] as number, key[i + 2] as number];
    if ((a | ((b & 15) << 8)) >= Q || ((b >> 4) | (c << 4)) >= Q) return false;
  }
  return isContributory(key.subarray(1184));
}

/** Whether an X25519 coordinate is reduced and not one of the five of small order (RFC 7748 §6.1). */
export function isContributory(u: Uint8Array): boolean {
  if (u.length !== 32 || (u[31] as number) > P_LAST || isAtLeastPrime(u)) return false;
  return !SMALL_ORDER.some((bad) => bad.every((byte, i) => byte === u[i]));
}

function isAtLeastPrime(u: Uint8Array): boolean {
  return (
    (u[31] as number) === P_LAST &&
    (u[0] as number) >= 0xed &&
    u.subarray(1, 31).every((byte) => byte === 0xff)
  );
}

/** 0, 1, p - 1 and the two points of order 8; p and p + 1 are excluded as not reduced. */
const SMALL_ORDER: readonly Uint8Array[] = [
  Uint8Array.from({ length: 32 }, () => 0),
  Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0)),
  Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0xec : i === 31 ? 0x7f : 0xff)),
  Uint8Array.of(
    0xe0,
    0xeb,
    0x7a,
    0x7c,
    0x3b,
    0x41,
    0xb8,
    0xae,
    0x16,
    0x56,
    0xe3,
    0xfa,
    0xf1,
    0x9f,
    0xc4,
    0x6a,
    0xda,
    0x09,
    0x8d,
    0xeb,
    0x9c,
    0x32,
    0xb1,
    0xfd,
    0x86,
    0x62,
    0x05,
    0x16,
    0x5f,
    0x49,
    0xb8,
    0x00,
  ),
  Uint8Array.of(
    0x5f,
    0x9c,
    0x95,
    0xbc,
    0xa3,
    0x50,
    0x8c,
    0x24,
    0xb1,
    0xd0,
    0xb1,
    0x55,
    0x9c,
    0x83,
    0xef,
    0x5b,
    0x04,
    0x44,
    0x5c,
    0xc4,
    0x58,
    0x1c,
    0x8e,
    0x86,
    0xd8,
    0x22,
    0x4e,
    0xdd,
    0xd0,
    0x9f,
    0x11,
    0x57,
  ),
];
