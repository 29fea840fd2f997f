import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Why: documents that the ledger announces besides KEYSETs and policies: release manifests, statistics, and tokens
 * that anchor it elsewhere. Locks: none that matter, the table is new. Back-fill: none. Undo: drop the table while it
 * is empty.
 */
export class Documents1764100001000 implements MigrationInterface {
  readonly name = 'Documents1764100001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
create table published_documents (
  hash bytes32 constraint published_documents_pkey primary key,
  kind text not null check (kind in ('release', 'statistics', 'anchor')),
  number integer not null check (number > 0),
  bytes bytea not null check (octet_length(bytes) between 1 and 1048576),
  imported_at instant not null,
  constraint published_documents_number_key unique (kind, number)
);
call make_append_only('published_documents');
grant select on published_documents to sc_intake, sc_desk, sc_worker;
grant insert on published_documents to sc_worker;
`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}
