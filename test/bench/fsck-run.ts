/** One check of a whole ledger, and as many bare hashes of the same sizes, in one process. */
import { hash, randomBytes } from 'node:crypto';
import { sodiumVerifier } from '@app/crypto/verify';
import { checkLedger } from '../../apps/cli/src/outside/fsck.js';
import { ledgerInFolder } from '../../apps/cli/src/outside/ledger-files.js';
import { readTrust } from '../../apps/cli/src/stack/evaluation-files.js';
import { answer } from './child.js';

export type FsckQuestion = { readonly folder: string; readonly entries: number };
export type FsckAnswer = { readonly fsckMs: number; readonly hashMs: number };

/** A leaf is hashed over a prefix and an entry of a case, a node over a prefix and two hashes. */
const LEAF_BYTES = 45;
const NODE_BYTES = 65;

/** Processor time of this process, ms: others at work on the machine change it little. */
async function spentMs(work: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function hashAll(count: number): void {
  const [leaf, node] = [randomBytes(LEAF_BYTES), randomBytes(NODE_BYTES)];
  for (let i = 0; i < count; i++) hash('sha256', leaf, 'buffer');
  for (let i = 0; i < count; i++) hash('sha256', node, 'buffer');
}

answer(async ({ folder, entries }: FsckQuestion): Promise<FsckAnswer> => {
  const half = Math.floor(entries / 2);
  const before = await spentMs(() => {
    hashAll(half);
  });
  const fsckMs = await spentMs(async () => {
    const report = await checkLedger({
      verifier: await sodiumVerifier(),
      trust: readTrust(`${folder}/trust.json`),
      ledger: ledgerInFolder(folder),
      folder,
    });
    if (report.size !== entries || report.findings.length > 0) {
      throw new Error('fsck judges an intact ledger wrongly');
    }
  });
  const after = await spentMs(() => {
    hashAll(entries - half);
  });
  return { fsckMs, hashMs: before + after };
});
