import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Why: the audit holds what the servers decide from against the events it comes from: the stored state of each case,
 * whose mailbox it is, its POLICY, and whether its escalation box is held back. Locks: none that matter, grants only.
 * Back-fill: none. Undo: revoke what is granted here.
 */
export class AuditCases1764150000000 implements MigrationInterface {
  readonly name = 'AuditCases1764150000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
grant select (state, phase, escalated, role_id, routed_to, assignee, policy_hash, next_deadline, received_at,
  mailbox_id, mailbox_key, submission_hash) on cases to sc_audit;
grant select (case_pseudonym) on escalation_boxes to sc_audit;
grant select on policies to sc_audit;
`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}
