/** Where in a film the samples of its tracks lie: SPEC.md §6.3. */
import { type Box, inside, only } from './boxes.js';
import type { Findings } from './codes.js';
import { u16, u32, u64, u8 } from './numbers.js';

/** A stretch of the file. */
export type Range = readonly [from: number, to: number];

/** The chunks of a track. Undefined when its sizes do not say how long a chunk is (QuickTime sound counted in frames). */
export function chunksOf(bytes: Uint8Array, table: Box, found: Findings): Range[] | undefined {
  const boxes = inside(bytes, table, found);
  const sizes = sizesOf(bytes, boxes, found);
  const offsets = offsetsOf(bytes, boxes, found);
  const runs = runsOf(bytes, only(boxes, 'stsc', found), found);
  const ranges: Range[] = [];
  let sample = 0;
  let run = 0;
  for (const [index, offset] of offsets.entries()) {
    while (run + 1 < runs.length && (runs[run + 1]?.first ?? 0) <= index + 1) run++;
    const count = runs[run]?.samples ?? found.refuse();
    found.need(sample + count <= sizes.count);
    const end = offset + sizes.sum(sample, count);
    found.need(end <= bytes.length);
    ranges.push([offset, end]);
    sample += count;
  }
  return sizes.exact ? ranges : undefined;
}

interface Sizes {
  readonly count: number;
  readonly exact: boolean;
  readonly sum: (first: number, count: number) => number;
}

function sizesOf(bytes: Uint8Array, boxes: readonly Box[], found: Findings): Sizes {
  const compact = boxes.some(({ type }) => type === 'stz2');
  const box = only(boxes, compact ? 'stz2' : 'stsz', found);
  const constant = compact ? 0 : u32(bytes, box.body + 4);
  const bits = compact ? u8(bytes, box.body + 7) : 32;
  const count = u32(bytes, box.body + 8);
  const at = box.body + 12;
  if (constant > 0) {
    found.need(constant * count <= bytes.length);
    return { count, exact: constant > 1, sum: (_first, n) => n * constant };
  }
  found.need([4, 8, 16, 32].includes(bits) && at + Math.ceil((count * bits) / 8) <= box.end);
  const read = (i: number): number => {
    if (bits === 32) return u32(bytes, at + 4 * i);
    if (bits === 16) return u16(bytes, at + 2 * i);
    if (bits === 8) return u8(bytes, at + i);
    return (u8(bytes, at + (i >> 1)) >> (i % 2 === 0 ? 4 : 0)) & 15;
  };
  const sum = (first: number, n: number): number => {
    let total = 0;
    for (let i = first; i < first + n; i++) total += read(i);
    return total;
  };
  return { count, exact: true, sum };
}

function offsetsOf(bytes: Uint8Array, boxes: readonly Box[], found: Findings): number[] {
  const long = boxes.some(({ type }) => type === 'co64');
  const box = only(boxes, long ? 'co64' : 'stco', found);
  const count = u32(bytes, box.body + 4);
  const size = long ? 8 : 4;
  found.need(box.body + 8 + count * size <= box.end);
  return Array.from({ length: count }, (_, i) => (long ? u64 : u32)(bytes, box.body + 8 + i * size));
}

function runsOf(bytes: Uint8Array, box: Box, found: Findings): { first: number; samples: number }[] {
  const count = u32(bytes, box.body + 4);
  found.need(box.body + 8 + count * 12 <= box.end);
  const runs = Array.from({ length: count }, (_, i) => ({
    first: u32(bytes, box.body + 8 + 12 * i),
    samples: u32(bytes, box.body + 12 + 12 * i),
  }));
  found.need(runs.every(({ first }, i) => first > (runs[i - 1]?.first ?? 0)));
  found.need(runs.length === 0 || runs[0]?.first === 1);
  return runs;
}

/** Sorted, and joined where they touch. */
export function joined(ranges: readonly Range[]): Range[] {
  const out: [number, number][] = [];
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}
