import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bytesEqual, concatBytes, toHex, type Bytes } from '@app/encoding';
import { codeOf } from '../../../test/support/code-of.js';
import { NaiveTree } from '../../../test/support/naive-tree.js';
import {
  appendToFrontier,
  consistencyProof,
  emptyFrontier,
  encodeFrontier,
  frontierFromTiles,
  frontierRoot,
  growTiles,
  inclusionProof,
  leafHash,
  parseFrontier,
  rootFromTiles,
  tilePath,
  tilesForGrowth,
  tilesForSize,
  verifyConsistency,
  verifyInclusion,
  type Hash,
  type TileId,
  type TileReader,
} from './index.js';

const numRuns = Number(process.env.FC_RUNS ?? 50);

const entryAt = (i: number): Bytes => Uint8Array.of(i >> 16, i >> 8, i, 7);

function* everyEntry(size: number): Generator<Bytes> {
  for (let i = 0; i < size; i += 1) yield entryAt(i);
}

const entriesUpTo = (size: number): Bytes[] => Array.from({ length: size }, (_, i) => entryAt(i));

const SMALL = 600;
/** Up to here every index and every pair of sizes, above it a few of each. */
const ALL = 40;
const small = new NaiveTree(entriesUpTo(SMALL));
const smallLeaves = small.leaves;

/** Numbers below `end`: all of them, or those at the ends and at a tile's edge, and one between. */
function places(end: number): number[] {
  if (end <= ALL) return Array.from({ length: end }, (_, i) => i);
  const chosen = [0, end - 1, 255, 256, Math.floor(end / 3) + (end % 97)];
  return [...new Set(chosen)].filter((at) => at < end);
}

/** Serves the tiles of every prefix of a tree, cut straight out of the naive tree; counts reads and repeats. */
class NaiveTiles implements TileReader {
  readonly reads: string[] = [];
  readonly #cut = new Map<string, Bytes>();

  constructor(private readonly tree: NaiveTree) {}

  contentOf(tile: TileId): Bytes {
    const span = 256 ** tile.level;
    const hashes = Array.from({ length: tile.width }, (_, i) => {
      const start = (tile.index * 256 + i) * span;
      return this.tree.root(start + span, start);
    });
    return concatBytes(...hashes);
  }

  readTile(tile: TileId): Promise<Uint8Array> {
    const path = tilePath(tile);
    this.reads.push(path);
    const bytes = this.#cut.get(path) ?? this.contentOf(tile);
    this.#cut.set(path, bytes);
    return Promise.resolve(bytes);
  }
}

const hex = (hashes: readonly Uint8Array[]): string[] => hashes.map(toHex);

/** Sizes of every magnitude, and those beside a power of two. */
const anySize = (max: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.integer({ min: 1, max }),
    fc
      .tuple(fc.integer({ min: 0, max: Math.log2(max) }), fc.integer({ min: -1, max: 1 }))
      .map(([bits, beside]) => Math.min(max, Math.max(1, 2 ** bits + beside))),
  );

const flipped = (hash: Hash): Hash => {
  const other = hash.slice();
  other[0] = (hash[0] ?? 0) ^ 1;
  return other;
};

/** Every way to damage a proof by one step that leaves its hashes 32 bytes long. */
const damaged = (proof: readonly Hash[]): Hash[][] => [
  [...proof, new Uint8Array(32)],
  ...proof.map((_, i) => proof.filter((__, j) => j !== i)),
  ...proof.map((hash, i) => proof.map((other, j) => (i === j ? flipped(hash) : other))),
];

describe('frontier, every size to 600', () => {
  it('has the root of the naive tree and survives encoding', () => {
    let frontier = emptyFrontier;
    for (let size = 0; size <= SMALL; size += 1) {
      expect(toHex(frontierRoot(frontier))).toBe(toHex(small.root(size)));
      expect(parseFrontier(encodeFrontier(frontier))).toEqual(frontier);
      frontier = appendToFrontier(frontier, [leafHash(entryAt(size))]);
    }
  });

  it('does not depend on how the leaves are batched', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 12 }), (batches) => {
        let frontier = emptyFrontier;
        let size = 0;
        for (const batch of batches) {
          frontier = appendToFrontier(frontier, smallLeaves.slice(size, size + batch));
          size = Math.min(size + batch, SMALL);
        }
        expect(frontier).toEqual(appendToFrontier(emptyFrontier, smallLeaves.slice(0, size)));
      }),
      { numRuns },
    );
  });
});

describe('tiles, every size to 600', () => {
  it('hold the root and the frontier', async () => {
    for (let size = 0; size <= SMALL; size += 1) {
      const tiles = new NaiveTiles(small);
      expect(toHex(await rootFromTiles(size, tiles))).toBe(toHex(small.root(size)));
      expect(new Set(tilesForSize(size).map(tilePath))).toEqual(
        new Set([...tiles.reads, ...fullTiles(size)]),
      );
      expect(await frontierFromTiles(size, tiles)).toEqual(
        appendToFrontier(emptyFrontier, smallLeaves.slice(0, size)),
      );
    }
  });

  it('grow as the naive tree says', async () => {
    for (let oldSize = 0; oldSize <= SMALL; oldSize += 7) {
      for (const newSize of [oldSize, oldSize + 1, 255, 256, 257, 511, 512, 513, SMALL].filter(
        (n) => n >= oldSize && n <= SMALL,
      )) {
        const tiles = new NaiveTiles(small);
        const grown = await growTiles(oldSize, smallLeaves.slice(oldSize, newSize), tiles);
        expect(grown.map(({ tile }) => tile)).toEqual(tilesForGrowth(oldSize, newSize));
        for (const { tile, bytes } of grown) expect(bytesEqual(bytes, tiles.contentOf(tile))).toBe(true);
      }
    }
  });
});

const fullTiles = (size: number): string[] =>
  Array.from({ length: Math.floor(size / 256) }, (_, index) => tilePath({ level: 0, index, width: 256 }));

describe('inclusion, every size to 600', () => {
  it('reads the proof of the naive tree and verifies it', async () => {
    const tiles = new NaiveTiles(small);
    for (let size = 1; size <= SMALL; size += 1) {
      for (const index of places(size)) {
        const proof = await inclusionProof(index, size, tiles);
        expect(hex(proof)).toEqual(hex(small.path(index, size)));
        verifyInclusion(leafHash(entryAt(index)), index, size, proof, small.root(size));
      }
    }
  });

  it('refuses every damaged proof, size and index', () => {
    for (let size = 1; size <= 40; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const proof = small.path(index, size);
        const leaf = leafHash(entryAt(index));
        const root = small.root(size);
        for (const bad of damaged(proof)) {
          expect(
            codeOf(() => {
              verifyInclusion(leaf, index, size, bad, root);
            }),
          ).toBe('inclusion_invalid');
        }
        for (const other of [index - 1, index + 1]) {
          expect(
            codeOf(() => {
              verifyInclusion(leaf, other, size, proof, root);
            }),
          ).toBe('inclusion_invalid');
        }
        expect(
          codeOf(() => {
            verifyInclusion(leaf, index, size, proof, small.root(size + 1));
          }),
        ).toBe('inclusion_invalid');
      }
    }
  });
});

describe('consistency, pairs of sizes to 600', () => {
  it('reads the proof of the naive tree and verifies it', async () => {
    const tiles = new NaiveTiles(small);
    for (let newSize = 0; newSize <= SMALL; newSize += 1) {
      for (const oldSize of places(newSize + 1)) {
        const proof = await consistencyProof(oldSize, newSize, tiles);
        expect(hex(proof)).toEqual(hex(small.consistency(oldSize, newSize)));
        verifyConsistency(oldSize, small.root(oldSize), newSize, small.root(newSize), proof);
      }
    }
  });

  it('refuses every damaged proof and every other tree', () => {
    for (let newSize = 1; newSize <= 33; newSize += 1) {
      for (let oldSize = 0; oldSize <= newSize; oldSize += 1) {
        const proof = small.consistency(oldSize, newSize);
        const [oldRoot, newRoot] = [small.root(oldSize), small.root(newSize)];
        for (const bad of damaged(proof)) {
          expect(
            codeOf(() => {
              verifyConsistency(oldSize, oldRoot, newSize, newRoot, bad);
            }),
          ).toBe('consistency_invalid');
        }
        expect(
          codeOf(() => {
            verifyConsistency(oldSize, small.root(oldSize + 1), newSize, newRoot, proof);
          }),
        ).toBe('consistency_invalid');
        if (oldSize > 0) {
          expect(
            codeOf(() => {
              verifyConsistency(oldSize, oldRoot, newSize, small.root(newSize + 1), proof);
            }),
          ).toBe('consistency_invalid');
        }
      }
    }
  });
});

describe('random sizes to 2^20', () => {
  const size = 2 ** 20;
  let large: NaiveTree;
  beforeAll(() => {
    large = new NaiveTree(everyEntry(size));
  }, 120_000);
  const bound = (n: number): number => 2 * Math.floor(Math.log(n) / Math.log(256)) + 1;

  it('agrees with the naive tree and keeps to the promised number of reads', async () => {
    await fc.assert(
      fc.asyncProperty(anySize(size), fc.nat(), fc.nat(), async (n, a, b) => {
        const index = a % n;
        const older = b % (n + 1);
        const tiles = [0, 1, 2].map(() => new NaiveTiles(large)) as [NaiveTiles, NaiveTiles, NaiveTiles];
        const inclusion = await inclusionProof(index, n, tiles[0]);
        verifyInclusion(leafHash(entryAt(index)), index, n, inclusion, large.root(n));
        expect(hex(inclusion)).toEqual(hex(large.path(index, n)));
        const consistency = await consistencyProof(older, n, tiles[1]);
        verifyConsistency(older, large.root(older), n, large.root(n), consistency);
        expect(hex(consistency)).toEqual(hex(large.consistency(older, n)));
        expect(toHex(await rootFromTiles(n, tiles[2]))).toBe(toHex(large.root(n)));
        const existing = new Set(tilesForSize(n).map(tilePath));
        for (const { reads } of tiles) {
          expect(new Set(reads).size).toBe(reads.length);
          expect(reads.filter((path) => !existing.has(path))).toEqual([]);
          expect(reads.length).toBeLessThanOrEqual(bound(n));
        }
        expect(tiles[2].reads.length).toBeLessThanOrEqual((bound(n) + 1) / 2);
      }),
      { numRuns },
    );
  });
});
