import { fromHex, type Instant } from '@app/encoding';
import type { JobQueues } from '@app/jobs';
import type { UnitOfWork } from '@app/persistence';
import type { Clock, Log } from '@app/platform';
import { mailOf, webhookOf } from './content.js';
import { DeliveryError, postWebhook, sendMail } from './delivery.js';
import type { Notices, Recipient } from './settings.js';
import { currentSlot } from './slots.js';

type NoticesDeps = {
  readonly work: UnitOfWork;
  readonly queues: Pick<JobQueues, 'add'>;
  readonly clock: Clock;
  readonly log: Log;
};

/**
 * Notices to staff at fixed times, whether or not there is news: nothing here can see a case. Whoever reports is
 * never told anything by this way, and no address of hers is known.
 */
export class NoticesService {
  readonly #deps: NoticesDeps;
  readonly #notices: Notices;

  constructor(deps: NoticesDeps, notices: Notices) {
    this.#deps = deps;
    this.#notices = notices;
  }

  /** Asks for the notices of the current slot; those of slots that were missed are not made up for. */
  async watch(): Promise<void> {
    const { queues, clock } = this.#deps;
    const slot = currentSlot(this.#notices.minutesOfDay, clock.now());
    if (slot === undefined) return;
    for (const { id } of this.#notices.recipients) {
      await queues.add('notice.send', { recipient: id, slot: String(slot) }, '');
    }
  }

  /**
   * Sends one notice, at most once for a slot: it is claimed before, and the claim is given back only if it certainly
   * did not arrive. A crash in between costs that notice; the next one comes at its time.
   */
  async send(recipientId: string, slotText: string): Promise<void> {
    const slot = Number(slotText);
    const recipient = this.#notices.recipients.find(({ id }) => id === recipientId);
    const isCurrent = slot === currentSlot(this.#notices.minutesOfDay, this.#deps.clock.now());
    if (recipient === undefined || !isCurrent || !(await this.#claim(recipient, slot))) return;
    try {
      await this.#deliver(recipient, slot);
    } catch (error) {
      if (!(error instanceof DeliveryError) || error.isCertain) {
        await this.#release(recipient, slot);
        throw error;
      }
      this.#deps.log.warn('notice.uncertain', { code: error.code });
    }
  }

  #deliver(recipient: Recipient, slot: Instant): Promise<void> {
    const { id } = recipient;
    if (recipient.kind === 'webhook') {
      const request = webhookOf(id, recipient.secret, slot, this.#deps.clock.now());
      return postWebhook(recipient.url, request);
    }
    const { server, address } = recipient;
    return sendMail(server, address, mailOf(id, server.from, address, slot));
  }

  async #claim(recipient: Recipient, slot: Instant): Promise<boolean> {
    const rows = await this.#deps.work.run((tx) =>
      tx.query<readonly unknown[]>(
        'insert into notices (recipient, slot) values ($1, $2) on conflict do nothing returning 1',
        [recipientKey(recipient), slot],
      ),
    );
    return rows.length > 0;
  }

  async #release(recipient: Recipient, slot: Instant): Promise<void> {
    await this.#deps.work.run((tx) =>
      tx.query('delete from notices where recipient = $1 and slot = $2', [recipientKey(recipient), slot]),
    );
  }
}

function recipientKey({ id }: Recipient): Buffer {
  return Buffer.from(fromHex(id, 'recipient', 16));
}
