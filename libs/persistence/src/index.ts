export { connect, type DatabaseConfig, dataSourceOptions } from './data-source.js';
export { DATABASE_ROLES, type DatabaseRole, migrate } from './migrate.js';
export { type Parameter, Parameters } from './parameters.js';
export { type Columns, sqlState, type Tx, UnitOfWork } from './unit-of-work.js';
export { BlobPartRow, BlobRow, CaseBlobRow } from './rows/blob.row.js';
export { BoxRow, CaseRow, CompartmentRow, EscalationBoxRow, MailboxRow, ObjectRow } from './rows/case.row.js';
export { DocumentRow, KeysetRow, PolicyRow } from './rows/directory.row.js';
export {
  EventPayloadRow,
  LogBatchRow,
  LogCheckpointRow,
  LogCosignatureRow,
  LogCoverKeyRow,
  LogOutboxRow,
  LogQuorumRow,
  LogSequenceRow,
  LogStateRow,
} from './rows/ledger.row.js';
export {
  EpochBoxRow,
  NonceRow,
  StaffSessionRow,
  StaffVaultRow,
  UnlockAttemptsRow,
} from './rows/staff.row.js';
export { AlarmRow, DeadLetterRow, OutboxRow } from './rows/work.row.js';
export { once, type OnceRequest } from './once.js';
export {
  insertMailbox,
  insertSealed,
  recipientColumns,
  type SealedItems,
  type SealedOwner,
} from './sealed.js';
