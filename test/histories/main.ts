/** The long form of the model-based test of libs/casework: as many histories as the given minutes allow. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { LEGAL_PAIRS } from '../../libs/casework/test/model-table.js';
import { faultOf, randomHistory, shrink, tell } from '../../libs/casework/test/random-history.js';

const SEEDS = 2 ** 32;
const REPORT_MS = 60_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);
const first = values.seed === undefined ? randomInt(SEEDS) : Number(values.seed);
if (!(minutes > 0) || !Number.isInteger(first)) {
  process.stderr.write('--minutes takes a number above 0, --seed a whole number.\n');
  process.exit(2);
}

const say = (line: string): boolean => process.stderr.write(`${line}\n`);
const seen = new Set<string>();
const began = Date.now();
const until = began + minutes * 60_000;
let [runs, steps, reportAt] = [0, 0, began + REPORT_MS];

const rate = (): string => ((runs * 1_000) / (Date.now() - began)).toFixed(0);
const shown = (): number => LEGAL_PAIRS.filter((pair) => seen.has(pair)).length;

say(`seed ${String(first)}`);
let fault: string | undefined;
for (; fault === undefined && Date.now() < until; runs++) {
  const seed = (first + runs) % SEEDS;
  const history = randomHistory(seed);
  fault = faultOf(history, (pair) => {
    steps++;
    seen.add(pair);
  });
  if (fault !== undefined) {
    say(`seed ${String(seed)}: ${fault}`);
    for (const line of tell(shrink(history))) say(`  ${line}`);
    say(`again: npm run histories -- --seed ${String(seed)}`);
  }
  if (Date.now() < reportAt) continue;
  reportAt += REPORT_MS;
  say(`${String(runs)} histories, ${rate()} each second, ${String(shown())} pairs`);
}

const missing = LEGAL_PAIRS.filter((pair) => !seen.has(pair));
if (values.verbose) for (const pair of missing) say(`never: ${pair}`);
const seconds = ((Date.now() - began) / 1_000).toFixed(0);
process.stdout.write(
  fault === undefined
    ? `${String(runs)} histories with ${String(steps)} events in ${seconds} s (${rate()} each second), seed ${String(first)}: ` +
        `each as the model says; ${String(shown())} of ${String(LEGAL_PAIRS.length)} pairs of phase and event seen.\n`
    : `Histories failed, seed ${String(first)}.\n`,
);
process.exitCode = fault === undefined ? 0 : 1;
