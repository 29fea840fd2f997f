/** The public files of the ledger: tiles, entry bundles and the checkpoint, all derived from the database. */
import { type Bytes, decodeUtf8, encodeUtf8 } from '@app/encoding';
import { FileError, readFileStrict, writeFileDurable, writeImmutable } from '@app/platform';
import {
  entriesPath,
  logFiles,
  type LogSource,
  parseCheckpoint,
  parseNote,
  type TileId,
  tilePath,
} from '@app/tlog';
import { rm } from 'node:fs/promises';
import path from 'node:path';

/** Where the public files are; paths are relative and of tlog's making. */
export interface LedgerStore {
  /** Resolves to undefined if there is no such file. */
  read(file: string): Promise<Bytes | undefined>;
  /** Durable when it resolves. Writing the same bytes again is fine; other bytes reject with `immutable_conflict`. */
  writeImmutable(file: string, bytes: Uint8Array): Promise<void>;
  /** Durable when it resolves; a reader sees the old bytes or the new ones. */
  replace(file: string, bytes: Uint8Array): Promise<void>;
  /** Removes a folder of partial tiles; fine if there is none. */
  removeFolder(folder: string): Promise<void>;
}

export const CHECKPOINT_FILE = 'checkpoint';

const TILE_WIDTH = 256;
/** A full bundle of the longest entries: 256 x (2 + 65 535). */
const FILE_MAX_BYTES = 256 * (2 + 0xffff);
/** Anyone may read them; nobody but this process writes them. */
const PUBLIC_FILE = { mode: 0o644 };

export function diskStore(folder: string): LedgerStore {
  const at = (file: string): string => path.join(folder, file);
  return {
    read: async (file) => {
      try {
        return await readFileStrict(at(file), FILE_MAX_BYTES);
      } catch (error) {
        if (error instanceof FileError && error.code === 'file_missing') return undefined;
        throw error;
      }
    },
    writeImmutable: (file, bytes) => writeImmutable(at(file), bytes, PUBLIC_FILE),
    replace: (file, bytes) => writeFileDurable(at(file), bytes, PUBLIC_FILE),
    removeFolder: (sub) => rm(at(sub), { recursive: true, force: true }),
  };
}

/** Tiles and bundles of a store. */
export function logSource(store: LedgerStore): LogSource {
  return logFiles((file) => store.read(file));
}

/**
 * Removes the partial widths of each tile and bundle before one that has become full. The ones just filled keep
 * theirs a while, for readers who hold a checkpoint from before.
 */
export async function removePartials(store: LedgerStore, grown: readonly TileId[]): Promise<void> {
  for (const { level, index } of grown.filter((tile) => tile.width === TILE_WIDTH && tile.index > 0)) {
    const before = index - 1;
    await store.removeFolder(`${tilePath({ level, index: before, width: TILE_WIDTH })}.p`);
    if (level === 0) await store.removeFolder(`${entriesPath(before, TILE_WIDTH)}.p`);
  }
}

/** A checkpoint as published. */
export type Published = { readonly note: string; readonly size: number; readonly root: Bytes };

/** The checkpoint file; undefined before the first one. @throws {ParseError} if it is not a checkpoint. */
export async function readPublished(store: LedgerStore): Promise<Published | undefined> {
  const bytes = await store.read(CHECKPOINT_FILE);
  if (bytes === undefined) return undefined;
  const note = decodeUtf8(bytes, 'checkpoint');
  const { size, root } = parseCheckpoint(parseNote(note).body);
  return { note, size, root };
}

/** Replaces a small text file if it does not hold this text already. */
export async function replaceText(store: LedgerStore, file: string, text: string): Promise<void> {
  const bytes = encodeUtf8(text);
  const present = await store.read(file);
  if (present === undefined || !Buffer.from(present).equals(bytes)) await store.replace(file, bytes);
}
