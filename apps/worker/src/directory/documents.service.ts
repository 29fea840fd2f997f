import type { LedgerServices } from '@app/ledger';
import type { DocumentRow } from '@app/persistence';
import { FileError, type Log, readFileStrict } from '@app/platform';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { raiseAlarmNow } from '../alarms.js';

const KINDS: readonly DocumentRow['kind'][] = ['release', 'statistics', 'anchor'];
const MAX_BYTES = 1_048_576;

/**
 * Publishes what is put into `published/<kind>/` and has the ledger announce it: release manifests, statistics, and
 * tokens that anchor a checkpoint elsewhere. A file counts from the moment its name has no leading dot, in the order
 * of names, and once: what is announced cannot be taken back.
 */
export class DocumentsService {
  readonly #services: LedgerServices;
  readonly #folder: string;
  readonly #log: Log;
  readonly #done = new Set<string>();

  constructor(services: LedgerServices, directoryFolder: string, log: Log) {
    this.#services = services;
    this.#folder = path.join(directoryFolder, 'published');
    this.#log = log;
  }

  async publish(tickSeconds: number): Promise<void> {
    for (const kind of KINDS) {
      for (const name of await namesIn(path.join(this.#folder, kind))) {
        const file = path.join(kind, name);
        if (this.#done.has(file)) continue;
        await this.#publishOne(kind, file, tickSeconds);
        this.#done.add(file);
      }
    }
  }

  async #publishOne(kind: DocumentRow['kind'], file: string, tickSeconds: number): Promise<void> {
    const { work, directory, clock } = this.#services;
    try {
      const bytes = await readFileStrict(path.join(this.#folder, file), MAX_BYTES);
      if (bytes.length === 0) throw new FileError('file_empty', file);
      await work.run((tx) => directory.acceptDocument(tx, kind, bytes, { tickSeconds }));
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      await raiseAlarmNow(
        { work, log: this.#log, now: clock.now() },
        'document_refused',
        `${kind}:${error.code}`,
      );
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => !name.startsWith('.')).sort();
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return [];
    throw error;
  }
}
