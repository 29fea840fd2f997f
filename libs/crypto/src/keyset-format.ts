/** Bytes of the KEYSET file (SPEC.md §6.1 to §6.3); what they are worth is decided in keyset.ts. */
import {
  type Bytes,
  decodeUtf8,
  encodeUtf8,
  type Instant,
  ParseError,
  type Reader,
  toHex,
  Writer,
} from '@app/encoding';
import { type Certificate, parseCertificate, parseRoleEpoch, type RoleEpoch } from './certificate.js';
import { encodeRootSignatures, readRootSignatures, type RootSignature } from './rootset.js';
import { checkUnique, exactly, openStruct, readLine, readList, SUITE } from './struct.js';

/** Kinds of role; the code on the wire is the position plus one. */
export const ROLE_KINDS = [
  'focal_point',
  'senior_official',
  'alternate',
  'ethics',
  'mechanism',
  'oversight',
  'custodian',
  'administrator',
] as const;
export type RoleKind = (typeof ROLE_KINDS)[number];

/** An office that can hold keys. */
export type Role = { readonly id: Bytes; readonly kind: RoleKind; readonly name: string };

/** A certificate serial that is void from an instant on. */
export type Revocation = { readonly serial: Bytes; readonly at: Instant };

/** The content of the root part. */
export type RootPart<C = Bytes> = {
  readonly origin: string;
  readonly rootVersion: number;
  readonly issued: Instant;
  readonly expires: Instant;
  readonly minSuite: number;
  /** Bytes of the ROOTSET. */
  readonly rootset: Bytes;
  readonly roles: readonly Role[];
  readonly certificates: readonly C[];
  readonly revocations: readonly Revocation[];
  /** C2SP signed-note verifier key of the log. */
  readonly logVkey: string;
  readonly promisePublicKey: Bytes;
  /** C2SP tlog-policy text. */
  readonly tlogPolicy: string;
  readonly policyHash: Bytes;
};

/** The content of the EPOCHS part. */
export type EpochsPart<E = Bytes> = {
  /** The KEYSET's version: rises by one at each publication of either part. */
  readonly version: number;
  readonly issued: Instant;
  /** SHA-256 of the root part it belongs to. */
  readonly rootPartHash: Bytes;
  readonly epochs: readonly E[];
};

/** Who signed the EPOCHS part: a holder by certificate hash, or a root by index. */
export type EpochsSigner =
  | { readonly kind: 'holder'; readonly certificateHash: Bytes }
  | { readonly kind: 'root'; readonly rootIndex: number };
export type EpochsSignature = { readonly signer: EpochsSigner; readonly signature: Bytes };

/** The file, taken apart. */
export type KeysetFile = {
  readonly rootPart: Bytes;
  readonly rootSignatures: readonly RootSignature[];
  readonly epochsPart: Bytes;
  readonly epochsSignatures: readonly EpochsSignature[];
};

const MAX_PART_BYTES = 2 ** 22;

/** The root part, which the roots sign under `TAG.keyset`. @see SPEC.md §6.2 */
export function encodeRootPart(part: RootPart): Bytes {
  const w = new Writer()
    .ascii('RPKR')
    .u8(SUITE)
    .vec8(encodeUtf8(part.origin))
    .u32(part.rootVersion)
    .u64(part.issued)
    .u64(part.expires)
    .u8(part.minSuite)
    .vec16(part.rootset)
    .u16(part.roles.length);
  for (const role of part.roles) {
    w.bytes(exactly(role.id, 16)).u8(ROLE_KINDS.indexOf(role.kind) + 1);
    w.vec8(encodeUtf8(role.name));
  }
  w.u16(part.certificates.length);
  for (const certificate of part.certificates) w.vec16(certificate);
  w.u16(part.revocations.length);
  for (const revocation of part.revocations) w.bytes(exactly(revocation.serial, 16)).u64(revocation.at);
  return w
    .vec8(encodeUtf8(part.logVkey))
    .bytes(exactly(part.promisePublicKey, 32))
    .vec16(encodeUtf8(part.tlogPolicy))
    .bytes(exactly(part.policyHash, 32))
    .finish();
}

/** @throws {ParseError} struct codes. @throws {VerificationError} `suite_unsupported`. @see SPEC.md §6.2 */
export function parseRootPart(bytes: Uint8Array): RootPart<Certificate> {
  const r = openStruct(bytes, 'RPKR', 'keyset.root_part');
  const part: RootPart<Certificate> = {
    origin: readLine(r.vec8(), 'keyset.origin'),
    rootVersion: r.u32(),
    issued: r.u64(),
    expires: r.u64(),
    minSuite: r.u8(),
    rootset: r.vec16(),
    roles: readList(r.u16(), () => readRole(r)),
    certificates: readList(r.u16(), () => parseCertificate(r.vec16())),
    revocations: readList(r.u16(), () => ({ serial: r.bytes(16), at: r.u64() })),
    logVkey: readLine(r.vec8(), 'keyset.log_vkey'),
    promisePublicKey: r.bytes(32),
    tlogPolicy: readText(r.vec16(), 'keyset.tlog_policy'),
    policyHash: r.bytes(32),
  };
  r.done();
  checkRootPart(part);
  return part;
}

/** The EPOCHS part, which holders sign under `TAG.epochs`. @see SPEC.md §6.3 */
export function encodeEpochsPart(part: EpochsPart): Bytes {
  const w = new Writer()
    .ascii('RPKE')
    .u8(SUITE)
    .u32(part.version)
    .u64(part.issued)
    .bytes(exactly(part.rootPartHash, 32))
    .u16(part.epochs.length);
  for (const epoch of part.epochs) w.vec16(epoch);
  return w.finish();
}

/** @throws {ParseError} struct codes. @throws {VerificationError} `suite_unsupported`. @see SPEC.md §6.3 */
export function parseEpochsPart(bytes: Uint8Array): EpochsPart<RoleEpoch> {
  const r = openStruct(bytes, 'RPKE', 'keyset.epochs_part');
  const part = {
    version: r.u32(),
    issued: r.u64(),
    rootPartHash: r.bytes(32),
    epochs: readList(r.u16(), () => parseRoleEpoch(r.vec16())),
  };
  r.done();
  checkUnique(
    part.epochs.map((e) => `${toHex(e.roleId)}/${String(e.epoch)}`),
    'keyset.epochs',
  );
  return part;
}

/** The whole file. @see SPEC.md §6.1 */
export function assembleKeyset(file: KeysetFile): Bytes {
  const w = new Writer()
    .ascii('RPKS')
    .u8(SUITE)
    .vec32(file.rootPart)
    .bytes(encodeRootSignatures(file.rootSignatures))
    .vec32(file.epochsPart)
    .u8(file.epochsSignatures.length);
  for (const { signer, signature } of file.epochsSignatures) {
    if (signer.kind === 'holder') w.u8(0).bytes(exactly(signer.certificateHash, 32));
    else w.u8(1).zeros(31).u8(signer.rootIndex);
    w.bytes(exactly(signature, 64));
  }
  return w.finish();
}

/** @throws {ParseError} struct codes. @throws {VerificationError} `suite_unsupported`. @see SPEC.md §6.1 */
export function parseKeysetFile(bytes: Uint8Array): KeysetFile {
  const r = openStruct(bytes, 'RPKS', 'keyset');
  const file = {
    rootPart: r.vec32(MAX_PART_BYTES),
    rootSignatures: readRootSignatures(r, 'keyset.root_signatures'),
    epochsPart: r.vec32(MAX_PART_BYTES),
    epochsSignatures: readList(r.u8(), () => ({ signer: readEpochsSigner(r), signature: r.bytes(64) })),
  };
  r.done();
  return file;
}

function readEpochsSigner(r: Reader): EpochsSigner {
  const kind = r.u8();
  if (kind === 0) return { kind: 'holder', certificateHash: r.bytes(32) };
  if (kind !== 1) throw new ParseError('out_of_range', 'keyset.signer_kind');
  r.zeros(31);
  return { kind: 'root', rootIndex: r.u8() };
}

function readRole(r: Reader): Role {
  const id = r.bytes(16);
  const kind = ROLE_KINDS[r.u8() - 1];
  if (kind === undefined) throw new ParseError('out_of_range', 'keyset.role.kind');
  return { id, kind, name: readLine(r.vec8(), 'keyset.role.name') };
}

/** Text of several lines. */
function readText(bytes: Bytes, where: string): string {
  const text = decodeUtf8(bytes, where);
  if (/[^\P{Cc}\n\t]/u.test(text)) throw new ParseError('bad_character', where);
  return text;
}

function checkRootPart(part: RootPart<Certificate>): void {
  if (part.expires <= part.issued) throw new ParseError('out_of_range', 'keyset.expires');
  const roleIds = part.roles.map((role) => toHex(role.id));
  checkUnique(roleIds, 'keyset.roles');
  checkUnique(
    part.certificates.map((c) => toHex(c.serial)),
    'keyset.certificates',
  );
  checkUnique(
    part.revocations.map((v) => toHex(v.serial)),
    'keyset.revocations',
  );
  if (!part.certificates.every((c) => roleIds.includes(toHex(c.roleId)))) {
    throw new ParseError('role_unknown', 'keyset.certificates');
  }
}
