import type { Bytes } from '@app/encoding';
import { Inflate, Unzlib } from 'fflate';
import { type Findings, StripError } from './codes.js';
import { joinBytes } from './numbers.js';

/** How many bytes one file may still inflate to, what it contains included. */
export interface Budget {
  left: number;
}

export const newBudget = (): Budget => ({ left: 268_435_456 });

/** So many packed bytes at a time; none inflates to more than about a thousand. */
const STEP = 16_384;

/**
 * The unpacked bytes; no more of them than the budget, or `size` if given, are ever made.
 * @throws StripError `too_large`, `malformed`.
 */
export function inflate(
  packed: Uint8Array,
  method: 'stored' | 'deflate' | 'zlib',
  budget: Budget,
  found: Findings,
  size = Infinity,
): Bytes {
  if (size !== Infinity && size > budget.left) found.refuse('too_large');
  if (method === 'stored') {
    budget.left -= packed.length;
    return new Uint8Array(packed);
  }
  const parts: Uint8Array[] = [];
  let total = 0;
  const take = (part: Uint8Array): void => {
    total += part.length;
    if (total > size) found.refuse();
    if ((budget.left -= part.length) < 0) found.refuse('too_large');
    parts.push(part);
  };
  try {
    const stream = method === 'zlib' ? new Unzlib(take) : new Inflate(take);
    for (let at = 0; at < Math.max(1, packed.length); at += STEP)
      stream.push(packed.subarray(at, at + STEP), at + STEP >= packed.length);
  } catch (error) {
    if (error instanceof StripError) throw error;
    found.refuse();
  }
  return joinBytes(parts);
}
