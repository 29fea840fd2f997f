import type { EventReceipt } from '@app/contracts';
import type { Tx } from '@app/persistence';
import type { Random } from '@app/platform';
import { type AppendDeps, type NewCase, type NewEvent, openCase, recordEvent } from './append.js';
import type { Directory } from './directory.js';

/** Appending as the servers inject it: with their randomness, at the tick of the POLICY in force. */
export class LedgerAppender {
  readonly #directory: Directory;
  readonly #random: Random;

  constructor(directory: Directory, random: Random) {
    this.#directory = directory;
    this.#random = random;
  }

  async openCase(tx: Tx, opened: Omit<NewEvent, 'row'> & { readonly row: NewCase }): Promise<EventReceipt> {
    return openCase(tx, opened, await this.#deps(tx));
  }

  async recordEvent(tx: Tx, recorded: NewEvent): Promise<EventReceipt> {
    return recordEvent(tx, recorded, await this.#deps(tx));
  }

  async #deps(tx: Tx): Promise<AppendDeps> {
    const { policy } = await this.#directory.currentPolicy(tx);
    return { random: this.#random, tickSeconds: policy.tick_seconds };
  }
}
