/** The promise key: signs that an event will be in the ledger, and what a mailbox's latest event is. */
import type { EventReceipt, MailboxState, SubmissionReceipt } from '@app/contracts';
import type { Signer } from '@app/crypto/sign';
import { encodeMailboxState, encodePromise, parseOpening, TAG } from '@app/crypto/verify';
import { fromBase64, type Instant, toBase64, toHex } from '@app/encoding';
import type { Directory, InForce } from '@app/ledger';
import type { Tx } from '@app/persistence';

export class PromiseSigner {
  readonly #signer: Signer;
  readonly #directory: Directory;

  constructor(signer: Signer, directory: Directory) {
    this.#signer = signer;
    this.#directory = directory;
  }

  /** The promise depends on the event alone, so a repeated request gets the same bytes. */
  promise(receipt: EventReceipt, { keyset, policy: { policy } }: InForce): SubmissionReceipt {
    const time = parseOpening(fromBase64(receipt.opening, 'opening')).serverTime;
    const maxDelaySeconds = policy.max_promise_delay;
    const entry = fromBase64(receipt.entry, 'entry');
    const message = encodePromise({ origin: keyset.origin, entry, time, maxDelaySeconds });
    const signature = toBase64(this.#signer.sign(TAG.promise, message));
    return { receipt, promise: { time, maxDelaySeconds, signature } };
  }

  /** @param tx - the caller's transaction: a second connection for each reader would leave none to go on with. */
  async mailboxState(
    tx: Tx,
    mailboxId: Uint8Array,
    eventNumber: number,
    commitment: Uint8Array,
    time: Instant,
  ): Promise<MailboxState> {
    const keyset = await this.#directory.currentKeyset(tx);
    const message = encodeMailboxState({
      origin: keyset.origin,
      mailboxId: new Uint8Array(mailboxId),
      eventNumber,
      commitment: new Uint8Array(commitment),
      time,
    });
    const signature = toBase64(this.#signer.sign(TAG.mailboxState, message));
    return { eventNumber, commitment: toHex(commitment), time, signature };
  }
}
