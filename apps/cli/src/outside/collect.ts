/** The whole ledger with all its entries in memory: what the demonstration recomputes its times from. */
import type { ApiClient } from '@app/api-client';
import { type CollectedLedger, collectLedger, publishedOverHttp } from '@app/client';
import { sodiumVerifier } from '@app/crypto/verify';
import { sha256 } from '@app/platform';
import { logFiles } from '@app/tlog';
import { openLedger } from './ledger-files.js';
import { readTrust } from '../stack/evaluation-files.js';

/** @param target - an origin, a client of one, or a folder with `checkpoint` and `tile/`. */
export async function collect(
  target: string | ApiClient,
  trustFile: string,
  onProgress?: (done: number, total: number) => void,
): Promise<CollectedLedger> {
  const ledger = typeof target === 'string' ? openLedger(target) : publishedOverHttp(target);
  const source = logFiles((path) => ledger.read(path));
  const verifier = await sodiumVerifier();
  const options = { onProgress, sha256 };
  return collectLedger(verifier, readTrust(trustFile), await ledger.checkpoint(), source, options);
}
