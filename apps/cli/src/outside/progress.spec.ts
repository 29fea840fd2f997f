import { describe, expect, it } from '@jest/globals';
import { progressLine, size } from './progress.js';

describe('a progress line', () => {
  it.each([
    [
      { done: 820_000, total: 2_000_000, from: 0, elapsedMs: 10_000 },
      '  41 %  820000 of 2000000 entries, 82000 a second, 15 s left',
    ],
    [
      { done: 1_500, total: 2_000, from: 1_000, elapsedMs: 500_000, bytes: 1_234_567 },
      '  75 %  1500 of 2000 entries, 1.2 MB, 1 a second, 8 min left',
    ],
    [
      { done: 10, total: 100_000, from: 0, elapsedMs: 10_000 },
      '  0 %  10 of 100000 entries, 1 a second, 27.8 h left',
    ],
    [{ done: 0, total: 8, from: 0, elapsedMs: 0 }, '  0 %  0 of 8 entries, 0 a second'],
    [{ done: 0, total: 0, from: 0, elapsedMs: 5 }, '  100 %  0 of 0 entries, 0 a second'],
  ])('of %j', (step, line) => {
    expect(progressLine(step)).toBe(line);
  });

  it.each([
    [999, '999 B'],
    [1_500, '1.5 kB'],
    [2_000_000, '2.0 MB'],
    [3_400_000_000, '3.4 GB'],
  ])('writes %i bytes as %s', (bytes, text) => {
    expect(size(bytes)).toBe(text);
  });
});
