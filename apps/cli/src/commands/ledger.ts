/** The commands that check from outside: verify and fsck. */
import type { Command } from 'commander';
import { print, progressLine, utc } from '../terminal.js';
import { fsck } from './fsck.js';
import { verifyReceiptFile } from './receipts.js';

type CheckOptions = { readonly trust: string; readonly json?: boolean };

export function registerLedger(program: Command): void {
  program
    .command('verify <receipt>')
    .description('verify a .tlog-proof receipt, offline')
    .requiredOption('--trust <file>', 'what you pinned: trust.json')
    .option('--json')
    .action(verify);
  program
    .command('fsck <ledger>')
    .description('check a whole ledger by URL or folder')
    .requiredOption('--trust <file>', 'what you pinned: trust.json')
    .option('--json')
    .action(check);
}

async function verify(receipt: string, { trust, json }: CheckOptions): Promise<void> {
  const proven = await verifyReceiptFile(receipt, trust);
  const { index, witnesses, witnessedAt } = proven;
  print(
    proven,
    json,
    `Entry ${String(index)} is in the ledger, seen by ${witnesses.join(' and ')} at ${utc(witnessedAt)}.`,
  );
}

async function check(ledger: string, { trust, json }: CheckOptions): Promise<void> {
  const { report } = await fsck(ledger, trust, (done, total) => {
    progressLine(`  ${String(done)} of ${String(total)} entries`);
  });
  progressLine('');
  const findings = report.findings.map(({ code, path }) => `${code} ${path}`);
  const text =
    findings.length === 0
      ? `${String(report.size)} entries, nothing wrong.`
      : `${String(findings.length)} wrong:\n${findings.join('\n')}`;
  print({ size: report.size, findings: report.findings }, json, text);
  if (findings.length > 0) process.exitCode = 1;
}
