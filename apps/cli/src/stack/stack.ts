/** The evaluation stack: PostgreSQL, signer, two witnesses, worker, intake and desk as separate processes. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeApiClient } from '@app/api-client';
import type { Policy } from '@app/casework';
import type { ClientDeps } from '@app/client';
import { ensureDatabase, EmbeddedPostgresError, startEmbeddedPostgres } from '@app/embedded';
import { ensureOrganisation, readOrigin } from './evaluation-files.js';
import { StackProcess } from './process.js';

const DIST = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../..');
const DATABASE = 'safe_conduct';
/** Rises when the layout of the data directory changes. */
const DATA_VERSION = 1;
const READY_POLL_MS = 100;
const READY_MS = 60_000;
const ROLES = ['intake', 'desk', 'worker'] as const;

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
};

export type Stack = {
  readonly publicUrl: string;
  readonly staffUrl: string;
  readonly trustFile: string;
  readonly ledgerDir: string;
  readonly madeOrganisation: boolean;
  readonly processes: readonly StackProcess[];
  stop(): Promise<void>;
};

export async function startStack(options: StackOptions): Promise<Stack> {
  const { dataDir, deps, onStep } = options;
  prepareDataDir(dataDir);
  endLeftovers(dataDir);
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    onStep('PostgreSQL');
    const database = await openDatabase(options, stops);
    const newOrigin = `evaluation.safe-conduct.example/${path.basename(dataDir).replace(/[^a-z0-9-]/gi, '') || 'data'}`;
    const madeOrganisation = await ensureOrganisation(deps, dataDir, newOrigin, options.policy);
    const origin = readOrigin(dataDir);
    onStep('schema');
    await run('worker/src/migrate.js', { SAFE_CONDUCT_DATABASE_URL: database.owner, ...database.passwords });
    const processes = await startProcesses(options, origin, database.urls, stops);
    const stack = {
      publicUrl: `http://127.0.0.1:${String(processes.publicPort)}`,
      staffUrl: `http://localhost:${String(processes.staffPort)}`,
    };
    onStep('first witnessed checkpoint');
    await untilWitnessed(stack.publicUrl);
    return {
      ...stack,
      trustFile: path.join(dataDir, 'directory', 'trust.json'),
      ledgerDir: path.join(dataDir, 'ledger'),
      madeOrganisation,
      processes: processes.all,
      stop,
    };
  } catch (error) {
    await stop();
    throw error instanceof EmbeddedPostgresError ? new StackError(error.message) : error;
  }
}

function prepareDataDir(dataDir: string): void {
  try {
    for (const folder of ['', 'ledger', 'signer', 'witness-1', 'witness-2', 'logs']) {
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

/** Ends processes of ours that outlived a supervisor which was killed. */
function endLeftovers(dataDir: string): void {
  const file = path.join(dataDir, 'pids');
  if (!existsSync(file)) return;
  for (const pid of readFileSync(file, 'utf8').split('\n').map(Number).filter(Boolean)) {
    try {
      const command = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8');
      if (command.includes(DIST)) process.kill(pid, 'SIGKILL');
    } catch {
      // Gone already, or nothing that can be told from here.
    }
  }
}

type Database = {
  readonly owner: string;
  readonly urls: Readonly<Record<(typeof ROLES)[number], string>>;
  readonly passwords: Readonly<Record<string, string>>;
};

async function openDatabase(options: StackOptions, stops: (() => Promise<void>)[]): Promise<Database> {
  const outside = options.env.DATABASE_URL;
  if (outside !== undefined && outside !== '') return outsideDatabase(options.dataDir, outside);
  const postgres = await startEmbeddedPostgres({ home: path.join(options.dataDir, 'postgres') });
  stops.push(() => postgres.stop());
  await ensureDatabase(postgres.url('postgres'), DATABASE);
  const urlOf = (role: string): string => postgres.url(DATABASE, `sc_${role}`);
  return {
    owner: postgres.url(DATABASE),
    urls: { intake: urlOf('intake'), desk: urlOf('desk'), worker: urlOf('worker') },
    passwords: {},
  };
}

/** An outside server asks for passwords: one for each role, made once, kept with the keys. */
function outsideDatabase(dataDir: string, owner: string): Database {
  const keys = path.join(dataDir, 'keys');
  mkdirSync(keys, { recursive: true, mode: 0o700 });
  const file = path.join(keys, 'database.json');
  if (!existsSync(file)) {
    const made = Object.fromEntries(ROLES.map((role) => [role, randomBytes(24).toString('hex')]));
    writeFileSync(file, JSON.stringify(made), { mode: 0o600 });
  }
  const passwords = JSON.parse(readFileSync(file, 'utf8')) as Record<(typeof ROLES)[number], string>;
  const urlOf = (role: (typeof ROLES)[number]): string => {
    const url = new URL(owner);
    url.username = `sc_${role}`;
    url.password = passwords[role];
    return url.href;
  };
  return {
    owner,
    urls: { intake: urlOf('intake'), desk: urlOf('desk'), worker: urlOf('worker') },
    passwords: Object.fromEntries(
      ROLES.map((role) => [`SAFE_CONDUCT_${role.toUpperCase()}_PASSWORD`, passwords[role]]),
    ),
  };
}

type Ports = { readonly publicPort: number; readonly staffPort: number; readonly all: StackProcess[] };

/** In order of need: who signs, who sequences, who answers. */
async function startProcesses(
  options: StackOptions,
  origin: string,
  urls: Database['urls'],
  stops: (() => Promise<void>)[],
): Promise<Ports> {
  const { dataDir, onStep } = options;
  const all: StackProcess[] = [];
  const start = async (name: string, app: string, env: Record<string, string>): Promise<number> => {
    onStep(name);
    const script = path.join(DIST, 'apps', app, 'src/main.js');
    const child = new StackProcess({ name, script, env, logFile: path.join(dataDir, 'logs', `${name}.log`) });
    stops.push(() => child.stop());
    all.push(child);
    const port = await child.start().catch((error: unknown) => {
      throw new StackError(error instanceof Error ? error.message : name);
    });
    writeFileSync(path.join(dataDir, 'pids'), all.map((p) => String(p.pid)).join('\n'));
    return port ?? 0;
  };
  const environments = environmentsOf(options, origin, urls);
  const [signer, ...witnesses] = await Promise.all([
    start('signer', 'signer', environments.signer),
    ...WITNESS_NAMES.map((name) => start(name, 'witness', environments.witness(name))),
  ]);
  await start('worker', 'worker', environments.worker(signer, witnesses));
  const [publicPort, staffPort] = await Promise.all([
    start('intake', 'intake', environments.intake),
    start('desk', 'desk', environments.desk),
  ]);
  return { publicPort, staffPort, all };
}

const WITNESS_NAMES = ['witness-1', 'witness-2'];

/** What each process is told, and nothing else: no variable of ours reaches them. */
function environmentsOf(options: StackOptions, origin: string, urls: Database['urls']) {
  const { dataDir, env, organisation } = options;
  const at = (...parts: string[]): string => path.join(dataDir, ...parts);
  const local = (port: number): string => `http://127.0.0.1:${String(port)}`;
  const offset = env.SAFE_CONDUCT_CLOCK_OFFSET_SECONDS;
  const clock: Record<string, string> =
    offset === undefined ? {} : { SAFE_CONDUCT_CLOCK_OFFSET_SECONDS: offset };
  const redis = env.REDIS_URL;
  const queue: Record<string, string> =
    redis === undefined || redis === ''
      ? { SAFE_CONDUCT_QUEUE_URL: urls.worker }
      : { SAFE_CONDUCT_REDIS_URL: redis };
  const ledger = {
    ...clock,
    SAFE_CONDUCT_ROOTSET_FILE: at('directory', 'rootset.bin'),
    SAFE_CONDUCT_LEDGER_DIR: at('ledger'),
  };
  const signing = (name: string, key: string) => ({
    SAFE_CONDUCT_PORT: '0',
    SAFE_CONDUCT_STATE_DIR: at(name),
    [`SAFE_CONDUCT_${name === 'signer' ? 'SIGNER' : 'WITNESS'}_KEY_FILE`]: at('keys', key),
  });
  return {
    signer: { ...signing('signer', 'log.key'), SAFE_CONDUCT_LOG_ORIGIN: origin },
    witness: (name: string): Record<string, string> => ({
      ...clock,
      ...signing(name, `${name}.key`),
      SAFE_CONDUCT_WITNESS_NAME: `${origin}/${name}`,
      SAFE_CONDUCT_LOG_VKEYS_FILE: at('directory', 'log.vkey'),
    }),
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

async function run(script: string, env: Record<string, string>): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [path.join(DIST, 'apps', script)], { env });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new StackError(stderr?.trim() ?? `${script} failed.`);
  }
}

/** Ready means a report can be sealed now: KEYSET, proof and quorum are there. */
async function untilWitnessed(publicUrl: string): Promise<void> {
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  const api = makeApiClient({ baseUrl: publicUrl, sleep });
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const proof = await api.call('keysetProof', {}).catch(() => undefined);
    if (proof !== undefined) return;
    if (Date.now() > deadline)
      throw new StackError('No checkpoint was witnessed within a minute; see the logs.');
    await sleep(READY_POLL_MS);
  }
}
