import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Why: a queue narrowed to one's own cases, or to a phase, reads only those, however many the office has had. Locks:
 * building the indexes keeps writers of `cases` waiting, a second for each hundred thousand rows or so. Back-fill:
 * none. Undo: make cases_assignee_idx on (assignee, pseudonym) again and drop the new ones.
 */
export class ListFilters1764900001000 implements MigrationInterface {
  readonly name = 'ListFilters1764900001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(FILTERS);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}

const FILTERS = `
create index cases_assignee_due_idx on cases (assignee, (coalesce(next_deadline, 9007199254740991)), pseudonym);
drop index cases_assignee_idx;
create index cases_role_phase_idx on cases (role_id, phase, (coalesce(next_deadline, 9007199254740991)), pseudonym);
create index cases_routed_phase_idx on cases (routed_to, phase, (coalesce(next_deadline, 9007199254740991)), pseudonym)
  where routed_to is not null;
`;
