/** The files of a copy of a log, as its owner writes them: each durable when the write resolves. */
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Bytes } from '@app/encoding';
import { writeFileDurable, writeImmutable } from '@app/platform';
import { ledgerInFolder } from './ledger-files.js';

export interface CopyFiles {
  /** Resolves to undefined if there is no such file. */
  read(file: string): Promise<Bytes | undefined>;
  /** Writing the same bytes again is fine; other bytes reject with `immutable_conflict`. */
  writeImmutable(file: string, bytes: Uint8Array): Promise<void>;
  /** A reader sees the old bytes or the new ones. */
  replace(file: string, bytes: Uint8Array): Promise<void>;
  /** Names in a folder; none if there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** Removes a file or a folder; fine if there is none. */
  remove(target: string): Promise<void>;
}

/** Anyone may read a copy. */
const PUBLIC = { mode: 0o644 };

export function copyFiles(folder: string): CopyFiles {
  const at = (file: string): string => path.join(folder, file);
  return {
    read: (file) => ledgerInFolder(folder).read(file),
    writeImmutable: (file, bytes) => writeImmutable(at(file), bytes, PUBLIC),
    replace: (file, bytes) => writeFileDurable(at(file), bytes, PUBLIC),
    list: (sub) => readdir(at(sub)).catch(() => []),
    remove: (target) => rm(at(target), { recursive: true, force: true }),
  };
}
