/** Where a log's files are read from, whatever keeps them (SPEC.md §3.6). */
import { type Bytes } from '@app/encoding';
import { TILE_WIDTH, encodeEntryBundle, entriesPath, parseEntryBundle, tilePath } from './tile.js';
import { type TileReader } from './tile-tree.js';
import { HASH_BYTES } from './hash.js';

/** Reads a log's files. A read that rejects counts as a missing file, unless it rejects with {@link LogUnreadable}. */
export interface LogSource extends TileReader {
  /** Resolves to the bundle of `width` entries. */
  readEntries(index: number, width: number): Promise<Uint8Array>;
}

/** Nothing can be said of the file: what keeps it is away. Whoever reads a log stops, with `cause` as the reason. */
export class LogUnreadable extends Error {
  readonly code = 'log_unreadable';

  constructor(cause: unknown) {
    super('log_unreadable', { cause });
    this.name = 'LogUnreadable';
  }
}

/** A tile or bundle that is not there. */
export class FileMissing extends Error {
  readonly code = 'file_missing';

  constructor() {
    super('file_missing');
    this.name = 'FileMissing';
  }
}

/**
 * A log as files: tiles and bundles by path. A partial one that is gone is cut out of the full one that took its
 * place.
 *
 * @param read - resolves to the bytes of a file, to undefined if there is no such file; what it throws is passed on.
 * @returns rejects with {@link FileMissing} where neither is there, `ParseError` where a full bundle is malformed.
 * @see SPEC.md §3.6; C2SP tlog-tiles, Partial Tiles
 */
export function logFiles(read: (path: string) => Promise<Bytes | undefined>): LogSource {
  const readFull = async (width: number, path: string): Promise<Bytes> => {
    const full = width < TILE_WIDTH ? await read(path) : undefined;
    if (full === undefined) throw new FileMissing();
    return full;
  };
  return {
    readTile: async (tile) => {
      const found = await read(tilePath(tile));
      if (found !== undefined) return found;
      const full = await readFull(tile.width, tilePath({ ...tile, width: TILE_WIDTH }));
      return full.slice(0, tile.width * HASH_BYTES);
    },
    readEntries: async (index, width) => {
      const found = await read(entriesPath(index, width));
      if (found !== undefined) return found;
      const full = await readFull(width, entriesPath(index, TILE_WIDTH));
      return encodeEntryBundle(parseEntryBundle(full, TILE_WIDTH).slice(0, width));
    },
  };
}
