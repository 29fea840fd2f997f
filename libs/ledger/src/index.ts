/** The ledger: appending in the caller's transaction, one sequencer, publishing as files, proofs and audits. */
export {
  type AppendDeps,
  appendPublicLeaf,
  caseForUpdate,
  ensureKeysetLeaf,
  floorTo,
  type NewCase,
  type NewEvent,
  openCase,
  type Payload,
  recordEvent,
} from './append.js';
export { LedgerAppender } from './appender.js';
export {
  auditCases,
  auditDatabase,
  auditEntries,
  type DatabaseFinding,
  type DatabaseFindingCode,
  type EntryRange,
  startUpAudit,
} from './audit.js';
export {
  Directory,
  type DirectoryDeps,
  DirectoryEmpty,
  type InForce,
  type KnownPolicy,
} from './directory.js';
export { openings } from './entries.js';
export { LedgerFault, type LedgerFaultCode } from './fault.js';
export { type AnnouncedKeyset, announcedKeyset, type EntryProof, proofFor } from './proofs.js';
export {
  type LedgerTrust,
  Publisher,
  type PublisherDeps,
  type PublishProblem,
  type PublishReport,
} from './publisher.js';
export { openReceiptFor, receiptFor, receiptsOf } from './receipts.js';
export { type Recovered, recoverFromMirror, type RecoveryDeps } from './recovery.js';
export {
  type CheckpointSigner,
  type CosignAnswer,
  type CosignRequest,
  httpSigner,
  httpWitness,
  type SignAnswer,
  type SignRequest,
  type Witness,
} from './remotes.js';
export { Sequencer, type SequencerDeps } from './sequencer.js';
export { diskStore, type LedgerStore, logSource, type Published, readPublished } from './store.js';
export {
  type LedgerServices,
  type LedgerServicesConfig,
  openLedgerServices,
  requireSoundLedger,
  unsoundLedger,
} from './services.js';
export { ledgerProviders } from './http/ledger-http.js';
export { type InstanceFacts, LEDGER_STORE, LedgerController, LedgerFacts } from './http/ledger.controller.js';
