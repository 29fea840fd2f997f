import { decide } from '@app/casework';
import { type EventReceipt, type Submission, sealedItems } from '@app/contracts';
import { fromBase64, fromHex, type Instant } from '@app/encoding';
import { Directory, type KnownPolicy, LedgerAppender, openReceiptFor } from '@app/ledger';
import { enqueue } from '@app/jobs/enqueue';
import { CaseBlobRow, insertSealed, recipientColumns, sqlState, type Tx, UnitOfWork } from '@app/persistence';
import { type Clock, CLOCK, type Random, RANDOM, Refused, sha256 } from '@app/platform';
import { Inject, Injectable } from '@nestjs/common';
import { checkComplete } from '../blobs/blobs.service.js';
import { FloodService } from '../requests/flood.service.js';
import type { SignedMailbox } from '../requests/mailbox-request.guard.js';
import { checkSubmission } from '../submission-checks.js';

const UNIQUE_VIOLATION = '23505';

/** What was accepted, and under which KEYSET and POLICY: all that the promise about it needs. */
export type Accepted = {
  readonly receipt: EventReceipt;
  readonly inForce: Awaited<ReturnType<Directory['inForce']>>;
};

/**
 * Accepts a sealed report: rows, ledger entry and the triage job in one transaction. The same submission sent again
 * gets the same answer and makes nothing new.
 */
@Injectable()
export class ThreadsService {
  readonly #work: UnitOfWork;
  readonly #directory: Directory;
  readonly #ledger: LedgerAppender;
  readonly #flood: FloodService;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(
    work: UnitOfWork,
    directory: Directory,
    ledger: LedgerAppender,
    flood: FloodService,
    @Inject(CLOCK) clock: Clock,
    @Inject(RANDOM) random: Random,
  ) {
    this.#work = work;
    this.#directory = directory;
    this.#ledger = ledger;
    this.#flood = flood;
    this.#clock = clock;
    this.#random = random;
  }

  async submit(mailbox: SignedMailbox, submission: Submission): Promise<Accepted> {
    if (fromHex(submission.mailboxId, 'mailbox_id', 16).some((b, i) => b !== mailbox.id[i])) {
      throw new Refused('codes_mismatch');
    }
    try {
      return await this.#accept(mailbox, submission);
    } catch (error) {
      // Two copies of one submission at the same moment: the loser answers what the winner stored.
      if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    }
    try {
      return await this.#accept(mailbox, submission);
    } catch (error) {
      throw sqlState(error) === UNIQUE_VIOLATION ? new Refused('id_taken') : error;
    }
  }

  #accept(mailbox: SignedMailbox, submission: Submission): Promise<Accepted> {
    const now = this.#clock.now();
    return this.#work.run(async (tx) => {
      const inForce = await this.#directory.inForce(tx);
      const earlier = await this.#findEarlier(tx, mailbox, submission);
      if (earlier) return { receipt: earlier, inForce };
      checkSubmission(submission, inForce.keyset, now);
      for (const blob of submission.blobs) await checkComplete(tx, mailbox.id, fromHex(blob, 'blob', 16));
      return { receipt: await this.#store(tx, mailbox, submission, inForce.policy, now), inForce };
    });
  }

  /** A repeat is recognised by its body; the same ids with another body are somebody else's. */
  async #findEarlier(tx: Tx, mailbox: SignedMailbox, submission: Submission): Promise<EventReceipt | null> {
    const rows = await tx.query<{ pseudonym: Buffer; submission_hash: Buffer; mailbox_key: Buffer }[]>(
      'select pseudonym, submission_hash, mailbox_key from cases where mailbox_id = $1 or thread_id = $2',
      [Buffer.from(mailbox.id), Buffer.from(fromHex(submission.threadId, 'thread_id', 16))],
    );
    const row = rows[0];
    if (!row) return null;
    if (!row.submission_hash.equals(mailbox.bodyHash) || !row.mailbox_key.equals(mailbox.publicKey)) {
      throw new Refused('id_taken');
    }
    const receipt = await openReceiptFor(tx, row.pseudonym, 1);
    // Erased since: what would be answered is gone, and nothing new may begin under these identifiers.
    if (receipt === null) throw new Refused('id_taken');
    return receipt;
  }

  async #store(
    tx: Tx,
    mailbox: SignedMailbox,
    submission: Submission,
    { policy, hash: policyHash }: KnownPolicy,
    now: Instant,
  ): Promise<EventReceipt> {
    const decision = decide(
      undefined,
      {
        kind: 'submit',
        declared_urgent: submission.declaredUrgent,
        consents: submission.consents,
        role: submission.role,
        exclusions: submission.exclusions,
        escalation: submission.escalation !== null,
      },
      { now, actor: { kind: 'reporter' }, policy },
    );
    if (!decision.ok) throw new Refused('not_allowed_now');
    const pseudonym = Buffer.from(this.#random.bytes(16));
    const opened = {
      row: {
        pseudonym,
        threadId: Buffer.from(fromHex(submission.threadId, 'thread_id', 16)),
        mailboxId: Buffer.from(mailbox.id),
        mailboxKey: Buffer.from(mailbox.publicKey),
        submissionHash: Buffer.from(mailbox.bodyHash),
        roleId: Buffer.from(fromHex(submission.role, 'role', 16)),
        policyHash: Buffer.from(policyHash),
      },
      event: decision.event,
      next: decision.next,
      payload: {
        statement: mailbox.transcript,
        signature: mailbox.signature,
        items: sealedItems(submission).map((item) => sha256(fromBase64(item, 'item'))),
      },
    };
    const receipt = await this.#ledger.openCase(tx, opened, policy);
    await insertSealed(tx, { casePseudonym: pseudonym, eventNumber: 1, author: 'reporter' }, submission);
    await storeEscalationBox(tx, pseudonym, submission.escalation);
    await bindBlobs(tx, pseudonym, 1, submission.blobs);
    if (!(await this.#flood.setApart(tx, pseudonym)))
      await enqueue(tx, 'triage.assign', { case: receipt.casePseudonym });
    return receipt;
  }
}

/** Binds complete blobs to the event that refers to them. */
export async function bindBlobs(
  tx: Tx,
  casePseudonym: Buffer,
  eventNumber: number,
  blobs: readonly string[],
): Promise<void> {
  for (const blob of blobs) {
    await tx.insert(CaseBlobRow, {
      blobId: Buffer.from(fromHex(blob, 'blob', 16)),
      casePseudonym,
      eventNumber,
    });
  }
}

async function storeEscalationBox(
  tx: Tx,
  casePseudonym: Buffer,
  escalation: Submission['escalation'],
): Promise<void> {
  if (escalation === null) return;
  const { compartment, epoch, recipient, box } = escalation;
  const { roleId, roleEpoch } = recipientColumns(recipient);
  if (roleId === null || roleEpoch === null) throw new Refused('codes_mismatch');
  await tx.query(
    `insert into escalation_boxes (case_pseudonym, compartment, epoch, role_id, role_epoch, box)
     values ($1, $2, $3, $4, $5, $6)`,
    [casePseudonym, compartment, epoch, roleId, roleEpoch, Buffer.from(fromBase64(box, 'box'))],
  );
}
