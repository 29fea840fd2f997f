/** When things happened by clocks that are not the server's: what the witnesses saw, and what follows for its times. */
import { type CaseState, type ResponseTime } from '@app/casework';
import type { Opening, SignatureVerifier } from '@app/crypto/verify';
import { type Bytes, bytesEqual, type Instant } from '@app/encoding';
import {
  appendToFrontier,
  emptyFrontier,
  frontierRoot,
  leafHash,
  type Policy,
  verifyCheckpoint,
} from '@app/tlog';
import { refuse } from './deps.js';

/** How far a claimed time may lie outside the witnessed interval: honest clocks differ, and publishing takes a while. */
export const CLAIM_TOLERANCE_SECONDS = 120;

/** A tree that a quorum of witnesses had seen by a time. */
export type WitnessedSize = { readonly size: number; readonly witnessedAt: Instant };

/**
 * When an entry came into the ledger: not before a quorum saw the tree without it (absent for the first tree), and by
 * the time one saw the tree with it.
 */
export type LoggingInterval = { readonly after?: Instant; readonly by: Instant };

/** A checkpoint of the history that does not hold, and the size it claims if it can be read. */
export type BadCheckpoint = { readonly error: unknown; readonly position: number };

/**
 * Verifies a history of cosigned checkpoints: each under the pinned policy, each with the root that these very entries
 * have at its size, so that all are prefixes of one another.
 *
 * @param notes - by rising size; the last covers all entries.
 * @param onBad - called for each that does not hold: as `verifyCheckpoint`; `checkpoint_forked` for another root,
 * `growth_irregular` for a size that does not rise or is no multiple of 8.
 * @returns those that hold.
 * @throws {VerificationError} `entries_uncovered` if none of them covers exactly the entries.
 */
export function witnessedSizes(
  verifier: SignatureVerifier,
  policy: Policy,
  notes: readonly string[],
  entries: readonly Bytes[],
  onBad: (bad: BadCheckpoint) => void,
): WitnessedSize[] {
  const sizes: WitnessedSize[] = [];
  let tree = emptyFrontier;
  for (const [position, note] of notes.entries()) {
    try {
      const { checkpoint, quorumTime } = verifyCheckpoint(note, policy, verifier);
      const { size, root } = checkpoint;
      if (size <= tree.size || size % COVER_MULTIPLE !== 0) refuse('growth_irregular');
      // A checkpoint of more than these entries cannot be judged by them, nor can they be all.
      if (size > entries.length) refuse('entries_uncovered');
      tree = appendToFrontier(tree, entries.slice(tree.size, size).map(leafHash));
      if (!bytesEqual(frontierRoot(tree), root)) refuse('checkpoint_forked');
      sizes.push({ size, witnessedAt: quorumTime });
    } catch (error) {
      onBad({ error, position });
    }
  }
  if (sizes.at(-1)?.size !== entries.length) refuse('entries_uncovered');
  return sizes;
}

/** The ledger grows by multiples of this (libs/crypto SPEC.md §7.4), so every tree's size is one. */
const COVER_MULTIPLE = 8;

/** The interval of every entry, by index. Entries of one batch share theirs. */
export function loggingIntervals(sizes: readonly WitnessedSize[]): LoggingInterval[] {
  const intervals: LoggingInterval[] = [];
  let before: WitnessedSize | undefined;
  for (const step of sizes) {
    const interval = { by: step.witnessedAt, ...(before && { after: before.witnessedAt }) };
    while (intervals.length < step.size) intervals.push(interval);
    before = step;
  }
  return intervals;
}

/**
 * Judges a time that the server claims for an entry.
 * @see libs/tlog/SPEC.md §11.3
 */
export function judgeClaim(
  claimed: Instant,
  { after, by }: LoggingInterval,
): 'event_backdated' | 'event_postdated' | undefined {
  if (after !== undefined && claimed < after - CLAIM_TOLERANCE_SECONDS) return 'event_backdated';
  return claimed > by + CLAIM_TOLERANCE_SECONDS ? 'event_postdated' : undefined;
}

/** A response time and what the witnesses' clocks bear out of it. */
export type WitnessedTime = ResponseTime & {
  /** Seconds it took at least and, unless the case is in the very first tree, at most. Absent while it runs. */
  readonly witnessed?: { readonly atLeast: number; readonly atMost?: number };
  /** Whether it was on time even if it took `atMost`. Absent where `onTime` is. */
  readonly provenOnTime?: boolean;
};

type Events = { readonly openings: readonly Opening[]; readonly indexes: readonly number[] };

/**
 * Adds the witnessed figures to the times of a case.
 * @param times - of `state`, in the same order as its clocks.
 * @see libs/tlog/SPEC.md §11.4
 */
export function witnessedTimes(
  state: CaseState,
  times: readonly ResponseTime[],
  events: Events,
  intervals: readonly LoggingInterval[],
): WitnessedTime[] {
  return times.map((time, i) => {
    const { startedAt, stoppedAt, targetSeconds, onTime } = time;
    if (stoppedAt === undefined) return onTime === undefined ? time : { ...time, provenOnTime: onTime };
    const started = intervalAt(events, startedAt, intervals);
    const stopped = intervalAt(events, stoppedAt, intervals);
    const paused = (state.clocks[i]?.pauses ?? []).reduce((sum, { from, to = stoppedAt }) => {
      const end = intervalAt(events, to, intervals).after ?? 0;
      return sum + Math.max(0, end - intervalAt(events, from, intervals).by);
    }, 0);
    const atLeast = Math.max(0, (stopped.after ?? 0) - started.by);
    const atMost = started.after === undefined ? undefined : stopped.by - started.after;
    const isProven = atMost !== undefined && targetSeconds !== undefined && atMost < targetSeconds + paused;
    return {
      ...time,
      witnessed: { atLeast, ...(atMost !== undefined && { atMost }) },
      ...(onTime !== undefined && { provenOnTime: onTime && isProven }),
    };
  });
}

/** Clocks move only at events. Of several events of one second the widest interval counts. */
function intervalAt(
  { openings, indexes }: Events,
  at: Instant,
  intervals: readonly LoggingInterval[],
): LoggingInterval {
  const all = openings.flatMap(({ serverTime }, i) => {
    const interval = serverTime === at ? intervals[indexes[i] ?? -1] : undefined;
    return interval === undefined ? [] : [interval];
  });
  if (all.length === 0) return refuse('history_impossible');
  const after = all.map((interval) => interval.after ?? 0);
  const by = Math.max(...all.map((interval) => interval.by));
  return all.some((interval) => interval.after === undefined) ? { by } : { after: Math.min(...after), by };
}
