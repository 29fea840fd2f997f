/**
 * Makes a checkout ready to run: installed dependencies equal to the lock file, and `dist` equal to the sources.
 *
 * Needs nothing but Node and npm, so it is plain JavaScript without imports from outside Node. It works by
 * content, never by file times (git does not keep them). Everything it says goes to stderr. An image that ships
 * only `dist` has nothing to set up. One set-up at a time: the others wait for it, and a lock left by a dead
 * process is removed.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  statSync,
  statfsSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { homedir, hostname, tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

const at = (...parts) => join(root, ...parts);
const BUILD_INPUTS = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json'];
const PAGE_CONFIG = 'apps/reporter-web/vite.config.ts';
const LOCK = at('.setup.lock');
const GUARD = at('.setup.lock.guard');
const STAMP = at('dist', '.stamp');
const HEARTBEAT_MS = 2_000;
const STALE_MS = 120_000;
const INSTALL_MEGABYTES = 700;
const BUILD_MEGABYTES = 50;
const UNREACHABLE =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET|ENOTCACHED/;
const RETRY = 'then run the same command again.';

/** A set-up that cannot go on; the message is one sentence for the person at the keyboard. */
export class SetupError extends Error {}

/** Installs and builds what is missing; returns at once when nothing is. `build: false` stops at the dependencies. */
export async function setUp({ build: wantsBuild = true } = {}) {
  checkNode();
  if (!existsSync(at('libs'))) return;
  const ready = () => !wantsBuild || built();
  if (installed() && ready()) return;
  await exclusively(async () => {
    if (!installed()) await install();
    if (!ready()) await build();
  });
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if ((major === 20 && minor >= 19) || (major === 22 && minor >= 13) || major > 22) return;
  throw new SetupError(
    `Node ${process.versions.node} cannot run this: install Node 20.19, 22.13 or newer, ${RETRY}`,
  );
}

/** npm writes node_modules/.package-lock.json last, so an interrupted install is never taken for a whole one. */
function installed() {
  const want = packagesIn('package-lock.json');
  const have = packagesIn('node_modules/.package-lock.json');
  if (!want || !have) return false;
  return Object.entries(want).every(
    ([path, { version, optional }]) =>
      path === '' || (have[path] ? have[path].version === version : optional),
  );
}

function packagesIn(file) {
  try {
    return JSON.parse(readFileSync(at(file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function built() {
  try {
    return readFileSync(STAMP, 'utf8') === sourceHash();
  } catch {
    return false;
  }
}

function sourceHash() {
  const hash = createHash('sha256');
  const files = [...BUILD_INPUTS.map((name) => at(name)), ...sources('apps'), ...sources('libs')];
  for (const file of files.filter((name) => existsSync(name)).sort()) {
    const bytes = readFileSync(file);
    hash.update(`${relative(root, file)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

function sources(folder) {
  if (!existsSync(at(folder))) return [];
  return readdirSync(at(folder))
    .map((project) => (project.endsWith('-web') ? at(folder, project) : at(folder, project, 'src')))
    .flatMap((src) => (existsSync(src) ? sourcesIn(src) : []));
}

function sourcesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourcesIn(path);
    return /(?<!\.spec)\.(tsx?|css|html)$/.test(entry.name) ? [path] : [];
  });
}

async function install() {
  checkSpace(INSTALL_MEGABYTES);
  const scratch = usableHome() ? undefined : mkdtempSync(join(tmpdir(), 'safe-conduct-npm-'));
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  const flags = scratch ? [...quiet, `--cache=${scratch}`] : quiet;
  try {
    const { command, args } = npm();
    const source = (await online(command, [...args, 'ping', ...flags])) ? [] : ['--offline'];
    const step = 'Installing dependencies (once, about 30 seconds)';
    const { code, output } = await run(step, command, [...args, 'ci', '--include=dev', ...source, ...flags]);
    if (code !== 0) throw new SetupError(explainInstall(output));
    // npm can take a write cut short by a full disk for a good one, and end well.
    checkSpace(1);
  } catch (error) {
    rmSync(at('node_modules/.package-lock.json'), { force: true });
    throw error;
  } finally {
    if (scratch) rmSync(scratch, { recursive: true, force: true });
  }
}

/** Asks before the long work: without an answer npm would retry for minutes. A full cache needs no network. */
async function online(command, args) {
  const patience = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-timeout=15000'];
  const child = spawn(command, [...args, ...patience], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const { code, output } = await collect(child);
  return code === 0 || !UNREACHABLE.test(output);
}

function checkSpace(megabytes) {
  const { bavail, bsize } = statfsSync(root);
  if (bavail * bsize < megabytes * 1_000_000) throw new SetupError(full());
}

function usableHome() {
  try {
    accessSync(homedir(), constants.W_OK);
    return homedir() !== '/' && homedir() !== '';
  } catch {
    return false;
  }
}

/** The npm that started us, else the one that came with this Node, else the one on PATH. */
function npm() {
  const beside = resolve(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');
  const started = process.env.npm_execpath ?? '';
  const script = started.endsWith('npm-cli.js') ? started : beside;
  if (existsSync(script)) return { command: process.execPath, args: [script] };
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args: [] };
}

function explainInstall(output) {
  if (/ENOSPC|EDQUOT/.test(output)) return full();
  if (/EROFS|EACCES|EPERM/.test(output)) return unwritable();
  if (UNREACHABLE.test(output)) {
    return `The npm registry cannot be reached: connect to the network for this first installation, ${RETRY}`;
  }
  if (/ENOENT.*\bnpm\b/.test(output)) return `npm was not found: install Node together with npm, ${RETRY}`;
  return `The dependencies could not be installed; npm says: ${lastLines(output, 4)}`;
}

async function build() {
  // The stamp goes first: a build that is interrupted is never taken for a finished one.
  const hash = sourceHash();
  checkSpace(BUILD_MEGABYTES);
  rmSync(at('dist'), { recursive: true, force: true });
  const nest = at('node_modules/@nestjs/cli/bin/nest.js');
  await buildWith('Building (about 6 seconds)', nest, 'build');
  const vite = at('node_modules/vite/bin/vite.js');
  await buildWith('Building the page (about 3 seconds)', vite, 'build', '--config', at(PAGE_CONFIG));
  writeFileSync(STAMP, hash);
}

async function buildWith(step, ...program) {
  const { code, output } = await run(step, process.execPath, program);
  if (code !== 0) throw new SetupError(explainBuild(output));
}

function explainBuild(output) {
  if (/ENOSPC|EDQUOT/.test(output)) return full();
  if (/EROFS|EACCES|EPERM/.test(output)) return unwritable();
  return `The build failed:\n${lastLines(output, 40)}`;
}

function full() {
  return `The disk is full: free 1 GB for ${root}, ${RETRY}`;
}

function unwritable() {
  return `${root} cannot be written to: make it writable for this user, ${RETRY}`;
}

function lastLines(text, count) {
  return stripVTControlCharacters(text).trim().split('\n').slice(-count).join('\n');
}

async function run(step, command, args) {
  const began = Date.now();
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`;
  say(`${step} …`);
  const ticker = setInterval(() => say(`  still at it after ${seconds()}`), 15_000);
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  hold('w', child.pid);
  const stop = () => child.kill();
  process.once('exit', stop);
  const result = await collect(child);
  process.off('exit', stop);
  clearInterval(ticker);
  if (result.code === 0) say(`  done in ${seconds()}`);
  return result;
}

function collect(child) {
  return new Promise((settle) => {
    let output = '';
    const keep = (chunk) => (output = (output + String(chunk)).slice(-65_536));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => settle({ code: -1, output: String(error) }));
    child.on('close', (code) => settle({ code: code ?? -1, output }));
  });
}

async function exclusively(work) {
  await acquire();
  const heartbeat = setInterval(() => touch(LOCK), HEARTBEAT_MS);
  const release = () => rmSync(LOCK, { force: true });
  const interrupted = () => process.exit(130);
  process.once('exit', release).once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    await work();
  } catch (error) {
    throw explainDisk(error);
  } finally {
    clearInterval(heartbeat);
    process.off('exit', release).off('SIGINT', interrupted).off('SIGTERM', interrupted);
    release();
  }
}

async function acquire() {
  for (let told = false; ;) {
    try {
      hold('wx');
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw explainDisk(error);
    }
    if (stale()) removeStale();
    else if (!told) {
      say('Another set-up is at work in this folder; waiting for it …');
      told = true;
    }
    await new Promise((wake) => setTimeout(wake, 250));
  }
}

/** The lock names the holder and the npm or compiler it runs: that one can outlive a holder that was killed. */
function hold(flag, child) {
  writeFileSync(LOCK, JSON.stringify({ host: hostname(), pids: [process.pid, child].filter(Boolean) }), {
    flag,
  });
}

/** A lock is stale when its processes on this host are gone, or when nobody has touched it for two minutes. */
function stale() {
  try {
    const silentMs = Date.now() - statSync(LOCK).mtimeMs;
    if (silentMs > STALE_MS) return true;
    const holder = JSON.parse(readFileSync(LOCK, 'utf8'));
    return holder.host === hostname() && !holder.pids.some(alive);
  } catch {
    // Released meanwhile, or not yet written: not ours to judge, the next attempt decides.
    return false;
  }
}

function alive(pid) {
  // A holder with our own number lived before a restart of this container.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Only one process at a time may remove a stale lock, or it could remove the fresh lock of a quicker one. */
function removeStale() {
  try {
    mkdirSync(GUARD);
  } catch {
    if (existsSync(GUARD) && Date.now() - statSync(GUARD).mtimeMs > STALE_MS) rmdirSync(GUARD);
    return;
  }
  try {
    if (stale()) rmSync(LOCK, { force: true });
  } finally {
    rmdirSync(GUARD);
  }
}

function touch(file) {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // The lock is advisory: a beat that fails only shortens the wait of others.
  }
}

function explainDisk(error) {
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    return new SetupError(full());
  }
  if (['EROFS', 'EACCES', 'EPERM'].includes(error.code)) return new SetupError(unwritable());
  return error;
}
