/** Ending a process that cannot start: one sentence on standard error and an exit code a supervisor can act on. */
import { errorCode } from './error-code.js';

/** Exit codes: 1 a defect, 3 configuration, 4 the address is taken or forbidden. */
export const EXIT = { defect: 1, configuration: 3, address: 4 } as const;

export class StartupError extends Error {
  readonly exitCode: number;

  constructor(sentence: string, exitCode: number) {
    super(sentence);
    this.name = 'StartupError';
    this.exitCode = exitCode;
  }
}

type Surroundings = { writeError(text: string): void; exit(code: number): void };

const PROCESS: Surroundings = {
  writeError: (text) => process.stderr.write(text),
  exit: (code) => process.exit(code),
};

/** Runs `main`; a failure becomes one sentence without values and an exit code. */
export async function runMain(main: () => Promise<void>, around: Surroundings = PROCESS): Promise<void> {
  try {
    await main();
  } catch (err) {
    const known = err instanceof StartupError;
    around.writeError(`${known ? err.message : `Start-up failed (${errorCode(err)}).`}\n`);
    around.exit(known ? err.exitCode : EXIT.defect);
  }
}
