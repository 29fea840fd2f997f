import { Entity, PrimaryColumn } from 'typeorm';
import { BigInteger, Bytes, KeyBytes, Text } from './columns.js';

/** A staff member's sealed keyring; the server keeps only the hash of the key that fetches it. */
@Entity('staff_vaults')
export class StaffVaultRow {
  @KeyBytes('subject_id') subjectId: Buffer;
  @Bytes('auth_hash') authHash: Buffer;
  @Bytes('certificate_hash') certificateHash: Buffer;
  @Bytes('keyring') keyring: Buffer;
}

@Entity('staff_sessions')
export class StaffSessionRow {
  @KeyBytes('token_hash') tokenHash: Buffer;
  @Bytes('certificate_hash') certificateHash: Buffer;
  @BigInteger('expires_at') expiresAt: number;
}

@Entity('nonces')
export class NonceRow {
  @KeyBytes('nonce') nonce: Buffer;
  @Text('purpose') purpose: 'mailbox' | 'session';
  @BigInteger('expires_at') expiresAt: number;
}

/** A role epoch's seed, boxed to one holder. */
@Entity('epoch_boxes')
export class EpochBoxRow {
  @KeyBytes('role_id') roleId: Buffer;
  @PrimaryColumn({ name: 'epoch', type: 'integer' }) epoch: number;
  @Bytes('certificate_hash', { primary: true }) certificateHash: Buffer;
  @Bytes('box') box: Buffer;
}
