/** The witness's side of `add-checkpoint` (SPEC.md §7): the request's text form and the decision about it. */
import { ParseError, VerificationError, bytesEqual, fromBase64, parseDecimal, toBase64 } from '@app/encoding';
import type { SignatureVerifier } from '@app/crypto/verify';
import { parseCheckpoint, type Checkpoint } from './checkpoint.js';
import { HASH_BYTES, emptyRoot, type Hash } from './hash.js';
import { parseNote, type VerifierKey } from './note.js';
import { verifyConsistency } from './proof.js';
import { openNote } from './verify.js';

/** Most hashes a proof has: one per level of a tree of 2^63 entries. */
export const PROOF_MAX_HASHES = 63;

/** A request to cosign: the size the witness is thought to know, the proof from there, the signed checkpoint. */
export type AddCheckpoint = {
  readonly oldSize: number;
  readonly proof: readonly Hash[];
  readonly note: string;
};

/** What a witness keeps per log: the latest tree head it cosigned. */
export type WitnessState = { readonly size: number; readonly root: Hash };

/** What to answer, and with status 200 what to keep before answering. */
export type AddCheckpointDecision =
  { readonly status: 200; readonly next: WitnessState; readonly body: string } | Refusal;

type Refusal = { readonly status: 400 | 403 | 404 | 409 | 422; readonly body: string };

/**
 * Writes the body of an `add-checkpoint` request.
 *
 * @throws {ParseError} as {@link parseAddCheckpoint}, if the result would not be a request.
 * @see SPEC.md §7.1; C2SP tlog-witness, add-checkpoint
 */
export function encodeAddCheckpoint(request: AddCheckpoint): string {
  const text = `old ${String(request.oldSize)}\n${encodeHashLines(request.proof)}\n${request.note}`;
  parseAddCheckpoint(text);
  return text;
}

/**
 * Reads the body of an `add-checkpoint` request; the answer to one that throws is status 400.
 *
 * @returns also the checkpoint, unverified, by whose origin the log's key and the state are found.
 * @throws {ParseError} `bad_format`, `too_many_hashes`, and those of decimal, base64, `parseNote` and
 *   `parseCheckpoint`.
 * @see SPEC.md §7.1; C2SP tlog-witness, add-checkpoint
 */
export function parseAddCheckpoint(text: string): AddCheckpoint & { readonly checkpoint: Checkpoint } {
  const { lines, note } = splitHeader(text, 'add-checkpoint');
  const [old, ...hashes] = lines;
  if (!old.startsWith('old ')) throw new ParseError('bad_format', 'add-checkpoint');
  return {
    oldSize: parseDecimal(old.slice('old '.length), 'add-checkpoint'),
    proof: parseHashLines(hashes, 'add-checkpoint'),
    note,
    checkpoint: parseCheckpoint(parseNote(note).body),
  };
}

/**
 * Decides a request against what the witness knows of the log.
 *
 * @param state - undefined if the witness has not cosigned for this log yet.
 * @param logKeys - the keys trusted for the log; their common name is the log's origin. One of them is enough.
 * @returns with status 200, the state to keep and, as `body`, the note text to cosign; with 409, the answer's body
 *   (the known size and a newline, of type `text/x.tlog.size`); otherwise a short reason as the answer's body.
 * @see SPEC.md §7.2; C2SP tlog-witness, add-checkpoint
 * Security: the caller must make `next` durable before it cosigns and answers, and must do so only if the state is
 *   still the one the decision was made on; otherwise a witness can be led to sign a fork.
 */
export function decideAddCheckpoint(
  state: WitnessState | undefined,
  request: AddCheckpoint,
  logKeys: readonly VerifierKey[],
  verifier: SignatureVerifier,
): AddCheckpointDecision {
  const read = readCheckpoint(request, logKeys, verifier);
  if ('status' in read) return read;
  const { checkpoint, body } = read;
  // C2SP tlog-witness: the old size is equal to or lower than the checkpoint size.
  if (request.oldSize > checkpoint.size) return refusal(400, 'old size above checkpoint size');
  const known = state ?? { size: 0, root: emptyRoot() };
  // C2SP tlog-witness: the old size matches the latest cosigned size, zero if there is none.
  if (request.oldSize !== known.size) return { status: 409, body: `${String(known.size)}\n` };
  // C2SP tlog-witness: a checkpoint of size zero has the root of the empty tree.
  if (checkpoint.size === 0 && !bytesEqual(checkpoint.root, emptyRoot()))
    return refusal(422, 'wrong empty root');
  const sound = isSound(() => {
    verifyConsistency(known.size, known.root, checkpoint.size, checkpoint.root, request.proof);
  });
  if (!sound) return refusal(422, 'not consistent');
  return { status: 200, next: { size: checkpoint.size, root: checkpoint.root }, body };
}

/** Writes hashes one per line. */
export function encodeHashLines(hashes: readonly Hash[]): string {
  return hashes.map((hash) => `${toBase64(hash)}\n`).join('');
}

/** Reads hashes one per line, at most 63. */
export function parseHashLines(lines: readonly string[], where: string): Hash[] {
  if (lines.length > PROOF_MAX_HASHES) throw new ParseError('too_many_hashes', where);
  return lines.map((line) => fromBase64(line, where, HASH_BYTES));
}

/** Splits text at its first empty line into the lines before it and the note after it. */
export function splitHeader(text: string, where: string): { lines: [string, ...string[]]; note: string } {
  const split = text.indexOf('\n\n');
  if (split < 0) throw new ParseError('bad_format', where);
  const lines = text.slice(0, split).split('\n') as [string, ...string[]];
  return { lines, note: text.slice(split + 2) };
}

function readCheckpoint(
  request: AddCheckpoint,
  logKeys: readonly VerifierKey[],
  verifier: SignatureVerifier,
): { checkpoint: Checkpoint; body: string } | Refusal {
  try {
    const checkpoint = parseCheckpoint(parseNote(request.note).body);
    // C2SP tlog-witness: 404 for an origin that is not known.
    if (!logKeys.some(({ name }) => name === checkpoint.origin)) return refusal(404, 'unknown origin');
    return { checkpoint, body: openNote(request.note, logKeys, verifier).body };
  } catch (error) {
    if (error instanceof ParseError) return refusal(400, 'malformed request');
    // C2SP tlog-witness: 403 without a trusted signature, and for a trusted key's signature that fails.
    if (error instanceof VerificationError) return refusal(403, 'no valid signature');
    throw error;
  }
}

function refusal(status: Refusal['status'], reason: string): Refusal {
  return { status, body: `${reason}\n` };
}

function isSound(verify: () => void): boolean {
  try {
    verify();
    return true;
  } catch (error) {
    if (error instanceof VerificationError) return false;
    throw error;
  }
}
