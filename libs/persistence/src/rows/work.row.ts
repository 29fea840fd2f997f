import type { Json } from '@app/encoding';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { BigInteger, Bytes, Int, KeyBytes, Text } from './columns.js';

/** A job that becomes real with its transaction; the relay hands it to the queue under this id. */
@Entity('outbox')
export class OutboxRow {
  @PrimaryGeneratedColumn('identity', { name: 'id', type: 'bigint', generatedIdentity: 'ALWAYS' }) id: number;
  @Text('queue') queue: string;
  @Column({ name: 'payload', type: 'jsonb' }) payload: Json;
  @BigInteger('created_at') createdAt: number;
}

/** Something an operator or the oversight office must look at; raised once per code and subject. */
@Entity('alarms')
export class AlarmRow {
  @PrimaryGeneratedColumn('identity', { name: 'id', type: 'bigint', generatedIdentity: 'ALWAYS' }) id: number;
  @Text('code') code: string;
  @Text('subject') subject: string;
  @BigInteger('raised_at') raisedAt: number;
}

export type DeadLetterState = 'open' | 'redriven' | 'discarded';

/** A job that failed for good. The payload holds ids alone, and is for the queue: nobody is shown it. */
@Entity('dead_letters')
export class DeadLetterRow {
  @KeyBytes('id') id: Buffer;
  @Text('queue') queue: string;
  /** The newest job that failed with this payload. */
  @Text('last_job') lastJob: string;
  @Column({ name: 'payload', type: 'jsonb', nullable: true }) payload: Json | null;
  @Text('error') error: string;
  @Int('attempts') attempts: number;
  /** How many jobs with this payload failed since the letter is open. */
  @Int('failures') failures: number;
  @BigInteger('first_failed_at') firstFailedAt: number;
  @BigInteger('failed_at') failedAt: number;
  @Text('state') state: DeadLetterState;
  @Column({ name: 'reason', type: 'text', nullable: true }) reason: string | null;
  @BigInteger('settled_at', { nullable: true }) settledAt: number | null;
  @Bytes('settled_by', { nullable: true }) settledBy: Buffer | null;
}
