/** The queue of a role: what is due next comes first, in pages that begin after a key and never skip. */
import { type Instant, toHex } from '@app/encoding';
import { CaseRow, type Tx } from '@app/persistence';
import { In } from 'typeorm';
import type { Place } from '../place.js';

/** A case without a deadline comes after all others; as the indexes have it. */
const DUE = 'coalesce(next_deadline, 9007199254740991)';

/** Undefined where a filter is not set. */
export type QueueQuery = {
  readonly role: Buffer;
  readonly after: Place | undefined;
  readonly limit: number;
  readonly phase: string | undefined;
  readonly priority: string | undefined;
  readonly escalated: boolean | undefined;
  readonly overdue: boolean | undefined;
  readonly quarantined: boolean;
  readonly now: Instant;
  /** Whether the case is, or is not, this person's. */
  readonly mine: { readonly subject: Buffer; readonly is: boolean } | undefined;
};

/**
 * Cases that are, or were routed, at a role, by deadline and pseudonym. Each half of the union reads its index in order
 * and stops at the limit: cases_role_due_idx and cases_routed_due_idx, or where a filter names few of them
 * cases_assignee_due_idx, cases_role_phase_idx and cases_routed_phase_idx.
 */
export async function casesOfRole(tx: Tx, query: QueueQuery): Promise<CaseRow[]> {
  const { sql, parameters } = queuePage(query);
  const keys: { pseudonym: Buffer }[] = await tx.query(sql, parameters);
  const order = new Map(keys.map(({ pseudonym }, i) => [toHex(pseudonym), i]));
  const placeOf = (row: CaseRow): number => order.get(toHex(row.pseudonym)) ?? 0;
  const rows = await tx.findBy(CaseRow, { pseudonym: In(keys.map(({ pseudonym }) => pseudonym)) });
  return rows.sort((a, b) => placeOf(a) - placeOf(b));
}

/** The statement that finds the keys of one page. */
export function queuePage(query: QueueQuery): { readonly sql: string; readonly parameters: unknown[] } {
  const parameters: unknown[] = [];
  const bind = (value: unknown): string => `$${String(parameters.push(value))}`;
  const role = bind(query.role);
  const after = `(${bind(query.after?.at ?? -1)}, ${bind(Buffer.from(query.after?.pseudonym ?? []))})`;
  const limit = bind(query.limit);
  const filters = filtersOf(query, bind).map((filter) => ` and ${filter}`);
  const half = (at: string): string =>
    `(select pseudonym, ${DUE} as due from cases where ${at} and (${DUE}, pseudonym) > ${after}${filters.join('')}
      order by ${DUE}, pseudonym limit ${limit})`;
  const sql = `select pseudonym from (${half(`role_id = ${role}`)} union all
    ${half(`routed_to = ${role} and role_id <> ${role}`)}) both_halves order by due, pseudonym limit ${limit}`;
  return { sql, parameters };
}

function filtersOf(query: QueueQuery, bind: (value: unknown) => string): string[] {
  const { phase, priority, escalated, overdue, quarantined, now, mine } = query;
  // Where it holds, as the indexes can use it.
  const is = (condition: string, holds: boolean): string =>
    holds ? condition : `(${condition}) is not true`;
  return [
    `${quarantined ? '' : 'not '}exists (select 1 from quarantine q where q.case_pseudonym = pseudonym)`,
    ...(phase === undefined ? [] : [`phase = ${bind(phase)}`]),
    ...(priority === undefined ? [] : [`state ->> 'priority' = ${bind(priority)}`]),
    ...(escalated === undefined ? [] : [`escalated = ${bind(escalated)}`]),
    ...(overdue === undefined ? [] : [is(`${DUE} <= ${bind(now)}`, overdue)]),
    ...(mine === undefined ? [] : [is(`assignee = ${bind(mine.subject)}`, mine.is)]),
  ];
}

/** Where the page after this case begins. */
export function placeAfter(row: CaseRow): Place {
  return { at: row.nextDeadline ?? Number.MAX_SAFE_INTEGER, pseudonym: new Uint8Array(row.pseudonym) };
}

/** Whether any case of a role is set apart. Uses quarantine_pkey from the other side: few rows, or one is found soon. */
export async function anyQuarantined(tx: Tx, role: Buffer): Promise<boolean> {
  const [found]: { any: boolean }[] = await tx.query(
    `select exists (select 1 from quarantine q join cases c on c.pseudonym = q.case_pseudonym
                    where c.role_id = $1) as any`,
    [role],
  );
  return found?.any ?? false;
}

/** Whoever takes up a case takes it out of quarantine. */
export async function release(tx: Tx, pseudonym: Buffer): Promise<void> {
  await tx.query('delete from quarantine where case_pseudonym = $1', [pseudonym]);
}
