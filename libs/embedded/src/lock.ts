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
  const deadline = performance.now() + WAIT_MS;
  let taken = takeLock(lock);
  while ('heldBy' in taken) {
    if (performance.now() > deadline) {
      throw new EmbeddedPostgresError(
        'did_not_start',
        `Another process has been starting the database in ${folder} for a minute; stop it and start again.`,
      );
    }
    await sleep(POLL_MS);
    taken = takeLock(lock);
  }
  try {
    return await work();
  } finally {
    taken.release();
  }
}

/**
 * Takes a lock file, also from a process that is gone: one that was killed, or ended with its machine.
 * @returns how to give it back, or the process that has it.
 */
export function takeLock(lock: string): { readonly release: () => void } | { readonly heldBy: number } {
  const owner = `${String(process.pid)} ${startOf(process.pid) ?? '-'}`;
  const token = `${owner} ${randomBytes(8).toString('hex')}`;
  while (!tryAcquire(lock, token)) {
    const holder = takeOverFromDead(lock);
    if (holder !== undefined) return { heldBy: holder };
  }
  const release = (): void => {
    if (readIfPresent(lock) === token) rmSync(lock, { force: true });
  };
  return { release };
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

/** When a process started, in clock ticks since boot; undefined if there is none, or where the system does not tell. */
export function startOf(pid: number): string | undefined {
  try {
    // The name before the last parenthesis may hold anything; the start is the 20th field after it.
    return readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')
      .at(-1)
      ?.split(' ')[19];
  } catch {
    return undefined;
  }
}

function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  return (readIfPresent(`/proc/${String(pid)}/stat`) ?? '').includes(') Z ');
}

/** The file appears complete or not at all, so a reader never meets a lock without its owner. */
function tryAcquire(lock: string, token: string): boolean {
  const draft = `${lock}.${token.replaceAll(' ', '.')}`;
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

/** @returns the holder if it is at work; undefined where the lock may be free now. */
function takeOverFromDead(lock: string): number | undefined {
  const holder = readIfPresent(lock);
  if (holder === undefined) return undefined;
  const [pid = '', started = '-', random] = holder.split(' ');
  // A number that is used again is another process.
  const isSame = random === undefined || started === '-' || startOf(Number(pid)) === started;
  if (isAlive(Number(pid)) && isSame) return Number(pid);
  const aside = `${lock}.${String(process.pid)}.${randomBytes(4).toString('hex')}`;
  try {
    renameSync(lock, aside);
  } catch (err) {
    if (errnoOf(err) === 'ENOENT') return undefined;
    throw err;
  }
  // A quicker process may have replaced the dead one's lock since it was read: give that one back.
  if (readIfPresent(aside) !== holder) renameSync(aside, lock);
  else rmSync(aside, { force: true });
  return undefined;
}
