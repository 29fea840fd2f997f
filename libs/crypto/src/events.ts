/**
 * Ledger leaves, their openings and the commitments between them (SPEC.md §7). The names of event types belong
 * to the case machine; here a type is a byte.
 */
import {
  type Bytes,
  bytesEqual,
  canonicalJson,
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  type Instant,
  Invariant,
  type Json,
  ParseError,
  parseCanonicalJson,
  Reader,
  Writer,
} from '@app/encoding';
import { fail } from './errors.js';
import { hmacSha256, sha256 } from './hazmat/hash.js';
import { LABEL } from './namespaces.js';
import { taggedMessage } from './signature.js';
import { exactly } from './struct.js';

const VERSION = 1;
const HASH_BYTES = 32;

/** Size of a class 0 leaf. */
export const CASE_LEAF_BYTES = 44;
/** Size of an opening. */
export const OPENING_BYTES = 512;
/** The event type of a cover leaf. */
export const COVER_EVENT_TYPE = 255;

/** Classes of public leaves. */
export const PUBLIC_LEAF_CLASS = {
  keyset: 1,
  release: 2,
  statistics: 3,
  policy: 4,
  anchor: 5,
  recovery: 6,
} as const;
export type PublicLeafClass = (typeof PUBLIC_LEAF_CLASS)[keyof typeof PUBLIC_LEAF_CLASS];

/** A hiding commitment to a case event, or cover. */
export type CaseLeaf = { readonly class: 0; readonly time: Instant; readonly commitment: Bytes };
/** A leaf anyone can read. */
export type PublicLeaf = { readonly class: PublicLeafClass; readonly time: Instant; readonly body: Bytes };
export type Leaf = CaseLeaf | PublicLeaf;

/**
 * A class 0 leaf: version(1) ‖ class(1) ‖ zero(2) ‖ time(8) ‖ C(32).
 * The caller floors the time to the tick.
 * @returns 44 bytes.
 * @see SPEC.md §7.1
 */
export function encodeCaseLeaf(leaf: { time: Instant; commitment: Uint8Array }): Bytes {
  return leafHeader(0, leaf.time).bytes(exactly(leaf.commitment, HASH_BYTES)).finish();
}

/** A leaf of class 1 to 6: header(12) ‖ u16 n ‖ body. @see SPEC.md §7.1 */
export function encodePublicLeaf(leaf: { class: PublicLeafClass; time: Instant; body: Uint8Array }): Bytes {
  return leafHeader(leaf.class, leaf.time).vec16(leaf.body).finish();
}

/**
 * Reads a leaf of any class.
 * @throws {ParseError} struct codes; `leaf_version`, `leaf_class`.
 */
export function parseLeaf(bytes: Uint8Array): Leaf {
  const r = new Reader(bytes, 'leaf');
  if (r.u8() !== VERSION) throw new ParseError('leaf_version', 'leaf');
  const leafClass = r.u8();
  r.zeros(2);
  const time = r.u64();
  const leaf: Leaf =
    leafClass === 0
      ? { class: 0, time, commitment: r.bytes(HASH_BYTES) }
      : { class: publicLeafClass(leafClass), time, body: r.vec16() };
  r.done();
  return leaf;
}

/** What a KEYSET leaf says: `version(4) ‖ SHA-256(file)(32) ‖ path`. */
export type KeysetLeafBody = { readonly version: number; readonly hash: Bytes; readonly path: string };

/** The body of a class 1 leaf; the path is printable ASCII, from the public origin's root. @see SPEC.md §7.1 */
export function encodeKeysetLeafBody(leaf: { version: number; hash: Uint8Array; path: string }): Bytes {
  if (!isPath(leaf.path)) throw new Invariant('keyset path is not printable ascii');
  return new Writer().u32(leaf.version).bytes(exactly(leaf.hash, HASH_BYTES)).ascii(leaf.path).finish();
}

/** @throws {ParseError} struct codes; `bad_character` in the path. */
export function parseKeysetLeafBody(bytes: Uint8Array): KeysetLeafBody {
  const r = new Reader(bytes, 'keyset_leaf');
  const version = r.u32();
  const hash = r.bytes(HASH_BYTES);
  const path = decodeUtf8(r.bytes(r.remaining), 'keyset_leaf.path');
  if (!isPath(path)) throw new ParseError('bad_character', 'keyset_leaf.path');
  return { version, hash, path };
}

/** What a RECOVERY leaf says: entries [start, end) came back from a mirror, `lost` of them without their openings. */
export type RecoveryLeafBody = { readonly start: number; readonly end: number; readonly lost: number };

/** The body of a class 6 leaf: start(8) ‖ end(8) ‖ lost(8). @see SPEC.md §7.1 */
export function encodeRecoveryLeafBody({ start, end, lost }: RecoveryLeafBody): Bytes {
  if (start >= end || lost > end - start) throw new Invariant('recovered range');
  return new Writer().u64(start).u64(end).u64(lost).finish();
}

/** @throws {ParseError} struct codes; `recovery_range`. */
export function parseRecoveryLeafBody(bytes: Uint8Array): RecoveryLeafBody {
  const r = new Reader(bytes, 'recovery_leaf');
  const body = { start: r.u64(), end: r.u64(), lost: r.u64() };
  r.done();
  if (body.start >= body.end || body.lost > body.end - body.start)
    throw new ParseError('recovery_range', 'recovery_leaf');
  return body;
}

/** 0 system, 1 reporter, 2 staff. */
export type ActorClass = 0 | 1 | 2;

/** What a class 0 leaf commits to. */
export type Opening = {
  readonly type: number;
  readonly actorClass: ActorClass;
  readonly flags: number;
  /** 16 random bytes; neither the thread nor the mailbox identifier. */
  readonly casePseudonym: Bytes;
  /** 1, 2, 3 … within the case. */
  readonly eventNumber: number;
  readonly serverTime: Instant;
  /** C of this case's previous event, zeros at the first. */
  readonly previousCommitment: Bytes;
  readonly payloadCommitment: Bytes;
  /** SHA-256 of the POLICY leaf in force. */
  readonly policyHash: Bytes;
  /** Canonical; `null` stands for an absent detail. */
  readonly detail: Json;
};

/**
 * The 512 bytes of an opening.
 * @throws {Invariant} if the detail does not fit (382 bytes of canonical JSON).
 * @see SPEC.md §7.2
 */
export function encodeOpening(opening: Opening): Bytes {
  const detail = opening.detail === null ? new Uint8Array(0) : encodeUtf8(canonicalJson(opening.detail));
  const w = new Writer()
    .u8(VERSION)
    .u8(opening.type)
    .u8(opening.actorClass)
    .u8(opening.flags)
    .bytes(exactly(opening.casePseudonym, 16))
    .u32(opening.eventNumber)
    .u64(opening.serverTime)
    .bytes(exactly(opening.previousCommitment, HASH_BYTES))
    .bytes(exactly(opening.payloadCommitment, HASH_BYTES))
    .bytes(exactly(opening.policyHash, HASH_BYTES))
    .vec16(detail)
    .finish();
  if (w.length > OPENING_BYTES) throw new Invariant('event detail is too long');
  return concatBytes(w, new Uint8Array(OPENING_BYTES - w.length));
}

/** @throws {ParseError} struct and JSON codes; `opening_version`, `bad_length`. @see SPEC.md §7.2 */
export function parseOpening(bytes: Uint8Array): Opening {
  if (bytes.length !== OPENING_BYTES) throw new ParseError('bad_length', 'opening');
  const r = new Reader(bytes, 'opening');
  if (r.u8() !== VERSION) throw new ParseError('opening_version', 'opening');
  const type = r.u8();
  const actorClass = r.u8();
  if (actorClass !== 0 && actorClass !== 1 && actorClass !== 2) {
    throw new ParseError('out_of_range', 'opening.actor_class');
  }
  const header = {
    type,
    actorClass,
    flags: r.u8(),
    casePseudonym: r.bytes(16),
    eventNumber: r.u32(),
    serverTime: r.u64(),
    previousCommitment: r.bytes(HASH_BYTES),
    payloadCommitment: r.bytes(HASH_BYTES),
    policyHash: r.bytes(HASH_BYTES),
  } satisfies Omit<Opening, 'detail'>;
  const detail = parseDetail(r.vec16());
  r.zeros(r.remaining);
  return { ...header, detail };
}

/**
 * C = HMAC-SHA-256(r, u8 len ‖ "safe-conduct/event/1" ‖ opening): hides the event and binds to it.
 * @param r - 32 random bytes, one for each event.
 * @see SPEC.md §7.3
 */
export function commitEvent(r: Uint8Array, opening: Uint8Array): Bytes {
  return hmacSha256(r, taggedMessage(LABEL.event, exactly(opening, OPENING_BYTES)));
}

/**
 * HMAC-SHA-256(r2, u8 len ‖ "safe-conduct/payload/1" ‖ statement hash ‖ signature hash ‖ item hashes).
 * @param r2 - 32 random bytes; deleting it erases what the commitment says.
 * @param statementHash - SHA-256, zeros where the event has no statement; likewise the signature's.
 * @param itemHashes - SHA-256 of each object, box and GRANT, in order.
 * @see SPEC.md §7.3
 */
export function commitPayload(
  r2: Uint8Array,
  statementHash: Uint8Array,
  signatureHash: Uint8Array,
  itemHashes: readonly Uint8Array[],
): Bytes {
  const hashes = [statementHash, signatureHash, ...itemHashes].map((h) => exactly(h, HASH_BYTES));
  return hmacSha256(r2, taggedMessage(LABEL.payload, concatBytes(...hashes)));
}

/** SHA-256 over the concatenated SHA-256s of objects, boxes and GRANTs, in order. @see SPEC.md §7.3 */
export function hashItems(hashes: readonly Uint8Array[]): Bytes {
  return sha256(concatBytes(...hashes.map((h) => exactly(h, HASH_BYTES))));
}

/**
 * Checks that a class 0 leaf is the leaf of this opening.
 * @returns the parsed opening.
 * @throws {ParseError} if either is malformed.
 * @throws {VerificationError} `opening_commitment`, or `opening_time` if the leaf is dated after the event.
 * @see SPEC.md §7.3
 */
export function verifyOpening(leaf: Uint8Array, r: Uint8Array, opening: Uint8Array): Opening {
  const parsedLeaf = parseLeaf(leaf);
  const parsed = parseOpening(opening);
  if (r.length !== HASH_BYTES) throw new ParseError('bad_length', 'opening.r');
  if (parsedLeaf.class !== 0) throw new ParseError('leaf_class', 'leaf');
  if (!bytesEqual(parsedLeaf.commitment, commitEvent(r, opening))) fail('opening_commitment');
  // SPEC.md §7.1: the leaf's time is the event's, floored to the tick.
  if (parsedLeaf.time > parsed.serverTime) fail('opening_time');
  return parsed;
}

/**
 * r of the cover leaf at an index: HMAC-SHA-256(cover key, u64 index).
 * @param coverKey - 32 bytes, one for each day.
 * @see SPEC.md §7.4
 */
export function deriveCoverRandom(coverKey: Uint8Array, index: number): Bytes {
  return hmacSha256(coverKey, new Writer().u64(index).finish());
}

/** The opening of a cover leaf: type 255, its time, and zeros. @see SPEC.md §7.4 */
export function encodeCoverOpening(serverTime: Instant): Bytes {
  const zero = new Uint8Array(HASH_BYTES);
  return encodeOpening({
    type: COVER_EVENT_TYPE,
    actorClass: 0,
    flags: 0,
    casePseudonym: new Uint8Array(16),
    eventNumber: 0,
    serverTime,
    previousCommitment: zero,
    payloadCommitment: zero,
    policyHash: zero,
    detail: null,
  });
}

function parseDetail(bytes: Uint8Array): Json {
  if (bytes.length === 0) return null;
  const detail = parseCanonicalJson(decodeUtf8(bytes, 'opening.detail'), 'opening.detail');
  // SPEC.md §7.2: an absent detail has length 0, so the text `null` would be a second spelling.
  if (detail === null) throw new ParseError('not_canonical', 'opening.detail');
  return detail;
}

function leafHeader(leafClass: number, time: Instant): Writer {
  return new Writer().u8(VERSION).u8(leafClass).zeros(2).u64(time);
}

function publicLeafClass(n: number): PublicLeafClass {
  const found = Object.values(PUBLIC_LEAF_CLASS).find((c) => c === n);
  if (found === undefined) throw new ParseError('leaf_class', 'leaf');
  return found;
}

function isPath(path: string): boolean {
  return /^\/[\x21-\x7e]*$/.test(path);
}
