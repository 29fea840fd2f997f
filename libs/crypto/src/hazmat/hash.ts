import { hmac } from '@noble/hashes/hmac.js';
import { expand, extract } from '@noble/hashes/hkdf.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { type Bytes, encodeUtf8, Invariant } from '@app/encoding';

/** SHA-256 (FIPS 180-4), 32 bytes. */
export function sha256(message: Uint8Array): Bytes {
  return owned(nobleSha256(message));
}

/**
 * HMAC-SHA-256 (RFC 2104) with a key of exactly 32 bytes: HMAC pads shorter keys with zeros, so keys of
 * varying length would not bind.
 */
export function hmacSha256(key32: Uint8Array, message: Uint8Array): Bytes {
  if (key32.length !== 32) throw new Invariant('hmac key is not 32 bytes');
  return owned(hmac(nobleSha256, key32, message));
}

/** HKDF-Extract with SHA-256 (RFC 5869 §2.2); an empty salt stands for 32 zero bytes. */
export function hkdfExtract(salt: Uint8Array, ikm: Uint8Array): Bytes {
  return owned(extract(nobleSha256, ikm, salt));
}

/** HKDF-Expand with SHA-256 (RFC 5869 §2.3). @param info - text is taken as UTF-8. */
export function hkdfExpand(prk: Uint8Array, info: Uint8Array | string, length: number): Bytes {
  return owned(expand(nobleSha256, prk, typeof info === 'string' ? encodeUtf8(info) : info, length));
}

function owned(bytes: Uint8Array): Bytes {
  return bytes as Bytes;
}
