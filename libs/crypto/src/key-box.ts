/** Key boxes: a sealed 32-byte seed, and for what (SPEC.md §11.2). */
import { type Bytes, bytesEqual, ParseError, Writer } from '@app/encoding';
import { fail } from './errors.js';
import { sha256 } from './hazmat/hash.js';
import { KEY_BOX_BYTES } from './sealed-shape.js';
import type { Sealing } from './sealing.js';
import { exactly, openStruct, SUITE } from './struct.js';

/** Why a box was made. */
export const BOX_PURPOSE = { role: 1, reporter: 2, escalation: 3, staffHolder: 4, unlocker: 5 } as const;
export type BoxPurpose = keyof typeof BOX_PURPOSE;

/** Compartment codes; `extractCompartment` gives the others. */
export const COMPARTMENT = { main: 0, identity: 1, internal: 2 } as const;

/** The code of `extract/n`: 16 + n, n from 0 to 239. */
export function extractCompartment(n: number): number {
  if (!Number.isInteger(n) || n < 0 || n > 239) throw new ParseError('out_of_range', 'compartment');
  return 16 + n;
}

/** What a box carries. */
export type KeyBox = {
  readonly purpose: BoxPurpose;
  readonly compartment: number;
  /** Epoch of the thread key, or of the role for `staffHolder`; version of the list for `unlocker`. */
  readonly epoch: number;
  /** Thread identifier, or role identifier for `staffHolder`, or subject for `unlocker`. */
  readonly scopeId: Bytes;
  readonly seed: Bytes;
};

export type OpenedKeyBox = KeyBox & {
  /** Recomputed from the seed; encrypt to this and to no other. */
  readonly publicKey: Bytes;
  /** SHA-256 of the granter's Ed25519 public key. */
  readonly granterKeyHash: Bytes;
};

/** What the opener knows beforehand. */
export type KeyBoxExpectations = {
  readonly purpose: BoxPurpose;
  readonly scopeId: Uint8Array;
  readonly epoch: number;
  readonly compartment?: number;
};

/**
 * Seals a seed to one recipient.
 * @param granterPublicKey - Ed25519, 32 bytes.
 * @returns 1,787 bytes.
 * @see SPEC.md §11.2
 */
export function sealKeyBox(
  sealing: Sealing,
  recipientPublicKey: Uint8Array,
  granterPublicKey: Uint8Array,
  box: KeyBox,
): Promise<Bytes> {
  const plaintext = new Writer()
    .ascii('RPK1')
    .u8(SUITE)
    .u8(BOX_PURPOSE[box.purpose])
    .u8(box.compartment)
    .zeros(1)
    .u32(box.epoch)
    .bytes(exactly(box.scopeId, 16))
    .bytes(exactly(box.seed, 32))
    .bytes(sha256(sealing.publicKey(box.seed)))
    .bytes(sha256(exactly(granterPublicKey, 32)))
    .zeros(4)
    .finish();
  return sealing.seal(recipientPublicKey, plaintext);
}

/**
 * Opens a box and checks that it is the one asked for and that its seed makes the key it names.
 * @throws {OpenError} if it does not open.
 * @throws {VerificationError} `box_malformed`, `box_wrong_scope`, `box_wrong_key`, `suite_unsupported`.
 * @see SPEC.md §11.2
 */
export async function openKeyBox(
  sealing: Sealing,
  recipientSeed: Uint8Array,
  box: Uint8Array,
  expected: KeyBoxExpectations,
): Promise<OpenedKeyBox> {
  const opened = parse(await sealing.open(recipientSeed, box));
  const isExpected =
    opened.purpose === expected.purpose &&
    opened.epoch === expected.epoch &&
    bytesEqual(opened.scopeId, expected.scopeId) &&
    (expected.compartment === undefined || opened.compartment === expected.compartment);
  if (!isExpected) fail('box_wrong_scope');
  const publicKey = sealing.publicKey(opened.seed);
  if (!bytesEqual(sha256(publicKey), opened.keyHash)) fail('box_wrong_key');
  const { keyHash: _, ...rest } = opened;
  return { ...rest, publicKey };
}

function parse(plaintext: Bytes): KeyBox & { granterKeyHash: Bytes; keyHash: Bytes } {
  try {
    if (plaintext.length !== KEY_BOX_BYTES) fail('box_malformed');
    const r = openStruct(plaintext, 'RPK1', 'key_box');
    const purpose = purposeOf(r.u8());
    const compartment = r.u8();
    r.zeros(1);
    const box = {
      purpose,
      compartment,
      epoch: r.u32(),
      scopeId: r.bytes(16),
      seed: r.bytes(32),
      keyHash: r.bytes(32),
      granterKeyHash: r.bytes(32),
    };
    r.zeros(4);
    r.done();
    return box;
  } catch (error) {
    if (error instanceof ParseError) fail('box_malformed');
    throw error;
  }
}

function purposeOf(code: number): BoxPurpose {
  const found = (Object.keys(BOX_PURPOSE) as BoxPurpose[]).find((p) => BOX_PURPOSE[p] === code);
  return found ?? fail('box_malformed');
}
