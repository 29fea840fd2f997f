import { ed25519 } from '@noble/curves/ed25519.js';
import type { Ed25519 } from './ed25519.js';
import { makeStrictnessCheck } from './ed25519-strict.js';

/** Ed25519 in pure JavaScript; works without WebAssembly. */
export function nobleEd25519(): Ed25519 {
  const isStrict = makeStrictnessCheck(isPrimeOrder);
  return {
    verify: (publicKey, message, signature) =>
      isStrict(publicKey, signature) && ed25519.verify(signature, message, publicKey, { zip215: false }),
    publicKey: (seed) => ed25519.getPublicKey(seed),
    sign: (seed, message) => ed25519.sign(message, seed),
  };
}

function isPrimeOrder(encoded: Uint8Array): boolean {
  try {
    const point = ed25519.Point.fromBytes(encoded, false);
    return !point.is0() && point.isTorsionFree();
  } catch {
    return false;
  }
}
