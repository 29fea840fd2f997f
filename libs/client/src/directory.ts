/** The verified KEYSET: who holds which key, and that the ledger and its witnesses have seen it of late. */
import type { ApiClient } from '@app/api-client';
import { parsePolicy as parseCasePolicy, type Policy as CasePolicy } from '@app/casework';
import {
  type Keyset,
  type KeysetLeafBody,
  parseKeysetLeafBody,
  parseLeaf,
  PUBLIC_LEAF_CLASS,
  type PublicLeaf,
  sha256,
  verifyKeyset,
} from '@app/crypto/verify';
import {
  type Bytes,
  bytesEqual,
  encodeUtf8,
  fromBase64,
  type Instant,
  parseCanonicalJson,
  toHex,
} from '@app/encoding';
import { NO_QUORUM_TIME } from '@app/tlog';
import { Checkpoints } from './checkpoints.js';
import { type ClientDeps, refuse, type Trust } from './deps.js';
import { ledgerOverHttp } from './published.js';

const DAY = 86_400;
/** The age up to which a KEYSET leaf and a quorum of cosignatures count as fresh. */
export const FRESH_SECONDS = 7 * DAY;
/** The age up to which one may choose to go on although the witnesses are silent. */
export const STALE_SECONDS = 30 * DAY;
/** How far two honest clocks may differ. */
export const CLOCK_SKEW_SECONDS = 300;

/** A KEYSET that holds, and how recently it was seen to. */
export type Directory = {
  readonly keyset: Keyset;
  readonly freshness: 'fresh' | 'witnesses_silent';
  readonly witnessedAt: Instant;
  readonly witnesses: readonly string[];
};

export type DirectoryOptions = {
  /** The KEYSET this client accepted last, if it remembers one. */
  readonly previous?: { readonly version: number; readonly hash: Uint8Array; readonly rootVersion: number };
  /** The user was told that the witnesses are silent and chose to go on. */
  readonly acceptStale?: boolean;
};

/**
 * Fetches the KEYSET and verifies it, its place in the ledger and how old both are.
 *
 * @throws {VerificationError} the codes of `verifyKeyset` and `verifyTlogProof`; `keyset_not_in_log`,
 * `keyset_leaf_stale`, `keyset_leaf_early`, `witness_stale` (7 to 30 days: ask the user, then pass `acceptStale`),
 * `witness_too_old`, `clock_behind`, `trust_without_witnesses`; `checkpoint_forked`, `checkpoint_rolled_back`.
 * @param checkpoints - what the ledger's checkpoint must continue.
 * @see libs/crypto SPEC.md §6.4
 */
export async function loadDirectory(
  deps: ClientDeps,
  api: ApiClient,
  trust: Trust,
  options: DirectoryOptions = {},
  checkpoints = new Checkpoints(deps.verifier, trust, ledgerOverHttp(api)),
): Promise<Directory> {
  const now = deps.now();
  const fetched = async (): Promise<Keyset> =>
    verifyKeyset(deps.verifier, await api.call('keyset', {}), {
      rootset: trust.rootset,
      now,
      ...(options.previous && { previous: options.previous }),
    });
  let keyset = await fetched();
  const { proof, entry, leaf, announced } = await fetchAnnouncement(api);
  // Between the two answers a renewal may have been announced.
  if (announced.version > keyset.version) keyset = await fetched();
  if (announced.version !== keyset.version || !bytesEqual(announced.hash, keyset.hash)) {
    refuse('keyset_not_in_log');
  }
  const { quorumTime, witnessed, checkpoint } = await checkpoints.verifyProof(proof, entry);
  if (checkpoint.origin !== keyset.origin) refuse('keyset_not_in_log');
  const freshness = judgeAge(now, quorumTime, leaf.time, options.acceptStale === true);
  return {
    keyset,
    freshness,
    witnessedAt: quorumTime,
    witnesses: witnessed.map((witness) => witness.name),
  };
}

type Announcement = {
  readonly proof: string;
  readonly entry: Bytes;
  readonly leaf: PublicLeaf;
  readonly announced: KeysetLeafBody;
};

async function fetchAnnouncement(api: ApiClient): Promise<Announcement> {
  const { proof, entry: text } = await api.call('keysetProof', {});
  const entry = fromBase64(text, 'keyset_proof.entry');
  const leaf = parseLeaf(entry);
  if (leaf.class !== PUBLIC_LEAF_CLASS.keyset) refuse('keyset_not_in_log');
  return { proof, entry, leaf, announced: parseKeysetLeafBody(leaf.body) };
}

/** Both ages are judged against witnesses' clocks; the server's own time is believed in nothing. */
function judgeAge(
  now: Instant,
  quorumTime: Instant,
  leafTime: Instant,
  acceptStale: boolean,
): Directory['freshness'] {
  if (quorumTime === NO_QUORUM_TIME) refuse('trust_without_witnesses');
  if (quorumTime > now + CLOCK_SKEW_SECONDS) refuse('clock_behind');
  // A leaf dated ahead of the witnesses would look fresh for as long as its author likes.
  if (leafTime > quorumTime + CLOCK_SKEW_SECONDS) refuse('keyset_leaf_early');
  const age = now - quorumTime;
  if (age > STALE_SECONDS) refuse('witness_too_old');
  const silent = age > FRESH_SECONDS;
  if ((silent ? quorumTime : now) - leafTime > FRESH_SECONDS) refuse('keyset_leaf_stale');
  if (silent && !acceptStale) refuse('witness_stale');
  return silent ? 'witnesses_silent' : 'fresh';
}

/**
 * The response times a POLICY hash stands for.
 * @param hash - 32 bytes, from the KEYSET or an opening.
 * @throws {VerificationError} `policy_mismatch` if the service sends another document.
 */
export async function loadPolicy(api: ApiClient, hash: Uint8Array): Promise<CasePolicy> {
  const text = await api.call('policy', { params: { hash: toHex(hash) } });
  if (!bytesEqual(sha256(encodeUtf8(text)), hash)) refuse('policy_mismatch');
  return parseCasePolicy(parseCanonicalJson(text, 'policy'));
}

/**
 * The KEYSETs that objects of the past name: each fetched once by its hash and verified against the pinned ROOTSET
 * as of the time of the object.
 */
export interface KeysetArchive {
  /** @throws {VerificationError} the codes of `verifyKeyset`; `keyset_not_in_log` if the bytes have another hash. */
  at(hash: Bytes, time: Instant): Promise<Keyset>;
}

/** An archive that already holds the current KEYSET. */
export function makeKeysetArchive(
  deps: ClientDeps,
  api: ApiClient,
  trust: Trust,
  current: Keyset,
): KeysetArchive {
  const known = new Map([[toHex(current.hash), Promise.resolve(current.bytes)]]);
  const fetched = (hash: string): Promise<Bytes> => {
    const earlier = known.get(hash);
    if (earlier !== undefined) return earlier;
    const later = api.call('keysetByHash', { params: { hash } });
    known.set(hash, later);
    return later;
  };
  return {
    at: async (hash, time) => {
      if (bytesEqual(hash, current.hash)) return current;
      const bytes = await fetched(toHex(hash));
      if (!bytesEqual(sha256(bytes), hash)) refuse('keyset_not_in_log');
      return verifyKeyset(deps.verifier, bytes, { rootset: trust.rootset, now: time });
    },
  };
}
