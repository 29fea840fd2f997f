import { Invariant } from '@app/encoding';
import { encodeBech32 } from './hazmat/bech32.js';
import { KEM_PUBLIC_KEY_BYTES } from './hazmat/kem-key.js';

/**
 * The `age1pq1…` text of an X-Wing public key, for print and for stock age tools (1.3 or later).
 * @param kemPublicKey - 1,216 bytes.
 * @see C2SP age.md, "The MLKEM768-X25519 hybrid post-quantum recipient type"
 */
export function encodeAgeRecipient(kemPublicKey: Uint8Array): string {
  if (kemPublicKey.length !== KEM_PUBLIC_KEY_BYTES) throw new Invariant('not an x-wing public key');
  return encodeBech32('age1pq', kemPublicKey);
}
