/** Offline proofs of logging (SPEC.md §8): one text that shows an entry to be in a witnessed log. */
import { ParseError, fromBase64, parseDecimal, toBase64, type Bytes, type Instant } from '@app/encoding';
import type { SignatureVerifier } from '@app/crypto/verify';
import { parseCheckpoint, type Checkpoint } from './checkpoint.js';
import { leafHash, type Hash } from './hash.js';
import { parseNote } from './note.js';
import { verifyInclusion } from './proof.js';
import type { Policy } from './policy.js';
import { verifyCheckpoint, type Witnessed } from './verify.js';
import { encodeHashLines, parseHashLines, splitHeader } from './witness-protocol.js';

const MAGIC = 'c2sp.org/tlog-proof@v1';
const WHERE = 'tlog-proof';

/**
 * An unverified proof. `proof` holds the sibling hashes from the leaf up, `checkpointNote` the whole signed note;
 * `extra` is opaque and nothing vouches for it.
 */
export type TlogProof = {
  readonly index: number;
  readonly proof: readonly Hash[];
  readonly checkpointNote: string;
  readonly extra?: Bytes;
};

export type VerifiedTlogProof = {
  readonly index: number;
  readonly checkpoint: Checkpoint;
  readonly quorumTime: Instant;
  readonly witnessed: readonly Witnessed[];
  /** As found: not covered by any signature. */
  readonly extra?: Bytes;
};

/**
 * Writes a proof.
 *
 * @param proof - `extra` is 1 byte or more, or absent.
 * @throws {ParseError} as {@link parseTlogProof}, if the result would not be a proof.
 * @see SPEC.md §8.1; C2SP tlog-proof, Format
 */
export function encodeTlogProof(proof: TlogProof): string {
  const extra = proof.extra === undefined ? '' : `extra ${toBase64(proof.extra)}\n`;
  const header = `${MAGIC}\n${extra}index ${String(proof.index)}\n${encodeHashLines(proof.proof)}`;
  const text = `${header}\n${proof.checkpointNote}`;
  parseTlogProof(text);
  return text;
}

/**
 * Reads a proof, verifying nothing; accepts exactly what {@link encodeTlogProof} writes.
 *
 * @throws {ParseError} `bad_magic`, `bad_format`, `too_many_hashes`, and those of decimal, base64, `parseNote` and
 *   `parseCheckpoint`.
 * @see SPEC.md §8.1; C2SP tlog-proof, Format
 */
export function parseTlogProof(text: string): TlogProof {
  const { lines, note } = splitHeader(text, WHERE);
  const [magic, second = '', ...others] = lines;
  if (magic !== MAGIC) throw new ParseError('bad_magic', WHERE);
  const extra = second.startsWith('extra ') ? parseExtra(second) : undefined;
  const [index = '', ...hashes] = extra === undefined ? [second, ...others] : others;
  if (!index.startsWith('index ')) throw new ParseError('bad_format', WHERE);
  parseCheckpoint(parseNote(note).body);
  return {
    index: parseDecimal(index.slice('index '.length), WHERE),
    proof: parseHashLines(hashes, WHERE),
    checkpointNote: note,
    ...(extra !== undefined && { extra }),
  };
}

/**
 * Verifies that `entry` is in a log the policy lists, at the returned index, and was so by the quorum time.
 *
 * @param entry - the entry's bytes, not its hash.
 * @throws {ParseError} as {@link parseTlogProof}.
 * @throws {VerificationError} those of `verifyCheckpoint`; `inclusion_invalid`.
 * @see SPEC.md §8.2; C2SP tlog-proof, Verifying a tlog proof
 */
export function verifyTlogProof(
  text: string,
  entry: Uint8Array,
  policy: Policy,
  verifier: SignatureVerifier,
): VerifiedTlogProof {
  const { index, proof, checkpointNote, extra } = parseTlogProof(text);
  const { checkpoint, quorumTime, witnessed } = verifyCheckpoint(checkpointNote, policy, verifier);
  verifyInclusion(leafHash(entry), index, checkpoint.size, proof, checkpoint.root);
  return { index, checkpoint, quorumTime, witnessed, ...(extra !== undefined && { extra }) };
}

function parseExtra(line: string): Bytes {
  const extra = fromBase64(line.slice('extra '.length), WHERE);
  // C2SP tlog-proof: without extra data the line is omitted.
  if (extra.length === 0) throw new ParseError('bad_length', WHERE);
  return extra;
}
