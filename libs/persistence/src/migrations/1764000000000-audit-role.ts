import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Why: whoever audits the database against the public files gets a role that can read what that takes and write
 * nothing; and every server that starts holds the newest cosignatures, which are public, against the files. Locks: none that matter, grants only. Back-fill: none. Undo: revoke what is granted here.
 */
export class AuditRole1764000000000 implements MigrationInterface {
  readonly name = 'AuditRole1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(GRANTS);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}

const GRANTS = `
grant usage on schema public to sc_audit;
grant select on log_state, log_batches, log_sequence, log_checkpoints, log_quorums, log_outbox, event_payloads,
  log_cover_keys to sc_audit;
grant select on log_cosignatures to sc_intake, sc_desk, sc_audit;
grant select (pseudonym, event_number, last_commitment) on cases to sc_audit;
`;
