export {
  accept,
  acknowledge,
  type ActResult,
  askConsent,
  clearIntervention,
  closeOutOfScope,
  decideScope,
  divert,
  invite,
  message,
  perform,
  recordStateReply,
  recuse,
  requestInformation,
  returnCase,
  route,
  type Sealed,
  sendIntervention,
  startTriage,
  withSecondOfficer,
} from './acts.js';
export {
  type AnnouncedKeyset,
  announcedKeysets,
  type CaseTimes,
  checkOpenings,
  type CollectedLedger,
  collectLedger,
  type LedgerHistory,
  responseTimesFromLedger,
} from './audit.js';
export { openCase, openCaseAttachment, reopenCase, type OpenedCase } from './case-file.js';
export {
  capabilityBits,
  certificateRequest,
  type Countersigner,
  EPOCH_RENEWAL_SECONDS,
  EPOCH_SECONDS,
  epochsToKeep,
  finishCertificate,
  finishKeyset,
  handOnEpochs,
  type Holder,
  holderOf,
  holdersOf,
  type Judged,
  makeEpochsPart,
  makeRoleEpoch,
  makeRootPart,
  makeRootset,
  makeStaffKeys,
  newestEpoch,
  type NewEpoch,
  type Renewal,
  renewEpochs,
  rolesDueForRenewal,
  type RootSigner,
  signAsRoot,
  type SignedRootPart,
  type StaffKeys,
} from './ceremony.js';
export { Checkpoints, encodeReceipt, LAG_SECONDS } from './checkpoints.js';
export { describePlan } from './ceremony-describe.js';
export { checkDirectory, type DirectoryContent, directoryFiles } from './ceremony-directory.js';
export { type CeremonyCode, CeremonyError } from './ceremony-errors.js';
export {
  makeRootKey,
  makeStaffMember,
  openRootSeed,
  openStaffVault,
  type RootKey,
  type StaffMember,
} from './ceremony-people.js';
export {
  checkPlan,
  checkRootPart,
  type Plan,
  policyTextOf,
  rootPartOf,
  type Seat,
  seatNamed,
  seatOf,
  tlogPolicyOf,
} from './ceremony-plan.js';
export {
  type CarriedSignature,
  checkCertificate,
  checkEpochsPart,
  epochsSignaturesOver,
  rootSignaturesOver,
  SIGNABLE,
  type Signable,
  signCarried,
  type Signed,
} from './ceremony-signatures.js';
export type { Entry, Report } from './contents.js';
export type { Attachment, Message } from './conversation.js';
export type { ClientCode, ClientDeps, RefusalCode, Trust } from './deps.js';
export { eraseCase, listRetention, retentionOf, reviewRetention, setLegalHold } from './custody.js';
export {
  type Directory,
  type DirectoryOptions,
  FRESH_SECONDS,
  type KeysetArchive,
  loadDirectory,
  loadPolicy,
  STALE_SECONDS,
} from './directory.js';
export type { AttachedBlob, BoxListing, ConsentRecord, GivenBy, ReportEnvelope } from './envelope.js';
export { GIVEN_BY } from './envelope.js';
export {
  evaluationCeremony,
  type EvaluationInput,
  type EvaluationOrganisation,
  type EvaluationStaff,
  vkeyOf,
} from './evaluation.js';
export { verifyBrokenPromise } from './evidence.js';
export { type History, type VerifiedEvent, verifyHistory, verifyReceipt } from './history.js';
export { CLAIM_TOLERANCE_SECONDS, type LoggingInterval, type WitnessedTime } from './intervals.js';
export {
  auditLedger,
  collectAuditBundle,
  type LedgerAudit,
  type LedgerFinding,
  storedResponseTimes,
} from './ledger-audit.js';
export type { Invitee } from './invitation.js';
export {
  changeCode,
  changeConsent,
  closeMailbox,
  confirm,
  dispute,
  invitePerson,
  join,
  type MailboxMessage,
  type MailboxView,
  openMailbox,
  openMailboxAttachment,
  proofOfEvent,
  reopen,
  reply,
} from './mailbox.js';
export { type MailboxApi, type RequestMemory, type SignedRequest, withMailbox } from './mailbox-requests.js';
export {
  encodePackage,
  encodeRequests,
  parsePackage,
  parseRequests,
  type ReportPackage,
  unpackReport,
} from './package.js';
export {
  type Accepted,
  awaitProof,
  findProof,
  type Progress,
  submitReport,
  type Witness,
} from './participant.js';
export { type Preparation, type PreparedReport, prepareReport, type ReportInput } from './prepare.js';
export { draftIntervention, writeNote } from './notes.js';
export {
  type AlarmRow,
  delaysSince,
  discardDeadLetter,
  listAlarms,
  listDeadLetters,
  redriveDeadLetter,
} from './operations.js';
export { ledgerOverHttp, type PublishedLedger, publishedOverHttp } from './published.js';
export {
  checkPage,
  type LoggedRelease,
  type PageCode,
  type PageFinding,
  type PageReader,
  releaseInForce,
  type Served,
} from './release.js';
export {
  gapsFor,
  listReferrals,
  noteReferral,
  type OpenedReferral,
  openReferral,
  refer,
  type ReferResult,
} from './referrals.js';
export { describeRefusal } from './refusals.js';
export {
  checkReceiptAgainst,
  connect,
  type ConnectOptions,
  type ReceiptCheck,
  type Service,
  witnessedNow,
} from './service.js';
export {
  closeSession,
  deskHints,
  endSession,
  listCases,
  listSessions,
  type StaffSession,
  unlock,
  unlockWith,
  withWords,
} from './staff-session.js';
export { succeed } from './succession.js';
export {
  addPasskey,
  listUnlockers,
  makeFactor,
  type Opener,
  removeUnlocker,
  renewWords,
  setPassword,
  type UnlockerInfo,
  withPasskey,
  withPassword,
} from './vault.js';
export {
  acceptHash,
  isNews,
  type KeysetEntry,
  keysetEntry,
  roleNews,
  startWatch,
  type Watch,
  type WatchAlarm,
  watchAges,
  type WatchCode,
  watchEntry,
  watchRoles,
  type WatchTrust,
} from './watch.js';
