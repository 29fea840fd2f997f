/** `safe-conduct fsck`: re-derives a whole ledger from its entries and names every file that is wrong. */
import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type CollectedLedger, collectLedger, ledgerOverHttp } from '@app/client';
import { sodiumVerifier } from '@app/crypto/verify';
import type { Bytes } from '@app/encoding';
import { type AuditReport, auditTree, entriesPath, type LogSource, parsePolicy, tilePath } from '@app/tlog';
import { apiOf } from '../client.js';
import { readTrust } from '../stack/evaluation-files.js';

/** OpenSSL's, which is several times as fast as one in JavaScript. */
const sha256 = (message: Uint8Array): Bytes => hash('sha256', message, 'buffer') as Uint8Array as Bytes;

/**
 * Keeps nothing of the ledger, however large it is.
 * @param target - an origin, or a folder with `checkpoint` and `tile/`.
 */
export async function fsck(
  target: string,
  trustFile: string,
  onProgress?: (done: number, total: number) => void,
): Promise<AuditReport> {
  const { checkpoint, source } = await open(target);
  const policy = parsePolicy(readTrust(trustFile).policy);
  return auditTree(checkpoint, policy, await sodiumVerifier(), source, { onProgress, sha256 });
}

/** As {@link fsck}, and keeps the entries. */
export async function fsckAndCollect(target: string, trustFile: string): Promise<CollectedLedger> {
  const { checkpoint, source } = await open(target);
  return collectLedger(await sodiumVerifier(), readTrust(trustFile), checkpoint, source, { sha256 });
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
