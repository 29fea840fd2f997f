/** One server process under supervision: its log in a file, restarted when it dies, ended in order. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';

const RESTART_PAUSE_MS = 300;
const READY_MS = 60_000;

export type ProcessSpec = {
  readonly name: string;
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Called with every start, the first and each after a death. */
  readonly onSpawn?: () => void;
};

export class StackProcess {
  readonly name: string;
  readonly #spec: ProcessSpec;
  readonly #log: WriteStream;
  #child: ChildProcess | undefined;
  #env: Record<string, string>;
  #stopping = false;

  constructor(spec: ProcessSpec) {
    this.name = spec.name;
    this.#spec = spec;
    this.#env = { ...spec.env };
    this.#log = createWriteStream(spec.logFile, { flags: 'a', mode: 0o600 });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Starts and waits until it says it is ready.
   * @returns its port; a later restart keeps it.
   * @throws Error with the sentence the process left on standard error.
   */
  async start(): Promise<number | undefined> {
    const port = await this.#spawn();
    if (port !== undefined) this.#env.SAFE_CONDUCT_PORT = String(port);
    return port;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child?.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const cut = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await ended;
      clearTimeout(cut);
    }
    this.#log.end();
  }

  #spawn(): Promise<number | undefined> {
    const { script, name } = this.#spec;
    // A group of its own: an interrupt at the terminal reaches the supervisor alone, which ends all in order.
    const child = spawn(process.execPath, [script], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    this.#spec.onSpawn?.();
    child.stdout.pipe(this.#log, { end: false });
    child.stderr.pipe(this.#log, { end: false });
    return new Promise((resolve, reject) => {
      let sentence = '';
      let ready = false;
      const late = setTimeout(() => {
        reject(new Error(`${name} did not become ready; see its log.`));
      }, READY_MS);
      child.stderr.on('data', (chunk: Buffer) => {
        sentence = `${sentence}${chunk.toString()}`.slice(-600);
      });
      child.stdout.on('data', (chunk: Buffer) => {
        if (ready) return;
        const line = chunk
          .toString()
          .split('\n')
          .find((text) => text.includes('"event":"ready"'));
        if (line === undefined) return;
        ready = true;
        clearTimeout(late);
        resolve((JSON.parse(line) as { port?: number }).port);
      });
      child.once('exit', () => {
        clearTimeout(late);
        if (!ready) reject(new Error(sentence.trim() === '' ? `${name} ended at once.` : sentence.trim()));
        else if (!this.#stopping) setTimeout(() => void this.#restart(), RESTART_PAUSE_MS);
      });
    });
  }

  async #restart(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#spawn();
        return;
      } catch {
        // What it depends on may be restarting too.
        await new Promise((resolve) => setTimeout(resolve, RESTART_PAUSE_MS));
      }
    }
  }
}
