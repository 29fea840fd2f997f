/** How often one person of a case may act: known by no address and no name, and more often than anybody needs. */
import { Refused } from '@app/platform';
import type { MailboxRow, Tx } from '@app/persistence';

const WINDOW_SECONDS = 3_600;
/** Acts in an hour. */
const MOST_ACTS = 60;
/** Acts in an hour when the act is a choice of hers: to withdraw a consent is possible after any number of messages. */
const MOST_CHOICES = 2 * MOST_ACTS;

/**
 * Counts one act of a person of a case; a new code goes on with the count of the old. Call under the case's lock.
 * @param now - unix seconds; the hour begins with the first act after the last one ended.
 * @throws {Refused} `too_many_requests` with the seconds until her hour ends.
 */
export async function countAct(
  tx: Tx,
  { casePseudonym, person }: MailboxRow,
  isChoice: boolean,
  now: number,
): Promise<void> {
  const counted = await tx.query<readonly { since: number }[]>(
    `insert into person_acts as p (case_pseudonym, person, since, acts) values ($1, $2, $3, 1)
     on conflict (case_pseudonym, person) do update set
       since = case when p.since > $4 then p.since else $3 end,
       acts = case when p.since > $4 then p.acts + 1 else 1 end
     where p.since <= $4 or p.acts < $5 returning since`,
    [casePseudonym, person, now, now - WINDOW_SECONDS, isChoice ? MOST_CHOICES : MOST_ACTS],
  );
  if (counted.length > 0) return;
  const [full]: { since: number }[] = await tx.query(
    'select since from person_acts where case_pseudonym = $1 and person = $2',
    [casePseudonym, person],
  );
  const left = (full?.since ?? now) + WINDOW_SECONDS - now;
  throw new Refused('too_many_requests', { retryAfterSeconds: Math.max(1, left) });
}
