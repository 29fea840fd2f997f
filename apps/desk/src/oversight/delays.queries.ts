import type { Delays } from '@app/contracts';
import type { Tx } from '@app/persistence';

/** Nearest-rank percentiles of the delays recorded in [from, to). Uses lapse_delays_recorded_idx. */
export async function delaysBetween(tx: Tx, from: number, to: number): Promise<Delays> {
  const [row] = await tx.query<readonly Delays[]>(
    `select count(*) as count, max(d) as "maxSeconds",
            percentile_disc(0.5) within group (order by d) as "p50Seconds",
            percentile_disc(0.95) within group (order by d) as "p95Seconds"
     from (select recorded_at - due_at as d from lapse_delays where recorded_at >= $1 and recorded_at < $2) delays`,
    [from, to],
  );
  return row ?? { count: 0, maxSeconds: null, p50Seconds: null, p95Seconds: null };
}
