import type { Bytes } from '@app/encoding';
import type { Ed25519 } from './ed25519.js';
import { makeStrictnessCheck } from './ed25519-strict.js';

/** Ed25519 of libsodium, loaded on first use so that a bundle without WebAssembly never asks for it. */
export async function sodiumEd25519(): Promise<Ed25519> {
  const { default: sodium } = await import('libsodium-wrappers');
  await sodium.ready;
  const isStrict = makeStrictnessCheck((encoded) => {
    try {
      // The conversion refuses what is no point, of small order, or not of the main subgroup; its result is not used.
      sodium.crypto_sign_ed25519_pk_to_curve25519(encoded);
      return true;
    } catch {
      return false;
    }
  });
  const withKeyPair = <T>(seed: Uint8Array, use: (publicKey: Uint8Array, privateKey: Uint8Array) => T): T => {
    const pair = sodium.crypto_sign_seed_keypair(seed);
    try {
      return use(pair.publicKey, pair.privateKey);
    } finally {
      sodium.memzero(pair.privateKey);
    }
  };
  return {
    verify: (publicKey, message, signature) =>
      isStrict(publicKey, signature) && sodium.crypto_sign_verify_detached(signature, message, publicKey),
    publicKey: (seed) => withKeyPair(seed, (publicKey) => publicKey as Bytes),
    sign: (seed, message) =>
      withKeyPair(seed, (_, privateKey) => sodium.crypto_sign_detached(message, privateKey) as Bytes),
  };
}
