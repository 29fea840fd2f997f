/** Ending in order when a person interrupts: nothing that was started outlives the command. */

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Interrupting = keyof typeof EXIT_CODES;

export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(signal: Interrupting) {
    super('Interrupted.');
    this.name = 'Interrupted';
    this.exitCode = EXIT_CODES[signal];
  }
}

/**
 * Listens from now on, for good: an impatient second interrupt must not leave processes behind.
 * @returns aborted, with an `Interrupted` as its reason, at the first interrupt.
 */
export function listenForInterruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of Object.keys(EXIT_CODES) as Interrupting[]) {
    process.on(name, () => {
      controller.abort(new Interrupted(name));
    });
  }
  return controller.signal;
}

/** Settles as `work` does, unless the signal comes first. @throws the signal's reason. */
export function unlessInterrupted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return Promise.race([work, interruption(signal)]);
}

/** Rejects with the signal's reason once it is aborted. */
function interruption(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
