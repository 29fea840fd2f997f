/**
 * Proof of work: what sending something costs while a flood lasts (SPEC.md §9.3). PBKDF2 is native code in every
 * browser, with or without WebAssembly and JIT, so whoever browses safely pays no more than others.
 */
import { concatBytes, encodeUtf8 } from '@app/encoding';
import { LABEL } from './namespaces.js';
import { exactly } from './struct.js';

const ITERATIONS = 1_000;
const HASH_BITS = 64;
const COUNTER_MAX = 0xffff_ffff;

/** The most leading zero bits that are ever asked for: 128 attempts on average. */
export const WORK_BITS_MAX = 7;

/**
 * Searches a counter whose hash begins with `bits` zero bits; 2^bits attempts on average.
 * @param nonce - 16 bytes, of the request that the work is done for.
 * @see SPEC.md §9.3
 */
export async function solveWork(nonce: Uint8Array, bits: number): Promise<number> {
  for (let counter = 0; ; counter++) if (await isWork(nonce, counter, bits)) return counter;
}

/** Whether the counter is one that {@link solveWork} looks for. One PBKDF2, a millisecond or two. */
export async function isWork(nonce: Uint8Array, counter: number, bits: number): Promise<boolean> {
  if (bits === 0) return true;
  if (!Number.isInteger(counter) || counter < 0 || counter > COUNTER_MAX) return false;
  const hash = await hashOf(exactly(nonce, 16), counter);
  return Math.clz32(new DataView(hash).getUint32(0)) >= bits;
}

async function hashOf(nonce: Uint8Array, counter: number): Promise<ArrayBuffer> {
  const password = new Uint8Array(4);
  new DataView(password.buffer).setUint32(0, counter);
  const key = await crypto.subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
  const salt = concatBytes(encodeUtf8(LABEL.work), nonce);
  return crypto.subtle.deriveBits(
    { name: 'PBKDF2', hash: 'SHA-512', salt, iterations: ITERATIONS },
    key,
    HASH_BITS,
  );
}
