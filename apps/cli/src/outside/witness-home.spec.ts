import { nobleSigning } from '@app/crypto/sign';
import { encodeVkey, parseVkey } from '@app/tlog';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TEST_LOG, TEST_WITNESS } from '../../../../test/support/log-server.js';
import { openWitnessHome } from './witness-home.js';

const LOG = `${encodeVkey(TEST_LOG)}\n`;
const OTHER = `${encodeVkey(TEST_WITNESS)}\n`;
let folder: string;
let fill = 1;
const deps = {
  signing: nobleSigning(),
  random: { bytes: (n: number) => new Uint8Array(n).fill(fill++) },
};
const open = (name = 'w.example/1', log = LOG) => openWitnessHome(folder, name, log, deps);

beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'sc-home-')), 'witness');
});
afterEach(() => {
  rmSync(path.dirname(folder), { recursive: true });
});

describe('the folder of a witness', () => {
  it('gets its key once, for its owner alone, and pins the log', async () => {
    const first = await open();
    expect(first).toMatchObject({ isNew: true, origins: [TEST_LOG.name] });
    expect(parseVkey(first.vkey)).toMatchObject({ name: 'w.example/1', algorithm: 4 });
    expect(statSync(first.keyFile).mode & 0o777).toBe(0o600);
    expect(readFileSync(first.logFile, 'utf8')).toBe(LOG);
    expect(await open()).toEqual({ ...first, isNew: false });
  });

  it('is finished by the next run where the first was interrupted, with the same key', async () => {
    const { vkey } = await open();
    rmSync(path.join(folder, 'witness.vkey'));
    expect(await open()).toMatchObject({ vkey, isNew: true });
  });

  it.each([
    ['another log key', 'w.example/1', OTHER, 'log_key_changed'],
    ['one more log key', 'w.example/1', `${LOG}${OTHER}`, 'log_key_changed'],
    ['another name', 'w.example/2', LOG, 'witness_name_changed'],
  ])('refuses %s afterwards', async (_, name, log, code) => {
    await open();
    await expect(open(name, log)).rejects.toMatchObject({ code });
    expect(readFileSync(path.join(folder, 'log.vkey'), 'utf8')).toBe(LOG);
  });

  it('refuses a key that was exchanged, and mends one that others could read', async () => {
    const { keyFile } = await open();
    chmodSync(keyFile, 0o644);
    await open();
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    writeFileSync(keyFile, `${'cd'.repeat(32)}\n`);
    await expect(open()).rejects.toMatchObject({ code: 'witness_key_changed' });
  });
});
