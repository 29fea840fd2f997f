import { createHash } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { RunAs } from './binaries.js';
import { EmbeddedPostgresError, homeFailure, unwritable } from './errors.js';

/** `sun_path` holds 108 bytes with its end mark on Linux, 104 on macOS. */
const SOCKET_PATH_MAX = process.platform === 'darwin' ? 103 : 107;
const STATE_ROOT = '/var/lib/safe-conduct';

/**
 * Makes the folder that holds the cluster and returns its real path. As root the account `nobody` must be able
 * to enter it: where a parent folder forbids that, the cluster lives under /var/lib, named after `home`.
 */
export function prepareHome(home: string, runAs: RunAs, notice: (line: string) => void): string {
  try {
    const real = makeFolder(home);
    if (runAs.uid === undefined) return real;
    chmodSync(real, statSync(real).mode | 0o011);
    if (canEnter(real, runAs.uid)) return real;
    const elsewhere = path.join(STATE_ROOT, shortHash(real));
    notice(`The account nobody cannot enter ${real}; the database is kept in ${elsewhere}.`);
    const made = makeFolder(elsewhere);
    chmodSync(made, 0o711);
    return made;
  } catch (err) {
    throw homeFailure(home, err);
  }
}

/** A private folder for the socket: beside the cluster, or in the temporary folder when that path is too long. */
export function prepareSocketFolder(home: string, port: number, runAs: RunAs): string {
  const candidates = [
    path.join(home, 'run'),
    ...[os.tmpdir(), '/tmp'].map((t) => path.join(t, `sc-${shortHash(home)}`)),
  ];
  const folder = candidates.find(
    (dir) => Buffer.byteLength(path.join(dir, `.s.PGSQL.${String(port)}`)) <= SOCKET_PATH_MAX,
  );
  if (folder === undefined) {
    throw new EmbeddedPostgresError(
      'did_not_start',
      'There is no folder with a path short enough for a socket.',
    );
  }
  try {
    privateFolder(folder, runAs);
  } catch (err) {
    throw homeFailure(folder, err);
  }
  return folder;
}

/** Creates `folder` for `runAs` alone; refuses one that somebody else prepared in a shared place. */
export function privateFolder(folder: string, runAs: RunAs): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  const self = process.getuid?.();
  const ours = found.isDirectory() && (found.uid === self || found.uid === runAs.uid);
  if (!ours) throw unwritable(folder);
  if (runAs.uid !== undefined && runAs.gid !== undefined) chownSync(folder, runAs.uid, runAs.gid);
  chmodSync(folder, 0o700);
}

function makeFolder(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  return realpathSync(folder);
}

function canEnter(folder: string, uid: number): boolean {
  const { mode, uid: owner } = statSync(folder);
  const allowed = (mode & (owner === uid ? 0o100 : 0o001)) !== 0;
  const parent = path.dirname(folder);
  return allowed && (parent === folder || canEnter(parent, uid));
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
