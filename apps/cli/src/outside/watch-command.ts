/** `safe-conduct watch`: key transparency for oversight and staff, at the command line. */
import path from 'node:path';
import { ApiProblem } from '@app/api-client';
import { acceptHash, describeRefusal, publishedOverHttp, type WatchAlarm } from '@app/client';
import type { Bytes } from '@app/encoding';
import { LogUnreadable } from '@app/tlog';
import { type Command, InvalidArgumentError } from 'commander';
import { makeDeps } from '../client.js';
import { readTrust } from '../stack/evaluation-files.js';
import { CliError } from '../errors.js';
import { explaining, reportMisbehaviour } from './failures.js';
import { following, seconds } from './following.js';
import { apiAt } from './ledger-files.js';
import { ProgressDisplay } from './progress.js';
import { WatchFolder, watchLedger, type WatchParts, type WatchReport } from './watch-ledger.js';

type Options = {
  readonly trust?: string;
  readonly state?: string;
  readonly follow?: number;
  readonly role: readonly string[];
  readonly known: readonly string[];
  readonly json?: boolean;
};

export function registerWatch(program: Command): void {
  const watch = program
    .command('watch')
    .argument('<url>')
    .description('watch the keys that the ledger announces, and raise an alarm')
    .option('--trust <file>', 'what you pinned: trust.json')
    .option('--state <dir>', 'where what was seen is remembered')
    .option('--follow <seconds>', 'go on, and look for more every so often', seconds)
    .option('--role <id>', 'an office of which every certificate and key must be announced', roleIds, [])
    .option('--known <hash...>', 'certificates and keys that you were told of', hashes, [])
    .option('--json')
    .action(explaining(run));
  watch
    .command('accept <hash>')
    .description('take a certificate, a key or an alarm as explained')
    .action(explaining(accept));
}

function collecting(pattern: RegExp, what: string): (text: string, before: readonly string[]) => string[] {
  return (text, before) => {
    const plain = text.replace(/\s/g, '').toLowerCase();
    if (!pattern.test(plain)) throw new InvalidArgumentError(what);
    return [...before, plain];
  };
}
const roleIds = collecting(/^[0-9a-f]{32}$/, 'the identifier of a role: 32 hexadecimal digits');
const hashes = collecting(/^[0-9a-f]{64}$/, 'a hash: 64 hexadecimal digits');

async function run(url: string, options: Options, command: Command): Promise<void> {
  const { trust, state } = options;
  if (trust === undefined || state === undefined)
    command.error('error: --trust <file> and --state <dir> are required');
  const parts = await watchParts(url, trust, state, options);
  const watcher = new Watcher(parts, options);
  await following(options.follow, () => watcher.round());
  if (watcher.hasAlarms) process.exitCode = 1;
}

export async function watchParts(
  url: string,
  trust: string,
  state: string,
  { role, known }: Pick<Options, 'role' | 'known'>,
): Promise<WatchParts> {
  const deps = await makeDeps(process.env);
  const api = apiAt(url);
  const keyset = async (hash: string): Promise<Bytes | undefined> => {
    try {
      return await api.call('keysetByHash', { params: { hash } });
    } catch (error) {
      if (error instanceof ApiProblem && error.code === 'not_found') return undefined;
      throw new LogUnreadable(error);
    }
  };
  return {
    verifier: deps.verifier,
    trust: readTrust(trust),
    ledger: publishedOverHttp(api),
    keyset,
    folder: new WatchFolder(path.resolve(state)),
    roles: role,
    known,
    now: deps.now,
  };
}

/** Rounds of one watch: says each alarm once, and what grew. */
export class Watcher {
  readonly #parts: WatchParts;
  readonly #options: Pick<Options, 'json' | 'follow'>;
  readonly #told = new Set<string>();
  #entries = -1;
  hasAlarms = false;

  constructor(parts: WatchParts, options: Pick<Options, 'json' | 'follow'>) {
    this.#parts = parts;
    this.#options = options;
  }

  async round(): Promise<void> {
    const display = new ProgressDisplay();
    try {
      const onProgress = (done: number, total: number): void => {
        display.show(done, total);
      };
      this.#show(await watchLedger({ ...this.#parts, onProgress }));
    } catch (error) {
      reportMisbehaviour(error, path.join(this.#parts.folder.folder, 'evidence'), this.#options.json);
      throw error;
    } finally {
      display.end();
    }
  }

  #show(report: WatchReport): void {
    for (const alarm of report.alarms) this.#raise(alarm);
    const { entries, keysetVersion, witnessedAt, alarms } = report;
    if (this.#options.json === true) {
      process.stdout.write(
        `${JSON.stringify({ event: 'watched', entries, keysetVersion, witnessedAt, alarms: alarms.length })}\n`,
      );
    } else if (entries !== this.#entries && this.#entries < 0) {
      const keyset = keysetVersion === null ? 'no KEYSET' : `KEYSET version ${String(keysetVersion)}`;
      const when = new Date(witnessedAt * 1000).toISOString();
      const verdict = alarms.length === 0 ? 'nothing to report' : `${String(alarms.length)} alarms`;
      process.stdout.write(`${String(entries)} entries, ${keyset}, witnessed at ${when}: ${verdict}.\n`);
    }
    this.#entries = entries;
  }

  #raise(alarm: WatchAlarm): void {
    this.hasAlarms = true;
    const key = `${alarm.code} ${alarm.subject}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    if (this.#options.json === true) {
      process.stdout.write(`${JSON.stringify({ event: 'alarm', ...alarm })}\n`);
      return;
    }
    const { code, subject, index, detail, role } = alarm;
    const about = [
      ...(role === undefined ? [] : [`office ${role}`]),
      ...(index === undefined ? [] : [`entry ${String(index)}`]),
      ...(detail === undefined || detail === code ? [] : [detail]),
      ...(subject === '' ? [] : [subject]),
    ];
    process.stdout.write(`ALARM ${code}: ${describeRefusal(code)}\n  ${about.join(', ')}\n`);
  }
}

async function accept(hash: string, _options: unknown, command: Command): Promise<void> {
  const { state: dir, json } = command.optsWithGlobals<Options>();
  if (dir === undefined) command.error('error: --state <dir> is required');
  const folder = new WatchFolder(path.resolve(dir));
  const state = await folder.read();
  const watch = acceptHash(state.watch, hash.replace(/\s/g, '').toLowerCase());
  if (watch === undefined) throw new CliError('no_alarm', 'No alarm is about that hash.');
  await folder.write({ ...state, watch });
  const left = watch.open.length;
  process.stdout.write(
    json === true
      ? `${JSON.stringify({ accepted: hash, open: left })}\n`
      : `Accepted; ${String(left)} alarms are left.\n`,
  );
}
