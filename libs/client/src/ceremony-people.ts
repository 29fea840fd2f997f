/** What a person makes at her own machine, and how she opens it again: a staff member's keys, a root officer's key. */
import type { StaffVault } from '@app/contracts';
import {
  deriveVaultKeys,
  encodeWords,
  type Keyring,
  makeReporterCode,
  OpenError,
  openKeyring,
  openRootKey,
  sealKeyring,
  sealRootKey,
  type Sealing,
  type WordLanguage,
} from '@app/crypto/seal';
import { assembleCertificate } from '@app/crypto/sign';
import { parseCertificate, sha256 } from '@app/crypto/verify';
import { type Bytes, fromBase64, toBase64, toHex } from '@app/encoding';
import { capabilityBits, certificateRequest, makeStaffKeys } from './ceremony.js';
import { CeremonyError } from './ceremony-errors.js';
import type { Seat } from './ceremony-plan.js';
import type { ClientDeps } from './deps.js';

type MakingDeps = Pick<ClientDeps, 'signing' | 'sealing' | 'random'>;

/** All that comes of one staff member's step: the words are hers alone, the request and the vault are carried on. */
export type StaffMember = {
  /** Her unlock secret, shown once. */
  readonly words: readonly string[];
  readonly keyring: Keyring;
  /** A certificate without signatures. */
  readonly request: Bytes;
  readonly vault: StaffVault;
};

/** Fresh keys for a seat, the request to certify them, and the keyring sealed under fresh words. */
export async function makeStaffMember(
  deps: MakingDeps,
  seat: Seat,
  language: WordLanguage,
): Promise<StaffMember> {
  const keys = makeStaffKeys(deps.random);
  const person = { ...seat, capabilities: capabilityBits(seat.capabilities) };
  const request = assembleCertificate(certificateRequest(deps, keys, person), []);
  const keyring: Keyring = { ...keys, roleSeeds: [], certificateHash: parseCertificate(request).hash };
  const code = makeReporterCode(deps.random);
  const { authKey, vaultSeed } = deriveVaultKeys(code);
  const sealed = await sealKeyring(deps.sealing, deps.sealing.publicKey(vaultSeed), keyring);
  return {
    words: encodeWords(code, language),
    keyring,
    request,
    vault: {
      subject: toHex(seat.subjectId),
      authHash: toHex(sha256(authKey)),
      certificateHash: toHex(keyring.certificateHash),
      keyring: toBase64(sealed),
    },
  };
}

/** A vault's keyring. @param code - of her words. @throws {CeremonyError} `words_wrong`. */
export function openStaffVault(
  sealing: Sealing,
  vault: StaffVault,
  code: Bytes,
  name: string,
): Promise<Keyring> {
  const { vaultSeed } = deriveVaultKeys(code);
  return orWrongWords(name, openKeyring(sealing, vaultSeed, fromBase64(vault.keyring, 'vault.keyring')));
}

/** A root officer's key, sealed under fresh words. */
export type RootKey = { readonly publicKey: Bytes; readonly file: Bytes; readonly words: readonly string[] };

export async function makeRootKey(deps: MakingDeps, language: WordLanguage): Promise<RootKey> {
  const seed = deps.random.bytes(32);
  const code = makeReporterCode(deps.random);
  const vaultKey = deps.sealing.publicKey(deriveVaultKeys(code).vaultSeed);
  return {
    publicKey: deps.signing.publicKey(seed),
    file: await sealRootKey(deps.sealing, vaultKey, seed),
    words: encodeWords(code, language),
  };
}

/** The seed in a root officer's file. @throws {CeremonyError} `words_wrong`. */
export function openRootSeed(sealing: Sealing, file: Bytes, code: Bytes, name: string): Promise<Bytes> {
  return orWrongWords(name, openRootKey(sealing, deriveVaultKeys(code).vaultSeed, file));
}

async function orWrongWords<T>(name: string, opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    if (error instanceof OpenError) throw new CeremonyError('words_wrong', name);
    throw error;
  }
}
