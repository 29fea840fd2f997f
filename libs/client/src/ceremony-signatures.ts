/** Signatures that travel apart from what they sign, and the checks before anybody signs and before they are joined. */
import type { EpochsSignature, EpochsSigner, RootSignature } from '@app/crypto/sign';
import {
  type Certificate,
  checkSignature,
  isCapable,
  parseEpochsPart,
  parseRootPart,
  parseRootset,
  type RoleEpoch,
  roleEpochBodyBytes,
  sha256,
  type SignatureVerifier,
  TAG,
  type Tag,
} from '@app/crypto/verify';
import { type Bytes, bytesEqual, type Instant, toHex, VerificationError } from '@app/encoding';
import { type Countersigner, signAsRoot, signEpochs } from './ceremony.js';
import { CeremonyError } from './ceremony-errors.js';

/** What can be signed in a ceremony. */
export const SIGNABLE = ['certificate', 'root-part', 'epochs', 'release'] as const;
export type Signable = (typeof SIGNABLE)[number];

const TAGS = {
  certificate: TAG.certificate,
  'root-part': TAG.keyset,
  epochs: TAG.epochs,
  release: TAG.release,
} as const satisfies Record<Signable, Tag>;

/** A signature on its way. `hash` is SHA-256 of what is signed. */
export type CarriedSignature = {
  readonly signs: Signable;
  readonly hash: Bytes;
  readonly by: EpochsSigner;
  readonly signature: Bytes;
};

/**
 * Signs. A certificate, a root part and a release are for roots; an EPOCHS part for holders and roots.
 * @param message - the certificate body, the root part or the EPOCHS part.
 * @throws {CeremonyError} `signer_unknown` for a holder who would sign as a root.
 */
export function signCarried(by: Countersigner, signs: Signable, message: Bytes): CarriedSignature {
  const hash = sha256(message);
  if (signs === 'epochs') {
    const { signer, signature } = signEpochs(by, message);
    return { signs, hash, by: signer, signature };
  }
  if ('certificate' in by) throw new CeremonyError('signer_unknown', 'A staff key');
  const { rootIndex, signature } = signAsRoot(by, TAGS[signs], message);
  return { signs, hash, by: { kind: 'root', rootIndex }, signature };
}

/** What is judged: its kind, its bytes, and how people call it. */
export type Signed = { readonly signs: Signable; readonly message: Bytes; readonly name: string };

/**
 * The root signatures over one message out of all that were carried: each checked, each root once.
 * @throws {CeremonyError} `signatures_short` below the threshold, `signature_wrong`, `signer_unknown`.
 */
export function rootSignaturesOver(
  verifier: SignatureVerifier,
  rootsetBytes: Bytes,
  { signs, message, name }: Signed,
  carried: readonly CarriedSignature[],
): readonly RootSignature[] {
  const rootset = parseRootset(rootsetBytes);
  const tag = TAGS[signs];
  const found = new Map<number, RootSignature>();
  for (const { by, signature } of over(carried, { signs, message, name })) {
    const key = by.kind === 'root' ? rootset.publicKeys[by.rootIndex] : undefined;
    if (key === undefined || by.kind !== 'root')
      throw new CeremonyError('signer_unknown', `A signer of ${name}`);
    check(verifier, { tag, key, message, signature, name });
    found.set(by.rootIndex, { rootIndex: by.rootIndex, signature });
  }
  if (found.size < rootset.threshold) throw new CeremonyError('signatures_short', name);
  return [...found.values()];
}

/**
 * Checks that a finished certificate has its signatures: before anybody seals to it or signs what lists it.
 * @throws {CeremonyError} as `rootSignaturesOver`.
 */
export function checkCertificate(
  verifier: SignatureVerifier,
  rootset: Bytes,
  certificate: Certificate,
  body: Bytes,
  name: string,
): void {
  const carried = certificate.signatures.map(({ rootIndex, signature }): CarriedSignature => ({
    signs: 'certificate',
    hash: certificate.hash,
    by: { kind: 'root', rootIndex },
    signature,
  }));
  rootSignaturesOver(verifier, rootset, { signs: 'certificate', message: body, name }, carried);
}

/**
 * The signatures over an EPOCHS part out of all that were carried, each signer once; a verified KEYSET says whether
 * they suffice.
 */
export function epochsSignaturesOver(
  message: Bytes,
  carried: readonly CarriedSignature[],
): readonly EpochsSignature[] {
  const bySigner = new Map<string, EpochsSignature>();
  for (const { by, signature } of over(carried, { signs: 'epochs', message, name: '' }))
    bySigner.set(by.kind === 'root' ? String(by.rootIndex) : toHex(by.certificateHash), {
      signer: by,
      signature,
    });
  return [...bySigner.values()];
}

/**
 * Checks an EPOCHS part before it is signed: it is the next version, it belongs to the root part, each role has an epoch, and a certified
 * holder of the role signed each (libs/crypto SPEC.md §6.4).
 * @throws {CeremonyError} `epochs_not_planned`.
 */
export function checkEpochsPart(
  verifier: SignatureVerifier,
  rootPartBytes: Bytes,
  bytes: Bytes,
  expected: { readonly version: number; readonly now: Instant },
): void {
  const part = parseEpochsPart(bytes);
  if (part.version !== expected.version)
    throw new CeremonyError('epochs_not_planned', `its version is not ${String(expected.version)}`);
  const { roles, certificates } = parseRootPart(rootPartBytes);
  if (!bytesEqual(part.rootPartHash, sha256(rootPartBytes)))
    throw new CeremonyError('epochs_not_planned', 'it names another root part');
  for (const epoch of part.epochs) checkRoleEpoch(verifier, certificates, epoch);
  const without = roles.find(
    ({ id }) => !part.epochs.some((epoch) => bytesEqual(epoch.roleId, id) && epoch.notAfter > expected.now),
  );
  if (without !== undefined)
    throw new CeremonyError('epochs_not_planned', `the role ${without.name} has no epoch in date`);
}

/** @throws {CeremonyError} `epochs_not_planned` unless a certified holder of the role signed the epoch. */
function checkRoleEpoch(
  verifier: SignatureVerifier,
  certificates: readonly Certificate[],
  epoch: RoleEpoch,
): void {
  const maker = certificates.find((c) => bytesEqual(c.hash, epoch.holderCertificateHash));
  const isHers = maker !== undefined && bytesEqual(maker.roleId, epoch.roleId) && isCapable(maker, 'epoch');
  if (!isHers) throw new CeremonyError('epochs_not_planned', 'an epoch is by nobody who may make it');
  check(verifier, {
    tag: TAG.roleEpoch,
    key: maker.signingPublicKey,
    message: roleEpochBodyBytes(epoch),
    signature: epoch.signature,
    name: 'an epoch',
  });
}

function over(carried: readonly CarriedSignature[], { signs, message }: Signed): readonly CarriedSignature[] {
  const hash = sha256(message);
  return carried.filter((c) => c.signs === signs && bytesEqual(c.hash, hash));
}

type Check = {
  readonly tag: Tag;
  readonly key: Bytes;
  readonly message: Bytes;
  readonly signature: Bytes;
  readonly name: string;
};

function check(verifier: SignatureVerifier, { tag, key, message, signature, name }: Check): void {
  try {
    checkSignature(verifier, tag, key, message, signature);
  } catch (error) {
    if (error instanceof VerificationError) throw new CeremonyError('signature_wrong', name);
    throw error;
  }
}
