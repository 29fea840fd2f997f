import { hasCap } from '@app/casework';
import type { DeadLetterPage, deadLettersQuerySchema } from '@app/contracts';
import { fromHex, toHex } from '@app/encoding';
import { discard, redrive, type Settled, type Settlement } from '@app/jobs/enqueue';
import { type DeadLetterRow, once, type Tx, UnitOfWork } from '@app/persistence';
import { type Clock, CLOCK, Refused } from '@app/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { Repeatable } from '../request-headers.js';
import type { Staff } from '../session/staff.guard.js';
import { lettersAfter } from './dead-letters.queries.js';

/** What the administrator does about jobs that failed for good: what they were about stays hidden from her. */
@Injectable()
export class DeadLettersService {
  readonly #work: UnitOfWork;
  readonly #clock: Clock;

  constructor(work: UnitOfWork, @Inject(CLOCK) clock: Clock) {
    this.#work = work;
    this.#clock = clock;
  }

  list(
    staff: Staff,
    { state, after, limit }: z.output<typeof deadLettersQuerySchema>,
  ): Promise<DeadLetterPage> {
    checkAdministers(staff);
    const from = after === undefined ? undefined : Buffer.from(fromHex(after, 'after', 16));
    return this.#work.read(async (tx) => {
      const rows = await lettersAfter(tx, state, from, limit + 1);
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        letters: page.map(shown),
        next: rows.length > limit && last !== undefined ? toHex(last.id) : null,
      };
    });
  }

  redrive(staff: Staff, letter: string, repeatable: Repeatable): Promise<void> {
    return this.#settle(staff, letter, repeatable, redrive);
  }

  discard(staff: Staff, letter: string, reason: string, repeatable: Repeatable): Promise<void> {
    return this.#settle(staff, letter, repeatable, (tx, id, by) => discard(tx, id, reason, by));
  }

  async #settle(
    staff: Staff,
    letter: string,
    repeatable: Repeatable,
    how: (tx: Tx, id: Uint8Array, by: Settlement) => Promise<Settled>,
  ): Promise<void> {
    checkAdministers(staff);
    const now = this.#clock.now();
    const by = { certificate: staff.certificate.hash, at: now };
    await this.#work.run((tx) =>
      once(tx, { ...repeatable, now }, async () => {
        const settled = await how(tx, fromHex(letter, 'letter', 16), by);
        if (settled === 'unknown') throw new Refused('not_found');
        if (settled !== 'done') throw new Refused('not_allowed_now');
        return null;
      }),
    );
  }
}

function shown(row: DeadLetterRow): DeadLetterPage['letters'][number] {
  const { id, queue, error, attempts, failures, firstFailedAt, failedAt, state, reason, settledAt } = row;
  return {
    id: toHex(id),
    queue,
    error,
    attempts,
    failures,
    firstFailedAt,
    failedAt,
    state,
    reason,
    settledAt,
  };
}

function checkAdministers({ actor }: Staff): void {
  if (actor.roleKind !== 'administrator' || !hasCap(actor, 'administer')) throw new Refused('not_found');
}
