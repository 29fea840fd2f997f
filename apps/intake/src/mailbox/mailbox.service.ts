import { type CaseAct, decide, parseAct, rolesWith } from '@app/casework';
import {
  type EventReceipt,
  type LedgerProof,
  type Mailbox,
  type MailboxAct,
  type StoredObject,
  sealedItems,
  type SubmissionReceipt,
} from '@app/contracts';
import { sha256 } from '@app/crypto/verify';
import { fromBase64, fromHex, toHex } from '@app/encoding';
import {
  caseForUpdate,
  Directory,
  LEDGER_STORE,
  LedgerAppender,
  type LedgerStore,
  proofFor,
  openReceiptFor,
  receiptFor,
  receiptsOf,
} from '@app/ledger';

import {
  type CaseRow,
  insertMailbox,
  insertSealed,
  type MailboxRow,
  sqlState,
  type Tx,
  UnitOfWork,
} from '@app/persistence';
import { type Clock, CLOCK, Refused } from '@app/platform';
import { Inject, Injectable } from '@nestjs/common';
import { checkComplete } from '../blobs/blobs.service.js';
import { PromiseSigner } from '../promise-signer.js';
import type { SignedMailbox } from '../requests/mailbox-request.guard.js';
import { checkFirstBoxes, checkObject } from '../submission-checks.js';
import { bindBlobs } from '../threads/threads.service.js';
import { toFixedSize } from './fixed-size.js';
import { countAct } from './limits.js';
import {
  blobsOf,
  boxesOf,
  closeMailbox,
  compartmentsOf,
  findCase,
  findMailbox,
  objectsOf,
} from './mailbox.queries.js';

const UNIQUE_VIOLATION = '23505';

/** An open mailbox and the case it is of. */
type OwnCase = { readonly row: CaseRow; readonly own: MailboxRow };

/** What the holder of a code reads and does in her case: whoever submitted, or a person affected. */
@Injectable()
export class MailboxService {
  readonly #work: UnitOfWork;
  readonly #directory: Directory;
  readonly #ledger: LedgerAppender;
  readonly #store: LedgerStore;
  readonly #promises: PromiseSigner;
  readonly #clock: Clock;

  constructor(
    work: UnitOfWork,
    directory: Directory,
    ledger: LedgerAppender,
    @Inject(LEDGER_STORE) store: LedgerStore,
    promises: PromiseSigner,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#work = work;
    this.#directory = directory;
    this.#ledger = ledger;
    this.#store = store;
    this.#promises = promises;
    this.#clock = clock;
  }

  read(mailbox: SignedMailbox): Promise<Mailbox> {
    return this.#work.read(async (tx) => {
      const { row, own } = await ownCase(tx, mailbox);
      const state = await this.#promises.mailboxState(
        tx,
        mailbox.id,
        row.eventNumber,
        row.lastCommitment,
        this.#clock.now(),
      );
      const answer = {
        threadId: toHex(row.threadId),
        casePseudonym: toHex(row.pseudonym),
        state,
        events: await receiptsOf(tx, row.pseudonym),
        compartments: await compartmentsOf(tx, own),
        boxes: await boxesOf(tx, mailbox.id),
        blobs: await blobsOf(tx, mailbox.id),
      };
      return toFixedSize(answer, await objectsOf(tx, mailbox.id));
    });
  }

  object(mailbox: SignedMailbox, id: string): Promise<StoredObject> {
    return this.#work.read(async (tx) => {
      await ownCase(tx, mailbox);
      const found = (await objectsOf(tx, mailbox.id)).find((o) => o.id === id);
      if (!found) throw new Refused('not_found');
      return found;
    });
  }

  /** A tlog-proof of one event of the own case, once the ledger has it under a witnessed checkpoint. */
  async proof(mailbox: SignedMailbox, eventNumber: number): Promise<LedgerProof> {
    const receipt = await this.#work.read(async (tx) => {
      const { row } = await ownCase(tx, mailbox);
      return receiptFor(tx, row.pseudonym, eventNumber);
    });
    if (!receipt) throw new Refused('not_found');
    const proof = receipt.index === null ? null : await proofFor(this.#store, receipt.index);
    if (proof === null) throw new Refused('not_ready');
    return { entry: receipt.entry, proof: proof.proof };
  }

  /** One act of the reporter; sent again, it answers what it answered before. */
  async act(mailbox: SignedMailbox, act: MailboxAct): Promise<SubmissionReceipt> {
    try {
      const { receipt, inForce } = await this.#work.run(async (tx) => {
        const of = await ownCaseForUpdate(tx, mailbox);
        const earlier = await this.#findEarlier(tx, mailbox, of.row, act);
        return {
          receipt: earlier ?? (await this.#record(tx, mailbox, of, act)),
          inForce: await this.#directory.inForce(tx),
        };
      });
      return this.#promises.promise(receipt, inForce);
    } catch (error) {
      // The same object, box, compartment or mailbox was stored before.
      throw sqlState(error) === UNIQUE_VIOLATION ? new Refused('id_taken') : error;
    }
  }

  async #findEarlier(
    tx: Tx,
    mailbox: SignedMailbox,
    row: CaseRow,
    act: MailboxAct,
  ): Promise<EventReceipt | null> {
    const id = toHex(sha256(fromBase64(act.object.file, 'object.file')));
    const stored = (await objectsOf(tx, mailbox.id)).find((o) => o.id === id);
    return stored ? openReceiptFor(tx, row.pseudonym, stored.eventNumber) : null;
  }

  async #record(
    tx: Tx,
    mailbox: SignedMailbox,
    { row, own }: OwnCase,
    act: MailboxAct,
  ): Promise<EventReceipt> {
    // What an act could be sealed to is gone with the rest, so nothing that it brings could be judged.
    if (row.state.phase === 'ERASED') throw new Refused('not_allowed_now', { reason: 'not_in_this_state' });
    if (act.after !== row.state.heardEvent) throw new Refused('case_moved');
    const now = Math.max(this.#clock.now(), row.state.lastEventAt);
    await countAct(tx, own, act.kind === 'consent' || act.kind === 'close', now);
    const { policy } = await this.#directory.policy(row.policyHash, tx);
    const brought = broughtBy(act);
    await this.#checkBrought(tx, act, row, own);
    const blobs = act.kind === 'message' ? act.blobs : [];
    for (const blob of blobs) await checkComplete(tx, mailbox.id, fromHex(blob, 'blob', 16));
    const decision = decide(row.state, actOf(act), {
      now,
      actor: { kind: 'reporter', person: own.person },
      policy,
    });
    if (!decision.ok) throw new Refused('not_allowed_now', { reason: decision.refusal.code });
    if (row.state.escalationBox === 'held' && decision.next.escalationBox === 'withdrawn') {
      // The case row is locked, so a lapse at this moment waits and then finds no box.
      await tx.query('select take_escalation_box($1)', [Buffer.from(mailbox.id)]);
    }
    const receipt = await this.#ledger.recordEvent(tx, {
      row,
      event: decision.event,
      next: decision.next,
      payload: {
        statement: mailbox.transcript,
        signature: mailbox.signature,
        items: sealedItems(brought).map((item) => sha256(fromBase64(item, 'item'))),
      },
    });
    const owner = {
      casePseudonym: row.pseudonym,
      eventNumber: receipt.eventNumber,
      author: 'reporter',
    } as const;
    await insertSealed(tx, owner, brought);
    await bindBlobs(tx, row.pseudonym, receipt.eventNumber, blobs);
    await changeMailboxes(tx, own, act, owner);
    return receipt;
  }

  /** What an act brings is sealed to what its mailbox reads; an invitation, to the extract that it makes. */
  async #checkBrought(tx: Tx, act: MailboxAct, row: CaseRow, own: MailboxRow): Promise<void> {
    const compartments = act.kind === 'invite' ? [act.compartment] : await compartmentsOf(tx, own);
    checkObject(act.object, compartments);
    if (act.kind !== 'invite' && act.kind !== 'change_code') return;
    const role =
      act.kind === 'invite'
        ? {
            roles: rolesWith(row.state),
            keyset: (await this.#directory.inForce(tx)).keyset,
            now: this.#clock.now(),
          }
        : undefined;
    checkFirstBoxes(act.boxes, compartments, role);
  }
}

/** What an act stores, in the order in which its event commits to it. */
function broughtBy(act: MailboxAct) {
  return {
    compartments: act.kind === 'invite' ? [act.compartment] : [],
    objects: [act.object],
    boxes: act.kind === 'invite' || act.kind === 'change_code' ? act.boxes : [],
    ...((act.kind === 'invite' || act.kind === 'change_code') && { mailbox: act.mailbox }),
  };
}

/** Mailboxes open and close with the event that says so, or not at all. */
async function changeMailboxes(
  tx: Tx,
  own: MailboxRow,
  act: MailboxAct,
  owner: { readonly casePseudonym: Buffer; readonly eventNumber: number },
): Promise<void> {
  if (act.kind === 'change_code' || act.kind === 'close') await closeMailbox(tx, own, owner.eventNumber);
  if (act.kind === 'change_code') await insertMailbox(tx, owner, act.mailbox, own);
  if (act.kind === 'invite') {
    const { person, compartment } = act;
    await insertMailbox(tx, owner, act.mailbox, { person, compartment: compartment.compartment });
  }
}

async function ownCase(tx: Tx, mailbox: SignedMailbox): Promise<OwnCase> {
  const own = await findMailbox(tx, mailbox.id);
  if (!own?.key.equals(mailbox.publicKey)) throw new Refused('not_found');
  const row = await findCase(tx, own.casePseudonym);
  if (!row) throw new Refused('not_found');
  return { row, own };
}

/** The mailbox is read again under the case's lock, in which alone it closes. */
async function ownCaseForUpdate(tx: Tx, mailbox: SignedMailbox): Promise<OwnCase> {
  const { own } = await ownCase(tx, mailbox);
  const row = await caseForUpdate(tx, own.casePseudonym);
  const locked = await findMailbox(tx, mailbox.id);
  if (!row || !locked) throw new Refused('not_found');
  return { row, own: locked };
}

function actOf(act: MailboxAct): CaseAct {
  switch (act.kind) {
    case 'message':
      return { kind: 'reporter_message' };
    case 'confirm':
    case 'dispute':
      return { kind: act.kind, event: act.eventNumber };
    case 'invite':
      return parseAct({
        kind: 'invite_person',
        person: act.person,
        compartment: act.compartment.compartment,
      });
    case 'close':
      return { kind: 'close_mailbox' };
    case 'join':
    case 'change_code':
    case 'reopen':
      return { kind: act.kind };
    case 'consent': {
      const { person, through, scope, code } = act;
      const range = through === undefined ? {} : { through };
      return parseAct({ kind: 'consent_change', person, scope, code, ...range });
    }
  }
}
