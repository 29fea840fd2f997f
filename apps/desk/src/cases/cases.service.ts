import { type Actor, maySee, type StaffActor, type View } from '@app/casework';
import type { CaseFile, CaseList, CaseSummary } from '@app/contracts';
import { fromHex, toHex } from '@app/encoding';
import { receiptsOf } from '@app/ledger';
import { type CaseRow, type Tx, UnitOfWork } from '@app/persistence';
import { Refused } from '@app/platform';
import { Injectable } from '@nestjs/common';
import type { Staff } from '../session/staff.guard.js';
import {
  blobsOf,
  boxesOf,
  casesOfRole,
  compartmentsOf,
  findCase,
  findPart,
  objectsOf,
  statementsOf,
} from './cases.queries.js';

const COMPARTMENT_VIEWS: readonly View[] = ['main', 'identity'];

/** What staff are handed of cases: codes and sealed material of their own role, nothing the server can read. */
@Injectable()
export class CasesService {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  list(staff: Staff, query: { after?: string | undefined; limit: number }): Promise<CaseList> {
    const role = Buffer.from(staff.certificate.roleId);
    const after = query.after === undefined ? undefined : Buffer.from(fromHex(query.after, 'after', 16));
    return this.#work.read(async (tx) => {
      const rows = await casesOfRole(tx, role, after, query.limit);
      const last = rows.length === query.limit ? rows.at(-1) : undefined;
      return {
        cases: rows.filter((row) => mayOpen(staff.actor, row)).map((row) => summaryOf(row, staff)),
        next: last === undefined ? null : toHex(last.pseudonym),
      };
    });
  }

  file(staff: Staff, pseudonym: string): Promise<CaseFile> {
    return this.#work.read(async (tx) => {
      const row = await openableCase(tx, staff.actor, pseudonym);
      const boxes = await boxesOf(tx, row.pseudonym, Buffer.from(staff.certificate.roleId));
      const mine = boxes.filter((box) => maySeeCompartment(staff.actor, box.compartment, row));
      return {
        casePseudonym: pseudonym,
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
    });
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

async function openableCase(tx: Tx, actor: StaffActor, pseudonym: string): Promise<CaseRow> {
  const row = await findCase(tx, Buffer.from(fromHex(pseudonym, 'case', 16)));
  if (!row || actor.roleKind === 'oversight' || !mayOpen(actor, row)) throw new Refused('not_found');
  return row;
}

/** Beyond the reporter's two compartments, a box for the role is itself the permission. */
function maySeeCompartment(actor: StaffActor, compartment: number, row: CaseRow): boolean {
  const view = COMPARTMENT_VIEWS[compartment];
  return view === undefined || maySee(actor, view, row.state);
}

function summaryOf(row: CaseRow, staff: Staff): CaseSummary {
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
