import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Why: what a mechanism was referred, found by its role. Locks: building the index keeps writers of `cases` waiting, a
 * second for each hundred thousand rows or so. Back-fill: none. Undo: drop the index.
 */
export class Referrals1765100000000 implements MigrationInterface {
  readonly name = 'Referrals1765100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create index cases_referrals_idx on cases using gin ((state -> 'referrals') jsonb_path_ops)`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}
