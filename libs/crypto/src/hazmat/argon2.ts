import { argon2idAsync } from '@noble/hashes/argon2.js';
import type { Bytes } from '@app/encoding';

/** Argon2id (RFC 9106) with t = 3, m = 64 MiB, p = 1: 32 bytes. Lets other work go on meanwhile. */
export async function argon2id(password: Uint8Array, salt: Uint8Array): Promise<Bytes> {
  return await argon2idAsync(password, salt, { t: 3, m: 65_536, p: 1, dkLen: 32 });
}
