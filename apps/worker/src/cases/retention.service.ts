import { toHex } from '@app/encoding';
import type { UnitOfWork } from '@app/persistence';
import type { Clock } from '@app/platform';
import { raiseAlarm } from '../alarms.js';
import { findErasable } from './cases.queries.js';

/**
 * Tells that the day of a case has come, once for each day it was given: custodians have it in their list, oversight
 * among the alarms. Nothing is erased here: that is two people's signed act (libs/casework SPEC §9).
 */
export class RetentionService {
  readonly #work: UnitOfWork;
  readonly #clock: Clock;

  constructor(work: UnitOfWork, clock: Clock) {
    this.#work = work;
    this.#clock = clock;
  }

  async watch(): Promise<void> {
    const now = this.#clock.now();
    await this.#work.run(async (tx) => {
      for (const { pseudonym, due } of await findErasable(tx, now))
        await raiseAlarm(tx, 'retention_due', `${toHex(pseudonym)}:${String(due)}`, now);
    });
  }
}
