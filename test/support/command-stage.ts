/** One evaluation stack for the tests of the command, somebody between it and the public, and a folder for all. */
import { exampleReport } from '../../apps/cli/src/participant/example.js';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EvaluationStack, type Ran, run, type RunOptions } from './command.js';
import { Meddler } from './meddler.js';

export type Sealed = { readonly dir: string; readonly words: string[]; readonly wordsFile: string };
export type Recorded = {
  readonly casePseudonym: string;
  readonly entry: number;
  readonly witnesses: string[];
};
type Listed = { readonly cases: { readonly casePseudonym: string; readonly assignedToMe: boolean }[] };

/** What a run comes to: its exit code and the code of its sentence. */
export function outcome({ code, stderr }: Ran): [number | null, string | undefined] {
  return [code, /^safe-conduct: .*\(([a-z_]+)\)$/m.exec(stderr)?.[1]];
}

/** Runs the command with `--json`; a failure fails the test with what it said. */
export async function json<T>(args: readonly string[], options: RunOptions = {}): Promise<T> {
  const ran = await run([...args, '--json'], options);
  if (ran.code !== 0) throw new Error(`${args.slice(0, 3).join(' ')}: ${ran.stderr}`);
  return JSON.parse(ran.stdout) as T;
}

export class CommandStage {
  readonly stack: EvaluationStack;
  readonly meddler: Meddler;
  readonly #folder: string;
  #made = 0;

  private constructor(folder: string, stack: EvaluationStack, meddler: Meddler) {
    this.#folder = folder;
    this.stack = stack;
    this.meddler = meddler;
  }

  static async open(): Promise<CommandStage> {
    const folder = mkdtempSync(path.join(tmpdir(), 'sc-cli-e2e-'));
    const stack = await EvaluationStack.start(path.join(folder, 'data'));
    return new CommandStage(folder, stack, await Meddler.start(stack.publicUrl));
  }

  async close(): Promise<void> {
    await this.meddler.stop();
    await this.stack.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  at(name: string): string {
    return path.join(this.#folder, name);
  }

  /** A name nobody has used. */
  fresh(name: string): string {
    return this.at(`${name}-${String(++this.#made)}`);
  }

  write(name: string, content: string | Uint8Array): string {
    const file = this.fresh(name);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  }

  example(): string {
    return this.write('report.json', JSON.stringify(exampleReport('en')));
  }

  /** To the service itself. */
  direct(): string[] {
    return ['--service', this.stack.publicUrl, '--trust', this.stack.trust];
  }

  /** Through the one between. */
  meddled(): string[] {
    return ['--service', this.meddler.url, '--trust', this.stack.trust];
  }

  async seal(uncleaned: readonly string[] = []): Promise<Sealed> {
    const dir = this.fresh('package');
    const files = uncleaned.length === 0 ? [] : ['--uncleaned', ...uncleaned];
    const args = ['seal', this.example(), ...this.direct(), '--out', dir, ...files];
    const { words } = await json<{ words: string[] }>(args);
    return { dir, words, wordsFile: this.write('words', words.join(' ')) };
  }

  submit({ dir, wordsFile }: Sealed, to = this.direct()): Promise<Recorded> {
    return json<Recorded>(['submit', dir, ...to, '--words-file', wordsFile]);
  }

  staff<T>(who: string, args: readonly string[], input?: string): Promise<T> {
    const options = ['--service', this.stack.staffUrl, '--as', who, '--data', this.stack.data];
    return json<T>(['staff', ...args, ...options], input === undefined ? {} : { input });
  }

  async caseCount(): Promise<number> {
    return (await this.staff<Listed>('focal-1', ['list'])).cases.length;
  }

  /** The officer to whom the queue gave a case. */
  async assignedTo(id: string): Promise<string> {
    for (;;) {
      for (const who of ['focal-1', 'focal-2']) {
        const { cases } = await this.staff<Listed>(who, ['list']);
        if (cases.some((one) => one.casePseudonym === id && one.assignedToMe)) return who;
      }
    }
  }
}
