/** Keys that people carry in their heads or on paper: the reporter's, and a staff vault's (SPEC.md §13.3, §11.5). */
import { type Bytes, concatBytes, encodeUtf8 } from '@app/encoding';
import { argon2id } from './hazmat/argon2.js';
import { hkdfExpand, hkdfExtract, sha256 } from './hazmat/hash.js';
import { LABEL } from './namespaces.js';
import { passwordBytes } from './password.js';
import { CODE_BYTES } from './receipt-code.js';
import type { Sealing } from './sealing.js';
import type { Signing } from './signature.js';
import { exactly } from './struct.js';

/** Everything a reporter's code stands for. */
export type ReporterKeys = {
  /** 16 bytes: how the server finds her mailbox. */
  readonly mailboxId: Bytes;
  /** Ed25519 seed that signs mailbox requests. */
  readonly mailboxAuthSeed: Bytes;
  /** Ed25519 seed that signs her objects; its public key stays inside ciphertexts. */
  readonly contentSigSeed: Bytes;
  /** X-Wing seed that opens her key boxes. */
  readonly kemSeed: Bytes;
  readonly kemPublicKey: Bytes;
  readonly mailboxPublicKey: Bytes;
  readonly contentPublicKey: Bytes;
};

/** @param code - 16 bytes. @see SPEC.md §13.3 */
export function deriveReporterKeys(code: Uint8Array, signing: Signing, sealing: Sealing): ReporterKeys {
  const prk = hkdfExtract(encodeUtf8(LABEL.reporter), exactly(code, CODE_BYTES));
  const mailboxAuthSeed = hkdfExpand(prk, 'mailbox-auth', 32);
  const contentSigSeed = hkdfExpand(prk, 'content-sig', 32);
  const kemSeed = hkdfExpand(prk, 'kem', 32);
  return {
    mailboxId: hkdfExpand(prk, 'mailbox-id', 16),
    mailboxAuthSeed,
    contentSigSeed,
    kemSeed,
    kemPublicKey: sealing.publicKey(kemSeed),
    mailboxPublicKey: signing.publicKey(mailboxAuthSeed),
    contentPublicKey: signing.publicKey(contentSigSeed),
  };
}

/** What one unlocker of a staff vault stands for. */
export type VaultKeys = {
  /** Proves it to the server, which keeps its SHA-256. */
  readonly authKey: Bytes;
  /** X-Wing seed that opens its box of the vault key, or the keyring itself as a ceremony seals it. */
  readonly vaultSeed: Bytes;
};

/** @param code - 16 bytes, shown as 12 words. @see SPEC.md §11.5 */
export function deriveVaultKeys(code: Uint8Array): VaultKeys {
  return vaultKeys(LABEL.vault, exactly(code, CODE_BYTES));
}

/**
 * Takes about a second.
 * @param subjectId - 16 bytes; the salt, so that nobody must be asked for one.
 * @throws {ParseError} as `passwordBytes`.
 * @see SPEC.md §11.8
 */
export async function derivePasswordKeys(password: string, subjectId: Uint8Array): Promise<VaultKeys> {
  const label = encodeUtf8(LABEL.password);
  const salt = sha256(concatBytes(label, exactly(subjectId, 16))).subarray(0, 16);
  return vaultKeys(LABEL.password, await argon2id(passwordBytes(password), salt));
}

/** What to evaluate the PRF of an authenticator at, as `prf.eval.first`. */
export const PASSKEY_PRF_INPUT: Bytes = encodeUtf8(LABEL.passkey);

/** @param output - 32 bytes of a WebAuthn PRF at `PASSKEY_PRF_INPUT`. @see SPEC.md §11.8 */
export function derivePasskeyKeys(output: Uint8Array): VaultKeys {
  return vaultKeys(LABEL.passkey, exactly(output, 32));
}

function vaultKeys(label: string, secret: Uint8Array): VaultKeys {
  const prk = hkdfExtract(encodeUtf8(label), secret);
  return { authKey: hkdfExpand(prk, 'auth', 32), vaultSeed: hkdfExpand(prk, 'vault', 32) };
}
