/**
 * The third door: sealing and opening, for clients alone. No server links this file or anything that only it
 * reaches.
 */
export {
  type ArchiveFile,
  BLOB_PART_BYTES,
  type BlobDigest,
  checkBlob,
  digestBlob,
  encodeArchive,
  openAttachment,
  padToHalfOctave,
  parseArchive,
  sealAttachment,
  splitBlob,
} from './attachment.js';
export {
  derivePasskeyKeys,
  derivePasswordKeys,
  deriveReporterKeys,
  deriveVaultKeys,
  PASSKEY_PRF_INPUT,
  type ReporterKeys,
  type VaultKeys,
} from './derive.js';
export { FACTOR_SECRET_BYTES, factorText, sealFactor } from './factor.js';
export { WORD_LANGUAGES, type WordLanguage } from './hazmat/words.js';
export {
  BOX_PURPOSE,
  type BoxPurpose,
  COMPARTMENT,
  extractCompartment,
  type KeyBox,
  type KeyBoxExpectations,
  type OpenedKeyBox,
  openKeyBox,
  sealKeyBox,
} from './key-box.js';
export {
  MAX_OBJECT_BODY_BYTES,
  OBJECT_KINDS,
  type ObjectAuthor,
  type ObjectFields,
  type ObjectKind,
  type OpenedObject,
  openObject,
  sealObject,
} from './object.js';
export {
  decodeDigits,
  decodeWords,
  encodeDigits,
  encodeWords,
  makeReporterCode,
  ReceiptWordError,
} from './receipt-code.js';
export { nobleSealing, OpenError, type Random, type Sealing, sodiumSealing } from './sealing.js';
export {
  type OpenedVault,
  openVault,
  type SealedVault,
  sealVault,
  type StoredVault,
  type UnlockerKey,
} from './unlocking.js';
export { type Keyring, openKeyring, openRootKey, sealKeyring, sealRootKey } from './vault.js';
