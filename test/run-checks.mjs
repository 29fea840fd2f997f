/** `npm run check`: the static checks, each counted as one test; prints what a failing one has to say. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp, SetupError } from '../apps/cli/bin/setup.mjs';

const CHECKS = [
  ['format', 'prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
  ['types', 'typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'],
  ['types of the pages', 'typescript/bin/tsc', '-p', 'apps/reporter-web'],
  ['types of pure libraries', 'typescript/bin/tsc', '-p', 'tsconfig.pure.json'],
  ['lint', 'eslint/bin/eslint.js', '--max-warnings=0', '.'],
  ['boundaries', 'dependency-cruiser/bin/dependency-cruise.mjs', '--config', '--', 'apps', 'libs', 'test'],
  ['dead code', 'knip/bin/knip.js', '--no-progress'],
];

function passes([name, program, ...args]) {
  const began = Date.now();
  const result = spawnSync(process.execPath, [join(root, 'node_modules', program), ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const ok = result.status === 0;
  process.stderr.write(`${ok ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)\n`);
  if (!ok)
    process.stderr.write(`${result.stdout}${result.stderr}${result.error ? String(result.error) : ''}\n`);
  return ok;
}

try {
  await setUp({ build: false });
  const failed = CHECKS.filter((check) => !passes(check)).length;
  process.stdout.write(`${CHECKS.length - failed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.stdout.write('0 passed, 1 failed\n');
  process.exitCode = 1;
}
