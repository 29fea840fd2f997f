import {
  type Columns,
  EpochBoxRow,
  NonceRow,
  StaffSessionRow,
  StaffVaultRow,
  type Tx,
} from '@app/persistence';
import type { Instant } from '@app/encoding';

export async function addChallenge(tx: Tx, nonce: Uint8Array, expiresAt: Instant): Promise<void> {
  await tx.insert(NonceRow, { nonce: Buffer.from(nonce), purpose: 'session', expiresAt });
}

/** Spends a challenge: true once, if it is known and in date. Uses nonces_pkey. */
export async function takeChallenge(tx: Tx, nonce: Uint8Array, now: Instant): Promise<boolean> {
  const taken = await tx
    .createQueryBuilder()
    .delete()
    .from(NonceRow)
    .where(`nonce = :nonce and purpose = 'session' and expires_at > :now`, { nonce: Buffer.from(nonce), now })
    .execute();
  return taken.affected === 1;
}

export function findVault(tx: Tx, subjectId: Uint8Array): Promise<StaffVaultRow | null> {
  return tx.findOneBy(StaffVaultRow, { subjectId: Buffer.from(subjectId) });
}

export async function insertSession(tx: Tx, row: Columns<StaffSessionRow>): Promise<void> {
  await tx.insert(StaffSessionRow, row);
}

/** A session in date. Uses staff_sessions_pkey. */
export async function findSession(
  tx: Tx,
  tokenHash: Uint8Array,
  now: Instant,
): Promise<StaffSessionRow | null> {
  const row = await tx.findOneBy(StaffSessionRow, { tokenHash: Buffer.from(tokenHash) });
  return row && row.expiresAt > now ? row : null;
}

export async function deleteSession(tx: Tx, tokenHash: Uint8Array): Promise<void> {
  await tx.delete(StaffSessionRow, { tokenHash: Buffer.from(tokenHash) });
}

/** Boxes of role seeds for one holder, by role and epoch, after a place. Uses epoch_boxes_holder_idx. */
export function epochBoxesOf(
  tx: Tx,
  certificateHash: Uint8Array,
  after: { readonly roleId: Uint8Array; readonly epoch: number } | undefined,
  limit: number,
): Promise<EpochBoxRow[]> {
  const holder = { hash: Buffer.from(certificateHash) };
  const query = tx
    .createQueryBuilder(EpochBoxRow, 'b')
    .where('b.certificate_hash = :hash', holder)
    .orderBy('b.roleId')
    .addOrderBy('b.epoch')
    .limit(limit);
  if (after === undefined) return query.getMany();
  const place = { role: Buffer.from(after.roleId), epoch: after.epoch };
  return query.andWhere('(b.role_id, b.epoch) > (:role, :epoch)', place).getMany();
}
