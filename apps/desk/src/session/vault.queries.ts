import type { Instant } from '@app/encoding';
import { type Columns, StaffVaultRow, type Tx, UnlockAttemptsRow } from '@app/persistence';

export type Attempts = Columns<UnlockAttemptsRow>;

export function findVault(tx: Tx, subjectId: Buffer): Promise<StaffVaultRow | null> {
  return tx.findOneBy(StaffVaultRow, { subjectId });
}

/**
 * What was tried for a subject, known or not; until the transaction ends nobody else tries. Uses unlock_attempts_pkey.
 */
export async function lockAttempts(tx: Tx, subjectId: Buffer): Promise<Attempts> {
  const rows = await tx.query<{ failures: number; closed_until: number }[]>(
    `insert into unlock_attempts (subject_id, failures, closed_until) values ($1, 0, 0)
     on conflict (subject_id) do update set failures = unlock_attempts.failures
     returning failures, closed_until`,
    [subjectId],
  );
  const [row] = rows;
  return { subjectId, failures: row?.failures ?? 0, closedUntil: row?.closed_until ?? 0 };
}

export async function saveAttempts(tx: Tx, { subjectId, ...counted }: Attempts): Promise<void> {
  await tx.update(UnlockAttemptsRow, { subjectId }, counted);
}

/** Spends a step of the second factor: false if it, or a later one, was taken before. Uses staff_vaults_pkey. */
export async function takeFactorStep(tx: Tx, subjectId: Buffer, step: number): Promise<boolean> {
  const taken = await tx
    .createQueryBuilder()
    .update(StaffVaultRow)
    .set({ factorStep: step })
    .where('subject_id = :subjectId and factor_step < :step', { subjectId, step })
    .execute();
  return taken.affected === 1;
}

/** Replaces a vault by its next version: false if another one came first. Uses staff_vaults_pkey. */
export async function replaceVault(
  tx: Tx,
  subjectId: Buffer,
  next: Pick<StaffVaultRow, 'keyring' | 'unlockers' | 'version'>,
): Promise<boolean> {
  const replaced = await tx.update(StaffVaultRow, { subjectId, version: next.version - 1 }, next);
  return replaced.affected === 1;
}

/** @param now - instants before it are over. */
export function isClosed({ closedUntil }: Attempts, now: Instant): boolean {
  return closedUntil > now;
}
