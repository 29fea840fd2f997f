/** Nothing is wrong anywhere: not in the public files, not in the database, not between them. */
import { auditDatabase, startUpAudit } from '@app/ledger';
import { expect } from '@jest/globals';
import type { LedgerStage } from './ledger-stage.js';

/** @param size - what is published. */
export async function expectSound(stage: LedgerStage, size: number): Promise<void> {
  expect(await stage.audit()).toMatchObject({ size, findings: [] });
  const found = await stage.worker.work.read((tx) => auditDatabase(tx, stage.store, { from: 0, to: size }));
  expect(found).toEqual([]);
  await stage.worker.work.read((tx) => startUpAudit(tx, stage.store));
  const [counted] = await stage.owner.query<{ waiting: number; numbered: number }[]>(
    `select (select count(*)::int from log_outbox) as waiting, (select count(*)::int from log_sequence) as numbered`,
  );
  expect(counted!.numbered).toBe(counted!.waiting);
}
