import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedPostgresError, errnoOf } from './errors.js';

const POLL_MS = 20;
const WAIT_MS = 60_000;

/**
 * Runs `work` while no other launcher works in `folder`. A launcher that was killed leaves its lock behind;
 * the next one sees that the process is gone and takes over. Two launchers inside at once would still be safe
 * (a new cluster appears by one atomic rename, and PostgreSQL keeps its own lock): this lock saves work.
 */
export async function withLauncherLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = path.join(folder, 'launcher.lock');
  const token = `${String(process.pid)} ${randomBytes(8).toString('hex')}`;
  const deadline = performance.now() + WAIT_MS;
  while (!tryAcquire(lock, token)) {
    if (performance.now() > deadline) {
      throw new EmbeddedPostgresError(
        'did_not_start',
        `Another process has been starting the database in ${folder} for a minute; stop it and start again.`,
      );
    }
    if (!takeOverFromDead(lock)) await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    if (readIfPresent(lock) === token) rmSync(lock, { force: true });
  }
}

/** A process that ended but was not reaped yet (common in containers without an init) counts as gone. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (err) {
    if (errnoOf(err) !== 'EPERM') return false;
  }
  return !isZombie(pid);
}

export function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (err) {
    if (errnoOf(err) === 'ENOENT') return undefined;
    throw err;
  }
}

function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  return (readIfPresent(`/proc/${String(pid)}/stat`) ?? '').includes(') Z ');
}

/** The file appears complete or not at all, so a reader never meets a lock without its owner. */
function tryAcquire(lock: string, token: string): boolean {
  const draft = `${lock}.${token.replace(' ', '.')}`;
  writeFileSync(draft, token, { mode: 0o600 });
  try {
    linkSync(draft, lock);
    return true;
  } catch (err) {
    if (errnoOf(err) === 'EEXIST') return false;
    throw err;
  } finally {
    rmSync(draft, { force: true });
  }
}

function takeOverFromDead(lock: string): boolean {
  const holder = readIfPresent(lock);
  if (holder === undefined) return true;
  if (isAlive(Number(holder.split(' ')[0]))) return false;
  const aside = `${lock}.${String(process.pid)}.${randomBytes(4).toString('hex')}`;
  try {
    renameSync(lock, aside);
  } catch (err) {
    if (errnoOf(err) === 'ENOENT') return true;
    throw err;
  }
  // A quicker launcher may have replaced the dead one's lock since it was read: give that one back.
  if (readIfPresent(aside) !== holder) renameSync(aside, lock);
  else rmSync(aside, { force: true });
  return true;
}
