import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Why: the audit compares stored KEYSETs with their entries. Locks: none that lasts. Back-fill: none. Undo: revoke. */
export class AuditKeysets1765300000000 implements MigrationInterface {
  readonly name = 'AuditKeysets1765300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('grant select on keysets to sc_audit');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}
