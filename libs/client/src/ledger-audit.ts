/** The audit of an accredited auditor: one file in, findings and response times out. Nothing here asks the service. */
import { type Policy as CasePolicy, parsePolicy as parseCasePolicy } from '@app/casework';
import type { AuditBundle, CheckpointPage, ResponseTime } from '@app/contracts';
import {
  parseKeysetLeafBody,
  parseLeaf,
  PUBLIC_LEAF_CLASS,
  sha256,
  type SignatureVerifier,
} from '@app/crypto/verify';
import {
  type Bytes,
  encodeUtf8,
  fromBase64,
  type Instant,
  Invariant,
  ParseError,
  parseCanonicalJson,
  toBase64,
  toHex,
  VerificationError,
} from '@app/encoding';
import { parsePolicy } from '@app/tlog';
import {
  type AnnouncedKeyset,
  announcedKeysets,
  announcedRecoveries,
  casesOf,
  checkLosses,
  type CaseTimes,
  type CollectedLedger,
  historyOf,
  openEntry,
  type OpenedEntry,
  responseTimesFromLedger,
} from './audit.js';
import type { RefusalCode, Trust } from './deps.js';
import { judgeClaim, type LoggingInterval, loggingIntervals, witnessedSizes } from './intervals.js';
import type { Service } from './service.js';

const OPENINGS_PAGE = 4_096;
const DAY = 86_400;

/** Something that does not hold, and where. `malformed`: bytes or codes of the wrong form. */
export type LedgerFinding = {
  readonly code: RefusalCode | 'malformed';
  /** Position in the ledger. */
  readonly index?: number;
  /** Position in the history of checkpoints. */
  readonly checkpoint?: number;
  readonly casePseudonym?: string;
  readonly eventNumber?: number;
  /** Midnight (UTC) of the day concerned. */
  readonly day?: Instant;
};

export type LedgerAudit = {
  readonly size: number;
  readonly witnessedAt: Instant;
  /** Empty if, and only if, everything holds. */
  readonly findings: readonly LedgerFinding[];
  /** Of every case whose own chain holds. */
  readonly cases: readonly CaseTimes[];
  readonly keysets: readonly AnnouncedKeyset[];
};

/**
 * Fetches what the audit needs beside the public files. Strictly confidential: it holds the exact times of every case.
 * @param service - with the session of an oversight officer.
 * @param ledger - without findings.
 */
export async function collectAuditBundle(
  { api }: Pick<Service, 'api'>,
  ledger: CollectedLedger,
): Promise<AuditBundle> {
  const { size } = ledger.checkpoint.checkpoint;
  const entries = [...ledger.entries].sort(([a], [b]) => a - b).map(([, entry]) => entry);
  if (entries.length !== size) throw new Invariant('a ledger with gaps');
  const openings: AuditBundle['openings'] = [];
  for (let from = 0; from < size; from += OPENINGS_PAGE) {
    const query = { from, to: Math.min(size, from + OPENINGS_PAGE) };
    openings.push(...(await api.call('openings', { query })).openings);
  }
  const checkpoints: string[] = [];
  for (let after: number | null = 0; after !== null;) {
    const page: CheckpointPage = await api.call('checkpoints', { query: { after, upTo: size } });
    checkpoints.push(...page.notes);
    after = page.next;
  }
  const policies: string[] = [];
  for (const { hash } of loggedPolicies(entries)) {
    policies.push(await api.call('policy', { params: { hash } }));
  }
  return { version: 1, entries: entries.map(toBase64), openings, checkpoints, policies };
}

/** The response times as the service stores them, of all cases. */
export async function storedResponseTimes(api: Service['api']): Promise<ResponseTime[]> {
  const times: ResponseTime[] = [];
  for (let after: string | undefined; ;) {
    const page = await api.call('responseTimes', { query: after === undefined ? {} : { after } });
    times.push(...page.times);
    if (page.next === null) return times;
    after = page.next;
  }
}

/**
 * Audits a whole ledger from one file.
 *
 * @throws {ParseError} for base64 or a trust policy of the wrong form.
 * @throws {VerificationError} `entries_uncovered` if no checkpoint of the history covers exactly the entries.
 * @see libs/tlog/SPEC.md §11
 */
export function auditLedger(
  verifier: SignatureVerifier,
  trust: Pick<Trust, 'policy'>,
  bundle: AuditBundle,
): LedgerAudit {
  const findings: LedgerFinding[] = [];
  const attempt = <T>(where: Omit<LedgerFinding, 'code'>, act: () => T): T | undefined => {
    try {
      return act();
    } catch (error) {
      findings.push({ code: codeOf(error), ...where });
      return undefined;
    }
  };
  const entries = bundle.entries.map((entry) => fromBase64(entry, 'bundle.entries'));
  const sizes = witnessedSizes(
    verifier,
    parsePolicy(trust.policy),
    bundle.checkpoints,
    entries,
    ({ error, position }) => findings.push({ code: codeOf(error), checkpoint: position }),
  );
  const intervals = loggingIntervals(sizes);
  const recoveries = attempt({}, () => announcedRecoveries(entries)) ?? [];
  const opened = entries.flatMap(
    (entry, index) =>
      attempt({ index }, () => openEntry(index, entry, bundle.openings[index], recoveries)) ?? [],
  );
  attempt({}, () => {
    checkLosses(opened, recoveries);
  });
  // Announced or not, whoever audits must be told: what is lost cannot be judged.
  for (const { index, isLost } of opened) if (isLost) findings.push({ code: 'opening_lost', index });
  const bodies = policyBodies(bundle.policies);
  const logged = attempt({}, () => loggedPolicies(entries)) ?? [];
  for (const { index, hash } of logged)
    if (!bodies.has(hash)) findings.push({ code: 'policy_mismatch', index });
  findings.push(...checkTimes(opened, intervals, logged, bodies), ...checkDays(opened));
  const cases = casesOf(opened).flatMap(
    (chain) =>
      attempt({ casePseudonym: chain.casePseudonym }, () =>
        responseTimesFromLedger([historyOf(chain)], bodies, intervals),
      ) ?? [],
  );
  const keysets = attempt({}, () => announcedKeysets(new Map(entries.entries()))) ?? [];
  const witnessedAt = sizes.at(-1)?.witnessedAt ?? 0;
  return { size: entries.length, witnessedAt, findings, cases, keysets };
}

type LoggedPolicy = { readonly index: number; readonly hash: string };

/** Every POLICY the ledger has, in its order. The body of its entry has the layout of a KEYSET's. */
function loggedPolicies(entries: readonly Bytes[]): LoggedPolicy[] {
  return entries.flatMap((entry, index) => {
    const leaf = parseLeaf(entry);
    return leaf.class === PUBLIC_LEAF_CLASS.policy
      ? [{ index, hash: toHex(parseKeysetLeafBody(leaf.body).hash) }]
      : [];
  });
}

function policyBodies(texts: readonly string[]): Map<string, CasePolicy> {
  return new Map(
    texts.map((text) => [
      toHex(sha256(encodeUtf8(text))),
      parseCasePolicy(parseCanonicalJson(text, 'bundle.policies')),
    ]),
  );
}

/** Claimed times against the witnesses', the grid of ticks, and the POLICY an event names against those logged before. */
function checkTimes(
  opened: readonly OpenedEntry[],
  intervals: readonly LoggingInterval[],
  logged: readonly LoggedPolicy[],
  bodies: ReadonlyMap<string, CasePolicy>,
): LedgerFinding[] {
  const first = logged[0]?.index ?? 0;
  return opened.flatMap(({ index, leaf, event }) => {
    const claimed = event?.opening.serverTime ?? leaf.time;
    // Cover of the very first batch may lie before the first POLICY.
    const inForce = logged.filter((policy) => policy.index <= Math.max(index, first));
    const isOnGrid = inForce.some(({ hash }) => {
      const tick = bodies.get(hash)?.tick_seconds;
      return tick !== undefined && leaf.time === claimed - (claimed % tick);
    });
    const codes: RefusalCode[] = isOnGrid ? [] : ['tick_mismatch'];
    const interval = intervals[index];
    const judged = interval && judgeClaim(claimed, interval);
    if (judged !== undefined) codes.push(judged);
    const policyHash = event && toHex(event.opening.policyHash);
    const isLogged = logged.some(({ hash, index: at }) => hash === policyHash && at < index);
    if (event !== undefined && !isLogged) codes.push('policy_not_logged');
    const where = event && {
      casePseudonym: toHex(event.opening.casePseudonym),
      eventNumber: event.opening.eventNumber,
    };
    return codes.map((code) => ({ code, index, ...where }));
  });
}

/** A KEYSET entry for each day on which the ledger ticked; the last day may still get its own. */
function checkDays(opened: readonly OpenedEntry[]): LedgerFinding[] {
  const dayOf = ({ leaf }: OpenedEntry): number => leaf.time - (leaf.time % DAY);
  const ticked = new Set(opened.filter(({ isCover }) => isCover).map(dayOf));
  const announced = new Set(opened.filter(({ leaf }) => leaf.class === PUBLIC_LEAF_CLASS.keyset).map(dayOf));
  const last = [...ticked].reduce((a, b) => Math.max(a, b), 0);
  return [...ticked]
    .filter((day) => day !== last && !announced.has(day))
    .map((day) => ({ code: 'keyset_leaf_missing', day }));
}

function codeOf(error: unknown): LedgerFinding['code'] {
  if (error instanceof VerificationError) return error.code as RefusalCode;
  if (error instanceof ParseError) return 'malformed';
  throw error;
}
