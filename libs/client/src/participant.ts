/** Submitting a report, checking the promise and waiting for the proof. */
import { type ApiClient, ApiProblem, Unreachable } from '@app/api-client';
import { type Promised, sealedItems, type SubmissionReceipt } from '@app/contracts';
import { BLOB_PART_BYTES } from '@app/crypto/seal';
import { sha256, verifyPromise } from '@app/crypto/verify';
import { bytesEqual, fromBase64, type Instant, toHex, VerificationError } from '@app/encoding';
import type { VerifiedTlogProof } from '@app/tlog';
import { refuse } from './deps.js';
import { type VerifiedEvent, verifyReceipt } from './history.js';
import type { MailboxApi } from './mailbox-requests.js';
import type { PreparedReport, SealedBlob } from './prepare.js';
import type { Service } from './service.js';

/** How far the service's clock may be from this client's. */
const TIME_TOLERANCE_SECONDS = 600;
const PARALLEL_PARTS = 2;
/** Rounds of asking what is missing and sending it. */
const UPLOAD_ROUNDS = 20;
const RESUME_PAUSE_MS = 1_000;
const PROOF_PAUSE_MS = 1_000;
/** The longest delay a promise may name. */
const MAX_DELAY_SECONDS = 86_400;

export type Progress =
  | {
      readonly step: 'uploading';
      readonly sentParts: number;
      readonly totalParts: number;
      readonly sentBytes: number;
      readonly totalBytes: number;
    }
  | { readonly step: 'submitting' };

/** An accepted act of the reporter, whose promise was checked. */
export type Accepted = VerifiedEvent & { readonly promise: Promised };

/**
 * Uploads what is missing, submits, and checks the promise.
 *
 * May be called again with the same report after any failure: nothing is sent twice that arrived, and the same
 * submission gets the same answer, in another process too if the mailbox remembers its requests.
 * @throws {ApiProblem} the service refused. @throws {Unreachable} it could not be reached; call again.
 * @throws {VerificationError} as `verifyReceipt` and `verifyPromise`; `receipt_mismatch` if the entry does not commit
 * to exactly what was sent, `request_unknown` if it commits to a request this mailbox does not remember signing,
 * `promise_time`.
 * @see libs/crypto SPEC.md §8.1
 */
export async function submitReport(
  service: Service,
  prepared: PreparedReport,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<Accepted> {
  const { mailbox } = prepared;
  await uploadBlobs(service, mailbox.api, prepared.blobs, onProgress);
  onProgress({ step: 'submitting' });
  const answer = await mailbox.api.call('submit', { body: prepared.submission });
  const accepted = checkAccepted(service, mailbox, answer, sealedItems(prepared.submission));
  const { event, opening } = accepted;
  const { submission } = prepared;
  const isOurs =
    event.type === 'SUBMITTED' &&
    opening.eventNumber === 1 &&
    event.detail.role === submission.role &&
    event.detail.consents === submission.consents &&
    event.detail.declared_urgent === submission.declaredUrgent &&
    event.detail.escalation === (submission.escalation !== null) &&
    event.detail.exclusions.join() === submission.exclusions.join();
  return isOurs ? accepted : refuse('receipt_mismatch');
}

/**
 * Checks the answer to an act of the reporter: entry, promise, and that it is about what she sent.
 * @param sent - base64 of the sealed items, in the order of the request.
 */
export function checkAccepted(
  { deps, directory }: Service,
  mailbox: MailboxApi,
  { receipt, promise }: SubmissionReceipt,
  sent: readonly string[],
): Accepted {
  const verified = verifyReceipt(receipt);
  const hashes = sent.map((item) => toHex(sha256(fromBase64(item, 'item'))));
  const signedAt = mailbox.signedAt(receipt);
  if (hashes.join() !== receipt.items.join() || verified.event.actor !== 'reporter')
    return refuse('receipt_mismatch');
  if (signedAt === undefined) return refuse('request_unknown');
  const { keyset } = directory;
  verifyPromise(
    deps.verifier,
    keyset.promisePublicKey,
    {
      origin: keyset.origin,
      entry: verified.entry,
      time: promise.time,
      maxDelaySeconds: promise.maxDelaySeconds,
    },
    fromBase64(promise.signature, 'promise.signature', 64),
  );
  const isPlausible =
    promise.time === verified.opening.serverTime &&
    Math.abs(promise.time - signedAt) <= TIME_TOLERANCE_SECONDS &&
    promise.maxDelaySeconds <= MAX_DELAY_SECONDS;
  if (!isPlausible) refuse('promise_time');
  return { ...verified, promise };
}

/** Reserves and sends sealed blobs; asks what is there and goes on where a connection was lost. */
export async function uploadBlobs(
  { deps }: Service,
  api: ApiClient,
  blobs: readonly SealedBlob[],
  onProgress: (progress: Progress) => void,
): Promise<void> {
  const parts = (of: readonly SealedBlob[]): number =>
    of.reduce((sum, { sealed }) => sum + Math.ceil(sealed.length / BLOB_PART_BYTES), 0);
  const bytes = (of: readonly SealedBlob[]): number => of.reduce((sum, { sealed }) => sum + sealed.length, 0);
  const totals = { totalParts: parts(blobs), totalBytes: bytes(blobs) };
  for (const [index, blob] of blobs.entries()) {
    const before = blobs.slice(0, index);
    const report = (there: ReadonlySet<number>): void => {
      const sentBytes = [...there].reduce((sum, part) => sum + partOf(blob, part).length, bytes(before));
      onProgress({ step: 'uploading', sentParts: parts(before) + there.size, sentBytes, ...totals });
    };
    for (let round = 1; !(await tryUpload(api, blob, report, round < UPLOAD_ROUNDS)); round++) {
      await deps.sleep(RESUME_PAUSE_MS);
    }
  }
}

function partOf({ sealed }: SealedBlob, part: number): Uint8Array<ArrayBuffer> {
  return sealed.subarray(part * BLOB_PART_BYTES, (part + 1) * BLOB_PART_BYTES);
}

/** One round: true when every part has arrived, false to be continued. */
async function tryUpload(
  api: ApiClient,
  blob: SealedBlob,
  report: (there: ReadonlySet<number>) => void,
  mayResume: boolean,
): Promise<boolean> {
  const { id, sealed } = blob;
  try {
    const { parts } = await api.call('reserveBlob', {
      params: { blob: id },
      body: { length: sealed.length },
    });
    const all = Array.from({ length: Math.ceil(sealed.length / BLOB_PART_BYTES) }, (_, part) => part);
    const there = new Set(all.filter((part) => parts.includes(part)));
    const missing = all.filter((part) => !there.has(part));
    report(there);
    const sendNext = async (): Promise<void> => {
      for (let part = missing.shift(); part !== undefined; part = missing.shift()) {
        await api.call('putPart', { params: { blob: id, part }, body: partOf(blob, part) });
        report(there.add(part));
      }
    };
    await Promise.all(Array.from({ length: PARALLEL_PARTS }, sendNext));
    return true;
  } catch (error) {
    if (error instanceof Unreachable && mayResume) return false;
    throw error;
  }
}

/** That an event of the case is in the ledger, and who saw it when. */
export type Witness = {
  readonly names: readonly string[];
  readonly quorumTime: Instant;
  readonly index: number;
  /** A `.tlog-proof` that anyone can check offline, and the entry it proves. */
  readonly proofText: string;
  readonly entry: Uint8Array;
};

/**
 * Fetches the proof of one event, if the ledger and its witnesses have it already.
 * @returns undefined if they do not have it yet.
 * @throws {VerificationError} `proof_mismatch` if it is the proof of another entry; as `Checkpoints.verifyProof`.
 */
export async function findProof(
  { directory, checkpoints }: Service,
  mailbox: MailboxApi,
  event: VerifiedEvent,
): Promise<Witness | undefined> {
  const answer = await notReady(
    mailbox.api.call('mailboxProof', { params: { event: event.opening.eventNumber } }),
  );
  if (answer === undefined) return undefined;
  const entry = fromBase64(answer.entry, 'proof.entry');
  if (!bytesEqual(entry, event.entry)) refuse('proof_mismatch');
  const proven = await verifiedOrEarly(checkpoints.verifyProof(answer.proof, entry));
  if (proven === undefined) return undefined;
  if (proven.checkpoint.origin !== directory.keyset.origin) refuse('proof_mismatch');
  return {
    names: proven.witnessed.map(({ name }) => name),
    quorumTime: proven.quorumTime,
    index: proven.index,
    proofText: answer.proof,
    entry,
  };
}

/**
 * Waits until an event is proven to be in the ledger under a quorum of the pinned witnesses.
 * @throws {VerificationError} `proof_overdue` when the promise's time has passed; otherwise as `findProof`.
 */
export async function awaitProof(
  service: Service,
  mailbox: MailboxApi,
  accepted: Accepted,
): Promise<Witness> {
  const { time, maxDelaySeconds } = accepted.promise;
  for (;;) {
    const witness = await findProof(service, mailbox, accepted);
    if (witness !== undefined) return witness;
    if (service.deps.now() > time + maxDelaySeconds) refuse('proof_overdue');
    await service.deps.sleep(PROOF_PAUSE_MS);
  }
}

/** A service that has lost the event it promised proves as little as one that is not ready. */
async function notReady<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    const isUnproven = error instanceof ApiProblem && ['not_ready', 'not_found'].includes(error.code);
    if (isUnproven) return undefined;
    throw error;
  }
}

/** A checkpoint that is not cosigned yet is early, not wrong. */
async function verifiedOrEarly(proof: Promise<VerifiedTlogProof>): Promise<VerifiedTlogProof | undefined> {
  try {
    return await proof;
  } catch (error) {
    if (error instanceof VerificationError && error.code === 'quorum_missing') return undefined;
    throw error;
  }
}
