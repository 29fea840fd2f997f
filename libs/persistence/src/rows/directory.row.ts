import { Entity, PrimaryColumn } from 'typeorm';
import { BigInteger, Bytes, Int, KeyBytes, Text } from './columns.js';

@Entity('keysets')
export class KeysetRow {
  @PrimaryColumn({ name: 'version', type: 'integer' }) version: number;
  @Int('root_version') rootVersion: number;
  @Bytes('hash') hash: Buffer;
  @Bytes('bytes') bytes: Buffer;
  @BigInteger('imported_at') importedAt: number;
}

/** A document that an entry of the ledger names by its hash. Numbers run from 1 within a kind. */
@Entity('published_documents')
export class DocumentRow {
  @KeyBytes('hash') hash: Buffer;
  @Text('kind') kind: 'release' | 'statistics' | 'anchor';
  @Int('number') number: number;
  @Bytes('bytes') bytes: Buffer;
  @BigInteger('imported_at') importedAt: number;
}

/** The published targets of the clocks, as canonical JSON; its SHA-256 is what events name. */
@Entity('policies')
export class PolicyRow {
  @KeyBytes('hash') hash: Buffer;
  @Int('version') version: number;
  @Text('body') body: string;
  @BigInteger('imported_at') importedAt: number;
}
