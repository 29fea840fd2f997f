import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Why: while a flood lasts, what arrives is set apart, and what arrived in the last minute is counted. Locks: building
 * the indexes keeps writers of `cases` and `blobs` waiting, a second for each hundred thousand rows or so.
 * Back-fill: none. Undo: drop the table and the indexes.
 */
export class Quarantine1764700000000 implements MigrationInterface {
  readonly name = 'Quarantine1764700000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(QUARANTINE);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}

const QUARANTINE = `
create table quarantine (
  case_pseudonym bytes16 constraint quarantine_pkey primary key
    constraint quarantine_case_fk references cases (pseudonym),
  since instant not null
);
create index cases_received_at_idx on cases (received_at);
create index blobs_reserved_at_idx on blobs (reserved_at);
grant insert on quarantine to sc_intake;
grant select, delete on quarantine to sc_desk;
grant select on quarantine to sc_worker;
`;
