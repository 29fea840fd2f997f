/**
 * `safe-conduct`. Results go to standard output, progress and errors to standard error.
 * Exit codes: 0 done; 1 something does not hold or failed; 2 wrong usage.
 */
import { Command } from 'commander';
import { registerLedger } from './commands/ledger.js';
import { registerParticipant } from './commands/participant.js';
import { registerStaff } from './commands/staff.js';
import { start } from './commands/start.js';
import { demo } from './demo/demo.js';
import { failureOf } from './errors.js';

const program = new Command('safe-conduct')
  .description(
    'Reprisal and intimidation case tracker: sealed reports, a blind server, provable response times.',
  )
  .addHelpText(
    'after',
    `
Results go to standard output, progress and errors to standard error. An error is one sentence and its code.
Exit codes: 0 done; 1 something does not hold or failed; 2 wrong usage.
Words and unlock secrets are asked at the terminal, or read from a file or standard input; never given as arguments.`,
  )
  .exitOverride();

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

registerParticipant(program);
registerStaff(program);
registerLedger(program);

try {
  await program.parseAsync();
} catch (error) {
  const { code, sentence, exitCode } = failureOf(error);
  // What commander refuses it has told already.
  if (sentence !== '') process.stderr.write(`safe-conduct: ${sentence} (${code})\n`);
  process.exitCode = exitCode;
}
