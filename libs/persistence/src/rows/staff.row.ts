import { Entity, PrimaryColumn } from 'typeorm';
import { BigInteger, Bytes, Int, KeyBytes, Text } from './columns.js';

/** A staff member's sealed keyring; the server keeps only the hash of the key that fetches it. */
@Entity('staff_vaults')
export class StaffVaultRow {
  @KeyBytes('subject_id') subjectId: Buffer;
  @Bytes('auth_hash') authHash: Buffer;
  @Bytes('certificate_hash') certificateHash: Buffer;
  @Bytes('keyring') keyring: Buffer;
  /** The signed list of what opens it; null as a ceremony made it, when `auth_hash` is its one recovery code. */
  @Bytes('unlockers', { nullable: true }) unlockers: Buffer | null;
  @Int('version') version: number;
  /** The last step of the second factor that was taken. */
  @BigInteger('factor_step') factorStep: number;
}

/** Wrong keys for one subject, whether there is such a subject or not. */
@Entity('unlock_attempts')
export class UnlockAttemptsRow {
  @KeyBytes('subject_id') subjectId: Buffer;
  @Int('failures') failures: number;
  /** Until then no key that could be guessed is judged. */
  @BigInteger('closed_until') closedUntil: number;
}

@Entity('staff_sessions')
export class StaffSessionRow {
  @KeyBytes('token_hash') tokenHash: Buffer;
  @Bytes('certificate_hash') certificateHash: Buffer;
  @BigInteger('expires_at') expiresAt: number;
  @Bytes('id') id: Buffer;
  /** Signs every request. */
  @Bytes('device_key') deviceKey: Buffer;
  /** Right after its holder unlocked her vault. */
  @BigInteger('opened_at') openedAt: number;
  /** To the minute. */
  @BigInteger('used_at') usedAt: number;
}

@Entity('nonces')
export class NonceRow {
  @KeyBytes('nonce') nonce: Buffer;
  @Text('purpose') purpose: 'mailbox' | 'session';
  @BigInteger('expires_at') expiresAt: number;
  /** Whose vault was unlocked, for a session's. */
  @Bytes('certificate_hash', { nullable: true }) certificateHash: Buffer | null;
}

/** A role epoch's seed, boxed to one holder. */
@Entity('epoch_boxes')
export class EpochBoxRow {
  @KeyBytes('role_id') roleId: Buffer;
  @PrimaryColumn({ name: 'epoch', type: 'integer' }) epoch: number;
  @Bytes('certificate_hash', { primary: true }) certificateHash: Buffer;
  @Bytes('box') box: Buffer;
}
