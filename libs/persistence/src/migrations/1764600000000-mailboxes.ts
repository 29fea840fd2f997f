import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Why: every person of a case has a mailbox of her own, and a new one when she changes her code. Locks: `cases`
 * exclusively, for the trigger. Back-fill: the mailbox of whoever submitted, from `cases`, one row a case.
 * Undo: point the functions at `cases` again and drop the table while no person was invited.
 *
 * What a mailbox reads follows from its row: person 0 `main` and `identity`, everybody else the extract made for her.
 * A box is sealed to the code that was in use when it came, so a mailbox is handed those since it was opened. A closed
 * mailbox reads nothing.
 */
export class Mailboxes1764600000000 implements MigrationInterface {
  readonly name = 'Mailboxes1764600000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [TABLE, MAILBOX_FUNCTIONS, GRANTS]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}

const TABLE = `
create table mailboxes (
  mailbox_id bytes16 constraint mailboxes_pkey primary key,
  case_pseudonym bytes16 not null constraint mailboxes_case_fk references cases (pseudonym),
  person smallint not null check (person between 0 and 8),
  key bytes32 not null,
  compartment smallint check (compartment between 16 and 255),
  opened_by integer not null check (opened_by > 0),
  closed_by integer check (closed_by >= opened_by),
  constraint mailboxes_compartment_chk check ((person = 0) = (compartment is null))
);
create unique index mailboxes_open_idx on mailboxes (case_pseudonym, person) where closed_by is null;
create index mailboxes_case_idx on mailboxes (case_pseudonym);
insert into mailboxes (mailbox_id, case_pseudonym, person, key, opened_by)
  select mailbox_id, pseudonym, 0, mailbox_key, 1 from cases;

create function mailbox_only_closes() returns trigger language plpgsql as $$
begin
  if old.closed_by is not null or new.closed_by is null
     or (new.mailbox_id, new.case_pseudonym, new.person, new.key, new.opened_by)
        is distinct from (old.mailbox_id, old.case_pseudonym, old.person, old.key, old.opened_by)
     or new.compartment is distinct from old.compartment then
    raise exception 'a mailbox only closes' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger mailboxes_only_close before update on mailboxes for each row execute function mailbox_only_closes();
create trigger mailboxes_no_delete before delete on mailboxes for each row execute function refuse_change();
create trigger mailboxes_no_truncate before truncate on mailboxes for each statement execute function refuse_change();

create function open_first_mailbox() returns trigger language plpgsql as $$
begin
  insert into mailboxes (mailbox_id, case_pseudonym, person, key, opened_by)
    values (new.mailbox_id, new.pseudonym, 0, new.mailbox_key, new.event_number);
  return null;
end $$;
create trigger cases_open_mailbox after insert on cases for each row execute function open_first_mailbox();
`;

const MAILBOX_FUNCTIONS = `
create function mailbox_reads(m mailboxes, wanted smallint) returns boolean language sql immutable as $$
  select m.closed_by is null
    and case when m.person = 0 then wanted in (0, 1) else wanted = m.compartment end $$;
create or replace function mailbox_objects(mailbox bytea)
  returns table (id bytea, compartment smallint, epoch integer, author text, file bytea, event_number integer)
  language sql stable security definer set search_path = public as $$
  select o.id, o.compartment, o.epoch, o.author, o.file, o.event_number
  from mailboxes m join objects o on o.case_pseudonym = m.case_pseudonym
  where m.mailbox_id = mailbox and mailbox_reads(m, o.compartment) order by o.event_number, o.id $$;
create or replace function mailbox_boxes(mailbox bytea)
  returns table (compartment smallint, epoch integer, box bytea, grant_record bytea, event_number integer)
  language sql stable security definer set search_path = public as $$
  select b.compartment, b.epoch, b.box, b.grant_record, b.event_number
  from mailboxes m join boxes b on b.case_pseudonym = m.case_pseudonym
  where m.mailbox_id = mailbox and b.role_id is null and b.event_number >= m.opened_by
    and mailbox_reads(m, b.compartment) order by b.event_number, b.id $$;
create function mailbox_case_blobs(mailbox bytea)
  returns table (id bytea, length bigint, event_number integer)
  language sql stable security definer set search_path = public as $$
  select b.id, b.length, cb.event_number
  from mailboxes m join case_blobs cb on cb.case_pseudonym = m.case_pseudonym join blobs b on b.id = cb.blob_id
  join mailboxes sender on sender.mailbox_id = b.mailbox_id
  where m.mailbox_id = mailbox and m.closed_by is null
    and sender.case_pseudonym = m.case_pseudonym and sender.person = m.person $$;
create or replace function mailbox_blobs(mailbox bytea)
  returns table (id bytea, length bigint, event_number integer, sha256 bytea)
  language sql stable security definer set search_path = public as $$
  select b.id, b.length, b.event_number,
         (select string_agg(p.sha256, ''::bytea order by p.part) from blob_parts p where p.blob_id = b.id)
  from mailbox_case_blobs(mailbox) b order by b.event_number, b.id $$;
create or replace function mailbox_part(mailbox bytea, blob bytea, n integer) returns bytea
  language sql stable security definer set search_path = public as $$
  select p.bytes from mailbox_case_blobs(mailbox) b join blob_parts p on p.blob_id = b.id
  where b.id = blob and p.part = n $$;
create or replace function take_escalation_box(mailbox bytea) returns boolean
  language sql security definer set search_path = public as $$
  with gone as (delete from escalation_boxes e using mailboxes m
                where m.case_pseudonym = e.case_pseudonym and m.mailbox_id = mailbox and m.closed_by is null
                returning 1)
  select exists (select 1 from gone) $$;
revoke all on function mailbox_case_blobs from public;
`;

const GRANTS = `
grant select, insert on mailboxes to sc_intake;
grant update (closed_by) on mailboxes to sc_intake;
grant insert on mailboxes to sc_desk;
grant select on mailboxes to sc_worker, sc_audit;
`;
