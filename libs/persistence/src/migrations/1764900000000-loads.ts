import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Why: whoever has the fewest open cases is given the next one, and counting them anew each time would make the
 * assignment of a backlog cost the square of it. Locks: `cases` exclusively, for the count and the trigger. Back-fill:
 * the count of today. Undo: drop the trigger, the function, then the table.
 *
 * The row is written with the case, so nobody can change one without the other. Every transaction moves one case and
 * comes to this row after it.
 */
export class Loads1764900000000 implements MigrationInterface {
  readonly name = 'Loads1764900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(LOADS);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}

const LOADS = `
create table assignee_loads (
  subject bytes16 constraint assignee_loads_pkey primary key,
  open_cases integer not null check (open_cases >= 0)
);
lock table cases in share row exclusive mode;
insert into assignee_loads
  select assignee, count(*) from cases
  where assignee is not null and phase not in ('CLOSED', 'ERASED') group by assignee;

create function count_open_cases() returns trigger language plpgsql security definer set search_path = public as $$
declare
  holder_before bytea;
  holder_after bytea;
begin
  if tg_op = 'UPDATE' and old.phase not in ('CLOSED', 'ERASED') then holder_before := old.assignee; end if;
  if new.phase not in ('CLOSED', 'ERASED') then holder_after := new.assignee; end if;
  if holder_before is distinct from holder_after then
    update assignee_loads set open_cases = open_cases - 1 where subject = holder_before;
    if holder_after is not null then
      insert into assignee_loads values (holder_after, 1)
        on conflict (subject) do update set open_cases = assignee_loads.open_cases + 1;
    end if;
  end if;
  return null;
end $$;
revoke all on function count_open_cases from public;
create trigger cases_count_open after insert or update of assignee, phase on cases
  for each row execute function count_open_cases();
grant select on assignee_loads to sc_worker;
`;
