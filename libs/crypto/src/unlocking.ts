/** Sealing a vault for several unlockers, and opening it with one of them (SPEC.md §11.7). Clients only. */
import { type Bytes, bytesEqual } from '@app/encoding';
import type { VaultKeys } from './derive.js';
import { sha256 } from './hazmat/hash.js';
import { openKeyBox, sealKeyBox } from './key-box.js';
import { OpenError, type Random, type Sealing } from './sealing.js';
import { makeSigner, type Signing } from './signature.js';
import {
  parseUnlockers,
  signUnlockers,
  type Unlocker,
  type UnlockerList,
  verifyUnlockers,
} from './unlockers.js';
import { type Keyring, openKeyring, sealKeyring } from './vault.js';

type Providers = { readonly sealing: Sealing; readonly signing: Signing };

/** An unlocker before a vault is sealed to it. */
export type UnlockerKey = Omit<Unlocker, 'box'>;

export type SealedVault = { readonly keyring: Bytes; readonly unlockers: Bytes };

/** As stored; one of a ceremony has no list and opens with its recovery code alone. */
export type StoredVault = { readonly keyring: Uint8Array; readonly unlockers?: Uint8Array | undefined };

export type OpenedVault = { readonly keyring: Keyring; readonly list?: UnlockerList };

/** Seals a keyring to a fresh vault key, that to every unlocker, and signs the list. */
export async function sealVault(
  { sealing, signing, random }: Providers & { readonly random: Random },
  keyring: Keyring,
  next: { readonly version: number; readonly subjectId: Bytes; readonly keys: readonly UnlockerKey[] },
): Promise<SealedVault> {
  const signer = makeSigner(signing, keyring.signingSeed);
  const seed = random.bytes(32);
  const file = await sealKeyring(sealing, sealing.publicKey(seed), keyring);
  const scope = {
    purpose: 'unlocker',
    compartment: 0,
    epoch: next.version,
    scopeId: next.subjectId,
  } as const;
  const unlockers: Unlocker[] = [];
  for (const key of next.keys) {
    const box = await sealKeyBox(sealing, key.kemPublicKey, signer.publicKey, { ...scope, seed });
    unlockers.push({ ...key, box });
  }
  const list = { ...next, certificateHash: keyring.certificateHash, keyringHash: sha256(file), unlockers };
  return { keyring: file, unlockers: signUnlockers(signer, list) };
}

/**
 * Opens a vault with the keys of one unlocker; the list in the answer is the holder's own, checked.
 * @throws {OpenError} it does not open with these keys, or is not one whole that the holder signed for this subject.
 */
export async function openVault(
  { sealing, signing }: Providers,
  subjectId: Uint8Array,
  vault: StoredVault,
  keys: VaultKeys,
): Promise<OpenedVault> {
  if (vault.unlockers === undefined) {
    return { keyring: await openKeyring(sealing, keys.vaultSeed, vault.keyring) };
  }
  try {
    // Who opens it has no other key than those inside to check the list with, so it is read first and checked after.
    const { unlockers, version } = parseUnlockers(vault.unlockers);
    const mine = unlockers.find(({ authHash }) => bytesEqual(authHash, sha256(keys.authKey)));
    if (mine === undefined) throw new OpenError();
    const scope = { purpose: 'unlocker', scopeId: subjectId, epoch: version } as const;
    const { seed } = await openKeyBox(sealing, keys.vaultSeed, mine.box, scope);
    const keyring = await openKeyring(sealing, seed, vault.keyring);
    const publicKey = signing.publicKey(keyring.signingSeed);
    const list = verifyUnlockers(signing, publicKey, vault.unlockers);
    const isWhole =
      bytesEqual(list.subjectId, subjectId) &&
      bytesEqual(list.certificateHash, keyring.certificateHash) &&
      bytesEqual(list.keyringHash, sha256(vault.keyring));
    if (!isWhole) throw new OpenError();
    return { keyring, list };
  } catch {
    throw new OpenError();
  }
}
