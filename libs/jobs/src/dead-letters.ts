/** What failed for good is written down where it survives the queue, and a person is told. */
import type { Tx, UnitOfWork } from '@app/persistence';
import { type Clock, errorCode, type Log, type Random } from '@app/platform';
import type { DeadJob, JobQueues } from './job-queues.js';
import { Polling } from './polling.js';
import { type JobAlarm, queueSpec } from './queues.js';
import { throttled } from './throttled.js';

const POLL_MS = 5_000;
/** As the table has it. */
const ERROR_MAX = 200;

/** Raises an alarm in a transaction; the subject is the letter's id, hex. */
export type RaiseAlarm = (tx: Tx, alarm: JobAlarm, subject: string, now: number) => Promise<void>;

export type DeadLettersDeps = {
  readonly work: UnitOfWork;
  readonly queues: Pick<JobQueues, 'dead' | 'forget' | 'onDead'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
};

/**
 * Moves dead jobs from the queue to the database. The queue keeps a job until it is recorded, so a crash loses none;
 * and a job that is found twice is recorded once. Work that fails again and again, under ever new jobs, is one letter
 * with a count until somebody settles it.
 */
export class DeadLetters {
  readonly #deps: DeadLettersDeps;
  readonly #raise: RaiseAlarm;
  readonly #polling = new Polling(() => this.#pass(), POLL_MS);
  readonly #warn: (event: string, fields: { readonly code: string }) => void;

  constructor(deps: DeadLettersDeps, raise: RaiseAlarm) {
    this.#deps = deps;
    this.#raise = raise;
    this.#warn = throttled((event, fields) => {
      deps.log.warn(event, fields);
    });
  }

  start(): void {
    this.#deps.queues.onDead(() => {
      this.#polling.kick();
    });
    this.#polling.start();
  }

  /** Ends after the pass under way. */
  stop(): Promise<void> {
    return this.#polling.stop();
  }

  /** One pass over the dead jobs of now. @returns how many there were. */
  async collect(): Promise<number> {
    const { work, queues } = this.#deps;
    const dead = await queues.dead();
    for (const job of dead) {
      await work.run((tx) => this.#record(tx, job));
      // Crash here: the job is found again, and its letter with it.
      await queues.forget(job);
    }
    return dead.length;
  }

  async #record(tx: Tx, { queue, job, payload, error, attempts }: DeadJob): Promise<void> {
    const { random, clock } = this.#deps;
    const now = clock.now();
    const [letter] = await tx.query<readonly { id: string; failures: number }[]>(RECORD, [
      Buffer.from(random.bytes(16)),
      queue,
      job,
      payload === undefined ? null : JSON.stringify(payload),
      error.slice(0, ERROR_MAX),
      attempts,
      now,
    ]);
    if (letter?.failures === 1) await this.#raise(tx, queueSpec(queue).alarm, letter.id, now);
  }

  async #pass(): Promise<void> {
    try {
      await this.collect();
    } catch (error) {
      this.#warn('letters.failed', { code: errorCode(error) });
    }
  }
}

const RECORD = `
insert into dead_letters (id, queue, last_job, payload, error, attempts, failures, first_failed_at, failed_at)
select $1::bytea, $2::text, $3::text, $4::jsonb, $5::text, $6::int, 1, $7::bigint, $7::bigint
where not exists (select 1 from dead_letters where queue = $2 and last_job = $3)
on conflict (queue, payload) where state = 'open' do update
set failures = dead_letters.failures + 1, failed_at = excluded.failed_at, error = excluded.error,
    attempts = excluded.attempts, last_job = excluded.last_job
returning encode(id, 'hex') as id, failures`;
