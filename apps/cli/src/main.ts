/**
 * `safe-conduct`. Results go to standard output, progress and errors to standard error.
 * Exit codes: 0 done; 1 something does not hold or failed; 2 wrong usage.
 */
import { Command, InvalidArgumentError } from 'commander';
import { registerCeremony } from './commands/ceremony/register.js';
import { registerParticipant } from './commands/participant.js';
import { registerStaff } from './commands/staff.js';
import { registerVerify } from './commands/verify.js';
import { start } from './commands/start.js';
import { demo } from './demo/demo.js';
import { failureOf } from './errors.js';
import { registerOutside } from './outside/register.js';

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
  .option('--size <bytes>', 'size of the large attachment', parseSize, 20_000_000)
  .option('--against <url>', 'the public origin of an evaluation stack that runs, instead of a temporary one')
  .option('--data <dir>', 'with --against: where that stack keeps everything', '.data')
  .option('--staff-url <url>', 'with --against: its staff origin, if the data directory does not say')
  .action(demo);

registerParticipant(program);
registerStaff(program);
registerVerify(program);
registerOutside(program);
registerCeremony(program);

try {
  await program.parseAsync();
} catch (error) {
  const { code, sentence, exitCode } = failureOf(error);
  // What commander refuses it has told already.
  if (sentence !== '') process.stderr.write(`safe-conduct: ${sentence} (${code})\n`);
  process.exitCode = exitCode;
}

function parseSize(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a number of bytes.');
  return Number(text);
}
