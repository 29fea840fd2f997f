/**
 * The single table of queues. A payload holds ids and nothing else: job data lies in clear in the queue's store.
 *
 * Every processor may be run twice for the same job, after a crash or a duplicate delivery, and must then have one
 * effect. `jobId` only spares work: an addition under an id that the store still has is dropped.
 *
 * A job whose attempts are used up becomes a dead letter (dead-letters.ts), and its `alarm` is raised with it.
 */
import { idSchema } from '@app/contracts';
import { z } from 'zod';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

type Schema = z.ZodType<Readonly<Record<string, string>>>;

/** Raised when a job has failed for good; its subject is the dead letter. */
export type JobAlarm =
  | 'ledger_stands_still'
  | 'watch_stands_still'
  | 'lapse_failed'
  | 'assignment_failed'
  | 'directory_stands_still'
  | 'sweep_stands_still'
  | 'notices_stand_still'
  | 'retention_stands_still'
  | 'notice_failed';

export type QueueSpec<S extends Schema = Schema> = {
  readonly payload: S;
  /**
   * How often a failing job runs in all; a crash of the worker does not count. Of a periodic one, how many starts in
   * a row may fail.
   */
  readonly attempts: number;
  /** Started again by its scheduler, so never run a second time for one start. */
  readonly isPeriodic: boolean;
  readonly alarm: JobAlarm;
  /** The first pause before another attempt; it doubles each time. */
  readonly backoffMs: number;
  /** After this the attempt counts as failed; its signal is aborted. */
  readonly timeoutSeconds: number;
  readonly concurrency: number;
  readonly keepCompletedSeconds: number;
  /** The job id of an addition that does not come from the outbox, whose ids are `outbox-<row id>`. */
  readonly jobId: (payload: z.output<S>, occasion: string) => string;
};

const nothing = z.strictObject({});
const oneCase = z.strictObject({ case: idSchema });

/** A notice is known by whom it is for, a hash, and its time, Unix seconds. */
const oneNotice = z.strictObject({ recipient: idSchema, slot: z.string().regex(/^[0-9]{1,12}$/) });

const spec = <S extends Schema>(queue: QueueSpec<S>): QueueSpec<S> => queue;

/** Started by a scheduler: one at a time, no second attempt because the next start is near. */
const periodic = (alarm: JobAlarm, timeoutSeconds: number): QueueSpec<typeof nothing> =>
  spec({
    payload: nothing,
    attempts: 5,
    isPeriodic: true,
    alarm,
    backoffMs: 0,
    timeoutSeconds,
    concurrency: 1,
    keepCompletedSeconds: 0,
    jobId: (_, occasion) => `once-${occasion}`,
  });

/** About one case; its job is forgotten soon, so that the watch can ask again, and so that few are kept. */
const perCase = (alarm: JobAlarm, attempts: number): QueueSpec<typeof oneCase> =>
  spec({
    payload: oneCase,
    attempts,
    isPeriodic: false,
    alarm,
    backoffMs: 500,
    timeoutSeconds: 10,
    concurrency: 4,
    keepCompletedSeconds: MINUTE,
    jobId: (payload, occasion) => `${payload.case}-${occasion}`,
  });

export const QUEUES = {
  /** Sequences what waits for the ledger, and publishes. */
  'ledger.tick': periodic('ledger_stands_still', 60),
  /** Finds cases whose next deadline has passed, and cases that nobody has been given. */
  'clock.watch': periodic('watch_stands_still', 30),
  /** Records the lapses of one case. */
  'clock.lapse': perCase('lapse_failed', 5),
  /** Gives one case to a member of the role it is addressed to. */
  'triage.assign': perCase('assignment_failed', 5),
  /** Imports KEYSET, policies, vaults and epoch boxes when they changed. */
  'directory.refresh': periodic('directory_stands_still', 30),
  /** Deletes what was never used and what has expired. */
  'store.sweep': periodic('sweep_stands_still', 5 * MINUTE),
  /** Asks for the notices of the current slot. */
  'notice.watch': periodic('notices_stand_still', 30),
  /** Says which cases custodians may erase, or are to review. Erases nothing. */
  'retention.watch': periodic('retention_stands_still', 60),
  /** Sends one notice. Its pauses add up to half an hour. */
  'notice.send': spec({
    payload: oneNotice,
    attempts: 8,
    isPeriodic: false,
    alarm: 'notice_failed',
    backoffMs: 15_000,
    timeoutSeconds: MINUTE,
    concurrency: 2,
    keepCompletedSeconds: HOUR,
    jobId: ({ recipient, slot }) => `${recipient}-${slot}`,
  }),
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
