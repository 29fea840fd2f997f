/** `safe-conduct verify`: a receipt, offline. */
import type { Command } from 'commander';
import { listed, print, utc } from '../terminal.js';
import { verifyReceiptFile } from './receipts.js';

export function registerVerify(program: Command): void {
  program
    .command('verify <receipt>')
    .description('verify a .tlog-proof receipt, offline')
    .requiredOption('--trust <file>', 'what you pinned: trust.json')
    .option('--json')
    .action(verify);
}

async function verify(
  receipt: string,
  { trust, json }: { readonly trust: string; readonly json?: boolean },
): Promise<void> {
  const proven = await verifyReceiptFile(receipt, trust);
  const { index, witnesses, witnessedAt } = proven;
  print(
    proven,
    json,
    `Entry ${String(index)} is in the ledger, seen by ${listed(witnesses)} at ${utc(witnessedAt)}.`,
  );
}
