import type { Policy } from '@app/casework';
import type { EventReceipt } from '@app/contracts';
import type { Tx } from '@app/persistence';
import type { Random } from '@app/platform';
import { type NewCase, type NewEvent, openCase, recordEvent } from './append.js';
import type { Directory } from './directory.js';

/** Appending as the servers inject it: with their randomness, at the tick of the POLICY in force. */
export class LedgerAppender {
  readonly #directory: Directory;
  readonly #random: Random;

  constructor(directory: Directory, random: Random) {
    this.#directory = directory;
    this.#random = random;
  }

  /** @param policy - the one in force, which the new case follows. */
  openCase(
    tx: Tx,
    opened: Omit<NewEvent, 'row'> & { readonly row: NewCase },
    policy: Pick<Policy, 'tick_seconds'>,
  ): Promise<EventReceipt> {
    return openCase(tx, opened, { random: this.#random, tickSeconds: policy.tick_seconds });
  }

  async recordEvent(tx: Tx, recorded: NewEvent): Promise<EventReceipt> {
    const { policy } = await this.#directory.currentPolicy(tx);
    return recordEvent(tx, recorded, { random: this.#random, tickSeconds: policy.tick_seconds });
  }
}
