/** A key ceremony by processes: each person has a folder of her own, and a stick goes from one to the next. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const COMMAND = path.resolve('apps/cli/bin/safe-conduct.mjs');

/** The part of `draft.json` that tests change. */
type Draft = {
  origin: string;
  expires: string;
  certificates: { from: string; until: string };
  policy: { tick_seconds: number };
  seats: { name: string; revoked?: true; role: string; capabilities: string[] }[];
};

/** Changes the draft on a stick. */
export function editDraft(stick: string, change: (draft: Draft) => void): void {
  const file = path.join(stick, 'draft.json');
  const draft = JSON.parse(readFileSync(file, 'utf8')) as Draft;
  change(draft);
  writeFileSync(file, JSON.stringify(draft));
}

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs `safe-conduct` with arguments in a folder. */
export function safeConduct(cwd: string, args: readonly string[], stdin = ''): Promise<Ended> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };
  const child = spawn(process.execPath, [COMMAND, ...args], { cwd, env, stdio: 'pipe' });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  child.stdin.on('error', () => undefined).end(stdin);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...said })));
}

export class Gathering {
  readonly home = mkdtempSync(path.join(tmpdir(), 'sc-ceremony-'));
  readonly stick: string;

  constructor(stick = 'stick') {
    this.stick = path.join(this.home, stick);
    mkdirSync(this.stick);
  }

  /** A person's own file. */
  own(person: string, file: string): string {
    return path.join(this.home, person, file);
  }

  /** Her words, as they were handed to her. */
  words(person: string): string {
    return readFileSync(this.own(person, 'words'), 'utf8').trim();
  }

  /** Options of `sign` for a root officer. */
  asRoot(root: string): string[] {
    return ['--root-key', this.own(root, 'key'), '--words', this.own(root, 'words')];
  }

  /** Options of `sign` for the holder of a seat. */
  asSeat(seat: string): string[] {
    return ['--seat', seat, '--words', this.own(seat, 'words')];
  }

  /** SHA-256 of a file on the stick, which is the fingerprint of a root part and of an EPOCHS part. */
  fingerprint(file: string, stick = this.stick): string {
    return createHash('sha256')
      .update(readFileSync(path.join(stick, file)))
      .digest('hex');
  }

  /** Another stick with the same files. */
  copy(name: string, from = this.stick): string {
    const at = path.join(this.home, name);
    cpSync(from, at, { recursive: true });
    return at;
  }

  /** A step at a person's machine: she takes the stick, runs the command, and hands the stick back. */
  async step(person: string, args: readonly string[], stick = this.stick): Promise<Record<string, unknown>> {
    const at = this.own(person, 'stick');
    rmSync(at, { recursive: true, force: true });
    cpSync(stick, at, { recursive: true });
    const ended = await safeConduct(at, ['ceremony', ...args, '--json']);
    if (ended.code !== 0) throw new Error(`${args.join(' ')}: ${ended.stderr}`);
    cpSync(at, stick, { recursive: true });
    return JSON.parse(ended.stdout) as Record<string, unknown>;
  }

  /** Every file of everybody. */
  files(): string[] {
    return readdirSync(this.home, { recursive: true, encoding: 'utf8' })
      .map((name) => path.join(this.home, name))
      .filter((file) => statSync(file).isFile());
  }

  /** Files that hold one of the texts. */
  holding(texts: readonly (string | Buffer)[]): string[] {
    return this.files().filter((file) => {
      const bytes = readFileSync(file);
      return texts.some((text) => bytes.includes(text));
    });
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}
