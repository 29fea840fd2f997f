/** Signatures of ours: Ed25519 over `u8 len(tag) ‖ tag ‖ message` (SPEC.md §3.1). */
import { type Bytes, encodeUtf8, Writer } from '@app/encoding';
import { type CryptoVerificationCode, fail } from './errors.js';
import { nobleEd25519 } from './hazmat/ed25519-noble.js';
import { sodiumEd25519 } from './hazmat/ed25519-sodium.js';
import type { Tag } from './namespaces.js';

/** Verifies raw Ed25519 signatures by the strict rule of SPEC.md §3.2. */
export interface SignatureVerifier {
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** Signs with a 32-byte Ed25519 seed. */
export interface Signing extends SignatureVerifier {
  /** The 32-byte public key of a 32-byte seed. */
  publicKey(seed32: Uint8Array): Bytes;
  /** A raw 64-byte signature; use {@link Signer} for tagged ones. */
  sign(seed32: Uint8Array, message: Uint8Array): Bytes;
}

/** One signing key. */
export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Bytes;
  /** 64 bytes over the tagged message. */
  sign(tag: Tag, message: Uint8Array): Bytes;
  /** 64 bytes over the bare message: C2SP notes and cosignatures only, whose formats separate domains themselves. */
  signRaw(message: Uint8Array): Bytes;
}

/** The verifier in pure JavaScript. */
export function nobleVerifier(): SignatureVerifier {
  return verifierOf(nobleEd25519());
}

/** The verifier of libsodium. */
export async function sodiumVerifier(): Promise<SignatureVerifier> {
  return verifierOf(await sodiumEd25519());
}

/** Signing in pure JavaScript. */
export function nobleSigning(): Signing {
  return nobleEd25519();
}

/** Signing with libsodium. */
export function sodiumSigning(): Promise<Signing> {
  return sodiumEd25519();
}

/**
 * Binds a provider to one key.
 * @param seed - 32 bytes; copied.
 */
export function makeSigner(signing: Signing, seed: Uint8Array): Signer {
  const own = Uint8Array.from(seed);
  return {
    publicKey: signing.publicKey(own),
    sign: (tag, message) => signing.sign(own, taggedMessage(tag, message)),
    signRaw: (message) => signing.sign(own, message),
  };
}

/**
 * A key that is kept elsewhere, such as in a hardware module: its signatures are used only if they verify.
 * @param publicKey - 32 bytes; copied.
 * @param sign - raw Ed25519 over exactly the message; what it throws is passed on.
 * @returns its methods throw a `VerificationError` `signature_invalid` for any other answer.
 */
export function makeRemoteSigner(
  verifier: SignatureVerifier,
  publicKey: Uint8Array,
  sign: (message: Uint8Array) => Bytes,
): Signer {
  const own = Uint8Array.from(publicKey);
  const signRaw = (message: Uint8Array): Bytes => {
    const signature = sign(message);
    if (!verifier.verify(own, message, signature)) fail('signature_invalid');
    return signature;
  };
  return { publicKey: own, sign: (tag, message) => signRaw(taggedMessage(tag, message)), signRaw };
}

/**
 * Checks a tagged signature.
 * @throws {VerificationError} `signature_invalid`, or the code given.
 * @see SPEC.md §3.1
 */
export function checkSignature(
  verifier: SignatureVerifier,
  tag: Tag,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
  code: CryptoVerificationCode = 'signature_invalid',
): void {
  if (!verifier.verify(publicKey, taggedMessage(tag, message), signature)) fail(code);
}

/** `u8 len(tag) ‖ tag ‖ message`. */
export function taggedMessage(tag: string, message: Uint8Array): Bytes {
  return new Writer().vec8(encodeUtf8(tag)).bytes(message).finish();
}

function verifierOf(ed25519: SignatureVerifier): SignatureVerifier {
  return { verify: (publicKey, message, signature) => ed25519.verify(publicKey, message, signature) };
}
