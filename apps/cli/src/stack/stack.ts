/** The evaluation stack: PostgreSQL, signer, three witnesses, worker, intake and desk as separate processes. */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Policy } from '@app/casework';
import { type ClientDeps, loadDirectory } from '@app/client';
import { EmbeddedPostgresError, readNote, writeNote } from '@app/embedded';
import { z } from 'zod';
import { apiOf } from '../client.js';
import { openDatabase, type StackDatabase } from './database.js';
import { ensureRelease } from './evaluation-release.js';
import { ensureOrganisation, readOrigin, readTrust, WITNESS_NAMES, witnessesOf } from './evaluation-files.js';
import { Occupancy } from './occupancy.js';
import { StackProcess } from './process.js';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../..');
/** The built programs: this file is one of them, or lies in the sources beside them. */
const DIST = path.basename(ROOT) === 'dist' ? ROOT : path.join(ROOT, 'dist');
const PAGE = path.join(DIST, 'apps', 'reporter-web');
/** Rises when the layout of the data directory changes. */
const DATA_VERSION = 4;
const READY_POLL_MS = 100;
const READY_MS = 60_000;

/** A failure the operator can mend: one sentence, no stack. */
export class StackError extends Error {}

export type StackOptions = {
  readonly deps: ClientDeps;
  readonly dataDir: string;
  readonly publicPort: number;
  readonly staffPort: number;
  readonly organisation: string;
  readonly policy: Policy;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onStep: (step: string) => void;
  /** With an outside database: makes one of its own on that server, and drops it at the end. */
  readonly temporary?: boolean;
  /** Gives up the start when it is aborted, and ends what was started. */
  readonly signal?: AbortSignal;
};

export type Stack = {
  readonly publicUrl: string;
  readonly staffUrl: string;
  readonly trustFile: string;
  readonly ledgerDir: string;
  /** Connects as the owner of the database. */
  readonly databaseUrl: string;
  readonly madeOrganisation: boolean;
  readonly processes: readonly StackProcess[];
  /** Of the embedded PostgreSQL as it runs now. */
  readonly databasePid: () => number | undefined;
  stop(): Promise<void>;
};

export async function startStack(given: StackOptions): Promise<Stack> {
  const { dataDir, deps, signal, env } = given;
  const onStep = (step: string): void => {
    signal?.throwIfAborted();
    given.onStep(step);
  };
  const options: StackOptions = { ...given, onStep };
  prepareDataDir(dataDir);
  const occupancy = occupy(dataDir);
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  stops.push(() => {
    occupancy.leave();
    return Promise.resolve();
  });
  try {
    onStep('PostgreSQL');
    const database = await openDatabase({
      dataDir,
      outside: env.DATABASE_URL,
      temporary: given.temporary === true,
      onNotice: (line) => process.stderr.write(`  ${line}\n`),
    });
    stops.push(database.close);
    const newOrigin = `evaluation.safe-conduct.example/${path.basename(dataDir).replace(/[^a-z0-9-]/gi, '') || 'data'}`;
    const madeOrganisation = await ensureOrganisation(deps, dataDir, newOrigin, options.policy);
    await ensureRelease(deps, dataDir, PAGE);
    const origin = readOrigin(dataDir);
    const processes = await startProcesses(options, origin, database, { stops, occupancy });
    const stack = {
      publicUrl: `http://127.0.0.1:${String(processes.publicPort)}`,
      staffUrl: `http://localhost:${String(processes.staffPort)}`,
    };
    onStep('first witnessed checkpoint');
    await untilTrusted(options, stack.publicUrl);
    announce(dataDir, stack, stops);
    return {
      ...stack,
      trustFile: trustFileOf(dataDir),
      ledgerDir: path.join(dataDir, 'ledger'),
      databaseUrl: database.owner,
      madeOrganisation,
      processes: processes.all,
      databasePid: database.pid,
      stop,
    };
  } catch (error) {
    await stop();
    signal?.throwIfAborted();
    throw error instanceof EmbeddedPostgresError ? new StackError(error.message) : error;
  }
}

export function trustFileOf(dataDir: string): string {
  return path.join(dataDir, 'directory', 'trust.json');
}

/** One supervisor at a time: a second one would end the children of the first. */
function occupy(dataDir: string): Occupancy {
  const occupancy = new Occupancy(dataDir, DIST);
  const other = occupancy.other();
  if (other !== undefined) {
    throw new StackError(
      `${dataDir} is in use by the process ${String(other)}; stop that one, or choose another --data.`,
    );
  }
  occupancy.endLeftovers();
  occupancy.take([]);
  return occupancy;
}

const addressSchema = z.object({ publicUrl: z.string(), staffUrl: z.string() });
const addressFile = (dataDir: string): string => path.join(dataDir, 'addresses.json');

/** Leaves the two origins where other commands find them, for as long as they are served. */
function announce(
  dataDir: string,
  { publicUrl, staffUrl }: z.infer<typeof addressSchema>,
  stops: (() => Promise<void>)[],
): void {
  writeFileSync(addressFile(dataDir), `${JSON.stringify({ publicUrl, staffUrl }, null, 2)}\n`);
  stops.push(() => {
    rmSync(addressFile(dataDir), { force: true });
    return Promise.resolve();
  });
}

/** The origins of the stack that runs on a data directory; undefined if none does. */
export function readAddresses(dataDir: string): z.infer<typeof addressSchema> | undefined {
  if (!existsSync(addressFile(dataDir))) return undefined;
  return addressSchema.parse(JSON.parse(readFileSync(addressFile(dataDir), 'utf8')));
}

function prepareDataDir(dataDir: string): void {
  try {
    for (const folder of ['', 'ledger', 'signer', ...WITNESS_NAMES, 'logs']) {
      mkdirSync(path.join(dataDir, folder), { recursive: true, mode: 0o711 });
    }
    accessSync(dataDir, constants.W_OK);
    const versionFile = path.join(dataDir, 'version');
    if (!existsSync(versionFile)) writeFileSync(versionFile, `${String(DATA_VERSION)}\n`);
    const version = Number(readFileSync(versionFile, 'utf8'));
    if (version !== DATA_VERSION) {
      throw new StackError(
        `${dataDir} was made by another version of Safe Conduct; use that one, or another --data.`,
      );
    }
  } catch (error) {
    if (error instanceof StackError) throw error;
    const code = (error as { code?: string }).code;
    const why = code === 'ENOSPC' ? 'the disk is full' : 'it cannot be written to';
    throw new StackError(`${dataDir} cannot be used: ${why}; choose another --data.`);
  }
}

type Urls = Awaited<ReturnType<StackDatabase['urls']>>;
type Ports = { readonly publicPort: number; readonly staffPort: number; readonly all: StackProcess[] };

/** Each as soon as what it needs is there: most of a start is processes loading their code, side by side. */
async function startProcesses(
  options: StackOptions,
  origin: string,
  database: StackDatabase,
  { stops, occupancy }: { readonly stops: (() => Promise<void>)[]; readonly occupancy: Occupancy },
): Promise<Ports> {
  const { dataDir, onStep } = options;
  const all: StackProcess[] = [];
  const onSpawn = (): void => {
    occupancy.take(all.map(({ pid }) => pid));
  };
  const start = async (name: string, app: string, env: Record<string, string>): Promise<number> => {
    onStep(name);
    const script = path.join(DIST, 'apps', app, 'src/main.js');
    const logFile = path.join(dataDir, 'logs', `${name}.log`);
    const child = new StackProcess({ name, script, env, logFile, onSpawn });
    stops.push(() => child.stop());
    all.push(child);
    const port = await child.start().catch((error: unknown) => {
      throw new StackError(error instanceof Error ? error.message : name);
    });
    return port ?? 0;
  };
  const parties = partyEnvironments(options, origin);
  const signing = Promise.all([
    start('signer', 'signer', parties.signer),
    ...witnessesOf(dataDir).map((name) => start(name, 'witness', parties.witness(name))),
  ]);
  const servers = migrated(database, onStep).then((urls) => serverEnvironments(options, urls));
  const surfaces = servers.then(({ intake, desk }) =>
    Promise.all([start('intake', 'intake', intake), start('desk', 'desk', desk)]),
  );
  const worker = Promise.all([signing, servers]).then(([[signer, ...witnesses], told]) =>
    start('worker', 'worker', told.worker(signer, witnesses)),
  );
  const [[publicPort, staffPort]] = await Promise.all([surfaces, worker]);
  return { publicPort, staffPort, all };
}

/** The roles exist once the schema is there; only then can their URLs be had. */
async function migrated(database: StackDatabase, onStep: StackOptions['onStep']): Promise<Urls> {
  const build = buildStamp();
  // The same build has been here before, and no password is to be set: there is nothing to do.
  const isCurrent = build !== undefined && (await readNote(database.owner)) === build;
  if (!isCurrent || Object.keys(database.passwords).length > 0) {
    onStep('schema');
    await run('worker/src/migrate.js', { SAFE_CONDUCT_DATABASE_URL: database.owner, ...database.passwords });
    if (build !== undefined) await writeNote(database.owner, build);
  }
  return database.urls();
}

/** What these programs were built from; undefined where nobody wrote it down. */
function buildStamp(): string | undefined {
  const file = path.join(DIST, '.stamp');
  return existsSync(file) ? `schema of build ${readFileSync(file, 'utf8')}` : undefined;
}

function clockEnvironment({ env }: StackOptions): Record<string, string> {
  return passed(env, 'SAFE_CONDUCT_CLOCK_OFFSET_SECONDS');
}

/** One variable of ours, if it is set. */
function passed(env: StackOptions['env'], name: string): Record<string, string> {
  const value = env[name];
  return value === undefined ? {} : { [name]: value };
}

/** What signer and witnesses are told, and nothing else: no variable of ours reaches them. */
function partyEnvironments(options: StackOptions, origin: string) {
  const at = (...parts: string[]): string => path.join(options.dataDir, ...parts);
  const signing = (name: string, key: string) => ({
    SAFE_CONDUCT_PORT: '0',
    SAFE_CONDUCT_STATE_DIR: at(name),
    [`SAFE_CONDUCT_${name === 'signer' ? 'SIGNER' : 'WITNESS'}_KEY_FILE`]: at('keys', key),
  });
  return {
    signer: { ...signing('signer', 'log.key'), SAFE_CONDUCT_LOG_ORIGIN: origin },
    witness: (name: string): Record<string, string> => ({
      ...clockEnvironment(options),
      ...signing(name, `${name}.key`),
      SAFE_CONDUCT_WITNESS_NAME: `${origin}/${name}`,
      SAFE_CONDUCT_LOG_VKEYS_FILE: at('directory', 'log.vkey'),
    }),
  };
}

/** What the servers are told, likewise. */
function serverEnvironments(options: StackOptions, urls: Urls) {
  const { dataDir, env, organisation } = options;
  const at = (...parts: string[]): string => path.join(dataDir, ...parts);
  const local = (port: number): string => `http://127.0.0.1:${String(port)}`;
  const redis = env.REDIS_URL;
  const queue: Record<string, string> =
    redis === undefined || redis === ''
      ? { SAFE_CONDUCT_QUEUE_URL: urls.worker }
      : { SAFE_CONDUCT_REDIS_URL: redis };
  const ledger = {
    ...clockEnvironment(options),
    SAFE_CONDUCT_ROOTSET_FILE: at('directory', 'rootset.bin'),
    SAFE_CONDUCT_LEDGER_DIR: at('ledger'),
  };
  return {
    worker: (signer: number, witnesses: readonly number[]): Record<string, string> => ({
      ...ledger,
      ...queue,
      SAFE_CONDUCT_DATABASE_URL: urls.worker,
      SAFE_CONDUCT_DIRECTORY_DIR: at('directory'),
      SAFE_CONDUCT_SIGNER_URL: local(signer),
      SAFE_CONDUCT_WITNESS_URLS: witnesses.map(local).join(','),
    }),
    intake: {
      ...ledger,
      SAFE_CONDUCT_DATABASE_URL: urls.intake,
      SAFE_CONDUCT_PORT: String(options.publicPort),
      SAFE_CONDUCT_ORGANISATION: organisation,
      SAFE_CONDUCT_PROMISE_KEY_FILE: at('keys', 'promise.key'),
      SAFE_CONDUCT_PAGE_DIR: PAGE,
      SAFE_CONDUCT_TRUST_FILE: trustFileOf(dataDir),
      ...passed(env, 'SAFE_CONDUCT_ORDINARY_REPORTS_PER_MINUTE'),
    },
    desk: {
      ...ledger,
      SAFE_CONDUCT_DATABASE_URL: urls.desk,
      SAFE_CONDUCT_HOST: 'localhost',
      SAFE_CONDUCT_PORT: String(options.staffPort),
      SAFE_CONDUCT_ORGANISATION: organisation,
    },
  };
}

/** Runs a built program that ends by itself. @returns its standard output. @throws StackError with its sentence. */
export async function run(script: string, env: Record<string, string>): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [path.join(DIST, 'apps', script)], {
      env,
    });
    return stdout;
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new StackError(stderr?.trim() ?? `${script} failed.`);
  }
}

/**
 * Ready means that a client goes by what this server says now. After a long stop the quorum and the KEYSET leaf of
 * before are there at once, and too old for anybody.
 */
async function untilTrusted({ deps, dataDir, signal }: StackOptions, publicUrl: string): Promise<void> {
  const api = apiOf(publicUrl);
  const trust = readTrust(trustFileOf(dataDir));
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const isTrusted = await loadDirectory(deps, api, trust).then(
      () => true,
      () => false,
    );
    if (isTrusted) return;
    signal?.throwIfAborted();
    if (Date.now() > deadline)
      throw new StackError('No checkpoint could be trusted within a minute; see the logs.');
    await deps.sleep(READY_POLL_MS);
  }
}
