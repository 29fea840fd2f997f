/**
 * `npm run bench`: every figure beside a plain baseline of the same run, and beside its aim. An aim that is missed is
 * said, not failed; what fails is a benchmark that cannot run, or that finds something wrong.
 *
 * --ci          the short form: smaller, fewer rounds
 * --only NAME   `stack`, `ledger`, `casework` or `files`; may be given more than once
 * --json FILE   the figures for a program
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { benchFiles } from './files.js';
import { benchLists } from './lists.js';
import { benchTriage } from './triage.js';
import { benchLedger } from './ledger.js';
import { type Figure, isMet, table } from './report.js';
import { benchStack } from './stack.js';

const { values } = parseArgs({
  options: {
    ci: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    json: { type: 'string' },
  },
});

const PLAN = values.ci
  ? {
      stack: { rounds: 2, reports: 80 },
      ledger: { rounds: 2, seconds: 2 },
      lists: { sizes: [1_000, 10_000], requests: 40 },
      triage: { rounds: 1, jobs: 100, waiting: 300 },
      files: { entries: 50_000, rounds: 3 },
    }
  : {
      stack: { rounds: 5, reports: 400 },
      ledger: { rounds: 5, seconds: 6 },
      lists: { sizes: [10_000, 100_000, 1_000_000], requests: 300 },
      triage: { rounds: 5, jobs: 500, waiting: 10_000 },
      files: { entries: 1_000_000, rounds: 3 },
    };

const BENCHMARKS: Readonly<Record<string, () => Promise<Figure[]>>> = {
  stack: () => benchStack(PLAN.stack),
  ledger: () => benchLedger(PLAN.ledger),
  casework: async () => [...(await benchLists(PLAN.lists)), ...(await benchTriage(PLAN.triage))],
  files: () => benchFiles(PLAN.files.entries, PLAN.files.rounds),
};

const chosen = Object.entries(BENCHMARKS).filter(([name]) => values.only?.includes(name) ?? true);
const found: Figure[] = [];
let failed = chosen.length === 0;
for (const [name, run] of chosen) {
  const began = performance.now();
  try {
    found.push(...(await run()));
    process.stderr.write(`${name}: ${((performance.now() - began) / 1000).toFixed(0)} s\n`);
  } catch (error) {
    failed = true;
    process.stderr.write(
      `${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  }
}
const judged = found.flatMap((figure) => isMet(figure) ?? []);
const met = judged.filter((held) => held).length;
process.stdout.write(`${table(found)}\n`);
if (values.json !== undefined) {
  const figures = found.map((figure) => ({ ...figure, met: isMet(figure) }));
  writeFileSync(values.json, `${JSON.stringify({ node: process.version, figures }, null, 2)}\n`);
}
process.stdout.write(
  failed
    ? 'A benchmark could not run, or found something wrong.\n'
    : `${String(met)} of ${String(judged.length)} aims met; ratios are of this run, on this machine.\n`,
);
process.exitCode = failed ? 1 : 0;
