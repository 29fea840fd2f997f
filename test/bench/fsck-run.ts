/** One check of a whole ledger, and as many bare hashes of the same sizes, in one process. */
import { hash, randomBytes } from 'node:crypto';
import { fsck } from '../../apps/cli/src/commands/fsck.js';
import { answer } from './child.js';

export type FsckQuestion = { readonly folder: string; readonly entries: number };
export type FsckAnswer = { readonly fsckMs: number; readonly hashMs: number };

/** A leaf is hashed over a prefix and an entry of a case, a node over a prefix and two hashes. */
const LEAF_BYTES = 45;
const NODE_BYTES = 65;

function hashAll(count: number): number {
  const [leaf, node] = [randomBytes(LEAF_BYTES), randomBytes(NODE_BYTES)];
  const began = performance.now();
  for (let i = 0; i < count; i++) hash('sha256', leaf, 'buffer');
  for (let i = 0; i < count; i++) hash('sha256', node, 'buffer');
  return performance.now() - began;
}

answer<FsckQuestion, FsckAnswer>(async ({ folder, entries }) => {
  const began = performance.now();
  const report = await fsck(folder, `${folder}/trust.json`);
  const fsckMs = performance.now() - began;
  if (report.size !== entries || report.findings.length > 0)
    throw new Error('fsck judges an intact ledger wrongly');
  return { fsckMs, hashMs: hashAll(entries) };
});
