/** Sealed objects: signed, padded to a bucket, then sealed to one thread key (SPEC.md §11.3). */
import {
  type Bytes,
  bytesEqual,
  canonicalJson,
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  type Instant,
  type Json,
  ParseError,
  parseCanonicalJson,
  Writer,
} from '@app/encoding';
import { fail } from './errors.js';
import { sha256 } from './hazmat/hash.js';
import { TAG } from './namespaces.js';
import { OBJECT_BUCKET_BYTES } from './sealed-shape.js';
import type { Sealing } from './sealing.js';
import { checkSignature, type Signer, type SignatureVerifier } from './signature.js';
import { exactly, openStruct, SUITE } from './struct.js';

/** Kinds of object; the code on the wire is the position plus one. */
export const OBJECT_KINDS = [
  'report',
  'message',
  'attachment_index',
  'consent',
  'note',
  'handover',
  'dispute',
] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];
const AUTHORS = ['reporter', 'staff'] as const;
export type ObjectAuthor = (typeof AUTHORS)[number];

const HEADER_BYTES = 167;
const SIGNATURE_BYTES = 64;
const HOUR_SECONDS = 3600;

/** Longest body, in bytes of canonical JSON. */
export const MAX_OBJECT_BODY_BYTES = OBJECT_BUCKET_BYTES[2] - HEADER_BYTES - SIGNATURE_BYTES;

/** The header fields an author chooses. */
export type ObjectFields = {
  readonly kind: ObjectKind;
  /** 16 bytes. */
  readonly threadId: Bytes;
  readonly author: ObjectAuthor;
  /** 1, 2, 3 … per author. */
  readonly seq: number;
  /** SHA-256 of the sealed file of the last object the author saw, zeros at first. */
  readonly prev: Bytes;
  /** A reporter's time is rounded down to the hour when sealed. */
  readonly time: Instant;
  /** SHA-256 of the KEYSET relied on. */
  readonly keysetHash: Bytes;
};

export type OpenedObject = ObjectFields & {
  readonly authorPublicKey: Bytes;
  readonly body: Json;
  /** SHA-256 of the sealed file. */
  readonly hash: Bytes;
};

/**
 * Signs and seals an object.
 * @param body - at most {@link MAX_OBJECT_BODY_BYTES} of canonical JSON.
 * @returns 5,755, 18,043 or 67,195 bytes: the length tells the bucket and nothing more.
 * @throws {ParseError} `object_too_large`; `bad_key` for the recipient.
 * @see SPEC.md §11.3
 */
export function sealObject(
  sealing: Sealing,
  signer: Signer,
  recipientPublicKey: Uint8Array,
  fields: ObjectFields,
  body: Json,
): Promise<Bytes> {
  const text = encodeUtf8(canonicalJson(body));
  const bucket = OBJECT_BUCKET_BYTES.find((size) => size >= HEADER_BYTES + text.length + SIGNATURE_BYTES);
  if (bucket === undefined) return Promise.reject(new ParseError('object_too_large', 'object.body'));
  const time = fields.author === 'reporter' ? fields.time - (fields.time % HOUR_SECONDS) : fields.time;
  const signed = new Writer()
    .ascii('RPO1')
    .u8(SUITE)
    .u8(OBJECT_KINDS.indexOf(fields.kind) + 1)
    .bytes(exactly(fields.threadId, 16))
    .bytes(sha256(recipientPublicKey))
    .u8(AUTHORS.indexOf(fields.author))
    .bytes(signer.publicKey)
    .u32(fields.seq)
    .bytes(exactly(fields.prev, 32))
    .u64(time)
    .bytes(exactly(fields.keysetHash, 32))
    .vec32(text)
    .finish();
  const padding = new Uint8Array(bucket - signed.length - SIGNATURE_BYTES);
  return sealing.seal(recipientPublicKey, concatBytes(signed, signer.sign(TAG.object, signed), padding));
}

/**
 * Opens an object and checks that its author wrote it for this thread and this key.
 * @param threadSeed - of the compartment.
 * @throws {OpenError} if it does not open.
 * @throws {VerificationError} `object_wrong_recipient`, `object_wrong_thread`, `object_signature`,
 * `object_padding`, `object_body`, `suite_unsupported`.
 * @see SPEC.md §11.3
 * Security: proves that the holder of `authorPublicKey` wrote it. Whether that key is the reporter's, or that of a
 * certificate of the KEYSET named, is for the caller to check.
 */
export async function openObject(
  sealing: Sealing,
  verifier: SignatureVerifier,
  threadSeed: Uint8Array,
  file: Uint8Array,
  expected: { readonly threadId: Uint8Array },
): Promise<OpenedObject> {
  const plaintext = await sealing.open(threadSeed, file);
  const parsed = asObjectBody(() => parse(plaintext));
  if (!bytesEqual(parsed.recipientKeyHash, sha256(sealing.publicKey(threadSeed))))
    fail('object_wrong_recipient');
  if (!bytesEqual(parsed.fields.threadId, expected.threadId)) fail('object_wrong_thread');
  const signed = plaintext.subarray(0, parsed.signedBytes);
  checkSignature(verifier, TAG.object, parsed.authorPublicKey, signed, parsed.signature, 'object_signature');
  if (parsed.padding.some((byte) => byte !== 0)) fail('object_padding');
  const body = asObjectBody(() => parseCanonicalJson(decodeUtf8(parsed.text, 'object.body'), 'object.body'));
  return { ...parsed.fields, authorPublicKey: parsed.authorPublicKey, body, hash: sha256(file) };
}

function parse(plaintext: Bytes): {
  fields: ObjectFields;
  recipientKeyHash: Bytes;
  authorPublicKey: Bytes;
  text: Bytes;
  signature: Bytes;
  padding: Bytes;
  signedBytes: number;
} {
  if (!OBJECT_BUCKET_BYTES.some((bucket) => bucket === plaintext.length)) fail('object_padding');
  const r = openStruct(plaintext, 'RPO1', 'object');
  const kind = OBJECT_KINDS[r.u8() - 1];
  const threadId = r.bytes(16);
  const recipientKeyHash = r.bytes(32);
  const author = AUTHORS[r.u8()];
  const authorPublicKey = r.bytes(32);
  const rest = { seq: r.u32(), prev: r.bytes(32), time: r.u64(), keysetHash: r.bytes(32) };
  const text = r.vec32(MAX_OBJECT_BODY_BYTES);
  if (kind === undefined || author === undefined) throw new ParseError('out_of_range', 'object.header');
  const signature = r.bytes(SIGNATURE_BYTES);
  return {
    fields: { kind, threadId, author, ...rest },
    recipientKeyHash,
    authorPublicKey,
    text,
    signature,
    padding: r.bytes(r.remaining),
    signedBytes: HEADER_BYTES + text.length,
  };
}

function asObjectBody<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ParseError) fail('object_body');
    throw error;
  }
}
