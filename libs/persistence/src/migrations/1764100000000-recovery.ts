import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Why: a database restored from a backup takes back, from a mirror, the entries of the ledger that it lost.
 * Locks: none that matter, the table is new. Back-fill: none. Undo: drop the table while it is empty.
 *
 * `random` and `opening` are there for cover, whose key was in the backup; without them the entry is public, or an
 * event that is lost.
 */
export class Recovery1764100000000 implements MigrationInterface {
  readonly name = 'Recovery1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
create table log_recovered (
  seq bigint constraint log_recovered_pkey primary key check (seq >= 0),
  entry bytea not null check (octet_length(entry) between 14 and 65535),
  random bytes32,
  opening bytea check (octet_length(opening) = 512),
  constraint log_recovered_opening_chk check ((random is null) = (opening is null))
);
call make_append_only('log_recovered');
grant select on log_recovered to sc_intake, sc_desk, sc_worker, sc_audit;
`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}
