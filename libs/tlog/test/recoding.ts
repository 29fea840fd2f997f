/** Parsed and encoded back: what property tests and fuzzer share of the forms that take more than one call. */
import type { Bytes } from '@app/encoding';
import {
  encodeCheckpoint,
  encodeCosignature,
  entriesPath,
  parseCheckpoint,
  parseCosignature,
  parseTilePath,
  tilePath,
} from '../src/index.js';

export function recodePath(path: string): string {
  const parsed = parseTilePath(path);
  return parsed.kind === 'tile' ? tilePath(parsed.tile) : entriesPath(parsed.index, parsed.width);
}

/** Extension lines are kept by nobody and may follow. */
export function recodeCheckpoint(text: string): string {
  const encoded = encodeCheckpoint(parseCheckpoint(text));
  const extension = text.slice(encoded.length);
  return encoded + (/^([^\n]+\n)*$/.test(extension) ? extension : '');
}

export function recodeCosignature(bytes: Bytes): Bytes {
  const { time, signature } = parseCosignature(bytes);
  return encodeCosignature(time, signature);
}
