import {
  type CaseAct,
  decide,
  discloses,
  mayAct,
  parseAct,
  type RefusalCode,
  targetRole,
  withTarget,
} from '@app/casework';
import {
  type CaseTag,
  type EventReceipt,
  type ProblemCode,
  sealedItems,
  type staffActSchema,
} from '@app/contracts';
import { type Keyset, sha256, type SignatureVerifier, sodiumVerifier } from '@app/crypto/verify';
import { type Bytes, fromBase64, fromHex, type Json, toHex } from '@app/encoding';
import { enqueue } from '@app/jobs/enqueue';
import { caseForUpdate, Directory, LedgerAppender, openReceiptFor } from '@app/ledger';
import { insertMailbox, insertSealed, once, sqlState, type Tx, UnitOfWork } from '@app/persistence';
import { type Clock, CLOCK, Refused } from '@app/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { Repeatable } from '../request-headers.js';
import { checkFresh, type Staff } from '../session/staff.guard.js';
import {
  type ActContext,
  checkBoxes,
  checkBrought,
  checkInvitation,
  checkObjects,
  checkPresent,
  checkSecondOfficer,
  checkStatement,
} from './act-checks.js';
import { compartmentsOf } from './cases.queries.js';
import { mayAddress } from './cases.service.js';
import { release } from './queue.queries.js';

type StaffActRequest = z.output<typeof staffActSchema>;

const UNIQUE_VIOLATION = '23505';

/** Refusals a client can tell apart without the reason; the rest are `not_allowed_now` with it. */
const PROBLEM_OF: Partial<Record<RefusalCode, ProblemCode>> = {
  not_your_role: 'not_found',
  recused: 'not_found',
  role_excluded: 'not_found',
  consent_missing: 'consent_missing',
  consent_outdated: 'consent_missing',
  level_exceeds_consent: 'consent_missing',
};

/**
 * Every act of staff takes this one path: lock the case, decide, check that the signed statement says what was
 * decided, write state, ledger entry and sealed material in one transaction.
 */
@Injectable()
export class ActsService {
  readonly #work: UnitOfWork;
  readonly #directory: Directory;
  readonly #ledger: LedgerAppender;
  readonly #clock: Clock;
  #verifier: SignatureVerifier | undefined;

  constructor(work: UnitOfWork, directory: Directory, ledger: LedgerAppender, @Inject(CLOCK) clock: Clock) {
    this.#work = work;
    this.#directory = directory;
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /**
   * @param repeatable - the key of this act: sent again, it answers what it answered before.
   * @param ifMatch - the state of the case that the act is for.
   */
  async act(
    staff: Staff,
    pseudonym: string,
    request: StaffActRequest,
    repeatable: Repeatable,
    ifMatch: CaseTag,
  ): Promise<EventReceipt> {
    const act = parseAct(request.act as Json);
    if (!mayAct(staff.actor, act.kind)) throw new Refused('not_found');
    const verifier = (this.#verifier ??= await sodiumVerifier());
    const keyset = await this.#directory.currentKeyset();
    const id = Buffer.from(fromHex(pseudonym, 'case', 16));
    try {
      return await this.#work.run(async (tx) => {
        const { event } = await once(tx, { ...repeatable, now: this.#clock.now() }, async () => {
          const row = await caseForUpdate(tx, id);
          if (!row || !mayAddress(staff.actor, act.kind, row)) throw new Refused('not_found');
          if (discloses(act)) checkFresh(staff, this.#clock.now());
          checkPresent(row, ifMatch);
          const now = Math.max(this.#clock.now(), row.state.lastEventAt);
          const made = await this.#record(tx, { verifier, keyset, staff, row, now }, act, request);
          return { event: made.eventNumber };
        });
        // The first time as every time after: from what is stored.
        const receipt = await openReceiptFor(tx, id, event);
        if (!receipt) throw new Refused('not_found');
        return receipt;
      });
    } catch (error) {
      // The same object, box or compartment was stored before.
      throw sqlState(error) === UNIQUE_VIOLATION ? new Refused('id_taken') : error;
    }
  }

  async #record(tx: Tx, context: ActContext, act: CaseAct, request: StaffActRequest): Promise<EventReceipt> {
    const { row, staff, now } = context;
    const { policy } = await this.#directory.policy(row.policyHash, tx);
    const told = withTarget(act, kindOf(context.keyset, targetRole(act)));
    const decision = decide(row.state, told, { now, actor: staff.actor, policy });
    if (!decision.ok) throw refusalOf(decision.refusal.code);
    const { event, next } = decision;

    const statement = fromBase64(request.statement, 'statement');
    const signature = fromBase64(request.signature, 'signature', 64);
    const items: Bytes[] = sealedItems(request).map((item) => sha256(fromBase64(item, 'item')));
    checkStatement(context, event, items, { statement, signature });
    checkSecondOfficer(context, act, statement, request.second);
    checkBrought(context, act, request);
    const compartments = [...(await compartmentsOf(tx, row.pseudonym)), ...request.compartments];
    checkObjects(request.objects, compartments);
    checkBoxes(context, checkInvitation(act, request), next);

    const receipt = await this.#ledger.recordEvent(tx, {
      row,
      event,
      next,
      payload: { statement, signature, items },
      assignee: act.kind === 'recuse' ? null : row.assignee,
    });
    // After its leaf, which alone lets the database do it, and with it or not at all.
    if (act.kind === 'erase') await tx.query('select erase_case($1)', [row.pseudonym]);
    if (act.kind === 'start_triage') await release(tx, row.pseudonym);
    if (act.kind === 'recuse') await enqueue(tx, 'triage.assign', { case: receipt.casePseudonym });
    const owner = {
      casePseudonym: row.pseudonym,
      eventNumber: receipt.eventNumber,
      author: 'staff',
    } as const;
    await insertSealed(tx, owner, request);
    if (act.kind === 'invite_person' && request.mailbox !== undefined)
      await insertMailbox(tx, owner, request.mailbox, act);
    return receipt;
  }
}

/** What the KEYSET says of a role. */
function kindOf({ roles }: Keyset, role: string | undefined): string | undefined {
  return roles.find(({ id }) => toHex(id) === role)?.kind;
}

function refusalOf(code: RefusalCode): Refused {
  const problem = PROBLEM_OF[code];
  return problem === undefined ? new Refused('not_allowed_now', { reason: code }) : new Refused(problem);
}
