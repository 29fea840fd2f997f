import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { locateBinaries, type RunAs } from './binaries.js';
import { ensureCluster, SUPERUSER, type Site } from './cluster.js';
import { isAnswering } from './database.js';
import { EmbeddedPostgresError, homeFailure, serverFailure } from './errors.js';
import { prepareHome, prepareSocketFolder } from './folders.js';
import { isAlive, readIfPresent, withLauncherLock } from './lock.js';
import { dropForeignPidFile, readPostmasterFile, startPostmaster, stopPostmaster } from './postmaster.js';

export type EmbeddedPostgresOptions = {
  /** Folder for the cluster. As root every folder above it must let others enter (`chmod o+x`). */
  readonly home: string;
  /** Only names the socket; there is no TCP. */
  readonly port?: number;
  /** Receives sentences for the operator, never data. */
  readonly onNotice?: (line: string) => void;
};

export interface EmbeddedPostgres {
  /** A connection URL that pg, TypeORM and BullMQ accept; `user` defaults to the cluster's owner. */
  url(database: string, user?: string): string;
  /** Whether `stop` ends the server: true for whoever started it or took it over from a launcher that died. */
  readonly owned: boolean;
  /** Process id of the server. */
  readonly pid: number;
  readonly dataDirectory: string;
  /** Ends the server if it is ours, else does nothing. Close every pool first. May be called twice. */
  stop(): Promise<void>;
}

const NOBODY: RunAs = { uid: 65534, gid: 65534 };
const DEFAULT_PORT = 5432;
const START_MS = 60_000;

/**
 * Starts PostgreSQL in `home`, or attaches to the one that runs there. Several launchers may call at once and any of
 * them, or the server, may have been killed before: one cluster is made, one server runs, committed rows are kept.
 * @throws EmbeddedPostgresError with a sentence for the operator.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const notice = options.onNotice ?? ((): void => undefined);
  const runAs: RunAs = process.getuid?.() === 0 ? NOBODY : {};
  refuseWindows();
  const home = prepareHome(options.home, runAs, notice);
  try {
    return await withLauncherLock(home, async () => {
      const site = {
        home,
        data: path.join(home, 'cluster'),
        runAs,
        binaries: locateBinaries(home, runAs, notice),
      };
      await ensureCluster(site, notice);
      return startOrAttach(site, options.port ?? DEFAULT_PORT);
    });
  } catch (err) {
    throw homeFailure(home, err);
  }
}

async function startOrAttach(site: Site, port: number): Promise<EmbeddedPostgres> {
  const deadline = performance.now() + START_MS;
  while (performance.now() < deadline) {
    const running = await attach(site);
    if (running !== undefined) return running;
    const socketFolder = prepareSocketFolder(site.home, port, site.runAs);
    const outcome = await startPostmaster(site, socketFolder, port);
    if (outcome.kind === 'failed') throw serverFailure(site.home, outcome.output);
    if (outcome.kind === 'ready') return handle(site, { pid: outcome.pid, port, socketFolder }, true);
    await sleep(100);
    dropForeignPidFile(site.data);
  }
  throw new EmbeddedPostgresError(
    'did_not_start',
    `Another server holds the database in ${site.home} but does not answer; stop it and start again.`,
  );
}

async function attach(site: Site): Promise<EmbeddedPostgres | undefined> {
  const found = readPostmasterFile(site.data);
  if (found === undefined || !isAlive(found.pid)) return undefined;
  if (!(await isAnswering(connectionUrl(found, 'postgres', SUPERUSER)))) return undefined;
  const [launcher, server] = (readIfPresent(ownerFile(site)) ?? '').split(' ').map(Number);
  const orphaned = launcher === undefined || server !== found.pid || !isAlive(launcher);
  return handle(site, found, orphaned);
}

type Address = { readonly pid: number; readonly port: number; readonly socketFolder: string };

function handle(site: Site, address: Address, owned: boolean): EmbeddedPostgres {
  if (owned) writeFileSync(ownerFile(site), `${String(process.pid)} ${String(address.pid)}`, { mode: 0o600 });
  let stopping: Promise<void> | undefined;
  return {
    owned,
    pid: address.pid,
    dataDirectory: site.data,
    url: (database, user = SUPERUSER) => connectionUrl(address, database, user),
    stop: () => (stopping ??= owned ? stopOwned(site, address.pid) : Promise.resolve()),
  };
}

async function stopOwned(site: Site, pid: number): Promise<void> {
  await stopPostmaster(site.data, pid);
  rmSync(ownerFile(site), { force: true });
}

function connectionUrl({ port, socketFolder }: Address, database: string, user: string): string {
  const where = `host=${encodeURIComponent(socketFolder)}&port=${String(port)}`;
  return `postgres://${encodeURIComponent(user)}@localhost/${encodeURIComponent(database)}?${where}`;
}

function ownerFile(site: Site): string {
  return path.join(site.home, 'owner');
}

function refuseWindows(): void {
  if (process.platform !== 'win32') return;
  throw new EmbeddedPostgresError(
    'binaries_missing',
    'The embedded PostgreSQL is not offered on Windows; set a database URL to use your own server.',
  );
}
