/**
 * `mlkem768x25519` stanzas by libsodium's X-Wing and ChaCha20-Poly1305: HPKE SealBase with KEM 0x647a,
 * HKDF-SHA256 and ChaCha20Poly1305 (C2SP age.md; RFC 9180 §5.1, §6.1). Opening code: clients only.
 */
import { type Identity, type Recipient, Stanza } from 'age-encryption';
import { type Bytes, concatBytes, encodeUtf8, fromBase64, toBase64, Writer } from '@app/encoding';
import { hkdfExpand, hkdfExtract } from './hash.js';

const STANZA_TYPE = 'mlkem768x25519';
const INFO = encodeUtf8('age-encryption.org/mlkem768x25519');
/** "HPKE" ‖ KEM 0x647a ‖ KDF 0x0001 ‖ AEAD 0x0003. */
const SUITE_ID = new Writer().ascii('HPKE').u16(0x647a).u16(1).u16(3).finish();
const EMPTY = new Uint8Array(0);

/** libsodium's X-Wing as age recipient and identity. */
export interface SodiumKem {
  publicKey(seed: Uint8Array): Bytes;
  recipient(publicKey: Uint8Array): Recipient;
  identity(seed: Uint8Array): Identity;
}

/** Loads libsodium on first use. */
export async function sodiumKem(): Promise<SodiumKem> {
  const { default: sodium } = await import('libsodium-wrappers');
  await sodium.ready;

  const decapsulate = (seed: Uint8Array, ciphertext: Uint8Array): Bytes => {
    const { privateKey } = sodium.crypto_kem_xwing_seed_keypair(seed);
    try {
      return sodium.crypto_kem_xwing_dec(ciphertext, privateKey) as Bytes;
    } finally {
      sodium.memzero(privateKey);
    }
  };
  const seal = (sharedSecret: Uint8Array, fileKey: Uint8Array): Uint8Array => {
    const { key, nonce } = hpkeKey(sharedSecret);
    return sodium.crypto_aead_chacha20poly1305_ietf_encrypt(fileKey, null, null, nonce, key);
  };
  const unwrap = (seed: Uint8Array, stanza: Stanza): Uint8Array | null => {
    const encapsulation = encapsulationOf(stanza);
    const { key, nonce } = hpkeKey(decapsulate(seed, encapsulation));
    try {
      return sodium.crypto_aead_chacha20poly1305_ietf_decrypt(null, stanza.body, null, nonce, key);
    } catch {
      return null;
    }
  };

  return {
    publicKey: (seed) => {
      const { publicKey, privateKey } = sodium.crypto_kem_xwing_seed_keypair(seed);
      sodium.memzero(privateKey);
      return publicKey as Bytes;
    },
    recipient: (publicKey) => ({
      wrapFileKey: (fileKey) => {
        const { ciphertext, sharedSecret } = sodium.crypto_kem_xwing_enc(publicKey);
        return [new Stanza([STANZA_TYPE, toRawBase64(ciphertext)], seal(sharedSecret, fileKey))];
      },
    }),
    identity: (seed) => ({
      unwrapFileKey: (stanzas) => {
        for (const stanza of stanzas) {
          if (stanza.args[0] !== STANZA_TYPE) continue;
          const fileKey = unwrap(seed, stanza);
          if (fileKey !== null) return fileKey;
        }
        return null;
      },
    }),
  };
}

function encapsulationOf(stanza: Stanza): Bytes {
  const argument = stanza.args[1];
  if (stanza.args.length !== 2 || argument === undefined || stanza.body.length !== 32) {
    throw new Error('invalid mlkem768x25519 stanza');
  }
  return fromBase64(argument + '='.repeat((4 - (argument.length % 4)) % 4), 'stanza', 1120);
}

function toRawBase64(bytes: Uint8Array): string {
  return toBase64(bytes).replace(/=+$/, '');
}

/** RFC 9180 §5.1: key schedule of mode_base with an empty PSK, sequence number 0. */
function hpkeKey(sharedSecret: Uint8Array): { key: Bytes; nonce: Bytes } {
  const context = concatBytes(
    new Uint8Array(1),
    labeledExtract(EMPTY, 'psk_id_hash', EMPTY),
    labeledExtract(EMPTY, 'info_hash', INFO),
  );
  const secret = labeledExtract(sharedSecret, 'secret', EMPTY);
  return {
    key: labeledExpand(secret, 'key', context, 32),
    nonce: labeledExpand(secret, 'base_nonce', context, 12),
  };
}

function labeledExtract(salt: Uint8Array, label: string, ikm: Uint8Array): Bytes {
  return hkdfExtract(salt, concatBytes(encodeUtf8('HPKE-v1'), SUITE_ID, encodeUtf8(label), ikm));
}

function labeledExpand(prk: Uint8Array, label: string, info: Uint8Array, length: number): Bytes {
  const labeled = new Writer().u16(length).ascii('HPKE-v1').bytes(SUITE_ID).ascii(label).bytes(info);
  return hkdfExpand(prk, labeled.finish(), length);
}
