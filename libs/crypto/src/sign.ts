/** The second door: signing keys, and the builders whose output gets signed. Nothing here can open a sealed file. */
export {
  assembleCertificate,
  assembleRoleEpoch,
  encodeCertificateBody,
  encodeRoleEpochBody,
} from './certificate.js';
export {
  assembleKeyset,
  encodeEpochsPart,
  encodeRootPart,
  type EpochsPart,
  type EpochsSignature,
  type EpochsSigner,
  type KeysetFile,
  parseKeysetFile,
  type Revocation,
  type RootPart,
} from './keyset-format.js';
export { encodeRootset, encodeRootsetRotation, type RootSignature, type RootsetRotation } from './rootset.js';
export {
  makeRemoteSigner,
  makeSigner,
  nobleSigning,
  type Signer,
  type Signing,
  sodiumSigning,
} from './signature.js';
export { encodeStatement, signGrant } from './statement.js';
export { signUnlockers } from './unlockers.js';
