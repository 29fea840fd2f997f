/**
 * Key transparency: what somebody who keeps watching the ledger concludes from its KEYSET entries. Pure; whoever reads
 * the ledger feeds the entries in, in log order, each from under a verified checkpoint.
 */
import {
  type Keyset,
  parseKeysetLeafBody,
  parseLeaf,
  PUBLIC_LEAF_CLASS,
  sha256,
  type SignatureVerifier,
  verifyKeyset,
} from '@app/crypto/verify';
import { type Bytes, fromHex, type Instant, ParseError, toHex, VerificationError } from '@app/encoding';
import { CLOCK_SKEW_SECONDS, FRESH_SECONDS } from './directory.js';

/**
 * - `keyset_rolled_back`: an entry names an older version than one before it, or the root part's version fell.
 * - `keyset_two_hashes`: two entries name one version with different hashes.
 * - `keyset_refused`: the KEYSET that was named does not hold; `detail` is the code of `verifyKeyset`.
 * - `keyset_withheld`: the service does not hand out the KEYSET that was named.
 * - `keyset_expired`: the newest one has run out.
 * - `keyset_leaf_early`: an entry is dated later than the witnesses saw it.
 * - `keyset_leaf_stale`: no entry for more than seven days.
 * - `witness_stale`: no quorum of witnesses for more than seven days.
 * - `certificate_unannounced`, `epoch_unannounced`: a watched role has one that the watcher was not told of.
 */
export type WatchCode =
  | 'keyset_rolled_back'
  | 'keyset_two_hashes'
  | 'keyset_refused'
  | 'keyset_withheld'
  | 'keyset_expired'
  | 'keyset_leaf_early'
  | 'keyset_leaf_stale'
  | 'witness_stale'
  | 'certificate_unannounced'
  | 'epoch_unannounced';

/** `subject` is the hash, hex, of the KEYSET, certificate or role epoch; empty where it is about time alone. */
export type WatchAlarm = {
  readonly code: WatchCode;
  readonly subject: string;
  /** Position of the entry in the ledger. */
  readonly index?: number;
  readonly detail?: string;
  /** Hex. */
  readonly role?: string;
};

/** What a watcher remembers; plain data. */
export type Watch = {
  /** The newest version that held, its hash in hex, and when the ledger named it last. */
  readonly keyset: {
    readonly version: number;
    readonly rootVersion: number;
    readonly hash: string;
    readonly expires: Instant;
    readonly loggedAt: Instant;
  } | null;
  /** Certificates and role epochs that she was told of, by hash. */
  readonly known: readonly string[];
  /** Alarms that nobody has looked at; each code and subject once. */
  readonly open: readonly WatchAlarm[];
};

/** Before the first entry. @param known - hashes, hex, that were told out of band. */
export function startWatch(known: readonly string[] = []): Watch {
  return { keyset: null, known: [...new Set(known)], open: [] };
}

/** An entry that names a KEYSET. */
export type KeysetEntry = {
  readonly version: number;
  /** Hex. */
  readonly hash: string;
  readonly at: Instant;
  readonly index: number;
};

/** The KEYSET an entry names; undefined for every other entry. @throws {ParseError} as `parseLeaf`. */
export function keysetEntry(index: number, entry: Uint8Array): KeysetEntry | undefined {
  // version(1), class(1): all but a few in a thousand are told apart by one byte.
  if (entry[1] !== PUBLIC_LEAF_CLASS.keyset) return undefined;
  const leaf = parseLeaf(entry);
  if (leaf.class !== PUBLIC_LEAF_CLASS.keyset) return undefined;
  const { version, hash } = parseKeysetLeafBody(leaf.body);
  return { version, hash: toHex(hash), at: leaf.time, index };
}

/** Whether the watcher has to fetch the KEYSET of an entry to judge it. */
export function isNews({ keyset }: Watch, { version }: KeysetEntry): boolean {
  return keyset === null || version > keyset.version;
}

export type WatchTrust = {
  readonly verifier: SignatureVerifier;
  /** Bytes of the pinned ROOTSET. */
  readonly rootset: Bytes;
  /** Roles, hex, of which every certificate and epoch must have been announced. */
  readonly roles: readonly string[];
};

/**
 * Goes on by one entry.
 *
 * @param bytes - the KEYSET it names, where `isNews`; undefined if the service has none of that hash.
 * @param quorumTime - of the checkpoint that the entry lies under.
 */
export function watchEntry(
  watch: Watch,
  entry: KeysetEntry,
  bytes: Uint8Array | undefined,
  quorumTime: Instant,
  trust: WatchTrust,
): Watch {
  const { hash: subject, index } = entry;
  const early = entry.at > quorumTime + CLOCK_SKEW_SECONDS;
  const before = early ? raise(watch, { code: 'keyset_leaf_early', subject, index }) : watch;
  const last = before.keyset;
  if (last !== null && !isNews(before, entry)) {
    if (entry.version < last.version) return raise(before, { code: 'keyset_rolled_back', subject, index });
    if (entry.hash !== last.hash) return raise(before, { code: 'keyset_two_hashes', subject, index });
    return { ...before, keyset: { ...last, loggedAt: Math.max(last.loggedAt, entry.at) } };
  }
  if (bytes === undefined || toHex(sha256(bytes)) !== entry.hash)
    return raise(before, { code: 'keyset_withheld', subject, index });
  const keyset = verified(bytes, entry, last, trust);
  if (typeof keyset === 'string') {
    const code = keyset === 'keyset_rolled_back' ? keyset : 'keyset_refused';
    return raise(before, { code, subject, index, detail: keyset });
  }
  const { version, rootVersion, expires } = keyset;
  const next = { ...before, keyset: { version, rootVersion, hash: subject, expires, loggedAt: entry.at } };
  return watchRoles(next, keyset, trust.roles);
}

/** Looks at every watched role of a KEYSET that holds. */
export function watchRoles(watch: Watch, keyset: Keyset, roles: readonly string[]): Watch {
  const known = new Set(watch.known);
  return roles
    .flatMap((role) => roleNews(keyset, role, known))
    .reduce((seen, alarm) => raise(seen, alarm), watch);
}

/**
 * Certificates and epochs of a role that are not among those known.
 * @param role - identifier, hex.
 * @param known - hashes, hex.
 */
export function roleNews(keyset: Keyset, role: string, known: ReadonlySet<string>): WatchAlarm[] {
  const news = (
    code: WatchCode,
    listed: readonly { readonly roleId: Bytes; readonly hash: Bytes }[],
  ): WatchAlarm[] =>
    listed
      .filter(({ roleId, hash }) => toHex(roleId) === role && !known.has(toHex(hash)))
      .map(({ hash }) => ({ code, subject: toHex(hash), role }));
  return [
    ...news('certificate_unannounced', keyset.certificates),
    ...news('epoch_unannounced', keyset.epochs),
  ];
}

/** What time alone makes wrong; not remembered, because it passes. */
export function watchAges({ keyset }: Watch, quorumTime: Instant, now: Instant): WatchAlarm[] {
  const subject = keyset?.hash ?? '';
  const alarms: [WatchCode, boolean][] = [
    ['witness_stale', now - quorumTime > FRESH_SECONDS],
    ['keyset_leaf_stale', keyset === null || now - keyset.loggedAt > FRESH_SECONDS],
    ['keyset_expired', keyset !== null && now >= keyset.expires],
  ];
  return alarms.filter(([, holds]) => holds).map(([code]) => ({ code, subject }));
}

/** Takes a hash for announced, or an alarm about it for looked at; undefined if no alarm was about it. */
export function acceptHash(watch: Watch, hash: string): Watch | undefined {
  const about = watch.open.filter(({ subject }) => subject === hash);
  if (about.length === 0) return undefined;
  const isAnnouncement = about.some(({ code }) => code.endsWith('_unannounced'));
  return {
    ...watch,
    known: isAnnouncement ? [...watch.known, hash] : watch.known,
    open: watch.open.filter(({ subject }) => subject !== hash),
  };
}

function raise(watch: Watch, alarm: WatchAlarm): Watch {
  const isOpen = watch.open.some(({ code, subject }) => code === alarm.code && subject === alarm.subject);
  return isOpen ? watch : { ...watch, open: [...watch.open, alarm] };
}

/** Judged as of the entry's own time: a KEYSET of the past has run out by now. */
function verified(
  bytes: Uint8Array,
  entry: KeysetEntry,
  last: Watch['keyset'],
  { verifier, rootset }: WatchTrust,
): Keyset | string {
  try {
    const previous = last === null ? {} : { previous: { ...last, hash: fromHex(last.hash, 'keyset', 32) } };
    const keyset = verifyKeyset(verifier, bytes, { rootset, now: entry.at, ...previous });
    return keyset.version === entry.version ? keyset : 'keyset_not_in_log';
  } catch (error) {
    if (error instanceof VerificationError) return String(error.code);
    if (error instanceof ParseError) return error.code;
    throw error;
  }
}
