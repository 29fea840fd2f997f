import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Binaries, RunAs } from './binaries.js';
import { EmbeddedPostgresError, homeFailure, serverFailure } from './errors.js';
import { privateFolder } from './folders.js';

/** The role that owns the cluster; servers use narrower roles that migrations create. */
export const SUPERUSER = 'sc_owner';

const DRAFT = 'cluster.draft';

/** Where things of one embedded server are. */
export type Site = {
  readonly home: string;
  readonly data: string;
  readonly runAs: RunAs;
  readonly binaries: Binaries;
};

/**
 * Makes the cluster if there is none, else checks that these programs may run it. Work happens in a draft folder
 * that becomes the cluster by one rename: a crash leaves a draft, never half a cluster.
 */
export async function ensureCluster(site: Site, notice: (line: string) => void): Promise<void> {
  if (existsSync(path.join(site.data, 'PG_VERSION'))) {
    checkVersion(site);
    return;
  }
  notice('Creating the database; this happens once.');
  const draft = path.join(site.home, `${DRAFT}.${String(process.pid)}`);
  try {
    removeDrafts(site.home);
    privateFolder(draft, site.runAs);
    await initialise(site, draft);
    writeAccessRules(draft);
    renameSync(draft, site.data);
  } catch (err) {
    rmSync(draft, { recursive: true, force: true });
    throw homeFailure(site.home, err);
  }
}

export function serverEnvironment(home: string): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC', HOME: home };
}

function checkVersion({ home, data, binaries }: Site): void {
  const found = Number(readFileSync(path.join(data, 'PG_VERSION'), 'utf8').trim());
  if (found > binaries.major) {
    throw new EmbeddedPostgresError(
      'data_directory_newer',
      `The database in ${home} was made by PostgreSQL ${String(found)}, which is newer than the ${String(binaries.major)} installed here.`,
    );
  }
  if (found < binaries.major) {
    throw new EmbeddedPostgresError(
      'did_not_start',
      `The database in ${home} was made by PostgreSQL ${String(found)}; move its contents to version ${String(binaries.major)} first.`,
    );
  }
}

async function initialise({ home, runAs, binaries }: Site, draft: string): Promise<void> {
  const args = ['-D', draft, '-U', SUPERUSER, '--auth-local=peer', '--auth-host=reject', '--encoding=UTF8'];
  args.push('--locale-provider=builtin', '--locale=C.UTF-8', '--data-checksums');
  const child = spawn(path.join(binaries.bin, 'initdb'), args, {
    ...runAs,
    env: serverEnvironment(home),
    cwd: draft,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  const status = await new Promise<number | null>((resolve) => {
    child.once('close', resolve);
    child.once('error', (err) => {
      output += `error: ${err.message}`;
    });
  });
  if (status !== 0) throw serverFailure(home, output);
}

/** Only the account that started us may connect, as any role; there is no password to lose and no TCP. */
function writeAccessRules(draft: string): void {
  const account = os.userInfo().username.replaceAll('"', '""');
  writeFileSync(
    path.join(draft, 'pg_hba.conf'),
    'local all all peer map=launcher\nlocal replication all peer map=launcher\n',
  );
  writeFileSync(path.join(draft, 'pg_ident.conf'), `launcher "${account}" all\n`);
}

/** Only the holder of the launcher lock comes here, so any draft is what a killed launcher left. */
function removeDrafts(home: string): void {
  for (const name of readdirSync(home)) {
    if (name.startsWith(DRAFT)) rmSync(path.join(home, name), { recursive: true, force: true });
  }
}
