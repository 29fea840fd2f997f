import type { Tx } from '@app/persistence';

/** Counted as far as it matters: up to 64 times the ordinary number. */
const MOST_TIMES = 64;
/** A report may bring a few attachments. */
const BLOBS_PER_REPORT = 4;

/**
 * Reports received, or attachments announced in their proportion, after a moment, whichever are more. Uses
 * cases_received_at_idx and blobs_reserved_at_idx.
 */
export async function newSince(tx: Tx, since: number, ordinary: number): Promise<number> {
  const most = MOST_TIMES * ordinary;
  const [counted]: { reports: number; blobs: number }[] = await tx.query(
    `select (select count(*)::int from (select 1 from cases where received_at > $1 limit $2) r) as reports,
            (select count(*)::int from (select 1 from blobs where reserved_at > $1 limit $3) b) as blobs`,
    [since, most, most * BLOBS_PER_REPORT],
  );
  return Math.max(counted?.reports ?? 0, (counted?.blobs ?? 0) / BLOBS_PER_REPORT);
}

/** Sets a case apart until somebody takes it up. */
export async function quarantine(tx: Tx, casePseudonym: Buffer, since: number): Promise<void> {
  await tx.query('insert into quarantine (case_pseudonym, since) values ($1, $2)', [casePseudonym, since]);
}
