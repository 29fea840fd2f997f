/** Work in a process of its own, so that it neither starves nor is measured with what it is held against. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const HOOKS = new URL('../support/ts-hooks.mjs', import.meta.url).href;

/** A started process that answers one question at a time. */
export class Child {
  readonly #child: ChildProcess;

  /** @param file - beside this one. @param args - no secrets. */
  constructor(file: string, args: readonly string[]) {
    const { TS_HOOKS_LOADED: _, ...env } = process.env;
    this.#child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
      execArgv: ['--import', HOOKS, '--no-warnings'],
      env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  /** @throws Error if the process ends instead of answering. */
  ask<T>(question: object = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null): void => {
        reject(new Error(`a process of the benchmark ended with ${String(code)}`));
      };
      this.#child.once('exit', ended);
      this.#child.once('message', (answer) => {
        this.#child.off('exit', ended);
        resolve(answer as T);
      });
      this.#child.send(question);
    });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    this.#child.kill('SIGTERM');
    await ended;
  }
}

/** In the child: answers every question, one after the other. @param handle - takes what the parent asks. */
export function answer(handle: (question: never) => Promise<object> | object): void {
  let last: Promise<unknown> = Promise.resolve();
  process.on('message', (question) => {
    last = last.then(async () => {
      try {
        process.send?.(await handle(question as never));
      } catch (error) {
        process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
        process.exit(1);
      }
    });
  });
}
