import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Foundation1763900000000 } from './migrations/1763900000000-foundation.js';
import { AuditRole1764000000000 } from './migrations/1764000000000-audit-role.js';
import { Recovery1764100000000 } from './migrations/1764100000000-recovery.js';
import { Documents1764100001000 } from './migrations/1764100001000-documents.js';
import { AuditCases1764150000000 } from './migrations/1764150000000-audit-cases.js';
import { Api1764300000000 } from './migrations/1764300000000-api.js';
import { DeadLetters1764400000000 } from './migrations/1764400000000-dead-letters.js';
import { Notices1764400001000 } from './migrations/1764400001000-notices.js';
import { LapseWarnings1764400002000 } from './migrations/1764400002000-lapse-warnings.js';
import { Quarantine1764700000000 } from './migrations/1764700000000-quarantine.js';
import { WholeLife1764500000000 } from './migrations/1764500000000-whole-life.js';
import { Mailboxes1764600000000 } from './migrations/1764600000000-mailboxes.js';
import { PersonActs1764800000000 } from './migrations/1764800000000-person-acts.js';
import { Loads1764900000000 } from './migrations/1764900000000-loads.js';
import { ListFilters1764900001000 } from './migrations/1764900001000-list-filters.js';
import { Erasure1765000000000 } from './migrations/1765000000000-erasure.js';
import { Referrals1765100000000 } from './migrations/1765100000000-referrals.js';
import { StaffIdentity1765200000000 } from './migrations/1765200000000-staff-identity.js';
import { AuditKeysets1765300000000 } from './migrations/1765300000000-audit-keysets.js';
import { BlobPartRow, BlobRow, CaseBlobRow } from './rows/blob.row.js';
import { BoxRow, CaseRow, CompartmentRow, EscalationBoxRow, MailboxRow, ObjectRow } from './rows/case.row.js';
import { DocumentRow, KeysetRow, PolicyRow } from './rows/directory.row.js';
import {
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
import {
  EpochBoxRow,
  NonceRow,
  StaffSessionRow,
  StaffVaultRow,
  UnlockAttemptsRow,
} from './rows/staff.row.js';
import { AlarmRow, DeadLetterRow, OutboxRow } from './rows/work.row.js';

// int8 as a number: sizes and times stay far below 2^53, and a string in arithmetic is a silent bug.
pg.types.setTypeParser(pg.types.builtins.INT8, (text) => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('int8 outside the safe range');
  return value;
});

const ENTITIES = [
  BlobPartRow,
  BlobRow,
  CaseBlobRow,
  BoxRow,
  CaseRow,
  CompartmentRow,
  EscalationBoxRow,
  ObjectRow,
  MailboxRow,
  DocumentRow,
  KeysetRow,
  PolicyRow,
  EventPayloadRow,
  LogBatchRow,
  LogCheckpointRow,
  LogCosignatureRow,
  LogCoverKeyRow,
  LogOutboxRow,
  LogQuorumRow,
  LogSequenceRow,
  LogStateRow,
  EpochBoxRow,
  NonceRow,
  StaffSessionRow,
  StaffVaultRow,
  UnlockAttemptsRow,
  AlarmRow,
  DeadLetterRow,
  OutboxRow,
];

/** How a process reaches PostgreSQL; `url` names the process's own database role. */
export type DatabaseConfig = { readonly url: string; readonly poolSize: number; readonly name: string };

/** Options for one process. Nothing here synchronizes or migrates: `migrate` is a step of its own. */
export function dataSourceOptions(config: DatabaseConfig): DataSourceOptions {
  return {
    type: 'postgres',
    url: config.url,
    applicationName: config.name,
    poolSize: config.poolSize,
    connectTimeoutMS: 5_000,
    entities: ENTITIES,
    migrations: [
      Foundation1763900000000,
      AuditRole1764000000000,
      Recovery1764100000000,
      Documents1764100001000,
      AuditCases1764150000000,
      Api1764300000000,
      DeadLetters1764400000000,
      Notices1764400001000,
      LapseWarnings1764400002000,
      WholeLife1764500000000,
      Mailboxes1764600000000,
      Quarantine1764700000000,
      PersonActs1764800000000,
      Loads1764900000000,
      ListFilters1764900001000,
      Erasure1765000000000,
      Referrals1765100000000,
      StaffIdentity1765200000000,
      AuditKeysets1765300000000,
    ],
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    poolErrorHandler: () => undefined,
  };
}

/** A connected data source; the caller ends it with `destroy`. */
export function connect(config: DatabaseConfig): Promise<DataSource> {
  return new DataSource(dataSourceOptions(config)).initialize();
}
