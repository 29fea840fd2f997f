/** Verification of notes and checkpoints against known keys (SPEC.md §4.4, §6.2). */
import { Invariant, encodeUtf8, type Instant } from '@app/encoding';
import type { SignatureVerifier } from '@app/crypto/verify';
import { cosignatureMessage, parseCheckpoint, parseCosignature, type Checkpoint } from './checkpoint.js';
import { refuse } from './codes.js';
import {
  ALGORITHM_COSIGNATURE,
  ALGORITHM_ED25519,
  parseNote,
  type NoteSignature,
  type VerifierKey,
} from './note.js';
import { quorumTime, type Policy } from './policy.js';

/** A witness whose cosignature was verified, with the earliest time it stated. */
export type Witnessed = { readonly name: string; readonly time: Instant };

export type VerifiedCheckpoint = {
  readonly checkpoint: Checkpoint;
  /** The whole note text, for cosigning and for comparing. */
  readonly body: string;
  /** In the policy's order. */
  readonly witnessed: readonly Witnessed[];
  /** The time by which the quorum was reached; `NO_QUORUM_TIME` if the policy asks for none. */
  readonly quorumTime: Instant;
};

type ValidSignature = { readonly key: VerifierKey; readonly time: Instant | undefined };

const VERIFIED_ALGORITHMS: readonly number[] = [ALGORITHM_ED25519, ALGORITHM_COSIGNATURE];

/**
 * Verifies a note: every signature by a known key holds, and there is at least one.
 *
 * @param keys - the known keys; name and key id must tell them apart. Keys of algorithms other than 0x01 and 0x04
 *   cannot be verified here and count as unknown.
 * @returns the text, the keys that signed it (each once, in the order of `keys`) and the number of signature lines
 *   that were ignored because their key is unknown.
 * @throws {ParseError} as `parseNote`.
 * @throws {VerificationError} `signature_invalid`, `signature_missing`.
 * @see SPEC.md §4.4; C2SP signed-note, Signatures
 */
export function openNote(
  text: string,
  keys: readonly VerifierKey[],
  verifier: SignatureVerifier,
): { readonly body: string; readonly verified: VerifierKey[]; readonly unknown: number } {
  const { body, valid, unknown } = verifySignatures(text, keys, verifier);
  const verified = keys.filter((key) => valid.some((signature) => signature.key === key));
  // C2SP signed-note: without a valid signature from a known key the note is rejected.
  if (verified.length === 0) refuse('signature_missing');
  return { body, verified, unknown };
}

/**
 * Verifies that a checkpoint is signed by a log the policy lists and cosigned by a quorum of its witnesses.
 *
 * @param noteText - the whole note.
 * @throws {ParseError} as `parseNote` and `parseCheckpoint`.
 * @throws {VerificationError} `checkpoint_origin`, `signature_invalid` (any known key's signature on the note),
 *   `log_signature_missing`, `quorum_missing`.
 * @see SPEC.md §6.2; C2SP tlog-policy, tlog-cosignature
 * Security: the times are the witnesses' clocks; the log's own clock plays no part.
 */
export function verifyCheckpoint(
  noteText: string,
  policy: Policy,
  verifier: SignatureVerifier,
): VerifiedCheckpoint {
  const checkpoint = parseCheckpoint(parseNote(noteText).body);
  // C2SP tlog-policy, Defining a log: the key name is the origin line.
  const logKeys = policy.logs.filter((log) => log.name === checkpoint.origin);
  if (logKeys.length === 0) refuse('checkpoint_origin');
  const keys = [...policy.logs, ...policy.witnesses.map((witness) => witness.key)];
  const { body, valid } = verifySignatures(noteText, keys, verifier);
  if (!valid.some(({ key }) => logKeys.some((log) => log === key))) refuse('log_signature_missing');
  const witnessed = policy.witnesses.flatMap(({ name, key }) => {
    const times = valid.flatMap((signature) => (signature.key === key ? (signature.time ?? []) : []));
    return times.length === 0 ? [] : [{ name, time: Math.min(...times) }];
  });
  const time = quorumTime(policy.quorum, new Map(witnessed.map(({ name, time: seen }) => [name, seen])));
  if (time === undefined) refuse('quorum_missing');
  return { checkpoint, body, witnessed, quorumTime: time };
}

function verifySignatures(
  text: string,
  keys: readonly VerifierKey[],
  verifier: SignatureVerifier,
): { body: string; valid: ValidSignature[]; unknown: number } {
  const known = new Map(keys.map((key) => [keyIdentity(key), key]));
  if (known.size !== keys.length) throw new Invariant('verifier keys share name and key id');
  const { body, signatures } = parseNote(text);
  const valid: ValidSignature[] = [];
  let unknown = 0;
  for (const signature of signatures) {
    const key = known.get(keyIdentity(signature));
    // C2SP signed-note: signatures from unknown keys, even with a known name or id, are ignored.
    if (key === undefined || !VERIFIED_ALGORITHMS.includes(key.algorithm)) unknown += 1;
    else valid.push({ key, time: verifySignature(body, signature, key, verifier) });
  }
  return { body, valid, unknown };
}

/** The stated time of a valid cosignature, undefined for a valid plain signature. */
function verifySignature(
  body: string,
  signature: NoteSignature,
  key: VerifierKey,
  verifier: SignatureVerifier,
): Instant | undefined {
  const cosignature = key.algorithm === ALGORITHM_COSIGNATURE ? readCosignature(signature) : undefined;
  const message = cosignature === undefined ? encodeUtf8(body) : cosignatureMessage(cosignature.time, body);
  const bytes = cosignature === undefined ? signature.signature : cosignature.signature;
  // C2SP signed-note: a known key's signature that fails rejects the whole note.
  if (bytes.length !== 64 || !verifier.verify(key.publicKey, message, bytes)) refuse('signature_invalid');
  return cosignature?.time;
}

function readCosignature(signature: NoteSignature): ReturnType<typeof parseCosignature> {
  try {
    return parseCosignature(signature.signature);
  } catch {
    refuse('signature_invalid');
  }
}

function keyIdentity(key: { readonly name: string; readonly keyId: number }): string {
  return `${String(key.keyId)}+${key.name}`;
}
