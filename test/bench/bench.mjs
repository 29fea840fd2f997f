/** `npm run bench`: builds what is measured, then measures it; see main.ts for the options. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setUp, SetupError } from '../../apps/cli/bin/setup.mjs';

const HOOKS = new URL('../support/ts-hooks.mjs', import.meta.url).href;
const main = fileURLToPath(new URL('main.ts', import.meta.url));

try {
  await setUp();
  const { status } = spawnSync(process.execPath, ['--import', HOOKS, main, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
