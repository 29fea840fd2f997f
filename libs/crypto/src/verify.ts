/**
 * The first door: everything that needs no secret. Servers, witnesses and auditors use this one alone; nothing
 * reachable from here can open a sealed file.
 */
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
  hashItems,
  type KeysetLeafBody,
  type Leaf,
  type Opening,
  OPENING_BYTES,
  parseKeysetLeafBody,
  parseLeaf,
  parseOpening,
  PUBLIC_LEAF_CLASS,
  type PublicLeaf,
  type PublicLeafClass,
  verifyOpening,
} from './events.js';
export { hkdfExpand, hkdfExtract, hmacSha256, sha256 } from './hazmat/hash.js';
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
  type MailboxRequest,
  type SessionChallenge,
  verifyMailboxRequest,
  verifySessionChallenge,
} from './requests.js';
export { checkSignature, nobleVerifier, type SignatureVerifier, sodiumVerifier } from './signature.js';
