/** Cases by the day on which custodians have something to decide, in pages that begin after a key. */
import { RETENTION_CURSOR_BYTES } from '@app/contracts';
import { fromHex, type Instant, toHex } from '@app/encoding';
import { CaseRow, type Tx } from '@app/persistence';
import { In } from 'typeorm';

const DAY_BYTES = RETENTION_CURSOR_BYTES - 16;

/** A place in the list: those after it are on the next page. */
export type RetentionPlace = { readonly at: Instant; readonly pseudonym: Uint8Array };

export function encodeRetentionPlace({ at, pseudonym }: RetentionPlace): string {
  return at.toString(16).padStart(2 * DAY_BYTES, '0') + toHex(pseudonym);
}

/** @param cursor - of the form its schema demands. */
export function parseRetentionPlace(cursor: string): RetentionPlace {
  const at = Number.parseInt(cursor.slice(0, 2 * DAY_BYTES), 16);
  return {
    at: Math.min(at, Number.MAX_SAFE_INTEGER),
    pseudonym: fromHex(cursor.slice(2 * DAY_BYTES), 'after', 16),
  };
}

/** Those whose day is at or before `until`, the oldest day first. Index: cases_erasure_due_idx. */
export async function casesDueUntil(
  tx: Tx,
  until: Instant,
  after: RetentionPlace | undefined,
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
