/** What the promise key signs: submission promises and mailbox states (SPEC.md §8). */
import { type Bytes, encodeUtf8, type Instant, Writer } from '@app/encoding';
import { CASE_LEAF_BYTES } from './events.js';
import { TAG } from './namespaces.js';
import { checkSignature, type SignatureVerifier } from './signature.js';
import { exactly } from './struct.js';

/** A promise to log one leaf within a time. */
export type SubmissionPromise = {
  /** The log's origin line. */
  readonly origin: string;
  /** The 44-byte leaf. */
  readonly entry: Bytes;
  readonly time: Instant;
  readonly maxDelaySeconds: number;
};

/** The signed bytes of a promise: origin(vec8) ‖ entry(44) ‖ time(8) ‖ max_delay(4). @see SPEC.md §8.1 */
export function encodePromise(promise: SubmissionPromise): Bytes {
  return new Writer()
    .vec8(encodeUtf8(promise.origin))
    .bytes(exactly(promise.entry, CASE_LEAF_BYTES))
    .u64(promise.time)
    .u32(promise.maxDelaySeconds)
    .finish();
}

/** @throws {VerificationError} `promise_signature`. @see SPEC.md §8.1 */
export function verifyPromise(
  verifier: SignatureVerifier,
  promisePublicKey: Uint8Array,
  promise: SubmissionPromise,
  signature: Uint8Array,
): void {
  checkSignature(
    verifier,
    TAG.promise,
    promisePublicKey,
    encodePromise(promise),
    signature,
    'promise_signature',
  );
}

/** The latest state of one mailbox's case, as the server vouches for it. */
export type MailboxState = {
  readonly origin: string;
  /** 16 bytes. */
  readonly mailboxId: Bytes;
  /** The case's latest event number. */
  readonly eventNumber: number;
  /** C of that event. */
  readonly commitment: Bytes;
  readonly time: Instant;
};

/** The signed bytes: origin(vec8) ‖ mailbox_id(16) ‖ event_number(4) ‖ C(32) ‖ time(8). @see SPEC.md §8.2 */
export function encodeMailboxState(state: MailboxState): Bytes {
  return new Writer()
    .vec8(encodeUtf8(state.origin))
    .bytes(exactly(state.mailboxId, 16))
    .u32(state.eventNumber)
    .bytes(exactly(state.commitment, 32))
    .u64(state.time)
    .finish();
}

/** @throws {VerificationError} `mailbox_state_signature`. @see SPEC.md §8.2 */
export function verifyMailboxState(
  verifier: SignatureVerifier,
  promisePublicKey: Uint8Array,
  state: MailboxState,
  signature: Uint8Array,
): void {
  const message = encodeMailboxState(state);
  checkSignature(verifier, TAG.mailboxState, promisePublicKey, message, signature, 'mailbox_state_signature');
}
