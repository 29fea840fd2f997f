import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Why: two custodians erase a case. What is sealed goes, and what opens the payload commitments of its events
 * (libs/crypto SPEC §7.5); its row, its entries and their openings stay. Locks: `cases` is rewritten for the new column,
 * exclusively, some seconds for a hundred thousand cases; the triggers take their tables for a moment. Back-fill: the
 * column by its own expression. Undo: drop the function, the column and the triggers, and make the tables append-only
 * again; what was erased stays so.
 *
 * No role may delete: `erase_case` does, in the transaction that recorded the ERASED event of that case and in no other.
 * The triggers hold the owner to the same.
 */
export class Erasure1765000000000 implements MigrationInterface {
  readonly name = 'Erasure1765000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [DUE, GUARD, ERASE, GRANTS]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}

/** `retentionDue` of libs/casework, as a column: since when, or from when on, custodians have something to decide. */
const DUE = `
create function case_erasure_due(state jsonb) returns bigint language sql immutable parallel safe as $$
  select case
    when state ->> 'phase' = 'ERASED' then null
    when not (state -> 'flags' ->> 'shared')::boolean and jsonb_path_exists(state, '$.consents[*] ? (@.K2 == "w")')
      then (state ->> 'heardAt')::bigint
    else (state -> 'expiry' ->> 'at')::bigint end $$;
alter table cases add column erasure_due bigint generated always as (case_erasure_due(state)) stored;
create index cases_erasure_due_idx on cases (erasure_due, pseudonym) where erasure_due is not null;
`;

const TABLES = ['compartments', 'boxes', 'objects', 'case_blobs', 'event_payloads'] as const;

/** ERASED, the type byte of libs/casework SPEC §4, is the second of an opening. */
const GUARD = `
create function is_being_erased(erased bytea) returns boolean language sql stable set search_path = public as $$
  select exists (select 1 from cases c join log_outbox o
                   on o.case_pseudonym = c.pseudonym and o.event_number = c.event_number
                 where c.pseudonym = erased and c.phase = 'ERASED' and o.txid = pg_current_xact_id()
                   and get_byte(o.opening, 1) = 18) $$;
create function only_erasure_deletes() returns trigger language plpgsql set search_path = public as $$
declare erased bytea;
begin
  if tg_op = 'DELETE' then
    if tg_table_name = 'event_payloads' then
      select case_pseudonym into erased from log_outbox where id = (to_jsonb(old) ->> 'outbox_id')::bigint;
    else
      erased := old.case_pseudonym;
    end if;
    if is_being_erased(erased) then return old; end if;
  end if;
  raise exception 'append_only: %', tg_table_name using errcode = 'restrict_violation';
end $$;
${TABLES.map(
  (table) => `drop trigger append_only on ${table};
create trigger append_only before update or delete on ${table} for each row execute function only_erasure_deletes();`,
).join('\n')}
`;

/** The payload of the erasure itself stays: who signed for it is to be known. */
const ERASE = `
create function erase_case(erased bytea) returns void language plpgsql security definer set search_path = public as $$
declare gone bytea[];
begin
  if not is_being_erased(erased) then
    raise exception 'no erasure without its leaf' using errcode = 'restrict_violation';
  end if;
  delete from boxes where case_pseudonym = erased;
  delete from escalation_boxes where case_pseudonym = erased;
  delete from objects where case_pseudonym = erased;
  delete from compartments where case_pseudonym = erased;
  with freed as (delete from case_blobs where case_pseudonym = erased returning blob_id)
    select array_agg(blob_id) into gone from freed;
  delete from blobs where id = any(gone)
    or mailbox_id in (select mailbox_id from mailboxes where case_pseudonym = erased);
  delete from quarantine where case_pseudonym = erased;
  delete from person_acts where case_pseudonym = erased;
  delete from event_payloads p using log_outbox o, cases c
    where o.id = p.outbox_id and o.case_pseudonym = erased and c.pseudonym = erased
      and o.event_number < c.event_number;
end $$;
revoke all on function erase_case, is_being_erased from public;
`;

const GRANTS = 'grant execute on function erase_case to sc_desk';
