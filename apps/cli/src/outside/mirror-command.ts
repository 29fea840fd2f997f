/** `safe-conduct mirror`: the command line of a verified copy. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { sodiumVerifier } from '@app/crypto/verify';
import { takeLock } from '@app/embedded';
import type { Command } from 'commander';
import { CliError } from '../errors.js';
import { readTrust } from '../stack/evaluation-files.js';
import { copyFiles } from './copy-files.js';
import { explaining, reportMisbehaviour } from './failures.js';
import { following, seconds } from './following.js';
import { openLedger } from './ledger-files.js';
import { type MirrorParts, type MirrorReport, updateMirror } from './mirror.js';
import { ProgressDisplay, size as sizeOf } from './progress.js';

type Options = { readonly trust: string; readonly follow?: number; readonly json?: boolean };

export function registerMirror(program: Command): void {
  program
    .command('mirror <url> <folder>')
    .description('keep a verified copy of a ledger, in the layout of C2SP tlog-tiles')
    .requiredOption('--trust <file>', 'what you pinned: trust.json')
    .option('--follow <seconds>', 'go on, and look for more every so often', seconds)
    .option('--json')
    .action(explaining(run));
}

async function run(url: string, folder: string, options: Options): Promise<void> {
  const parts = {
    verifier: await sodiumVerifier(),
    trust: readTrust(options.trust),
    log: openLedger(url),
    copy: copyFiles(path.resolve(folder)),
  };
  const release = takeFolder(path.resolve(folder));
  try {
    await following(options.follow, () => once(parts, folder, options));
  } finally {
    release();
  }
}

/** @throws CliError `folder_in_use`: two that replace each other's files leave neither's copy. */
function takeFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const taken = takeLock(path.join(folder, '.mirror.lock'));
  if ('release' in taken) return taken.release;
  const sentence = `The process ${String(taken.heldBy)} keeps a mirror in ${folder}; end that one, or choose another folder.`;
  throw new CliError('folder_in_use', sentence);
}

async function once(parts: Omit<MirrorParts, 'onProgress'>, folder: string, options: Options): Promise<void> {
  const display = new ProgressDisplay();
  try {
    const onProgress = (done: number, total: number, bytes: number): void => {
      display.show(done, total, bytes);
    };
    show(await updateMirror({ ...parts, onProgress }), options);
  } catch (error) {
    reportMisbehaviour(error, path.join(folder, 'evidence'), options.json);
    throw error;
  } finally {
    display.end();
  }
}

function show(report: MirrorReport, { json, follow }: Options): void {
  const { from, size, bytes, witnessedAt, findings } = report;
  if (findings.length > 0) process.exitCode = 1;
  if (json === true) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } else if (findings.length > 0) {
    const lines = findings.map(({ code, path: file, at }) => `${code} ${file} (of the ${at})`);
    process.stdout.write(`The copy stays at ${String(from)} entries; wrong files:\n${lines.join('\n')}\n`);
  } else if (size > from || follow === undefined) {
    const when = new Date(witnessedAt * 1000).toISOString();
    const grown = size > from ? `${String(size - from)} new, ${sizeOf(bytes)} fetched` : 'nothing new';
    process.stdout.write(`${String(size)} entries, ${grown}; witnessed at ${when}.\n`);
  }
}
