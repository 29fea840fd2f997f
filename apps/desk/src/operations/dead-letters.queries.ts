import { DeadLetterRow, type Tx } from '@app/persistence';

/** Dead letters in one state after a given one, the oldest first; none if there is no such letter. */
export function lettersAfter(
  tx: Tx,
  state: DeadLetterRow['state'],
  after: Buffer | undefined,
  limit: number,
): Promise<DeadLetterRow[]> {
  // Uses dead_letters_state_idx. The first failure never changes, so a page stays where it was.
  const query = tx.createQueryBuilder(DeadLetterRow, 'l').where('l.state = :state', { state });
  if (after !== undefined) {
    query.andWhere(
      '(l.first_failed_at, l.id) > (select a.first_failed_at, a.id from dead_letters a where a.id = :after)',
      { after },
    );
  }
  return query.orderBy('l.first_failed_at').addOrderBy('l.id').limit(limit).getMany();
}
