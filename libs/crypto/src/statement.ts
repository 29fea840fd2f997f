/** Signed statements of staff and the GRANT records of key boxes (SPEC.md §10). */
import {
  type Bytes,
  canonicalJson,
  decodeUtf8,
  encodeUtf8,
  type Instant,
  type Json,
  parseCanonicalJson,
  Writer,
} from '@app/encoding';
import { fail } from './errors.js';
import { type Keyset, type KeysetCertificate, usableCertificate } from './keyset.js';
import { TAG } from './namespaces.js';
import { checkSignature, type Signer, type SignatureVerifier } from './signature.js';
import { exactly, openStruct, readLine, SUITE } from './struct.js';

/** What a staff member signs before the server adds anything. */
export type Statement = {
  readonly origin: string;
  readonly casePseudonym: Bytes;
  /** Event type. */
  readonly type: number;
  readonly detail: Json;
  readonly expectedEventNumber: number;
  readonly previousCommitment: Bytes;
  /** `hashItems` of the objects, boxes and GRANTs, in order. */
  readonly itemsHash: Bytes;
  readonly policyHash: Bytes;
  readonly claimedTime: Instant;
  readonly certificateHash: Bytes;
};

/** The bytes to sign under `TAG.act`. @see SPEC.md §10.1 */
export function encodeStatement(statement: Statement): Bytes {
  return new Writer()
    .ascii('RPA1')
    .u8(SUITE)
    .vec8(encodeUtf8(statement.origin))
    .bytes(exactly(statement.casePseudonym, 16))
    .u8(statement.type)
    .vec16(encodeUtf8(canonicalJson(statement.detail)))
    .u32(statement.expectedEventNumber)
    .bytes(exactly(statement.previousCommitment, 32))
    .bytes(exactly(statement.itemsHash, 32))
    .bytes(exactly(statement.policyHash, 32))
    .u64(statement.claimedTime)
    .bytes(exactly(statement.certificateHash, 32))
    .finish();
}

/** @throws {ParseError} struct and JSON codes. @throws {VerificationError} `suite_unsupported`. */
export function parseStatement(bytes: Uint8Array): Statement {
  const r = openStruct(bytes, 'RPA1', 'statement');
  const statement = {
    origin: readLine(r.vec8(), 'statement.origin'),
    casePseudonym: r.bytes(16),
    type: r.u8(),
    detail: parseCanonicalJson(decodeUtf8(r.vec16(), 'statement.detail'), 'statement.detail'),
    expectedEventNumber: r.u32(),
    previousCommitment: r.bytes(32),
    itemsHash: r.bytes(32),
    policyHash: r.bytes(32),
    claimedTime: r.u64(),
    certificateHash: r.bytes(32),
  };
  r.done();
  return statement;
}

/**
 * Checks that a certificate of the KEYSET, in date and not revoked at `now`, made this statement for this log.
 * @param now - when the act is judged: the present, or the event's time for an old one.
 * @throws {ParseError} if the bytes are malformed.
 * @throws {VerificationError} `statement_origin`, `statement_signature`, `certificate_unknown`,
 * `certificate_revoked`, `certificate_expired`, `suite_unsupported`.
 * @see SPEC.md §10.1
 */
export function verifyStatement(
  verifier: SignatureVerifier,
  keyset: Keyset,
  bytes: Uint8Array,
  signature: Uint8Array,
  now: Instant,
): { readonly statement: Statement; readonly certificate: KeysetCertificate } {
  const statement = parseStatement(bytes);
  if (statement.origin !== keyset.origin) fail('statement_origin');
  const certificate = usableCertificate(keyset, statement.certificateHash, now);
  checkSignature(verifier, TAG.act, certificate.signingPublicKey, bytes, signature, 'statement_signature');
  return { statement, certificate };
}

/** Who gave whom which key box. */
export type Grant = {
  /** Thread or role, as in the box. */
  readonly scopeId: Bytes;
  readonly compartment: number;
  readonly epoch: number;
  /** SHA-256 of the sealed box. */
  readonly boxHash: Bytes;
  /** Hash of the recipient's certificate or role epoch. */
  readonly recipientHash: Bytes;
  readonly granterCertificateHash: Bytes;
};

/** The 122 signed bytes. */
function encodeGrantBody(grant: Grant): Bytes {
  return new Writer()
    .ascii('RPG1')
    .u8(SUITE)
    .bytes(exactly(grant.scopeId, 16))
    .u8(grant.compartment)
    .u32(grant.epoch)
    .bytes(exactly(grant.boxHash, 32))
    .bytes(exactly(grant.recipientHash, 32))
    .bytes(exactly(grant.granterCertificateHash, 32))
    .finish();
}

/** A GRANT record signed by the granter: body ‖ sig(64), 186 bytes. @see SPEC.md §10.2 */
export function signGrant(signer: Signer, grant: Grant): Bytes {
  const body = encodeGrantBody(grant);
  return new Writer().bytes(body).bytes(signer.sign(TAG.grant, body)).finish();
}

const GRANT_BODY_BYTES = 122;

/** @throws {ParseError} struct codes. @throws {VerificationError} `suite_unsupported`. */
export function parseGrant(bytes: Uint8Array): Grant & { readonly signature: Bytes } {
  const r = openStruct(bytes, 'RPG1', 'grant');
  const grant = {
    scopeId: r.bytes(16),
    compartment: r.u8(),
    epoch: r.u32(),
    boxHash: r.bytes(32),
    recipientHash: r.bytes(32),
    granterCertificateHash: r.bytes(32),
    signature: r.bytes(64),
  };
  r.done();
  return grant;
}

/**
 * Checks that a usable certificate of the KEYSET made this GRANT.
 * @throws {VerificationError} `grant_signature`, `certificate_unknown`, `certificate_revoked`,
 * `certificate_expired`, `suite_unsupported`.
 * @see SPEC.md §10.2
 */
export function verifyGrant(
  verifier: SignatureVerifier,
  keyset: Keyset,
  bytes: Uint8Array,
  now: Instant,
): { readonly grant: Grant; readonly certificate: KeysetCertificate } {
  const { signature, ...grant } = parseGrant(bytes);
  const certificate = usableCertificate(keyset, grant.granterCertificateHash, now);
  const body = bytes.subarray(0, GRANT_BODY_BYTES);
  checkSignature(verifier, TAG.grant, certificate.signingPublicKey, body, signature, 'grant_signature');
  return { grant, certificate };
}
