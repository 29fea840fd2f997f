/** A staff member's vault: opening it with one of its unlockers, and changing what opens it. */
import {
  derivePasskeyKeys,
  deriveVaultKeys,
  encodeWords,
  FACTOR_SECRET_BYTES,
  factorText,
  type Keyring,
  makeReporterCode,
  openVault,
  sealFactor,
  sealVault,
  type UnlockerKey,
  type VaultKeys,
  type WordLanguage,
} from '@app/crypto/seal';
import {
  factorStep,
  parseUnlockers,
  sha256,
  type UnlockerKind,
  type UnlockerList,
  UNLOCKERS_MAX,
} from '@app/crypto/verify';
import { bytesEqual, type Bytes, fromBase64, fromHex, type Instant, toBase64, toHex } from '@app/encoding';
import { type ClientDeps, refuse } from './deps.js';
import type { Service } from './service.js';

/** What a person has or knows that opens her vault. */
export type Opener = {
  readonly kind: UnlockerKind;
  readonly keys: VaultKeys;
  /** Asks for the code of the second factor, which a password needs each time. */
  readonly code?: () => Promise<string>;
};

/** A password. @param keys - of `derivePasswordKeys`. */
export function withPassword(keys: VaultKeys, code: () => Promise<string>): Opener {
  return { kind: 'password', keys, code };
}

/** A passkey. @param output - 32 bytes of its PRF at `PASSKEY_PRF_INPUT`. */
export function withPasskey(output: Uint8Array): Opener {
  return { kind: 'passkey', keys: derivePasskeyKeys(output) };
}

/** Her vault as it was opened. */
export type StaffVaultState = {
  readonly subjectId: Bytes;
  readonly opener: Opener;
  /** None as long as the vault is as a ceremony made it. */
  readonly list?: UnlockerList;
};

/** Whoever has opened her vault. */
type VaultHolder = {
  readonly service: Service;
  readonly keyring: Keyring;
  readonly vault: StaffVaultState;
};

type Opened = { readonly nonce: string; readonly keyring: Keyring; readonly vault: StaffVaultState };

/** Fetches a vault and opens it. Errors as `unlockWith`. */
export async function openStoredVault(
  { api, deps }: Service,
  subject: string,
  opener: Opener,
): Promise<Opened> {
  const { keys, code } = opener;
  const body = { subject, authKey: toBase64(keys.authKey), ...(code && { code: await code() }) };
  const answer = await api.call('vault', { body });
  const subjectId = fromHex(subject, 'subject', 16);
  const stored = {
    keyring: fromBase64(answer.keyring, 'vault.keyring'),
    ...(answer.unlockers !== null && { unlockers: fromBase64(answer.unlockers, 'vault.unlockers') }),
  };
  const { keyring, list } = await openVault(deps, subjectId, stored, keys);
  return { nonce: answer.nonce, keyring, vault: { subjectId, opener, ...(list && { list }) } };
}

/** One way to open the vault, as its holder may see it. */
export type UnlockerInfo = {
  readonly id: string;
  readonly kind: UnlockerKind;
  /** Unknown for the words of a ceremony. */
  readonly since: Instant | undefined;
  /** The one this session was opened with. */
  readonly current: boolean;
};

/** What opens her vault. The words of a ceremony have the identifier `ceremony`. */
export function listUnlockers({ vault: { list, opener } }: VaultHolder): UnlockerInfo[] {
  if (list === undefined) return [{ id: 'ceremony', kind: 'recovery', since: undefined, current: true }];
  const hash = sha256(opener.keys.authKey);
  return list.unlockers.map(({ id, kind, since, authHash }) => ({
    id: toHex(id),
    kind,
    since,
    current: bytesEqual(authHash, hash),
  }));
}

/** A fresh secret for the second factor, and how it is told to an authenticator application. */
export function makeFactor(deps: Pick<ClientDeps, 'random'>, account: string) {
  const secret = deps.random.bytes(FACTOR_SECRET_BYTES);
  const text = factorText(secret);
  return {
    secret,
    text,
    uri: `otpauth://totp/Safe%20Conduct:${encodeURIComponent(account)}?secret=${text}&issuer=Safe%20Conduct`,
  };
}

/**
 * Lets a password open the vault, in the place of any before.
 * @param keys - of `derivePasswordKeys` for her subject.
 * @param factor - its secret, and a code that shows that she has it.
 * @throws {VerificationError} `factor_wrong`, `unlockers_full`.
 */
export async function setPassword<S extends VaultHolder>(
  session: S,
  keys: VaultKeys,
  factor: { readonly secret: Bytes; readonly code: string },
): Promise<S> {
  const { deps } = session.service;
  if (factorStep(factor.secret, factor.code, deps.now()) === undefined) refuse('factor_wrong');
  const sealed = sealFactor(keys.authKey, deps.random.bytes(16), factor.secret);
  const added = unlockerKey(deps, 'password', keys, sealed);
  return changeVault(session, (now) => [...now.filter(({ kind }) => kind !== 'password'), added]);
}

/** Lets a passkey open the vault. @throws {VerificationError} `unlockers_full`. */
export function addPasskey<S extends VaultHolder>(session: S, output: Uint8Array): Promise<S> {
  const added = unlockerKey(session.service.deps, 'passkey', derivePasskeyKeys(output));
  return changeVault(session, (now) => [...now, added]);
}

/** New recovery words in the place of all before; shown once. */
export async function renewWords<S extends VaultHolder>(
  session: S,
  language: WordLanguage,
): Promise<{ readonly session: S; readonly words: readonly string[] }> {
  const { deps } = session.service;
  const code = makeReporterCode(deps.random);
  const words = encodeWords(code, language);
  const added = unlockerKey(deps, 'recovery', deriveVaultKeys(code));
  const changed = await changeVault(session, (now) => [
    added,
    ...now.filter(({ kind }) => kind !== 'recovery'),
  ]);
  return { session: changed, words };
}

/**
 * Takes an unlocker out; the others get a new vault key.
 * @throws {VerificationError} `unlocker_unknown`; `recovery_needed` for the last recovery words.
 */
export function removeUnlocker<S extends VaultHolder>(session: S, id: string): Promise<S> {
  return changeVault(session, (now) => {
    const left = now.filter((one) => toHex(one.id) !== id);
    return left.length < now.length ? left : refuse('unlocker_unknown');
  });
}

async function changeVault<S extends VaultHolder>(
  session: S,
  change: (now: readonly UnlockerKey[]) => readonly UnlockerKey[],
): Promise<S> {
  const { service, keyring, vault } = session;
  const { deps } = service;
  const { list, opener, subjectId } = vault;
  const keys = change(list?.unlockers ?? [unlockerKey(deps, 'recovery', opener.keys)]);
  if (!keys.some(({ kind }) => kind === 'recovery')) refuse('recovery_needed');
  if (keys.length > UNLOCKERS_MAX) refuse('unlockers_full');
  const version = (list?.version ?? 0) + 1;
  const sealed = await sealVault(deps, keyring, { version, subjectId, keys });
  await service.api.call('changeVault', {
    body: { keyring: toBase64(sealed.keyring), unlockers: toBase64(sealed.unlockers) },
  });
  return { ...session, vault: { ...vault, list: parseUnlockers(sealed.unlockers) } };
}

function unlockerKey(
  { random, sealing, now }: ClientDeps,
  kind: UnlockerKind,
  { authKey, vaultSeed }: VaultKeys,
  factor: Bytes = new Uint8Array(),
): UnlockerKey {
  return {
    id: random.bytes(16),
    kind,
    since: now(),
    authHash: sha256(authKey),
    kemPublicKey: sealing.publicKey(vaultSeed),
    factor,
  };
}
