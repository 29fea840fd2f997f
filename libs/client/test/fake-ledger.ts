/** A ledger in memory with the real formats: entries, tiles, a signed and twice cosigned checkpoint, proofs. */
import {
  encodeCoverOpening,
  commitEvent,
  encodeCaseLeaf,
  encodeKeysetLeafBody,
  encodePublicLeaf,
  PUBLIC_LEAF_CLASS,
  sha256,
} from '@app/crypto/verify';
import { type Bytes, encodeUtf8, toBase64 } from '@app/encoding';
import {
  appendToFrontier,
  cosign,
  emptyFrontier,
  encodeCheckpoint,
  encodeEntryBundle,
  encodeTlogProof,
  entriesPath,
  frontierRoot,
  growTiles,
  inclusionProof,
  leafHash,
  signNote,
  type TileReader,
  tilePath,
  tilesForSize,
} from '@app/tlog';
import { noteKey } from '../../../test/support/note-keys.js';

export const ORIGIN = 'fake.example/cases/1';

/** As in the POLICY of the tests. */
const TICK = 60;
const floor = (time: number): number => time - (time % TICK);

type Opening = { random: string; opening: string } | null;

export class FakeLedger {
  readonly files = new Map<string, Bytes>();
  readonly entries: Bytes[] = [];
  readonly openings: Opening[] = [];
  readonly log = noteKey(ORIGIN, 1, 'log');
  readonly witnesses = ['w1.example', 'w2.example'].map((name) => noteKey(name, 4, name));
  checkpoint = '';
  /** The newest cosigned checkpoint of each size. */
  readonly checkpoints = new Map<number, string>();
  #pending: { entry: Bytes; opening: Opening }[] = [];

  readonly reader: TileReader = {
    readTile: (tile) => {
      const bytes = this.files.get(tilePath(tile));
      return bytes === undefined ? Promise.reject(new Error('no tile')) : Promise.resolve(bytes);
    },
  };

  append(entry: Bytes, opening: Opening): void {
    this.#pending.push({ entry, opening });
  }

  appendKeyset(keyset: { version: number; hash: Bytes }, time: number): void {
    const body = encodeKeysetLeafBody({ ...keyset, path: '/keyset' });
    this.append(encodePublicLeaf({ class: PUBLIC_LEAF_CLASS.keyset, time: floor(time), body }), null);
  }

  appendPolicy(policy: { version: number; hash: Bytes }, time: number): void {
    const body = encodeKeysetLeafBody({ ...policy, path: '/policy' });
    this.append(encodePublicLeaf({ class: PUBLIC_LEAF_CLASS.policy, time: floor(time), body }), null);
  }

  appendEvent(time: number, random: Bytes, opening: Bytes): Bytes {
    const entry = encodeCaseLeaf({ time: floor(time), commitment: commitEvent(random, opening) });
    this.append(entry, { random: toBase64(random), opening: toBase64(opening) });
    return entry;
  }

  /** Sequences what is pending, covered to a multiple of 8 and at least 8, and publishes at the witnesses' time. */
  async tick(now: number): Promise<void> {
    while (this.#pending.length % 8 !== 0 || this.#pending.length === 0) {
      const random = sha256(encodeUtf8(`cover ${String(this.entries.length + this.#pending.length)}`));
      this.appendEvent(now, random, encodeCoverOpening(floor(now)));
    }
    const before = this.entries.length;
    const added = this.#pending.map(({ entry }) => leafHash(entry));
    for (const { tile, bytes } of await growTiles(before, added, this.reader))
      this.files.set(tilePath(tile), bytes);
    this.entries.push(...this.#pending.map(({ entry }) => entry));
    this.openings.push(...this.#pending.map(({ opening }) => opening));
    this.#pending = [];
    for (const { level, index, width } of tilesForSize(this.entries.length)) {
      if (level !== 0) continue;
      const bundle = encodeEntryBundle(this.entries.slice(index * 256, index * 256 + width));
      this.files.set(entriesPath(index, width), bundle);
    }
    this.publish(now);
  }

  /** Signs and cosigns the tree as it is. */
  publish(witnessTime: number, witnesses = this.witnesses): void {
    const root = frontierRoot(appendToFrontier(emptyFrontier, this.entries.map(leafHash)));
    const body = encodeCheckpoint({ origin: ORIGIN, size: this.entries.length, root });
    const lines = witnesses.map((witness) => cosign(body, witnessTime, witness));
    this.checkpoint = `${body}\n${signNote(body, this.log)}${lines.join('')}`;
    this.checkpoints.set(this.entries.length, this.checkpoint);
  }

  /** Cosigned checkpoints with sizes in (after, upTo]. */
  history(after: number, upTo: number): { size: number; note: string }[] {
    return [...this.checkpoints]
      .map(([size, note]) => ({ size, note }))
      .filter(({ size }) => size > after && size <= upTo);
  }

  indexOf(entry: Bytes): number {
    return this.entries.findLastIndex((other) => toBase64(other) === toBase64(entry));
  }

  async proof(index: number): Promise<string> {
    const proof = await inclusionProof(index, this.entries.length, this.reader);
    return encodeTlogProof({ index, proof, checkpointNote: this.checkpoint });
  }
}
