import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Why: one person of a case may not bury the others, or the desk, under acts of hers, and a new code is no new person;
 * nor may one mailbox fill the disk with attachments it never sends. Locks: building the index keeps writers of `blobs`
 * waiting, a second for each hundred thousand rows or so. Back-fill: none. Undo: drop table, function and index.
 */
export class PersonActs1764800000000 implements MigrationInterface {
  readonly name = 'PersonActs1764800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(PERSON_ACTS);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}

const PERSON_ACTS = `
create table person_acts (
  case_pseudonym bytes16 constraint person_acts_case_fk references cases (pseudonym),
  person smallint check (person between 0 and 8),
  since instant not null,
  acts integer not null check (acts > 0),
  constraint person_acts_pkey primary key (case_pseudonym, person)
);
create index blobs_mailbox_idx on blobs (mailbox_id);
create function unsent_blobs(mailbox bytea) returns integer
  language sql stable security definer set search_path = public as $$
  select count(*)::int from blobs b
  where b.mailbox_id = mailbox and not exists (select 1 from case_blobs c where c.blob_id = b.id) $$;
revoke all on function unsent_blobs from public;
grant select, insert, update on person_acts to sc_intake;
grant execute on function unsent_blobs to sc_intake;
`;
