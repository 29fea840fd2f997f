/**
 * Work that becomes real with the transaction that asks for it, or not at all. A door of its own: the processes that
 * face people ask for work and cannot reach the queue's store.
 */
import type { Tx } from '@app/persistence';
import { isQueueName, type Payload, type QueueName, queueSpec } from './queues.js';

/** Adds a job in the caller's transaction. Throws, and so undoes it, if the payload is anything but ids. */
export async function enqueue<Q extends QueueName>(tx: Tx, queue: Q, payload: Payload<Q>): Promise<void> {
  const ids = queueSpec(queue).payload.parse(payload);
  await tx.query(
    `insert into outbox (queue, payload, created_at) values ($1, $2, extract(epoch from now())::bigint)`,
    [queue, JSON.stringify(ids)],
  );
}

/** Who settles a dead letter, and when. */
export type Settlement = { readonly certificate: Uint8Array; readonly at: number };

/** `stale`: its queue or payload is of another version, so that the job could not run. */
export type Settled = 'done' | 'unknown' | 'settled_before' | 'stale';

/**
 * Gives a dead letter's job to its queue again, in the caller's transaction. However many do so at once, one does.
 * @param id - 16 bytes.
 */
export async function redrive(tx: Tx, id: Uint8Array, by: Settlement): Promise<Settled> {
  const letter = await letterForUpdate(tx, id);
  if (letter === undefined) return 'unknown';
  if (letter.state !== 'open') return 'settled_before';
  if (!isQueueName(letter.queue)) return 'stale';
  const payload = queueSpec(letter.queue).payload.safeParse(letter.payload);
  if (!payload.success) return 'stale';
  await settle(tx, id, by, 'redriven');
  await enqueue(tx, letter.queue, payload.data as Payload<QueueName>);
  return 'done';
}

/** Lays a dead letter aside. @param reason - a code. */
export async function discard(
  tx: Tx,
  id: Uint8Array,
  reason: string,
  by: Settlement,
): Promise<Exclude<Settled, 'stale'>> {
  const letter = await letterForUpdate(tx, id);
  if (letter === undefined) return 'unknown';
  if (letter.state !== 'open') return 'settled_before';
  await settle(tx, id, by, 'discarded', reason);
  return 'done';
}

type Letter = { readonly queue: string; readonly payload: unknown; readonly state: string };

async function letterForUpdate(tx: Tx, id: Uint8Array): Promise<Letter | undefined> {
  const sql = 'select queue, payload, state from dead_letters where id = $1 for update';
  const [letter] = await tx.query<readonly Letter[]>(sql, [Buffer.from(id)]);
  return letter;
}

async function settle(
  tx: Tx,
  id: Uint8Array,
  { certificate, at }: Settlement,
  state: string,
  reason: string | null = null,
): Promise<void> {
  await tx.query(
    'update dead_letters set state = $2, reason = $3, settled_at = $4, settled_by = $5 where id = $1',
    [Buffer.from(id), state, reason, at, Buffer.from(certificate)],
  );
}
