export {
  auditFrom,
  auditTree,
  type AuditCode,
  type AuditFinding,
  type AuditOptions,
  type AuditReport,
} from './audit.js';
export {
  cosign,
  cosignatureMessage,
  encodeCheckpoint,
  encodeCosignature,
  parseCheckpoint,
  parseCosignature,
  type Checkpoint,
  type Cosignature,
} from './checkpoint.js';
export { type TlogVerificationCode } from './codes.js';
export {
  appendToFrontier,
  emptyFrontier,
  emptyRoot,
  encodeFrontier,
  frontierRoot,
  leafHash,
  nodeHash,
  parseFrontier,
  type Frontier,
  type Hash,
  type Sha256,
} from './hash.js';
export {
  ALGORITHM_COSIGNATURE,
  ALGORITHM_ED25519,
  ALGORITHM_ML_DSA_44,
  deriveKeyId,
  encodeNote,
  encodeVkey,
  parseNote,
  parseVkey,
  signNote,
  type Note,
  type NoteSignature,
  type NoteSigner,
  type VerifierKey,
} from './note.js';
export {
  NO_QUORUM_TIME,
  parsePolicy,
  type Policy,
  type PolicyLog,
  type PolicyWitness,
  type Quorum,
} from './policy.js';
export { verifyConsistency, verifyInclusion } from './proof.js';
export { FileMissing, logFiles, type LogSource, LogUnreadable } from './source.js';
export { checkSuccession, prefixReader } from './succession.js';
export {
  encodeEntryBundle,
  entriesPath,
  parseEntryBundle,
  parseTilePath,
  tilePath,
  tilesForGrowth,
  tilesForSize,
  type TileId,
  type TilePath,
} from './tile.js';
export {
  consistencyProof,
  frontierFromTiles,
  growTiles,
  inclusionProof,
  rootFromTiles,
  type TileReader,
} from './tile-tree.js';
export {
  encodeTlogProof,
  parseTlogProof,
  verifyTlogProof,
  type TlogProof,
  type VerifiedTlogProof,
} from './tlog-proof.js';
export { openNote, verifyCheckpoint, type VerifiedCheckpoint, type Witnessed } from './verify.js';
export {
  decideAddCheckpoint,
  encodeAddCheckpoint,
  parseAddCheckpoint,
  type AddCheckpoint,
  type AddCheckpointDecision,
  type WitnessState,
} from './witness-protocol.js';
