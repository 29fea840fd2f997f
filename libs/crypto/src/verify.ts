/**
 * The first door: everything that needs no secret. Servers, witnesses and auditors use this one alone; nothing
 * reachable from here can open a sealed file.
 */
export {
  CAPABILITY,
  type Capability,
  type Certificate,
  type CertificateBody,
  certificateBodyBytes,
  isCapable,
  parseCertificate,
  parseRoleEpoch,
  type RoleEpoch,
  type RoleEpochBody,
  roleEpochBodyBytes,
} from './certificate.js';
export type { CryptoVerificationCode } from './errors.js';
export {
  type ActorClass,
  CASE_LEAF_BYTES,
  type CaseLeaf,
  commitEvent,
  commitPayload,
  COVER_EVENT_TYPE,
  deriveCoverRandom,
  encodeCaseLeaf,
  encodeCoverOpening,
  encodeKeysetLeafBody,
  encodeOpening,
  encodePublicLeaf,
  encodeRecoveryLeafBody,
  hashItems,
  type KeysetLeafBody,
  type Leaf,
  type Opening,
  OPENING_BYTES,
  parseKeysetLeafBody,
  parseLeaf,
  parseOpening,
  parseRecoveryLeafBody,
  PUBLIC_LEAF_CLASS,
  type PublicLeaf,
  type PublicLeafClass,
  type RecoveryLeafBody,
  verifyOpening,
} from './events.js';
export { factorCode, factorStep, openFactor } from './factor.js';
export { hkdfExpand, hkdfExtract, hmacSha256, sha256 } from './hazmat/hash.js';
export {
  type Keyset,
  KEYSET_CLOCK_SKEW_SECONDS,
  type KeysetCertificate,
  type KeysetExpectations,
  usableCertificate,
  verifyKeyset,
} from './keyset.js';
export {
  describeCertificate,
  describeEpochsPart,
  describeInstant,
  describeKeyset,
  describeKeysetFile,
  describeRootPart,
  describeRootset,
  inGroups,
} from './keyset-describe.js';
export { parseEpochsPart, parseRootPart, type Role, ROLE_KINDS, type RoleKind } from './keyset-format.js';
export { TAG, type Tag } from './namespaces.js';
export {
  encodeMailboxState,
  encodePromise,
  type MailboxState,
  type SubmissionPromise,
  verifyMailboxState,
  verifyPromise,
} from './promise.js';
export {
  encodeMailboxRequest,
  encodeSessionChallenge,
  encodeSessionRequest,
  type MailboxRequest,
  type SessionChallenge,
  type SessionRequest,
  verifyMailboxRequest,
  verifySessionChallenge,
  verifySessionRequest,
} from './requests.js';
export { encodeAgeRecipient } from './recipient.js';
export {
  encodeRelease,
  encodeSignedRelease,
  parseRelease,
  parseSignedRelease,
  type Release,
  type ReleaseFile,
  type SignedRelease,
  verifyRelease,
} from './release.js';
export { parseRootset, type Rootset, verifyRootsetRotation } from './rootset.js';
export {
  checkSealedBlobLength,
  checkSealedHeader,
  checkSealedShape,
  KEY_BOX_BYTES,
  OBJECT_BUCKET_BYTES,
  SEALED_HEADER_BYTES,
  type SealedClass,
  sealedLength,
} from './sealed-shape.js';
export { checkSignature, nobleVerifier, type SignatureVerifier, sodiumVerifier } from './signature.js';
export {
  type Grant,
  parseGrant,
  parseStatement,
  type Statement,
  verifyGrant,
  verifyStatement,
} from './statement.js';
export {
  parseUnlockers,
  type Unlocker,
  type UnlockerKind,
  type UnlockerList,
  UNLOCKERS_MAX,
  verifyUnlockers,
} from './unlockers.js';
export { isWork, solveWork, WORK_BITS_MAX } from './work.js';
