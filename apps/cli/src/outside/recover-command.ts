/** `safe-conduct recover`: a database that was restored from a backup goes on as the log that a mirror has. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sodiumVerifier } from '@app/crypto/verify';
import type { Command } from 'commander';
import { z } from 'zod';
import { CliError } from '../errors.js';
import { openDatabase } from '../stack/database.js';
import { readTrust } from '../stack/evaluation-files.js';
import { readAddresses, run } from '../stack/stack.js';
import { print, say } from '../terminal.js';
import { explaining } from './failures.js';
import { checkLedger } from './fsck.js';
import { ledgerInFolder } from './ledger-files.js';

type Options = { readonly trust: string; readonly data: string; readonly json?: boolean };

const recoveredSchema = z.object({
  from: z.number(),
  to: z.number(),
  linked: z.number(),
  cover: z.number(),
  lost: z.number(),
});

export function registerRecover(program: Command): void {
  program
    .command('recover <mirror>')
    .description('after a backup was restored: take back from a mirror what the ledger had since')
    .requiredOption('--trust <file>', 'what you pinned: trust.json')
    .option(
      '--data <dir>',
      'the data directory of a stack that is stopped; DATABASE_URL names another database',
      '.data',
    )
    .option('--json')
    .action(explaining(recover));
}

async function recover(mirror: string, { trust: trustFile, data, json }: Options): Promise<void> {
  const dataDir = path.resolve(data);
  if (readAddresses(dataDir) !== undefined)
    throw new CliError('stack_running', 'The stack on this data directory runs; stop it first.');
  const trust = readTrust(trustFile);
  say('Checking the mirror.');
  const verifier = await sodiumVerifier();
  const { findings } = await checkLedger({ verifier, trust, ledger: ledgerInFolder(mirror), folder: mirror });
  if (findings.length > 0)
    throw new CliError(
      'ledger_damaged',
      'Files of the mirror are wrong; fsck names them. Nothing was changed.',
    );
  const scratch = mkdtempSync(path.join(tmpdir(), 'sc-recover-'));
  const database = await openDatabase({
    dataDir,
    outside: process.env.DATABASE_URL,
    temporary: false,
    onNotice: say,
  });
  try {
    const policyFile = path.join(scratch, 'policy');
    writeFileSync(policyFile, trust.policy);
    await run('worker/src/migrate.js', { SAFE_CONDUCT_DATABASE_URL: database.owner, ...database.passwords });
    const said = await run('worker/src/recover.js', {
      SAFE_CONDUCT_DATABASE_URL: database.owner,
      SAFE_CONDUCT_MIRROR_DIR: path.resolve(mirror),
      SAFE_CONDUCT_TLOG_POLICY_FILE: policyFile,
    });
    const recovered = recoveredSchema.parse(JSON.parse(said.trim().split('\n').at(-1) ?? ''));
    const { from, to, lost } = recovered;
    const events = lost === 1 ? '1 event is' : `${String(lost)} events are`;
    print(
      recovered,
      json,
      `Entries ${String(from)} to ${String(to - 1)} are back; ${events} lost, and the ledger will say so. Start the stack now.`,
    );
  } finally {
    await database.close();
    rmSync(scratch, { recursive: true });
  }
}
