/**
 * The hybrid key agreement under the names age-encryption looks for. It brings an older copy of the same library;
 * the page has one, the copy that `libs/crypto` is tested with against the published vectors.
 */
export { ml_kem768_x25519 as MLKEM768X25519 } from '@noble/post-quantum/hybrid.js';

/** The product seals to no P-256 recipient (libs/crypto SPEC.md §2); age-encryption names them once. */
export const MLKEM768P256 = undefined;
