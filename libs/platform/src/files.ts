/**
 * Files that survive a power cut: a reader sees the old bytes or the new ones, never a part, and what was reported
 * written is on the disk (file and folder are both flushed).
 */
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

export type FileErrorCode =
  'file_missing' | 'file_too_large' | 'not_a_file' | 'immutable_conflict' | 'file_empty';

export class FileError extends Error {
  readonly code: FileErrorCode;

  constructor(code: FileErrorCode, file: string) {
    super(`${path.basename(file)}: ${code}`);
    this.name = 'FileError';
    this.code = code;
  }
}

type WriteOptions = { readonly mode?: number };

/** Replaces the file at once, making parent folders as needed; `mode` defaults to 0600. */
export async function writeFileDurable(
  file: string,
  bytes: Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  await throughDraft(file, bytes, options, (draft) => rename(draft, file));
}

/**
 * Writes a file that never changes afterwards; writing the same bytes again is fine.
 * @throws FileError `immutable_conflict` when other bytes are there; they are left alone.
 */
export async function writeImmutable(
  file: string,
  bytes: Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  if (await holdsSame(file, bytes)) return;
  await throughDraft(file, bytes, options, async (draft) => {
    try {
      // A link, unlike a rename, fails when another process was quicker.
      await link(draft, file);
    } catch (err) {
      if (!isErrno(err, 'EEXIST')) throw err;
      await holdsSame(file, bytes);
    }
  });
}

/**
 * Reads a whole regular file of at most `maxBytes`.
 * @throws FileError `file_missing`, `not_a_file`, `file_too_large`.
 */
export async function readFileStrict(file: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readIfPresent(file, maxBytes);
  if (bytes === undefined) throw new FileError('file_missing', file);
  return bytes;
}

async function holdsSame(file: string, bytes: Uint8Array): Promise<boolean> {
  try {
    const present = await readIfPresent(file, bytes.length);
    if (present === undefined) return false;
    if (Buffer.from(present.buffer).equals(bytes)) return true;
  } catch (err) {
    if (!(err instanceof FileError)) throw err;
  }
  throw new FileError('immutable_conflict', file);
}

async function readIfPresent(file: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (err) {
    if (isErrno(err, 'ENOENT')) return undefined;
    throw err;
  }
  try {
    const { size, isFile } = await handle.stat().then((s) => ({ size: s.size, isFile: s.isFile() }));
    if (!isFile) throw new FileError('not_a_file', file);
    if (size > maxBytes) throw new FileError('file_too_large', file);
    const bytes = new Uint8Array(await handle.readFile());
    // The file may have grown since it was measured.
    if (bytes.length > maxBytes) throw new FileError('file_too_large', file);
    return bytes;
  } finally {
    await handle.close();
  }
}

async function throughDraft(
  file: string,
  bytes: Uint8Array,
  { mode = 0o600 }: WriteOptions,
  publish: (draft: string) => Promise<void>,
): Promise<void> {
  const folder = path.dirname(file);
  const topmostMade = await mkdir(folder, { recursive: true });
  const draft = path.join(folder, `.${path.basename(file)}.${randomBytes(6).toString('hex')}.draft`);
  try {
    const handle = await open(draft, 'wx', mode);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // Crash here: a draft is left, which no reader looks at.
    await publish(draft);
  } finally {
    await rm(draft, { force: true });
  }
  await syncFolders(folder, topmostMade);
}

/** Flushes the folder, and the parents of every folder that was just made. */
async function syncFolders(folder: string, topmostMade: string | undefined): Promise<void> {
  const last = topmostMade === undefined ? folder : path.dirname(topmostMade);
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const handle = await open(at, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (at === path.resolve(last) || at === path.dirname(at)) return;
  }
}

function isErrno(err: unknown, code: string): boolean {
  return typeof err === 'object' && err !== null && 'code' in err && err.code === code;
}
