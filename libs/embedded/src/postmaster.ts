import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverEnvironment, type Site } from './cluster.js';
import { isAlive, readIfPresent } from './lock.js';

/** What `postmaster.pid` says about a running or crashed server. */
export type PostmasterFile = { readonly pid: number; readonly port: number; readonly socketFolder: string };

export type StartOutcome =
  | { readonly kind: 'ready'; readonly child: ChildProcess; readonly pid: number }
  | { readonly kind: 'taken' }
  | { readonly kind: 'failed'; readonly output: string };

const OUTPUT_KEPT_CHARS = 4000;
const STOP_MS = 15_000;

/** Statements and row values stay out of what the server prints: it may hold people's data. */
const SETTINGS = [
  'listen_addresses=',
  'unix_socket_permissions=0700',
  'log_min_error_statement=panic',
  'log_error_verbosity=terse',
  'log_checkpoints=off',
  'timezone=UTC',
];

export function readPostmasterFile(data: string): PostmasterFile | undefined {
  const lines = (readIfPresent(path.join(data, 'postmaster.pid')) ?? '').split('\n');
  const [pid, , , port, socketFolder] = lines;
  if (pid === undefined || port === undefined || !socketFolder) return undefined;
  return { pid: Math.abs(Number(pid)), port: Number(port), socketFolder };
}

/** Starts the server in its own session, so that Ctrl-C reaches us first and we stop it last. */
export async function startPostmaster(site: Site, socketFolder: string, port: number): Promise<StartOutcome> {
  const settings = [...SETTINGS, `unix_socket_directories=${socketFolder}`].flatMap((s) => ['-c', s]);
  const child = spawn(
    path.join(site.binaries.bin, 'postgres'),
    ['-D', site.data, '-p', String(port), ...settings],
    {
      ...site.runAs,
      env: serverEnvironment(site.home),
      cwd: site.data,
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    },
  );
  let output = '';
  const ready = await new Promise<boolean>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-OUTPUT_KEPT_CHARS);
      if (output.includes('ready to accept connections')) resolve(true);
    });
    child.once('close', () => resolve(false));
    child.once('error', (err) => {
      output += `error: ${err.message}`;
      resolve(false);
    });
  });
  if (ready && child.pid !== undefined) {
    child.stderr.removeAllListeners('data').resume();
    child.unref();
    (child.stderr as unknown as { unref(): void }).unref();
    return { kind: 'ready', child, pid: child.pid };
  }
  // A predecessor is still there, or is still leaving: wait and look again.
  if (/already exists|still in use|is being removed|shared memory block/.test(output))
    return { kind: 'taken' };
  return { kind: 'failed', output };
}

/**
 * After a reboot the number in a stale `postmaster.pid` may belong to another program of the same account, or the
 * crashed server may linger unreaped: PostgreSQL takes either for a rival. Removes the file in these two cases.
 */
export function dropForeignPidFile(data: string): void {
  const found = readPostmasterFile(data);
  if (found === undefined || (isAlive(found.pid) && isPostgres(found.pid))) return;
  if (readPostmasterFile(data)?.pid === found.pid) rmSync(path.join(data, 'postmaster.pid'), { force: true });
}

/** Ends the server cleanly; if that takes too long, at once: it then recovers from its log at the next start. */
export async function stopPostmaster(data: string, pid: number): Promise<void> {
  if (readPostmasterFile(data)?.pid !== pid) return;
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (!isAlive(pid)) return;
    process.kill(pid, signal);
    const deadline = performance.now() + STOP_MS;
    while (performance.now() < deadline) {
      if (readPostmasterFile(data)?.pid !== pid || !isAlive(pid)) return;
      await sleep(5);
    }
  }
}

function isPostgres(pid: number): boolean {
  if (process.platform === 'linux') {
    return (readIfPresent(`/proc/${String(pid)}/comm`) ?? 'postgres').trim() === 'postgres';
  }
  const run = spawnSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' });
  return run.status !== 0 || run.stdout.includes('postgres');
}
