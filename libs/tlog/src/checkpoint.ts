/** Checkpoints and their cosignatures (SPEC.md §5): the signed statement of a log's size and root. */
import {
  Invariant,
  ParseError,
  Reader,
  Writer,
  encodeUtf8,
  fromBase64,
  parseDecimal,
  toBase64,
  type Bytes,
  type Instant,
} from '@app/encoding';
import { HASH_BYTES, type Hash } from './hash.js';
import {
  ALGORITHM_COSIGNATURE,
  checkText,
  ed25519Sign,
  encodeSignatureLine,
  identityOf,
  type NoteSigner,
} from './note.js';

/** A tree head: the log's origin, its number of entries and its root. */
export type Checkpoint = { readonly origin: string; readonly size: number; readonly root: Hash };

/** What a witness adds: when it saw the checkpoint (whole seconds) and its Ed25519 signature (64 bytes). */
export type Cosignature = { readonly time: Instant; readonly signature: Bytes };

const ED25519_SIGNATURE_BYTES = 64;

/**
 * Writes the note text of a checkpoint: origin, size and base64 root, one line each, no extension lines.
 *
 * @throws {ParseError} as {@link parseCheckpoint}, if the origin is empty or more than one line.
 * @see SPEC.md §5.1; C2SP tlog-checkpoint, Note text
 */
export function encodeCheckpoint(checkpoint: Checkpoint): string {
  const { origin, size, root } = checkpoint;
  const body = `${origin}\n${String(size)}\n${toBase64(root)}\n`;
  if (parseCheckpoint(body).origin !== origin) throw new Invariant('checkpoint origin');
  return body;
}

/**
 * Reads the note text of a checkpoint. Extension lines are allowed and have no meaning here.
 *
 * @param body - the note text, with its final newline.
 * @throws {ParseError} `bad_format`, `not_utf8`, `control_character`, and those of decimal and base64.
 * @see SPEC.md §5.1; C2SP tlog-checkpoint, Note text
 */
export function parseCheckpoint(body: string): Checkpoint {
  checkText(body, 'checkpoint');
  if (!body.endsWith('\n')) throw new ParseError('bad_format', 'checkpoint');
  const lines = body.slice(0, -1).split('\n');
  const [origin, size, root] = lines;
  // C2SP tlog-checkpoint: at least three lines, none of them empty.
  if (origin === undefined || size === undefined || root === undefined || lines.includes('')) {
    throw new ParseError('bad_format', 'checkpoint');
  }
  return {
    origin,
    size: parseDecimal(size, 'checkpoint size'),
    root: fromBase64(root, 'checkpoint root', HASH_BYTES),
  };
}

/**
 * The bytes an Ed25519 cosignature signs.
 *
 * @param body - the checkpoint's whole note text, extension lines and final newline included.
 * @see SPEC.md §5.2; C2SP tlog-cosignature, Ed25519 signed message
 */
export function cosignatureMessage(time: Instant, body: string): Bytes {
  return encodeUtf8(`cosignature/v1\ntime ${String(time)}\n${body}`);
}

/**
 * Encodes a cosignature: time(u64) ‖ signature(64); 72 bytes.
 *
 * @see SPEC.md §5.2; C2SP tlog-cosignature, Format
 */
export function encodeCosignature(time: Instant, signature: Uint8Array): Bytes {
  if (signature.length !== ED25519_SIGNATURE_BYTES) throw new Invariant('signature length');
  return new Writer().u64(time).bytes(signature).finish();
}

/**
 * Decodes a cosignature of exactly 72 bytes.
 *
 * @throws {ParseError} `truncated`, `trailing_bytes`; `out_of_range` for a time above 2^53 - 1.
 * @see SPEC.md §5.2
 */
export function parseCosignature(bytes: Uint8Array): Cosignature {
  const reader = new Reader(bytes, 'cosignature');
  const cosignature = { time: reader.u64(), signature: reader.bytes(ED25519_SIGNATURE_BYTES) };
  reader.done();
  return cosignature;
}

/**
 * Cosigns a checkpoint.
 *
 * @param body - the checkpoint's note text; it must parse.
 * @param time - above 0.
 * @returns the signature line with its newline.
 * @throws {ParseError} as {@link parseCheckpoint}.
 * @see SPEC.md §5.2; C2SP tlog-cosignature
 * Security: states that `body` is the largest consistent tree seen by `time`; the caller must have made sure.
 */
export function cosign(body: string, time: Instant, signer: NoteSigner): string {
  if (signer.algorithm !== ALGORITHM_COSIGNATURE) throw new Invariant('cosigner algorithm');
  // C2SP tlog-witness, add-checkpoint: the timestamp is not omitted, that is, not zero.
  if (!Number.isSafeInteger(time) || time <= 0) throw new Invariant('cosignature time');
  parseCheckpoint(body);
  const signature = encodeCosignature(time, ed25519Sign(signer, cosignatureMessage(time, body)));
  return encodeSignatureLine({ ...identityOf(signer), signature });
}
