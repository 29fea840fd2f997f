/**
 * The folder of a ceremony: small public files that are carried from person to person on a stick. Secrets never lie in
 * it; they are written where their owner says, for her eyes alone.
 */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { CeremonyError } from '@app/client';
import { type Bytes, encodeUtf8 } from '@app/encoding';
import { readFileStrict, writeImmutable } from '@app/platform';

const MAX_BYTES = 16 * 1024 * 1024;

export class Folder {
  readonly path: string;

  constructor(folder: string) {
    this.path = path.resolve(folder);
  }

  /** A name means a file in the folder; a whole path stands for itself. */
  at(name: string): string {
    return path.resolve(this.path, name);
  }

  /** Refuses a path in this folder for a secret. @throws {CeremonyError} `secret_in_folder`. */
  refuseSecrets(...files: readonly (string | undefined)[]): void {
    const inside = files.find((file) => file !== undefined && this.#contains(file));
    if (inside !== undefined) throw new CeremonyError('secret_in_folder', path.basename(inside));
  }

  #contains(file: string): boolean {
    const way = path.relative(this.path, path.resolve(file));
    return way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way);
  }

  has(name: string): boolean {
    return existsSync(this.at(name));
  }

  /** @throws {FileError} `file_missing`, `file_too_large`, `not_a_file`. */
  read(name: string): Promise<Bytes> {
    return readBytes(this.at(name));
  }

  async text(name: string): Promise<string> {
    return new TextDecoder().decode(await this.read(name));
  }

  /** Names of the files that end so, in order. */
  ending(suffix: string): readonly string[] {
    return existsSync(this.path)
      ? readdirSync(this.path)
          .filter((name) => name.endsWith(suffix))
          .sort()
      : [];
  }

  /** Whole or not at all, and never over another file. @throws {FileError} `immutable_conflict`. */
  async write(name: string, content: Uint8Array | string): Promise<void> {
    await writeNew(this.at(name), content, 0o644);
  }
}

export async function readBytes(file: string): Promise<Bytes> {
  return readFileStrict(file, MAX_BYTES);
}

/** Writes a file that nobody but its owner may read. @throws {FileError} `immutable_conflict`. */
export function writeSecret(file: string, content: Uint8Array | string): Promise<void> {
  return writeNew(file, content, 0o600);
}

async function writeNew(file: string, content: Uint8Array | string, mode: number): Promise<void> {
  await writeImmutable(file, typeof content === 'string' ? encodeUtf8(content) : content, { mode });
}

/** Before words are shown or typed: nothing that a step would write is there. @throws {CeremonyError} `file_there`. */
export function refuseExisting(...files: readonly (string | undefined)[]): void {
  const there = files.find((file) => file !== undefined && existsSync(file));
  if (there !== undefined) throw new CeremonyError('file_there', path.basename(there));
}
