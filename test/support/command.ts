/** The built `safe-conduct` command as people run it: one process for each call, and a stack of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

const MAIN = path.resolve('dist/apps/cli/src/main.js');
const READY_MS = 120_000;

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type RunOptions = {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called once it runs, to do something to it. */
  readonly meanwhile?: (child: ChildProcess) => Promise<void>;
};

function start(args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const { PATH, HOME } = process.env;
  return spawn(process.execPath, [MAIN, ...args], {
    env: { ...(PATH !== undefined && { PATH }), ...(HOME !== undefined && { HOME }), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Runs the command to its end. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = start(args, options.env ?? {});
  const out = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (out.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (out.stderr += chunk.toString()));
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input ?? '');
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await options.meanwhile?.(child);
  return { code: await ended, ...out };
}

/** The command while it goes on by itself. */
export class Running {
  readonly child: ChildProcess;
  /** Standard output so far. */
  said = '';
  readonly #ended: Promise<number | null>;

  private constructor(child: ChildProcess) {
    this.child = child;
    child.stdin?.end();
    child.stderr?.resume();
    child.stdout?.on('data', (chunk: Buffer) => (this.said += chunk.toString()));
    this.#ended = new Promise((resolve) => child.once('close', resolve));
  }

  /** Starts it, and waits until it has said this. */
  static async start(args: readonly string[], ready: RegExp): Promise<Running> {
    const running = new Running(start(args, {}));
    await running.says(ready);
    return running;
  }

  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (const late = Date.now() + READY_MS; Date.now() < late;) {
      const found = pattern.exec(this.said);
      if (found !== null) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`it never said ${String(pattern)}: ${this.said}`);
  }

  /** @returns its exit code; null if the signal ended it. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.#ended;
  }
}

/** The evaluation stack as `safe-conduct start` runs it. */
export class EvaluationStack {
  readonly publicUrl: string;
  readonly staffUrl: string;
  readonly data: string;
  readonly trust: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, data: string, said: string) {
    this.#child = child;
    this.data = data;
    this.trust = path.join(data, 'directory', 'trust.json');
    this.publicUrl = /Public origin +(\S+)/.exec(said)![1]!;
    this.staffUrl = /Staff origin +(\S+)/.exec(said)![1]!;
  }

  static async start(data: string): Promise<EvaluationStack> {
    const child = start(['start', '--data', data, '--port', '0'], {});
    let said = '';
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        child.kill('SIGINT');
        reject(new Error(`the stack did not start: ${said}`));
      }, READY_MS);
      const listen = (chunk: Buffer): void => {
        said += chunk.toString();
        if (!said.includes('Ctrl-C')) return;
        clearTimeout(late);
        resolve(new EvaluationStack(child, data, said));
      };
      child.stdout?.on('data', listen);
      child.stderr?.on('data', listen);
      child.once('exit', () => reject(new Error(`the stack ended: ${said}`)));
    });
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGINT');
    await ended;
  }
}
