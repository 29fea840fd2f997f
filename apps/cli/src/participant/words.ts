/** The receipt code as people give it: 12 words in any of the languages, or 40 digits. */
import { decodeDigits, decodeWords } from '@app/crypto/seal';
import type { Bytes } from '@app/encoding';
import { type Keyboard } from '../terminal.js';

/** Asks for the words; what cannot be right is refused before anything is sent. */
export async function askCode(keyboard: Keyboard, wordsFile: string | undefined): Promise<Bytes> {
  const text = await keyboard.secret('Your 12 words', wordsFile);
  return /\p{Nd}/u.test(text) && !/\p{L}/u.test(text) ? decodeDigits(text) : decodeWords(text);
}
