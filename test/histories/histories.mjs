/**
 * `npm run histories`: random histories of cases, each step judged by a model that shares no code with the library.
 *
 * --minutes N      how long (10)
 * --http           acts sent to the real servers, compared with row, ledger and response times afterwards
 * --seed S         a whole number, as printed by an earlier run; without it a fresh one
 * --verbose        the pairs of phase and event that the model allows and no history showed
 *
 * Exits with 1 and the shortest history found at the first one that the two tell differently.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const near = (path) => fileURLToPath(new URL(path, import.meta.url));
const child = spawn(
  process.execPath,
  [
    '--import',
    new URL('../support/ts-hooks.mjs', import.meta.url).href,
    near(process.argv.includes('--http') ? 'over-http.ts' : 'main.ts'),
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
);
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});
