import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { concatBytes, encodeUtf8 } from '@app/encoding';
import { CliError } from '../errors.js';
import { readAttachments } from './attachments.js';

const CANARY = 'canary-7f3a';
/** As much of a picture as is looked at: a comment, a frame and a scan. */
const PICTURE = concatBytes(
  Uint8Array.of(0xff, 0xd8, 0xff, 0xfe, 0, 2 + CANARY.length),
  encodeUtf8(CANARY),
  Uint8Array.of(0xff, 0xc0, 0, 2, 0xff, 0xda, 0, 2, 1, 2, 3, 0xff, 0xd9),
);

describe('attached files', () => {
  let folder: string;
  const file = (name: string, data: Uint8Array): string => {
    const where = path.join(folder, name);
    writeFileSync(where, data);
    return where;
  };
  let said: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'safe-conduct-attach-'));
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
  });
  afterAll(() => {
    jest.restoreAllMocks();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are cleaned, or go as they are when that was asked for, and both is said', async () => {
    said = '';
    const { files, cleanings } = await readAttachments({
      attach: [file('a.jpg', PICTURE)],
      uncleaned: [file('b.bin', encodeUtf8(CANARY))],
    });
    expect(files.map(({ name }) => name)).toEqual(['a.jpg', 'b.bin']);
    expect(Buffer.from(files[0]?.data ?? []).includes(CANARY)).toBe(false);
    expect(Buffer.from(files[1]?.data ?? []).toString()).toBe(CANARY);
    expect(cleanings).toMatchObject([
      { name: 'a.jpg', kind: 'jpeg', removed: ['comment'] },
      { name: 'b.bin', kind: null },
    ]);
    expect(said).toContain('a.jpg: taken out: comments\n');
    expect(said).toContain('b.bin: goes as it is');
    expect(said).not.toContain(CANARY);
  });

  it('that cannot be cleaned are all named, and none goes', async () => {
    said = '';
    const attach = [
      file('c.jpg', PICTURE.slice(0, -1)),
      file('d.txt', encodeUtf8('x')),
      file('e.jpg', PICTURE),
    ];
    const error = await readAttachments({ attach }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(CliError);
    expect((error as CliError).code).toBe('attachment_not_cleaned');
    expect((error as CliError).message).toMatch(/^2 files could not be cleaned/);
    expect(said).toContain('c.jpg: is damaged, or not what it begins as (malformed)');
    expect(said).toContain('d.txt: is of no kind that can be cleaned (not_recognised)');
  });

  it('of one name are refused, whichever way they go', async () => {
    const same = file('a.jpg', PICTURE);
    await expect(readAttachments({ attach: [same], uncleaned: [same] })).rejects.toMatchObject({
      code: 'attachment_repeated',
    });
  });
});
