/** X-Wing public keys in pure JavaScript, and the Bech32 forms typage takes. Opening code: clients only. */
import { ml_kem768_x25519 } from '@noble/post-quantum/hybrid.js';
import type { Bytes } from '@app/encoding';
import { encodeBech32 } from './bech32.js';

/** The 1,216-byte public key of a 32-byte seed. */
export function nobleKemPublicKey(seed: Uint8Array): Bytes {
  return ml_kem768_x25519.getPublicKey(seed);
}

/** `AGE-SECRET-KEY-PQ-1…` */
export function ageIdentity(seed: Uint8Array): string {
  return encodeBech32('age-secret-key-pq-', seed).toUpperCase();
}
