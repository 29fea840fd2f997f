import type { Json } from '@app/encoding';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { BigInteger, Text } from './columns.js';

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
