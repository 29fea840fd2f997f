/**
 * `safe-conduct`. Results go to standard output, progress and errors to standard error.
 * Exit codes: 0 done; 1 something does not hold or failed; 2 wrong usage.
 */
import { ApiProblem, Unreachable } from '@app/api-client';
import { ParseError, VerificationError } from '@app/encoding';
import { describeRefusal } from '@app/client';
import { Command, CommanderError } from 'commander';
import { registerCeremony } from './commands/ceremony/register.js';
import { fsck } from './commands/fsck.js';
import { verifyReceiptFile } from './commands/receipts.js';
import { start } from './commands/start.js';
import { demo } from './demo/demo.js';
import { StackError } from './stack/stack.js';

const program = new Command('safe-conduct')
  .description(
    'Reprisal and intimidation case tracker: sealed reports, a blind server, provable response times.',
  )
  .exitOverride();

const out = (value: unknown, json: boolean | undefined, text: string): void => {
  process.stdout.write(json === true ? `${JSON.stringify(value)}\n` : `${text}\n`);
};

program
  .command('start')
  .description('start the evaluation stack')
  .option('--data <dir>', 'where everything is kept', '.data')
  .option('--port <n>', 'public port; staff get the next one', '8080')
  .action(start);

program
  .command('demo')
  .description('the whole path of three invented reports, on real parts')
  .option('--ci', 'smaller files')
  .option('--size <bytes>', 'size of the large attachment', '20000000')
  .action(demo);

program
  .command('verify <receipt>')
  .description('verify a .tlog-proof receipt, offline')
  .requiredOption('--trust <file>', 'what you pinned: trust.json')
  .option('--json')
  .action(async (receipt: string, options: { trust: string; json?: boolean }) => {
    const proven = await verifyReceiptFile(receipt, options.trust);
    const when = new Date(proven.witnessedAt * 1000).toISOString();
    out(
      proven,
      options.json,
      `Entry ${String(proven.index)} is in the ledger, seen by ${proven.witnesses.join(' and ')} at ${when}.`,
    );
  });

program
  .command('fsck <ledger>')
  .description('check a whole ledger by URL or folder')
  .requiredOption('--trust <file>', 'what you pinned: trust.json')
  .option('--json')
  .action(async (ledger: string, options: { trust: string; json?: boolean }) => {
    const { report } = await fsck(ledger, options.trust, (done, total) => {
      if (process.stderr.isTTY) process.stderr.write(`\r  ${String(done)} of ${String(total)} entries`);
    });
    const findings = report.findings.map(({ code, path }) => `${code} ${path}`);
    const text =
      findings.length === 0
        ? `${String(report.size)} entries, nothing wrong.`
        : `${String(findings.length)} wrong:\n${findings.join('\n')}`;
    out({ size: report.size, findings: report.findings }, options.json, text);
    if (findings.length > 0) process.exitCode = 1;
  });

registerCeremony(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.stderr.write(`safe-conduct: ${sentenceOf(error)}\n`);
    process.exitCode = 1;
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof VerificationError)
    return `${describeRefusal(String(error.code))} (${String(error.code)})`;
  if (error instanceof ParseError) return `Malformed input: ${error.message}.`;
  if (error instanceof ApiProblem) return `The service refused: ${error.code}.`;
  if (error instanceof Unreachable) return 'The service could not be reached; try again.';
  if (error instanceof StackError) return error.message;
  const code = (error as { code?: unknown }).code;
  return code === 'ENOENT' ? 'A file that was named is not there.' : String(error);
}
