import { type LedgerServices, LedgerFault, Publisher, type PublisherDeps, Sequencer } from '@app/ledger';
import { errorCode, type Log } from '@app/platform';
import { raiseAlarmNow } from '../alarms.js';
import type { DirectoryService } from '../directory/directory.service.js';

/**
 * The heartbeat of the ledger: number what waits, then publish. Publishing may fail; the ledger has grown. After a
 * fault nothing is added any more, so that a restored database can still be brought back to its log.
 */
export class TickService {
  readonly #services: LedgerServices;
  readonly #directory: DirectoryService;
  readonly #publisher: Publisher;
  readonly #log: Log;
  #fault: LedgerFault | undefined;

  constructor(
    services: LedgerServices,
    directory: DirectoryService,
    parties: Pick<PublisherDeps, 'signer' | 'witnesses' | 'verifier'>,
    log: Log,
  ) {
    const { work, store, clock } = services;
    this.#services = services;
    this.#directory = directory;
    this.#publisher = new Publisher({ work, store, clock, ...parties, trust: () => directory.inForce() });
    this.#log = log;
  }

  /** @throws {LedgerFault} if signer or witnesses know more than the database. */
  async meetParties(): Promise<void> {
    await this.#watched(() => this.#publisher.meetParties());
  }

  async tick(): Promise<void> {
    if (this.#fault !== undefined) throw this.#fault;
    const { work, random, clock } = this.#services;
    const { tickSeconds } = await this.#directory.inForce();
    await this.#watched(() => new Sequencer({ work, random, tickSeconds }).tick(clock.now()));
    await this.#publish();
  }

  async #publish(): Promise<void> {
    try {
      const { published, problems } = await this.#watched(() => this.#publisher.publish());
      for (const code of new Set(problems)) this.#log.warn('publish.delayed', { code, treeSize: published });
    } catch (error) {
      this.#log.error('publish.failed', { code: errorCode(error) });
    }
  }

  async #watched<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (error instanceof LedgerFault) {
        this.#fault = error;
        const { work, clock } = this.#services;
        await raiseAlarmNow({ work, log: this.#log, now: clock.now() }, 'ledger_fault', error.code);
      }
      throw error;
    }
  }
}
