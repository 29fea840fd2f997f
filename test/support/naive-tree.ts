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

/** Subtree roots are remembered by range, so that all prefixes of a tree can be asked for. */
export class NaiveTree {
  readonly leaves: readonly Bytes[];
  readonly #roots = new Map<string, Bytes>();

  constructor(entries: readonly Uint8Array[]) {
    this.leaves = entries.map(naiveLeafHash);
  }

  /** RFC 9162 §2.1.1: MTH(D[start:end]). */
  root(end = this.leaves.length, start = 0): Bytes {
    if (end === start) return hash();
    const key = `${String(start)}:${String(end)}`;
    const known = this.#roots.get(key);
    if (known !== undefined) return known;
    const split = start + splitPoint(end - start);
    const root =
      end - start === 1
        ? (this.leaves[start] as Bytes)
        : node(this.root(split, start), this.root(end, split));
    this.#roots.set(key, root);
    return root;
  }

  /** RFC 9162 §2.1.3.1: PATH(m, D[0:end]). */
  path(m: number, end = this.leaves.length, start = 0): Bytes[] {
    if (end - start === 1) return [];
    const split = start + splitPoint(end - start);
    return m < split
      ? [...this.path(m, split, start), this.root(end, split)]
      : [...this.path(m, end, split), this.root(split, start)];
  }

  /** RFC 9162 §2.1.4.1: PROOF(m, D[0:end]) for 0 < m <= end; empty for m = 0. */
  consistency(m: number, end = this.leaves.length): Bytes[] {
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

function splitPoint(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
