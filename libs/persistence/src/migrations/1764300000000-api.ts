import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Why: a write that is sent again has one effect; queues are read in the order of what is due; a holder finds her
 * boxes; and who listens for events finds those that are new. Locks: building the indexes keeps writers of `cases`,
 * `epoch_boxes` and `log_outbox` waiting, a second for each hundred thousand rows or so. Back-fill: none. Undo: drop
 * the table, the indexes and the grants.
 *
 * A key stands for what was done under it and names it; the answer is made again from that. So nothing lies here that
 * is not in the ledger's tables, and erasing there is enough.
 */
export class Api1764300000000 implements MigrationInterface {
  readonly name = 'Api1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [IDEMPOTENCY, LISTS]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}

const IDEMPOTENCY = `
create table idempotency_keys (
  key_hash bytes32 constraint idempotency_keys_pkey primary key,
  request_hash bytes32 not null,
  effect jsonb not null,
  stored_at instant not null
);
create index idempotency_keys_stored_at_idx on idempotency_keys (stored_at);
create trigger idempotency_keys_no_update before update on idempotency_keys for each row execute function refuse_change();
create trigger idempotency_keys_no_truncate before truncate on idempotency_keys for each statement execute function refuse_change();
grant select, insert on idempotency_keys to sc_desk;
grant select, delete on idempotency_keys to sc_worker;
`;

/** A case without a deadline comes after all others: 2^53 - 1, the largest number that every client reads exactly. */
const LISTS = `
create index cases_role_due_idx on cases (role_id, (coalesce(next_deadline, 9007199254740991)), pseudonym);
create index cases_routed_due_idx on cases (routed_to, (coalesce(next_deadline, 9007199254740991)), pseudonym)
  where routed_to is not null;
drop index cases_role_idx;
drop index cases_routed_to_idx;
create index log_outbox_txid_idx on log_outbox (txid, id);
create index epoch_boxes_holder_idx on epoch_boxes (certificate_hash, role_id, epoch);
`;
