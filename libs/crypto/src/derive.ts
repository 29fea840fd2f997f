/** Keys that people carry in their heads or on paper: the reporter's, and a staff vault's (SPEC.md §13.3, §11.5). */
import { type Bytes, encodeUtf8 } from '@app/encoding';
import { hkdfExpand, hkdfExtract } from './hazmat/hash.js';
import { LABEL } from './namespaces.js';
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

/** What a staff recovery code stands for. */
export type VaultKeys = {
  /** Proves the code to the server, which keeps its SHA-256. */
  readonly authKey: Bytes;
  /** X-Wing seed that opens the keyring. */
  readonly vaultSeed: Bytes;
};

/** @param code - 16 bytes, shown as 12 words. @see SPEC.md §11.5 */
export function deriveVaultKeys(code: Uint8Array): VaultKeys {
  const prk = hkdfExtract(encodeUtf8(LABEL.vault), exactly(code, CODE_BYTES));
  return { authKey: hkdfExpand(prk, 'auth', 32), vaultSeed: hkdfExpand(prk, 'vault', 32) };
}
