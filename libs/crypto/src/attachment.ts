/** Attachments: one archive, padded to a half-octave, sealed, and cut into parts (SPEC.md §11.4). */
import {
  type Bytes,
  bytesEqual,
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  ParseError,
  Reader,
  Writer,
} from '@app/encoding';
import { fail } from './errors.js';
import { sha256 } from './hazmat/hash.js';
import { checkSealedBlobLength, halfOctave } from './sealed-shape.js';
import { OpenError, type Sealing } from './sealing.js';

/** Size of every part of a sealed attachment but the last. */
export const BLOB_PART_BYTES = 2 ** 20;

export type ArchiveFile = { readonly name: string; readonly data: Bytes };

/** What the attachment index says of a sealed blob. */
export type BlobDigest = { readonly sizeBytes: number; readonly partHashes: readonly Bytes[] };

/** u32 count, then for each file u16 name_len ‖ name ‖ u64 len ‖ data. @see SPEC.md §11.4 */
export function encodeArchive(files: readonly ArchiveFile[]): Bytes {
  const w = new Writer().u32(files.length);
  for (const file of files) w.vec16(encodeUtf8(file.name)).u64(file.data.length).bytes(file.data);
  return w.finish();
}

/**
 * Reads an archive and the zeros after it.
 * @throws {ParseError} struct codes; `not_zero` in the padding; `bad_character` for a name with a path or control
 * character.
 */
export function parseArchive(bytes: Uint8Array): ArchiveFile[] {
  const r = new Reader(bytes, 'archive');
  const files: ArchiveFile[] = [];
  for (let left = r.u32(); left > 0; left--) {
    const name = decodeUtf8(r.vec16(), 'archive.name');
    // SPEC.md §11.4: a name is a name, never a path.
    if (name === '' || name === '.' || name === '..' || /[/\\\p{Cc}]/u.test(name)) {
      throw new ParseError('bad_character', 'archive.name');
    }
    files.push({ name, data: r.bytes(r.u64()) });
  }
  r.zeros(r.remaining);
  return files;
}

/** Appends zeros up to the next class: 2^k or 1.5 · 2^k bytes, at least 64 KiB. @see SPEC.md §11.4 */
export function padToHalfOctave(bytes: Uint8Array): Bytes {
  return concatBytes(bytes, new Uint8Array(halfOctave(bytes.length) - bytes.length));
}

/** Packs, pads and seals files to one thread key. @see SPEC.md §11.4 */
export function sealAttachment(
  sealing: Sealing,
  recipientPublicKey: Uint8Array,
  files: readonly ArchiveFile[],
): Promise<Bytes> {
  return sealing.seal(recipientPublicKey, padToHalfOctave(encodeArchive(files)));
}

/**
 * Opens a sealed attachment after checking it against the signed index.
 * @throws {OpenError} if it does not open or holds no archive.
 * @throws {VerificationError} `blob_parts` if size or hashes differ; `sealed_wrong_class`.
 */
export async function openAttachment(
  sealing: Sealing,
  threadSeed: Uint8Array,
  sealed: Uint8Array,
  digest: BlobDigest,
): Promise<ArchiveFile[]> {
  checkBlob(sealed, digest);
  checkSealedBlobLength(sealed.length);
  const plaintext = await sealing.open(threadSeed, sealed);
  try {
    return parseArchive(plaintext);
  } catch (error) {
    if (error instanceof ParseError) throw new OpenError();
    throw error;
  }
}

/** Cuts a sealed attachment into parts of 1 MiB. */
export function splitBlob(sealed: Uint8Array): Bytes[] {
  const parts: Bytes[] = [];
  for (let offset = 0; offset < sealed.length; offset += BLOB_PART_BYTES) {
    parts.push(Uint8Array.from(sealed.subarray(offset, offset + BLOB_PART_BYTES)));
  }
  return parts;
}

/** Size and SHA-256 of each part, for the attachment index. */
export function digestBlob(sealed: Uint8Array): BlobDigest {
  return { sizeBytes: sealed.length, partHashes: splitBlob(sealed).map(sha256) };
}

/** @throws {VerificationError} `blob_parts`. */
export function checkBlob(sealed: Uint8Array, digest: BlobDigest): void {
  const actual = digestBlob(sealed);
  const same =
    actual.sizeBytes === digest.sizeBytes &&
    actual.partHashes.length === digest.partHashes.length &&
    actual.partHashes.every((hash, i) => bytesEqual(hash, digest.partHashes[i] ?? new Uint8Array(0)));
  if (!same) fail('blob_parts');
}
