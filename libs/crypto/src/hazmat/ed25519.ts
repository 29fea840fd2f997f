import type { Bytes } from '@app/encoding';

/** Ed25519 (RFC 8032) with the strict verdict of SPEC.md §3.2, the same from every provider. */
export interface Ed25519 {
  /** @returns whether the signature holds; malformed lengths are false, never an exception. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  publicKey(seed: Uint8Array): Bytes;
  sign(seed: Uint8Array, message: Uint8Array): Bytes;
}
