import type { CaseState } from '@app/casework';
import { Column, Entity } from 'typeorm';
import { BigInteger, Bytes, Int, KeyBytes, SmallInt, Text } from './columns.js';

/** A case as the server knows it: codes, clocks and random ids, never content. */
@Entity('cases')
export class CaseRow {
  @KeyBytes('pseudonym') pseudonym: Buffer;
  @Bytes('thread_id') threadId: Buffer;
  @Bytes('mailbox_id') mailboxId: Buffer;
  @Bytes('mailbox_key') mailboxKey: Buffer;
  /** SHA-256 of the submission's body: a repeat with the same body gets the same answer. */
  @Bytes('submission_hash') submissionHash: Buffer;
  @Bytes('role_id') roleId: Buffer;
  @Bytes('policy_hash') policyHash: Buffer;
  /** The fold of the case's events (libs/casework SPEC). */
  @Column({ name: 'state', type: 'jsonb' }) state: CaseState;
  @Text('phase') phase: string;
  @Column({ name: 'escalated', type: 'boolean' }) escalated: boolean;
  @Bytes('assignee', { nullable: true }) assignee: Buffer | null;
  @Bytes('routed_to', { nullable: true }) routedTo: Buffer | null;
  @Int('event_number') eventNumber: number;
  @Bytes('last_commitment') lastCommitment: Buffer;
  @BigInteger('next_deadline', { nullable: true }) nextDeadline: number | null;
  /** When the office is to be warned of the next lapse: the database computes it from `state`, whoever writes that. */
  @Column({ name: 'warn_at', type: 'bigint', nullable: true, insert: false, update: false }) warnAt:
    number | null;
  @BigInteger('received_at') receivedAt: number;
}

@Entity('compartments')
export class CompartmentRow {
  @KeyBytes('case_pseudonym') casePseudonym: Buffer;
  @SmallInt('compartment', { primary: true }) compartment: number;
  @Int('epoch', { primary: true }) epoch: number;
  @Bytes('public_key') publicKey: Buffer;
  @Int('event_number') eventNumber: number;
}

/** A key box; without a role it is the reporter's own. */
@Entity('boxes')
export class BoxRow {
  @KeyBytes('id') id: Buffer;
  @Bytes('case_pseudonym', { primary: true }) casePseudonym: Buffer;
  @SmallInt('compartment') compartment: number;
  @Int('epoch') epoch: number;
  @Bytes('role_id', { nullable: true }) roleId: Buffer | null;
  @Int('role_epoch', { nullable: true }) roleEpoch: number | null;
  @Bytes('box') box: Buffer;
  @Bytes('grant_record', { nullable: true }) grantRecord: Buffer | null;
  @Int('event_number') eventNumber: number;
}

/** The held-back escalation box of a case; gone once delivered or withdrawn. */
@Entity('escalation_boxes')
export class EscalationBoxRow {
  @KeyBytes('case_pseudonym') casePseudonym: Buffer;
  @SmallInt('compartment') compartment: number;
  @Int('epoch') epoch: number;
  @Bytes('role_id') roleId: Buffer;
  @Int('role_epoch') roleEpoch: number;
  @Bytes('box') box: Buffer;
}

@Entity('objects')
export class ObjectRow {
  /** SHA-256 of the file. */
  @KeyBytes('id') id: Buffer;
  @Bytes('case_pseudonym', { primary: true }) casePseudonym: Buffer;
  @SmallInt('compartment') compartment: number;
  @Int('epoch') epoch: number;
  @Text('author') author: 'reporter' | 'staff';
  @Bytes('file') file: Buffer;
  @Int('event_number') eventNumber: number;
}

/** What one code opens: of person 0, who submitted, or of a person affected, whose extract it reads. */
@Entity('mailboxes')
export class MailboxRow {
  @KeyBytes('mailbox_id') mailboxId: Buffer;
  @Bytes('case_pseudonym') casePseudonym: Buffer;
  @SmallInt('person') person: number;
  /** Ed25519, of the requests that speak for it. */
  @Bytes('key') key: Buffer;
  @SmallInt('compartment', { nullable: true }) compartment: number | null;
  /** Numbers of the events that opened and closed it. */
  @Int('opened_by') openedBy: number;
  @Int('closed_by', { nullable: true }) closedBy: number | null;
}
