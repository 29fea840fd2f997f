/** The receipt code as people give it: 12 words in any of the languages, or 40 digits. */
import { decodeDigits, decodeWords, encodeDigits, encodeWords, type WordLanguage } from '@app/crypto/seal';
import type { Bytes } from '@app/encoding';
import { type Keyboard } from '../terminal.js';

/** Asks for the words; what cannot be right is refused before anything is sent. */
export async function askCode(keyboard: Keyboard, wordsFile: string | undefined): Promise<Bytes> {
  const text = await keyboard.secret('Your 12 words', wordsFile);
  return /\p{Nd}/u.test(text) && !/\p{L}/u.test(text) ? decodeDigits(text) : decodeWords(text);
}

/** A code to write down: words and digits for scripts, and lines for people. */
export function shownCode(
  code: Bytes,
  language: WordLanguage,
): { readonly words: readonly string[]; readonly digits: string; readonly lines: readonly string[] } {
  const words = encodeWords(code, language);
  const digits = encodeDigits(code);
  const rows = [0, 4, 8].map((from) =>
    words
      .slice(from, from + 4)
      .map((word, i) => `${String(from + i + 1).padStart(2)} ${word.padEnd(12)}`)
      .join(' '),
  );
  const lines = [...rows.map((row) => `  ${row.trimEnd()}`), `The same as digits: ${digits}`];
  return { words, digits, lines };
}
