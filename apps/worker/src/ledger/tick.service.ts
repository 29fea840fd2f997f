import { type LedgerServices, LedgerFault, Publisher, type PublisherDeps, Sequencer } from '@app/ledger';
import { errorCode, type Log } from '@app/platform';
import { raiseAlarmNow } from '../alarms.js';
import type { DirectoryService } from '../directory/directory.service.js';

/** The heartbeat of the ledger: number what waits, then publish. Publishing may fail; the ledger has grown. */
export class TickService {
  readonly #services: LedgerServices;
  readonly #directory: DirectoryService;
  readonly #publisher: Publisher;
  readonly #log: Log;

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

  async tick(): Promise<void> {
    const { work, random, clock } = this.#services;
    const { tickSeconds } = await this.#directory.inForce();
    try {
      await new Sequencer({ work, random, tickSeconds }).tick(clock.now());
    } catch (error) {
      await this.#alarmIfFault(error);
      throw error;
    }
    await this.#publish();
  }

  async #publish(): Promise<void> {
    try {
      const { published, problems } = await this.#publisher.publish();
      for (const code of new Set(problems)) this.#log.warn('publish.delayed', { code, treeSize: published });
    } catch (error) {
      this.#log.error('publish.failed', { code: errorCode(error) });
      await this.#alarmIfFault(error);
    }
  }

  async #alarmIfFault(error: unknown): Promise<void> {
    if (!(error instanceof LedgerFault)) return;
    const { work, clock } = this.#services;
    await raiseAlarmNow({ work, log: this.#log, now: clock.now() }, 'ledger_fault', error.code);
  }
}
