/** Receipts read back: everything a participant needs to recompute the entries of a case. */
import type { CaseEventRecord, EventReceipt } from '@app/contracts';
import { toBase64, toHex } from '@app/encoding';
import type { Tx } from '@app/persistence';

type ReceiptRow = {
  readonly case_pseudonym: Buffer;
  readonly event_number: number;
  readonly entry: Buffer;
  readonly random: Buffer;
  readonly opening: Buffer;
  /** Null, as all of the payload, once erased. */
  readonly payload_random: Buffer | null;
  readonly statement_hash: Buffer | null;
  readonly signature_hash: Buffer | null;
  readonly items: Buffer | null;
  readonly seq: number | null;
};

const SELECT = `
  select o.case_pseudonym, o.event_number, o.entry, o.random, o.opening,
         p.payload_random, p.statement_hash, p.signature_hash, p.items, s.seq
  from log_outbox o left join event_payloads p on p.outbox_id = o.id left join log_sequence s on s.outbox_id = o.id
  where o.case_pseudonym = $1`;

/** The receipt of one event, with its place in the ledger once it has one; null if there is no such event. */
export async function receiptFor(
  tx: Tx,
  casePseudonym: Uint8Array,
  eventNumber: number,
): Promise<CaseEventRecord | null> {
  const rows: ReceiptRow[] = await tx.query(`${SELECT} and o.event_number = $2`, [
    Buffer.from(casePseudonym),
    eventNumber,
  ]);
  return rows[0] === undefined ? null : recordOf(rows[0]);
}

/** The receipts of all events of a case, in order. Served by log_outbox_event_key. */
export async function receiptsOf(tx: Tx, casePseudonym: Uint8Array): Promise<CaseEventRecord[]> {
  const rows: ReceiptRow[] = await tx.query(`${SELECT} order by o.event_number`, [
    Buffer.from(casePseudonym),
  ]);
  return rows.map(recordOf);
}

/**
 * What an act answers: a receipt whose payload opens; null if there is no such event, or if it was erased since.
 */
export async function openReceiptFor(
  tx: Tx,
  casePseudonym: Uint8Array,
  eventNumber: number,
): Promise<EventReceipt | null> {
  const record = await receiptFor(tx, casePseudonym, eventNumber);
  if (record === null) return null;
  const { payloadRandom, statementHash, signatureHash } = record;
  if (payloadRandom === null || statementHash === null || signatureHash === null) return null;
  return { ...record, payloadRandom, statementHash, signatureHash };
}

function recordOf(row: ReceiptRow): CaseEventRecord {
  const items = row.items === null ? [] : (toHex(row.items).match(/.{64}/g) ?? []);
  return {
    casePseudonym: toHex(row.case_pseudonym),
    eventNumber: row.event_number,
    entry: toBase64(row.entry),
    random: toBase64(row.random),
    opening: toBase64(row.opening),
    payloadRandom: row.payload_random && toBase64(row.payload_random),
    statementHash: row.statement_hash && toHex(row.statement_hash),
    signatureHash: row.signature_hash && toHex(row.signature_hash),
    items,
    index: row.seq,
  };
}
