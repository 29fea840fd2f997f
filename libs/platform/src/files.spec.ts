import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readFileStrict, writeFileDurable, writeImmutable } from './files.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'files-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const text = (file: string): string => readFileSync(file, 'utf8');

describe('writeFileDurable', () => {
  it('replaces the file, makes folders, leaves no draft', async () => {
    const file = path.join(folder, 'a/b/c/head');
    await writeFileDurable(file, bytes('one'));
    await writeFileDurable(file, bytes('two'), { mode: 0o644 });
    expect(text(file)).toBe('two');
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(readdirSync(path.dirname(file))).toEqual(['head']);
  });

  it('leaves the old bytes and no draft when it fails', async () => {
    const file = path.join(folder, 'taken');
    await writeFileDurable(path.join(file, 'inside'), bytes('x'));
    await expect(writeFileDurable(file, bytes('y'))).rejects.toMatchObject({ code: 'EISDIR' });
    expect(readdirSync(folder).filter((name) => name.includes('draft'))).toEqual([]);
  });
});

describe('writeImmutable', () => {
  it('accepts the same bytes again and refuses others', async () => {
    const file = path.join(folder, 'tile');
    await writeImmutable(file, bytes('abc'));
    await writeImmutable(file, bytes('abc'));
    for (const other of ['abd', 'ab', 'abcd', '']) {
      await expect(writeImmutable(file, bytes(other))).rejects.toMatchObject({ code: 'immutable_conflict' });
    }
    expect(text(file)).toBe('abc');
  });

  it('lets one of several writers win; the others agree or fail', async () => {
    const file = path.join(folder, 'race');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => writeImmutable(file, bytes(i % 2 === 0 ? 'even' : 'odd'))),
    );
    const winner = text(file);
    const codes = outcomes.map((o, i) => [(i % 2 === 0 ? 'even' : 'odd') === winner, o.status]);
    expect(codes.every(([same, status]) => same === (status === 'fulfilled'))).toBe(true);
    expect(readdirSync(folder).filter((name) => name.includes('draft'))).toEqual([]);
  });
});

describe('readFileStrict', () => {
  it('reads whole files within the limit and names what is wrong otherwise', async () => {
    const file = path.join(folder, 'note');
    writeFileSync(file, 'four');
    expect(await readFileStrict(file, 4)).toEqual(bytes('four'));
    await expect(readFileStrict(file, 3)).rejects.toMatchObject({
      code: 'file_too_large',
      message: 'note: file_too_large',
    });
    await expect(readFileStrict(path.join(folder, 'none'), 9)).rejects.toMatchObject({
      code: 'file_missing',
    });
    await expect(readFileStrict(folder, 9)).rejects.toMatchObject({ code: 'not_a_file' });
  });
});
