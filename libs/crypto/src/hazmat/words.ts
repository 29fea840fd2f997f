/** BIP 39 word lists and their checksum, by scure-bip39. */
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39';
import { wordlist as en } from '@scure/bip39/wordlists/english.js';
import { wordlist as es } from '@scure/bip39/wordlists/spanish.js';
import { wordlist as fr } from '@scure/bip39/wordlists/french.js';
import { wordlist as zh } from '@scure/bip39/wordlists/simplified-chinese.js';
import type { Bytes } from '@app/encoding';

/** Languages with a word list; for the others there are digits. */
export const WORD_LANGUAGES = ['en', 'fr', 'es', 'zh'] as const;
export type WordLanguage = (typeof WORD_LANGUAGES)[number];

/** 2,048 words each, in NFKD. */
export const WORDS: Readonly<Record<WordLanguage, readonly string[]>> = { en, fr, es, zh };

/** 12 words of 16 bytes. */
export function wordsOf(code: Uint8Array, language: WordLanguage): string[] {
  return entropyToMnemonic(code, [...WORDS[language]]).split(/\s/u);
}

/** 16 bytes of 12 words of the list, or undefined if the checksum is wrong. */
export function codeOfWords(words: readonly string[], language: WordLanguage): Bytes | undefined {
  try {
    return mnemonicToEntropy(words.join(' '), [...WORDS[language]]);
  } catch {
    return undefined;
  }
}
