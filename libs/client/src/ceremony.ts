/**
 * Key ceremonies as pure steps. A real one carries the bytes between machines, one person to each; the evaluation
 * ceremony does the same steps in one process, which is why its keys are good for nothing else.
 */
import { CAP, type Capability } from '@app/casework';
import type { EpochBox } from '@app/contracts';
import { type Keyring, openKeyBox, type Random, sealKeyBox, type Sealing } from '@app/crypto/seal';
import {
  assembleCertificate,
  assembleKeyset,
  assembleRoleEpoch,
  encodeCertificateBody,
  encodeEpochsPart,
  encodeRoleEpochBody,
  encodeRootPart,
  encodeRootset,
  type EpochsSignature,
  makeSigner,
  parseKeysetFile,
  type RootPart,
  type RootSignature,
  type Signer,
} from '@app/crypto/sign';
import {
  type Certificate,
  type CertificateBody,
  type Keyset,
  parseCertificate,
  parseRoleEpoch,
  type RoleEpoch,
  sha256,
  TAG,
} from '@app/crypto/verify';
import { bytesEqual, type Bytes, fromBase64, type Instant, Invariant, toBase64, toHex } from '@app/encoding';
import { type ClientDeps, refuse } from './deps.js';

const DAY = 86_400;
/** In force for 30 days, then 15 more so that boxes under way still open. */
export const EPOCH_SECONDS = 45 * DAY;
/** When an unlock makes the next epoch. */
export const EPOCH_RENEWAL_SECONDS = 20 * DAY;

/** Signs as one root officer. */
export type RootSigner = { readonly rootIndex: number; readonly signer: Signer };

/** One person's answer to a certificate request: her secrets stay with her, the body goes to the roots. */
export type StaffKeys = { readonly signingSeed: Bytes; readonly kemSeed: Bytes };

/** A holder at work: her certificate and its secret. */
export type Holder = { readonly certificate: Certificate; readonly signer: Signer; readonly kemSeed: Bytes };

/** Bytes of the first ROOTSET. @param publicKeys - Ed25519, one per officer. */
export function makeRootset(publicKeys: readonly Bytes[], threshold: number): Bytes {
  return encodeRootset({ version: 1, threshold, publicKeys });
}

/** Fresh secrets of one staff member. */
export function makeStaffKeys(random: Random): StaffKeys {
  return { signingSeed: random.bytes(32), kemSeed: random.bytes(32) };
}

/** Sum of capability bits, as `caps` of a certificate. */
export function capabilityBits(capabilities: readonly Capability[]): number {
  return capabilities.reduce((bits, name) => bits | CAP[name], 0);
}

/**
 * What the roots are asked to certify.
 * @param person - `subjectId` and `roleId` are 16 bytes.
 */
export function certificateRequest(
  deps: Pick<ClientDeps, 'signing' | 'sealing' | 'random'>,
  keys: StaffKeys,
  person: Pick<CertificateBody, 'roleId' | 'subjectId' | 'notBefore' | 'notAfter' | 'capabilities'>,
): Bytes {
  return encodeCertificateBody({
    ...person,
    signingPublicKey: deps.signing.publicKey(keys.signingSeed),
    kemPublicKey: deps.sealing.publicKey(keys.kemSeed),
    serial: deps.random.bytes(16),
  });
}

/** One root's signature over a certificate body or a root part. */
export function signAsRoot(
  root: RootSigner,
  tag: typeof TAG.certificate | typeof TAG.keyset | typeof TAG.release,
  body: Bytes,
): RootSignature {
  return { rootIndex: root.rootIndex, signature: root.signer.sign(tag, body) };
}

/** The certificate, once enough roots have signed its body. */
export function finishCertificate(body: Bytes, signatures: readonly RootSignature[]): Certificate {
  return parseCertificate(assembleCertificate(body, signatures));
}

/** A role epoch, and its seed in a box for each holder of the role. */
export type NewEpoch = { readonly epoch: RoleEpoch; readonly boxes: readonly EpochBox[] };

/**
 * Makes the next epoch of a role.
 * @param maker - a holder of the role with the capability `epoch`.
 * @param holders - every certificate that is to open what is sealed to the role.
 * @param previous - the role's last epoch, absent at the first.
 */
export async function makeRoleEpoch(
  deps: Pick<ClientDeps, 'sealing' | 'random'>,
  maker: Holder,
  holders: readonly Certificate[],
  now: Instant,
  previous?: RoleEpoch,
): Promise<NewEpoch> {
  const seed = deps.random.bytes(32);
  const { roleId } = maker.certificate;
  const body = encodeRoleEpochBody({
    roleId,
    epoch: (previous?.epoch ?? 0) + 1,
    kemPublicKey: deps.sealing.publicKey(seed),
    notBefore: now,
    notAfter: now + EPOCH_SECONDS,
    previousHash: previous?.hash ?? new Uint8Array(32),
    holderCertificateHash: maker.certificate.hash,
  });
  const epoch = parseRoleEpoch(assembleRoleEpoch(body, maker.signer.sign(TAG.roleEpoch, body)));
  const boxes = await Promise.all(
    holders.map((holder) => boxForHolder(deps.sealing, maker, holder, epoch, seed)),
  );
  return { epoch, boxes };
}

/**
 * Boxes by which newcomers to a role open what was sealed to its earlier epochs.
 * @param boxes - all there are; those of `maker` are opened.
 * @throws {OpenError} a box of hers does not open. @throws {VerificationError} `box_wrong_key`, `box_wrong_scope`.
 */
export async function handOnEpochs(
  sealing: Sealing,
  maker: Holder,
  epochs: readonly RoleEpoch[],
  holders: readonly Certificate[],
  boxes: readonly EpochBox[],
): Promise<readonly EpochBox[]> {
  const made: EpochBox[] = [];
  for (const epoch of epochs.filter((e) => bytesEqual(e.roleId, maker.certificate.roleId))) {
    const there = boxes.filter((b) => b.role === toHex(epoch.roleId) && b.epoch === epoch.epoch);
    const own = there.find((b) => b.certificateHash === toHex(maker.certificate.hash));
    const without = holders.filter((h) => !there.some((b) => b.certificateHash === toHex(h.hash)));
    if (own === undefined || without.length === 0) continue;
    const { seed, publicKey } = await openKeyBox(sealing, maker.kemSeed, fromBase64(own.box, 'epoch_box'), {
      purpose: 'staffHolder',
      scopeId: epoch.roleId,
      epoch: epoch.epoch,
    });
    if (!bytesEqual(publicKey, epoch.kemPublicKey)) refuse('box_wrong_key');
    for (const holder of without) made.push(await boxForHolder(sealing, maker, holder, epoch, seed));
  }
  return made;
}

async function boxForHolder(
  sealing: Sealing,
  maker: Holder,
  holder: Certificate,
  epoch: RoleEpoch,
  seed: Bytes,
): Promise<EpochBox> {
  const box = await sealKeyBox(sealing, holder.kemPublicKey, maker.certificate.signingPublicKey, {
    purpose: 'staffHolder',
    compartment: 0,
    epoch: epoch.epoch,
    scopeId: epoch.roleId,
    seed,
  });
  return {
    role: toHex(epoch.roleId),
    epoch: epoch.epoch,
    certificateHash: toHex(holder.hash),
    box: toBase64(box),
  };
}

/** Who signs the EPOCHS part: one holder, and a second holder or a root. */
export type Countersigner = Holder | RootSigner;

/** The parts that the roots have signed: bytes and signatures of the root part. */
export type SignedRootPart = { readonly bytes: Bytes; readonly signatures: readonly RootSignature[] };

/** The root part for the roots to inspect and sign. */
export function makeRootPart(part: RootPart): Bytes {
  return encodeRootPart(part);
}

/** The EPOCHS part for its two signers. @param version - of the KEYSET, one more than the last. */
export function makeEpochsPart(
  rootPart: Uint8Array,
  epochs: readonly RoleEpoch[],
  version: number,
  now: Instant,
): Bytes {
  return encodeEpochsPart({
    version,
    issued: now,
    rootPartHash: sha256(rootPart),
    epochs: epochs.map((epoch) => epoch.bytes),
  });
}

/** Puts a KEYSET together. @param version - one more than the last. */
export function finishKeyset(
  root: SignedRootPart,
  epochs: readonly RoleEpoch[],
  version: number,
  now: Instant,
  signers: readonly [Holder, Countersigner],
): Bytes {
  const epochsPart = makeEpochsPart(root.bytes, epochs, version, now);
  return assembleKeyset({
    rootPart: root.bytes,
    rootSignatures: root.signatures,
    epochsPart,
    epochsSignatures: signers.map((signer) => signEpochs(signer, epochsPart)),
  });
}

/** One signature over an EPOCHS part. */
export function signEpochs(by: Countersigner, epochsPart: Bytes): EpochsSignature {
  const signature = by.signer.sign(TAG.epochs, epochsPart);
  return 'certificate' in by
    ? { signer: { kind: 'holder', certificateHash: by.certificate.hash }, signature }
    : { signer: { kind: 'root', rootIndex: by.rootIndex }, signature };
}

/** A holder from her keyring and the KEYSET. @throws {Invariant} if the KEYSET does not know the keyring. */
export function holderOf(
  deps: Pick<ClientDeps, 'signing'>,
  keyset: Pick<Keyset, 'certificate'>,
  keyring: Keyring,
): Holder {
  const certificate = keyset.certificate(keyring.certificateHash);
  if (certificate === undefined) throw new Invariant('keyring of another keyset');
  return { certificate, signer: makeSigner(deps.signing, keyring.signingSeed), kemSeed: keyring.kemSeed };
}

/** Whether some role's newest epoch is old enough to be followed by the next (libs/crypto SPEC.md §5). */
export function rolesDueForRenewal(keyset: Keyset, now: Instant): readonly Bytes[] {
  return keyset.roles
    .filter((role) => {
      const newest = newestEpoch(keyset, role.id);
      return newest !== undefined && now - newest.notBefore >= EPOCH_RENEWAL_SECONDS;
    })
    .map((role) => role.id);
}

/** A new KEYSET and the boxes that go with it. */
export type Renewal = { readonly keyset: Bytes; readonly epochBoxes: readonly EpochBox[] };

/**
 * Makes the next epoch of every role that one of `holders` can sign for, and a KEYSET one version higher. Epochs that
 * are still in date stay listed; revoked and expired holders get no box.
 * @param holders - at least two persons; the first two sign the EPOCHS part.
 * @throws {Invariant} for fewer than two holders.
 */
export async function renewEpochs(
  deps: Pick<ClientDeps, 'sealing' | 'random'>,
  keyset: Keyset,
  holders: readonly Holder[],
  now: Instant,
): Promise<Renewal> {
  const [first, ...others] = holders;
  const second = others.find(
    (h) => first && !bytesEqual(h.certificate.subjectId, first.certificate.subjectId),
  );
  if (first === undefined || second === undefined) throw new Invariant('a renewal needs two holders');
  const made: NewEpoch[] = [];
  for (const role of keyset.roles) {
    const maker = holders.find((holder) => bytesEqual(holder.certificate.roleId, role.id));
    if (maker === undefined) continue;
    const sharers = holdersOf(keyset.certificates, role.id, now);
    made.push(await makeRoleEpoch(deps, maker, sharers, now, newestEpoch(keyset, role.id)));
  }
  const file = parseKeysetFile(keyset.bytes);
  const epochs = [...epochsToKeep(keyset.epochs, keyset.certificates, now), ...made.map((m) => m.epoch)];
  const root = { bytes: file.rootPart, signatures: file.rootSignatures };
  return {
    keyset: finishKeyset(root, epochs, keyset.version + 1, now, [first, second]),
    epochBoxes: made.flatMap((m) => m.boxes),
  };
}

/** A certificate as a KEYSET judges it. */
export type Judged = Certificate & { readonly revokedAt?: Instant };

/** Holders of a role whose certificates are in force: who gets a box of its next epoch. */
export function holdersOf(
  certificates: readonly Judged[],
  roleId: Uint8Array,
  now: Instant,
): readonly Certificate[] {
  return certificates.filter((c) => bytesEqual(c.roleId, roleId) && c.notAfter > now && !isRevoked(c, now));
}

/**
 * Epochs that the next KEYSET still lists: in date, and made by nobody who is revoked, for a KEYSET with one that is
 * does not hold (libs/crypto SPEC.md §5.3).
 */
export function epochsToKeep(
  epochs: readonly RoleEpoch[],
  certificates: readonly Judged[],
  now: Instant,
): readonly RoleEpoch[] {
  return epochs.filter((epoch) => {
    const maker = certificates.find((c) => bytesEqual(c.hash, epoch.holderCertificateHash));
    return epoch.notAfter > now && maker !== undefined && !isRevoked(maker, now);
  });
}

function isRevoked(certificate: Judged, now: Instant): boolean {
  return certificate.revokedAt !== undefined && certificate.revokedAt <= now;
}

/** The role's epoch with the highest number, in date or not. */
export function newestEpoch(keyset: Pick<Keyset, 'epochs'>, roleId: Uint8Array): RoleEpoch | undefined {
  return keyset.epochs
    .filter((epoch) => bytesEqual(epoch.roleId, roleId))
    .reduce<RoleEpoch | undefined>((a, b) => (a && a.epoch > b.epoch ? a : b), undefined);
}
