import { nobleVerifier } from '@app/crypto/verify';
import { encodeUtf8, toBase64 } from '@app/encoding';
import { nobleSigning } from '@app/crypto/sign';
import {
  ALGORITHM_ED25519,
  appendToFrontier,
  deriveKeyId,
  emptyFrontier,
  frontierRoot,
  growTiles,
  type Hash,
  leafHash,
  logFiles,
  openNote,
  consistencyProof,
  parseCheckpoint,
  tilePath,
} from '@app/tlog';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/until.js';

const ORIGIN = 'log.example/1';
const SEED = new Uint8Array(32).fill(7);
const ROUNDS = Number(process.env.SIGNER_ROUNDS ?? 6);
const publicKey = nobleSigning().publicKey(SEED);
const KEY = {
  name: ORIGIN,
  keyId: deriveKeyId(ORIGIN, ALGORITHM_ED25519, publicKey),
  algorithm: ALGORITHM_ED25519,
  publicKey,
};

let folder: string;
let child: ChildProcess | undefined;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sc-signer-'));
});
afterAll(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

async function start(): Promise<string> {
  const started = spawn(
    process.execPath,
    ['--import', './test/support/ts-hooks.mjs', 'apps/signer/src/main.ts'],
    {
      env: {
        PATH: process.env.PATH,
        SAFE_CONDUCT_PORT: '0',
        SAFE_CONDUCT_LOG_ORIGIN: ORIGIN,
        SAFE_CONDUCT_SIGNER_KEY: Buffer.from(SEED).toString('hex'),
        SAFE_CONDUCT_STATE_DIR: path.join(folder, 'state'),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  child = started;
  let output = '';
  started.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const found = (): RegExpExecArray | null => /"port":(\d+)/.exec(output);
  await until(() => found() !== null || started.exitCode !== null, 60_000);
  const port = found();
  if (port === null) throw new Error(`not ready: ${output}`);
  return `http://127.0.0.1:${String(port[1])}`;
}

/** One history. */
class Tree {
  readonly #files = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #source = logFiles((file) => Promise.resolve(this.#files.get(file)));
  #leaves: Hash[] = [];

  async grow(label: string, count: number): Promise<void> {
    const before = this.#leaves.length;
    const added = Array.from({ length: count }, (_, i) =>
      leafHash(encodeUtf8(`${label} ${String(before + i)}`)),
    );
    for (const { tile, bytes } of await growTiles(before, added, this.#source))
      this.#files.set(tilePath(tile), bytes);
    this.#leaves = [...this.#leaves, ...added];
  }

  async request(oldSize: number): Promise<string> {
    const size = this.#leaves.length;
    const root = frontierRoot(appendToFrontier(emptyFrontier, this.#leaves));
    const proof = await consistencyProof(oldSize, size, this.#source);
    return JSON.stringify({ size, root: toBase64(root), oldSize, proof: proof.map(toBase64) });
  }

  rootAt(size: number): string {
    return toBase64(frontierRoot(appendToFrontier(emptyFrontier, this.#leaves.slice(0, size))));
  }
}

describe('the signer as a process', () => {
  it('killed at any moment never signs two histories, and goes on', async () => {
    const honest = new Tree();
    const signed = new Map<number, string>();
    let known = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const url = await start();
      const killed = once(child!, 'exit');
      let ending: Promise<unknown> | undefined;
      for (let isUp = true; isUp;) {
        await honest.grow('honest', 8);
        const body = await honest.request(known);
        const answer = await fetch(`${url}/sign`, { method: 'POST', body }).catch(() => undefined);
        isUp = answer !== undefined;
        // Whether an answer that was cut off had been signed is for the signer to say.
        if (answer?.status === 409) known = Number(await answer.text());
        if (answer?.status === 200) {
          const { body: text } = openNote(await answer.text(), [KEY], nobleVerifier());
          const { size, root } = parseCheckpoint(text);
          signed.set(size, toBase64(root));
          known = size;
          // Not before it has signed at all, however slow the machine.
          ending ??= sleep(7 * round).then(() => child?.kill('SIGKILL'));
        }
      }
      await ending;
      await killed;
    }
    const url = await start();
    const last = Math.max(0, ...signed.keys());
    const forked = new Tree();
    await forked.grow('forked', last + 800);
    for (const oldSize of [0, last, known]) {
      const body = await forked.request(oldSize);
      const answer = await fetch(`${url}/sign`, { method: 'POST', body });
      expect([409, 422]).toContain(answer.status);
    }
    for (const [size, root] of signed) expect([size, root]).toEqual([size, honest.rootAt(size)]);
    expect(signed.size).toBeGreaterThanOrEqual(ROUNDS);
    child?.kill('SIGTERM');
    expect(await once(child!, 'exit')).toEqual([0, null]);
  }, 300_000);
});
