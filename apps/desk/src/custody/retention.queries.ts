/** Cases by the day on which custodians have something to decide, in pages that begin after a key. */
import { type Instant, toHex } from '@app/encoding';
import { CaseRow, type Tx } from '@app/persistence';
import { In } from 'typeorm';
import type { Place } from '../place.js';

/** Those whose day is at or before `until`, the oldest day first. Index: cases_erasure_due_idx. */
export async function casesDueUntil(
  tx: Tx,
  until: Instant,
  after: Place | undefined,
  limit: number,
): Promise<CaseRow[]> {
  const keys: { pseudonym: Buffer }[] = await tx.query(
    `select pseudonym from cases where erasure_due <= $1 and (erasure_due, pseudonym) > ($2, $3)
     order by erasure_due, pseudonym limit $4`,
    [until, after?.at ?? -1, Buffer.from(after?.pseudonym ?? []), limit],
  );
  const order = new Map(keys.map(({ pseudonym }, i) => [toHex(pseudonym), i]));
  const placeOf = (row: CaseRow): number => order.get(toHex(row.pseudonym)) ?? 0;
  const rows = await tx.findBy(CaseRow, { pseudonym: In(keys.map(({ pseudonym }) => pseudonym)) });
  return rows.sort((a, b) => placeOf(a) - placeOf(b));
}
