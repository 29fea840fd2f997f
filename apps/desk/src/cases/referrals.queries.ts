/** Cases of which a mechanism was given an extract. */
import { CaseRow, type Tx } from '@app/persistence';
import { In } from 'typeorm';

/** By pseudonym, after one. Index: cases_referrals_idx; a mechanism has few, so they are sorted as they come. */
export async function casesReferredTo(
  tx: Tx,
  role: string,
  after: Buffer | undefined,
  limit: number,
): Promise<CaseRow[]> {
  const keys: { pseudonym: Buffer }[] = await tx.query(
    `select pseudonym from cases where state -> 'referrals' @> $1::jsonb and pseudonym > $2
     order by pseudonym limit $3`,
    [JSON.stringify([{ role }]), after ?? Buffer.alloc(0), limit],
  );
  return tx.find(CaseRow, {
    where: { pseudonym: In(keys.map(({ pseudonym }) => pseudonym)) },
    order: { pseudonym: 'ASC' },
  });
}
