/** Nothing is wrong anywhere: not in the public files, not in the database, not between them. */
import { auditDatabase, readPublished, startUpAudit } from '@app/ledger';
import { expect } from '@jest/globals';
import type { LedgerStage } from './ledger-stage.js';

/** @param size - what is published. */
export async function expectSound(stage: LedgerStage, size: number): Promise<void> {
  expect(await stage.audit()).toMatchObject({ size, findings: [] });
  expect(await auditStored(stage)).toEqual([]);
  await stage.worker.work.read((tx) => startUpAudit(tx, stage.store));
  const [counted] = await stage.owner.query<{ waiting: number; numbered: number }[]>(
    `select (select count(*)::int from log_outbox) as waiting, (select count(*)::int from log_sequence) as numbered`,
  );
  expect(counted!.numbered).toBe(counted!.waiting);
}

/** The audit of the database against all that is published. */
export async function auditStored(stage: LedgerStage): ReturnType<typeof auditDatabase> {
  const to = (await readPublished(stage.store))?.size ?? 0;
  return stage.worker.work.read((tx) => auditDatabase(tx, stage.store, { from: 0, to }));
}
