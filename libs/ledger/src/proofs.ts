/** Proofs of entries against the published checkpoint, read out of the public files. */
import { parseKeysetLeafBody, parseLeaf, PUBLIC_LEAF_CLASS } from '@app/crypto/verify';
import { type Bytes, Invariant } from '@app/encoding';
import type { Tx } from '@app/persistence';
import { Refused, sha256 } from '@app/platform';
import {
  encodeTlogProof,
  FileMissing,
  inclusionProof,
  leafHash,
  type LogSource,
  parseEntryBundle,
  verifyInclusion,
} from '@app/tlog';
import { type LedgerStore, logSource, type Published, readPublished } from './store.js';

/** A C2SP tlog-proof and the entry it proves. */
export type EntryProof = { readonly index: number; readonly entry: Bytes; readonly proof: string };

const TILE_WIDTH = 256;
/** How many of the newest public entries are looked through for a KEYSET: months of daily ones. */
const RECENT_PUBLIC_LEAVES = 200;

/**
 * Proves one entry.
 * @returns null while the published checkpoint does not cover it.
 * @throws {Refused} `not_ready` while files that were lost are made anew.
 * @throws {VerificationError} `inclusion_invalid` if the files do not bear it out; a wrong proof is never given.
 */
export async function proofFor(store: LedgerStore, index: number): Promise<EntryProof | null> {
  const published = await readPublished(store);
  if (published === undefined || index >= published.size) return null;
  const source = logSource(store);
  try {
    return await proofUnder(published, source, index);
  } catch (error) {
    throw error instanceof FileMissing ? new Refused('not_ready') : error;
  }
}

async function proofUnder(published: Published, source: LogSource, index: number): Promise<EntryProof> {
  const bundle = Math.floor(index / TILE_WIDTH);
  const width = Math.min(TILE_WIDTH, published.size - bundle * TILE_WIDTH);
  const entries = parseEntryBundle(await source.readEntries(bundle, width), width);
  const entry = entries[index % TILE_WIDTH];
  if (entry === undefined) throw new Invariant('entry index');
  const proof = await inclusionProof(index, published.size, source, sha256);
  verifyInclusion(leafHash(entry), index, published.size, proof, published.root);
  return { index, entry, proof: encodeTlogProof({ index, proof, checkpointNote: published.note }) };
}

/** A KEYSET as the published ledger announces it: by the hash in its newest entry. */
export type AnnouncedKeyset = { readonly index: number; readonly hash: Bytes };

/**
 * The newest published entry of a KEYSET; null while there is none. A newer KEYSET whose entry no witnessed
 * checkpoint covers yet is passed over: nobody could check it, and the one before is still good.
 */
export async function announcedKeyset(tx: Tx, store: LedgerStore): Promise<AnnouncedKeyset | null> {
  const published = await readPublished(store);
  const rows: { seq: number; entry: Buffer }[] = await tx.query(
    `select s.seq, o.entry from log_outbox o join log_sequence s on s.outbox_id = o.id
     where o.case_pseudonym is null and s.seq < $1 order by s.seq desc limit $2`,
    [published?.size ?? 0, RECENT_PUBLIC_LEAVES],
  );
  for (const { seq, entry } of rows) {
    const leaf = parseLeaf(entry);
    if (leaf.class !== PUBLIC_LEAF_CLASS.keyset) continue;
    return { index: seq, hash: parseKeysetLeafBody(leaf.body).hash };
  }
  return null;
}
