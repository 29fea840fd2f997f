import { maySee, type Referral, referralOf } from '@app/casework';
import type { ReferralFile, ReferralList, referralsQuerySchema, ReferralSummary } from '@app/contracts';
import { fromHex, toHex } from '@app/encoding';
import { type CaseRow, UnitOfWork } from '@app/persistence';
import { Refused } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { boxesOf, findCase, objectsOf } from './cases.queries.js';
import type { Staff } from '../session/staff.guard.js';
import { casesReferredTo } from './referrals.queries.js';

/** What a mechanism is handed: its own extracts, and of their cases only what it signs for. */
@Injectable()
export class ReferralsService {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  list({ actor }: Staff, { after, limit }: z.output<typeof referralsQuerySchema>): Promise<ReferralList> {
    if (actor.roleKind !== 'mechanism') throw new Refused('not_found');
    const from = after === undefined ? undefined : Buffer.from(fromHex(after, 'after', 16));
    return this.#work.read(async (tx) => {
      const rows = await casesReferredTo(tx, actor.roleId, from, limit);
      const last = rows.length === limit ? rows.at(-1) : undefined;
      const referrals = rows.flatMap((row) => {
        const referral = ownReferral(actor, row);
        return referral === undefined ? [] : [summaryOf(row, referral)];
      });
      return { referrals, next: last === undefined ? null : toHex(last.pseudonym) };
    });
  }

  file({ actor }: Staff, pseudonym: string): Promise<ReferralFile> {
    return this.#work.read(async (tx) => {
      const row = await findCase(tx, Buffer.from(fromHex(pseudonym, 'case', 16)));
      const referral = row === null ? undefined : ownReferral(actor, row);
      if (row === null || referral === undefined) throw new Refused('not_found');
      const { compartment } = referral;
      const boxes = await boxesOf(tx, row.pseudonym, Buffer.from(fromHex(actor.roleId, 'role', 16)));
      return {
        ...summaryOf(row, referral),
        threadId: toHex(row.threadId),
        compartment,
        boxes: boxes.filter((box) => box.compartment === compartment),
        objects: await objectsOf(tx, row.pseudonym, [compartment]),
      };
    });
  }
}

function ownReferral(actor: Staff['actor'], { state }: CaseRow): Referral | undefined {
  const isMechanism = actor.roleKind === 'mechanism' && maySee(actor, 'extract', state);
  return isMechanism ? referralOf(state, actor.roleId) : undefined;
}

function summaryOf(row: CaseRow, { number, channel, noted }: Referral): ReferralSummary {
  return {
    casePseudonym: toHex(row.pseudonym),
    number,
    channel,
    noted: noted ?? null,
    erased: row.phase === 'ERASED',
    eventNumber: row.eventNumber,
    commitment: toHex(row.lastCommitment),
    policyHash: toHex(row.policyHash),
  };
}
