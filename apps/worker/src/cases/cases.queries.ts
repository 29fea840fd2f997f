import type { Phase } from '@app/casework';
import type { Instant } from '@app/encoding';
import type { Tx } from '@app/persistence';

export type DueCase = { readonly pseudonym: Buffer; readonly nextDeadline: number };

const BATCH = 500;

/** Cases whose next deadline has passed, the longest overdue first. Index: cases_next_deadline_idx. */
export function findDueCases(tx: Tx, now: number): Promise<readonly DueCase[]> {
  return tx.query<readonly DueCase[]>(
    `select pseudonym, next_deadline as "nextDeadline" from cases
     where next_deadline <= $1 order by next_deadline limit $2`,
    [now, BATCH],
  );
}

/** Cases received until then that wait for somebody and are not set apart, the oldest first. Index: cases_assignee_due_idx. */
export function findUnassigned(
  tx: Tx,
  phases: readonly Phase[],
  until: Instant,
): Promise<readonly { readonly pseudonym: Buffer }[]> {
  return tx.query<readonly { readonly pseudonym: Buffer }[]>(
    `select pseudonym from cases where assignee is null and phase = any($1) and received_at <= $2
       and not exists (select 1 from quarantine q where q.case_pseudonym = pseudonym)
     order by received_at limit $3`,
    [phases, until, BATCH],
  );
}

/**
 * Cases whose day has come and that nobody was told of since, the longest due first. A hold is told of too: who keeps a
 * case past its day should know. Index: cases_erasure_due_idx.
 */
export function findErasable(
  tx: Tx,
  now: Instant,
): Promise<readonly { readonly pseudonym: Buffer; readonly due: Instant }[]> {
  return tx.query<readonly { readonly pseudonym: Buffer; readonly due: Instant }[]>(
    `select pseudonym, erasure_due as due from cases where erasure_due <= $1
       and not exists (select 1 from alarms where code = 'retention_due'
                       and subject = encode(pseudonym, 'hex') || ':' || erasure_due)
     order by erasure_due, pseudonym limit $2`,
    [now, BATCH],
  );
}

/** How many open cases each of these subjects has; who never had one is left out. Index: assignee_loads_pkey. */
export async function loadsOf(tx: Tx, subjects: readonly Uint8Array[]): Promise<ReadonlyMap<string, number>> {
  const rows = await tx.query<readonly { subject: string; load: number }[]>(
    `select encode(subject, 'hex') as subject, open_cases as load from assignee_loads where subject = any($1)`,
    [subjects.map((subject) => Buffer.from(subject))],
  );
  return new Map(rows.map(({ subject, load }) => [subject, load]));
}

/** Whether a case is set apart as part of a flood. Index: quarantine_pkey. */
export async function isQuarantined(tx: Tx, pseudonym: Buffer): Promise<boolean> {
  const rows: unknown[] = await tx.query('select 1 from quarantine where case_pseudonym = $1', [pseudonym]);
  return rows.length > 0;
}
