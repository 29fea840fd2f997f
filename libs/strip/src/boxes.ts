/** The boxes of ISO base media files (ISO/IEC 14496-12) and QuickTime. */
import type { Findings, Removed } from './codes.js';
import { fourcc, u32, u64 } from './numbers.js';

export interface Box {
  readonly type: string;
  readonly start: number;
  /** Where the content begins, behind length and type. */
  readonly body: number;
  readonly end: number;
}

/** The boxes between two places; QuickTime may end a list with up to seven bytes of zero. */
export function boxesOf(bytes: Uint8Array, from: number, to: number, found: Findings): Box[] {
  const boxes: Box[] = [];
  let at = from;
  while (to - at >= 8) {
    const short = u32(bytes, at);
    const body = at + (short === 1 ? 16 : 8);
    const end = short === 0 ? to : at + (short === 1 ? u64(bytes, at + 8) : short);
    // Only the last box of a file may leave its length open.
    found.need(end >= body && end <= to && (short !== 0 || to === bytes.length));
    boxes.push({ type: fourcc(bytes, at + 4), start: at, body, end });
    at = end;
  }
  found.need(bytes.subarray(at, to).every((byte) => byte === 0));
  return boxes;
}

/** The boxes inside a box, past its first bytes. */
export const inside = (bytes: Uint8Array, box: Box, found: Findings, skip = 0): Box[] =>
  boxesOf(bytes, box.body + skip, box.end, found);

/** The one box of a type. @throws StripError `malformed` if there is none or more than one. */
export function only(boxes: readonly Box[], type: string, found: Findings): Box {
  const [box, second] = boxes.filter((candidate) => candidate.type === type);
  return box === undefined || second !== undefined ? found.refuse() : box;
}

/** Zeroes a stretch and says so if there was anything in it. */
export function zero(bytes: Uint8Array, from: number, to: number, code: Removed, found: Findings): void {
  found.need(from <= to && to <= bytes.length);
  const stretch = bytes.subarray(from, to);
  if (stretch.every((byte) => byte === 0)) return;
  found.removed.add(code);
  stretch.fill(0);
}

/** Turns a box into free space of the same size, so that no offset moves. */
export function free(bytes: Uint8Array, box: Box, code: Removed, found: Findings): void {
  if (box.type !== 'free') found.removed.add(code);
  for (let i = 0; i < 4; i++) bytes[box.start + 4 + i] = 'free'.charCodeAt(i);
  zero(bytes, box.body, box.end, code, found);
}
