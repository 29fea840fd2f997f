/**
 * The tree seen through its tiles (SPEC.md §3.4): proofs and roots are read out of tiles, and new tiles are built
 * from old ones. Nothing here is believed: what is read out is checked by whoever holds a signed root.
 */
import { Invariant, ParseError, concatBytes, type Bytes } from '@app/encoding';
import {
  HASH_BYTES,
  foldSubtrees,
  frontierRoot,
  isSize,
  rootOfHashes,
  splitHashes,
  type Frontier,
  type Hash,
  type Sha256,
} from './hash.js';
import { TILE_WIDTH, hashesAtLevel, tilePath, type TileId } from './tile.js';

/** Where tiles come from: a disk, a database or HTTP. */
export interface TileReader {
  /** Resolves to the tile's `width * 32` bytes; rejects if there is no such tile. */
  readTile(tile: TileId): Promise<Uint8Array>;
}

type Range = { readonly start: number; readonly end: number };
type Subtree = { readonly height: number; readonly index: number };

/**
 * Reads the inclusion proof for the entry at `index` out of the tiles of a tree of `size` entries.
 *
 * Reads at most 2·⌊log256 size⌋ + 1 tiles, each once and all at the same time: one per level on the way up
 * from the entry and one per level along the right edge, which meet in the top tile.
 * @param index - 0…size - 1.
 * @param hash - folds up to 255 hashes of each tile.
 * @returns sibling hashes from the leaf up.
 * @throws {ParseError} `bad_length` for a tile that is not `width * 32` bytes.
 * @see SPEC.md §3.4; RFC 9162 §2.1.3.1
 */
export async function inclusionProof(
  index: number,
  size: number,
  reader: TileReader,
  hash?: Sha256,
): Promise<Hash[]> {
  if (!isSize(index) || !isSize(size) || index >= size) throw new Invariant('entry index');
  const siblings: Range[] = [];
  let start = 0;
  let end = size;
  // RFC 9162 §2.1.3.1: PATH(m, D_n), met from the root down and so collected in reverse.
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      siblings.push({ start: middle, end });
      end = middle;
    } else {
      siblings.push({ start, end: middle });
      start = middle;
    }
  }
  return readRanges(siblings.reverse(), size, reader, hash);
}

/**
 * Reads the proof that the tree of `newSize` entries extends its own first `oldSize` entries.
 *
 * Reads at most 2·⌊log256 newSize⌋ + 1 tiles, each once and all at the same time. Empty from size 0 and between equal
 * sizes.
 * @throws {ParseError} `bad_length` for a tile that is not `width * 32` bytes.
 * @see SPEC.md §3.4; RFC 9162 §2.1.4.1
 */
export async function consistencyProof(
  oldSize: number,
  newSize: number,
  reader: TileReader,
  hash?: Sha256,
): Promise<Hash[]> {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) throw new Invariant('tree size');
  if (oldSize === 0) return [];
  const parts: Range[] = [];
  let start = 0;
  let end = newSize;
  // RFC 9162 §2.1.4.1: SUBPROOF(m, D_n, b), met from the root down and so collected in reverse.
  while (oldSize !== end) {
    const middle = start + splitPoint(end - start);
    if (oldSize <= middle) {
      parts.push({ start: middle, end });
      end = middle;
    } else {
      parts.push({ start, end: middle });
      start = middle;
    }
  }
  // RFC 9162 §2.1.4.1: b is true exactly while the walk has not left the left edge.
  if (start !== 0) parts.push({ start, end });
  return readRanges(parts.reverse(), newSize, reader, hash);
}

/**
 * Reads the frontier of a tree of `size` entries, from which it can go on growing.
 *
 * Reads at most ⌊log256 size⌋ + 1 tiles: the last of each level.
 * @throws {ParseError} `bad_length` for a tile that is not `width * 32` bytes.
 * @see SPEC.md §3.4
 */
export async function frontierFromTiles(size: number, reader: TileReader): Promise<Frontier> {
  if (!isSize(size)) throw new Invariant('tree size');
  const subtrees = perfectSubtrees({ start: 0, end: size });
  return { size, hashes: await readSubtrees(subtrees, size, reader) };
}

/**
 * Reads the root of a tree of `size` entries.
 *
 * Reads at most ⌊log256 size⌋ + 1 tiles: the last of each level.
 * @throws {ParseError} `bad_length` for a tile that is not `width * 32` bytes.
 * @see SPEC.md §3.4
 */
export async function rootFromTiles(size: number, reader: TileReader): Promise<Hash> {
  return frontierRoot(await frontierFromTiles(size, reader));
}

/**
 * Builds every tile that changes when leaves are appended to a tree of `oldSize` entries: the tiles of
 * `tilesForGrowth(oldSize, oldSize + leafHashes.length)`, in that order, with their bytes.
 *
 * Reads at most ⌊log256 oldSize⌋ + 1 tiles: the partial ones of the old tree.
 * @throws {ParseError} `bad_length` for a tile that is not `width * 32` bytes.
 * @see SPEC.md §3.5
 */
export async function growTiles(
  oldSize: number,
  leafHashes: readonly Hash[],
  reader: TileReader,
): Promise<{ tile: TileId; bytes: Bytes }[]> {
  if (!isSize(oldSize) || !isSize(oldSize + leafHashes.length)) throw new Invariant('tree size');
  const grown: { tile: TileId; bytes: Bytes }[] = [];
  let added = leafHashes;
  for (let level = 0; added.length > 0; level += 1) {
    const before = hashesAtLevel(level, oldSize);
    const firstIndex = Math.floor(before / TILE_WIDTH);
    const width = before % TILE_WIDTH;
    const kept = width === 0 ? [] : await readHashes({ level, index: firstIndex, width }, reader);
    const hashes = [...kept, ...added];
    const parents: Hash[] = [];
    for (let offset = 0; offset < hashes.length; offset += TILE_WIDTH) {
      const content = hashes.slice(offset, offset + TILE_WIDTH);
      const tile = { level, index: firstIndex + offset / TILE_WIDTH, width: content.length };
      grown.push({ tile, bytes: concatBytes(...content) });
      // C2SP tlog-tiles: a partial tile is not hashed into the level above.
      if (content.length === TILE_WIDTH) parents.push(rootOfHashes(content));
    }
    added = parents;
  }
  return grown;
}

/** Reads one tile as `width` hashes. */
export async function readHashes(tile: TileId, reader: TileReader): Promise<Hash[]> {
  const bytes = await reader.readTile(tile);
  if (bytes.length !== tile.width * HASH_BYTES) throw new ParseError('bad_length', 'tile');
  return splitHashes(bytes);
}

async function readRanges(
  ranges: readonly Range[],
  size: number,
  reader: TileReader,
  hash?: Sha256,
): Promise<Hash[]> {
  const parts = ranges.map(perfectSubtrees);
  const hashes = await readSubtrees(parts.flat(), size, reader, hash);
  let next = 0;
  return parts.map((part) => foldSubtrees(hashes.slice(next, (next += part.length)), hash));
}

function readSubtrees(
  subtrees: readonly Subtree[],
  size: number,
  reader: TileReader,
  hash?: Sha256,
): Promise<Hash[]> {
  const reads = new Map<string, Promise<Hash[]>>();
  const readOnce = (tile: TileId): Promise<Hash[]> => {
    const path = tilePath(tile);
    const read = reads.get(path) ?? readHashes(tile, reader);
    reads.set(path, read);
    return read;
  };
  return Promise.all(
    subtrees.map(async (subtree) => {
      const { tile, offset, span } = placeInTile(subtree, size);
      return rootOfHashes((await readOnce(tile)).slice(offset, offset + span), hash);
    }),
  );
}

/** A subtree of height 8·l + r is the root over 2^r neighbouring hashes of one tile at level l. */
function placeInTile(subtree: Subtree, size: number): { tile: TileId; offset: number; span: number } {
  const level = Math.floor(subtree.height / 8);
  const span = 2 ** (subtree.height % 8);
  const position = subtree.index * span;
  const index = Math.floor(position / TILE_WIDTH);
  const width = Math.min(TILE_WIDTH, hashesAtLevel(level, size) - index * TILE_WIDTH);
  return { tile: { level, index, width }, offset: position % TILE_WIDTH, span };
}

/** Cuts a range that starts at a multiple of its own size (rounded up to a power of two) into perfect subtrees. */
function perfectSubtrees(range: Range): Subtree[] {
  const subtrees: Subtree[] = [];
  let start = range.start;
  while (start < range.end) {
    let height = 0;
    while (start % 2 ** (height + 1) === 0 && start + 2 ** (height + 1) <= range.end) height += 1;
    subtrees.push({ height, index: start / 2 ** height });
    start += 2 ** height;
  }
  return subtrees;
}

/** RFC 9162 §2.1.1: the largest power of two smaller than n, for n above 1. */
function splitPoint(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
