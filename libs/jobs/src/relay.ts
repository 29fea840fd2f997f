/** From the outbox to the queue. */
import type { UnitOfWork } from '@app/persistence';
import { errorCode, type Log } from '@app/platform';
import type { Delivery, JobQueues } from './job-queues.js';
import { Polling } from './polling.js';
import { isQueueName, queueSpec } from './queues.js';
import { throttled } from './throttled.js';

const BATCH = 100;
const POLL_MS = 200;

type Waiting = { readonly id: number; readonly queue: string; readonly payload: unknown };

/**
 * Moves outbox rows to the queue. A row is deleted only after the queue has it, and it goes there under an id of its
 * own: a crash before the addition, between addition and deletion, or after it loses nothing and doubles nothing.
 */
export class Relay {
  readonly #work: UnitOfWork;
  readonly #queues: Pick<JobQueues, 'deliver'>;
  readonly #warn: (event: string, fields: { readonly code: string }) => void;
  readonly #polling = new Polling(() => this.#pass(), POLL_MS);

  constructor(work: UnitOfWork, queues: Pick<JobQueues, 'deliver'>, log: Log) {
    this.#work = work;
    this.#queues = queues;
    this.#warn = throttled((event, fields) => {
      log.warn(event, fields);
    });
  }

  start(): void {
    this.#polling.start();
  }

  /** Looks at once instead of at the next poll. */
  kick(): void {
    this.#polling.kick();
  }

  /** Ends after the pass under way. */
  stop(): Promise<void> {
    return this.#polling.stop();
  }

  /** One pass over everything that waits now. @returns how many rows were moved. */
  async drain(): Promise<number> {
    let moved = 0;
    for (let after = 0; ;) {
      const rows = await this.#waitingAfter(after);
      const deliveries = rows.flatMap((row) => this.#delivery(row));
      await this.#queues.deliver(deliveries);
      // Crash here: the rows are still there, go again under the same ids, and the queue drops them.
      const ids = deliveries.map(({ outboxId }) => outboxId);
      await this.#work.run((tx) => tx.query('delete from outbox where id = any($1)', [ids]));
      moved += ids.length;
      const last = rows.at(-1);
      if (last === undefined || rows.length < BATCH) return moved;
      after = last.id;
    }
  }

  #waitingAfter(id: number): Promise<readonly Waiting[]> {
    const sql = 'select id, queue, payload from outbox where id > $1 order by id limit $2';
    return this.#work.read((tx) => tx.query<readonly Waiting[]>(sql, [id, BATCH]));
  }

  /** A row of another version's queue or shape stays where it is, and is reported. */
  #delivery({ id, queue, payload }: Waiting): readonly Delivery[] {
    if (!isQueueName(queue)) {
      this.#warn('relay.skipped', { code: 'queue_unknown' });
      return [];
    }
    const parsed = queueSpec(queue).payload.safeParse(payload);
    if (parsed.success) return [{ outboxId: id, queue, payload: parsed.data }];
    this.#warn('relay.skipped', { code: 'payload_invalid' });
    return [];
  }

  async #pass(): Promise<void> {
    try {
      await this.drain();
    } catch (error) {
      this.#warn('relay.failed', { code: errorCode(error) });
    }
  }
}
