import type { UnitOfWork } from '@app/persistence';
import type { Clock } from '@app/platform';

const UNUSED_SECONDS = 86_400;
/** Longer than a slot can be current. */
const NOTICE_SECONDS = 7 * 86_400;

/** Deletes what no case ever named and what can no longer be used. */
export class SweepService {
  readonly #work: UnitOfWork;
  readonly #clock: Clock;

  constructor(work: UnitOfWork, clock: Clock) {
    this.#work = work;
    this.#clock = clock;
  }

  async sweep(): Promise<void> {
    const now = this.#clock.now();
    await this.#work.run(async (tx) => {
      await tx.query('delete from nonces where expires_at < $1', [now]);
      await tx.query('delete from staff_sessions where expires_at < $1', [now]);
      await tx.query('delete from unlock_attempts where closed_until < $1', [now - UNUSED_SECONDS]);
      await tx.query('delete from idempotency_keys where stored_at < $1', [now - UNUSED_SECONDS]);
      await tx.query('delete from notices where slot < $1', [now - NOTICE_SECONDS]);
    });
    // A submission that names such a blob at this moment makes the deletion fail, and the next sweep leaves it alone.
    await this.#work.run((tx) =>
      tx.query(
        `delete from blobs b where b.reserved_at < $1
         and not exists (select 1 from case_blobs c where c.blob_id = b.id)`,
        [now - UNUSED_SECONDS],
      ),
    );
  }
}
