/** The whole ledger with all its entries in memory: what the demonstration recomputes its times from. */
import { type CollectedLedger, collectLedger } from '@app/client';
import { sodiumVerifier } from '@app/crypto/verify';
import { logFiles } from '@app/tlog';
import { openLedger } from '../outside/ledger-files.js';
import { readTrust } from '../stack/evaluation-files.js';

/** @param target - an origin, or a folder with `checkpoint` and `tile/`. */
export async function fsck(target: string, trustFile: string): Promise<CollectedLedger> {
  const ledger = openLedger(target);
  const source = logFiles((path) => ledger.read(path));
  return collectLedger(await sodiumVerifier(), readTrust(trustFile), await ledger.checkpoint(), source);
}
