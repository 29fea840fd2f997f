import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Why: jobs that failed for good, kept for the administrator. Locks: none that matter, the table is new. Back-fill:
 * none. Undo: drop the table; jobs that wait in it are lost with it.
 */
export class DeadLetters1764400000000 implements MigrationInterface {
  readonly name = 'DeadLetters1764400000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
create table dead_letters (
  id bytes16 constraint dead_letters_pkey primary key,
  queue text not null,
  last_job text not null,
  payload jsonb,
  error text not null check (length(error) <= 200),
  attempts integer not null check (attempts >= 0),
  failures integer not null check (failures > 0),
  first_failed_at instant not null,
  failed_at instant not null,
  state text not null default 'open' check (state in ('open', 'redriven', 'discarded')),
  reason text check (length(reason) <= 40),
  settled_at instant,
  settled_by bytes32,
  constraint dead_letters_settled_chk check ((state = 'open') = (settled_at is null)
    and (state = 'open') = (settled_by is null) and (state = 'discarded') = (reason is not null))
);
create unique index dead_letters_open_key on dead_letters (queue, payload) where state = 'open';
create index dead_letters_job_idx on dead_letters (queue, last_job);
create index dead_letters_state_idx on dead_letters (state, first_failed_at, id);
grant select, insert on dead_letters to sc_worker;
grant update (failures, failed_at, error, attempts, last_job) on dead_letters to sc_worker;
grant select on dead_letters to sc_desk;
grant update (state, reason, settled_at, settled_by) on dead_letters to sc_desk;
`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}
