/** Receipts a person can keep: a C2SP tlog-proof whose extra data is the entry it proves. */
import { readFileSync } from 'node:fs';
import { sodiumVerifier } from '@app/crypto/verify';
import { VerificationError } from '@app/encoding';
import { parsePolicy, parseTlogProof, verifyTlogProof } from '@app/tlog';
import { readTrust } from '../stack/evaluation-files.js';

export type VerifiedReceipt = {
  readonly index: number;
  readonly size: number;
  readonly witnessedAt: number;
  readonly witnesses: readonly string[];
};

/**
 * Verifies a receipt offline against the pinned policy.
 * @throws {VerificationError} `entry_missing` for a proof without its entry; as `verifyTlogProof`.
 */
export async function verifyReceiptFile(file: string, trustFile: string): Promise<VerifiedReceipt> {
  const text = readFileSync(file, 'utf8');
  const { extra } = parseTlogProof(text);
  if (extra === undefined) throw new VerificationError('entry_missing');
  const policy = parsePolicy(readTrust(trustFile).policy);
  const proven = verifyTlogProof(text, extra, policy, await sodiumVerifier());
  return {
    index: proven.index,
    size: proven.checkpoint.size,
    witnessedAt: proven.quorumTime,
    witnesses: proven.witnessed.map((w) => w.name),
  };
}
