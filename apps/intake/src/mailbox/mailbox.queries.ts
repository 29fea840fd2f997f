/** Reads of one mailbox. Sealed material comes only from functions keyed by the mailbox id. */
import type { CompartmentKey, StoredBlob, StoredBox, StoredObject } from '@app/contracts';
import { toBase64, toHex } from '@app/encoding';
import { CaseRow, CompartmentRow, MailboxRow, type Tx } from '@app/persistence';
import { IsNull } from 'typeorm';

/** The compartments whoever submitted holds keys to: main and identity (libs/crypto SPEC.md). */
const REPORTER_COMPARTMENTS = [0, 1];
const HASH_BYTES = 32;

/** A mailbox that is open; null for a closed one, as for one that never was. Uses mailboxes_pkey. */
export function findMailbox(tx: Tx, mailboxId: Uint8Array): Promise<MailboxRow | null> {
  return tx.findOneBy(MailboxRow, { mailboxId: Buffer.from(mailboxId), closedBy: IsNull() });
}

export function findCase(tx: Tx, pseudonym: Buffer): Promise<CaseRow | null> {
  return tx.findOneBy(CaseRow, { pseudonym });
}

/** Closes a mailbox for good. */
export async function closeMailbox(tx: Tx, { mailboxId }: MailboxRow, eventNumber: number): Promise<void> {
  await tx.update(MailboxRow, { mailboxId }, { closedBy: eventNumber });
}

/** The compartments a mailbox reads. */
export async function compartmentsOf(
  tx: Tx,
  { casePseudonym, compartment }: MailboxRow,
): Promise<CompartmentKey[]> {
  const rows = await tx.findBy(CompartmentRow, { casePseudonym });
  const own = compartment === null ? REPORTER_COMPARTMENTS : [compartment];
  return rows
    .filter((row) => own.includes(row.compartment))
    .map((row) => ({ compartment: row.compartment, epoch: row.epoch, publicKey: toBase64(row.publicKey) }));
}

type ObjectRecord = {
  id: Buffer;
  compartment: number;
  epoch: number;
  author: 'reporter' | 'staff';
  file: Buffer;
  event_number: number;
};

export async function objectsOf(tx: Tx, mailboxId: Uint8Array): Promise<StoredObject[]> {
  const rows: ObjectRecord[] = await tx.query('select * from mailbox_objects($1)', [Buffer.from(mailboxId)]);
  return rows.map((row) => ({
    id: toHex(row.id),
    compartment: row.compartment,
    epoch: row.epoch,
    author: row.author,
    eventNumber: row.event_number,
    file: toBase64(row.file),
  }));
}

type BoxRecord = {
  compartment: number;
  epoch: number;
  box: Buffer;
  grant_record: Buffer | null;
  event_number: number;
};

export async function boxesOf(tx: Tx, mailboxId: Uint8Array): Promise<StoredBox[]> {
  const rows: BoxRecord[] = await tx.query('select * from mailbox_boxes($1)', [Buffer.from(mailboxId)]);
  return rows.map((row) => ({
    compartment: row.compartment,
    epoch: row.epoch,
    recipient: { kind: 'reporter' as const },
    box: toBase64(row.box),
    ...(row.grant_record ? { grant: toBase64(row.grant_record) } : {}),
    eventNumber: row.event_number,
  }));
}

type BlobRecord = { id: Buffer; length: number; event_number: number; sha256: Buffer };

export async function blobsOf(tx: Tx, mailboxId: Uint8Array): Promise<StoredBlob[]> {
  const rows: BlobRecord[] = await tx.query('select * from mailbox_blobs($1)', [Buffer.from(mailboxId)]);
  return rows.map((row) => ({
    id: toHex(row.id),
    length: row.length,
    eventNumber: row.event_number,
    sha256: Array.from({ length: row.sha256.length / HASH_BYTES }, (_, i) =>
      toHex(row.sha256.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)),
    ),
  }));
}
