/** The one step that changes the schema. Servers never do; two at once wait for each other. */
import { DataSource } from 'typeorm';
import { dataSourceOptions } from './data-source.js';

/** One database role a process, and one that may only read (migrations grant to them by these names). */
export const DATABASE_ROLES = ['sc_intake', 'sc_desk', 'sc_worker', 'sc_audit'] as const;
export type DatabaseRole = (typeof DATABASE_ROLES)[number];

const MIGRATION_LOCK = 0x5afec0d1;

/**
 * Creates the database roles and brings the schema up to date.
 * @param ownerUrl - connects as the owner of the database.
 * @param passwords - set on each role; without one a role can only come in where the server trusts it.
 * @returns the names of the migrations that ran.
 */
export async function migrate(
  ownerUrl: string,
  passwords: Partial<Record<DatabaseRole, string>> = {},
): Promise<string[]> {
  const source = await new DataSource({
    ...dataSourceOptions({ url: ownerUrl, poolSize: 2, name: 'migrate' }),
  }).initialize();
  const lock = source.createQueryRunner();
  try {
    await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    for (const role of DATABASE_ROLES) await ensureRole(source, role, passwords[role]);
    const ran = await source.runMigrations();
    return ran.map((m) => m.name);
  } finally {
    await lock.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
    await lock.release();
    await source.destroy();
  }
}

async function ensureRole(
  source: DataSource,
  role: DatabaseRole,
  password: string | undefined,
): Promise<void> {
  // Roles belong to the whole server, so another database's migration may be creating the same one now.
  await source.query(
    `do $$ begin create role ${role} login; exception when duplicate_object or unique_violation then null; end $$`,
  );
  if (password !== undefined) {
    const rows: { literal: string }[] = await source.query('select quote_literal($1) as literal', [password]);
    const literal = rows[0]?.literal ?? '';
    await source.query(`alter role ${role} password ${literal}`);
  }
}
