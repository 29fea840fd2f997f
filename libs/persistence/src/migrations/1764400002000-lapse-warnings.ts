import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Why: which cases are due soon, and how late lapses were recorded. `case_warn_at` is `nextWarning` of libs/casework in
 * SQL; a test holds the two together. Locks: `cases` is rewritten for the new column, exclusively, some seconds for a
 * hundred thousand cases. Back-fill: the column by its own expression; delays from the lapses that cases remember. Undo:
 * drop the table, the column, then the function.
 */
export class LapseWarnings1764400002000 implements MigrationInterface {
  readonly name = 'LapseWarnings1764400002000';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [WARNINGS, DELAYS]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}

const WARNINGS = `
create function case_warn_at(state jsonb) returns bigint language sql immutable parallel safe as $$
  select min(greatest((c ->> 'startedAt')::bigint,
    (c ->> 'dueAt')::bigint - greatest(3600, (c ->> 'targetSeconds')::bigint / 4)))
  from jsonb_array_elements(state -> 'clocks') c
  where jsonb_exists(c, 'dueAt') and not jsonb_exists(c, 'stoppedAt') and not jsonb_exists(c, 'lapsedAt') $$;
alter table cases add column warn_at bigint generated always as (case_warn_at(state)) stored;
create index cases_warn_at_idx on cases (warn_at) where warn_at is not null;
`;

const DELAYS = `
create table lapse_delays (
  case_pseudonym bytes16 not null constraint lapse_delays_case_fk references cases (pseudonym),
  clock text not null,
  instance integer not null check (instance > 0),
  due_at instant not null,
  recorded_at instant not null check (recorded_at >= due_at),
  constraint lapse_delays_pkey primary key (case_pseudonym, clock, instance)
);
create index lapse_delays_recorded_idx on lapse_delays (recorded_at);
insert into lapse_delays
select pseudonym, c ->> 'id', (c ->> 'instance')::integer, (c ->> 'lapsedAt')::bigint, (c ->> 'lapseRecordedAt')::bigint
from cases, jsonb_array_elements(state -> 'clocks') c where jsonb_exists(c, 'lapseRecordedAt');
call make_append_only('lapse_delays');
grant insert on lapse_delays to sc_worker;
grant select on lapse_delays to sc_desk;
`;
