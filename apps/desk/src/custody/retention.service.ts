import { hasCap, retentionDue } from '@app/casework';
import type { RetentionCase, RetentionList, retentionQuerySchema } from '@app/contracts';
import { fromHex, toHex } from '@app/encoding';
import { CaseRow, UnitOfWork } from '@app/persistence';
import { type Clock, CLOCK, Refused } from '@app/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { Staff } from '../session/staff.guard.js';
import { encodePlace, parsePlace } from '../place.js';
import { casesDueUntil } from './retention.queries.js';

const DAY_SECONDS = 86_400;

/** What custodians are shown: that a day has come, and what a statement about the case names. Never an event. */
@Injectable()
export class RetentionService {
  readonly #work: UnitOfWork;
  readonly #clock: Clock;

  constructor(work: UnitOfWork, @Inject(CLOCK) clock: Clock) {
    this.#work = work;
    this.#clock = clock;
  }

  list(staff: Staff, { after, limit, days }: z.output<typeof retentionQuerySchema>): Promise<RetentionList> {
    checkKeepsKeys(staff);
    const until = this.#clock.now() + days * DAY_SECONDS;
    const from = after === undefined ? undefined : parsePlace(after);
    return this.#work.read(async (tx) => {
      const cases = (await casesDueUntil(tx, until, from, limit)).map(shown);
      const last = cases.length === limit ? cases.at(-1) : undefined;
      const place = last?.due && { at: last.due.at, pseudonym: fromHex(last.casePseudonym, 'case', 16) };
      return { cases, next: place ? encodePlace(place) : null };
    });
  }

  /** One case, whether it has a day or not: a hold comes before there is one. */
  one(staff: Staff, pseudonym: string): Promise<RetentionCase> {
    checkKeepsKeys(staff);
    return this.#work.read(async (tx) => {
      const row = await tx.findOneBy(CaseRow, { pseudonym: Buffer.from(fromHex(pseudonym, 'case', 16)) });
      if (!row) throw new Refused('not_found');
      return shown(row);
    });
  }
}

function checkKeepsKeys({ actor }: Staff): void {
  if (actor.roleKind !== 'custodian' || !hasCap(actor, 'erase')) throw new Refused('not_found');
}

function shown(row: CaseRow): RetentionCase {
  return {
    casePseudonym: toHex(row.pseudonym),
    phase: row.phase,
    eventNumber: row.eventNumber,
    commitment: toHex(row.lastCommitment),
    policyHash: toHex(row.policyHash),
    due: retentionDue(row.state) ?? null,
    legalHold: row.state.legalHold,
  };
}
