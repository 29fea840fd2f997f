/** Ledgers to be checked: by URL, or in a folder. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ApiClient } from '@app/api-client';
import { type PublishedLedger, publishedOverHttp } from '@app/client';
import { type Bytes, Invariant } from '@app/encoding';
import { type LogSource, LogUnreadable } from '@app/tlog';
import { apiOf } from '../client.js';
import { CliError, usage } from '../errors.js';

const TILE_WIDTH = 256;
/** Bundles that are asked for before their turn, so that a far server does not cost a round trip for each. */
const AHEAD = 8;

/**
 * @param target - a URL, or a folder with `checkpoint` and `tile/`.
 * @throws CliError if the URL is none.
 */
export function openLedger(target: string): PublishedLedger {
  return isUrl(target) ? publishedOverHttp(apiAt(target)) : ledgerInFolder(target);
}

/**
 * @param url - an origin, or below one the path at which a proxy or a server of files has the ledger.
 * @throws CliError for a query, a fragment, or no host.
 */
export function apiAt(url: string): ApiClient {
  const [, origin, prefix] = /^(https?:\/\/[^/?#\s]+)((?:\/[^/?#\s]+)*)\/*$/.exec(url) ?? [];
  if (origin !== undefined) return apiOf(origin, prefix);
  throw usage(
    `${url} is not where a ledger can be; name it like https://report.example.org, or with a path below.`,
  );
}

export function isUrl(target: string): boolean {
  return /^https?:/.test(target);
}

export function ledgerInFolder(folder: string): PublishedLedger {
  const read = async (file: string): Promise<Bytes | undefined> => {
    try {
      return new Uint8Array(await readFile(path.join(folder, file)));
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
      throw new LogUnreadable(error);
    }
  };
  return {
    checkpoint: async () => {
      const bytes = await read('checkpoint');
      if (bytes === undefined)
        throw new CliError('checkpoint_missing', `There is no checkpoint in ${folder}.`);
      return Buffer.from(bytes).toString('utf8');
    },
    read,
  };
}

/** The same source, asked ahead for the leaves of a tree of `size` entries; memory stays bounded. */
export function readingAhead(source: LogSource, size: number): LogSource {
  const bundles = new Ahead(size, (index, width) => source.readEntries(index, width));
  const tiles = new Ahead(size, (index, width) => source.readTile({ level: 0, index, width }));
  return {
    readTile: (tile) => (tile.level === 0 ? tiles.read(tile.index, tile.width) : source.readTile(tile)),
    readEntries: (index, width) => bundles.read(index, width),
  };
}

type Read = (index: number, width: number) => Promise<Uint8Array>;

class Ahead {
  readonly #size: number;
  readonly #read: Read;
  readonly #started = new Map<number, Promise<Uint8Array>>();

  constructor(size: number, read: Read) {
    this.#size = size;
    this.#read = read;
  }

  read(index: number, width: number): Promise<Uint8Array> {
    if (width !== this.#widthOf(index)) throw new Invariant('width of a leaf tile');
    for (const earlier of this.#started.keys()) if (earlier < index) this.#started.delete(earlier);
    for (let next = index; next < index + AHEAD && this.#widthOf(next) > 0; next += 1) this.#start(next);
    const read = this.#started.get(index) ?? this.#read(index, width);
    this.#started.delete(index);
    return read;
  }

  #start(index: number): void {
    if (this.#started.has(index)) return;
    const read = this.#read(index, this.#widthOf(index));
    // Whoever comes to it meets the error; nobody has to.
    read.catch(() => undefined);
    this.#started.set(index, read);
  }

  #widthOf(index: number): number {
    return Math.min(TILE_WIDTH, this.#size - index * TILE_WIDTH);
  }
}
