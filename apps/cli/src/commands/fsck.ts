/** `safe-conduct fsck`: re-derives a whole ledger from its entries and names every file that is wrong. */
import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ApiClient } from '@app/api-client';
import { type CollectedLedger, collectLedger, ledgerOverHttp } from '@app/client';
import { sodiumVerifier } from '@app/crypto/verify';
import type { Bytes } from '@app/encoding';
import { entriesPath, type LogSource, tilePath } from '@app/tlog';
import { apiOf } from '../client.js';
import { auditPartials } from './partials.js';
import { readTrust } from '../stack/evaluation-files.js';

/** OpenSSL's, which is several times as fast as one in JavaScript. */
const sha256 = (message: Uint8Array): Bytes => hash('sha256', message, 'buffer') as Uint8Array as Bytes;

/** @param target - an origin, a client of one, or a folder with `checkpoint` and `tile/`. */
export async function fsck(
  target: string | ApiClient,
  trustFile: string,
  onProgress?: (done: number, total: number) => void,
): Promise<CollectedLedger> {
  const { checkpoint, source } = await open(target);
  const options = { onProgress, sha256 };
  const ledger = await collectLedger(
    await sodiumVerifier(),
    readTrust(trustFile),
    checkpoint,
    source,
    options,
  );
  if (typeof target !== 'string' || isUrl(target)) return ledger;
  const { size, findings } = ledger.report;
  const left = await auditPartials(target, size, source, findings);
  return { ...ledger, report: { ...ledger.report, findings: [...findings, ...left] } };
}

function isUrl(target: string): boolean {
  return /^https?:/.test(target);
}

async function open(target: string | ApiClient): Promise<{ checkpoint: string; source: LogSource }> {
  if (typeof target !== 'string' || isUrl(target)) {
    const api = typeof target === 'string' ? apiOf(target) : target;
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
