/**
 * `npm test`: sets up, runs every Jest project on the embedded PostgreSQL, and ends with one line of counts.
 * Arguments go to Jest (`npm test -- libs/tlog`).
 *
 * Tests that need Redis, a browser or tools that read metadata read SAFE_CONDUCT_REDIS_SERVER, SAFE_CONDUCT_BROWSER
 * and SAFE_CONDUCT_METADATA_TOOLS (paths, set here when the programs are found) and are skipped without.
 * SAFE_CONDUCT_REQUIRE_REDIS=1, SAFE_CONDUCT_REQUIRE_BROWSER=1 and SAFE_CONDUCT_REQUIRE_TOOLS=1 forbid that, and with
 * all of them nothing at all may be skipped.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { root, setUp, SetupError } from '../apps/cli/bin/setup.mjs';

const TOOLS = [
  {
    what: 'Redis',
    programs: ['redis-server'],
    variable: 'SAFE_CONDUCT_REDIS_SERVER',
    require: 'SAFE_CONDUCT_REQUIRE_REDIS',
    without: 'the queue, start-up and end-to-end tests on Redis',
  },
  {
    what: 'a browser',
    programs: ['chromium', 'chromium-browser', 'google-chrome'],
    variable: 'SAFE_CONDUCT_BROWSER',
    require: 'SAFE_CONDUCT_REQUIRE_BROWSER',
    without: 'the tests of the pages in a browser',
  },
  {
    what: 'tools that read metadata',
    programs: ['exiftool', 'mat2', 'pdftotext', 'ffmpeg'],
    all: true,
    variable: 'SAFE_CONDUCT_METADATA_TOOLS',
    require: 'SAFE_CONDUCT_REQUIRE_TOOLS',
    without: 'what they still find in stripped files',
  },
];

function onPath(program) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find(executable);
}

function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The tests' environment; throws when a tool that must be there is not. */
function environment() {
  const env = { ...process.env };
  for (const { what, programs, all, variable, require, without } of TOOLS) {
    const paths = programs.map(onPath).filter((found) => found !== undefined);
    if (paths.length >= (all === true ? programs.length : 1)) env[variable] ??= paths[0];
    if (env[variable] !== undefined) continue;
    if (env[require] === '1') throw new SetupError(`Not found, and ${require}=1 requires it: ${what}.`);
    process.stderr.write(
      `Left out for want of ${what} (${(all === true ? programs : [programs[0]]).join(', ')} on PATH): ${without}.\n`,
    );
  }
  env.NODE_OPTIONS =
    `${env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings=ExperimentalWarning`.trim();
  return env;
}

function jest(env, report) {
  const args = [
    '--maxWorkers=2',
    '--json',
    `--outputFile=${report}`,
    '--passWithNoTests',
    ...process.argv.slice(2),
  ];
  const child = spawn(process.execPath, [join(root, 'node_modules/jest/bin/jest.js'), ...args], {
    cwd: root,
    env,
    // Jest writes progress to stderr; its JSON goes to the file, so stdout stays free for the counts.
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((settle) => {
    child.on('error', () => settle(1));
    child.on('close', (code) => settle(code ?? 1));
  });
}

function counts(report) {
  try {
    const result = JSON.parse(readFileSync(report, 'utf8'));
    return {
      passed: result.numPassedTests,
      failed: result.numFailedTests + result.numRuntimeErrorTestSuites,
      skipped: result.numPendingTests + result.numTodoTests,
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

async function main() {
  await setUp();
  const scratch = mkdtempSync(join(tmpdir(), 'safe-conduct-test-'));
  try {
    const env = environment();
    const report = join(scratch, 'jest.json');
    const code = await jest(env, report);
    const { passed, failed, skipped } = counts(report);
    const nothingLeftOut = TOOLS.every(({ require }) => env[require] === '1');
    if (nothingLeftOut && skipped > 0) process.stderr.write('Nothing may be skipped here.\n');
    process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
    return code === 0 && failed === 0 && !(nothingLeftOut && skipped > 0) ? 0 : 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.stdout.write('0 passed, 1 failed\n');
  process.exitCode = 1;
}
