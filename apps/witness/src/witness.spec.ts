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
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeLogger, plainServer } from '@app/platform';
import { routesOf, Witness } from './witness.js';

function keyOf(name: string, algorithm: number, fill: number): NoteSigner & VerifierKey {
  const raw = makeSigner(nobleSigning(), new Uint8Array(32).fill(fill));
  const keyId = deriveKeyId(name, algorithm, raw.publicKey);
  return { name, keyId, algorithm, publicKey: raw.publicKey, sign: (message) => raw.signRaw(message) };
}

const LOG = keyOf('log.example/1', ALGORITHM_ED25519, 1);
const SECOND_KEY = keyOf('log.example/1', ALGORITHM_ED25519, 4);
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
    logKeys: [LOG, SECOND_KEY],
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
    const file = readdirSync(stateDir).find((name) => name.endsWith('.cosigned'));
    writeFileSync(path.join(stateDir, file!), '8 AAAA 1\n');
    await expect(restart().checkState()).rejects.toMatchObject({ name: 'ParseError' });
    const answer = witness.addCheckpoint(await request({ old: 8, size: 16 }));
    await expect(answer).rejects.toMatchObject({ name: 'ParseError' });
  });

  it('takes a checkpoint by any of the keys of a log', async () => {
    await witness.addCheckpoint(await request({ old: 0, size: 8 }));
    const asked = await request({ key: SECOND_KEY, old: 8, size: 16 });
    expect((await restart().addCheckpoint(asked)).status).toBe(200);
    const fork = await request({ label: 'b', key: SECOND_KEY, old: 16, size: 24 });
    expect((await witness.addCheckpoint(fork)).status).toBe(422);
  });
});

/** The letter of C2SP tlog-witness, as a client sees it. */
describe('the HTTP interface', () => {
  const PREFIX = '/w/1';
  const serve = () => {
    const log = makeLogger('test', { write: () => undefined });
    return plainServer({ log, maxBodyBytes: 131_072, ...routesOf(witness, PREFIX) });
  };
  const post = async (payload: string | Buffer, url = `${PREFIX}/add-checkpoint`) => {
    const type = 'application/octet-stream';
    const answer = await serve().inject({ method: 'POST', url, payload, headers: { 'content-type': type } });
    return { status: answer.statusCode, type: answer.headers['content-type'], body: answer.body };
  };
  const text = 'text/plain; charset=utf-8';
  const origin = createHash('sha256').update(LOG.name).digest('hex');
  const retrieve = async (hash = origin) =>
    serve().inject({ method: 'GET', url: `${PREFIX}/${hash}/checkpoint` });

  it('answers under its prefix alone, each refusal with its status and type', async () => {
    const first = await request({ old: 0, size: 16 });
    expect(await post(first)).toMatchObject({ status: 200, type: text });
    expect(await post(first)).toEqual({ status: 409, type: 'text/x.tlog.size', body: '16\n' });
    expect(await post(first, '/add-checkpoint')).toMatchObject({ status: 404 });
    expect(await post('old 0\n')).toMatchObject({ status: 400, type: text });
    expect(await post('')).toMatchObject({ status: 400 });
    expect(await post(await request({ key: UNKNOWN_LOG, old: 16, size: 24 }))).toMatchObject({ status: 404 });
    expect(await post(await request({ key: OTHER_KEY, old: 16, size: 24 }))).toMatchObject({ status: 403 });
    expect(await post(await request({ old: 16, size: 8 }))).toMatchObject({ status: 400 });
    expect(await post(await request({ label: 'b', old: 16, size: 24 }))).toMatchObject({ status: 422 });
    expect(await post(await request({ label: 'b', old: 16, size: 16 }))).toMatchObject({ status: 422 });
    const proofFromNothing = (await request({ old: 16, size: 24 })).replace('old 16', 'old 0');
    expect(await post(proofFromNothing)).toMatchObject({ status: 409 });
  });

  it('refuses a proof from size zero, and a tree of size zero with another root', async () => {
    const first = await request({ old: 0, size: 16 });
    const hash = `${Buffer.alloc(32).toString('base64')}\n`;
    expect(await post(first.replace('old 0\n', `old 0\n${hash}`))).toMatchObject({ status: 422 });
    const body = encodeCheckpoint({ origin: LOG.name, size: 0, root: new Uint8Array(32) });
    expect(await post(`old 0\n\n${body}\n${signNote(body, LOG)}`)).toMatchObject({ status: 422 });
    expect(await post(first)).toMatchObject({ status: 200 });
  });

  it('ignores signatures of unknown keys, ML-DSA-44 among them, up to sixteen of the longest', async () => {
    const line = (i: number, bytes: number) =>
      `\u2014 other.example/${String(i)} ${Buffer.alloc(4 + bytes, i).toString('base64')}\n`;
    const others = [line(0, 8 + 2_420), ...Array.from({ length: 14 }, (_, i) => line(i + 1, 4_627))];
    const asked = `${await request({ old: 0, size: 16 })}${others.join('')}`;
    expect(await post(asked)).toMatchObject({ status: 200 });
    expect(parseNote((await retrieve()).body).signatures.map(({ name }) => name)).toEqual([
      LOG.name,
      WITNESS.name,
    ]);
  });

  it('refuses with 403 a note on which a trusted key has a signature that fails', async () => {
    const asked = await request({ old: 0, size: 16 });
    const bad = `\u2014 ${SECOND_KEY.name} ${Buffer.concat([idOf(SECOND_KEY), Buffer.alloc(64)]).toString('base64')}\n`;
    expect(await post(`${asked}${bad}`)).toMatchObject({ status: 403 });
  });

  it('refuses what is not UTF-8 with 400, and what is too long with 413', async () => {
    const asked = Buffer.from(await request({ old: 0, size: 16 }));
    expect(await post(Buffer.concat([asked, Buffer.from([0xff])]))).toMatchObject({ status: 400 });
    expect(await post('x'.repeat(131_073))).toMatchObject({ status: 413 });
  });

  it('shows monitors the checkpoint it cosigned last, whole, after a restart too', async () => {
    expect((await retrieve()).statusCode).toBe(404);
    for (const [old, size] of [
      [0, 8],
      [8, 16],
    ] as const) {
      const asked = await request({ old, size });
      const { body: line } = await post(asked);
      restart();
      const shown = await retrieve();
      expect(shown.statusCode).toBe(200);
      expect(shown.headers['content-type']).toBe(text);
      expect(shown.body).toBe(`${asked.slice(asked.indexOf('\n\n') + 2)}${line}`);
      expect(openNote(shown.body, [LOG, WITNESS], nobleVerifier()).verified).toHaveLength(2);
    }
    expect((await retrieve('0'.repeat(64))).statusCode).toBe(404);
  });
});

function idOf({ keyId }: VerifierKey): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(keyId);
  return bytes;
}
