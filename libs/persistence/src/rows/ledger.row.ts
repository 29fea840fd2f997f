import { Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import { BigInteger, Bytes, Int, Text } from './columns.js';

/** An entry waiting for, or holding, its place in the ledger. Case events carry their opening. */
@Entity('log_outbox')
export class LogOutboxRow {
  @PrimaryGeneratedColumn('identity', { name: 'id', type: 'bigint', generatedIdentity: 'ALWAYS' })
  id: number;
  @Bytes('case_pseudonym', { nullable: true }) casePseudonym: Buffer | null;
  @Int('event_number', { nullable: true }) eventNumber: number | null;
  @Bytes('entry') entry: Buffer;
  @Bytes('random', { nullable: true }) random: Buffer | null;
  @Bytes('opening', { nullable: true }) opening: Buffer | null;
  @BigInteger('created_at') createdAt: number;
}

/** What the payload commitment of an event binds; deleting `payloadRandom` is what erasure deletes. */
@Entity('event_payloads')
export class EventPayloadRow {
  @PrimaryColumn({ name: 'outbox_id', type: 'bigint' }) outboxId: number;
  @Bytes('payload_random') payloadRandom: Buffer;
  @Bytes('statement', { nullable: true }) statement: Buffer | null;
  @Bytes('signature', { nullable: true }) signature: Buffer | null;
  @Bytes('statement_hash') statementHash: Buffer;
  @Bytes('signature_hash') signatureHash: Buffer;
  /** SHA-256 hashes of objects, boxes and GRANTs, concatenated in order. */
  @Bytes('items') items: Buffer;
}

@Entity('log_sequence')
export class LogSequenceRow {
  @PrimaryColumn({ name: 'outbox_id', type: 'bigint' }) outboxId: number;
  @BigInteger('seq') seq: number;
}

/** One tick's growth, [start, sizeAfter): what has no row in log_sequence there is cover. */
@Entity('log_batches')
export class LogBatchRow {
  @PrimaryColumn({ name: 'size_after', type: 'bigint' }) sizeAfter: number;
  @BigInteger('start') start: number;
  @BigInteger('at') at: number;
  @Bytes('root') root: Buffer;
}

/** The head: the only row of the ledger that is ever updated, by the sequencer alone. */
@Entity('log_state')
export class LogStateRow {
  @PrimaryColumn({ name: 'one', type: 'boolean' }) one: boolean;
  @BigInteger('size') size: number;
  @Bytes('root') root: Buffer;
  @Bytes('frontier') frontier: Buffer;
}

@Entity('log_cover_keys')
export class LogCoverKeyRow {
  /** Whole days since 1970-01-01. */
  @PrimaryColumn({ name: 'day', type: 'integer' }) day: number;
  @Bytes('key') key: Buffer;
}

@Entity('log_checkpoints')
export class LogCheckpointRow {
  @PrimaryColumn({ name: 'size', type: 'bigint' }) size: number;
  @Text('note') note: string;
  @BigInteger('signed_at') signedAt: number;
}

@Entity('log_cosignatures')
export class LogCosignatureRow {
  @PrimaryColumn({ name: 'size', type: 'bigint' }) size: number;
  @PrimaryColumn({ name: 'witness', type: 'text' }) witness: string;
  @Text('line') line: string;
}

/** A checkpoint as published: with a quorum of cosignatures, and the time that quorum was reached. */
@Entity('log_quorums')
export class LogQuorumRow {
  @PrimaryColumn({ name: 'size', type: 'bigint' }) size: number;
  @Text('note') note: string;
  @BigInteger('witnessed_at') witnessedAt: number;
}
