/**
 * Tiles and entry bundles as static files (SPEC.md §3): which ones a tree of a given size consists of, what they
 * are called, and what is in them.
 */
import { Invariant, ParseError, Reader, Writer, parseDecimal, type Bytes } from '@app/encoding';
import { isSize } from './hash.js';

export const TILE_WIDTH = 256;

/**
 * One tile: `width` consecutive hashes, the first at position `index * 256` of level `level`.
 *
 * A hash at level l stands for 256^l entries. `width` is 1…256; below 256 the tile is partial.
 */
export type TileId = { readonly level: number; readonly index: number; readonly width: number };

/** A file of the log, as named by its path. */
export type TilePath =
  | { readonly kind: 'tile'; readonly tile: TileId }
  | { readonly kind: 'entries'; readonly index: number; readonly width: number };

/** How many hashes level `level` has in a tree of `size` entries. */
export function hashesAtLevel(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/**
 * Every tile of a tree, level by level from the leaves, each level from left to right, partial tiles included.
 *
 * @returns about size / 255 tiles.
 * @see SPEC.md §3.1; C2SP tlog-tiles, Partial Tiles
 */
export function tilesForSize(size: number): TileId[] {
  return tilesForGrowth(0, size);
}

/**
 * The tiles that differ between the tree of `oldSize` and the tree of `newSize` entries, in the widths they have
 * in the new tree: what a log has to write before it publishes the new size.
 *
 * @see SPEC.md §3.1
 */
export function tilesForGrowth(oldSize: number, newSize: number): TileId[] {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) throw new Invariant('tree size');
  const tiles: TileId[] = [];
  for (let level = 0; hashesAtLevel(level, newSize) > 0; level += 1) {
    const before = hashesAtLevel(level, oldSize);
    const after = hashesAtLevel(level, newSize);
    if (after === before) break;
    for (let index = Math.floor(before / TILE_WIDTH); index * TILE_WIDTH < after; index += 1) {
      tiles.push({ level, index, width: Math.min(TILE_WIDTH, after - index * TILE_WIDTH) });
    }
  }
  return tiles;
}

/**
 * The path of a tile relative to the log's prefix, such as `tile/0/x001/234.p/5`.
 *
 * @see SPEC.md §3.2; C2SP tlog-tiles, Merkle Tree
 */
export function tilePath(tile: TileId): string {
  if (!isSize(tile.level) || tile.level > 63) throw new Invariant('tile level');
  return `tile/${String(tile.level)}/${indexPath(tile.index, tile.width)}`;
}

/**
 * The path of an entry bundle relative to the log's prefix, such as `tile/entries/x001/234.p/5`.
 *
 * @see SPEC.md §3.2; C2SP tlog-tiles, Log entries
 */
export function entriesPath(index: number, width: number): string {
  return `tile/entries/${indexPath(index, width)}`;
}

function indexPath(index: number, width: number): string {
  if (!isSize(index)) throw new Invariant('tile index');
  if (!isSize(width) || width < 1 || width > TILE_WIDTH) throw new Invariant('tile width');
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  // C2SP tlog-tiles: all but the last path element begin with an x.
  const path = padded.replace(/\d{3}(?=\d)/g, 'x$&/');
  return width === TILE_WIDTH ? path : `${path}.p/${String(width)}`;
}

const TILE_PATH = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/(\d{1,3}))?$/;

/**
 * Reads a path back; accepts exactly what {@link tilePath} and {@link entriesPath} write.
 *
 * @throws {ParseError} `bad_format`; `not_canonical` for superfluous zeroes; `out_of_range` for a level above 63,
 *   a width outside 1…255 or an index above 2^53 - 1.
 * @see SPEC.md §3.2
 */
export function parseTilePath(path: string): TilePath {
  const match = TILE_PATH.exec(path);
  if (match === null) throw new ParseError('bad_format', 'tile path');
  const [level, groups, partial] = match.slice(1) as [string, string, string | undefined];
  const width = partial === undefined ? TILE_WIDTH : parseDecimal(partial, 'tile path');
  // C2SP tlog-tiles: W is between 1 and 255; a full tile has no suffix.
  if (partial !== undefined && (width < 1 || width >= TILE_WIDTH))
    throw new ParseError('out_of_range', 'tile path');
  const index = Number(groups.replace(/[x/]/g, ''));
  if (!isSize(index)) throw new ParseError('out_of_range', 'tile path');
  const parsed: TilePath =
    level === 'entries'
      ? { kind: 'entries', index, width }
      : { kind: 'tile', tile: { level: parseLevel(level), index, width } };
  const canonical = parsed.kind === 'tile' ? tilePath(parsed.tile) : entriesPath(index, width);
  if (canonical !== path) throw new ParseError('not_canonical', 'tile path');
  return parsed;
}

function parseLevel(text: string): number {
  const level = parseDecimal(text, 'tile path');
  // C2SP tlog-tiles: L is between 0 and 63.
  if (level > 63) throw new ParseError('out_of_range', 'tile path');
  return level;
}

/**
 * Encodes the entries of one bundle: u16 length ‖ entry, for each.
 *
 * @param entries - 1…256 of at most 65 535 bytes.
 * @see SPEC.md §3.3; C2SP tlog-tiles, Log entries
 */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Bytes {
  const writer = new Writer();
  for (const entry of entries) writer.vec16(entry);
  return writer.finish();
}

/**
 * Decodes a bundle of exactly `width` entries.
 *
 * @throws {ParseError} `truncated`, `trailing_bytes`.
 * @see SPEC.md §3.3
 */
export function parseEntryBundle(bytes: Uint8Array, width: number): Bytes[] {
  const reader = new Reader(bytes, 'entry bundle');
  const entries = Array.from({ length: width }, () => reader.vec16());
  reader.done();
  return entries;
}
