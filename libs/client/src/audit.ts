/** The ledger from outside: its files against a witnessed checkpoint, and case histories from openings alone. */
import { type CaseState, type Policy as CasePolicy, responseTimes } from '@app/casework';
import type { Openings } from '@app/contracts';
import {
  commitEvent,
  COVER_EVENT_TYPE,
  encodeCoverOpening,
  type Leaf,
  type Opening,
  parseKeysetLeafBody,
  parseLeaf,
  parseRecoveryLeafBody,
  PUBLIC_LEAF_CLASS,
  type RecoveryLeafBody,
  type SignatureVerifier,
  verifyOpening,
} from '@app/crypto/verify';
import { type Bytes, bytesEqual, type Instant, toHex, fromBase64 } from '@app/encoding';
import {
  type AuditOptions,
  type AuditReport,
  auditTree,
  type LogSource,
  parsePolicy,
  verifyCheckpoint,
  type VerifiedCheckpoint,
} from '@app/tlog';
import { refuse, type Trust } from './deps.js';
import { checkChain, eventOf, replayed } from './history.js';
import { type LoggingInterval, type WitnessedTime, witnessedTimes } from './intervals.js';

/** A ledger whose files were all held against one witnessed checkpoint. */
export type CollectedLedger = {
  readonly checkpoint: VerifiedCheckpoint;
  /** Findings are defects; with any, `entries` has gaps. */
  readonly report: AuditReport;
  readonly entries: ReadonlyMap<number, Bytes>;
};

/**
 * Reads and verifies a whole ledger.
 * @param checkpoint - the signed note, from the same place as the files.
 * @throws {ParseError} and {VerificationError} as `verifyCheckpoint`.
 * @see libs/tlog SPEC.md §9
 */
export async function collectLedger(
  verifier: SignatureVerifier,
  trust: Trust,
  checkpoint: string,
  source: LogSource,
  options: Pick<AuditOptions, 'onProgress' | 'sha256'> = {},
): Promise<CollectedLedger> {
  const policy = parsePolicy(trust.policy);
  const entries = new Map<number, Bytes>();
  const report = await auditTree(checkpoint, policy, verifier, source, {
    ...options,
    onEntry: (index, entry) => void entries.set(index, entry),
  });
  return { checkpoint: verifyCheckpoint(checkpoint, policy, verifier), report, entries };
}

/** One case as the ledger alone tells it. */
export type LedgerHistory = {
  readonly casePseudonym: string;
  readonly policyHash: string;
  readonly openings: readonly Opening[];
  /** Position in the ledger of each event. */
  readonly indexes: readonly number[];
};

/** One entry with what it was opened to; cover and public entries have no opening. */
export type OpenedEntry = {
  readonly index: number;
  readonly leaf: Leaf;
  readonly isCover: boolean;
  /** An event whose opening went with a restored backup, as the ledger itself says. */
  readonly isLost: boolean;
  readonly event?: { readonly opening: Opening; readonly commitment: Bytes };
};

/**
 * Holds one opening against its entry.
 * @param given - null for a public entry, and for one that is lost.
 * @param recoveries - as `announcedRecoveries` gives them.
 * @throws {VerificationError} `opening_missing`, `index_mismatch` (an opening for a public entry), `cover_invalid`
 * (cover that is not exactly cover); as `verifyOpening`.
 * @see libs/crypto SPEC.md §7.3, §7.4
 */
export function openEntry(
  index: number,
  entry: Bytes,
  given: Openings['openings'][number] | undefined,
  recoveries: readonly RecoveryLeafBody[],
): OpenedEntry {
  const leaf = parseLeaf(entry);
  const plain = { index, leaf, isCover: false, isLost: false };
  if (leaf.class !== 0) return given === null ? plain : refuse('index_mismatch');
  if (given === undefined || given === null) {
    const isAnnounced = recoveries.some(({ start, end }) => index >= start && index < end);
    return isAnnounced ? { ...plain, isLost: true } : refuse('opening_missing');
  }
  const random = fromBase64(given.random, 'opening.random', 32);
  const bytes = fromBase64(given.opening, 'opening');
  const opening = verifyOpening(entry, random, bytes);
  if (opening.type !== COVER_EVENT_TYPE) {
    return { ...plain, event: { opening, commitment: commitEvent(random, bytes) } };
  }
  if (!bytesEqual(bytes, encodeCoverOpening(opening.serverTime))) refuse('cover_invalid');
  return { ...plain, isCover: true };
}

/** Every range that a RECOVERY entry announces. @see libs/crypto SPEC.md §7.1 */
export function announcedRecoveries(entries: Iterable<Bytes>): RecoveryLeafBody[] {
  return [...entries].flatMap((entry) => {
    const leaf = parseLeaf(entry);
    return leaf.class === PUBLIC_LEAF_CLASS.recovery ? [parseRecoveryLeafBody(leaf.body)] : [];
  });
}

/** @throws {VerificationError} `opening_missing` where more openings are gone than the ledger announced as lost. */
export function checkLosses(opened: readonly OpenedEntry[], recoveries: readonly RecoveryLeafBody[]): void {
  for (const { start, end, lost } of recoveries) {
    const gone = opened.filter(({ isLost, index }) => isLost && index >= start && index < end);
    if (gone.length > lost) refuse('opening_missing');
  }
}

/**
 * The events of each case, in order of their numbers: events of one tick may be sequenced in any order.
 * @returns histories whose chain is not checked yet.
 */
export function casesOf(opened: readonly OpenedEntry[]): CaseChain[] {
  const cases = new Map<string, CaseChain['events'][number][]>();
  for (const { event, index } of opened) {
    if (event === undefined) continue;
    const key = toHex(event.opening.casePseudonym);
    const events = cases.get(key);
    if (events === undefined) cases.set(key, [{ ...event, index }]);
    else events.push({ ...event, index });
  }
  return [...cases].map(([casePseudonym, events]) => ({
    casePseudonym,
    events: events.sort((a, b) => a.opening.eventNumber - b.opening.eventNumber),
  }));
}

type CaseChain = {
  readonly casePseudonym: string;
  readonly events: readonly {
    readonly opening: Opening;
    readonly commitment: Bytes;
    readonly index: number;
  }[];
};

/** @throws {VerificationError} `receipt_chain` unless the events run from 1 without gap, each naming the one before. */
export function historyOf({ casePseudonym, events }: CaseChain): LedgerHistory {
  checkChain(events);
  return {
    casePseudonym,
    policyHash: toHex(events[0]?.opening.policyHash ?? refuse('receipt_chain')),
    openings: events.map(({ opening }) => opening),
    indexes: events.map(({ index }) => index),
  };
}

/**
 * Holds openings against the entries: every class 0 entry has one, cover included, so nothing can be left out but what
 * the ledger itself announced as lost with a restored backup; and each case's events run from 1 without gap, each naming the one before.
 *
 * @param entries - of the whole ledger, as `collectLedger` gives them.
 * @param openings - of entry 0 onwards, `null` for a public entry.
 * @throws {VerificationError} as `openEntry` and `historyOf`, at the first that does not hold.
 */
export function checkOpenings(
  entries: ReadonlyMap<number, Bytes>,
  openings: Openings['openings'],
): LedgerHistory[] {
  const recoveries = announcedRecoveries(entries.values());
  const opened = [...entries]
    .sort(([a], [b]) => a - b)
    .map(([index, entry]) => openEntry(index, entry, openings[index], recoveries));
  checkLosses(opened, recoveries);
  return casesOf(opened).map(historyOf);
}

/** The clocks of one case, computed from the ledger alone. */
export type CaseTimes = {
  readonly casePseudonym: string;
  readonly state: CaseState;
  readonly times: readonly WitnessedTime[];
};

/**
 * Response times of every case, exact to the second of the events' own times.
 * @param policies - response times by POLICY hash, hex.
 * @param intervals - of every entry, by the witnesses' clocks; with them each time says what they bear out.
 * @throws {VerificationError} `policy_mismatch` for a hash that is not among them; `history_impossible`.
 */
export function responseTimesFromLedger(
  histories: readonly LedgerHistory[],
  policies: ReadonlyMap<string, CasePolicy>,
  intervals?: readonly LoggingInterval[],
): CaseTimes[] {
  return histories.map((history) => {
    const { casePseudonym, policyHash, openings } = history;
    const policy = policies.get(policyHash) ?? refuse('policy_mismatch');
    const state = replayed(openings.map(eventOf), policy);
    const times = responseTimes(state);
    return {
      casePseudonym,
      state,
      times: intervals === undefined ? times : witnessedTimes(state, times, history, intervals),
    };
  });
}

/** Every KEYSET the ledger has announced. */
export type AnnouncedKeyset = { readonly version: number; readonly hash: string; readonly at: Instant };

/**
 * Reads all KEYSET entries, in log order: what monitors watch.
 * @throws {VerificationError} `keyset_rolled_back` if a version falls, `keyset_two_hashes` if one has two hashes.
 */
export function announcedKeysets(entries: ReadonlyMap<number, Bytes>): AnnouncedKeyset[] {
  const announced: AnnouncedKeyset[] = [];
  for (const [, entry] of [...entries].sort(([a], [b]) => a - b)) {
    const leaf = parseLeaf(entry);
    if (leaf.class !== PUBLIC_LEAF_CLASS.keyset) continue;
    const { version, hash } = parseKeysetLeafBody(leaf.body);
    const last = announced.at(-1);
    if (last !== undefined && version < last.version) refuse('keyset_rolled_back');
    if (last?.version === version && last.hash !== toHex(hash)) refuse('keyset_two_hashes');
    announced.push({ version, hash: toHex(hash), at: leaf.time });
  }
  return announced;
}
