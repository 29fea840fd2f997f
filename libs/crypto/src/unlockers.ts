/** The list of what opens a staff vault, signed by the person it belongs to (SPEC.md §11.7). Public parts only. */
import { type Bytes, concatBytes, type Instant, ParseError, type Reader, toHex, Writer } from '@app/encoding';
import { FACTOR_BYTES } from './factor.js';
import { TAG } from './namespaces.js';
import { KEY_BOX_BYTES, sealedLength } from './sealed-shape.js';
import { checkSignature, type Signer, type SignatureVerifier } from './signature.js';
import { checkUnique, exactly, openStruct, readList, SUITE } from './struct.js';

const UNLOCKER_CODE = { recovery: 1, password: 2, passkey: 3 } as const;
export type UnlockerKind = keyof typeof UNLOCKER_CODE;

const BOX_BYTES = sealedLength(KEY_BOX_BYTES);

/** How many may open one vault. */
export const UNLOCKERS_MAX = 8;

/** One way to open a vault. */
export type Unlocker = {
  /** 16 random bytes. */
  readonly id: Bytes;
  readonly kind: UnlockerKind;
  readonly since: Instant;
  /** SHA-256 of the key that proves it to the server. */
  readonly authHash: Bytes;
  /** X-Wing key of its own, so that the vault key can change while the unlocker is not at hand. */
  readonly kemPublicKey: Bytes;
  /** Sealed secret of the second factor; empty but for a password. */
  readonly factor: Bytes;
  /** The vault seed, as a key box to `kemPublicKey`. */
  readonly box: Bytes;
};

export type UnlockerList = {
  /** 1 more with every change. */
  readonly version: number;
  readonly subjectId: Bytes;
  readonly certificateHash: Bytes;
  /** SHA-256 of the sealed keyring that belongs to it. */
  readonly keyringHash: Bytes;
  readonly unlockers: readonly Unlocker[];
};

/** The list, signed by the key of the certificate. @see SPEC.md §11.7 */
export function signUnlockers(signer: Signer, list: UnlockerList): Bytes {
  const w = new Writer()
    .ascii('RPV1')
    .u8(SUITE)
    .u32(list.version)
    .bytes(exactly(list.subjectId, 16))
    .bytes(exactly(list.certificateHash, 32))
    .bytes(exactly(list.keyringHash, 32))
    .u8(list.unlockers.length);
  for (const one of list.unlockers) {
    w.bytes(exactly(one.id, 16))
      .u8(UNLOCKER_CODE[one.kind])
      .u64(one.since)
      .bytes(exactly(one.authHash, 32))
      .bytes(exactly(one.kemPublicKey, 1216))
      .vec8(one.factor)
      .bytes(exactly(one.box, BOX_BYTES));
  }
  const body = w.finish();
  return concatBytes(body, signer.sign(TAG.unlockers, body));
}

/**
 * @throws {ParseError} struct codes; `not_unique`; `recovery_missing` without a recovery code; `factor_missing` for a
 * password without a second factor, or another unlocker with one. @throws {VerificationError} `suite_unsupported`.
 */
export function parseUnlockers(bytes: Uint8Array): UnlockerList {
  const r = openStruct(bytes, 'RPV1', 'unlockers');
  const head = {
    version: r.u32(),
    subjectId: r.bytes(16),
    certificateHash: r.bytes(32),
    keyringHash: r.bytes(32),
  };
  const count = r.u8();
  if (count > UNLOCKERS_MAX || head.version === 0) throw new ParseError('out_of_range', 'unlockers');
  const unlockers = readList(count, () => readUnlocker(r));
  r.bytes(SIGNATURE_BYTES);
  r.done();
  checkUnique(
    unlockers.map(({ id }) => toHex(id)),
    'unlockers.id',
  );
  checkUnique(
    unlockers.map(({ authHash }) => toHex(authHash)),
    'unlockers.auth_hash',
  );
  if (!unlockers.some(({ kind }) => kind === 'recovery'))
    throw new ParseError('recovery_missing', 'unlockers');
  return { ...head, unlockers };
}

const SIGNATURE_BYTES = 64;

function readUnlocker(r: Reader): Unlocker {
  const one = {
    id: r.bytes(16),
    kind: kindOf(r.u8()),
    since: r.u64(),
    authHash: r.bytes(32),
    kemPublicKey: r.bytes(1216),
    factor: r.vec8(FACTOR_BYTES),
    box: r.bytes(BOX_BYTES),
  };
  if (one.factor.length !== (one.kind === 'password' ? FACTOR_BYTES : 0))
    throw new ParseError('factor_missing', 'unlockers.factor');
  return one;
}

function kindOf(code: number): UnlockerKind {
  const kinds = Object.keys(UNLOCKER_CODE) as UnlockerKind[];
  const found = kinds.find((kind) => UNLOCKER_CODE[kind] === code);
  if (found === undefined) throw new ParseError('out_of_range', 'unlockers.kind');
  return found;
}

/**
 * @param publicKey - of the certificate the list names.
 * @throws {ParseError} as `parseUnlockers`. @throws {VerificationError} `unlockers_signature`, `suite_unsupported`.
 */
export function verifyUnlockers(
  verifier: SignatureVerifier,
  publicKey: Uint8Array,
  bytes: Uint8Array,
): UnlockerList {
  const list = parseUnlockers(bytes);
  const end = bytes.length - SIGNATURE_BYTES;
  const [body, signature] = [bytes.subarray(0, end), bytes.subarray(end)];
  checkSignature(verifier, TAG.unlockers, publicKey, body, signature, 'unlockers_signature');
  return list;
}
