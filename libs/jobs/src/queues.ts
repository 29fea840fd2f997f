/**
 * The single table of queues. A payload holds ids and nothing else: job data lies in clear in the queue's store.
 *
 * Every processor may be run twice for the same job, after a crash or a duplicate delivery, and must then have one
 * effect. `jobId` only spares work: an addition under an id that the store still has is dropped.
 */
import { idSchema } from '@app/contracts';
import { z } from 'zod';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

type Schema = z.ZodType<Readonly<Record<string, string>>>;

export type QueueSpec<S extends Schema = Schema> = {
  readonly payload: S;
  /** How often a failing job runs in all; a crash of the worker does not count. */
  readonly attempts: number;
  /** The first pause before another attempt; it doubles each time. */
  readonly backoffMs: number;
  /** After this the attempt counts as failed; its signal is aborted. */
  readonly timeoutSeconds: number;
  readonly concurrency: number;
  readonly keepCompletedSeconds: number;
  readonly keepFailedSeconds: number;
  /** The job id of an addition that does not come from the outbox, whose ids are `outbox-<row id>`. */
  readonly jobId: (payload: z.output<S>, occasion: string) => string;
};

const nothing = z.strictObject({});
const oneCase = z.strictObject({ case: idSchema });

const spec = <S extends Schema>(queue: QueueSpec<S>): QueueSpec<S> => queue;

/** Started by a scheduler: one at a time, no second attempt because the next start is near. */
const periodic = (timeoutSeconds: number): QueueSpec<typeof nothing> =>
  spec({
    payload: nothing,
    attempts: 1,
    backoffMs: 0,
    timeoutSeconds,
    concurrency: 1,
    keepCompletedSeconds: 0,
    keepFailedSeconds: HOUR,
    jobId: (_, occasion) => `once-${occasion}`,
  });

/** About one case; its job is forgotten soon, so that the watch can ask again, and so that few are kept. */
const perCase = (attempts: number): QueueSpec<typeof oneCase> =>
  spec({
    payload: oneCase,
    attempts,
    backoffMs: 500,
    timeoutSeconds: 10,
    concurrency: 4,
    keepCompletedSeconds: MINUTE,
    keepFailedSeconds: MINUTE,
    jobId: (payload, occasion) => `${payload.case}-${occasion}`,
  });

export const QUEUES = {
  /** Sequences what waits for the ledger, and publishes. */
  'ledger.tick': periodic(60),
  /** Finds cases whose next deadline has passed, and cases that nobody has been given. */
  'clock.watch': periodic(30),
  /** Records the lapses of one case. */
  'clock.lapse': perCase(5),
  /** Gives one case to a member of the role it is addressed to. */
  'triage.assign': perCase(5),
  /** Imports KEYSET, policies, vaults and epoch boxes when they changed. */
  'directory.refresh': periodic(30),
  /** Deletes what was never used and what has expired. */
  'store.sweep': periodic(5 * MINUTE),
} as const;

export type QueueName = keyof typeof QUEUES;
export type Payload<Q extends QueueName> = z.output<(typeof QUEUES)[Q]['payload']>;

export const QUEUE_NAMES = Object.keys(QUEUES) as readonly QueueName[];

export function isQueueName(name: string): name is QueueName {
  return Object.hasOwn(QUEUES, name);
}

/** The table's entry, its payload type forgotten: for code that serves every queue alike. */
export function queueSpec(name: QueueName): QueueSpec {
  return QUEUES[name];
}
