import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Why: a vault may be opened by more than its recovery code; sessions are bound to a key of the device, begin with an
 * unlock and end unused; wrong keys are counted. Locks: three small tables for a moment. Back-fill: none; sessions and
 * challenges of before are dropped, so everybody unlocks anew. Undo: drop the columns while no vault has a list.
 *
 * A vault only moves to its next version, so that of two changes at once one is refused.
 */
export class StaffIdentity1765200000000 implements MigrationInterface {
  readonly name = 'StaffIdentity1765200000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [VAULTS, SESSIONS, GRANTS]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}

const VAULTS = `
alter table staff_vaults
  add column unlockers bytea,
  add column version integer not null default 0,
  add column factor_step instant not null default 0,
  add constraint staff_vaults_version_chk check ((version = 0) = (unlockers is null));
create function vault_moves_forward() returns trigger language plpgsql as $$
begin
  if (new.subject_id, new.auth_hash, new.certificate_hash) is distinct from
     (old.subject_id, old.auth_hash, old.certificate_hash)
     or new.factor_step < old.factor_step
     or (new.version <> old.version + 1
         and (new.version, new.keyring, new.unlockers) is distinct from (old.version, old.keyring, old.unlockers)) then
    raise exception 'a vault only moves forward' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger staff_vaults_move_forward before update on staff_vaults
  for each row execute function vault_moves_forward();
create table unlock_attempts (
  subject_id bytes16 constraint unlock_attempts_pkey primary key,
  failures integer not null check (failures >= 0),
  closed_until instant not null
);
create index unlock_attempts_closed_until_idx on unlock_attempts (closed_until);
`;

const SESSIONS = `
delete from staff_sessions;
delete from nonces where purpose = 'session';
alter table staff_sessions
  add column id bytes16 not null constraint staff_sessions_id_key unique,
  add column device_key bytes32 not null,
  add column opened_at instant not null,
  add column used_at instant not null;
create index staff_sessions_certificate_idx on staff_sessions (certificate_hash, used_at);
alter table nonces
  add column certificate_hash bytes32,
  add constraint nonces_session_chk check ((purpose = 'session') = (certificate_hash is not null));
`;

const GRANTS = `
grant update (keyring, unlockers, version, factor_step) on staff_vaults to sc_desk;
grant update (used_at) on staff_sessions to sc_desk;
grant select, insert, update on unlock_attempts to sc_desk;
grant select, delete on unlock_attempts to sc_worker;
`;
