import { describe, expect, it } from '@jest/globals';
import { codeOf } from '../../../test/support/code-of.js';
import {
  appendToFrontier,
  consistencyProof,
  emptyFrontier,
  encodeEntryBundle,
  encodeFrontier,
  entriesPath,
  frontierFromTiles,
  growTiles,
  inclusionProof,
  parseEntryBundle,
  parseFrontier,
  parseTilePath,
  rootFromTiles,
  tilePath,
  tilesForGrowth,
  tilesForSize,
  verifyConsistency,
  verifyInclusion,
  type TileReader,
} from './index.js';

const hash = new Uint8Array(32);

describe('tiles of a size', () => {
  it('are those of the example of tlog-tiles', () => {
    const tiles = tilesForSize(70_000);
    const summary = [0, 1, 2].map((level) => {
      const own = tiles.filter((tile) => tile.level === level);
      return [own.filter((tile) => tile.width === 256).length, own.filter((tile) => tile.width < 256)];
    });
    expect(summary).toEqual([
      [273, [{ level: 0, index: 273, width: 112 }]],
      [1, [{ level: 1, index: 1, width: 17 }]],
      [0, [{ level: 2, index: 0, width: 1 }]],
    ]);
    expect(tiles).toHaveLength(277);
  });

  it('are a full tile and its parent at 256, and none at 0', () => {
    expect(tilesForSize(256).map(tilePath)).toEqual(['tile/0/000', 'tile/1/000.p/1']);
    expect(tilesForSize(0)).toEqual([]);
  });

  it('reach level 6 at the largest size', () => {
    const last = Number.MAX_SAFE_INTEGER;
    const grown = tilesForGrowth(last - 1, last);
    expect(grown).toEqual([{ level: 0, index: Math.floor(last / 256), width: 255 }]);
    expect(tilesForGrowth(2 ** 48 - 1, 2 ** 48).map(tilePath)).toEqual([
      'tile/0/x001/x099/x511/x627/775',
      'tile/1/x004/x294/x967/295',
      'tile/2/x016/x777/215',
      'tile/3/x065/535',
      'tile/4/255',
      'tile/5/000',
      'tile/6/000.p/1',
    ]);
  });

  it('that must be written are the ones from the old edge on', () => {
    expect(tilesForGrowth(255, 257).map(tilePath)).toEqual([
      'tile/0/000',
      'tile/0/001.p/1',
      'tile/1/000.p/1',
    ]);
    expect(tilesForGrowth(256, 258).map(tilePath)).toEqual(['tile/0/001.p/2']);
    expect(tilesForGrowth(300, 300)).toEqual([]);
    expect(codeOf(() => tilesForGrowth(2, 1))).toBe('invariant: tree size');
    expect(codeOf(() => tilesForSize(-1))).toBe('invariant: tree size');
    expect(codeOf(() => tilesForSize(1.5))).toBe('invariant: tree size');
  });
});

describe('paths', () => {
  it.each([
    ['tile/0/x001/x234/067', { kind: 'tile', tile: { level: 0, index: 1_234_067, width: 256 } }],
    ['tile/0/x001/234.p/5', { kind: 'tile', tile: { level: 0, index: 1234, width: 5 } }],
    ['tile/63/000.p/255', { kind: 'tile', tile: { level: 63, index: 0, width: 255 } }],
    ['tile/entries/000', { kind: 'entries', index: 0, width: 256 }],
    ['tile/entries/x001/000.p/1', { kind: 'entries', index: 1000, width: 1 }],
  ])('%s reads and writes', (path, parsed) => {
    expect(parseTilePath(path)).toEqual(parsed);
    expect('tile' in parsed ? tilePath(parsed.tile) : entriesPath(parsed.index, parsed.width)).toBe(path);
  });

  it.each([
    ['tile/64/000', 'out_of_range'],
    ['tile/00/000', 'not_canonical'],
    ['tile/-1/000', 'bad_format'],
    ['tile/data/000', 'bad_format'],
    ['tile/0/0', 'bad_format'],
    ['tile/0/0000', 'bad_format'],
    ['tile/0/x000/001', 'not_canonical'],
    ['tile/0/001/002', 'bad_format'],
    ['tile/0/x001', 'bad_format'],
    ['tile/0/000.p/0', 'out_of_range'],
    ['tile/0/000.p/256', 'out_of_range'],
    ['tile/0/000.p/05', 'not_canonical'],
    ['tile/0/000.p/', 'bad_format'],
    ['tile/0/000\n', 'bad_format'],
    ['/tile/0/000', 'bad_format'],
    ['tile/entries/../000', 'bad_format'],
    ['tile/0/x009/x007/x199/x254/x740/992', 'out_of_range'],
    ['tile/0/x001/x009/x007/x199/x254/x740/991', 'bad_format'],
    ['', 'bad_format'],
  ])('%j is refused', (path, code) => {
    expect(codeOf(() => parseTilePath(path))).toBe(code);
  });

  it('are not written for tiles that cannot be', () => {
    expect(codeOf(() => tilePath({ level: 64, index: 0, width: 1 }))).toBe('invariant: tile level');
    expect(codeOf(() => tilePath({ level: -1, index: 0, width: 1 }))).toBe('invariant: tile level');
    expect(codeOf(() => entriesPath(-1, 1))).toBe('invariant: tile index');
    expect(codeOf(() => entriesPath(0, 0))).toBe('invariant: tile width');
    expect(codeOf(() => entriesPath(0, 257))).toBe('invariant: tile width');
    expect(codeOf(() => entriesPath(0, 1.5))).toBe('invariant: tile width');
  });
});

describe('entry bundle', () => {
  const bytes = encodeEntryBundle([Uint8Array.of(), Uint8Array.of(1, 2)]);

  it('is length-prefixed entries', () => {
    expect([...bytes]).toEqual([0, 0, 0, 2, 1, 2]);
    expect(parseEntryBundle(bytes, 2)).toEqual([Uint8Array.of(), Uint8Array.of(1, 2)]);
    expect(codeOf(() => encodeEntryBundle([new Uint8Array(65_536)]))).toBe(
      'invariant: integer does not fit u16',
    );
  });

  it('has exactly the entries of its width', () => {
    expect(codeOf(() => parseEntryBundle(bytes, 1))).toBe('trailing_bytes');
    expect(codeOf(() => parseEntryBundle(bytes, 3))).toBe('truncated');
    expect(codeOf(() => parseEntryBundle(bytes.slice(0, 5), 2))).toBe('truncated');
  });
});

describe('frontier encoding', () => {
  it.each([
    ['no size', new Uint8Array(7), 'truncated'],
    ['a hash too many', new Uint8Array(8 + 32), 'bad_length'],
    ['a hash too few', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1), 'bad_length'],
    ['half a hash', new Uint8Array(8 + 16), 'bad_length'],
    ['a size above 2^53 - 1', new Uint8Array(8 + 32).fill(0xff), 'out_of_range'],
  ])('refuses %s', (_, bytes, code) => {
    expect(codeOf(() => parseFrontier(bytes))).toBe(code);
  });

  it('is only written and grown from frontiers that are ones', () => {
    expect(codeOf(() => encodeFrontier({ size: 3, hashes: [hash] }))).toBe(
      'invariant: frontier does not fit its size',
    );
    expect(codeOf(() => appendToFrontier({ size: 3, hashes: [hash] }, [hash]))).toBe(
      'invariant: frontier does not fit its size',
    );
    expect(codeOf(() => appendToFrontier(emptyFrontier, [new Uint8Array(31)]))).toBe(
      'invariant: leaf hash length',
    );
    expect(codeOf(() => appendToFrontier({ size: Number.MAX_SAFE_INTEGER, hashes: [] }, [hash]))).toBe(
      'invariant: tree size above 2^53 - 1',
    );
  });
});

describe('reading tiles', () => {
  const short: TileReader = { readTile: ({ width }) => Promise.resolve(new Uint8Array(width * 32 - 1)) };
  const none: TileReader = { readTile: () => Promise.reject(new RangeError('no such tile')) };

  it('refuses tiles of another length and passes failures on', async () => {
    await expect(rootFromTiles(3, short)).rejects.toMatchObject({ code: 'bad_length', where: 'tile' });
    await expect(inclusionProof(0, 3, none)).rejects.toThrow(RangeError);
    await expect(growTiles(1, [hash], short)).rejects.toMatchObject({ code: 'bad_length', where: 'tile' });
  });

  it('does not read for trees that cannot be', async () => {
    await expect(inclusionProof(3, 3, none)).rejects.toThrow('entry index');
    await expect(inclusionProof(-1, 3, none)).rejects.toThrow('entry index');
    await expect(inclusionProof(0, 0.5, none)).rejects.toThrow('entry index');
    await expect(consistencyProof(4, 3, none)).rejects.toThrow('tree size');
    await expect(frontierFromTiles(-1, none)).rejects.toThrow('tree size');
    await expect(growTiles(-1, [], none)).rejects.toThrow('tree size');
    await expect(growTiles(0.5, [], none)).rejects.toThrow('tree size');
  });

  it('reads nothing where nothing is needed', async () => {
    expect(await inclusionProof(0, 1, none)).toEqual([]);
    expect(await consistencyProof(0, 9, none)).toEqual([]);
    expect(await consistencyProof(9, 9, none)).toEqual([]);
    expect(await frontierFromTiles(0, none)).toEqual(emptyFrontier);
    expect(await growTiles(256, [], none)).toEqual([]);
  });

  it('meets its bound on reads where the right edge is ragged', async () => {
    const reads: string[] = [];
    const zero: TileReader = {
      readTile: (tile) => {
        reads.push(tilePath(tile));
        return Promise.resolve(new Uint8Array(tile.width * 32));
      },
    };
    await inclusionProof(0, 3 * 65_536 + 257, zero);
    expect(reads.sort()).toEqual(
      ['tile/0/000', 'tile/0/769.p/1', 'tile/1/000', 'tile/1/003.p/1', 'tile/2/000.p/3'].sort(),
    );
  });
});

describe('proofs with impossible numbers or hashes', () => {
  it.each([
    [-1, 3, hash, [hash, hash]],
    [0.5, 3, hash, [hash, hash]],
    [3, 3, hash, [hash, hash]],
    [0, Number.NaN, hash, [hash, hash]],
    [0, 1, new Uint8Array(31), []],
    [0, 2, hash, [new Uint8Array(33)]],
  ])('inclusion of %s in %s is refused', (index, size, leaf, proof) => {
    expect(codeOf(() => verifyInclusion(leaf, index, size, proof, hash))).toBe('inclusion_invalid');
  });

  it.each([
    [3, 2, hash, []],
    [-1, 2, hash, []],
    [1, Number.POSITIVE_INFINITY, hash, []],
    [2, 2, new Uint8Array(31), []],
    [0, 0, hash, []],
    [0, 5, hash, []],
    [2, 2, hash, [hash]],
    [1, 2, hash, [new Uint8Array(31)]],
    [3, 5, hash, []],
    [4, 5, hash, []],
  ])('consistency from %s to %s is refused', (oldSize, newSize, root, proof) => {
    expect(codeOf(() => verifyConsistency(oldSize, root, newSize, hash, proof))).toBe('consistency_invalid');
  });
});
