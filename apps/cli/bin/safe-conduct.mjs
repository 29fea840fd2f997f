#!/usr/bin/env node
/** The `safe-conduct` command: brings the checkout up to date, then hands over to the program itself. */
import { SetupError, setUp } from './setup.mjs';

try {
  await setUp();
  await import('../../../dist/apps/cli/src/main.js');
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`safe-conduct: ${error.message}\n`);
  process.exitCode = 1;
}
