/** The reporter's 128-bit code as 12 words or 40 digits (SPEC.md §13.1 and §13.2). */
import { type Bytes, Invariant, ParseError } from '@app/encoding';
import { codeOfWords, WORD_LANGUAGES, type WordLanguage, WORDS, wordsOf } from './hazmat/words.js';
import type { Random } from './sealing.js';
import { exactly } from './struct.js';

/** Length of a code. */
export const CODE_BYTES = 16;
const WORD_COUNT = 12;
const VALUE_DIGITS = 39;

/** A word that is in no list. The words themselves are secret and not carried; the suggestion is. */
export class ReceiptWordError extends ParseError {
  /** 1 … 12. */
  readonly position: number;
  /** The one word of the list that begins so; else the nearest by edit distance. */
  readonly nearest: string;

  constructor(position: number, nearest: string) {
    super('word_unknown', 'receipt.words');
    this.name = 'ReceiptWordError';
    this.position = position;
    this.nearest = nearest;
  }
}

/** A fresh code: 16 random bytes. */
export function makeReporterCode(random: Random): Bytes {
  return exactly(random.bytes(CODE_BYTES), CODE_BYTES);
}

/**
 * The code as 12 words; Chinese ones without spaces are accepted back as well.
 * @see SPEC.md §13.1; BIP 39
 */
export function encodeWords(code: Uint8Array, language: WordLanguage): string[] {
  return wordsOf(exactly(code, CODE_BYTES), language).map((word) => word.normalize('NFC'));
}

/**
 * Reads 12 words in any of the languages: case, accents, punctuation and white space do not matter.
 * @throws {ReceiptWordError} `word_unknown` with the position and the nearest word.
 * @throws {ParseError} `word_count`, `words_checksum`.
 */
export function decodeWords(text: string): Bytes {
  const words = splitWords(text);
  if (words.length !== WORD_COUNT) throw new ParseError('word_count', 'receipt.words');
  const readable = WORD_LANGUAGES.filter((language) => words.every((word) => lookup(language).has(word)));
  if (readable.length === 0) throw unknownWord(words);
  for (const language of readable) {
    const code = codeOfWords(
      words.map((word) => lookup(language).get(word) as string),
      language,
    );
    if (code !== undefined) return code;
  }
  throw new ParseError('words_checksum', 'receipt.words');
}

/**
 * The code as 8 groups of 5 digits: 39 of value and a Damm check digit.
 * @see SPEC.md §13.2
 */
export function encodeDigits(code: Uint8Array): string {
  const value = exactly(code, CODE_BYTES).reduce((n, byte) => n * 256n + BigInt(byte), 0n);
  const digits = value.toString().padStart(VALUE_DIGITS, '0');
  return (digits + String(damm(digits))).replace(/.{5}(?=.)/g, '$& ');
}

/**
 * Reads 40 digits, Western, Arabic-Indic or Persian, whatever spaces and dashes stand between them.
 * @throws {ParseError} `bad_character`, `digits_count`, `digits_checksum`, `out_of_range`.
 */
export function decodeDigits(text: string): Bytes {
  const digits = text
    .replace(/[\u0660-\u0669]/g, (d) => String(d.charCodeAt(0) - 0x660))
    .replace(/[\u06f0-\u06f9]/g, (d) => String(d.charCodeAt(0) - 0x6f0))
    .replace(/[\s\p{Pd}\p{Cf}]/gu, '');
  if (!/^[0-9]*$/.test(digits)) throw new ParseError('bad_character', 'receipt.digits');
  if (digits.length !== VALUE_DIGITS + 1) throw new ParseError('digits_count', 'receipt.digits');
  if (damm(digits) !== 0) throw new ParseError('digits_checksum', 'receipt.digits');
  let value = BigInt(digits.slice(0, VALUE_DIGITS));
  if (value >= 1n << 128n) throw new ParseError('out_of_range', 'receipt.digits');
  const code = new Uint8Array(CODE_BYTES);
  for (let i = CODE_BYTES - 1; i >= 0; i--) {
    code[i] = Number(value & 255n);
    value >>= 8n;
  }
  return code;
}

/** A totally anti-symmetric quasigroup of order 10 (H. M. Damm, 2004). */
const DAMM = [
  '0317598642',
  '7092154863',
  '4206871359',
  '1750983426',
  '6123045978',
  '3674209581',
  '5869720134',
  '8945362017',
  '9438617205',
  '2581436790',
];

function damm(digits: string): number {
  let state = 0;
  for (const digit of digits) state = Number(DAMM[state]?.charAt(Number(digit)));
  return state;
}

const lookups = new Map<WordLanguage, ReadonlyMap<string, string>>();

/** Folded word to list word. */
function lookup(language: WordLanguage): ReadonlyMap<string, string> {
  const known = lookups.get(language);
  if (known !== undefined) return known;
  const made = new Map(WORDS[language].map((word) => [fold(word), word]));
  if (made.size !== WORDS[language].length) throw new Invariant('folding joins two words of a list');
  lookups.set(language, made);
  return made;
}

/** NFKD without combining marks, lower case. */
function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

function splitWords(text: string): string[] {
  const words = fold(text)
    .split(/[\s\p{P}\p{Cf}]+/u)
    .filter((word) => word !== '');
  return words.flatMap((word) => (/^\p{Script=Han}+$/u.test(word) ? Array.from(word) : [word]));
}

function unknownWord(words: readonly string[]): ReceiptWordError {
  const known = (language: WordLanguage): number => words.filter((word) => lookup(language).has(word)).length;
  const language = WORD_LANGUAGES.reduce((best, l) => (known(l) > known(best) ? l : best));
  const index = words.findIndex((word) => !lookup(language).has(word));
  return new ReceiptWordError(index + 1, nearestWord(words[index] as string, language));
}

function nearestWord(word: string, language: WordLanguage): string {
  // BIP 39: four letters tell the words of the Latin lists apart, so many people write down only these.
  const begun = [...lookup(language)].filter(([folded]) => word.length > 2 && folded.startsWith(word));
  if (begun.length === 1) return String(begun[0]?.[1]).normalize('NFC');
  let best = '';
  let least = Infinity;
  for (const [folded, original] of lookup(language)) {
    const distance = editDistance(word, folded);
    if (distance < least) {
      least = distance;
      best = original;
    }
  }
  return best.normalize('NFC');
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, (previous[j] as number) + 1, (row[j - 1] as number) + 1));
    }
    previous = row;
  }
  return previous[b.length] as number;
}
