/**
 * The KEYSET: the signed directory of certificates, role epochs and log keys that every client downloads whole
 * (SPEC.md §6). Fails closed: nothing is returned unless every signature in the file holds.
 */
import { type Bytes, bytesEqual, type Instant, toHex } from '@app/encoding';
import {
  type Certificate,
  certificateBodyBytes,
  isCapable,
  type RoleEpoch,
  roleEpochBodyBytes,
} from './certificate.js';
import { fail } from './errors.js';
import { sha256 } from './hazmat/hash.js';
import {
  type EpochsPart,
  type EpochsSignature,
  type KeysetFile,
  parseEpochsPart,
  parseKeysetFile,
  parseRootPart,
  type Role,
  type RoleKind,
  type RootPart,
} from './keyset-format.js';
import { TAG } from './namespaces.js';
import { checkRootSignatures, parseRootset, type Rootset } from './rootset.js';
import { type SignatureVerifier, taggedMessage } from './signature.js';
import { SUITE } from './struct.js';

/** How far the verifier's clock may lag behind the issuer's (SPEC.md §6.4). */
export const KEYSET_CLOCK_SKEW_SECONDS = 300;

/** A certificate of a verified KEYSET; revoked ones stay listed so that old objects can be judged. */
export type KeysetCertificate = Certificate & { readonly revokedAt?: Instant };

/** A verified KEYSET. */
export type Keyset = {
  readonly bytes: Bytes;
  /** SHA-256 of the whole file. */
  readonly hash: Bytes;
  readonly version: number;
  readonly rootVersion: number;
  readonly origin: string;
  /** When the EPOCHS part was made. */
  readonly issued: Instant;
  readonly expires: Instant;
  readonly minSuite: number;
  readonly rootset: Rootset;
  readonly roles: readonly Role[];
  readonly certificates: readonly KeysetCertificate[];
  readonly epochs: readonly RoleEpoch[];
  readonly logVkey: string;
  readonly promisePublicKey: Bytes;
  readonly tlogPolicy: string;
  readonly policyHash: Bytes;
  /** The first role of a kind, in file order. */
  roleByKind(kind: RoleKind): Role | undefined;
  /** The certificate with a hash, whatever its dates. */
  certificate(hash: Uint8Array): KeysetCertificate | undefined;
  /**
   * The newest epoch of a role that is in date.
   * @throws {VerificationError} `epoch_expired` if there is none.
   */
  currentEpoch(roleId: Uint8Array, now: Instant): RoleEpoch;
};

/** What the verifier already trusts. */
export type KeysetExpectations = {
  /** Bytes of the pinned ROOTSET. */
  readonly rootset: Uint8Array;
  readonly now: Instant;
  /** The last KEYSET this verifier accepted, if it remembers one. */
  readonly previous?: { readonly version: number; readonly hash: Uint8Array; readonly rootVersion: number };
};

/**
 * Verifies a KEYSET file against a pinned ROOTSET.
 *
 * @throws {ParseError} if the file is malformed.
 * @throws {VerificationError} `suite_unsupported`, `keyset_wrong_roots`, `keyset_signatures_short`,
 * `keyset_not_yet_valid`, `keyset_expired`, `keyset_rolled_back`, `keyset_two_hashes`, `keyset_epochs_unsigned`,
 * `certificate_signature`, `certificate_unknown`, `certificate_revoked`, `certificate_expired`, `epoch_signature`.
 * @see SPEC.md §6.4
 * Security: says nothing about the ledger; clients also demand a fresh proof of the KEYSET leaf.
 */
export function verifyKeyset(
  verifier: SignatureVerifier,
  bytes: Uint8Array,
  expected: KeysetExpectations,
): Keyset {
  const own = Uint8Array.from(bytes);
  const file = parseKeysetFile(own);
  const rootPart = parseRootPart(file.rootPart);
  const epochsPart = parseEpochsPart(file.epochsPart);
  const rootset = parseRootset(expected.rootset);

  if (!bytesEqual(rootPart.rootset, expected.rootset)) fail('keyset_wrong_roots');
  const signedRootPart = { tag: TAG.keyset, message: file.rootPart };
  checkRootSignatures(verifier, rootset, signedRootPart, file.rootSignatures, 'keyset_signatures_short');
  if (rootPart.minSuite > SUITE) fail('suite_unsupported');
  checkDates(rootPart, epochsPart, expected.now);
  for (const certificate of rootPart.certificates) {
    const signed = { tag: TAG.certificate, message: certificateBodyBytes(certificate) };
    checkRootSignatures(verifier, rootset, signed, certificate.signatures, 'certificate_signature');
  }

  const keyset = makeKeyset(own, rootset, rootPart, epochsPart);
  checkNotRolledBack(keyset, expected.previous);
  checkEpochsPart(verifier, keyset, file, epochsPart, expected.now);
  for (const epoch of epochsPart.epochs) checkRoleEpoch(verifier, keyset, epoch, expected.now);
  return keyset;
}

/**
 * The certificate with a hash, if it may act at an instant.
 * @throws {VerificationError} `certificate_unknown`, `certificate_revoked`, `certificate_expired` (or not valid yet).
 * @see SPEC.md §5.3
 */
export function usableCertificate(keyset: Keyset, hash: Uint8Array, at: Instant): KeysetCertificate {
  const certificate = keyset.certificate(hash) ?? fail('certificate_unknown');
  if (certificate.revokedAt !== undefined && certificate.revokedAt <= at) fail('certificate_revoked');
  if (at < certificate.notBefore || at > certificate.notAfter) fail('certificate_expired');
  return certificate;
}

function checkDates(rootPart: RootPart<Certificate>, epochsPart: EpochsPart<RoleEpoch>, now: Instant): void {
  const latest = now + KEYSET_CLOCK_SKEW_SECONDS;
  if (rootPart.issued > latest || epochsPart.issued > latest) fail('keyset_not_yet_valid');
  if (now >= rootPart.expires) fail('keyset_expired');
}

function checkNotRolledBack(keyset: Keyset, previous: KeysetExpectations['previous']): void {
  if (previous === undefined) return;
  if (keyset.version < previous.version || keyset.rootVersion < previous.rootVersion)
    fail('keyset_rolled_back');
  if (keyset.version === previous.version && !bytesEqual(keyset.hash, previous.hash))
    fail('keyset_two_hashes');
}

/** SPEC.md §6.3: one holder with the capability `epoch`, and a second such holder or a root. */
function checkEpochsPart(
  verifier: SignatureVerifier,
  keyset: Keyset,
  file: KeysetFile,
  part: EpochsPart<RoleEpoch>,
  now: Instant,
): void {
  if (!bytesEqual(part.rootPartHash, sha256(file.rootPart))) fail('keyset_epochs_unsigned');
  const message = taggedMessage(TAG.epochs, file.epochsPart);
  const signers = file.epochsSignatures.map((s) => {
    const signer = epochsSigner(keyset, s, part.issued, now);
    if (!verifier.verify(signer.publicKey, message, s.signature)) fail('keyset_epochs_unsigned');
    return signer;
  });
  const persons = new Set(signers.map((s) => s.person));
  if (persons.size < 2 || !signers.some((s) => s.isHolder)) fail('keyset_epochs_unsigned');
}

function epochsSigner(
  keyset: Keyset,
  { signer }: EpochsSignature,
  issued: Instant,
  now: Instant,
): { publicKey: Bytes; person: string; isHolder: boolean } {
  if (signer.kind === 'root') {
    const publicKey = keyset.rootset.publicKeys[signer.rootIndex] ?? fail('keyset_epochs_unsigned');
    return { publicKey, person: `root ${String(signer.rootIndex)}`, isHolder: false };
  }
  const certificate = checkEpochHolder(keyset, signer.certificateHash, issued, now);
  if (!isCapable(certificate, 'epoch')) fail('keyset_epochs_unsigned');
  return {
    publicKey: certificate.signingPublicKey,
    person: `holder ${toHex(certificate.subjectId)}`,
    isHolder: true,
  };
}

function checkRoleEpoch(verifier: SignatureVerifier, keyset: Keyset, epoch: RoleEpoch, now: Instant): void {
  const holder = checkEpochHolder(keyset, epoch.holderCertificateHash, epoch.notBefore, now);
  if (!isCapable(holder, 'epoch') || !bytesEqual(holder.roleId, epoch.roleId)) fail('epoch_signature');
  const message = taggedMessage(TAG.roleEpoch, roleEpochBodyBytes(epoch));
  if (!verifier.verify(holder.signingPublicKey, message, epoch.signature)) fail('epoch_signature');
}

/**
 * SPEC.md §5.3: the holder's certificate was in date when it signed; but revoked is revoked now, because a stolen
 * key can write any date.
 */
function checkEpochHolder(
  keyset: Keyset,
  hash: Uint8Array,
  signedAt: Instant,
  now: Instant,
): KeysetCertificate {
  const certificate = keyset.certificate(hash) ?? fail('certificate_unknown');
  if (certificate.revokedAt !== undefined && certificate.revokedAt <= now) fail('certificate_revoked');
  if (signedAt < certificate.notBefore || signedAt > certificate.notAfter) fail('certificate_expired');
  return certificate;
}

function makeKeyset(
  bytes: Bytes,
  rootset: Rootset,
  rootPart: RootPart<Certificate>,
  epochsPart: EpochsPart<RoleEpoch>,
): Keyset {
  const revokedAt = new Map(rootPart.revocations.map((r) => [toHex(r.serial), r.at]));
  const certificates = rootPart.certificates.map((c): KeysetCertificate => {
    const at = revokedAt.get(toHex(c.serial));
    return at === undefined ? c : { ...c, revokedAt: at };
  });
  const byHash = new Map(certificates.map((c) => [toHex(c.hash), c]));
  return {
    bytes,
    hash: sha256(bytes),
    version: epochsPart.version,
    rootVersion: rootPart.rootVersion,
    origin: rootPart.origin,
    issued: epochsPart.issued,
    expires: rootPart.expires,
    minSuite: rootPart.minSuite,
    rootset,
    roles: rootPart.roles,
    certificates,
    epochs: epochsPart.epochs,
    logVkey: rootPart.logVkey,
    promisePublicKey: rootPart.promisePublicKey,
    tlogPolicy: rootPart.tlogPolicy,
    policyHash: rootPart.policyHash,
    roleByKind: (kind) => rootPart.roles.find((role) => role.kind === kind),
    certificate: (hash) => byHash.get(toHex(hash)),
    currentEpoch: (roleId, now) => currentEpoch(epochsPart.epochs, roleId, now),
  };
}

function currentEpoch(epochs: readonly RoleEpoch[], roleId: Uint8Array, now: Instant): RoleEpoch {
  return (
    epochs
      .filter((e) => bytesEqual(e.roleId, roleId) && e.notBefore <= now && now < e.notAfter)
      .reduce<RoleEpoch | undefined>(
        (newest, e) => (newest && newest.epoch > e.epoch ? newest : e),
        undefined,
      ) ?? fail('epoch_expired')
  );
}
