/** `safe-conduct fsck`: re-derives a whole ledger from its entries and names every file that is wrong. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type CollectedLedger, collectLedger, ledgerOverHttp } from '@app/client';
import { sodiumVerifier } from '@app/crypto/verify';
import { entriesPath, type LogSource, tilePath } from '@app/tlog';
import { apiOf } from '../client.js';
import { readTrust } from '../stack/evaluation-files.js';

/** @param target - an origin, or a folder with `checkpoint` and `tile/`. */
export async function fsck(
  target: string,
  trustFile: string,
  onProgress?: (done: number, total: number) => void,
): Promise<CollectedLedger> {
  const { checkpoint, source } = await open(target);
  return collectLedger(await sodiumVerifier(), readTrust(trustFile), checkpoint, source, onProgress);
}

async function open(target: string): Promise<{ checkpoint: string; source: LogSource }> {
  if (/^https?:/.test(target)) {
    const api = apiOf(target);
    return { checkpoint: await api.call('checkpoint', {}), source: ledgerOverHttp(api) };
  }
  const read = async (file: string): Promise<Uint8Array<ArrayBuffer>> =>
    new Uint8Array(await readFile(path.join(target, file)));
  return {
    checkpoint: await readFile(path.join(target, 'checkpoint'), 'utf8'),
    source: {
      readTile: (tile) => read(tilePath(tile)),
      readEntries: (index, width) => read(entriesPath(index, width)),
    },
  };
}
