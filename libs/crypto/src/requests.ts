/** Transcripts signed to authenticate a request: mailbox requests and staff sessions (SPEC.md §9). */
import { type Bytes, encodeUtf8, type Instant, Writer } from '@app/encoding';
import { TAG } from './namespaces.js';
import { checkSignature, type SignatureVerifier } from './signature.js';
import { exactly } from './struct.js';

/** A request as the holder of a mailbox signs it. */
export type MailboxRequest = {
  /** The log's origin line. */
  readonly origin: string;
  /** Upper case. */
  readonly method: string;
  readonly pathWithQuery: string;
  /** 16 bytes. */
  readonly mailboxId: Uint8Array;
  /** SHA-256 of the body; of the empty string where there is none. */
  readonly bodyHash: Uint8Array;
  /** 16 bytes of the server's, single use, valid for 5 minutes. */
  readonly nonce: Uint8Array;
};

/**
 * origin(vec8) ‖ method(vec8) ‖ path(vec16) ‖ mailbox_id(16) ‖ SHA-256(body)(32) ‖ nonce(16); sign it under
 * `TAG.mailbox`.
 * @see SPEC.md §9.1
 */
export function encodeMailboxRequest(request: MailboxRequest): Bytes {
  return new Writer()
    .vec8(encodeUtf8(request.origin))
    .vec8(encodeUtf8(request.method))
    .vec16(encodeUtf8(request.pathWithQuery))
    .bytes(exactly(request.mailboxId, 16))
    .bytes(exactly(request.bodyHash, 32))
    .bytes(exactly(request.nonce, 16))
    .finish();
}

/** @throws {VerificationError} `mailbox_signature`. @see SPEC.md §9.1 */
export function verifyMailboxRequest(
  verifier: SignatureVerifier,
  mailboxPublicKey: Uint8Array,
  request: MailboxRequest,
  signature: Uint8Array,
): void {
  const message = encodeMailboxRequest(request);
  checkSignature(verifier, TAG.mailbox, mailboxPublicKey, message, signature, 'mailbox_signature');
}

/** What a staff member signs to open a session. */
export type SessionChallenge = {
  /** The log's origin line. */
  readonly origin: string;
  /** 32 bytes of the server's, single use, given to whoever unlocked the vault. */
  readonly nonce: Uint8Array;
  readonly certificateHash: Uint8Array;
  /** Ed25519 key that will sign the requests of the session. */
  readonly deviceKey: Uint8Array;
};

/** origin(vec8) ‖ nonce(32) ‖ certificate_hash(32) ‖ device_key(32); sign it under `TAG.session`. @see SPEC.md §9.2 */
export function encodeSessionChallenge(challenge: SessionChallenge): Bytes {
  return new Writer()
    .vec8(encodeUtf8(challenge.origin))
    .bytes(exactly(challenge.nonce, 32))
    .bytes(exactly(challenge.certificateHash, 32))
    .bytes(exactly(challenge.deviceKey, 32))
    .finish();
}

/** @throws {VerificationError} `session_signature`. @see SPEC.md §9.2 */
export function verifySessionChallenge(
  verifier: SignatureVerifier,
  publicKey: Uint8Array,
  challenge: SessionChallenge,
  signature: Uint8Array,
): void {
  const message = encodeSessionChallenge(challenge);
  checkSignature(verifier, TAG.session, publicKey, message, signature, 'session_signature');
}

/** One request of a session. */
export type SessionRequest = {
  /** SHA-256 of the session's token. */
  readonly tokenHash: Uint8Array;
  /** Upper case. */
  readonly method: string;
  readonly pathWithQuery: string;
  /** SHA-256 of the body; of the empty string where there is none. */
  readonly bodyHash: Uint8Array;
  /** By the server's clock. */
  readonly time: Instant;
};

/**
 * token_hash(32) ‖ method(vec8) ‖ path(vec16) ‖ SHA-256(body)(32) ‖ time(8); sign it under `TAG.request` with the
 * device key.
 * @see SPEC.md §9.2
 */
export function encodeSessionRequest(request: SessionRequest): Bytes {
  return new Writer()
    .bytes(exactly(request.tokenHash, 32))
    .vec8(encodeUtf8(request.method))
    .vec16(encodeUtf8(request.pathWithQuery))
    .bytes(exactly(request.bodyHash, 32))
    .u64(request.time)
    .finish();
}

/** @throws {VerificationError} `request_signature`. @see SPEC.md §9.2 */
export function verifySessionRequest(
  verifier: SignatureVerifier,
  deviceKey: Uint8Array,
  request: SessionRequest,
  signature: Uint8Array,
): void {
  const message = encodeSessionRequest(request);
  checkSignature(verifier, TAG.request, deviceKey, message, signature, 'request_signature');
}
