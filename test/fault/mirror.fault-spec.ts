import { publishedOverHttp } from '@app/client';
import { makeApiClient } from '@app/api-client';
import { nobleVerifier } from '@app/crypto/verify';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type CopyFiles, copyFiles } from '../../apps/cli/src/outside/copy-files.js';
import { checkLedger } from '../../apps/cli/src/outside/fsck.js';
import { ledgerInFolder } from '../../apps/cli/src/outside/ledger-files.js';
import { type MirrorReport, updateMirror } from '../../apps/cli/src/outside/mirror.js';
import { flipped, LogServer } from '../support/log-server.js';

const verifier = nobleVerifier();
/** Trees with partial tiles on both of their levels. */
const FIRST = 3 * 256 + 5;
const SECOND = 700;
/** More bundles than are read ahead. */
const LARGER = 20 * 256;

let log: LogServer;
let folder: string;

beforeEach(async () => {
  log = new LogServer();
  await log.grow(FIRST, 1_000);
  await log.start();
  folder = mkdtempSync(path.join(tmpdir(), 'sc-mirror-'));
});
afterEach(async () => {
  await log.stop();
  rmSync(folder, { recursive: true });
});

const mirror = (copy: CopyFiles = copyFiles(folder), from = log): Promise<MirrorReport> =>
  updateMirror({
    verifier,
    trust: log.trust(),
    log: publishedOverHttp(makeApiClient({ baseUrl: from.url })),
    copy,
  });

const fsck = () => checkLedger({ verifier, trust: log.trust(), ledger: ledgerInFolder(folder) });

async function expectWhole(size: number): Promise<void> {
  expect(await fsck()).toMatchObject({ size, findings: [] });
}

describe('a copy', () => {
  it('is whole, has the keys, and is the log file by file', async () => {
    expect(await mirror()).toMatchObject({ from: 0, size: FIRST, witnessedAt: 1_000, findings: [] });
    await expectWhole(FIRST);
    for (const [file, bytes] of log.files)
      expect(new Uint8Array(readFileSync(path.join(folder, file)))).toEqual(bytes);
    expect(readFileSync(path.join(folder, 'log.vkey'), 'utf8')).toMatch(
      /^log\.example\/1\+[0-9a-f]{8}\+\S+\n$/,
    );
    expect(readFileSync(path.join(folder, 'witness.vkeys'), 'utf8')).toMatch(/^w\.example\+/);
  });

  it('fetches only what grew, and drops partial files that are of no use', async () => {
    await mirror();
    await log.grow(SECOND, 2_000);
    log.requests.length = 0;
    expect(await mirror()).toMatchObject({ from: FIRST, size: FIRST + SECOND, findings: [] });
    await expectWhole(FIRST + SECOND);
    expect(log.requests.filter((file) => /^tile\/entries\/00[012]$/.test(file))).toEqual([]);
    expect(existsSync(path.join(folder, 'tile/entries/003.p'))).toBe(false);
    expect(readdirSync(path.join(folder, 'tile/1/000.p'))).toEqual(['5']);
    log.requests.length = 0;
    expect(await mirror()).toMatchObject({ from: FIRST + SECOND, size: FIRST + SECOND, bytes: 0 });
    expect(log.requests).toEqual(['checkpoint']);
  });

  it('goes on after a lost connection without fetching anything twice', async () => {
    await log.grow(LARGER, 1_500);
    log.cutAfter = 30;
    await expect(mirror()).rejects.toMatchObject({ code: 'log_unreadable' });
    expect(existsSync(path.join(folder, 'checkpoint'))).toBe(false);
    log.cutAfter = Infinity;
    const kept = readdirSync(path.join(folder, 'tile/entries'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
    log.requests.length = 0;
    await mirror();
    expect(kept.length).toBeGreaterThan(0);
    expect(log.requests.filter((file) => kept.includes(file))).toEqual([]);
    await expectWhole(FIRST + LARGER);
  });

  it('does not move for a log whose files are wrong, and says which', async () => {
    await mirror();
    await log.grow(SECOND, 2_000);
    const file = 'tile/entries/004';
    const good = log.files.get(file)!;
    log.files.set(file, flipped(good));
    const report = await mirror();
    expect(report).toMatchObject({
      from: FIRST,
      size: FIRST,
      findings: [{ code: 'entries_mismatch', path: file, at: 'log' }],
    });
    await expectWhole(FIRST);
    log.files.set(file, good);
    expect(await mirror()).toMatchObject({ size: FIRST + SECOND });
    await expectWhole(FIRST + SECOND);
  });

  it('tells its own damage from the log’s', async () => {
    await log.grow(LARGER, 1_500);
    log.cutAfter = 30;
    await expect(mirror()).rejects.toThrow();
    log.cutAfter = Infinity;
    const file = path.join(folder, 'tile/entries/000');
    writeFileSync(file, flipped(new Uint8Array(readFileSync(file))));
    expect((await mirror()).findings).toMatchObject([
      { code: 'entries_mismatch', path: 'tile/entries/000', at: 'copy' },
    ]);
    unlinkSync(file);
    await mirror();
    await expectWhole(FIRST + LARGER);
  });

  it.each([
    ['log_forked', 'another tree that is larger', 'b', FIRST + 10],
    ['log_forked', 'another tree of the same size', 'b', FIRST],
    ['log_rolled_back', 'a smaller tree', 'a', 300],
  ])('refuses with %s %s, and keeps both checkpoints', async (code, _, label, size) => {
    await mirror();
    const before = readFileSync(path.join(folder, 'checkpoint'), 'utf8');
    const other = new LogServer(label);
    await other.grow(size, 3_000);
    await other.start();
    try {
      await expect(mirror(copyFiles(folder), other)).rejects.toMatchObject({ code });
    } finally {
      await other.stop();
    }
    expect(readFileSync(path.join(folder, 'checkpoint'), 'utf8')).toBe(before);
    const evidence = readdirSync(path.join(folder, 'evidence'));
    const notes = evidence.map((name) => readFileSync(path.join(folder, 'evidence', name), 'utf8'));
    const shown = Buffer.from(other.files.get('checkpoint')!).toString('utf8');
    expect(new Set(notes)).toEqual(new Set([before, shown]));
    await expectWhole(FIRST);
  });

  it('does not call damaged tiles a fork', async () => {
    await mirror();
    await log.grow(SECOND, 2_000);
    for (const [file, bytes] of log.files)
      if (/^tile\/[01]\//.test(file)) log.files.set(file, flipped(bytes));
    await expect(mirror()).rejects.toMatchObject({ code: 'consistency_unproven' });
    expect(existsSync(path.join(folder, 'evidence'))).toBe(false);
  });

  it('takes no checkpoint without the quorum', async () => {
    const note = Buffer.from(log.files.get('checkpoint')!).toString('utf8');
    log.files.set('checkpoint', new Uint8Array(Buffer.from(note.replace(/— w\.example.*\n/, ''))));
    await expect(mirror()).rejects.toMatchObject({ code: 'quorum_missing' });
  });
});

class Injected extends Error {}

/** Fails one write: before it is carried out, or although it was. */
function faulty(at: number, persists: boolean): { copy: CopyFiles; writes: () => number } {
  const real = copyFiles(folder);
  let writes = 0;
  const through = async (write: () => Promise<void>): Promise<void> => {
    writes += 1;
    if (writes !== at) return write();
    if (persists) await write();
    throw new Injected();
  };
  return {
    copy: {
      read: (file) => real.read(file),
      list: (sub) => real.list(sub),
      writeImmutable: (file, bytes) => through(() => real.writeImmutable(file, bytes)),
      replace: (file, bytes) => through(() => real.replace(file, bytes)),
      remove: (target) => through(() => real.remove(target)),
    },
    writes: () => writes,
  };
}

describe('each write of a mirror', () => {
  it.each([
    ['that fails', false],
    ['that fails but persists', true],
  ])(
    '%s leaves a whole copy, and the next run goes on',
    async (_, persists) => {
      await mirror();
      let size = FIRST;
      let all = Infinity;
      for (let at = 1; at <= all; at += 1) {
        await log.grow(60, 2_000 + at);
        const { copy, writes } = faulty(at, persists);
        const outcome = await mirror(copy).catch((error: unknown) => error);
        if (outcome instanceof Injected) {
          const checked = await fsck();
          expect(checked.findings).toEqual([]);
          expect([size, size + 60]).toContain(checked.size);
        } else all = writes();
        size += 60;
        expect(await mirror()).toMatchObject({ size, findings: [] });
        await expectWhole(size);
      }
      expect(all).toBeGreaterThan(4);
    },
    60_000,
  );

  it.each([
    ['that fails', false],
    ['that fails but persists', true],
  ])(
    'of the first copy %s leaves nothing under a checkpoint that does not hold',
    async (_, persists) => {
      for (let at = 1, isOver = false; !isOver; at += 1) {
        rmSync(folder, { recursive: true, force: true });
        const outcome = await mirror(faulty(at, persists).copy).catch((error: unknown) => error);
        isOver = !(outcome instanceof Injected);
        if (existsSync(path.join(folder, 'checkpoint'))) await expectWhole(FIRST);
        await mirror();
        await expectWhole(FIRST);
      }
    },
    60_000,
  );
});
