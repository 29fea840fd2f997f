/** The officers whose threshold of signatures everything rests on (SPEC.md §4.1). */
import { type Bytes, bytesEqual, ParseError, type Reader, toHex, Writer } from '@app/encoding';
import { type CryptoVerificationCode, fail } from './errors.js';
import { TAG, type Tag } from './namespaces.js';
import { type SignatureVerifier, taggedMessage } from './signature.js';
import { checkUnique, exactly, openStruct, readList, SUITE } from './struct.js';

/** Root public keys and how many of them must sign. */
export type Rootset = {
  /** Rises by one at each rotation. */
  readonly version: number;
  /** 1 … number of keys. */
  readonly threshold: number;
  /** Ed25519 public keys, 1 … 32, all different. */
  readonly publicKeys: readonly Bytes[];
};

/** A signature by the root at an index of its ROOTSET. */
export type RootSignature = { readonly rootIndex: number; readonly signature: Bytes };

/** "RPR1" ‖ suite(1) ‖ version(4) ‖ threshold(1) ‖ n(1) ‖ n times pk(32). @see SPEC.md §4.1 */
export function encodeRootset(rootset: Rootset): Bytes {
  const w = new Writer().ascii('RPR1').u8(SUITE).u32(rootset.version).u8(rootset.threshold);
  w.u8(rootset.publicKeys.length);
  for (const key of rootset.publicKeys) w.bytes(exactly(key, 32));
  return w.finish();
}

/**
 * @throws {ParseError} struct codes; `out_of_range` for an impossible threshold; `not_unique`.
 * @throws {VerificationError} `suite_unsupported`.
 */
export function parseRootset(bytes: Uint8Array): Rootset {
  const r = openStruct(bytes, 'RPR1', 'rootset');
  const version = r.u32();
  const threshold = r.u8();
  const count = r.u8();
  if (count < 1 || count > 32 || threshold < 1 || threshold > count) {
    throw new ParseError('out_of_range', 'rootset.threshold');
  }
  const publicKeys = readList(count, () => r.bytes(32));
  r.done();
  checkUnique(publicKeys.map(toHex), 'rootset.public_keys');
  return { version, threshold, publicKeys };
}

/** n(1) ‖ n times root_idx(1) ‖ sig(64), in ascending order of index. */
export function encodeRootSignatures(signatures: readonly RootSignature[]): Bytes {
  const w = new Writer().u8(signatures.length);
  const ordered = [...signatures].sort((a, b) => a.rootIndex - b.rootIndex);
  for (const s of ordered) w.u8(s.rootIndex).bytes(exactly(s.signature, 64));
  return w.finish();
}

/** Reads a list of root signatures. @throws {ParseError} `not_canonical` unless indexes rise. */
export function readRootSignatures(r: Reader, where: string): RootSignature[] {
  let last = -1;
  return readList(r.u8(), () => {
    const rootIndex = r.u8();
    if (rootIndex <= last) throw new ParseError('not_canonical', where);
    last = rootIndex;
    return { rootIndex, signature: r.bytes(64) };
  });
}

/**
 * Checks that at least the threshold of roots signed, and that no listed signature is wrong.
 * @throws {VerificationError} the code given.
 * @see SPEC.md §4.1
 */
export function checkRootSignatures(
  verifier: SignatureVerifier,
  rootset: Rootset,
  signed: { readonly tag: Tag; readonly message: Uint8Array },
  signatures: readonly RootSignature[],
  code: CryptoVerificationCode,
): void {
  if (new Set(signatures.map((s) => s.rootIndex)).size < rootset.threshold) fail(code);
  const message = taggedMessage(signed.tag, signed.message);
  for (const { rootIndex, signature } of signatures) {
    const key = rootset.publicKeys[rootIndex];
    if (key === undefined || !verifier.verify(key, message, signature)) fail(code);
  }
}

/** A new ROOTSET with the signatures of the old and of the new officers. */
export type RootsetRotation = {
  readonly rootset: Bytes;
  readonly oldSignatures: readonly RootSignature[];
  readonly newSignatures: readonly RootSignature[];
};

/** "RPR2" ‖ suite(1) ‖ rootset(vec16) ‖ signatures of the old ‖ signatures of the new. @see SPEC.md §4.2 */
export function encodeRootsetRotation(rotation: RootsetRotation): Bytes {
  return new Writer()
    .ascii('RPR2')
    .u8(SUITE)
    .vec16(rotation.rootset)
    .bytes(encodeRootSignatures(rotation.oldSignatures))
    .bytes(encodeRootSignatures(rotation.newSignatures))
    .finish();
}

/** @throws {ParseError} struct codes. @throws {VerificationError} `suite_unsupported`. */
export function parseRootsetRotation(bytes: Uint8Array): RootsetRotation {
  const r = openStruct(bytes, 'RPR2', 'rootset_rotation');
  const rootset = r.vec16();
  const oldSignatures = readRootSignatures(r, 'rootset_rotation.old');
  const newSignatures = readRootSignatures(r, 'rootset_rotation.new');
  r.done();
  return { rootset, oldSignatures, newSignatures };
}

/**
 * Checks a step from a trusted ROOTSET to the next: its version is one higher, and a threshold of the old and a
 * threshold of the new signed it (tag `safe-conduct/rootset/1`).
 * @returns the bytes of the new ROOTSET, to be pinned.
 * @throws {VerificationError} `rootset_rotation`, `suite_unsupported`.
 * @see SPEC.md §4.2; The Update Framework §5.3.4
 */
export function verifyRootsetRotation(
  verifier: SignatureVerifier,
  trusted: Uint8Array,
  rotationBytes: Uint8Array,
): Bytes {
  const rotation = parseRootsetRotation(rotationBytes);
  const from = parseRootset(trusted);
  const to = parseRootset(rotation.rootset);
  if (to.version !== from.version + 1 || bytesEqual(trusted, rotation.rootset)) fail('rootset_rotation');
  const signed = { tag: TAG.rootset, message: rotation.rootset };
  checkRootSignatures(verifier, from, signed, rotation.oldSignatures, 'rootset_rotation');
  checkRootSignatures(verifier, to, signed, rotation.newSignatures, 'rootset_rotation');
  return rotation.rootset;
}
