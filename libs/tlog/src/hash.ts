/**
 * Tree hashing (SPEC.md §1): leaf and node hashes, and the compact range ("frontier") that lets a log grow
 * while keeping at most 53 hashes.
 */
import { Invariant, ParseError, Reader, Writer, concatBytes, type Bytes } from '@app/encoding';
import { sha256 } from '@app/crypto/verify';

/** A SHA-256 output; always 32 bytes. */
export type Hash = Bytes;

/** SHA-256 by whoever has a faster one than ours; where none is given ours is used. It MUST NOT keep the message. */
export type Sha256 = (message: Uint8Array) => Hash;

export const HASH_BYTES = 32;

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

/**
 * Hashes one log entry as a leaf.
 *
 * @see SPEC.md §1.1; RFC 9162 §2.1.1
 */
export function leafHash(entry: Uint8Array): Hash {
  return leafHashBy(sha256, entry);
}

/** As {@link leafHash}, with another implementation. */
export function leafHashBy(hash: Sha256, entry: Uint8Array): Hash {
  // RFC 9162 §2.1.1: MTH({d[0]}) = SHA-256(0x00 ‖ d[0])
  const message = new Uint8Array(1 + entry.length);
  message[0] = LEAF_PREFIX;
  message.set(entry, 1);
  return hash(message);
}

/**
 * Hashes two sibling subtrees into their parent.
 *
 * @param left - 32 bytes.
 * @param right - 32 bytes.
 * @see SPEC.md §1.1; RFC 9162 §2.1.1
 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Hash {
  return nodeHashBy(sha256, left, right);
}

/** The message of every node, written anew each time: a tree has as many nodes as leaves. */
const nodeMessage = Uint8Array.of(NODE_PREFIX, ...new Uint8Array(2 * HASH_BYTES));

function nodeHashBy(hash: Sha256, left: Uint8Array, right: Uint8Array): Hash {
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES) throw new Invariant('node hash length');
  // RFC 9162 §2.1.1: MTH(D_n) = SHA-256(0x01 ‖ MTH(D[0:k]) ‖ MTH(D[k:n]))
  nodeMessage.set(left, 1);
  nodeMessage.set(right, 1 + HASH_BYTES);
  return hash(nodeMessage);
}

/**
 * The root of the tree without entries.
 *
 * @see SPEC.md §1.1; RFC 9162 §2.1.1
 */
export function emptyRoot(): Hash {
  // RFC 9162 §2.1.1: MTH({}) = SHA-256()
  return sha256(new Uint8Array(0));
}

/**
 * The roots of the perfect subtrees that tile a tree from left to right, largest first: one for each bit set in
 * `size`. It is all that is needed to append and to know the root.
 */
export type Frontier = { readonly size: number; readonly hashes: readonly Hash[] };

export const emptyFrontier: Frontier = { size: 0, hashes: [] };

/**
 * Appends leaves to a tree.
 *
 * @param leafHashes - 32 bytes each, in log order.
 * @returns the frontier of the grown tree; `frontier` is left as it was.
 * @see SPEC.md §1.2
 */
export function appendToFrontier(
  frontier: Frontier,
  leafHashes: readonly Hash[],
  hash: Sha256 = sha256,
): Frontier {
  const hashes = [...frontier.hashes];
  let size = frontier.size;
  if (!isSize(size + leafHashes.length)) throw new Invariant('tree size above 2^53 - 1');
  for (const leaf of leafHashes) {
    if (leaf.length !== HASH_BYTES) throw new Invariant('leaf hash length');
    let carried = leaf;
    // Adding one leaf carries like a binary counter: every trailing one bit is a finished left sibling.
    for (let bits = size; bits % 2 === 1; bits = Math.floor(bits / 2)) {
      carried = nodeHashBy(hash, lastOf(hashes), carried);
      hashes.pop();
    }
    hashes.push(carried);
    size += 1;
  }
  return { size, hashes };
}

/**
 * The root of the tree a frontier stands for.
 *
 * @see SPEC.md §1.2; RFC 9162 §2.1.1
 */
export function frontierRoot(frontier: Frontier): Hash {
  return foldSubtrees(frontier.hashes);
}

/** Folds the roots of neighbouring perfect subtrees, largest first, into the root of the range they make up. */
export function foldSubtrees(hashes: readonly Hash[], hash: Sha256 = sha256): Hash {
  return hashes.length === 0
    ? emptyRoot()
    : hashes.reduceRight((right, left) => nodeHashBy(hash, left, right));
}

/** The root over hashes taken as leaves, such as the content of one tile. */
export function rootOfHashes(hashes: readonly Hash[], hash: Sha256 = sha256): Hash {
  return foldSubtrees(appendToFrontier(emptyFrontier, hashes, hash).hashes, hash);
}

/**
 * Encodes a frontier: size(u64) ‖ hashes(32 each, largest subtree first).
 *
 * @see SPEC.md §1.3
 */
export function encodeFrontier(frontier: Frontier): Bytes {
  if (frontier.hashes.length !== countOnes(frontier.size))
    throw new Invariant('frontier does not fit its size');
  return new Writer()
    .u64(frontier.size)
    .bytes(concatBytes(...frontier.hashes))
    .finish();
}

/**
 * Decodes a frontier; accepts exactly what {@link encodeFrontier} writes.
 *
 * @throws {ParseError} `bad_length` unless one hash follows for each bit set in the size; `truncated`,
 *   `out_of_range` for the size.
 * @see SPEC.md §1.3
 */
export function parseFrontier(bytes: Uint8Array): Frontier {
  const reader = new Reader(bytes, 'frontier');
  const size = reader.u64();
  const count = countOnes(size);
  if (reader.remaining !== count * HASH_BYTES) throw new ParseError('bad_length', 'frontier');
  return { size, hashes: Array.from({ length: count }, () => reader.bytes(HASH_BYTES)) };
}

/** Splits concatenated hashes; the length must be a multiple of 32. */
export function splitHashes(bytes: Uint8Array): Hash[] {
  const reader = new Reader(bytes, 'hashes');
  return Array.from({ length: bytes.length / HASH_BYTES }, () => reader.bytes(HASH_BYTES));
}

/** Whether `value` can be a number of entries: a whole number, 0…2^53 - 1. */
export function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function countOnes(size: number): number {
  let ones = 0;
  for (let bits = size; bits > 0; bits = Math.floor(bits / 2)) ones += bits % 2;
  return ones;
}

function lastOf(hashes: readonly Hash[]): Hash {
  const last = hashes.at(-1);
  if (last === undefined) throw new Invariant('frontier does not fit its size');
  return last;
}
