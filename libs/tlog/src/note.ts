/**
 * Signed notes and verifier keys (SPEC.md §4). A note is only text until `openNote` or `verifyCheckpoint` has
 * verified it.
 */
import {
  Invariant,
  ParseError,
  Reader,
  Writer,
  concatBytes,
  encodeUtf8,
  fromBase64,
  fromHex,
  toBase64,
  toHex,
  type Bytes,
} from '@app/encoding';
import { sha256 } from '@app/crypto/verify';

/** Note signatures as such: Ed25519 over the note text. */
export const ALGORITHM_ED25519 = 0x01;
/** Timestamped Ed25519 cosignatures of checkpoints. */
export const ALGORITHM_COSIGNATURE = 0x04;
/** Timestamped ML-DSA-44 cosignatures: keys are read, signatures are not verified. */
export const ALGORITHM_ML_DSA_44 = 0x06;

/** Most characters of a note, most signatures on it and most characters of a signature line. */
export const NOTE_MAX_CHARS = 1_000_000;
export const NOTE_MAX_SIGNATURES = 100;
export const SIGNATURE_LINE_MAX_CHARS = 16_384;

const SIGNATURE_PREFIX = '\u2014 ';
const ED25519_KEY_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;
const ML_DSA_44_KEY_BYTES = 1312;

/** The length of the key of each algorithm whose key id is derived as recommended. */
const KEY_BYTES = new Map([
  [ALGORITHM_ED25519, ED25519_KEY_BYTES],
  [ALGORITHM_COSIGNATURE, ED25519_KEY_BYTES],
  [ALGORITHM_ML_DSA_44, ML_DSA_44_KEY_BYTES],
]);

/**
 * A public key that may sign notes; `name` and `keyId` (0…2^32 - 1) together identify it.
 *
 * `algorithm` is the signature type byte: 0x01 Ed25519, 0x04 cosignature, others are carried but never verified.
 */
export type VerifierKey = {
  readonly name: string;
  readonly keyId: number;
  readonly algorithm: number;
  readonly publicKey: Bytes;
};

/** One signature line; `signature` is what follows the key id. */
export type NoteSignature = { readonly name: string; readonly keyId: number; readonly signature: Bytes };

/** An unverified note. `body` ends with a newline. */
export type Note = { readonly body: string; readonly signatures: readonly NoteSignature[] };

/** A private key at work; the key itself stays behind `sign`. */
export interface NoteSigner {
  readonly name: string;
  readonly keyId: number;
  /** 0x01 for {@link signNote}, 0x04 for cosignatures. */
  readonly algorithm: number;
  /** The Ed25519 signature (64 bytes) over exactly these bytes. */
  sign(message: Uint8Array): Bytes;
}

/**
 * Derives the key id: the first four bytes of SHA-256(name ‖ 0x0A ‖ algorithm ‖ public key).
 *
 * @see SPEC.md §4.1; C2SP signed-note, Signatures
 */
export function deriveKeyId(name: string, algorithm: number, publicKey: Uint8Array): number {
  const digest = sha256(concatBytes(encodeUtf8(`${name}\n`), Uint8Array.of(algorithm), publicKey));
  return new Reader(digest, 'key id').u32();
}

/**
 * Reads a verifier key: name "+" hex(key id) "+" base64(algorithm ‖ public key).
 *
 * @throws {ParseError} `bad_format`, `bad_name`, `bad_length`, `bad_character`, `not_canonical`; `key_id_mismatch`
 *   where the key id is not the derived one (algorithms 0x01, 0x04, 0x06).
 * @see SPEC.md §4.1; C2SP signed-note, Verifier keys
 */
export function parseVkey(text: string): VerifierKey {
  checkText(text, 'vkey');
  // The base64 part may hold further plus signs; a name never does.
  const first = text.indexOf('+');
  const second = text.indexOf('+', first + 1);
  if (second < 0) throw new ParseError('bad_format', 'vkey');
  const name = text.slice(0, first);
  checkKeyName(name, 'vkey');
  const keyId = new Reader(fromHex(text.slice(first + 1, second), 'vkey', 4), 'vkey').u32();
  const reader = new Reader(fromBase64(text.slice(second + 1), 'vkey'), 'vkey');
  const algorithm = reader.u8();
  const publicKey = reader.bytes(reader.remaining);
  const expected = KEY_BYTES.get(algorithm);
  if (publicKey.length === 0 || (expected !== undefined && publicKey.length !== expected)) {
    throw new ParseError('bad_length', 'vkey');
  }
  // C2SP signed-note, Ed25519 signatures; tlog-cosignature, Format: these key ids are derived, others may not be.
  if (expected !== undefined && keyId !== deriveKeyId(name, algorithm, publicKey)) {
    throw new ParseError('key_id_mismatch', 'vkey');
  }
  return { name, keyId, algorithm, publicKey };
}

/**
 * Writes a verifier key; the inverse of {@link parseVkey}.
 *
 * @see SPEC.md §4.1
 */
export function encodeVkey(key: VerifierKey): string {
  const keyId = toHex(new Writer().u32(key.keyId).finish());
  return `${key.name}+${keyId}+${toBase64(concatBytes(Uint8Array.of(key.algorithm), key.publicKey))}`;
}

/**
 * Splits a note into text and signature lines, verifying nothing.
 *
 * Accepts exactly what {@link encodeNote} writes: 1…100 signatures, at most 1 000 000 characters.
 * @throws {ParseError} `too_long`, `not_utf8` (lone surrogates), `control_character`, `bad_format`, `bad_name`,
 *   `too_many_signatures`, and those of base64.
 * @see SPEC.md §4.2; C2SP signed-note, Format
 */
export function parseNote(text: string): Note {
  if (text.length > NOTE_MAX_CHARS) throw new ParseError('too_long', 'note');
  checkText(text, 'note');
  // C2SP signed-note: the text is separated from the signatures by the last empty line.
  const split = text.lastIndexOf('\n\n');
  if (split < 0 || !text.endsWith('\n')) throw new ParseError('bad_format', 'note');
  const lines = text.slice(split + 2, -1).split('\n');
  if (lines.length > NOTE_MAX_SIGNATURES) throw new ParseError('too_many_signatures', 'note');
  return { body: text.slice(0, split + 1), signatures: lines.map(parseSignatureLine) };
}

/**
 * Writes a note.
 *
 * @param note - a body that ends with a newline and 1…100 signatures.
 * @throws {ParseError} as {@link parseNote}, if the result would not be a note.
 * @see SPEC.md §4.2
 */
export function encodeNote(note: Note): string {
  const text = `${note.body}\n${note.signatures.map(encodeSignatureLine).join('')}`;
  if (parseNote(text).body !== note.body) throw new Invariant('note body');
  return text;
}

/**
 * Signs a note text with a plain Ed25519 note signature.
 *
 * @param body - ends with a newline.
 * @returns the signature line with its newline; the note is `body + '\n' + line`.
 * @see SPEC.md §4.3; C2SP signed-note, Ed25519 signatures
 */
export function signNote(body: string, signer: NoteSigner): string {
  if (signer.algorithm !== ALGORITHM_ED25519) throw new Invariant('note signer algorithm');
  if (!body.endsWith('\n')) throw new Invariant('note body');
  checkText(body, 'note');
  return encodeSignatureLine({ ...identityOf(signer), signature: ed25519Sign(signer, encodeUtf8(body)) });
}

/** Reads one signature line without its newline. */
export function parseSignatureLine(line: string): NoteSignature {
  if (line.length > SIGNATURE_LINE_MAX_CHARS) throw new ParseError('too_long', 'signature line');
  if (!line.startsWith(SIGNATURE_PREFIX)) throw new ParseError('bad_format', 'signature line');
  const space = line.indexOf(' ', SIGNATURE_PREFIX.length);
  if (space < 0 || line.includes(' ', space + 1)) throw new ParseError('bad_format', 'signature line');
  const name = line.slice(SIGNATURE_PREFIX.length, space);
  checkKeyName(name, 'signature line');
  const reader = new Reader(fromBase64(line.slice(space + 1), 'signature line'), 'signature line');
  const keyId = reader.u32();
  if (reader.remaining === 0) throw new ParseError('truncated', 'signature line');
  return { name, keyId, signature: reader.bytes(reader.remaining) };
}

/** Writes one signature line with its newline. */
export function encodeSignatureLine(signature: NoteSignature): string {
  const bytes = new Writer().u32(signature.keyId).bytes(signature.signature).finish();
  const line = `${SIGNATURE_PREFIX}${signature.name} ${toBase64(bytes)}`;
  parseSignatureLine(line);
  return `${line}\n`;
}

/** Signs with a signer, holding it to the length of an Ed25519 signature. */
export function ed25519Sign(signer: NoteSigner, message: Uint8Array): Bytes {
  const signature = signer.sign(message);
  if (signature.length !== ED25519_SIGNATURE_BYTES) throw new Invariant('signature length');
  return signature;
}

/** The part of a signer that goes into its signature lines. */
export function identityOf(signer: NoteSigner): { name: string; keyId: number } {
  return { name: signer.name, keyId: signer.keyId };
}

/** Rejects what no signed text may hold: anything that is not Unicode text, and control characters but newline. */
export function checkText(text: string, where: string): void {
  // C2SP signed-note: valid UTF-8; a lone surrogate has no UTF-8 form.
  if (/\p{Surrogate}/u.test(text)) throw new ParseError('not_utf8', where);
  // C2SP signed-note: no ASCII control characters (below U+0020) other than newline.
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0009\u000b-\u001f]/.test(text)) throw new ParseError('control_character', where);
}

function checkKeyName(name: string, where: string): void {
  // C2SP signed-note: non-empty, no Unicode spaces, no plus.
  if (name === '' || /[\p{White_Space}+]/u.test(name)) throw new ParseError('bad_name', where);
}
