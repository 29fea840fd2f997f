/** Secrets of one person, sealed to the vault key of her words (SPEC.md §11.5, §11.6). */
import {
  type Bytes,
  canonicalJson,
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  fromBase64,
  type Json,
  parseCanonicalJson,
  ParseError,
  Reader,
  toBase64,
  Writer,
} from '@app/encoding';
import { KEYRING_STEP_BYTES } from './sealed-shape.js';
import { OpenError, type Sealing } from './sealing.js';
import { exactly, openStruct, SUITE } from './struct.js';

/** The secrets of one staff member. */
export type Keyring = {
  /** Ed25519 seed of the certificate. */
  readonly signingSeed: Bytes;
  /** X-Wing seed of the certificate. */
  readonly kemSeed: Bytes;
  readonly roleSeeds: readonly { readonly roleId: Bytes; readonly epoch: number; readonly seed: Bytes }[];
  readonly certificateHash: Bytes;
};

/** Seals a keyring; its length tells the number of role seeds in steps of 4 KiB only. @see SPEC.md §11.5 */
export function sealKeyring(sealing: Sealing, vaultPublicKey: Uint8Array, keyring: Keyring): Promise<Bytes> {
  const text = new Writer().vec32(encodeUtf8(canonicalJson(toJson(keyring)))).finish();
  const padded = Math.ceil(text.length / KEYRING_STEP_BYTES) * KEYRING_STEP_BYTES;
  return sealing.seal(vaultPublicKey, concatBytes(text, new Uint8Array(padded - text.length)));
}

/** @throws {OpenError} if it does not open or holds no keyring. */
export async function openKeyring(
  sealing: Sealing,
  vaultSeed: Uint8Array,
  file: Uint8Array,
): Promise<Keyring> {
  const plaintext = await sealing.open(vaultSeed, file);
  try {
    const r = new Reader(plaintext, 'keyring');
    const text = decodeUtf8(r.vec32(plaintext.length), 'keyring');
    r.zeros(r.remaining);
    return fromJson(parseCanonicalJson(text, 'keyring'));
  } catch (error) {
    if (error instanceof ParseError) throw new OpenError();
    throw error;
  }
}

/** Seals a root's Ed25519 seed to the vault key of its officer's words. @see SPEC.md §11.6 */
export function sealRootKey(sealing: Sealing, vaultPublicKey: Uint8Array, seed: Uint8Array): Promise<Bytes> {
  const plaintext = new Writer().ascii('RPRS').u8(SUITE).bytes(exactly(seed, 32)).finish();
  return sealing.seal(vaultPublicKey, plaintext);
}

/** The 32-byte seed. @throws {OpenError} if the file does not open or holds no root key. */
export async function openRootKey(sealing: Sealing, vaultSeed: Uint8Array, file: Uint8Array): Promise<Bytes> {
  const plaintext = await sealing.open(vaultSeed, file);
  try {
    const r = openStruct(plaintext, 'RPRS', 'root_key');
    const seed = r.bytes(32);
    r.done();
    return seed;
  } catch {
    throw new OpenError();
  }
}

function toJson(keyring: Keyring): Json {
  return {
    certificateHash: toBase64(keyring.certificateHash),
    kemSeed: toBase64(keyring.kemSeed),
    roleSeeds: keyring.roleSeeds.map(({ roleId, epoch, seed }) => ({
      roleId: toBase64(roleId),
      epoch,
      seed: toBase64(seed),
    })),
    signingSeed: toBase64(keyring.signingSeed),
  };
}

function fromJson(value: Json): Keyring {
  const members = asObject(value, ['certificateHash', 'kemSeed', 'roleSeeds', 'signingSeed']);
  const roleSeeds = members.roleSeeds;
  if (!Array.isArray(roleSeeds)) throw malformed();
  return {
    signingSeed: asBytes(members.signingSeed, 32),
    kemSeed: asBytes(members.kemSeed, 32),
    roleSeeds: (roleSeeds as readonly Json[]).map((item) => {
      const { roleId, epoch, seed } = asObject(item, ['epoch', 'roleId', 'seed']);
      if (typeof epoch !== 'number' || !Number.isSafeInteger(epoch) || epoch < 0) throw malformed();
      return { roleId: asBytes(roleId, 16), epoch, seed: asBytes(seed, 32) };
    }),
    certificateHash: asBytes(members.certificateHash, 32),
  };
}

/** @param keys - in ascending order. */
function asObject(value: Json, keys: readonly string[]): Readonly<Record<string, Json>> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw malformed();
  const members = value as Readonly<Record<string, Json>>;
  if (Object.keys(members).sort().join() !== keys.join()) throw malformed();
  return members;
}

function asBytes(value: Json | undefined, length: number): Bytes {
  if (typeof value !== 'string') throw malformed();
  return fromBase64(value, 'keyring', length);
}

function malformed(): ParseError {
  return new ParseError('bad_member', 'keyring');
}
