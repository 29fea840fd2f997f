/** The database of a stack: the embedded one, one outside that is given to it, or one it makes there for a while. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ensureDatabase, makeTemporaryDatabase, superviseEmbeddedPostgres } from '@app/embedded';

const DATABASE = 'safe_conduct';
const ROLES = ['intake', 'desk', 'worker'] as const;
type Role = (typeof ROLES)[number];

export type StackDatabase = {
  /** Connects as the owner of the database. */
  readonly owner: string;
  /** Passwords that the migration is to set, by variable. */
  readonly passwords: Readonly<Record<string, string>>;
  /** How each process comes in; asked after the migration, which makes the roles. */
  readonly urls: () => Promise<Readonly<Record<Role, string>>>;
  /** Of the embedded server. */
  readonly pid: () => number | undefined;
  readonly close: () => Promise<void>;
};

export type DatabaseOptions = {
  readonly dataDir: string;
  /** A PostgreSQL URL; the embedded server without it. */
  readonly outside: string | undefined;
  /** Makes a database of its own on the server outside, and drops it at the end. */
  readonly temporary: boolean;
  readonly onNotice: (line: string) => void;
};

/** @throws {EmbeddedPostgresError} with a sentence for the operator. */
export function openDatabase(options: DatabaseOptions): Promise<StackDatabase> {
  const { outside, temporary, dataDir } = options;
  if (outside === undefined || outside === '') return embeddedDatabase(options);
  return temporary ? temporaryDatabase(outside) : Promise.resolve(givenDatabase(dataDir, outside));
}

async function embeddedDatabase({ dataDir, onNotice }: DatabaseOptions): Promise<StackDatabase> {
  const postgres = await superviseEmbeddedPostgres({ home: path.join(dataDir, 'postgres'), onNotice });
  try {
    await ensureDatabase(postgres.url('postgres'), DATABASE);
  } catch (error) {
    await postgres.stop();
    throw error;
  }
  return {
    owner: postgres.url(DATABASE),
    passwords: {},
    urls: () => urlsOf((role) => Promise.resolve(postgres.url(DATABASE, `sc_${role}`))),
    pid: () => postgres.pid,
    close: () => postgres.stop(),
  };
}

/** Accounts of its own as well: the roles of the server belong to the stack that is at home there. */
async function temporaryDatabase(outside: string): Promise<StackDatabase> {
  const made = await makeTemporaryDatabase(outside);
  return {
    owner: made.ownerUrl,
    passwords: {},
    urls: () => urlsOf((role) => made.login(`sc_${role}`)),
    pid: () => undefined,
    close: () => made.drop(),
  };
}

/** An outside server asks for passwords: one for each role, made once, kept with the keys. */
function givenDatabase(dataDir: string, owner: string): StackDatabase {
  const keys = path.join(dataDir, 'keys');
  mkdirSync(keys, { recursive: true, mode: 0o700 });
  const file = path.join(keys, 'database.json');
  if (!existsSync(file)) {
    const made = Object.fromEntries(ROLES.map((role) => [role, randomBytes(24).toString('hex')]));
    writeFileSync(file, JSON.stringify(made), { mode: 0o600 });
  }
  const passwords = JSON.parse(readFileSync(file, 'utf8')) as Record<Role, string>;
  const urlOf = (role: Role): string => {
    const url = new URL(owner);
    url.username = `sc_${role}`;
    url.password = passwords[role];
    return url.href;
  };
  return {
    owner,
    passwords: Object.fromEntries(
      ROLES.map((role) => [`SAFE_CONDUCT_${role.toUpperCase()}_PASSWORD`, passwords[role]]),
    ),
    urls: () => urlsOf((role) => Promise.resolve(urlOf(role))),
    pid: () => undefined,
    close: () => Promise.resolve(),
  };
}

async function urlsOf(urlOf: (role: Role) => Promise<string>): Promise<Readonly<Record<Role, string>>> {
  return { intake: await urlOf('intake'), desk: await urlOf('desk'), worker: await urlOf('worker') };
}
