import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { bytesEqual, concatBytes, type Bytes } from '@app/encoding';
import { nobleVerifier } from '@app/crypto/verify';
import { noteKey } from '../../../test/support/note-keys.js';
import {
  auditTree,
  encodeCheckpoint,
  encodeEntryBundle,
  encodeVkey,
  entriesPath,
  growTiles,
  leafHash,
  parsePolicy,
  rootFromTiles,
  signNote,
  tilePath,
  type AuditReport,
  type LogSource,
} from './index.js';

const ORIGIN = 'example.org/log';
const log = noteKey(ORIGIN, 1, 'log');
const policy = parsePolicy(`log ${encodeVkey(log)}\nquorum none\n`);

/** Three full tiles at level 0, and a partial tile at each of the levels 0 and 1. */
const SMALL = 3 * 256 + 5;
/** A full tile at level 1 as well, and a partial tile at each of the levels 0, 1 and 2. */
const LARGE = 65_536 + 3 * 256 + 5;

type Files = Map<string, Bytes>;

const entryAt = (i: number): Bytes => Uint8Array.of(i >> 16, i >> 8, i);

function sourceOf(files: Files): LogSource {
  const read = (path: string): Promise<Uint8Array> => {
    const bytes = files.get(path);
    return bytes === undefined ? Promise.reject(new Error('missing')) : Promise.resolve(bytes);
  };
  return {
    readTile: (tile) => read(tilePath(tile)),
    readEntries: (index, width) => read(entriesPath(index, width)),
  };
}

async function buildLog(size: number, entry = entryAt): Promise<{ files: Files; note: string }> {
  const entries = Array.from({ length: size }, (_, i) => entry(i));
  const files: Files = new Map();
  for (const { tile, bytes } of await growTiles(0, entries.map(leafHash), sourceOf(files))) {
    files.set(tilePath(tile), bytes);
  }
  for (let index = 0; index * 256 < size; index += 1) {
    const bundle = entries.slice(index * 256, (index + 1) * 256);
    files.set(entriesPath(index, bundle.length), encodeEntryBundle(bundle));
  }
  const body = encodeCheckpoint({ origin: ORIGIN, size, root: await rootFromTiles(size, sourceOf(files)) });
  return { files, note: `${body}\n${signNote(body, log)}` };
}

const small = await buildLog(SMALL);
const large = await buildLog(LARGE);
const audit = (files: Files, note: string): Promise<AuditReport> =>
  auditTree(note, policy, nobleVerifier(), sourceOf(files));

/** The log with some files changed; a change to undefined removes the file. */
function damaged(intact: Files, changes: Record<string, (bytes: Bytes) => Bytes | undefined>): Files {
  const files: Files = new Map(intact);
  for (const [path, change] of Object.entries(changes)) {
    const bytes = files.get(path);
    if (bytes === undefined) throw new Error(`no file ${path}`);
    const changed = change(bytes);
    if (changed === undefined) files.delete(path);
    else files.set(path, changed);
  }
  return files;
}

const flip =
  (at: number) =>
  (bytes: Bytes): Bytes => {
    const changed = bytes.slice();
    changed[at] = (bytes[at] ?? 0) ^ 1;
    return changed;
  };
const cut = (bytes: Bytes): Bytes => bytes.slice(0, -1);
const remove = (): undefined => undefined;
/** Position of the last byte of an entry in a bundle of 3-byte entries. */
const inEntry = (slot: number): number => slot * 5 + 4;

describe('an intact log', () => {
  it.each([0, 1, 2, 255, 256, 257, 511, 600])('of %i entries has no findings', async (size) => {
    const { files, note } = await buildLog(size);
    expect((await audit(files, note)).findings).toEqual([]);
  });

  it('is reported with its size and root, its progress and its entries', async () => {
    const progress: number[] = [];
    const seen: number[] = [];
    const wrong: number[] = [];
    const report = await auditTree(large.note, policy, nobleVerifier(), sourceOf(large.files), {
      onProgress: (done, total) => progress.push(done / total),
      onEntry: (index, entry) => {
        seen.push(index);
        if (!bytesEqual(entry, entryAt(index))) wrong.push(index);
        return Promise.resolve();
      },
    });
    expect(report).toEqual({
      size: LARGE,
      root: await rootFromTiles(LARGE, sourceOf(large.files)),
      findings: [],
    });
    expect(seen).toEqual(Array.from({ length: LARGE }, (_, i) => i));
    expect(wrong).toEqual([]);
    expect(progress).toHaveLength(260);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
  });

  it('reads no file that the size does not imply', async () => {
    const reads = new Map<string, number>();
    const source = sourceOf(large.files);
    const counted: LogSource = {
      readTile: (tile) => {
        reads.set(tilePath(tile), (reads.get(tilePath(tile)) ?? 0) + 1);
        return source.readTile(tile);
      },
      readEntries: (index, width) => {
        reads.set(entriesPath(index, width), (reads.get(entriesPath(index, width)) ?? 0) + 1);
        return source.readEntries(index, width);
      },
    };
    await auditTree(large.note, policy, nobleVerifier(), counted);
    expect(new Set(reads.keys())).toEqual(new Set(large.files.keys()));
    const twice = [...reads].filter(([, count]) => count > 1).map(([path]) => path);
    expect(twice).toEqual(['tile/2/000.p/1', 'tile/1/001.p/3', 'tile/0/259.p/5']);
  });
});

describe('a log with one wrong file', () => {
  it.each([
    ['tile/0/002', flip(32 * 9), { code: 'tile_mismatch', index: 2 * 256 + 9 }],
    ['tile/0/003.p/5', flip(32 * 4), { code: 'tile_mismatch', index: SMALL - 1 }],
    ['tile/1/000.p/3', flip(32), { code: 'tile_mismatch', index: 256 }],
    ['tile/0/002', cut, { code: 'tile_malformed' }],
    ['tile/0/003.p/5', cut, { code: 'tile_malformed' }],
    ['tile/1/000.p/3', cut, { code: 'tile_malformed' }],
    ['tile/0/002', remove, { code: 'tile_missing' }],
    ['tile/0/003.p/5', remove, { code: 'tile_missing' }],
    ['tile/1/000.p/3', remove, { code: 'tile_missing' }],
    ['tile/entries/002', flip(inEntry(9)), { code: 'entries_mismatch', index: 2 * 256 + 9 }],
    ['tile/entries/003.p/5', flip(inEntry(0)), { code: 'entries_mismatch', index: SMALL - 5 }],
    ['tile/entries/002', flip(1), { code: 'entries_malformed' }],
    ['tile/entries/003.p/5', cut, { code: 'entries_malformed' }],
    ['tile/entries/002', remove, { code: 'entries_missing' }],
    ['tile/entries/003.p/5', remove, { code: 'entries_missing' }],
  ])('%s is told exactly (case %#)', async (path, change, finding) => {
    const report = await audit(damaged(small.files, { [path]: change }), small.note);
    expect(report.findings).toEqual([{ ...finding, path }]);
  });

  it.each([
    ['tile/0/007', flip(32 * 9), { code: 'tile_mismatch', index: 7 * 256 + 9 }],
    ['tile/1/000', flip(32 * 2), { code: 'tile_mismatch', index: 512 }],
    ['tile/1/000', remove, { code: 'tile_missing' }],
    ['tile/1/001.p/3', flip(0), { code: 'tile_mismatch', index: 65_536 }],
    ['tile/2/000.p/1', flip(31), { code: 'tile_mismatch', index: 0 }],
    ['tile/entries/007', flip(inEntry(9)), { code: 'entries_mismatch', index: 7 * 256 + 9 }],
  ])('%s is told exactly in a tree of three levels (case %#)', async (path, change, finding) => {
    const report = await audit(damaged(large.files, { [path]: change }), large.note);
    expect(report.findings).toEqual([{ ...finding, path }]);
  });

  it('is found with the hashing done by somebody else, and all of it is', async () => {
    const files = damaged(large.files, { 'tile/0/007': flip(0) });
    let hashed = 0;
    const report = await auditTree(large.note, policy, nobleVerifier(), sourceOf(files), {
      sha256: (message) => {
        hashed += 1;
        return new Uint8Array(createHash('sha256').update(message).digest());
      },
    });
    expect(report.findings).toEqual([{ code: 'tile_mismatch', path: 'tile/0/007', index: 7 * 256 }]);
    // Every leaf, and at least as many nodes as the tree has.
    expect(hashed).toBeGreaterThanOrEqual(2 * report.size - 1);
    await expect(
      auditTree(large.note, policy, nobleVerifier(), sourceOf(large.files), {
        sha256: () => new Uint8Array(32),
      }),
    ).resolves.toMatchObject({ findings: expect.arrayContaining([expect.anything()]) });
  });

  it('passes on only the entries of bundles without a finding', async () => {
    const seen: number[] = [];
    const files = damaged(small.files, { 'tile/entries/001': flip(inEntry(9)), 'tile/0/002': flip(0) });
    await auditTree(small.note, policy, nobleVerifier(), sourceOf(files), {
      onEntry: (i) => void seen.push(i),
    });
    expect(seen).toHaveLength(SMALL - 256);
    expect(seen.filter((i) => Math.floor(i / 256) === 1)).toEqual([]);
  });
});

describe('a log with several wrong files', () => {
  const pathsOf = ({ findings }: AuditReport): string[] =>
    findings.map(({ code, path }) => `${code} ${path}`);

  it('tells them apart where their paths to the root do not share a wrong one', async () => {
    const files = damaged(large.files, {
      'tile/0/007': flip(0),
      'tile/0/030': remove,
      'tile/entries/009': flip(inEntry(1)),
      'tile/0/258': flip(0),
    });
    expect(pathsOf(await audit(files, large.note))).toEqual([
      'tile_mismatch tile/0/007',
      'entries_mismatch tile/entries/009',
      'tile_missing tile/0/030',
      'tile_mismatch tile/0/258',
    ]);
  });

  it('tells a parent from a child of its, both of them tiles', async () => {
    const files = damaged(large.files, { 'tile/1/000': flip(0), 'tile/0/030': flip(0) });
    expect(pathsOf(await audit(files, large.note))).toEqual([
      'tile_mismatch tile/1/000',
      'tile_mismatch tile/0/030',
    ]);
  });

  it('names a tile and a bundle that are both wrong, and both wrong alike', async () => {
    const both = damaged(small.files, { 'tile/0/001': flip(0), 'tile/entries/001': flip(inEntry(3)) });
    const expected = [
      { code: 'tile_mismatch', path: 'tile/0/001' },
      { code: 'entries_mismatch', path: 'tile/entries/001' },
    ];
    expect((await audit(both, small.note)).findings).toEqual(expected);
    const rewritten = Array.from({ length: 256 }, (_, i) => Uint8Array.of(1, 1, i));
    const alike = damaged(small.files, {
      'tile/0/001': () => concatBytes(...rewritten.map(leafHash)),
      'tile/entries/001': () => encodeEntryBundle(rewritten),
    });
    expect((await audit(alike, small.note)).findings).toEqual(expected);
  });

  it('names everything that disagrees where a parent and an entry below it are wrong', async () => {
    const files = damaged(large.files, { 'tile/1/000': flip(0), 'tile/entries/030': flip(inEntry(1)) });
    expect(pathsOf(await audit(files, large.note))).toEqual([
      'tile_mismatch tile/1/000',
      'tile_mismatch tile/0/030',
      'entries_mismatch tile/entries/030',
    ]);
  });

  it('does not blame a file where a parent is gone and an entry below it unreadable', async () => {
    const files = damaged(large.files, { 'tile/1/000': remove, 'tile/entries/030': remove });
    expect(pathsOf(await audit(files, large.note))).toEqual([
      'tile_missing tile/1/000',
      'entries_missing tile/entries/030',
    ]);
  });

  it('goes on without a root where the top and an entry are wrong', async () => {
    const files = damaged(large.files, { 'tile/2/000.p/1': flip(0), 'tile/entries/030': flip(inEntry(1)) });
    expect(pathsOf(await audit(files, large.note))).toEqual([
      'root_mismatch checkpoint',
      'tile_mismatch tile/2/000.p/1',
      'tile_mismatch tile/1/000',
      'tile_mismatch tile/0/030',
      'entries_mismatch tile/entries/030',
    ]);
  });
});

describe('a log without a provable root', () => {
  it('does not blame the files that agree with each other', async () => {
    const files = damaged(large.files, {
      'tile/2/000.p/1': flip(0),
      'tile/entries/259.p/5': flip(inEntry(1)),
    });
    const { findings } = await audit(files, large.note);
    expect(findings).toEqual([
      { code: 'root_mismatch', path: 'checkpoint' },
      { code: 'tile_mismatch', path: 'tile/2/000.p/1' },
      { code: 'tile_mismatch', path: 'tile/0/259.p/5' },
      { code: 'entries_mismatch', path: 'tile/entries/259.p/5' },
    ]);
  });
});

describe('a log that is not the one of the checkpoint', () => {
  it('is a root mismatch and nothing else', async () => {
    const other = await buildLog(600, (i) => Uint8Array.of(i >> 8, i, 1));
    const own = await buildLog(600);
    expect((await audit(other.files, own.note)).findings).toEqual([
      { code: 'root_mismatch', path: 'checkpoint' },
    ]);
  });

  it('is a root mismatch if it should be empty', async () => {
    const body = encodeCheckpoint({ origin: ORIGIN, size: 0, root: leafHash(Uint8Array.of()) });
    const report = await audit(new Map(), `${body}\n${signNote(body, log)}`);
    expect(report.findings).toEqual([{ code: 'root_mismatch', path: 'checkpoint' }]);
  });

  it('is not audited if the checkpoint does not verify', async () => {
    const note = large.note.replace(`\n${String(LARGE)}\n`, `\n${String(LARGE + 1)}\n`);
    await expect(audit(large.files, note)).rejects.toMatchObject({ code: 'signature_invalid' });
  });
});
