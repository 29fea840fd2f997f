/**
 * Work that becomes real with the transaction that asks for it, or not at all. A door of its own: the processes that
 * face people ask for work and cannot reach the queue's store.
 */
import type { Tx } from '@app/persistence';
import { type Payload, type QueueName, queueSpec } from './queues.js';

/** Adds a job in the caller's transaction. Throws, and so undoes it, if the payload is anything but ids. */
export async function enqueue<Q extends QueueName>(tx: Tx, queue: Q, payload: Payload<Q>): Promise<void> {
  const ids = queueSpec(queue).payload.parse(payload);
  await tx.query(
    `insert into outbox (queue, payload, created_at) values ($1, $2, extract(epoch from now())::bigint)`,
    [queue, JSON.stringify(ids)],
  );
}
