import { describe, expect, it } from '@jest/globals';
import { isWork, solveWork, WORK_BITS_MAX } from './work.js';

const NONCE = new Uint8Array(16).map((_, i) => i);

describe('proof of work', () => {
  // Computed with OpenSSL: PBKDF2-HMAC-SHA-512, password u32 counter, salt "safe-conduct/effort/1" ‖ 00…0f, 1,000 rounds.
  it.each([
    [1, 0],
    [4, 12],
    [WORK_BITS_MAX, 381],
  ])('%d bits: the first counter is %d', async (bits, counter) => {
    expect(await solveWork(NONCE, bits)).toBe(counter);
    expect(await isWork(NONCE, counter, bits)).toBe(true);
  });

  it('is for one nonce', async () => {
    const other = NONCE.map((byte) => byte ^ 1);
    const counter = await solveWork(NONCE, WORK_BITS_MAX);
    expect(await isWork(other, counter, WORK_BITS_MAX)).toBe(false);
  });

  it('costs nothing at rest', async () => {
    expect(await solveWork(NONCE, 0)).toBe(0);
    expect(await isWork(NONCE, -1, 0)).toBe(true);
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 32])('is no counter: %d', async (counter) => {
    expect(await isWork(NONCE, counter, 1)).toBe(false);
  });
});
