/** The ledger from outside: its files against a witnessed checkpoint, and case histories from openings alone. */
import { type ApiClient, ApiProblem } from '@app/api-client';
import { type CaseState, type Policy as CasePolicy, type ResponseTime, responseTimes } from '@app/casework';
import type { Openings } from '@app/contracts';
import {
  commitEvent,
  COVER_EVENT_TYPE,
  encodeCoverOpening,
  type Opening,
  parseKeysetLeafBody,
  parseLeaf,
  PUBLIC_LEAF_CLASS,
  type SignatureVerifier,
  verifyOpening,
} from '@app/crypto/verify';
import { type Bytes, bytesEqual, type Instant, ParseError, toHex, fromBase64 } from '@app/encoding';
import {
  type AuditReport,
  auditTree,
  logFiles,
  type LogSource,
  LogUnreadable,
  parsePolicy,
  verifyCheckpoint,
  type VerifiedCheckpoint,
} from '@app/tlog';
import { refuse, type Trust } from './deps.js';
import { checkChain, eventOf, replayed } from './history.js';

/** A ledger whose files were all held against one witnessed checkpoint. */
export type CollectedLedger = {
  readonly checkpoint: VerifiedCheckpoint;
  /** Findings are defects; with any, `entries` has gaps. */
  readonly report: AuditReport;
  readonly entries: ReadonlyMap<number, Bytes>;
};

/** A ledger as whoever checks it sees it: the newest checkpoint, and files by path. */
export interface PublishedLedger {
  /** The signed note. */
  checkpoint(): Promise<string>;
  /** Resolves to undefined if there is no such file. @throws {LogUnreadable} if that cannot be told. */
  read(path: string): Promise<Bytes | undefined>;
}

/** The ledger's files over HTTP. */
export function publishedOverHttp(api: ApiClient): PublishedLedger {
  return {
    checkpoint: () => api.call('checkpoint', {}),
    read: async (path) => {
      try {
        return await api.readFile(path);
      } catch (error) {
        if (error instanceof ApiProblem && error.code === 'not_found') return undefined;
        // An answer of another form is a wrong file; anything else says nothing of the file.
        throw error instanceof ParseError ? error : new LogUnreadable(error);
      }
    },
  };
}

/** Tiles and bundles over HTTP. */
export function ledgerOverHttp(api: ApiClient): LogSource {
  return logFiles((path) => publishedOverHttp(api).read(path));
}

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
  onProgress?: (done: number, total: number) => void,
): Promise<CollectedLedger> {
  const policy = parsePolicy(trust.policy);
  const entries = new Map<number, Bytes>();
  const report = await auditTree(checkpoint, policy, verifier, source, onProgress, (index, entry) => {
    entries.set(index, entry);
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

/**
 * Holds openings against the entries: every class 0 entry has one, cover included, so nothing can be left out; and
 * each case's events run from 1 without gap, each naming the one before.
 *
 * @param entries - of the whole ledger, as `collectLedger` gives them.
 * @param openings - of entry 0 onwards, `null` for a public entry.
 * @throws {VerificationError} `opening_missing`, `index_mismatch` (an opening for a public entry, or cover that is not
 * cover), `receipt_chain`, as `verifyOpening`.
 * @see libs/crypto SPEC.md §7.3
 */
export function checkOpenings(
  entries: ReadonlyMap<number, Bytes>,
  openings: Openings['openings'],
): LedgerHistory[] {
  const cases = new Map<string, { opening: Opening; commitment: Bytes; index: number }[]>();
  for (const [index, entry] of [...entries].sort(([a], [b]) => a - b)) {
    const given = openings[index];
    if (parseLeaf(entry).class !== 0) {
      if (given !== null) refuse('index_mismatch');
      continue;
    }
    if (given === undefined || given === null) return refuse('opening_missing');
    const random = fromBase64(given.random, 'opening.random', 32);
    const bytes = fromBase64(given.opening, 'opening');
    const opening = verifyOpening(entry, random, bytes);
    if (opening.type === COVER_EVENT_TYPE) {
      if (!bytesEqual(bytes, encodeCoverOpening(opening.serverTime))) refuse('index_mismatch');
      continue;
    }
    const key = toHex(opening.casePseudonym);
    cases.set(key, [...(cases.get(key) ?? []), { opening, commitment: commitEvent(random, bytes), index }]);
  }
  return [...cases].map(([casePseudonym, unordered]) => {
    // Events of one tick may be sequenced in any order; their numbers are the order.
    const events = unordered.sort((a, b) => a.opening.eventNumber - b.opening.eventNumber);
    checkChain(events);
    return {
      casePseudonym,
      policyHash: toHex(events[0]?.opening.policyHash ?? refuse('receipt_chain')),
      openings: events.map(({ opening }) => opening),
      indexes: events.map((event) => event.index),
    };
  });
}

/** The clocks of one case, computed from the ledger alone. */
export type CaseTimes = {
  readonly casePseudonym: string;
  readonly state: CaseState;
  readonly times: readonly ResponseTime[];
};

/**
 * Response times of every case, exact to the second of the events' own times.
 * @param policies - response times by POLICY hash, hex.
 * @throws {VerificationError} `policy_mismatch` for a hash that is not among them; `history_impossible`.
 */
export function responseTimesFromLedger(
  histories: readonly LedgerHistory[],
  policies: ReadonlyMap<string, CasePolicy>,
): CaseTimes[] {
  return histories.map(({ casePseudonym, policyHash, openings }) => {
    const policy = policies.get(policyHash) ?? refuse('policy_mismatch');
    const state = replayed(openings.map(eventOf), policy);
    return { casePseudonym, state, times: responseTimes(state) };
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
