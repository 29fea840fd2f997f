import { type ActKind, type Actor, maySee, PERMISSIONS, type StaffActor, type View } from '@app/casework';
import {
  type CaseFile,
  type CaseList,
  type caseListQuerySchema,
  type CaseSummary,
  caseTag,
} from '@app/contracts';
import { fromHex, toHex } from '@app/encoding';
import { receiptsOf } from '@app/ledger';
import { type CaseRow, type Tx, UnitOfWork } from '@app/persistence';
import { type Clock, CLOCK, Refused } from '@app/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { Staff } from '../session/staff.guard.js';
import {
  blobsOf,
  boxesOf,
  compartmentsOf,
  findCase,
  findPart,
  objectsOf,
  placedEvents,
  statementsOf,
} from './cases.queries.js';
import { encodePlace, parsePlace } from '../place.js';
import { anyQuarantined, casesOfRole, placeAfter } from './queue.queries.js';

const COMPARTMENT_VIEWS: readonly View[] = ['main', 'identity'];

/** What staff are handed of cases: codes and sealed material of their own role, nothing the server can read. */
@Injectable()
export class CasesService {
  readonly #work: UnitOfWork;
  readonly #clock: Clock;

  constructor(work: UnitOfWork, @Inject(CLOCK) clock: Clock) {
    this.#work = work;
    this.#clock = clock;
  }

  /** Cases that the person may not open are left out of a page, so it may be short of the limit. */
  list(staff: Staff, query: z.output<typeof caseListQuerySchema>): Promise<CaseList> {
    const subject = Buffer.from(staff.certificate.subjectId);
    return this.#work.read(async (tx) => {
      const role = Buffer.from(staff.certificate.roleId);
      const quarantined = query.quarantined === 'true';
      const rows = await casesOfRole(tx, {
        role,
        quarantined,
        after: query.after === undefined ? undefined : parsePlace(query.after),
        limit: query.limit,
        phase: query.phase,
        priority: query.priority,
        escalated: flag(query.escalated),
        overdue: flag(query.overdue),
        now: this.#clock.now(),
        mine: query.mine === undefined ? undefined : { subject, is: query.mine === 'true' },
      });
      const last = rows.length === query.limit ? rows.at(-1) : undefined;
      return {
        cases: rows
          .filter((row) => mayOpen(staff.actor, row))
          .map((row) => ({ ...summaryOf(row, staff), quarantined })),
        next: last === undefined ? null : encodePlace(placeAfter(last)),
        anyQuarantined: await anyQuarantined(tx, role),
      };
    });
  }

  /** @param isKnown - whether the asker has the file of this tag; then it is left out. */
  file(
    staff: Staff,
    pseudonym: string,
    isKnown: (tag: string) => boolean,
  ): Promise<{ readonly tag: string; readonly file?: CaseFile }> {
    return this.#work.read(async (tx) => {
      const row = await openableCase(tx, staff.actor, pseudonym);
      const { eventNumber, lastCommitment } = row;
      const tag = caseTag(
        { eventNumber, commitment: toHex(lastCommitment) },
        await placedEvents(tx, row.pseudonym),
      );
      return isKnown(tag) ? { tag } : { tag, file: await this.#file(tx, staff, row) };
    });
  }

  async #file(tx: Tx, staff: Staff, row: CaseRow): Promise<CaseFile> {
    const boxes = await boxesOf(tx, row.pseudonym, Buffer.from(staff.certificate.roleId));
    const mine = boxes.filter((box) => maySeeCompartment(staff.actor, box.compartment, row));
    return {
      casePseudonym: toHex(row.pseudonym),
      threadId: toHex(row.threadId),
      policyHash: toHex(row.policyHash),
      events: await receiptsOf(tx, row.pseudonym),
      compartments: await compartmentsOf(tx, row.pseudonym),
      boxes: mine,
      objects: await objectsOf(
        tx,
        row.pseudonym,
        mine.map((box) => box.compartment),
      ),
      statements: await statementsOf(tx, row.pseudonym),
      blobs: maySee(staff.actor, 'main', row.state) ? await blobsOf(tx, row.pseudonym) : [],
    };
  }

  part(staff: Staff, pseudonym: string, blob: string, part: number): Promise<Buffer> {
    return this.#work.read(async (tx) => {
      const row = await openableCase(tx, staff.actor, pseudonym);
      const bytes = maySee(staff.actor, 'main', row.state)
        ? await findPart(tx, row.pseudonym, Buffer.from(fromHex(blob, 'blob', 16)), part)
        : null;
      if (!bytes) throw new Refused('not_found');
      return bytes;
    });
  }
}

/** Whether the desk admits to this staff member that the case exists. */
export function mayOpen(actor: Actor, row: CaseRow): boolean {
  return maySee(actor, 'timeline', row.state);
}

/** Whether the desk admits to this staff member, for this act, that the case exists. */
export function mayAddress(actor: StaffActor, kind: ActKind, row: CaseRow): boolean {
  const desk = PERMISSIONS[kind].staff?.desk;
  if (desk === 'none') return true;
  return desk === 'mechanism' ? maySee(actor, 'extract', row.state) : mayOpen(actor, row);
}

/** Whether the desk hands this staff member the file of the case; oversight has the openings instead. */
export function isOpenable(actor: StaffActor, row: CaseRow): boolean {
  return actor.roleKind !== 'oversight' && mayOpen(actor, row);
}

async function openableCase(tx: Tx, actor: StaffActor, pseudonym: string): Promise<CaseRow> {
  const row = await findCase(tx, Buffer.from(fromHex(pseudonym, 'case', 16)));
  if (!row || !isOpenable(actor, row)) throw new Refused('not_found');
  return row;
}

/** Beyond the reporter's two compartments, a box for the role is itself the permission. */
function maySeeCompartment(actor: StaffActor, compartment: number, row: CaseRow): boolean {
  const view = COMPARTMENT_VIEWS[compartment];
  return view === undefined || maySee(actor, view, row.state);
}

function flag(value: 'true' | 'false' | undefined): boolean | undefined {
  return value === undefined ? undefined : value === 'true';
}

function summaryOf(row: CaseRow, staff: Staff): Omit<CaseSummary, 'quarantined'> {
  return {
    casePseudonym: toHex(row.pseudonym),
    phase: row.phase,
    priority: row.state.priority ?? null,
    declaredUrgent: row.state.declaredUrgent,
    escalated: row.escalated,
    role: toHex(row.roleId),
    assignedToMe: row.assignee?.equals(staff.certificate.subjectId) ?? false,
    eventNumber: row.eventNumber,
    receivedAt: row.receivedAt,
    nextDeadline: row.nextDeadline,
    warnAt: row.warnAt,
  };
}
