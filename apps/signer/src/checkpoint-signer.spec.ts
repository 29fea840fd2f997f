import { makeRemoteSigner, makeSigner, nobleSigning } from '@app/crypto/sign';
import { nobleVerifier } from '@app/crypto/verify';
import { encodeUtf8, toBase64 } from '@app/encoding';
import {
  ALGORITHM_ED25519,
  consistencyProof,
  deriveKeyId,
  growTiles,
  leafHash,
  type NoteSigner,
  openNote,
  parseCheckpoint,
  rootFromTiles,
  tilePath,
  type TileReader,
} from '@app/tlog';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFileDurable } from '@app/platform';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CheckpointSigner } from './checkpoint-signer.js';

const ORIGIN = 'log.example/1';
const raw = makeSigner(nobleSigning(), new Uint8Array(32).fill(7));
const keyId = deriveKeyId(ORIGIN, ALGORITHM_ED25519, raw.publicKey);
const KEY = { name: ORIGIN, keyId, algorithm: ALGORITHM_ED25519, publicKey: raw.publicKey };
const SIGNER: NoteSigner = { ...KEY, sign: (message) => raw.signRaw(message) };

/** A tree of `size` entries that all begin with `label`, in memory. */
async function tree(label: string, size: number): Promise<{ root: string; reader: TileReader }> {
  const tiles = new Map<string, Uint8Array>();
  const reader: TileReader = {
    readTile: (tile) => Promise.resolve(tiles.get(tilePath(tile)) ?? new Uint8Array(0)),
  };
  const leaves = Array.from({ length: size }, (_, i) => leafHash(encodeUtf8(`${label} ${String(i)}`)));
  for (const { tile, bytes } of await growTiles(0, leaves, reader)) tiles.set(tilePath(tile), bytes);
  return { root: toBase64(await rootFromTiles(size, reader)), reader };
}

async function request(label: string, oldSize: number, size: number): Promise<string> {
  const { root, reader } = await tree(label, size);
  const proof = oldSize > size ? [] : (await consistencyProof(oldSize, size, reader)).map(toBase64);
  return JSON.stringify({ size, root, oldSize, proof });
}

let folder: string;
let stateFile: string;
let signer: CheckpointSigner;
const restart = (): CheckpointSigner => (signer = new CheckpointSigner(SIGNER, stateFile));

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sc-signer-'));
  stateFile = path.join(folder, 'signed');
  restart();
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

describe('CheckpointSigner', () => {
  it('signs a first tree and what extends it', async () => {
    for (const [oldSize, size] of [
      [0, 8],
      [8, 24],
      [24, 300],
    ] as const) {
      const answer = await signer.sign(await request('a', oldSize, size));
      expect(answer.status).toBe(200);
      const { body } = openNote(answer.body, [KEY], nobleVerifier());
      expect(parseCheckpoint(body)).toMatchObject({ origin: ORIGIN, size });
    }
  });

  it('signs the same tree again with the same bytes, whatever proof comes along, after a restart too', async () => {
    const first = await signer.sign(await request('a', 0, 8));
    const again = await signer.sign(await request('a', 5, 8));
    const restarted = await restart().sign(await request('a', 8, 8));
    expect([again, restarted]).toEqual([first, first]);
  });

  it.each([
    ['a smaller tree', ['a', 0, 8], 409, '16\n'],
    ['a proof from another size', ['a', 8, 24], 409, '16\n'],
    ['another tree of the same size', ['b', 16, 16], 422, 'fork\n'],
    ['a tree that does not extend the last one', ['b', 16, 24], 422, 'not_consistent\n'],
  ] as const)('refuses %s, and keeps its state', async (_, [label, oldSize, size], status, body) => {
    await signer.sign(await request('a', 0, 16));
    const before = readFileSync(stateFile, 'utf8');
    expect(await restart().sign(await request(label, oldSize, size))).toEqual({ status, body });
    expect(readFileSync(stateFile, 'utf8')).toBe(before);
    expect((await signer.sign(await request('a', 16, 32))).status).toBe(200);
  });

  it.each([
    ['', 'no JSON'],
    ['{}', 'no tree'],
    ['{"size":8,"root":"AAAA","oldSize":0,"proof":[]}', 'a short root'],
    ['{"size":-1,"root":"","oldSize":0,"proof":[]}', 'a negative size'],
    ['{"size":8,"root":"","more":1}', 'an unknown field'],
  ])('answers 400 to %s (%s)', async (body) => {
    expect(await signer.sign(body)).toEqual({ status: 400, body: 'malformed\n' });
  });

  it('judges requests one after the other: of two forks at once only one is signed', async () => {
    const [a, b] = [await request('a', 0, 8), await request('b', 0, 8)];
    const answers = await Promise.all([signer.sign(a), signer.sign(b)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 422]);
  });

  it.each(['', '8', '8 AAAA\n', 'x y\n', '08 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n'])(
    'signs nothing and does not start with the unreadable state %j',
    async (state) => {
      writeFileSync(stateFile, state);
      await expect(signer.checkState()).rejects.toMatchObject({ name: 'ParseError' });
      await expect(signer.sign(await request('a', 0, 8))).rejects.toMatchObject({ name: 'ParseError' });
    },
  );

  it('gives no signature it could not write down', async () => {
    const blocked = path.join(stateFile, 'not-a-folder', 'signed');
    writeFileSync(stateFile, '');
    const answer = new CheckpointSigner(SIGNER, blocked).sign(await request('a', 0, 8));
    await expect(answer).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it.each([
    ['that fails', false],
    ['that fails but persists', true],
  ])('signs no fork after a write of its state %s', async (_, persists) => {
    await signer.sign(await request('a', 0, 8));
    const broken = new CheckpointSigner(SIGNER, stateFile, async (file, bytes) => {
      if (persists) await writeFileDurable(file, bytes);
      throw new Error('injected');
    });
    await expect(broken.sign(await request('a', 8, 16))).rejects.toThrow('injected');
    // The same instance and a new one are judged by what the disk holds.
    for (const next of [broken, restart()]) {
      const size = persists ? 16 : 8;
      expect(await next.sign(await request('b', 8, 16))).toMatchObject({ status: 422 });
      expect(await next.sign(await request('b', size, 24))).toMatchObject({ status: 422 });
    }
    const again = await restart().sign(await request('a', 8, 16));
    expect(again.status).toBe(200);
  });

  it('gives no signature that its key did not make', async () => {
    const wrong = makeRemoteSigner(nobleVerifier(), raw.publicKey, () => new Uint8Array(64));
    const remote = { ...KEY, sign: (message: Uint8Array) => wrong.signRaw(message) };
    const answer = new CheckpointSigner(remote, stateFile).sign(await request('a', 0, 8));
    await expect(answer).rejects.toMatchObject({ code: 'signature_invalid' });
    expect(existsSync(stateFile)).toBe(false);
    expect((await restart().sign(await request('b', 0, 8))).status).toBe(200);
  });
});
