import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Why: the first schema. Locks: none that matter, every table is new. Back-fill: none.
 * Undo: drop the database; there is nothing before it.
 *
 * What the database itself keeps, whatever the code does:
 * - a case never changes without a leaf of the same transaction (case_needs_leaf);
 * - ledger, statements, sealed objects, KEYSETs and policies are only ever added to (append_only);
 * - intake may add sealed material and may not select it: it reads back through functions keyed by mailbox.
 */
export class Foundation1763900000000 implements MigrationInterface {
  readonly name = 'Foundation1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [FUNCTIONS, DIRECTORY, CASES, SEALED, LEDGER, STAFF, WORK, MAILBOX_FUNCTIONS, GRANTS]) {
      await runner.query(sql);
    }
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}

const FUNCTIONS = `
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'append_only: %', tg_table_name using errcode = 'restrict_violation';
end $$;
create procedure make_append_only(t regclass) language plpgsql as $$
begin
  execute format('create trigger append_only before update or delete on %s for each row execute function refuse_change()', t);
  execute format('create trigger append_only_truncate before truncate on %s for each statement execute function refuse_change()', t);
end $$;
create domain bytes16 as bytea check (octet_length(value) = 16);
create domain bytes32 as bytea check (octet_length(value) = 32);
create domain bytes64 as bytea check (octet_length(value) = 64);
create domain instant as bigint check (value >= 0);
`;

const DIRECTORY = `
create table keysets (
  version integer constraint keysets_pkey primary key check (version > 0),
  root_version integer not null check (root_version > 0),
  hash bytes32 not null constraint keysets_hash_key unique,
  bytes bytea not null,
  imported_at instant not null
);
call make_append_only('keysets');
create table policies (
  hash bytes32 constraint policies_pkey primary key,
  version integer not null constraint policies_version_key unique,
  body text not null,
  imported_at instant not null
);
call make_append_only('policies');
`;

const CASES = `
create table cases (
  pseudonym bytes16 constraint cases_pkey primary key,
  thread_id bytes16 not null constraint cases_thread_id_key unique,
  mailbox_id bytes16 not null constraint cases_mailbox_id_key unique,
  mailbox_key bytes32 not null,
  submission_hash bytes32 not null,
  role_id bytes16 not null,
  policy_hash bytes32 not null constraint cases_policy_hash_fk references policies (hash),
  state jsonb not null,
  phase text not null,
  escalated boolean not null default false,
  assignee bytes16,
  routed_to bytes16,
  event_number integer not null check (event_number > 0),
  last_commitment bytes32 not null,
  next_deadline instant,
  received_at instant not null
);
create index cases_next_deadline_idx on cases (next_deadline) where next_deadline is not null;
create index cases_assignee_idx on cases (assignee, pseudonym);
create index cases_role_idx on cases (role_id, pseudonym);
create index cases_routed_to_idx on cases (routed_to, pseudonym) where routed_to is not null;
create function refuse_delete_case() returns trigger language plpgsql as $$
begin
  raise exception 'a case is never deleted' using errcode = 'restrict_violation';
end $$;
create trigger cases_no_delete before delete on cases for each row execute function refuse_delete_case();
create trigger cases_no_truncate before truncate on cases for each statement execute function refuse_change();
create function case_moves_forward() returns trigger language plpgsql as $$
begin
  if new.event_number <= old.event_number or new.pseudonym <> old.pseudonym or new.thread_id <> old.thread_id
     or new.mailbox_id <> old.mailbox_id or new.mailbox_key <> old.mailbox_key
     or new.submission_hash <> old.submission_hash or new.received_at <> old.received_at then
    raise exception 'a case only moves forward' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger cases_move_forward before update on cases for each row execute function case_moves_forward();
`;

const SEALED = `
create table compartments (
  case_pseudonym bytes16 not null constraint compartments_case_fk references cases (pseudonym),
  compartment smallint not null check (compartment between 0 and 255),
  epoch integer not null check (epoch > 0),
  public_key bytea not null check (octet_length(public_key) = 1216),
  event_number integer not null,
  constraint compartments_pkey primary key (case_pseudonym, compartment, epoch)
);
call make_append_only('compartments');
create table boxes (
  id bytes32 not null,
  case_pseudonym bytes16 not null constraint boxes_case_fk references cases (pseudonym),
  compartment smallint not null,
  epoch integer not null,
  role_id bytes16,
  role_epoch integer,
  box bytea not null check (octet_length(box) = 1787),
  grant_record bytea check (octet_length(grant_record) = 186),
  event_number integer not null,
  constraint boxes_pkey primary key (case_pseudonym, id),
  constraint boxes_recipient_chk check ((role_id is null) = (role_epoch is null))
);
create index boxes_role_idx on boxes (role_id, case_pseudonym) where role_id is not null;
call make_append_only('boxes');
create table escalation_boxes (
  case_pseudonym bytes16 constraint escalation_boxes_pkey primary key
    constraint escalation_boxes_case_fk references cases (pseudonym),
  compartment smallint not null,
  epoch integer not null,
  role_id bytes16 not null,
  role_epoch integer not null,
  box bytea not null check (octet_length(box) = 1787)
);
create table objects (
  id bytes32 not null constraint objects_id_key unique,
  case_pseudonym bytes16 not null constraint objects_case_fk references cases (pseudonym),
  compartment smallint not null,
  epoch integer not null,
  author text not null check (author in ('reporter', 'staff')),
  file bytea not null,
  event_number integer not null,
  constraint objects_pkey primary key (case_pseudonym, id)
);
alter table objects alter column file set storage external;
create index objects_event_idx on objects (case_pseudonym, event_number);
call make_append_only('objects');
create table blobs (
  id bytes16 constraint blobs_pkey primary key,
  mailbox_id bytes16 not null,
  length bigint not null check (length > 0),
  reserved_at instant not null
);
create table blob_parts (
  blob_id bytes16 not null constraint blob_parts_blob_fk references blobs (id) on delete cascade,
  part integer not null check (part >= 0),
  sha256 bytes32 not null,
  bytes bytea not null check (octet_length(bytes) between 1 and 1048576),
  constraint blob_parts_pkey primary key (blob_id, part)
);
alter table blob_parts alter column bytes set storage external;
create table case_blobs (
  blob_id bytes16 constraint case_blobs_pkey primary key constraint case_blobs_blob_fk references blobs (id),
  case_pseudonym bytes16 not null constraint case_blobs_case_fk references cases (pseudonym),
  event_number integer not null
);
create index case_blobs_case_idx on case_blobs (case_pseudonym);
call make_append_only('case_blobs');
`;

const LEDGER = `
create table log_outbox (
  id bigint generated always as identity constraint log_outbox_pkey primary key,
  txid xid8 not null default pg_current_xact_id(),
  case_pseudonym bytes16,
  event_number integer,
  entry bytea not null check (octet_length(entry) between 14 and 65535),
  random bytes32,
  opening bytea check (octet_length(opening) = 512),
  created_at instant not null,
  constraint log_outbox_event_key unique (case_pseudonym, event_number),
  constraint log_outbox_class_chk check (
    (case_pseudonym is null and event_number is null and random is null and opening is null)
    or (case_pseudonym is not null and event_number is not null and random is not null and opening is not null
        and octet_length(entry) = 44))
);
call make_append_only('log_outbox');
create table event_payloads (
  outbox_id bigint constraint event_payloads_pkey primary key
    constraint event_payloads_outbox_fk references log_outbox (id),
  payload_random bytes32 not null,
  statement bytea,
  signature bytes64,
  statement_hash bytes32 not null,
  signature_hash bytes32 not null,
  items bytea not null check (octet_length(items) % 32 = 0)
);
call make_append_only('event_payloads');
create table log_sequence (
  outbox_id bigint constraint log_sequence_pkey primary key constraint log_sequence_outbox_fk references log_outbox (id),
  seq bigint not null constraint log_sequence_seq_key unique check (seq >= 0)
);
call make_append_only('log_sequence');
create table log_batches (
  size_after bigint constraint log_batches_pkey primary key check (size_after > start),
  start bigint not null constraint log_batches_start_key unique check (start >= 0),
  at instant not null,
  root bytes32 not null
);
call make_append_only('log_batches');
create table log_state (
  one boolean constraint log_state_pkey primary key default true check (one),
  size bigint not null check (size >= 0),
  root bytes32 not null,
  frontier bytea not null
);
create function log_only_grows() returns trigger language plpgsql as $$
begin
  if new.size < old.size then
    raise exception 'the ledger only grows' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger log_state_grows before update on log_state for each row execute function log_only_grows();
create trigger log_state_stays before delete on log_state for each row execute function refuse_change();
create table log_cover_keys (
  day integer constraint log_cover_keys_pkey primary key,
  key bytes32 not null
);
call make_append_only('log_cover_keys');
create table log_checkpoints (
  size bigint constraint log_checkpoints_pkey primary key,
  note text not null,
  signed_at instant not null
);
call make_append_only('log_checkpoints');
create table log_cosignatures (
  size bigint not null constraint log_cosignatures_size_fk references log_checkpoints (size),
  witness text not null,
  line text not null,
  constraint log_cosignatures_pkey primary key (size, witness)
);
call make_append_only('log_cosignatures');
create table log_quorums (
  size bigint constraint log_quorums_pkey primary key constraint log_quorums_size_fk references log_checkpoints (size),
  note text not null,
  witnessed_at instant not null
);
call make_append_only('log_quorums');

create function case_needs_leaf() returns trigger language plpgsql security definer set search_path = public as $$
begin
  if not exists (select 1 from log_outbox o
                 where o.case_pseudonym = new.pseudonym and o.event_number = new.event_number
                   and o.txid = pg_current_xact_id()) then
    raise exception 'no change without its leaf' using errcode = 'restrict_violation';
  end if;
  return null;
end $$;
create constraint trigger cases_need_leaf after insert or update on cases
  deferrable initially deferred for each row execute function case_needs_leaf();
`;

const STAFF = `
create table staff_vaults (
  subject_id bytes16 constraint staff_vaults_pkey primary key,
  auth_hash bytes32 not null,
  certificate_hash bytes32 not null,
  keyring bytea not null
);
create table staff_sessions (
  token_hash bytes32 constraint staff_sessions_pkey primary key,
  certificate_hash bytes32 not null,
  expires_at instant not null
);
create table nonces (
  nonce bytea constraint nonces_pkey primary key check (octet_length(nonce) in (16, 32)),
  purpose text not null check (purpose in ('mailbox', 'session')),
  expires_at instant not null
);
create index nonces_expires_at_idx on nonces (expires_at);
create table epoch_boxes (
  role_id bytes16 not null,
  epoch integer not null,
  certificate_hash bytes32 not null,
  box bytea not null check (octet_length(box) = 1787),
  constraint epoch_boxes_pkey primary key (role_id, epoch, certificate_hash)
);
call make_append_only('epoch_boxes');
`;

const WORK = `
create table outbox (
  id bigint generated always as identity constraint outbox_pkey primary key,
  queue text not null,
  payload jsonb not null,
  created_at instant not null
);
create table alarms (
  id bigint generated always as identity constraint alarms_pkey primary key,
  code text not null,
  subject text not null,
  raised_at instant not null,
  constraint alarms_code_subject_key unique (code, subject)
);
call make_append_only('alarms');
`;

/** The only ways in which intake reads sealed material: each is keyed by one mailbox (libs/crypto SPEC). */
const MAILBOX_FUNCTIONS = `
create function mailbox_objects(mailbox bytea)
  returns table (id bytea, compartment smallint, epoch integer, author text, file bytea, event_number integer)
  language sql stable security definer set search_path = public as $$
  select o.id, o.compartment, o.epoch, o.author, o.file, o.event_number
  from objects o join cases c on c.pseudonym = o.case_pseudonym
  where c.mailbox_id = mailbox and o.compartment in (0, 1) order by o.event_number, o.id $$;
create function mailbox_boxes(mailbox bytea)
  returns table (compartment smallint, epoch integer, box bytea, grant_record bytea, event_number integer)
  language sql stable security definer set search_path = public as $$
  select b.compartment, b.epoch, b.box, b.grant_record, b.event_number
  from boxes b join cases c on c.pseudonym = b.case_pseudonym
  where c.mailbox_id = mailbox and b.role_id is null order by b.event_number, b.id $$;
create function mailbox_blobs(mailbox bytea)
  returns table (id bytea, length bigint, event_number integer, sha256 bytea)
  language sql stable security definer set search_path = public as $$
  select b.id, b.length, cb.event_number,
         (select string_agg(p.sha256, ''::bytea order by p.part) from blob_parts p where p.blob_id = b.id)
  from case_blobs cb join cases c on c.pseudonym = cb.case_pseudonym join blobs b on b.id = cb.blob_id
  where c.mailbox_id = mailbox order by cb.event_number, b.id $$;
create function mailbox_part(mailbox bytea, blob bytea, n integer) returns bytea
  language sql stable security definer set search_path = public as $$
  select p.bytes from blob_parts p join case_blobs cb on cb.blob_id = p.blob_id
  join cases c on c.pseudonym = cb.case_pseudonym
  where c.mailbox_id = mailbox and p.blob_id = blob and p.part = n $$;
create function blob_part_hashes(mailbox bytea, blob bytea)
  returns table (part integer, sha256 bytea, size integer)
  language sql stable security definer set search_path = public as $$
  select p.part, p.sha256, octet_length(p.bytes) from blob_parts p join blobs b on b.id = p.blob_id
  where b.mailbox_id = mailbox and b.id = blob order by p.part $$;
create function take_escalation_box(mailbox bytea) returns boolean
  language sql security definer set search_path = public as $$
  with gone as (delete from escalation_boxes e using cases c
                where c.pseudonym = e.case_pseudonym and c.mailbox_id = mailbox returning 1)
  select exists (select 1 from gone) $$;
revoke all on function mailbox_objects, mailbox_boxes, mailbox_blobs, mailbox_part, blob_part_hashes, take_escalation_box from public;
`;

/** One database role a process; what is not granted here is refused by PostgreSQL itself. */
const GRANTS = `
revoke all on all tables in schema public from public;
grant usage on schema public to sc_intake, sc_desk, sc_worker;
grant select on keysets, policies, log_state, log_batches, log_sequence, log_checkpoints, log_quorums
  to sc_intake, sc_desk, sc_worker;

grant select, insert on cases, log_outbox, event_payloads, compartments to sc_intake;
grant update (state, phase, escalated, event_number, last_commitment, next_deadline) on cases to sc_intake;
grant insert on boxes, escalation_boxes, objects, blob_parts, case_blobs, outbox to sc_intake;
grant select, insert on blobs to sc_intake;
grant select (id) on outbox to sc_intake, sc_desk;
grant select, insert, delete on nonces to sc_intake;
grant execute on function mailbox_objects, mailbox_boxes, mailbox_blobs, mailbox_part, blob_part_hashes, take_escalation_box
  to sc_intake;

grant select on cases, compartments, boxes, objects, blobs, blob_parts, case_blobs, log_outbox, event_payloads,
  log_cover_keys, staff_vaults, staff_sessions, epoch_boxes, alarms to sc_desk;
grant update (state, phase, escalated, assignee, routed_to, event_number, last_commitment, next_deadline) on cases to sc_desk;
grant insert on compartments, boxes, objects, log_outbox, event_payloads, staff_sessions, epoch_boxes, keysets, outbox, alarms
  to sc_desk;
grant delete on staff_sessions to sc_desk;
grant select, insert, delete on nonces to sc_desk;
grant select, delete on escalation_boxes to sc_desk;

grant select on cases, log_outbox, event_payloads, log_cover_keys, log_cosignatures, alarms, epoch_boxes to sc_worker;
grant update (state, phase, escalated, assignee, routed_to, event_number, last_commitment, next_deadline) on cases to sc_worker;
grant select, delete on escalation_boxes, outbox, nonces, staff_sessions, blobs to sc_worker;
grant select on case_blobs to sc_worker;
grant insert on boxes, log_outbox, event_payloads, log_sequence, log_batches, log_cover_keys, log_checkpoints,
  log_cosignatures, log_quorums, keysets, policies, staff_vaults, epoch_boxes, outbox, alarms to sc_worker;
grant select, insert, update on log_state to sc_worker;
`;
