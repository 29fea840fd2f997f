/**
 * A reference Merkle tree, written as RFC 9162 §2.1 states it: recursive, over all leaves, with nothing shared with
 * the library it is compared to but SHA-256.
 */
import { createHash } from 'node:crypto';

type Bytes = Uint8Array<ArrayBuffer>;

const hash = (...parts: Uint8Array[]): Bytes => {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return new Uint8Array(digest.digest());
};

/** RFC 9162 §2.1.1: the hash of one entry. */
export const naiveLeafHash = (entry: Uint8Array): Bytes => hash(Uint8Array.of(0), entry);

const node = (left: Uint8Array, right: Uint8Array): Bytes => hash(Uint8Array.of(1), left, right);

const WIDTH = 32;

/**
 * Grown once from the leaves up: level h holds the roots of the perfect subtrees of 2^h leaves, so that a million
 * leaves take two million hashes, and every range of every prefix can be asked for.
 */
export class NaiveTree {
  readonly #size: number;
  readonly #levels: Bytes[];

  constructor(entries: Iterable<Uint8Array>) {
    const leaves: Bytes[] = [];
    for (const entry of entries) leaves.push(naiveLeafHash(entry));
    this.#size = leaves.length;
    this.#levels = [packed(leaves)];
    for (let below = this.#levels[0] as Bytes; below.length >= 2 * WIDTH;) {
      const above = new Uint8Array(Math.floor(below.length / (2 * WIDTH)) * WIDTH);
      for (let at = 0; at < above.length; at += WIDTH)
        above.set(hash(Uint8Array.of(1), below.subarray(2 * at, 2 * at + 2 * WIDTH)), at);
      this.#levels.push(above);
      below = above;
    }
  }

  get leaves(): readonly Bytes[] {
    return Array.from({ length: this.#size }, (_, i) => this.root(i + 1, i));
  }

  /** RFC 9162 §2.1.1: MTH(D[start:end]). */
  root(end = this.#size, start = 0): Bytes {
    const size = end - start;
    if (size === 0) return hash();
    const height = Math.log2(size);
    if (Number.isInteger(height) && start % size === 0) {
      const at = (start / size) * WIDTH;
      return (this.#levels[height] as Bytes).slice(at, at + WIDTH);
    }
    const split = start + splitPoint(size);
    return node(this.root(split, start), this.root(end, split));
  }

  /** RFC 9162 §2.1.3.1: PATH(m, D[0:end]). */
  path(m: number, end = this.#size, start = 0): Bytes[] {
    if (end - start === 1) return [];
    const split = start + splitPoint(end - start);
    return m < split
      ? [...this.path(m, split, start), this.root(end, split)]
      : [...this.path(m, end, split), this.root(split, start)];
  }

  /** RFC 9162 §2.1.4.1: PROOF(m, D[0:end]) for 0 < m <= end; empty for m = 0. */
  consistency(m: number, end = this.#size): Bytes[] {
    return m === 0 ? [] : this.#subproof(m, 0, end, true);
  }

  #subproof(m: number, start: number, end: number, whole: boolean): Bytes[] {
    if (m === end) return whole ? [] : [this.root(end, start)];
    const split = start + splitPoint(end - start);
    return m <= split
      ? [...this.#subproof(m, start, split, whole), this.root(end, split)]
      : [...this.#subproof(m, split, end, false), this.root(split, start)];
  }
}

function packed(hashes: readonly Bytes[]): Bytes {
  const bytes = new Uint8Array(hashes.length * WIDTH);
  for (const [i, one] of hashes.entries()) bytes.set(one, i * WIDTH);
  return bytes;
}

function splitPoint(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
