/** Entries and their openings, derived from the database alone: what no row holds is cover. */
import { commitEvent, deriveCoverRandom, encodeCaseLeaf, encodeCoverOpening } from '@app/crypto/verify';
import type { Bytes, Instant } from '@app/encoding';
import type { Tx } from '@app/persistence';
import { LedgerFault } from './fault.js';

const DAY_SECONDS = 86_400;

/** The day whose cover key covers an instant. */
export function dayOf(at: Instant): number {
  return Math.floor(at / DAY_SECONDS);
}

/** How one entry of the ledger comes about. */
export type Derived = {
  readonly index: number;
  readonly entry: Bytes;
  /** Absent for a public leaf, and for an event that a restored backup had lost. */
  readonly random: Bytes | null;
  readonly opening: Bytes | null;
};

/** The cover leaf at an index. @param at - the batch's time. @see libs/crypto/SPEC.md §7.4 */
export function deriveCover(key: Uint8Array, index: number, at: Instant): Derived {
  const random = deriveCoverRandom(key, index);
  const opening = encodeCoverOpening(at);
  const entry = encodeCaseLeaf({ time: at, commitment: commitEvent(random, opening) });
  return { index, entry, random, opening };
}

/**
 * Entries [from, to) with their openings.
 * @throws {LedgerFault} `batch_missing` if they are not all sequenced, `cover_key_missing`.
 */
export async function deriveEntries(tx: Tx, from: number, to: number): Promise<Derived[]> {
  const stored = await storedEntries(tx, from, to);
  const batches: { start: number; size_after: number; at: number }[] = await tx.query(
    'select start, size_after, at from log_batches where size_after > $1 and start < $2 order by start',
    [from, to],
  );
  const keys = await coverKeys(
    tx,
    batches.map(({ at }) => dayOf(at)),
  );
  const derived: Derived[] = [];
  for (const { start, size_after, at } of batches) {
    const key = keys.get(dayOf(at));
    for (let index = Math.max(start, from); index < Math.min(size_after, to); index += 1) {
      if (key === undefined) throw new LedgerFault('cover_key_missing');
      derived.push(stored.get(index) ?? deriveCover(key, index, at));
    }
  }
  if (derived.length !== to - from || derived.some(({ index }, i) => index !== from + i)) {
    throw new LedgerFault('batch_missing');
  }
  return derived;
}

/**
 * The openings of entries [from, to): every class 0 leaf, cover included; null for a public leaf, and for an event
 * that a RECOVERY leaf counts as lost.
 * @throws {LedgerFault} as `deriveEntries`.
 */
export async function openings(
  tx: Tx,
  from: number,
  to: number,
): Promise<({ random: Bytes; opening: Bytes } | null)[]> {
  const derived = await deriveEntries(tx, from, to);
  return derived.map(({ random, opening }) =>
    random === null || opening === null ? null : { random, opening },
  );
}

async function storedEntries(tx: Tx, from: number, to: number): Promise<Map<number, Derived>> {
  const rows: { seq: number; entry: Buffer; random: Buffer | null; opening: Buffer | null }[] =
    await tx.query(
      `select s.seq, o.entry, o.random, o.opening from log_sequence s join log_outbox o on o.id = s.outbox_id
       where s.seq >= $1 and s.seq < $2
       union all
       select seq, entry, random, opening from log_recovered where seq >= $1 and seq < $2`,
      [from, to],
    );
  return new Map(
    rows.map(({ seq, entry, random, opening }) => [
      seq,
      {
        index: seq,
        entry: new Uint8Array(entry),
        random: random && new Uint8Array(random),
        opening: opening && new Uint8Array(opening),
      },
    ]),
  );
}

export async function coverKeys(tx: Tx, days: readonly number[]): Promise<Map<number, Buffer>> {
  const rows: { day: number; key: Buffer }[] = await tx.query(
    'select day, key from log_cover_keys where day = any($1)',
    [[...new Set(days)]],
  );
  return new Map(rows.map(({ day, key }) => [day, key]));
}
