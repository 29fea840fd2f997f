import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Why: a notice that was sent, or may have been, is not sent again for its slot. Locks: none that matter, the table is
 * new. Back-fill: none. Undo: drop the table; the notices of the current slot may then go out twice.
 */
export class Notices1764400001000 implements MigrationInterface {
  readonly name = 'Notices1764400001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
create table notices (
  recipient bytes16 not null,
  slot instant not null,
  constraint notices_pkey primary key (recipient, slot)
);
create index notices_slot_idx on notices (slot);
grant select, insert, delete on notices to sc_worker;
`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}
