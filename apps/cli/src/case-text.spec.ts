import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { below, safeName, saveFiles, shown } from './case-text.js';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));

describe('names of files that others chose', () => {
  it.each([
    ['letter.pdf', 'letter.pdf'],
    ['تسجيل.bin', 'تسجيل.bin'],
    ['../../etc/passwd', '__.._etc_passwd'],
    ['a\\b:c*d?"<>|', 'a_b_c_d_____'],
    ['.bashrc', '_bashrc'],
    ['..', '_'],
    ['CON.txt', '_CON.txt'],
    ['photo\u202egpj.exe', 'photo_gpj.exe'],
    ['line\nbreak', 'line_break'],
    ['', '_'],
  ])('%j becomes %j', (given, safe) => {
    expect(safeName(given)).toBe(safe);
  });

  it('are cut to a length every file system takes, with their ending', () => {
    const name = safeName(`${'é'.repeat(400)}.pdf`);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
    expect(name.endsWith('é.pdf')).toBe(true);
  });
});

describe('saving files', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'sc-save-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('never overwrites, and is for the owner alone', async () => {
    const dir = path.join(folder, 'out');
    const one = { name: 'a.txt', data: bytes('first') };
    await saveFiles(dir, [one, { ...one, data: bytes('second') }]);
    await saveFiles(dir, [{ ...one, data: bytes('third') }]);
    expect(readdirSync(dir).sort()).toEqual(['a (2).txt', 'a (3).txt', 'a.txt']);
    expect(readFileSync(path.join(dir, 'a.txt'), 'utf8')).toBe('first');
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(dir, 'a.txt')).mode & 0o777).toBe(0o600);
  });
});

describe('text by others on a terminal', () => {
  it('cannot move the cursor, colour the screen or turn the direction', () => {
    expect(shown('a\u001b[31mred\u0007\u202e\tb\nc')).toBe('a\ufffd[31mred\ufffd\ufffd\tb\nc');
  });

  it('stands indented under its line, and nothing stands for nothing', () => {
    expect(below('one\ntwo')).toBe('\n      one\n      two');
    expect(below('')).toBe('');
  });
});
