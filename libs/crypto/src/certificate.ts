/** Staff certificates and role epochs (SPEC.md §5). */
import { type Bytes, type Instant, ParseError, type Reader, Writer } from '@app/encoding';
import { sha256 } from './hazmat/hash.js';
import { isCanonicalKemKey, KEM_PUBLIC_KEY_BYTES } from './hazmat/kem-key.js';
import { encodeRootSignatures, readRootSignatures, type RootSignature } from './rootset.js';
import { exactly, openStruct, SUITE } from './struct.js';

const CERTIFICATE_BODY_BYTES = 4 + 1 + 1 + 16 + 16 + 32 + KEM_PUBLIC_KEY_BYTES + 8 + 8 + 4 + 16;
const ROLE_EPOCH_BODY_BYTES = 4 + 1 + 16 + 4 + KEM_PUBLIC_KEY_BYTES + 8 + 8 + 32 + 32;
const TYPE_STAFF = 1;

/** Bits of a certificate's capabilities; what each allows in a case is libs/casework's to say. */
export const CAPABILITY = {
  /** Make and publish role epochs. */
  epoch: 1,
  /** Triage and route. */
  triage: 2,
  /** Accept, return, send. */
  decide: 4,
  /** Draft interventions. */
  draft: 8,
  /** Clear what another officer drafted. */
  clear: 16,
  /** Read timelines and openings. */
  oversee: 32,
  /** Erase, as one of two custodians. */
  erase: 64,
  /** Operate the service. */
  administer: 128,
  refer: 256,
} as const;
export type Capability = keyof typeof CAPABILITY;
const ALL_CAPABILITIES = 511;

/** What the roots certify about one staff member in one role. */
export type CertificateBody = {
  /** 16 bytes. */
  readonly roleId: Bytes;
  /** 16 random bytes that stand for the person. */
  readonly subjectId: Bytes;
  /** Ed25519. */
  readonly signingPublicKey: Bytes;
  /** X-Wing, 1,216 bytes. */
  readonly kemPublicKey: Bytes;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** Sum of {@link CAPABILITY} bits. */
  readonly capabilities: number;
  /** 16 random bytes. */
  readonly serial: Bytes;
};

export type Certificate = CertificateBody & {
  /** Body and signatures. */
  readonly bytes: Bytes;
  /** SHA-256 of the body without signatures. */
  readonly hash: Bytes;
  readonly signatures: readonly RootSignature[];
};

/** 1,322 bytes; the roots sign them under `TAG.certificate`. @see SPEC.md §5.1 */
export function encodeCertificateBody(body: CertificateBody): Bytes {
  return new Writer()
    .ascii('RPC1')
    .u8(SUITE)
    .u8(TYPE_STAFF)
    .bytes(exactly(body.roleId, 16))
    .bytes(exactly(body.subjectId, 16))
    .bytes(exactly(body.signingPublicKey, 32))
    .bytes(exactly(body.kemPublicKey, KEM_PUBLIC_KEY_BYTES))
    .u64(body.notBefore)
    .u64(body.notAfter)
    .u32(body.capabilities)
    .bytes(exactly(body.serial, 16))
    .finish();
}

/** body ‖ n(1) ‖ n times root_idx(1) ‖ sig(64). @see SPEC.md §5.1 */
export function assembleCertificate(body: Uint8Array, signatures: readonly RootSignature[]): Bytes {
  return new Writer()
    .bytes(exactly(body, CERTIFICATE_BODY_BYTES))
    .bytes(encodeRootSignatures(signatures))
    .finish();
}

/**
 * Reads a certificate; the signatures are not checked here.
 * @throws {ParseError} struct codes; `certificate_type`, `bad_key`, `out_of_range`.
 * @throws {VerificationError} `suite_unsupported`.
 */
export function parseCertificate(bytes: Uint8Array): Certificate {
  const r = openStruct(bytes, 'RPC1', 'certificate');
  if (r.u8() !== TYPE_STAFF) throw new ParseError('certificate_type', 'certificate.type');
  const body: CertificateBody = {
    roleId: r.bytes(16),
    subjectId: r.bytes(16),
    signingPublicKey: r.bytes(32),
    kemPublicKey: readKemKey(r, 'certificate.xwing_pk'),
    notBefore: r.u64(),
    notAfter: r.u64(),
    capabilities: r.u32(),
    serial: r.bytes(16),
  };
  const signatures = readRootSignatures(r, 'certificate.signatures');
  r.done();
  checkOrder(body.notBefore, body.notAfter, 'certificate.not_after');
  if (body.capabilities > ALL_CAPABILITIES) throw new ParseError('out_of_range', 'certificate.caps');
  const own = Uint8Array.from(bytes);
  return { ...body, bytes: own, hash: sha256(own.subarray(0, CERTIFICATE_BODY_BYTES)), signatures };
}

/** Whether the certificate carries the capability; says nothing about its authenticity. */
export function isCapable(certificate: { readonly capabilities: number }, capability: Capability): boolean {
  return (certificate.capabilities & CAPABILITY[capability]) !== 0;
}

/** The encryption key of a role for a time. */
export type RoleEpochBody = {
  readonly roleId: Bytes;
  /** 1, 2, 3 … within the role. */
  readonly epoch: number;
  readonly kemPublicKey: Bytes;
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** Hash of the previous epoch of this role, zeros at the first. */
  readonly previousHash: Bytes;
  /** Certificate of the holder who made it. */
  readonly holderCertificateHash: Bytes;
};

export type RoleEpoch = RoleEpochBody & {
  readonly bytes: Bytes;
  /** SHA-256 of the body without the signature. */
  readonly hash: Bytes;
  readonly signature: Bytes;
};

/** 1,321 bytes; the holder signs them under `TAG.roleEpoch`. @see SPEC.md §5.2 */
export function encodeRoleEpochBody(body: RoleEpochBody): Bytes {
  return new Writer()
    .ascii('RPE1')
    .u8(SUITE)
    .bytes(exactly(body.roleId, 16))
    .u32(body.epoch)
    .bytes(exactly(body.kemPublicKey, KEM_PUBLIC_KEY_BYTES))
    .u64(body.notBefore)
    .u64(body.notAfter)
    .bytes(exactly(body.previousHash, 32))
    .bytes(exactly(body.holderCertificateHash, 32))
    .finish();
}

/** body ‖ sig(64). @see SPEC.md §5.2 */
export function assembleRoleEpoch(body: Uint8Array, signature: Uint8Array): Bytes {
  return new Writer().bytes(exactly(body, ROLE_EPOCH_BODY_BYTES)).bytes(exactly(signature, 64)).finish();
}

/**
 * Reads a role epoch; the signature is not checked here.
 * @throws {ParseError} struct codes; `bad_key`, `out_of_range`.
 * @throws {VerificationError} `suite_unsupported`.
 */
export function parseRoleEpoch(bytes: Uint8Array): RoleEpoch {
  const r = openStruct(bytes, 'RPE1', 'role_epoch');
  const body: RoleEpochBody = {
    roleId: r.bytes(16),
    epoch: r.u32(),
    kemPublicKey: readKemKey(r, 'role_epoch.xwing_pk'),
    notBefore: r.u64(),
    notAfter: r.u64(),
    previousHash: r.bytes(32),
    holderCertificateHash: r.bytes(32),
  };
  const signature = r.bytes(64);
  r.done();
  checkOrder(body.notBefore, body.notAfter, 'role_epoch.not_after');
  const own = Uint8Array.from(bytes);
  return { ...body, bytes: own, hash: sha256(own.subarray(0, ROLE_EPOCH_BODY_BYTES)), signature };
}

/** The signed part of a role epoch. */
export function roleEpochBodyBytes(epoch: RoleEpoch): Bytes {
  return epoch.bytes.subarray(0, ROLE_EPOCH_BODY_BYTES);
}

/** The signed part of a certificate. */
export function certificateBodyBytes(certificate: Certificate): Bytes {
  return certificate.bytes.subarray(0, CERTIFICATE_BODY_BYTES);
}

function readKemKey(r: Reader, where: string): Bytes {
  const key = r.bytes(KEM_PUBLIC_KEY_BYTES);
  // SPEC.md §3.3: a key that one provider would refuse is refused by all.
  if (!isCanonicalKemKey(key)) throw new ParseError('bad_key', where);
  return key;
}

function checkOrder(notBefore: Instant, notAfter: Instant, where: string): void {
  if (notAfter <= notBefore) throw new ParseError('out_of_range', where);
}
