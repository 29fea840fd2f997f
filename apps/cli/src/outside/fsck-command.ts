/** `safe-conduct fsck`: the command line of the whole check. */
import { sodiumVerifier } from '@app/crypto/verify';
import type { Command } from 'commander';
import { readTrust } from '../stack/evaluation-files.js';
import { auditDatabase, type DatabaseFinding, type DatabaseProgress } from './database-audit.js';
import { explaining, reportMisbehaviour } from './failures.js';
import { checkLedger, evidenceFolder, type FsckReport, readState, writeState } from './fsck.js';
import { isUrl, openLedger } from './ledger-files.js';
import { ProgressDisplay } from './progress.js';

type Options = {
  readonly trust: string;
  readonly state?: string;
  readonly full?: boolean;
  readonly database?: boolean;
  readonly json?: boolean;
};

export function registerFsck(program: Command): void {
  program
    .command('fsck <ledger>')
    .description('check a whole ledger by URL or folder')
    .requiredOption('--trust <file>', 'what you pinned: trust.json')
    .option('--state <file>', 'remember how far it is right; a later run checks only what is new')
    .option('--full', 'check everything although there is a state')
    .option('--database', 'compare a folder with the database that DATABASE_URL names, too')
    .option('--json')
    .action(explaining(run));
}

async function run(target: string, options: Options, command: Command): Promise<void> {
  const database = databaseOf(target, options, command);
  const display = new ProgressDisplay();
  const report = await checkLedger({
    verifier: await sodiumVerifier(),
    trust: readTrust(options.trust),
    ledger: openLedger(target),
    ...(!isUrl(target) && { folder: target }),
    ...(options.state !== undefined && { stateFile: options.state }),
    full: options.full === true,
    onProgress: (done, total) => {
      display.show(done, total);
    },
  })
    .catch((error: unknown) => {
      reportMisbehaviour(error, evidenceFolder(options.state ?? ''), options.json);
      throw error;
    })
    .finally(() => {
      display.end();
    });
  const found = database === undefined ? undefined : await compare(target, database, report.size, options);
  show(report, found, options);
  if (report.findings.length > 0 || (found ?? []).length > 0) process.exitCode = 1;
}

function databaseOf(target: string, { database }: Options, command: Command): string | undefined {
  if (database !== true) return undefined;
  const url = process.env.DATABASE_URL ?? '';
  if (isUrl(target)) command.error('error: --database compares a folder; name the folder of the ledger');
  if (url === '') command.error('error: set DATABASE_URL to the database, as a role that may read it');
  return url;
}

/** What an interrupted run left is done first; then what the ledger has grown by since. */
async function compare(
  ledgerDir: string,
  databaseUrl: string,
  size: number,
  { state: file, full }: Options,
): Promise<DatabaseFinding[]> {
  const state = await readState(file);
  const known = full === true ? undefined : state?.database;
  const begun = known ?? { from: 0, to: size, entries: 0 };
  const display = new ProgressDisplay();
  const keep = async (database: DatabaseProgress): Promise<void> => {
    if (file !== undefined && state !== undefined) await writeState(file, { ...state, database });
  };
  const findings: DatabaseFinding[] = [];
  for (let progress = begun; ; progress = { from: progress.to, to: size, entries: progress.to }) {
    const onProgress = async (next: DatabaseProgress): Promise<void> => {
      display.show(next.entries, next.to);
      if (findings.length === 0) await keep(next);
    };
    findings.push(...(await auditDatabase({ databaseUrl, ledgerDir, progress, onProgress })));
    if (findings.length > 0 || progress.to >= size) break;
    await keep({ from: progress.to, to: progress.to, entries: progress.to });
  }
  display.end();
  if (findings.length === 0) await keep({ from: size, to: size, entries: size });
  return findings;
}

function show(
  report: FsckReport,
  database: readonly DatabaseFinding[] | undefined,
  { json, state }: Options,
): void {
  const { size, from, witnessedAt, findings } = report;
  if (json === true) {
    const found = database === undefined ? {} : { database };
    process.stdout.write(`${JSON.stringify({ size, from, witnessedAt, findings, ...found })}\n`);
    return;
  }
  const lines = [...findings.map(({ code, path }) => `${code} ${path}`), ...(database ?? []).map(lineOf)];
  const since = from > 0 ? `, ${String(size - from)} of them new since the last run` : '';
  const agrees = database === undefined ? '' : '; the database agrees';
  const verdict =
    lines.length === 0
      ? `${String(size)} entries${since}, nothing wrong${agrees}.`
      : `${String(lines.length)} wrong:\n${lines.join('\n')}`;
  process.stdout.write(`${verdict}\n`);
  if (lines.length > 0 && state !== undefined && from > 0)
    process.stderr.write(`What an earlier run verified was not read again; --full reads everything.\n`);
}

function lineOf({ code, index, casePseudonym, eventNumber, column, path }: DatabaseFinding): string {
  const where = [
    ...(path === undefined ? [] : [path]),
    ...(index === undefined ? [] : [`entry ${String(index)}`]),
    ...(casePseudonym === undefined ? [] : [`case ${casePseudonym}`]),
    ...(eventNumber === undefined ? [] : [`event ${String(eventNumber)}`]),
    ...(column === undefined ? [] : [`column ${column}`]),
  ];
  return `database: ${[code, ...where].join(' ')}`;
}
