/** `safe-conduct witness`: an independent witness on one's own machine, in the foreground until it is interrupted. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError } from 'commander';
import { parseCheckpoint, parseCosignature, parseNote } from '@app/tlog';
import { makeDeps } from '../client.js';
import { Occupancy } from '../stack/occupancy.js';
import { StackProcess } from '../stack/process.js';
import { CliError } from '../errors.js';
import { explaining, sentenceOfFailure } from './failures.js';
import { Watcher, watchParts } from './watch-command.js';
import { openWitnessHome, type WitnessHome } from './witness-home.js';

const BUILT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../..');
const LOOK_EVERY_MS = 1_000;
const WATCH_EVERY_MS = 60_000;

type Options = {
  readonly log: string;
  readonly name: string;
  readonly data: string;
  readonly port: number;
  readonly host: string;
  readonly watch?: string;
  readonly trust?: string;
};

export function registerWitness(program: Command): void {
  program
    .command('witness')
    .description('run an independent witness of a ledger on this machine')
    .requiredOption('--log <file>', "the log's verifier key, from the organisation: log.vkey")
    .requiredOption('--name <name>', 'a name for the witness, such as oversight.example/w1')
    .requiredOption('--data <dir>', 'where its key and its memory are kept')
    .option('--port <n>', 'port to listen on', port, 8090)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--watch <url>', 'also watch the keys that the ledger there announces')
    .option('--trust <file>', 'for --watch, what you pinned: trust.json')
    .action(explaining(run));
}

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('a port from 0 to 65535');
  return Number(text);
}

async function run(options: Options, command: Command): Promise<void> {
  const folder = path.resolve(options.data);
  const watcher = await watcherOf(options, command);
  const deps = await makeDeps(process.env);
  const home = await openWitnessHome(folder, options.name, readFileSync(options.log, 'utf8'), deps);
  const occupancy = occupy(folder);
  const witness: StackProcess = new StackProcess({
    name: 'witness',
    script: path.join(BUILT, 'apps/witness/src/main.js'),
    env: environmentOf(home, options),
    logFile: path.join(folder, 'witness.log'),
    onSpawn: () => {
      occupancy.take([witness.pid]);
    },
  });
  const ending = new AbortController();
  const end = (): void => {
    ending.abort();
  };
  process.once('SIGINT', end).once('SIGTERM', end);
  const bound = await witness.start().catch(async (error: unknown) => {
    await witness.stop();
    occupancy.leave();
    throw new CliError(
      'witness_failed',
      error instanceof Error ? error.message : 'The witness could not be started.',
    );
  });
  const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${String(bound)}`;
  process.stdout.write(`${introduction(home, url)}\n`);
  try {
    await Promise.all([tellWhatItSees(home.origins, url, ending.signal), watching(watcher, ending.signal)]);
  } finally {
    process.stderr.write('\nStopping.\n');
    await witness.stop();
    occupancy.leave();
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}

/**
 * One at a time in a folder. What a killed one left running is ended first.
 * @throws CliError `witness_running`.
 */
function occupy(folder: string): Occupancy {
  const occupancy = new Occupancy(folder, BUILT);
  const other = occupancy.other();
  if (other !== undefined)
    throw new CliError(
      'witness_running',
      `The process ${String(other)} is this witness already; end that one first.`,
    );
  occupancy.endLeftovers();
  occupancy.take([]);
  return occupancy;
}

async function watcherOf({ watch, trust, data }: Options, command: Command): Promise<Watcher | undefined> {
  if (watch === undefined) return undefined;
  if (trust === undefined) command.error('error: --watch needs --trust <file>');
  const parts = await watchParts(watch, trust, path.join(data, 'watch'), { role: [], known: [] });
  return new Watcher(parts, { follow: WATCH_EVERY_MS / 1000 });
}

/** A log that misbehaves must not end its witness: the witness is what proves it. */
async function watching(watcher: Watcher | undefined, signal: AbortSignal): Promise<void> {
  while (watcher !== undefined && !signal.aborted) {
    await watcher.round().catch((error: unknown) => {
      process.stderr.write(`Watching: ${sentenceOfFailure(error)}\n`);
    });
    await sleep(WATCH_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

function environmentOf(home: WitnessHome, { host, port: wanted, name }: Options): Record<string, string> {
  const offset = process.env.SAFE_CONDUCT_CLOCK_OFFSET_SECONDS;
  return {
    ...(offset !== undefined && { SAFE_CONDUCT_CLOCK_OFFSET_SECONDS: offset }),
    SAFE_CONDUCT_HOST: host,
    SAFE_CONDUCT_PORT: String(wanted),
    SAFE_CONDUCT_WITNESS_NAME: name,
    SAFE_CONDUCT_WITNESS_KEY_FILE: home.keyFile,
    SAFE_CONDUCT_STATE_DIR: home.stateDir,
    SAFE_CONDUCT_LOG_VKEYS_FILE: home.logFile,
  };
}

function introduction({ vkey, isNew, folder, origins }: WitnessHome, url: string): string {
  const key = [`Verifier key of this witness:`, '', `  ${vkey}`, ''];
  const toDo = [
    'Give that line to the organisation, and to everybody who is to trust this witness, by a way they know is',
    'yours. The organisation adds it to the policy of its KEYSET, and the address below to its worker.',
    `Keep ${folder}. Never put back an older copy of it, and never run it twice: a witness that forgets`,
    'can be led to sign two histories.',
    '',
  ];
  return [
    ...key,
    ...(isNew ? toDo : []),
    `Listening at ${url} for ${origins.join(', ')}. Ctrl-C ends it; the folder stays.`,
  ].join('\n');
}

/** Asks the witness itself, by the way that is open to every monitor. */
async function tellWhatItSees(origins: readonly string[], url: string, signal: AbortSignal): Promise<void> {
  const told = new Map<string, string>();
  while (!signal.aborted) {
    for (const origin of origins) {
      const sentence = await lastSeen(origin, url);
      if (sentence !== undefined && told.get(origin) !== sentence) process.stdout.write(`${sentence}\n`);
      if (sentence !== undefined) told.set(origin, sentence);
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** One sentence; undefined while the witness is restarting. */
async function lastSeen(origin: string, url: string): Promise<string | undefined> {
  const hash = createHash('sha256').update(origin).digest('hex');
  const answer = await fetch(`${url}/${hash}/checkpoint`).catch(() => undefined);
  if (answer?.status === 404) return `Nothing was asked of ${origin} yet.`;
  if (answer?.ok !== true) return undefined;
  const { body, signatures } = parseNote(await answer.text());
  const last = signatures.at(-1);
  if (last === undefined) return undefined;
  const { time } = parseCosignature(last.signature);
  return `${new Date(time * 1000).toISOString()}  ${origin} has ${String(parseCheckpoint(body).size)} entries and continues what was seen before; cosigned.`;
}
