/** Reads for the desk: lists by role, and one case with what the asking role may be handed. */
import type { CaseFile, CompartmentKey, StoredBlob, StoredBox, StoredObject } from '@app/contracts';
import { toBase64, toHex } from '@app/encoding';
import {
  BlobPartRow,
  BlobRow,
  BoxRow,
  CaseBlobRow,
  CaseRow,
  CompartmentRow,
  ObjectRow,
  type Tx,
} from '@app/persistence';
import { In } from 'typeorm';

export function findCase(tx: Tx, pseudonym: Buffer): Promise<CaseRow | null> {
  return tx.findOneBy(CaseRow, { pseudonym });
}

export async function compartmentsOf(tx: Tx, casePseudonym: Buffer): Promise<CompartmentKey[]> {
  const rows = await tx.findBy(CompartmentRow, { casePseudonym });
  return rows.map(({ compartment, epoch, publicKey }) => ({
    compartment,
    epoch,
    publicKey: toBase64(publicKey),
  }));
}

/** Boxes sealed to one role. Uses boxes_role_idx. */
export async function boxesOf(tx: Tx, casePseudonym: Buffer, roleId: Buffer): Promise<StoredBox[]> {
  const rows = await tx.find(BoxRow, {
    where: { casePseudonym, roleId },
    order: { eventNumber: 'ASC', id: 'ASC' },
  });
  return rows.map((row) => ({
    compartment: row.compartment,
    epoch: row.epoch,
    recipient: { kind: 'role' as const, role: toHex(roleId), roleEpoch: row.roleEpoch ?? 0 },
    box: toBase64(row.box),
    ...(row.grantRecord ? { grant: toBase64(row.grantRecord) } : {}),
    eventNumber: row.eventNumber,
  }));
}

export async function objectsOf(
  tx: Tx,
  casePseudonym: Buffer,
  compartments: readonly number[],
): Promise<StoredObject[]> {
  const rows = await tx.find(ObjectRow, {
    where: { casePseudonym, compartment: In(compartments) },
    order: { eventNumber: 'ASC', id: 'ASC' },
  });
  return rows.map(({ id, compartment, epoch, author, eventNumber, file }) => ({
    id: toHex(id),
    compartment,
    epoch,
    author,
    eventNumber,
    file: toBase64(file),
  }));
}

/** Uses case_blobs_case_idx and blob_parts_pkey. */
export async function blobsOf(tx: Tx, casePseudonym: Buffer): Promise<StoredBlob[]> {
  const bound = await tx.find(CaseBlobRow, {
    where: { casePseudonym },
    order: { eventNumber: 'ASC', blobId: 'ASC' },
  });
  const blobs: StoredBlob[] = [];
  for (const { blobId, eventNumber } of bound) {
    const { length } = await tx.findOneByOrFail(BlobRow, { id: blobId });
    const parts = await tx.find(BlobPartRow, {
      select: { blobId: true, part: true, sha256: true },
      where: { blobId },
      order: { part: 'ASC' },
    });
    blobs.push({ id: toHex(blobId), length, eventNumber, sha256: parts.map((p) => toHex(p.sha256)) });
  }
  return blobs;
}

export async function findPart(
  tx: Tx,
  casePseudonym: Buffer,
  blobId: Buffer,
  part: number,
): Promise<Buffer | null> {
  if (!(await tx.existsBy(CaseBlobRow, { blobId, casePseudonym }))) return null;
  const row = await tx.findOneBy(BlobPartRow, { blobId, part });
  return row?.bytes ?? null;
}

/** How many events of a case have their place in the ledger. Uses log_outbox_event_key and log_sequence_pkey. */
export async function placedEvents(tx: Tx, casePseudonym: Buffer): Promise<number> {
  const [row]: { placed: number }[] = await tx.query(
    `select count(*)::int as placed from log_outbox o join log_sequence s on s.outbox_id = o.id
     where o.case_pseudonym = $1`,
    [casePseudonym],
  );
  return row?.placed ?? 0;
}

/** What staff signed for the events of a case, in order. */
export async function statementsOf(
  tx: Tx,
  casePseudonym: Buffer,
): Promise<NonNullable<CaseFile['statements']>> {
  const rows: { event_number: number; statement: Buffer; signature: Buffer }[] = await tx.query(
    `select o.event_number, p.statement, p.signature
     from log_outbox o join event_payloads p on p.outbox_id = o.id
     where o.case_pseudonym = $1 and substr(o.opening, 3, 1) = '\\x02' order by o.event_number`,
    [casePseudonym],
  );
  return rows.map((row) => ({
    eventNumber: row.event_number,
    statement: toBase64(row.statement),
    signature: toBase64(row.signature),
  }));
}
