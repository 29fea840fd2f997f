import { Entity } from 'typeorm';
import { BigInteger, Bytes, Int, KeyBytes } from './columns.js';

@Entity('blobs')
export class BlobRow {
  @KeyBytes('id') id: Buffer;
  @Bytes('mailbox_id') mailboxId: Buffer;
  @BigInteger('length') length: number;
  @BigInteger('reserved_at') reservedAt: number;
}

@Entity('blob_parts')
export class BlobPartRow {
  @KeyBytes('blob_id') blobId: Buffer;
  @Int('part', { primary: true }) part: number;
  @Bytes('sha256') sha256: Buffer;
  @Bytes('bytes') bytes: Buffer;
}

/** Binds a complete blob to the event that brought it. */
@Entity('case_blobs')
export class CaseBlobRow {
  @KeyBytes('blob_id') blobId: Buffer;
  @Bytes('case_pseudonym') casePseudonym: Buffer;
  @Int('event_number') eventNumber: number;
}
