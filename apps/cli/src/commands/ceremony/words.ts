/**
 * Twelve words between a person and the program. They come from a terminal without echo, from standard input, or from
 * a file; never from the command line or the environment, which others can read.
 */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CeremonyError } from '@app/client';
import { decodeWords } from '@app/crypto/seal';
import { type Bytes, bytesEqual, ParseError } from '@app/encoding';
import { InvalidArgumentError } from 'commander';
import { readBytes, writeSecret } from './folder.js';

/** How often new words may be typed back wrongly before they are thrown away. */
const ATTEMPTS = 3;

/** The code of words that exist. @param file - `--words`. @throws {ReceiptWordError}. @throws {ParseError}. */
export async function readWords(whose: string, file: string | undefined): Promise<Bytes> {
  return decodeWords(await wordsText(whose, file));
}

async function wordsText(whose: string, file: string | undefined): Promise<string> {
  if (file !== undefined) return new TextDecoder().decode(await readBytes(file));
  if (process.stdin.isTTY) return ask(`The 12 words of ${whose} (they are not shown): `, { isShown: false });
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  return text;
}

/** Before keys are made: there is a way to hand over the words. */
export function checkWordsHaveAWay(file: string | undefined): void {
  if (file === undefined && !process.stdin.isTTY)
    throw new InvalidArgumentError('New words need a terminal to be shown at, or --words FILE.');
}

/**
 * Hands over fresh words: into a new file, or shown once at the terminal and typed back.
 * @throws {CeremonyError} `words_not_repeated`.
 */
export async function handOverWords(
  words: readonly string[],
  whose: string,
  file: string | undefined,
): Promise<void> {
  if (file !== undefined) return writeSecret(file, `${words.join(' ')}\n`);
  const numbered = words.map((word, i) => `  ${String(i + 1).padStart(2)}  ${word}`);
  process.stderr.write(
    [
      `The 12 words of ${whose}. Write them on paper now; they are shown only once.`,
      ...numbered,
      'Type them back, then clear the screen.',
      '',
    ].join('\n'),
  );
  const code = decodeWords(words.join(' '));
  for (let left = ATTEMPTS; left > 0; left--) {
    if (isCode(await ask('The 12 words (they are not shown): ', { isShown: false }), code)) return;
    if (left > 1) process.stderr.write('Those are not the words; type them again.\n');
  }
  throw new CeremonyError('words_not_repeated');
}

function isCode(text: string, code: Bytes): boolean {
  try {
    return bytesEqual(decodeWords(text), code);
  } catch (error) {
    if (error instanceof ParseError) return false;
    throw error;
  }
}

/** One line from the terminal. */
export async function ask(question: string, { isShown }: { readonly isShown: boolean }): Promise<string> {
  const silent = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  if (!isShown) process.stderr.write(question);
  const output = isShown ? process.stderr : silent;
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
    if (!isShown) process.stderr.write('\n');
  }
}
