import { BlobPartRow, BlobRow, type Columns, type Tx } from '@app/persistence';

export type StoredPart = { part: number; sha256: Buffer; size: number };

/** The reservation, if this mailbox made it. Uses blobs_pkey. */
export function findBlob(tx: Tx, mailboxId: Uint8Array, id: Uint8Array): Promise<BlobRow | null> {
  return tx.findOneBy(BlobRow, { id: Buffer.from(id), mailboxId: Buffer.from(mailboxId) });
}

/** Reserves an id once; a repeat changes nothing. */
export async function reserveBlob(tx: Tx, row: Columns<BlobRow>): Promise<void> {
  await tx.createQueryBuilder().insert().into(BlobRow).values(row).orIgnore().updateEntity(false).execute();
}

/** Attachments this mailbox announced that no report or message refers to (function unsent_blobs). */
export async function countUnsent(tx: Tx, mailboxId: Uint8Array): Promise<number> {
  const [row]: { unsent: number }[] = await tx.query('select unsent_blobs($1) as unsent', [
    Buffer.from(mailboxId),
  ]);
  return row?.unsent ?? 0;
}

/** Part numbers, hashes and sizes; never the bytes (function blob_part_hashes). */
export function storedParts(tx: Tx, mailboxId: Uint8Array, id: Uint8Array): Promise<StoredPart[]> {
  return tx.query('select part, sha256, size from blob_part_hashes($1, $2)', [
    Buffer.from(mailboxId),
    Buffer.from(id),
  ]);
}

export async function insertPart(tx: Tx, row: Columns<BlobPartRow>): Promise<void> {
  await tx
    .createQueryBuilder()
    .insert()
    .into(BlobPartRow)
    .values(row)
    .orIgnore()
    .updateEntity(false)
    .execute();
}

/** One part of an attachment of this mailbox's own case (function mailbox_part). */
export async function findPart(
  tx: Tx,
  mailboxId: Uint8Array,
  id: Uint8Array,
  part: number,
): Promise<Buffer | null> {
  const [row]: { bytes: Buffer | null }[] = await tx.query('select mailbox_part($1, $2, $3) as bytes', [
    Buffer.from(mailboxId),
    Buffer.from(id),
    part,
  ]);
  return row?.bytes ?? null;
}
