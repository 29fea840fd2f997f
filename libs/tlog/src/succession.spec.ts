import { describe, expect, it } from '@jest/globals';
import { concatBytes, type Bytes } from '@app/encoding';
import { NaiveTree } from '../../../test/support/naive-tree.js';
import {
  auditFrom,
  checkSuccession,
  encodeEntryBundle,
  FileMissing,
  logFiles,
  LogUnreadable,
} from './index.js';
import { entriesPath, tilePath, type TileId, type TileReader } from './index.js';

const SIZE = 2 * 256 + 40;
const entry = (label: number) => (_: unknown, i: number) => Uint8Array.of(label, i >> 8, i);
const entries = Array.from({ length: SIZE }, entry(1));
const tree = new NaiveTree(entries);
/** Another log that is the same up to 300. */
const fork = new NaiveTree([...entries.slice(0, 300), ...Array.from({ length: SIZE - 300 }, entry(2))]);

const contentOf = (of: NaiveTree, { level, index, width }: TileId): Bytes => {
  const span = 256 ** level;
  const hashes = Array.from({ length: width }, (_, i) => {
    const start = (index * 256 + i) * span;
    return of.root(start + span, start);
  });
  return concatBytes(...hashes);
};
const readerOf = (of: NaiveTree): TileReader => ({
  readTile: (tile) => Promise.resolve(contentOf(of, tile)),
});
const head = (of: NaiveTree, size: number) => ({ size, root: of.root(size) });

const outcome = (act: Promise<unknown>): Promise<unknown> =>
  act.then(
    () => 'follows',
    (error: unknown) => (error as { code?: unknown }).code,
  );

describe('one checkpoint after another', () => {
  const sizes = [0, 1, 255, 256, 257, 299, 300, 301, 511, 512, 513, SIZE];
  const pairs = sizes.flatMap((kept) => sizes.map((shown) => [kept, shown] as const));

  it.each(pairs)('of one log, %i then %i, follows unless it is smaller', async (kept, shown) => {
    const found = await outcome(checkSuccession(head(tree, kept), head(tree, shown), readerOf(tree)));
    expect(found).toBe(shown < kept ? 'log_rolled_back' : 'follows');
  });

  it.each(pairs)('of two forks, %i then %i, follows only before they part', async (kept, shown) => {
    const found = await outcome(checkSuccession(head(tree, kept), head(fork, shown), readerOf(fork)));
    const later = kept > 300 && shown > 300 ? 'log_forked' : 'follows';
    expect(found).toBe(shown < kept ? 'log_rolled_back' : later);
  });

  it('is left open by tiles of another tree', async () => {
    const shown = head(tree, SIZE);
    expect(await outcome(checkSuccession(head(tree, 301), shown, readerOf(fork)))).toBe(
      'consistency_unproven',
    );
    expect(await outcome(checkSuccession(head(fork, 301), shown, readerOf(fork)))).toBe(
      'consistency_unproven',
    );
  });
});

describe('a log as files', () => {
  const all = new Map<string, Bytes>([
    ['tile/0/000', contentOf(tree, { level: 0, index: 0, width: 256 })],
    ['tile/entries/000', encodeEntryBundle(entries.slice(0, 256))],
  ]);
  const files = logFiles((path) => Promise.resolve(all.get(path)));

  it('cuts a partial file that is gone out of the full one', async () => {
    const tile = { level: 0, index: 0, width: 7 };
    expect(await files.readTile(tile)).toEqual(contentOf(tree, tile));
    expect(await files.readEntries(0, 7)).toEqual(encodeEntryBundle(entries.slice(0, 7)));
  });

  it('has no file where there is neither', async () => {
    await expect(files.readTile({ level: 0, index: 1, width: 7 })).rejects.toBeInstanceOf(FileMissing);
    await expect(files.readEntries(1, 256)).rejects.toBeInstanceOf(FileMissing);
  });
});

describe('an audit of what is new', () => {
  const read: string[] = [];
  const broken = new Set<string>();
  const source = {
    readTile: (tile: TileId) => {
      read.push(tilePath(tile));
      return Promise.resolve(contentOf(tree, tile));
    },
    readEntries: (index: number, width: number) => {
      const path = entriesPath(index, width);
      read.push(path);
      if (broken.has(path)) return Promise.reject(new LogUnreadable(new Error('away')));
      return Promise.resolve(encodeEntryBundle(entries.slice(index * 256, index * 256 + width)));
    },
  };

  it.each([0, 1, 255, 256, 300, 512, 551, SIZE])('from %i on reads no bundle before it', async (from) => {
    read.length = 0;
    const seen: number[] = [];
    const progress: number[] = [];
    const { findings } = await auditFrom(from, head(tree, SIZE), source, {
      onEntry: (index) => void seen.push(index),
      onProgress: (done) => void progress.push(done),
    });
    expect(findings).toEqual([]);
    expect(seen).toEqual(Array.from({ length: SIZE - from }, (_, i) => from + i));
    const bundles = read.filter((path) => path.startsWith('tile/entries/'));
    const expected = ['tile/entries/000', 'tile/entries/001', 'tile/entries/002.p/40'];
    expect(bundles).toEqual(from === SIZE ? [] : expected.slice(Math.floor(from / 256)));
    expect(progress.at(-1)).toBe(from === SIZE ? undefined : SIZE);
  });

  it('ends at once where nothing can be said of a file', async () => {
    broken.add('tile/entries/001');
    const audit = auditFrom(0, head(tree, SIZE), source, {});
    await expect(audit).rejects.toMatchObject({ code: 'log_unreadable' });
  });
});
