import { PHASES, RULES } from '@app/casework';
import { toHex } from '@app/encoding';
import type { JobQueues } from '@app/jobs';
import type { UnitOfWork } from '@app/persistence';
import type { Clock } from '@app/platform';
import { findDueCases, findUnassigned } from './cases.queries.js';

const ASSIGNABLE = PHASES.filter((phase) => RULES.ASSIGNED.moves[phase] !== undefined);
/** A job that failed for good is asked for again after this. */
const AGAIN_SECONDS = 60;
/** A newer case has its job on the way. */
const GRACE_SECONDS = 5;

/**
 * Finds what is to be done by looking at the cases themselves, so that no lost message, crash or standstill can make
 * a deadline or a case be forgotten.
 */
export class WatchService {
  readonly #work: UnitOfWork;
  readonly #queues: Pick<JobQueues, 'add'>;
  readonly #clock: Clock;

  constructor(work: UnitOfWork, queues: Pick<JobQueues, 'add'>, clock: Clock) {
    this.#work = work;
    this.#queues = queues;
    this.#clock = clock;
  }

  async watch(): Promise<void> {
    const now = this.#clock.now();
    const round = String(Math.floor(now / AGAIN_SECONDS));
    const { due, unassigned } = await this.#work.read(async (tx) => ({
      due: await findDueCases(tx, now),
      unassigned: await findUnassigned(tx, ASSIGNABLE, now - GRACE_SECONDS),
    }));
    for (const { pseudonym, nextDeadline } of due) {
      await this.#queues.add('clock.lapse', { case: toHex(pseudonym) }, `${String(nextDeadline)}-${round}`);
    }
    for (const { pseudonym } of unassigned) {
      await this.#queues.add('triage.assign', { case: toHex(pseudonym) }, round);
    }
  }
}
