/**
 * `npm run fuzz`: changed inputs through every parser, and changed sealed files through every opening.
 *
 * --seed S         as printed by an earlier run; without it a fresh one
 * --runs N         inputs for the parsers (1,000,000)
 * --sealed N       sealed files (10,000)
 * --format NAME    this format alone; --from N begins at that run
 * --ci             the short form
 * --verbose        what each format answered
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const HANG_MS = 60_000;
const FULL = { runs: '1000000', sealed: '10000' };
const SHORT = { runs: '120000', sealed: '800' };

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    runs: { type: 'string' },
    sealed: { type: 'string' },
    format: { type: 'string' },
    from: { type: 'string' },
    ci: { type: 'boolean' },
    verbose: { type: 'boolean' },
  },
});
const seed = values.seed ?? randomBytes(6).toString('hex');
const size = values.ci ? SHORT : FULL;

/** Runs one share of the formats to its end. @returns what each format came to; undefined after a failure. */
function work(index, count) {
  const given = { ...size, ...values, seed, share: `${index}/${count}` };
  const args = ['seed', 'runs', 'sealed', 'format', 'from', 'share'].flatMap((name) =>
    given[name] === undefined ? [] : [`--${name}=${given[name]}`],
  );
  const near = (path) => fileURLToPath(new URL(path, import.meta.url));
  const child = spawn(
    process.execPath,
    ['--import', new URL('../support/ts-hooks.mjs', import.meta.url).href, near('main.ts'), ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const done = [];
  let at = { format: 'starting', run: 0 };
  let failed = false;
  const fail = (format, run, what) => {
    failed = true;
    process.stderr.write(
      `${what}\n  format ${format}, run ${run}\n  again: npm run fuzz -- --seed ${seed} --format "${format}" --from ${run}\n`,
    );
  };
  const watch = () =>
    setTimeout(() => {
      fail(at.format, at.run, `Nothing heard for ${HANG_MS / 1000} s: an input of this format hangs.`);
      child.kill('SIGKILL');
    }, HANG_MS);
  let watching = watch();
  createInterface({ input: child.stdout }).on('line', (line) => {
    clearTimeout(watching);
    watching = watch();
    const message = JSON.parse(line);
    if (message.at) at = message.at;
    if (message.done) done.push(message.done);
    if (message.found) {
      const { format, run, what, input, encoding } = message.found;
      fail(format, run, `${what}\n  input (${encoding}, base64) ${input}`);
    }
  });
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(watching);
      resolve(code === 0 && !failed ? done : undefined);
    });
  });
}

process.stderr.write(`seed ${seed}\n`);
const began = Date.now();
const count = values.format === undefined ? Math.min(2, availableParallelism()) : 1;
const shares = await Promise.all(Array.from({ length: count }, (_, index) => work(index, count)));
const formats = shares.flatMap((share) => share ?? []);
if (values.verbose) {
  for (const { format, inputs, accepted, codes } of formats) {
    process.stderr.write(`${format}: ${inputs}, ${accepted} accepted; refused with ${codes.join(', ')}\n`);
  }
}
const inputs = formats.reduce((sum, { inputs: n }) => sum + n, 0);
const accepted = formats.reduce((sum, { accepted: n }) => sum + n, 0);
const seconds = ((Date.now() - began) / 1000).toFixed(0);
const held = shares.every((share) => share !== undefined) && formats.length > 0;
process.stdout.write(
  held
    ? `Fuzzed ${formats.length} formats with ${inputs} inputs in ${seconds} s: ${accepted} accepted, all others refused with a code.\n`
    : `Fuzzing failed, seed ${seed}.\n`,
);
process.exitCode = held ? 0 : 1;
