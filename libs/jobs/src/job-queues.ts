import { errorCode, type Log } from '@app/platform';
import { UnrecoverableError, type JobsOptions } from 'bullmq';
import type { QueueStore } from './config.js';
import { type Payload, type QueueName, QUEUE_NAMES, type QueueSpec, queueSpec } from './queues.js';
import {
  type FailedJob,
  openStore,
  type Store,
  type StoredJob,
  type StoredQueue,
  type StoreWorker,
} from './store.js';
import { type Report, throttled } from './throttled.js';

export type JobContext = {
  /** Aborted when the job has run out of time. */
  readonly signal: AbortSignal;
  /** 1, 2, 3… */
  readonly attempt: number;
};

/** One effect however often it runs for the same payload. */
export type Processor<Q extends QueueName> = (payload: Payload<Q>, context: JobContext) => Promise<void>;

/** An outbox row on its way. */
export type Delivery = {
  readonly outboxId: number;
  readonly queue: QueueName;
  readonly payload: Readonly<Record<string, string>>;
};

/** A job that has failed for good, or a periodic one whose starts fail in a row. */
export type DeadJob = {
  readonly queue: QueueName;
  /** Its id in the queue. */
  readonly job: string;
  /** Undefined if it is not a payload of this queue, so that it could never run. */
  readonly payload: Readonly<Record<string, string>> | undefined;
  /** Codes of its last error. */
  readonly error: string;
  readonly attempts: number;
};

/** Dead jobs of one queue that are told at once; the others are told after these are forgotten. */
const DEAD_BATCH = 100;
const READY_MS = 15_000;
const CLOSE_MS = 10_000;

/**
 * Every queue of the table on one store. What a job leaves in the store is its payload, and of a failure the codes of
 * its errors: never a message, a stack or data.
 */
export class JobQueues {
  readonly #store: Store;
  readonly #report: Report;
  readonly #queues: ReadonlyMap<QueueName, StoredQueue>;
  readonly #workers: StoreWorker[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #failedStarts = new Map<QueueName, number>();
  readonly #standing = new Map<QueueName, DeadJob>();
  #onDead: () => void = () => undefined;

  private constructor(store: Store, log: Log) {
    this.#store = store;
    this.#report = throttled((event, fields) => {
      log.warn(event, fields);
    });
    store.onError((error) => {
      this.#report('queue.error', { code: errorCode(error) });
    });
    this.#queues = new Map(QUEUE_NAMES.map((name) => [name, this.#listened(name, store.makeQueue(name))]));
  }

  /** @throws Error with code `queue_unreachable` if the store does not answer in time, or the driver's own. */
  static async open(store: QueueStore, log: Log): Promise<JobQueues> {
    const queues = new JobQueues(await openStore(store), log);
    try {
      await within(READY_MS, 'queue_unreachable', () =>
        Promise.all([...queues.#queues.values()].map((queue) => queue.waitUntilReady())),
      );
    } catch (error) {
      await queues.close();
      throw error;
    }
    return queues;
  }

  /**
   * Adds a job that no transaction asked for.
   * @param occasion - added again for the same payload and occasion, the job is there once.
   */
  async add<Q extends QueueName>(
    queue: Q,
    payload: Payload<Q>,
    occasion: string,
    delaySeconds = 0,
  ): Promise<void> {
    const spec = queueSpec(queue);
    const data = spec.payload.parse(payload);
    const jobId = spec.jobId(data, occasion);
    await this.#queue(queue).addBulk([
      { name: queue, data, opts: { ...optionsOf(spec), jobId, delay: delaySeconds * 1000 } },
    ]);
  }

  /** Hands over outbox rows; a row that was handed over before is dropped by its id. */
  async deliver(deliveries: readonly Delivery[]): Promise<void> {
    for (const queue of new Set(deliveries.map((delivery) => delivery.queue))) {
      const group = deliveries.filter((delivery) => delivery.queue === queue);
      const options = optionsOf(queueSpec(queue));
      await this.#queue(queue).addBulk(
        group.map(({ outboxId, payload }) => ({
          name: queue,
          data: payload,
          opts: { ...options, jobId: `outbox-${String(outboxId)}` },
        })),
      );
    }
  }

  /** Starts the queue's processor every so many seconds, whichever process is there; replaces the former rhythm. */
  async every(queue: QueueName, seconds: number): Promise<void> {
    const template = { name: queue, data: {}, opts: optionsOf(queueSpec(queue)) };
    await this.#queue(queue).upsertJobScheduler(queue, { every: seconds * 1000 }, template);
  }

  /** Starts to process a queue. @returns once the worker listens. */
  async work<Q extends QueueName>(queue: Q, processor: Processor<Q>): Promise<void> {
    const spec = queueSpec(queue);
    const run = (job: StoredJob): Promise<void> => this.#run(spec, processor, job);
    const worker = this.#store.makeWorker(queue, run, spec.concurrency);
    this.#listened(queue, worker);
    worker.on('failed', (job, error) => {
      const code = errorText(error);
      const attempt = job?.attemptsMade ?? 0;
      this.#report('job.failed', { queue, attempt, code });
      if (spec.isPeriodic) this.#countFailedStart(queue, code);
      else if (attempt >= spec.attempts || error instanceof UnrecoverableError) this.#onDead();
    });
    if (spec.isPeriodic) worker.on('completed', () => this.#failedStarts.delete(queue));
    worker.on('stalled', () => {
      this.#report('job.stalled', { queue, code: 'worker_lost' });
    });
    this.#workers.push(worker);
    await within(READY_MS, 'queue_unreachable', () => worker.waitUntilReady());
  }

  /** Calls back whenever there may be a dead job. */
  onDead(listener: () => void): void {
    this.#onDead = listener;
  }

  /** The dead jobs, each told until it is forgotten, whichever process ran it and whatever has crashed since. */
  async dead(): Promise<readonly DeadJob[]> {
    const found: DeadJob[] = [...this.#standing.values()];
    for (const queue of QUEUE_NAMES.filter((name) => !queueSpec(name).isPeriodic)) {
      const failed = await this.#queue(queue).getFailed(0, DEAD_BATCH - 1);
      found.push(...failed.flatMap((job) => deadJob(queue, job)));
    }
    return found;
  }

  /** Removes a dead job. */
  async forget({ queue, job }: DeadJob): Promise<void> {
    if (queueSpec(queue).isPeriodic) this.#standing.delete(queue);
    else await this.#queue(queue).remove(job);
  }

  /** Lets running jobs end, takes no new ones, then closes workers, queues and connections, in this order. */
  async close(): Promise<void> {
    const ended = Promise.allSettled(this.#workers.map((worker) => worker.close()));
    await within(CLOSE_MS, 'close_slow', () => Promise.all([ended, Promise.allSettled(this.#running)])).catch(
      () => Promise.allSettled(this.#workers.map((worker) => worker.close(true))),
    );
    await Promise.allSettled([...this.#queues.values()].map((queue) => queue.close()));
    await this.#store.end();
  }

  async #run(spec: QueueSpec, processor: Processor<QueueName>, job: StoredJob): Promise<void> {
    const parsed = spec.payload.safeParse(job.data);
    if (!parsed.success) throw new UnrecoverableError('payload_invalid');
    const expired = new AbortController();
    const context = { signal: expired.signal, attempt: job.attemptsMade + 1 };
    const work = processor(parsed.data as Payload<QueueName>, context);
    const settled = work.catch(() => undefined).finally(() => this.#running.delete(settled));
    this.#running.add(settled);
    try {
      await within(spec.timeoutSeconds * 1000, 'timeout', () => work);
    } catch (error) {
      expired.abort();
      throw codeOnly(error);
    }
  }

  #countFailedStart(queue: QueueName, error: string): void {
    const { attempts } = queueSpec(queue);
    const failed = (this.#failedStarts.get(queue) ?? 0) + 1;
    this.#failedStarts.set(queue, failed);
    if (failed % attempts !== 0) return;
    const job = `${queue}-${String(failed)}-${String(Date.now())}`;
    this.#standing.set(queue, { queue, job, payload: {}, error, attempts: failed });
    this.#onDead();
  }

  #queue(name: QueueName): StoredQueue {
    return this.#queues.get(name) as StoredQueue;
  }

  #listened<T extends StoredQueue | StoreWorker>(queue: QueueName, emitter: T): T {
    emitter.on('error', (error: unknown) => {
      this.#report('queue.error', { queue, code: errorCode(error) });
    });
    return emitter;
  }
}

function optionsOf(spec: QueueSpec): JobsOptions {
  // By age alone: PostgreSQL would find a number of them anew, among all that are kept, for every job that ends.
  const keep = (seconds: number) => (seconds === 0 ? true : { age: seconds });
  return {
    attempts: spec.isPeriodic ? 1 : spec.attempts,
    backoff: { type: 'exponential', delay: spec.backoffMs, jitter: 0.5 },
    removeOnComplete: keep(spec.keepCompletedSeconds),
    // Kept until it is forgotten: it may be the only trace of the work.
    removeOnFail: spec.isPeriodic,
    stackTraceLimit: 1,
  };
}

function deadJob(queue: QueueName, { id, data, failedReason, attemptsMade }: FailedJob): readonly DeadJob[] {
  if (id === undefined) return [];
  const error = SAFE_REASON.test(failedReason) ? failedReason : 'unknown';
  return [
    { queue, job: id, payload: queueSpec(queue).payload.safeParse(data).data, error, attempts: attemptsMade },
  ];
}

/** As `errorCode` makes it; what the queue itself says of a job is a sentence. */
const SAFE_REASON = /^[A-Za-z0-9_.:-]+( > [A-Za-z0-9_.:-]+)*$/;

/** What the store may keep of a failure. */
function codeOnly(error: unknown): Error {
  const failure = new Error(errorCode(error));
  failure.name = 'JobFailed';
  failure.stack = failure.message;
  return failure;
}

function errorText(error: Error): string {
  return error.name === 'JobFailed' || error instanceof UnrecoverableError ? error.message : errorCode(error);
}

async function within<T>(ms: number, code: string, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(Object.assign(new Error(code), { code }));
    }, ms);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
