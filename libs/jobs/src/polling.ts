import { setTimeout as sleep } from 'node:timers/promises';

/** One pass after another with a pause between, until it is stopped; a pass deals with its own errors. */
export class Polling {
  readonly #pass: () => Promise<void>;
  readonly #pauseMs: number;
  #wake: AbortController = new AbortController();
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(pass: () => Promise<void>, pauseMs: number) {
    this.#pass = pass;
    this.#pauseMs = pauseMs;
  }

  start(): void {
    this.#running ??= this.#loop();
  }

  /** Ends the pause under way. */
  kick(): void {
    this.#wake.abort();
  }

  /** Ends after the pass under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.kick();
    await this.#running;
  }

  async #loop(): Promise<void> {
    for (;;) {
      // Armed before the pass: what is kicked for during it may have come too late for it.
      const { signal } = (this.#wake = new AbortController());
      if (this.#stopped) return;
      await this.#pass();
      await sleep(this.#pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
