/**
 * Proof verification (SPEC.md §2). The size and index arithmetic uses division, not shifts, because tree sizes
 * reach 2^53 - 1 and JavaScript's shifts stop at 2^32.
 */
import { bytesEqual } from '@app/encoding';
import { refuse } from './codes.js';
import { HASH_BYTES, emptyRoot, isSize, nodeHash, type Hash } from './hash.js';

/**
 * Verifies that the leaf at `index` is in the tree of `size` entries with root `root`.
 *
 * @param leaf - the leaf hash, 32 bytes.
 * @param index - 0…size - 1.
 * @param proof - sibling hashes from the leaf up; exactly as many as the position calls for.
 * @throws {VerificationError} `inclusion_invalid`.
 * @see SPEC.md §2.1; RFC 9162 §2.1.3.2
 * Security: says nothing of who vouches for `root`.
 */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): void {
  // RFC 9162 §2.1.3.2 step 1: an index at or past the size fails.
  if (!isSize(index) || !isSize(size) || index >= size || !areHashes([leaf, root, ...proof])) {
    refuse('inclusion_invalid');
  }
  let computed: Uint8Array = leaf;
  const complete = climb(index, size - 1, proof, (sibling, isLeft) => {
    computed = isLeft ? nodeHash(sibling, computed) : nodeHash(computed, sibling);
  });
  if (!complete || !bytesEqual(computed, root)) refuse('inclusion_invalid');
}

/**
 * Verifies that the tree of `newSize` entries extends the tree of `oldSize` entries.
 *
 * A tree of size 0 must have the empty root; an unchanged size needs equal roots; both take an empty proof.
 * @param proof - as RFC 9162 §2.1.4.1 orders it.
 * @throws {VerificationError} `consistency_invalid`.
 * @see SPEC.md §2.2; RFC 9162 §2.1.4.2
 */
export function verifyConsistency(
  oldSize: number,
  oldRoot: Uint8Array,
  newSize: number,
  newRoot: Uint8Array,
  proof: readonly Uint8Array[],
): void {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize || !areHashes([oldRoot, newRoot, ...proof])) {
    refuse('consistency_invalid');
  }
  if (oldSize === 0 || oldSize === newSize) verifyTrivial(oldSize, oldRoot, newSize, newRoot, proof);
  else verifyGrowth(oldSize, oldRoot, newSize, newRoot, proof);
}

function verifyTrivial(
  oldSize: number,
  oldRoot: Uint8Array,
  newSize: number,
  newRoot: Uint8Array,
  proof: readonly Uint8Array[],
): void {
  // C2SP tlog-witness, add-checkpoint: from size 0 and between equal sizes the proof is empty.
  const sound =
    proof.length === 0 &&
    (oldSize !== 0 || bytesEqual(oldRoot, emptyRoot())) &&
    (oldSize !== newSize || bytesEqual(oldRoot, newRoot));
  if (!sound) refuse('consistency_invalid');
}

function verifyGrowth(
  oldSize: number,
  oldRoot: Uint8Array,
  newSize: number,
  newRoot: Uint8Array,
  proof: readonly Uint8Array[],
): void {
  // RFC 9162 §2.1.4.2 step 2: a perfect old tree is itself the first hash of the path.
  const [first, ...rest] = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof;
  if (first === undefined) refuse('consistency_invalid');
  let fn = oldSize - 1;
  let sn = newSize - 1;
  while (fn % 2 === 1) {
    fn = half(fn);
    sn = half(sn);
  }
  let oldComputed: Uint8Array = first;
  let newComputed: Uint8Array = first;
  const complete = climb(fn, sn, rest, (sibling, isLeft) => {
    if (isLeft) oldComputed = nodeHash(sibling, oldComputed);
    newComputed = isLeft ? nodeHash(sibling, newComputed) : nodeHash(newComputed, sibling);
  });
  // RFC 9162 §2.1.4.2 step 7: both roots are rebuilt and nothing is left over.
  if (!complete || !bytesEqual(oldComputed, oldRoot) || !bytesEqual(newComputed, newRoot)) {
    refuse('consistency_invalid');
  }
}

/**
 * Walks from node `fn` to the root of a level whose last node is `sn`, meeting one sibling per step; false if the
 * siblings are too few or too many.
 */
function climb(
  fn: number,
  sn: number,
  siblings: readonly Uint8Array[],
  meet: (sibling: Uint8Array, isLeft: boolean) => void,
): boolean {
  let node = fn;
  let last = sn;
  for (const sibling of siblings) {
    // RFC 9162 §2.1.3.2 step 4a: the root is reached and hashes are left over.
    if (last === 0) return false;
    const isLeft = node % 2 === 1 || node === last;
    meet(sibling, isLeft);
    // RFC 9162 §2.1.3.2 step 4b(ii): the right edge has no sibling on these levels.
    while (isLeft && node % 2 === 0 && node !== 0) {
      node = half(node);
      last = half(last);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0;
}

function areHashes(values: readonly Uint8Array[]): values is readonly Hash[] {
  return values.every((value) => value.length === HASH_BYTES);
}

function isPowerOfTwo(size: number): boolean {
  let rest = size;
  while (rest % 2 === 0) rest /= 2;
  return rest === 1;
}

function half(value: number): number {
  return Math.floor(value / 2);
}
