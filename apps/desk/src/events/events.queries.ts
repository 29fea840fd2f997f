/** What is new in the event table, in an order in which nothing is ever added before what was read. */
import type { Tx } from '@app/persistence';

/** A place in that order: transactions by number, and their rows by id. */
export type Place = { readonly txid: string; readonly id: number };
export type NewEvent = Place & { readonly case_pseudonym: Buffer; readonly event_number: number };

/** After everything that is final now. */
export async function presentPlace(tx: Tx): Promise<Place> {
  const [row]: { txid: string }[] = await tx.query(
    'select pg_snapshot_xmin(pg_current_snapshot())::text as txid',
  );
  return { txid: row?.txid ?? '0', id: 0 };
}

/**
 * Events after a place. One of a transaction that is under way, or that began after one that is, has to wait: an
 * earlier one might still come. Uses log_outbox_txid_idx.
 */
export function eventsAfter(tx: Tx, { txid, id }: Place, limit: number): Promise<NewEvent[]> {
  return tx.query(
    `select txid::text as txid, id, case_pseudonym, event_number from log_outbox
     where (txid, id) > ($1::xid8, $2) and txid < pg_snapshot_xmin(pg_current_snapshot())
       and case_pseudonym is not null
     order by txid, id limit $3`,
    [txid, id, limit],
  );
}

/** Where an event stands. Uses log_outbox_event_key. */
export async function placeOf(
  tx: Tx,
  casePseudonym: Buffer,
  eventNumber: number,
): Promise<Place | undefined> {
  const [row]: Place[] = await tx.query(
    'select txid::text as txid, id from log_outbox where case_pseudonym = $1 and event_number = $2',
    [casePseudonym, eventNumber],
  );
  return row;
}
