import { makeSigner, nobleSigning } from '@app/crypto/sign';
import { nobleVerifier } from '@app/crypto/verify';
import { encodeUtf8 } from '@app/encoding';
import {
  ALGORITHM_COSIGNATURE,
  ALGORITHM_ED25519,
  consistencyProof,
  deriveKeyId,
  encodeAddCheckpoint,
  encodeCheckpoint,
  growTiles,
  leafHash,
  type NoteSigner,
  openNote,
  parseCosignature,
  parseNote,
  rootFromTiles,
  signNote,
  tilePath,
  type TileReader,
  type VerifierKey,
} from '@app/tlog';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Witness } from './witness.js';

function keyOf(name: string, algorithm: number, fill: number): NoteSigner & VerifierKey {
  const raw = makeSigner(nobleSigning(), new Uint8Array(32).fill(fill));
  const keyId = deriveKeyId(name, algorithm, raw.publicKey);
  return { name, keyId, algorithm, publicKey: raw.publicKey, sign: (message) => raw.signRaw(message) };
}

const LOG = keyOf('log.example/1', ALGORITHM_ED25519, 1);
const OTHER_KEY = keyOf('log.example/1', ALGORITHM_ED25519, 2);
const UNKNOWN_LOG = keyOf('elsewhere.example', ALGORITHM_ED25519, 1);
const WITNESS = keyOf('witness.example', ALGORITHM_COSIGNATURE, 3);

async function tree(label: string, size: number): Promise<TileReader> {
  const tiles = new Map<string, Uint8Array>();
  const reader: TileReader = {
    readTile: (tile) => Promise.resolve(tiles.get(tilePath(tile)) ?? new Uint8Array(0)),
  };
  const leaves = Array.from({ length: size }, (_, i) => leafHash(encodeUtf8(`${label} ${String(i)}`)));
  for (const { tile, bytes } of await growTiles(0, leaves, reader)) tiles.set(tilePath(tile), bytes);
  return reader;
}

type Asked = { label?: string; key?: NoteSigner; old: number; size: number; proofFrom?: number };

async function request({ label = 'a', key = LOG, old, size, proofFrom = old }: Asked): Promise<string> {
  const reader = await tree(label, size);
  const text = encodeCheckpoint({ origin: key.name, size, root: await rootFromTiles(size, reader) });
  const proof = proofFrom > size ? [] : await consistencyProof(proofFrom, size, reader);
  return encodeAddCheckpoint({ oldSize: old, proof, note: `${text}\n${signNote(text, key)}` });
}

/** The time of a cosignature that verifies over the requested checkpoint. */
function timeIn(asked: string, line: string): number {
  const { body } = parseNote(asked.slice(asked.indexOf('\n\n') + 2));
  const note = `${body}\n${line}`;
  expect(openNote(note, [WITNESS], nobleVerifier()).verified).toHaveLength(1);
  const [signature] = parseNote(note).signatures;
  return parseCosignature(signature!.signature).time;
}

let stateDir: string;
let now: number;
let witness: Witness;
const restart = (): Witness =>
  (witness = new Witness({
    signer: WITNESS,
    logKeys: [LOG],
    verifier: nobleVerifier(),
    clock: { now: () => now, nowMs: () => now * 1000 },
    stateDir,
  }));

beforeEach(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), 'sc-witness-'));
  now = 1_800_000_000;
  restart();
});
afterEach(() => {
  rmSync(stateDir, { recursive: true });
});

describe('Witness', () => {
  it('cosigns a first tree and what extends it, at the time of its clock', async () => {
    for (const [old, size] of [
      [0, 8],
      [8, 300],
    ] as const) {
      now += 60;
      const asked = await request({ old, size });
      const answer = await restart().addCheckpoint(asked);
      expect(answer.status).toBe(200);
      expect(timeIn(asked, answer.body)).toBe(now);
    }
  });

  it('never cosigns with a time before its last one', async () => {
    await witness.addCheckpoint(await request({ old: 0, size: 8 }));
    now -= 3_600;
    const asked = await request({ old: 8, size: 16 });
    expect(timeIn(asked, (await restart().addCheckpoint(asked)).body)).toBe(1_800_000_000);
  });

  it.each([
    ['a log it has no key of', { key: UNKNOWN_LOG, old: 16, size: 24 }, 404, 'unknown origin\n'],
    ['a signature by another key', { key: OTHER_KEY, old: 16, size: 24 }, 403, 'no valid signature\n'],
    ['an old size it does not hold', { old: 8, size: 24 }, 409, '16\n'],
    ['an old size above the checkpoint', { old: 16, size: 8 }, 400, 'old size above checkpoint size\n'],
    ['another tree of the same size', { label: 'b', old: 16, size: 16 }, 422, 'not consistent\n'],
    ['a tree that does not extend its own', { label: 'b', old: 16, size: 24 }, 422, 'not consistent\n'],
    ['a proof from elsewhere', { old: 16, size: 24, proofFrom: 8 }, 422, 'not consistent\n'],
  ] as const)('refuses %s and goes on', async (_, asked, status, body) => {
    await witness.addCheckpoint(await request({ old: 0, size: 16 }));
    expect(await restart().addCheckpoint(await request(asked))).toMatchObject({ status, body });
    expect((await witness.addCheckpoint(await request({ old: 16, size: 32 }))).status).toBe(200);
  });

  it('names the type of the size it answers with', async () => {
    const answer = await witness.addCheckpoint(await request({ old: 3, size: 8 }));
    expect(answer).toEqual({ status: 409, type: 'text/x.tlog.size', body: '0\n' });
  });

  it.each(['', 'old 0\n', 'old 00\n\nx', 'new 0\n\nlog\n'])('answers 400 to %j', async (body) => {
    expect(await witness.addCheckpoint(body)).toEqual({ status: 400, body: 'malformed request\n' });
  });

  it('judges requests of a log one after the other: of two forks at once only one is cosigned', async () => {
    const forks = [await request({ old: 0, size: 8 }), await request({ label: 'b', old: 0, size: 8 })];
    const answers = await Promise.all(forks.map((fork) => witness.addCheckpoint(fork)));
    expect(answers.map(({ status }) => status)).toEqual([200, 409]);
  });

  it('cosigns nothing and does not start with a state it cannot read', async () => {
    await witness.addCheckpoint(await request({ old: 0, size: 8 }));
    const [file] = readdirSync(stateDir);
    writeFileSync(path.join(stateDir, file!), '8 AAAA 1\n');
    await expect(restart().checkState()).rejects.toMatchObject({ name: 'ParseError' });
    const answer = witness.addCheckpoint(await request({ old: 8, size: 16 }));
    await expect(answer).rejects.toMatchObject({ name: 'ParseError' });
  });
});
