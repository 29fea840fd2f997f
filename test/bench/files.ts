/** The public files of a ledger: proofs out of its tiles, and the check of the whole. */
import { execFile } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encodeCaseLeaf } from '@app/crypto/verify';
import { toBase64 } from '@app/encoding';
import { diskStore, logSource } from '@app/ledger';
import { sha256 } from '@app/platform';
import {
  appendToFrontier,
  cosign,
  emptyFrontier,
  encodeCheckpoint,
  encodeEntryBundle,
  encodeVkey,
  entriesPath,
  type Frontier,
  frontierRoot,
  growTiles,
  inclusionProof,
  leafHash,
  signNote,
  tilePath,
  verifyInclusion,
} from '@app/tlog';
import { noteKey } from '../support/note-keys.js';
import { Child } from './child.js';
import type { FsckAnswer, FsckQuestion } from './fsck-run.js';
import { type Figure, median, quantile } from './report.js';

const BUNDLE = 256;
/** Whole tiles of levels 0 and 1. */
const CHUNK = BUNDLE ** 2;
/** The built command. */
const COMMAND = fileURLToPath(new URL('../../dist/apps/cli/src/main.js', import.meta.url));
const SMALL = 10_000;
const PROOFS = 500;
const NOW = 1_800_000_000;

const log = noteKey('bench.example/log', 1, 'log');
const witness = noteKey('bench.example/w', 4, 'w');

function write(folder: string, file: string, bytes: Uint8Array | string): void {
  const at = path.join(folder, file);
  mkdirSync(path.dirname(at), { recursive: true });
  writeFileSync(at, bytes);
}

/** A ledger of so many case entries, as the publisher leaves it. */
export async function makeLedger(entries: number): Promise<{ folder: string; head: Frontier }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sc-bench-ledger-'));
  const source = logSource(diskStore(folder));
  let head = emptyFrontier;
  for (let start = 0; start < entries; start += CHUNK) {
    const count = Math.min(CHUNK, entries - start);
    const chunk = Array.from({ length: count }, () =>
      encodeCaseLeaf({ time: NOW, commitment: new Uint8Array(randomBytes(32)) }),
    );
    const hashes = chunk.map(leafHash);
    for (const { tile, bytes } of await growTiles(start, hashes, source))
      write(folder, tilePath(tile), bytes);
    for (let at = 0; at < count; at += BUNDLE) {
      const bundle = chunk.slice(at, at + BUNDLE);
      write(folder, entriesPath((start + at) / BUNDLE, bundle.length), encodeEntryBundle(bundle));
    }
    head = appendToFrontier(head, hashes);
  }
  const body = encodeCheckpoint({ origin: log.name, size: entries, root: frontierRoot(head) });
  write(folder, 'checkpoint', `${body}\n${signNote(body, log)}${cosign(body, NOW, witness)}`);
  const policy = `log ${encodeVkey(log)}\nwitness W ${encodeVkey(witness)}\nquorum W\n`;
  write(folder, 'trust.json', JSON.stringify({ rootset: toBase64(new Uint8Array(1)), policy }));
  return { folder, head };
}

async function timeFsck(question: FsckQuestion, rounds: number): Promise<FsckAnswer[]> {
  const child = new Child('fsck-run.ts', []);
  try {
    const answers: FsckAnswer[] = [];
    while (answers.length < rounds) answers.push(await child.ask<FsckAnswer>(question));
    return answers;
  } finally {
    await child.stop();
  }
}

/** Peak memory of the built command, MiB. */
async function peakOfFsck(folder: string): Promise<number> {
  const atExit = 'process.on("exit", () => process.stderr.write(`peak ${process.resourceUsage().maxRSS}`))';
  const args = ['--import', `data:text/javascript,${atExit}`, COMMAND];
  const { stderr } = await promisify(execFile)(process.execPath, [
    ...args,
    ...['fsck', folder, '--trust', path.join(folder, 'trust.json')],
  ]);
  return Number(/peak (\d+)$/.exec(stderr)?.[1]) / 1024;
}

async function proofMs(folder: string, head: Frontier): Promise<{ times: number[]; spentMs: number }> {
  const source = logSource(diskStore(folder));
  const root = frontierRoot(head);
  const times: number[] = [];
  let spentMs = 0;
  for (let i = 0; i < PROOFS; i++) {
    const index = randomInt(head.size);
    const [began, before] = [performance.now(), process.cpuUsage()];
    const proof = await inclusionProof(index, head.size, source, sha256);
    const { user, system } = process.cpuUsage(before);
    times.push(performance.now() - began);
    spentMs += (user + system) / 1000;
    const tile = { level: 0, index: Math.floor(index / BUNDLE), width: widthOf(index, head.size) };
    const at = (index % BUNDLE) * 32;
    const leaf = (await source.readTile(tile)).slice(at, at + 32);
    verifyInclusion(new Uint8Array(leaf), index, head.size, proof, root);
  }
  return { times, spentMs: spentMs / PROOFS };
}

function widthOf(index: number, size: number): number {
  return Math.min(BUNDLE, size - Math.floor(index / BUNDLE) * BUNDLE);
}

export async function benchFiles(entries: number, rounds: number): Promise<Figure[]> {
  const small = await makeLedger(SMALL);
  const large = await makeLedger(entries);
  try {
    const { times: proofs, spentMs } = await proofMs(large.folder, large.head);
    const first = await peakOfFsck(small.folder);
    const whole = await peakOfFsck(large.folder);
    const timed = await timeFsck({ folder: large.folder, entries }, rounds);
    const perSecond = (ms: number): number => (entries / ms) * 1000;
    return [
      {
        name: `inclusion proof out of the tiles of ${String(entries)} entries, median`,
        value: median(proofs),
        unit: 'ms',
        aim: { atMost: 1 },
      },
      { name: 'the same, p99', value: quantile(proofs, 0.99), unit: 'ms' },
      { name: 'the same, processor time', value: spentMs, unit: 'ms' },
      {
        name: `fsck of ${String(entries)} entries, by processor time`,
        value: perSecond(median(timed.map(({ fsckMs }) => fsckMs))),
        unit: 'entries/s',
        baseline: {
          name: 'bare hashes of the same number and sizes',
          value: perSecond(median(timed.map(({ hashMs }) => hashMs))),
        },
        ratio: median(timed.map(({ fsckMs, hashMs }) => hashMs / fsckMs)),
        aim: { atLeast: 0.5 },
      },
      {
        name: `peak memory of fsck, ${String(entries)} entries`,
        value: whole,
        unit: 'MiB',
        baseline: { name: `MiB of ${String(SMALL)} entries`, value: first },
        ratio: whole / first,
        aim: { atMost: 1.3 },
      },
    ];
  } finally {
    for (const { folder } of [small, large]) rmSync(folder, { recursive: true, force: true });
  }
}
