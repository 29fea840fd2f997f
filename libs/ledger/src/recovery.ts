/** After a backup was restored: the ledger takes back from a mirror what the database lost, and goes on as one log. */
import {
  encodeRecoveryLeafBody,
  parseLeaf,
  PUBLIC_LEAF_CLASS,
  type SignatureVerifier,
} from '@app/crypto/verify';
import { bytesEqual, type Bytes, type Instant, toHex } from '@app/encoding';
import {
  LogBatchRow,
  LogCheckpointRow,
  LogCosignatureRow,
  LogQuorumRow,
  LogStateRow,
  type Tx,
} from '@app/persistence';
import {
  appendToFrontier,
  encodeFrontier,
  encodeNote,
  type Frontier,
  frontierRoot,
  leafHash,
  parseEntryBundle,
  parseNote,
  type Policy,
  verifyCheckpoint,
} from '@app/tlog';
import { appendPublicLeaf } from './append.js';
import { coverKeys, dayOf, deriveCover } from './entries.js';
import { LedgerFault } from './fault.js';
import { headForUpdate } from './sequencer.js';
import { type LedgerStore, logSource, readPublished } from './store.js';

/** `lost` events are in the ledger, and what they committed to is gone. */
export type Recovered = {
  readonly from: number;
  readonly to: number;
  readonly linked: number;
  readonly cover: number;
  readonly lost: number;
};

export type RecoveryDeps = {
  /** A verified copy of the log: `checkpoint` and `tile/`. */
  readonly mirror: LedgerStore;
  /** As pinned, so that the mirror is believed for its witnesses and not for itself. */
  readonly policy: Policy;
  readonly verifier: SignatureVerifier;
  readonly now: Instant;
};

const TILE_WIDTH = 256;

/**
 * Continues the database's tree with a mirror's entries up to its witnessed checkpoint, in the caller's transaction:
 * an entry whose event still waits in the database is linked to it, cover is derived from its key where that is left,
 * and the rest is kept as bytes. Adds a RECOVERY leaf, so that the gap in the openings is announced by the log itself.
 *
 * The servers must not run meanwhile; the database's owner alone may do it.
 * @throws {LedgerFault} `recovery_behind`, `recovery_foreign`, `state_mismatch`.
 * @throws {ParseError} and {VerificationError} as `verifyCheckpoint`; {FileMissing} for an incomplete mirror.
 */
export async function recoverFromMirror(tx: Tx, deps: RecoveryDeps): Promise<Recovered> {
  const { mirror, policy, verifier, now } = deps;
  const published = await readPublished(mirror);
  if (published === undefined) throw new LedgerFault('recovery_behind');
  const { checkpoint, quorumTime } = verifyCheckpoint(published.note, policy, verifier);
  const { size, root } = checkpoint;
  const head = await headForUpdate(tx);
  if (size <= head.size) throw new LedgerFault('recovery_behind');
  const places = { from: head.size, to: size, lastTime: 0, linked: 0, cover: 0, lost: 0 };
  let frontier: Frontier = head;
  for (let start = head.size; start < size; start = nextBundle(start)) {
    const entries = await entriesOf(mirror, start, Math.min(size, nextBundle(start)), size);
    frontier = appendToFrontier(frontier, entries.map(leafHash));
    await place(tx, start, entries, places);
  }
  // One frontier carried both trees: the mirror's is this one's continuation, or the roots differ.
  if (!bytesEqual(frontierRoot(frontier), root)) throw new LedgerFault('recovery_foreign');
  await tx.insert(LogBatchRow, {
    sizeAfter: size,
    start: head.size,
    at: places.lastTime,
    root: Buffer.from(root),
  });
  await tx.update(
    LogStateRow,
    { one: true },
    { size, root: Buffer.from(root), frontier: Buffer.from(encodeFrontier(frontier)) },
  );
  await tx.insert(LogCheckpointRow, {
    size,
    note: withoutCosignatures(published.note, policy),
    signedAt: now,
  });
  const cosigned = cosignaturesIn(published.note, policy);
  await tx.insert(
    LogCosignatureRow,
    cosigned.map((one) => ({ size, ...one })),
  );
  await tx.insert(LogQuorumRow, { size, note: published.note, witnessedAt: quorumTime });
  const { from, to, linked, cover, lost } = places;
  const body = encodeRecoveryLeafBody({ start: from, end: to, lost });
  await appendPublicLeaf(tx, { class: PUBLIC_LEAF_CLASS.recovery, body, time: now }, { tickSeconds: 1 });
  return { from, to, linked, cover, lost };
}

async function entriesOf(mirror: LedgerStore, start: number, end: number, size: number): Promise<Bytes[]> {
  const bundle = Math.floor(start / TILE_WIDTH);
  const width = Math.min(TILE_WIDTH, size - bundle * TILE_WIDTH);
  const all = parseEntryBundle(await logSource(mirror).readEntries(bundle, width), width);
  return all.slice(start % TILE_WIDTH, (start % TILE_WIDTH) + (end - start));
}

type Tally = { lastTime: number; linked: number; cover: number; lost: number };

/** Finds out what each entry is, and keeps it as that. */
async function place(tx: Tx, start: number, entries: readonly Bytes[], tally: Tally): Promise<void> {
  const waiting = await waitingIds(tx, entries);
  const leaves = entries.map((entry, i) => ({ entry, seq: start + i, leaf: parseLeaf(entry) }));
  const keys = await coverKeys(
    tx,
    leaves.map(({ leaf }) => dayOf(leaf.time)),
  );
  for (const { entry, seq, leaf } of leaves) {
    tally.lastTime = Math.max(tally.lastTime, leaf.time);
    const outboxId = waiting.get(toHex(entry));
    if (outboxId !== undefined) {
      waiting.delete(toHex(entry));
      tally.linked += 1;
      await tx.query('insert into log_sequence (outbox_id, seq) values ($1, $2)', [outboxId, seq]);
      continue;
    }
    const key = keys.get(dayOf(leaf.time));
    const cover = leaf.class === 0 && key !== undefined ? deriveCover(key, seq, leaf.time) : undefined;
    const isCover = cover !== undefined && bytesEqual(cover.entry, entry);
    if (isCover) tally.cover += 1;
    else if (leaf.class === 0) tally.lost += 1;
    await tx.query('insert into log_recovered (seq, entry, random, opening) values ($1, $2, $3, $4)', [
      seq,
      Buffer.from(entry),
      isCover ? cover.random : null,
      isCover ? cover.opening : null,
    ]);
  }
}

/** Entries that the backup held and had not numbered yet. Commitments are unique; of public twins any will do. */
async function waitingIds(tx: Tx, entries: readonly Bytes[]): Promise<Map<string, number>> {
  const rows: { id: number; entry: Buffer }[] = await tx.query(
    `select o.id, o.entry from log_outbox o
     where o.entry = any($1) and not exists (select 1 from log_sequence s where s.outbox_id = o.id)`,
    [entries.map((entry) => Buffer.from(entry))],
  );
  return new Map(rows.map(({ id, entry }) => [toHex(entry), id]));
}

/** The note as the log signed it. */
function withoutCosignatures(note: string, { logs }: Policy): string {
  const { body, signatures } = parseNote(note);
  return encodeNote({
    body,
    signatures: signatures.filter(({ name }) => logs.some((log) => log.name === name)),
  });
}

/** Each witness's line, by the name the policy has for it. */
function cosignaturesIn(note: string, { witnesses }: Policy): { witness: string; line: string }[] {
  const lines = note.split('\n');
  return witnesses.flatMap(({ name, key }) => {
    const line = lines.find((text) => text.startsWith(`\u2014 ${key.name} `));
    return line === undefined ? [] : [{ witness: name, line }];
  });
}

function nextBundle(start: number): number {
  return start - (start % TILE_WIDTH) + TILE_WIDTH;
}
