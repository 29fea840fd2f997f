/** What anyone without a key can tell of a sealed file: its header's form and its size class (SPEC.md §11.1). */
import { type Bytes, bytesEqual, encodeUtf8, fromBase64, ParseError } from '@app/encoding';
import { fail } from './errors.js';

const VERSION_LINE = encodeUtf8('age-encryption.org/v1\n');
const STANZA_START = encodeUtf8('-> mlkem768x25519 ');
const MAC_START = encodeUtf8('--- ');
const KIB = 1024;
const CHUNK_BYTES = 64 * KIB;
const TAG_BYTES = 16;

/** Fixed fields of the header: base64 without padding of 1,120 bytes, 32 bytes and 32 bytes. */
const ENCAPSULATION_CHARS = 1494;
const HASH_CHARS = 43;
const STANZA_END = VERSION_LINE.length + STANZA_START.length + ENCAPSULATION_CHARS + 1 + HASH_CHARS + 1;

/** 22 + 18 + 1494 + 1 + 43 + 1 + 4 + 43 + 1. */
export const SEALED_HEADER_BYTES = STANZA_END + MAC_START.length + HASH_CHARS + 1;
/** Nonce of the payload. */
const NONCE_BYTES = 16;

/** Plaintext length of a key box. */
export const KEY_BOX_BYTES = 128;
/** Plaintext lengths of objects. */
export const OBJECT_BUCKET_BYTES = [4 * KIB, 16 * KIB, 64 * KIB] as const;
/** Plaintext lengths of a staff keyring are multiples of this. */
export const KEYRING_STEP_BYTES = 4 * KIB;
const MAX_KEYRING_BYTES = 256 * KIB;
/** Smallest plaintext of an attachment archive. */
export const MIN_ATTACHMENT_BYTES = 64 * KIB;
const MAX_ATTACHMENT_BYTES = 2 ** 40;

/** Size classes a server can demand. */
export type SealedClass = 'key_box' | 'object' | 'attachment' | 'keyring';

/** Length of the sealed file of a plaintext, both in bytes. @see SPEC.md §11.1 */
export function sealedLength(plaintextBytes: number): number {
  const chunks = Math.max(1, Math.ceil(plaintextBytes / CHUNK_BYTES));
  return SEALED_HEADER_BYTES + NONCE_BYTES + plaintextBytes + chunks * TAG_BYTES;
}

/** The half-octave class, 2^k or 1.5 · 2^k bytes and at least 64 KiB, that holds n bytes. @see SPEC.md §11.4 */
export function halfOctave(n: number): number {
  let power = MIN_ATTACHMENT_BYTES;
  while (power < n) {
    if (power * 1.5 >= n) return power * 1.5;
    power *= 2;
  }
  return power;
}

/**
 * Checks that a file is one we could have sealed: a header with exactly one `mlkem768x25519` stanza of the right
 * lengths and canonical base64, and a total length of an allowed class.
 * @param classes - what the caller takes; an object of 64 KiB and an attachment of 64 KiB look alike.
 * @returns the plaintext length of the class.
 * @throws {VerificationError} `sealed_malformed`, `sealed_wrong_recipient_type`, `sealed_wrong_class`.
 * @see SPEC.md §11.1
 * Security: cannot tell whether the file opens for anybody.
 */
export function checkSealedShape(
  file: Uint8Array,
  classes: readonly SealedClass[] = ['key_box', 'object', 'attachment'],
): { readonly bucketBytes: number } {
  checkSealedHeader(file);
  const bucketBytes = plaintextLength(file.length);
  if (bucketBytes === undefined || !classes.some((c) => isOfClass(bucketBytes, c)))
    fail('sealed_wrong_class');
  return { bucketBytes };
}

/**
 * Checks the total length of an attachment that arrives in parts.
 * @returns the plaintext length of its class.
 * @throws {VerificationError} `sealed_wrong_class`.
 */
export function checkSealedBlobLength(sealedBytes: number): { readonly bucketBytes: number } {
  const bucketBytes = plaintextLength(sealedBytes);
  if (bucketBytes === undefined || !isOfClass(bucketBytes, 'attachment')) fail('sealed_wrong_class');
  return { bucketBytes };
}

/**
 * Checks the header alone, for a blob whose first part is at hand.
 * @param start - at least the first {@link SEALED_HEADER_BYTES} bytes of the file.
 * @throws {VerificationError} `sealed_malformed`, `sealed_wrong_recipient_type`.
 */
export function checkSealedHeader(start: Uint8Array): void {
  const header = start.subarray(0, SEALED_HEADER_BYTES);
  if (!startsWith(header, VERSION_LINE, 0)) fail('sealed_malformed');
  if (!startsWith(header, STANZA_START, VERSION_LINE.length)) {
    fail(
      startsWith(header, encodeUtf8('-> '), VERSION_LINE.length)
        ? 'sealed_wrong_recipient_type'
        : 'sealed_malformed',
    );
  }
  const argument = VERSION_LINE.length + STANZA_START.length;
  checkBase64Line(header, argument, ENCAPSULATION_CHARS);
  checkBase64Line(header, argument + ENCAPSULATION_CHARS + 1, HASH_CHARS);
  // SPEC.md §11.1: a second stanza stands where the MAC line is due.
  if (startsWith(header, encodeUtf8('-> '), STANZA_END)) fail('sealed_wrong_recipient_type');
  if (!startsWith(header, MAC_START, STANZA_END)) fail('sealed_malformed');
  checkBase64Line(header, STANZA_END + MAC_START.length, HASH_CHARS);
}

/** The encapsulated key (1,120 bytes) of a header that passed {@link checkSealedHeader}. */
export function encapsulationOf(file: Uint8Array): Bytes {
  return readBase64(file, VERSION_LINE.length + STANZA_START.length, ENCAPSULATION_CHARS);
}

function checkBase64Line(header: Uint8Array, offset: number, chars: number): void {
  if (header[offset + chars] !== 0x0a) fail('sealed_malformed');
  try {
    readBase64(header, offset, chars);
  } catch (error) {
    if (error instanceof ParseError) fail('sealed_malformed');
    throw error;
  }
}

function readBase64(bytes: Uint8Array, offset: number, chars: number): Bytes {
  // Byte by byte, unlike UTF-8: what is not ASCII is no digit of base64 either.
  const text = new TextDecoder('latin1').decode(bytes.subarray(offset, offset + chars));
  return fromBase64(text + '='.repeat((4 - (chars % 4)) % 4), 'sealed.header');
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array, offset: number): boolean {
  return bytesEqual(bytes.subarray(offset, offset + prefix.length), prefix);
}

/** Inverse of `sealedLength`, for sizes that have one. */
function plaintextLength(sealedBytes: number): number | undefined {
  const payload = sealedBytes - SEALED_HEADER_BYTES - NONCE_BYTES;
  if (!Number.isSafeInteger(payload) || payload <= TAG_BYTES) return undefined;
  const plaintext = payload - Math.ceil(payload / (CHUNK_BYTES + TAG_BYTES)) * TAG_BYTES;
  return sealedLength(plaintext) === sealedBytes ? plaintext : undefined;
}

function isOfClass(plaintextBytes: number, sealedClass: SealedClass): boolean {
  switch (sealedClass) {
    case 'key_box':
      return plaintextBytes === KEY_BOX_BYTES;
    case 'object':
      return OBJECT_BUCKET_BYTES.some((bucket) => bucket === plaintextBytes);
    case 'attachment':
      return plaintextBytes <= MAX_ATTACHMENT_BYTES && halfOctave(plaintextBytes) === plaintextBytes;
    case 'keyring':
      return plaintextBytes % KEYRING_STEP_BYTES === 0 && plaintextBytes <= MAX_KEYRING_BYTES;
  }
}
