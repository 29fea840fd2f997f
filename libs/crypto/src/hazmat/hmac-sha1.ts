import { hmac } from '@noble/hashes/hmac.js';
import { sha1 } from '@noble/hashes/legacy.js';
import type { Bytes } from '@app/encoding';

/** HMAC-SHA-1 (RFC 2104), for codes of RFC 6238 and for nothing else. */
export function hmacSha1(key: Uint8Array, message: Uint8Array): Bytes {
  return hmac(sha1, key, message);
}
