import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Why: a case that its reporter opens again leaves the office it was routed to. Locks: none that matter.
 * Back-fill: none. Undo: revoke the grant.
 */
export class WholeLife1764500000000 implements MigrationInterface {
  readonly name = 'WholeLife1764500000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('grant update (routed_to) on cases to sc_intake');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}
