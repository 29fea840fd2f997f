/** Sealed files: age v1.1 with exactly one `mlkem768x25519` recipient, by two providers (SPEC.md §11.1). */
import { type Bytes, ParseError } from '@app/encoding';
import { openAge, sealAge } from './hazmat/age.js';
import { isCanonicalKemKey, isContributory } from './hazmat/kem-key.js';
import { ageIdentity, nobleKemPublicKey } from './hazmat/kem-noble.js';
import { sodiumKem } from './hazmat/kem-sodium.js';
import { encodeAgeRecipient } from './recipient.js';
import { checkSealedHeader, encapsulationOf } from './sealed-shape.js';
import { exactly } from './struct.js';

/** Randomness, injected wherever this library draws some. */
export interface Random {
  bytes(n: number): Bytes;
}

/** A file that does not open. One code and no cause, so that nobody learns why. */
export class OpenError extends Error {
  readonly code = 'open_failed';

  constructor() {
    super('open_failed');
    this.name = 'OpenError';
  }
}

/** X-Wing sealing. Gives no sender authentication and hides neither length nor time. */
export interface Sealing {
  /** The 1,216-byte X-Wing public key of a 32-byte seed. */
  publicKey(seed32: Uint8Array): Bytes;
  /**
   * Seals to one key; the result is 1,643 bytes longer than the plaintext, and 16 more for each 64 KiB begun.
   * @throws {ParseError} `bad_key` if the key is not canonical.
   */
  seal(publicKey: Uint8Array, plaintext: Uint8Array): Promise<Bytes>;
  /** @throws {OpenError} whatever the reason. */
  open(seed32: Uint8Array, file: Uint8Array): Promise<Bytes>;
}

/** Sealing in pure JavaScript, by typage's own recipient and identity. */
export function nobleSealing(): Sealing {
  return {
    publicKey: (seed) => nobleKemPublicKey(exactly(seed, 32)),
    seal: async (publicKey, plaintext) => {
      checkKemKey(publicKey);
      return sealAge(encodeAgeRecipient(publicKey), plaintext);
    },
    open: (seed, file) => strictOpen(file, () => openAge(ageIdentity(exactly(seed, 32)), file)),
  };
}

/** Sealing with libsodium's X-Wing inside typage's file format. */
export async function sodiumSealing(): Promise<Sealing> {
  const kem = await sodiumKem();
  return {
    publicKey: (seed) => kem.publicKey(exactly(seed, 32)),
    seal: async (publicKey, plaintext) => {
      checkKemKey(publicKey);
      return sealAge(kem.recipient(publicKey), plaintext);
    },
    open: (seed, file) => strictOpen(file, () => openAge(kem.identity(exactly(seed, 32)), file)),
  };
}

function checkKemKey(publicKey: Uint8Array): void {
  // SPEC.md §3.3: a key that one provider would refuse is refused by all.
  if (!isCanonicalKemKey(publicKey)) throw new ParseError('bad_key', 'seal.recipient');
}

async function strictOpen(file: Uint8Array, open: () => Promise<Bytes>): Promise<Bytes> {
  try {
    checkSealedHeader(file);
    // SPEC.md §3.3: the X25519 part of the ciphertext follows the 1,088 bytes of ML-KEM.
    if (!isContributory(encapsulationOf(file).subarray(1088))) throw new OpenError();
    return await open();
  } catch {
    throw new OpenError();
  }
}
