/**
 * One half of `npm run fuzz`: tries changed inputs on its share of the formats and says after each thousand what it
 * is at, so that the other half can tell a hang. The last line is the tally; a failure is the last line too.
 */
import { parseArgs } from 'node:util';
import { type Format, type Input, tryInput } from './format.js';
import { caseworkFormats } from './formats/casework.js';
import { cryptoFormats } from './formats/crypto.js';
import { tlogFormats } from './formats/tlog.js';
import { wireFormats } from './formats/wire.js';
import { diceOf, mutant } from './mutate.js';
import { judge, type SealedFormat, sealedFormats, sealedMutant } from './sealed.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '' },
    runs: { type: 'string', default: '0' },
    sealed: { type: 'string', default: '0' },
    format: { type: 'string' },
    from: { type: 'string', default: '0' },
    share: { type: 'string', default: '0/1' },
  },
});

const [shareIndex = 0, shareCount = 1] = values.share.split('/').map(Number);
const from = Number(values.from);
const isMine = ({ name }: { readonly name: string }, index: number): boolean =>
  values.format === undefined
    ? index % shareCount === shareIndex
    : name === values.format && shareIndex === 0;

type Tally = { readonly format: string; inputs: number; accepted: number; readonly codes: Set<string> };

const say = (message: object): boolean => process.stdout.write(`${JSON.stringify(message)}\n`);
const at = (format: string, run: number): boolean => say({ at: { format, run } });

class Found extends Error {
  readonly finding: object;
  constructor(format: string, run: number, input: Input | undefined, cause: unknown) {
    super(`${format}, run ${String(run)}`);
    const bytes = typeof input === 'string' ? Buffer.from(input, 'utf16le') : Buffer.from(input ?? []);
    const what = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    this.finding = {
      format,
      run,
      input: bytes.toString('base64'),
      encoding: typeof input === 'string' ? 'UTF-16LE' : 'bytes',
      what,
    };
  }
}

function tryFormat(format: Format, runs: number): Tally {
  const tally: Tally = { format: format.name, inputs: 0, accepted: 0, codes: new Set() };
  for (const sample of format.samples) {
    if (!tryInput(format, sample).accepted)
      throw new Found(format.name, -1, sample, 'a good input is refused');
  }
  for (let run = from; run < from + runs; run++) {
    if (run % 1000 === 0) at(format.name, run);
    const input = mutant(format, diceOf(values.seed, format.name, run));
    try {
      const outcome = tryInput(format, input);
      if (outcome.accepted) tally.accepted++;
      else tally.codes.add(outcome.code);
    } catch (error) {
      throw new Found(format.name, run, input, error);
    }
    tally.inputs++;
  }
  return tally;
}

async function trySealed(format: SealedFormat, runs: number): Promise<Tally> {
  const tally: Tally = { format: format.name, inputs: 0, accepted: 0, codes: new Set() };
  for (let run = from; run < from + runs; run++) {
    if (run % 20 === 0) at(format.name, run);
    let file: Input | undefined;
    try {
      const changed = await sealedMutant(format, diceOf(values.seed, format.name, run));
      file = changed;
      if (changed === undefined) continue;
      const verdict = await judge(format, changed);
      if (verdict === 'opened') tally.accepted++;
      else tally.codes.add(verdict);
    } catch (error) {
      throw new Found(format.name, run, file, error);
    }
    tally.inputs++;
  }
  return tally;
}

async function main(): Promise<void> {
  const all = [...cryptoFormats, ...tlogFormats, ...caseworkFormats, ...wireFormats];
  const sealed = await sealedFormats();
  const names = [...all, ...sealed].map(({ name }) => name);
  if (values.format !== undefined && !names.includes(values.format)) {
    throw new Error(`There is no format "${values.format}". There are: ${names.join(', ')}.`);
  }
  const chosen = all.filter(isMine);
  const weights = (values.format === undefined ? all : chosen).reduce((sum, { weight }) => sum + weight, 0);
  for (const format of chosen)
    report(tryFormat(format, Math.ceil((Number(values.runs) * format.weight) / weights)));
  const chosenSealed = sealed.filter(isMine);
  const each = Math.ceil(Number(values.sealed) / (values.format === undefined ? sealed.length : 1));
  for (const format of chosenSealed) report(await trySealed(format, each));
}

function report({ codes, ...rest }: Tally): void {
  say({ done: { ...rest, codes: [...codes].sort() } });
}

try {
  await main();
} catch (error) {
  if (error instanceof Found) say({ found: error.finding });
  else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
