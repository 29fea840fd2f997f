/** Writes that fail, and writes that fail although they were carried out. */
import type { LedgerStore } from '@app/ledger';

export const MODES = ['fails', 'fails but persists'] as const;
export type Mode = (typeof MODES)[number];

export class Injected extends Error {}

/** Fails the write with the number `at`, and counts. */
export class Fault {
  readonly #at: number;
  readonly #mode: Mode;
  writes = 0;

  constructor(at: number, mode: Mode) {
    this.#at = at;
    this.#mode = mode;
  }

  async through<T>(write: () => Promise<T>): Promise<T> {
    this.writes += 1;
    if (this.writes !== this.#at) return write();
    if (this.#mode === 'fails but persists') await write();
    throw new Injected();
  }
}

/** The number of no write. */
export const NEVER = 0;

export function faultyStore(store: LedgerStore, fault: Fault): LedgerStore {
  return {
    read: (file) => store.read(file),
    writeImmutable: (file, bytes) => fault.through(() => store.writeImmutable(file, bytes)),
    replace: (file, bytes) => fault.through(() => store.replace(file, bytes)),
    removeFolder: (folder) => fault.through(() => store.removeFolder(folder)),
  };
}
