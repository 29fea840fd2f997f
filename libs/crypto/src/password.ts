/** What is taken as a password (SPEC.md §11.8). */
import { type Bytes, encodeUtf8, ParseError } from '@app/encoding';

const MIN_CHARACTERS = 15;
const MIN_DIFFERENT = 6;
const MAX_BYTES = 1_024;

/**
 * The bytes of a password, however it was typed: NFKC, without white space at the ends; nothing is cut off.
 * @throws {ParseError} `password_short`, `password_simple`, `password_long`, `not_unicode`.
 */
export function passwordBytes(text: string): Bytes {
  if (/\p{Surrogate}/u.test(text)) throw new ParseError('not_unicode', 'password');
  const normal = text.normalize('NFKC').trim();
  const characters = Array.from(normal);
  if (characters.length < MIN_CHARACTERS) throw new ParseError('password_short', 'password');
  if (new Set(characters).size < MIN_DIFFERENT) throw new ParseError('password_simple', 'password');
  const bytes = encodeUtf8(normal);
  if (bytes.length > MAX_BYTES) throw new ParseError('password_long', 'password');
  return bytes;
}
