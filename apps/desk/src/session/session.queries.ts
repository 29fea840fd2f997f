import { type Columns, EpochBoxRow, NonceRow, StaffSessionRow, type Tx } from '@app/persistence';
import type { Instant } from '@app/encoding';
import { MoreThan, Not } from 'typeorm';

/** A session that was not used for so long is over. */
export const IDLE_SECONDS = 15 * 60;

export async function addChallenge(
  tx: Tx,
  nonce: Uint8Array,
  certificateHash: Buffer,
  expiresAt: Instant,
): Promise<void> {
  await tx.insert(NonceRow, { nonce: Buffer.from(nonce), purpose: 'session', expiresAt, certificateHash });
}

/** Spends a challenge: true once, if it is known, in date and that certificate's. Uses nonces_pkey. */
export async function takeChallenge(
  tx: Tx,
  nonce: Uint8Array,
  certificateHash: Uint8Array,
  now: Instant,
): Promise<boolean> {
  const taken = await tx
    .createQueryBuilder()
    .delete()
    .from(NonceRow)
    .where(
      `nonce = :nonce and purpose = 'session' and expires_at > :now and certificate_hash = :certificateHash`,
      { nonce: Buffer.from(nonce), now, certificateHash: Buffer.from(certificateHash) },
    )
    .execute();
  return taken.affected === 1;
}

export async function insertSession(tx: Tx, row: Columns<StaffSessionRow>): Promise<void> {
  await tx.insert(StaffSessionRow, row);
}

/** A session in date that was used lately enough. Uses staff_sessions_pkey. */
export async function findSession(
  tx: Tx,
  tokenHash: Uint8Array,
  now: Instant,
): Promise<StaffSessionRow | null> {
  const row = await tx.findOneBy(StaffSessionRow, { tokenHash: Buffer.from(tokenHash) });
  return row && row.expiresAt > now && row.usedAt + IDLE_SECONDS > now ? row : null;
}

/** Notes that a session is in use. Uses staff_sessions_pkey. */
export async function touchSession(tx: Tx, tokenHash: Buffer, now: Instant): Promise<void> {
  await tx.update(StaffSessionRow, { tokenHash }, { usedAt: now });
}

export async function deleteSession(tx: Tx, tokenHash: Uint8Array): Promise<void> {
  await tx.delete(StaffSessionRow, { tokenHash: Buffer.from(tokenHash) });
}

/** Sessions of a certificate that are not over, last used first. Uses staff_sessions_certificate_idx. */
export function sessionsOf(
  tx: Tx,
  certificateHash: Uint8Array,
  now: Instant,
  limit: number,
): Promise<StaffSessionRow[]> {
  return tx.find(StaffSessionRow, {
    where: {
      certificateHash: Buffer.from(certificateHash),
      usedAt: MoreThan(now - IDLE_SECONDS),
      expiresAt: MoreThan(now),
    },
    order: { usedAt: 'desc', tokenHash: 'asc' },
    take: limit,
  });
}

/** True if there was one of that certificate. Uses staff_sessions_id_key. */
export async function deleteSessionById(
  tx: Tx,
  certificateHash: Uint8Array,
  id: Uint8Array,
): Promise<boolean> {
  const gone = await tx.delete(StaffSessionRow, {
    id: Buffer.from(id),
    certificateHash: Buffer.from(certificateHash),
  });
  return gone.affected === 1;
}

/** Ends what a certificate has open besides one session. Uses staff_sessions_certificate_idx. */
export async function deleteOtherSessions(
  tx: Tx,
  certificateHash: Uint8Array,
  tokenHash: Uint8Array,
): Promise<void> {
  await tx.delete(StaffSessionRow, {
    certificateHash: Buffer.from(certificateHash),
    tokenHash: Not(Buffer.from(tokenHash)),
  });
  await tx.delete(NonceRow, { certificateHash: Buffer.from(certificateHash) });
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
