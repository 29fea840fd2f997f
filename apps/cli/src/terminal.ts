/** What goes in and out at the keyboard: results to standard output, everything else to standard error. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { decodeUtf8 } from '@app/encoding';
import { CliError } from './errors.js';

const MAX_INPUT_BYTES = 4_194_304;

/** A result: JSON for scripts, or text for people. */
export function print(value: unknown, json: boolean | undefined, text: string): void {
  process.stdout.write(json === true ? `${JSON.stringify(value)}\n` : `${text}\n`);
}

/** Progress and remarks. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** One line that is written over while something goes on; nothing where nobody watches. */
export function progressLine(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

const AND = new Intl.ListFormat('en', { type: 'conjunction' });

/** "a, b, and c". */
export function listed(names: readonly string[]): string {
  return AND.format(names);
}

/** "2026-11-24 23:40:12 UTC". */
export function utc(instant: number): string {
  return `${new Date(instant * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** The same moment twice: as evidence has it, and as the clock on the wall has it. */
export function when(instant: number): string {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  return `${utc(instant)} (${format.format(new Date(instant * 1000))} your time)`;
}

/** Text a person brought, and where it can be found again if what follows fails. */
export type Given = { readonly text: string; readonly file?: string };

/**
 * What is asked of the person. Without a terminal, secrets are the first lines of standard input, in the order in
 * which they are asked, and a text is the rest of it.
 */
export class Keyboard {
  #piped: string | undefined;

  /** A secret: from a file, asked without echo, or a line of standard input. Never from an argument. */
  async secret(prompt: string, file?: string): Promise<string> {
    if (file !== undefined) return (await readText(file)).trim();
    if (process.stdin.isTTY) return askWithoutEcho(prompt);
    const all = await this.#rest();
    const end = all.indexOf('\n');
    this.#piped = end < 0 ? '' : all.slice(end + 1);
    return (end < 0 ? all : all.slice(0, end)).trim();
  }

  /** A text of one or more lines. */
  async text(prompt: string, file?: string): Promise<Given> {
    const given: Given =
      file === undefined ? { text: await this.#typed(prompt) } : { text: await readText(file), file };
    const text = given.text.trim();
    if (text === '') throw new CliError('text_missing', 'There is no text. Nothing was sent.');
    return { ...given, text };
  }

  async #typed(prompt: string): Promise<string> {
    return process.stdin.isTTY ? askLines(prompt) : this.#rest();
  }

  async #rest(): Promise<string> {
    if (this.#piped !== undefined) return this.#piped;
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      if ((size += chunk.length) > MAX_INPUT_BYTES)
        throw new CliError('text_too_long', 'The text is too long.');
    }
    return (this.#piped = decodeUtf8(new Uint8Array(Buffer.concat(chunks)), 'standard input'));
  }
}

/**
 * Does something with a text; if it fails, the text is not lost: it is still in its file, or it is shown again.
 */
export async function withoutLosing<T>(given: Given, work: (text: string) => Promise<T>): Promise<T> {
  try {
    return await work(given.text);
  } catch (error) {
    if (given.text === '') throw error;
    if (given.file !== undefined) say(`Your text is where it was, in ${given.file}.`);
    else say(`Your text, so that it is not lost:\n\n${given.text}\n`);
    throw error;
  }
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file);
  if (bytes.length > MAX_INPUT_BYTES) throw new CliError('text_too_long', `${file} is too long.`);
  return decodeUtf8(new Uint8Array(bytes), path.basename(file));
}

function askWithoutEcho(prompt: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true, historySize: 0 });
  // Only now: what is typed before the terminal is in this mode would be shown.
  process.stderr.write(`${prompt} (not shown): `);
  return new Promise((resolve, reject) => {
    lines.once('line', (line) => {
      resolve(line.trim());
      lines.close();
      process.stderr.write('\n');
    });
    endsWith(lines, reject);
  });
}

function askLines(prompt: string): Promise<string> {
  const lines = createInterface({
    input: process.stdin,
    output: process.stderr,
    terminal: true,
    historySize: 0,
  });
  say(`${prompt} End with Ctrl-D on a line of its own.`);
  const typed: string[] = [];
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => typed.push(line));
    lines.once('SIGINT', () => {
      reject(interrupted());
      lines.close();
    });
    lines.once('close', () => resolve(typed.join('\n')));
  });
}

function endsWith(lines: Interface, reject: (error: CliError) => void): void {
  lines.once('SIGINT', () => lines.close());
  lines.once('close', () => reject(interrupted()));
}

function interrupted(): CliError {
  return new CliError('interrupted', 'Stopped before anything was sent.');
}
