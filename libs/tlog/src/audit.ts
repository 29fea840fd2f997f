/**
 * Audit of a whole log (SPEC.md §9): every entry bundle and every tile against a verified checkpoint.
 *
 * The walk goes from the root down. A tile whose hashes fold to the hash expected of it vouches for what lies under
 * it; where it does not, the entries below are hashed anew, and if they fold to the expected hash, they vouch for
 * themselves. So a wrong file is told from its intact neighbours.
 */
import { ParseError, bytesEqual, type Bytes } from '@app/encoding';
import type { SignatureVerifier } from '@app/crypto/verify';
import type { Checkpoint } from './checkpoint.js';
import {
  appendToFrontier,
  emptyFrontier,
  foldSubtrees,
  leafHash,
  leafHashBy,
  rootOfHashes,
  type Hash,
  type Sha256,
} from './hash.js';
import type { Policy } from './policy.js';
import { TILE_WIDTH, entriesPath, hashesAtLevel, parseEntryBundle, tilePath, type TileId } from './tile.js';
import { readHashes } from './tile-tree.js';
import { LogUnreadable, type LogSource } from './source.js';
import { verifyCheckpoint } from './verify.js';

/**
 * - `root_mismatch`: neither the tiles nor the entries fold to the checkpoint's root.
 * - `tile_missing`, `entries_missing`: the file cannot be read.
 * - `tile_malformed`, `entries_malformed`: not `width * 32` bytes; not `width` length-prefixed entries.
 * - `tile_mismatch`, `entries_mismatch`: the content does not hash to what it should.
 */
export type AuditCode =
  | 'root_mismatch'
  | 'tile_missing'
  | 'tile_malformed'
  | 'tile_mismatch'
  | 'entries_missing'
  | 'entries_malformed'
  | 'entries_mismatch';

/** One wrong file; `index` is the first wrong entry in the log's numbering, where that is known. */
export type AuditFinding = { readonly code: AuditCode; readonly path: string; readonly index?: number };

export type AuditReport = {
  readonly size: number;
  readonly root: Hash;
  readonly findings: readonly AuditFinding[];
};

export type AuditOptions = {
  /** Does the hashing. */
  readonly sha256?: Sha256 | undefined;
  /** Called after each bundle: entries passed, their total, and how many findings there are so far. */
  readonly onProgress?: ((done: number, total: number, findings: number) => void) | undefined;
  /** Called in log order with each entry of each bundle that has no finding; awaited. */
  readonly onEntry?: ((index: number, entry: Bytes) => void | Promise<void>) | undefined;
};

/** Hashes of one tile; undefined where what lies below could not be hashed. */
type Slots = readonly (Hash | undefined)[];

/**
 * Checks that a log's files are complete and are what the checkpoint's root says.
 *
 * Reads every file the size implies, partial ones included: each once if all is well, again where something is
 * wrong (the partial tiles twice in any case). Keeps one tile per level in memory.
 * @param options - who else takes part, see {@link AuditOptions}.
 * @returns no findings if, and only if, the log is intact. A `tile_mismatch` or `entries_mismatch` names the wrong
 *   file as long as, on every path to the root, either the tiles or the entries are intact; where both are wrong
 *   all files that disagree are named.
 * @throws {ParseError} as `verifyCheckpoint`.
 * @throws {VerificationError} as `verifyCheckpoint`.
 * @throws {LogUnreadable} of the source.
 * @see SPEC.md §9
 */
export async function auditTree(
  checkpointNote: string,
  policy: Policy,
  verifier: SignatureVerifier,
  source: LogSource,
  options: AuditOptions = {},
): Promise<AuditReport> {
  const { checkpoint } = verifyCheckpoint(checkpointNote, policy, verifier);
  return auditFrom(0, checkpoint, source, options);
}

/**
 * As `auditTree`, of the entries from `from` on and of the tiles above them: what is left to do where the entries
 * before are known to be under the same root.
 *
 * @param from - 0…size; the bundle it lies in is read whole, `onEntry` begins with it.
 * @param checkpoint - verified.
 * @throws {LogUnreadable} of the source.
 * @see SPEC.md §9.1
 */
export async function auditFrom(
  from: number,
  { size, root }: Pick<Checkpoint, 'size' | 'root'>,
  source: LogSource,
  options: AuditOptions = {},
): Promise<AuditReport> {
  const findings: AuditFinding[] = [];
  const walk: Walk = { ...options, source, size, from, findings };
  const edge = edgeTiles(size);
  const expected = await resolveEdge(walk, edge, root);
  for (const [i, tile] of edge.entries()) await checkTile(walk, tile, expected[i]);
  return { size, root, findings };
}

type Walk = {
  readonly source: LogSource;
  readonly size: number;
  readonly from: number;
  readonly findings: AuditFinding[];
} & AuditOptions;

/** The partial tiles, highest level first: together they cover every entry once, in log order. */
function edgeTiles(size: number): TileId[] {
  const tiles: TileId[] = [];
  for (let level = 0; hashesAtLevel(level, size) > 0; level += 1) {
    const count = hashesAtLevel(level, size);
    const width = count % TILE_WIDTH;
    // C2SP tlog-tiles, Partial Tiles: an empty tile does not exist.
    if (width > 0) tiles.unshift({ level, index: Math.floor(count / TILE_WIDTH), width });
  }
  return tiles;
}

/** The root expected of each partial tile, or undefined where nothing vouches for it. */
async function resolveEdge(walk: Walk, edge: readonly TileId[], root: Hash): Promise<(Hash | undefined)[]> {
  const stored = await Promise.all(edge.map((tile) => readTile(walk, tile).then(({ hashes }) => hashes)));
  const fromTiles = stored.map((slots) => rootOfSlots(walk, slots));
  if (foldsTo(walk, stored, root)) return fromTiles;
  const recomputed: Slots[] = [];
  for (const tile of edge) recomputed.push(await recompute(walk, tile));
  const fromEntries = recomputed.map((slots) => rootOfSlots(walk, slots));
  if (foldsTo(walk, recomputed, root)) return fromEntries;
  walk.findings.push({ code: 'root_mismatch', path: 'checkpoint' });
  return fromEntries.map((hash, i) => agreed(hash, fromTiles[i]));
}

/** Checks a tile and all that lies under it. */
async function checkTile(walk: Walk, tile: TileId, expected: Hash | undefined): Promise<void> {
  if (endOf(tile) <= walk.from) return;
  if (tile.level === 0) return checkBundle(walk, tile, expected);
  const stored = await readTile(walk, tile);
  const vouched = stored.hashes !== undefined && isSame(rootOfSlots(walk, stored.hashes), expected);
  const children = vouched ? stored.hashes : await resolveChildren(walk, tile, stored, expected);
  for (let i = 0; i < tile.width; i += 1) await checkTile(walk, childOf(tile, i), children[i]);
}

/** The hashes expected under a tile that nothing vouches for, as far as the entries can tell. */
async function resolveChildren(
  walk: Walk,
  tile: TileId,
  stored: StoredTile,
  expected: Hash | undefined,
): Promise<Slots> {
  const path = tilePath(tile);
  const recomputed = await recompute(walk, tile);
  const proven = isSame(rootOfSlots(walk, recomputed), expected);
  if (stored.hashes === undefined) {
    walk.findings.push({ code: stored.problem, path });
    return proven ? recomputed : [];
  }
  const different = firstDifference(stored.hashes, recomputed);
  if (proven) {
    const index = (tile.index * TILE_WIDTH + different) * TILE_WIDTH ** tile.level;
    walk.findings.push({ code: 'tile_mismatch', path, index });
    return recomputed;
  }
  if (expected !== undefined || different >= 0) walk.findings.push({ code: 'tile_mismatch', path });
  return stored.hashes.map((hash, i) => agreed(hash, recomputed[i]));
}

/** Holds the two files that state the same leaf hashes to the expected root and to each other. */
async function checkBundle(walk: Walk, tile: TileId, expected: Hash | undefined): Promise<void> {
  const stored = await readTile(walk, tile);
  const bundle = await readBundle(walk, tile);
  const first = tile.index * TILE_WIDTH;
  const different = firstDifference(stored.hashes ?? [], bundle.hashes ?? []);
  const [isTileRight, isBundleRight] = compare(walk, [stored, bundle], different, expected);
  // Without an expected root there is something to blame only if the two differ.
  const isBlamed = expected !== undefined || different >= 0;
  // The first difference is one file's fault only if the other file is right.
  const index = isTileRight || isBundleRight ? first + different : undefined;
  const path = entriesPath(tile.index, tile.width);
  const wrongTile = judge(stored, isTileRight || !isBlamed, 'tile_mismatch', tilePath(tile), index);
  const wrongBundle = judge(bundle, isBundleRight || !isBlamed, 'entries_mismatch', path, index);
  walk.findings.push(...wrongTile, ...wrongBundle);
  if (wrongBundle.length === 0) await passOn(walk, first, bundle.entries);
  walk.onProgress?.(first + tile.width, walk.size, walk.findings.length);
}

/** Whether each of the two folds to the expected root. */
function compare(
  walk: Walk,
  [stored, bundle]: readonly [StoredTile, StoredTile],
  different: number,
  expected: Hash | undefined,
): [boolean, boolean] {
  const isTileRight = isSame(rootOfSlots(walk, stored.hashes), expected);
  const areSame = stored.hashes !== undefined && bundle.hashes !== undefined && different < 0;
  return [isTileRight, areSame ? isTileRight : isSame(rootOfSlots(walk, bundle.hashes), expected)];
}

function judge(
  file: StoredTile,
  isAccepted: boolean,
  mismatch: AuditCode,
  path: string,
  index: number | undefined,
): AuditFinding[] {
  if (file.hashes === undefined) return [{ code: file.problem, path }];
  return isAccepted ? [] : [{ code: mismatch, path, ...(index !== undefined && { index }) }];
}

async function passOn(walk: Walk, first: number, entries: readonly Bytes[]): Promise<void> {
  if (walk.onEntry === undefined) return;
  for (const [i, entry] of entries.entries()) {
    if (first + i >= walk.from) await walk.onEntry(first + i, entry);
  }
}

/** The hashes a tile should hold, computed from nothing but the entries below it. */
async function recompute(walk: Walk, tile: TileId): Promise<Slots> {
  if (tile.level === 0) return (await readBundle(walk, tile)).hashes ?? unknownSlots(tile);
  const slots: (Hash | undefined)[] = [];
  for (let i = 0; i < tile.width; i += 1) {
    slots.push(rootOfSlots(walk, await recompute(walk, childOf(tile, i))));
  }
  return slots;
}

type StoredTile =
  { readonly hashes: readonly Hash[] } | { readonly hashes: undefined; readonly problem: AuditCode };

type StoredBundle = StoredTile & { readonly entries: readonly Bytes[] };

async function readTile(walk: Walk, tile: TileId): Promise<StoredTile> {
  try {
    return { hashes: await readHashes(tile, walk.source) };
  } catch (error) {
    if (error instanceof LogUnreadable) throw error;
    return { hashes: undefined, problem: error instanceof ParseError ? 'tile_malformed' : 'tile_missing' };
  }
}

async function readBundle(walk: Walk, tile: TileId): Promise<StoredBundle> {
  try {
    const entries = parseEntryBundle(await walk.source.readEntries(tile.index, tile.width), tile.width);
    return { hashes: entries.map((entry) => hashLeaf(walk, entry)), entries };
  } catch (error) {
    if (error instanceof LogUnreadable) throw error;
    const problem = error instanceof ParseError ? 'entries_malformed' : 'entries_missing';
    return { hashes: undefined, problem, entries: [] };
  }
}

/** The number of the first entry that no longer lies under the tile. */
function endOf({ level, index, width }: TileId): number {
  return (index * TILE_WIDTH + width) * TILE_WIDTH ** level;
}

function childOf(tile: TileId, slot: number): TileId {
  return { level: tile.level - 1, index: tile.index * TILE_WIDTH + slot, width: TILE_WIDTH };
}

function unknownSlots(tile: TileId): Slots {
  return Array.from({ length: tile.width }, () => undefined);
}

function isComplete(slots: Slots): slots is readonly Hash[] {
  return !slots.includes(undefined);
}

function hashLeaf({ sha256 }: Walk, entry: Bytes): Hash {
  return sha256 === undefined ? leafHash(entry) : leafHashBy(sha256, entry);
}

function rootOfSlots({ sha256 }: Walk, slots: Slots | undefined): Hash | undefined {
  return slots !== undefined && isComplete(slots) ? rootOfHashes(slots, sha256) : undefined;
}

/** Whether the partial tiles, highest level first, make up the tree with this root. */
function foldsTo({ sha256 }: Walk, tiles: readonly (Slots | undefined)[], root: Hash): boolean {
  const subtrees: Hash[] = [];
  for (const slots of tiles) {
    if (slots === undefined || !isComplete(slots)) return false;
    subtrees.push(...appendToFrontier(emptyFrontier, slots, sha256).hashes);
  }
  return bytesEqual(foldSubtrees(subtrees, sha256), root);
}

function isSame(a: Hash | undefined, b: Hash | undefined): boolean {
  return a !== undefined && b !== undefined && bytesEqual(a, b);
}

function agreed(a: Hash | undefined, b: Hash | undefined): Hash | undefined {
  return isSame(a, b) ? a : undefined;
}

/** The first slot where both hashes are known and differ, or -1. */
function firstDifference(a: Slots, b: Slots): number {
  return a.findIndex((hash, i) => hash !== undefined && b[i] !== undefined && !isSame(hash, b[i]));
}
