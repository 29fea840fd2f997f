/**
 * The ledger as this client has seen it: every checkpoint it is given must continue the newest one before, so that a
 * fork or a return to an older state is caught by whoever was shown both.
 */
import type { SignatureVerifier } from '@app/crypto/verify';
import { type Instant, ParseError, VerificationError } from '@app/encoding';
import {
  type Checkpoint,
  checkSuccession,
  encodeTlogProof,
  FileMissing,
  type LogSource,
  LogUnreadable,
  parsePolicy,
  parseTlogProof,
  type Policy,
  verifyCheckpoint,
  type VerifiedCheckpoint,
  verifyTlogProof,
  type VerifiedTlogProof,
} from '@app/tlog';
import { refuse, type Trust } from './deps.js';

/** How far an honest answer may lag behind: caches, and requests that overtake each other. */
export const LAG_SECONDS = 300;

type Seen = { readonly note: string; readonly checkpoint: Checkpoint; readonly quorumTime: Instant };

/**
 * What a client remembers of the ledger, for as long as its session lasts or longer: `newest` can be stored by whoever
 * may store, and be given to {@link Checkpoints.remembering} years later.
 */
export class Checkpoints {
  /** The pinned policy, by which alone checkpoints are judged; never the one in the KEYSET. */
  readonly #policy: Policy;
  readonly #verifier: SignatureVerifier;
  readonly #source: LogSource;
  #newest: Seen | undefined;
  #conflict: readonly [string, string] | undefined;
  /** Each comparison waits for the one before, so that all are with what is newest. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(verifier: SignatureVerifier, trust: Pick<Trust, 'policy'>, source: LogSource) {
    this.#policy = parsePolicy(trust.policy);
    this.#verifier = verifier;
    this.#source = source;
  }

  /**
   * Starts from a checkpoint that was stored earlier.
   * @param note - as `newest` gave it. @throws {ParseError} and {VerificationError} as `verifyCheckpoint`.
   */
  static async remembering(
    verifier: SignatureVerifier,
    trust: Pick<Trust, 'policy'>,
    source: LogSource,
    note: string | undefined,
  ): Promise<Checkpoints> {
    const checkpoints = new Checkpoints(verifier, trust, source);
    if (note !== undefined) await checkpoints.verify(note);
    return checkpoints;
  }

  /** The newest checkpoint seen, as a signed and cosigned note. */
  get newest(): string | undefined {
    return this.#newest?.note;
  }

  /** After `checkpoint_forked`: two notes that contradict each other, both signed. Keep them; they are evidence. */
  get conflict(): readonly [string, string] | undefined {
    return this.#conflict;
  }

  /**
   * Verifies a checkpoint that is given as the present one, and that it continues the newest seen. Reads tiles only if
   * the tree has another size than that.
   * @throws {ParseError} and {VerificationError} as `verifyCheckpoint`; `checkpoint_forked` if it is not shown to
   * continue it, `checkpoint_rolled_back` if it is smaller and older by more than `LAG_SECONDS`.
   * @see libs/tlog/SPEC.md §10
   */
  async verify(note: string): Promise<VerifiedCheckpoint> {
    const verified = verifyCheckpoint(note, this.#policy, this.#verifier);
    await this.#compare({ note, ...verified }, 'present');
    return verified;
  }

  /** Verifies a proof against the present checkpoint. Errors as `verifyTlogProof` and {@link verify}. */
  async verifyProof(proof: string, entry: Uint8Array): Promise<VerifiedTlogProof> {
    const proven = verifyTlogProof(proof, entry, this.#policy, this.#verifier);
    await this.#compare({ note: parseTlogProof(proof).checkpointNote, ...proven }, 'present');
    return proven;
  }

  /**
   * Verifies a proof of any age offline, then that the present ledger continues the one it is of. Verify the present
   * checkpoint first.
   * @throws {VerificationError} as `verifyTlogProof`; `checkpoint_forked`; `checkpoint_rolled_back` if the proof is of
   * a larger tree than the present one.
   */
  async verifyOldProof(proof: string, entry: Uint8Array): Promise<VerifiedTlogProof> {
    const proven = verifyTlogProof(proof, entry, this.#policy, this.#verifier);
    await this.#compare({ note: parseTlogProof(proof).checkpointNote, ...proven }, 'old');
    return proven;
  }

  #compare(seen: Seen, age: 'present' | 'old'): Promise<void> {
    const turn = this.#last.then(() => this.#compareNow(seen, age));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #compareNow(seen: Seen, age: 'present' | 'old'): Promise<void> {
    const newest = this.#newest;
    if (newest === undefined) {
      this.#newest = seen;
      return;
    }
    const isSmaller = seen.checkpoint.size < newest.checkpoint.size;
    const isStale = isSmaller && seen.quorumTime < newest.quorumTime - LAG_SECONDS;
    const isBeyond = age === 'old' && seen.checkpoint.size > newest.checkpoint.size;
    // Whoever fell back need not have the tiles to show what it fell back from.
    if (isBeyond || (age === 'present' && isStale)) refuse('checkpoint_rolled_back');
    const [older, newer] = isSmaller ? [seen, newest] : [newest, seen];
    if (!(await this.#continues(older.checkpoint, newer.checkpoint))) {
      this.#conflict = [newest.note, seen.note];
      refuse('checkpoint_forked');
    }
    if (!isSmaller && age === 'present') this.#newest = seen;
  }

  /** A tile that is missing or wrong shows nothing, so it is as good as a fork. */
  async #continues(older: Checkpoint, newer: Checkpoint): Promise<boolean> {
    if (older.origin !== newer.origin) return false;
    try {
      await checkSuccession(older, newer, this.#source);
      return true;
    } catch (error) {
      const shownNothing =
        error instanceof VerificationError || error instanceof ParseError || error instanceof FileMissing;
      if (shownNothing) return false;
      // Only the connection failed; the caller knows how to go on after that.
      throw error instanceof LogUnreadable ? error.cause : error;
    }
  }
}

/** The `.tlog-proof` file of an event: a proof whose extra data is the entry it proves. */
export function encodeReceipt({
  proofText,
  entry,
}: {
  readonly proofText: string;
  readonly entry: Uint8Array;
}): string {
  const { index, proof, checkpointNote } = parseTlogProof(proofText);
  return encodeTlogProof({ index, proof, checkpointNote, extra: Uint8Array.from(entry) });
}
