import {
  DirectoryEmpty,
  LedgerFault,
  type LedgerServices,
  requireSoundLedger,
  unsoundLedger,
} from '@app/ledger';
import { DeadLetters, type JobQueues, Relay } from '@app/jobs';
import { EXIT, type Log, StartupError } from '@app/platform';
import type { OnApplicationShutdown } from '@nestjs/common';
import { raiseAlarm, raiseAlarmNow } from './alarms.js';
import type { AssignService } from './cases/assign.service.js';
import type { LapseService } from './cases/lapse.service.js';
import type { WatchService } from './cases/watch.service.js';
import type { DirectoryService } from './directory/directory.service.js';
import type { DocumentsService } from './directory/documents.service.js';
import type { NoticesService } from './notices/notices.service.js';
import type { TickService } from './ledger/tick.service.js';
import type { RetentionService } from './cases/retention.service.js';
import type { SweepService } from './store/sweep.service.js';

const WATCH_SECONDS = 1;
const REFRESH_SECONDS = 60;
const SWEEP_SECONDS = 3_600;
const NOTICE_SECONDS = 20;
const RETENTION_SECONDS = 3_600;

/** The use cases, one for each queue. */
export type UseCases = {
  readonly assign: AssignService;
  readonly lapse: LapseService;
  readonly watch: WatchService;
  readonly directory: DirectoryService;
  readonly documents: DocumentsService;
  readonly tick: TickService;
  readonly sweep: SweepService;
  readonly notices: NoticesService;
  readonly retention: RetentionService;
};

/** Starts the worker in the order in which its parts rely on each other, and ends it in the reverse one. */
export class WorkerService implements OnApplicationShutdown {
  readonly #services: LedgerServices;
  readonly #queues: JobQueues;
  readonly #use: UseCases;
  readonly #log: Log;
  readonly #relay: Relay;
  readonly #letters: DeadLetters;
  #tickSeconds: number | undefined;

  constructor(services: LedgerServices, queues: JobQueues, use: UseCases, log: Log) {
    this.#services = services;
    this.#queues = queues;
    this.#use = use;
    this.#log = log;
    this.#relay = new Relay(services.work, queues, log);
    const { work, clock, random } = services;
    this.#letters = new DeadLetters({ work, queues, clock, random, log }, (tx, alarm, subject, now) => {
      log.error('alarm', { code: `${alarm}:${subject}` });
      return raiseAlarm(tx, alarm, subject, now);
    });
  }

  /** @throws {StartupError} if the ledger contradicts itself, or no KEYSET and POLICY are in force. */
  async start(): Promise<void> {
    await this.#audit();
    await this.#enterDirectory();
    await this.#meetParties();
    await this.#process();
    await this.#queues.every('clock.watch', WATCH_SECONDS);
    await this.#queues.every('directory.refresh', REFRESH_SECONDS);
    await this.#queues.every('store.sweep', SWEEP_SECONDS);
    await this.#queues.every('notice.watch', NOTICE_SECONDS);
    await this.#queues.every('retention.watch', RETENTION_SECONDS);
    this.#relay.start();
    this.#letters.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#relay.stop();
    await this.#letters.stop();
    await this.#queues.close();
    await this.#services.close();
  }

  async #audit(): Promise<void> {
    const { work, clock } = this.#services;
    await requireSoundLedger(this.#services, ({ code }) =>
      raiseAlarmNow({ work, log: this.#log, now: clock.now() }, 'ledger_fault', code),
    );
  }

  async #meetParties(): Promise<void> {
    try {
      await this.#use.tick.meetParties();
    } catch (error) {
      throw error instanceof LedgerFault ? unsoundLedger(error) : error;
    }
  }

  async #enterDirectory(): Promise<void> {
    try {
      await this.#refresh();
    } catch (error) {
      const isRefusal = error instanceof Error && error.name === 'VerificationError';
      if (error instanceof DirectoryEmpty) {
        throw new StartupError(
          'There is no KEYSET and POLICY in force, and none that could be imported.',
          EXIT.configuration,
        );
      }
      if (!isRefusal) throw error;
      const { code } = error as Error & { readonly code: string };
      throw new StartupError(`The KEYSET in force does not hold (${code}).`, EXIT.configuration);
    }
  }

  async #process(): Promise<void> {
    const { assign, lapse, watch, tick, sweep, notices, retention } = this.#use;
    const queues = this.#queues;
    await queues.work('ledger.tick', () => tick.tick());
    await queues.work('clock.watch', () => watch.watch());
    await queues.work('clock.lapse', (payload) => lapse.lapse(payload.case));
    await queues.work('triage.assign', (payload) => assign.assign(payload.case));
    await queues.work('directory.refresh', () => this.#refresh());
    await queues.work('store.sweep', () => sweep.sweep());
    await queues.work('notice.watch', () => notices.watch());
    await queues.work('retention.watch', () => retention.watch());
    await queues.work('notice.send', ({ recipient, slot }) => notices.send(recipient, slot));
  }

  /** Imports, and follows the tick of the POLICY that is then in force. */
  async #refresh(): Promise<void> {
    const { directory, documents } = this.#use;
    await directory.refresh();
    const { tickSeconds } = await directory.inForce();
    await documents.publish(tickSeconds);
    if (tickSeconds === this.#tickSeconds) return;
    await this.#queues.every('ledger.tick', tickSeconds);
    this.#tickSeconds = tickSeconds;
  }
}
