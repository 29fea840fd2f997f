import { hasCap, responseTimes } from '@app/casework';
import type { AlarmPage, CheckpointPage, Delays, Openings, ResponseTime } from '@app/contracts';
import { toBase64, toHex } from '@app/encoding';
import { openings } from '@app/ledger';
import { AlarmRow, CaseRow, LogQuorumRow, UnitOfWork } from '@app/persistence';
import { Refused } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { And, LessThanOrEqual, MoreThan } from 'typeorm';
import { delaysBetween } from './delays.queries.js';
import type { Staff } from '../session/staff.guard.js';

/** Leaves in one answer. */
const OPENINGS_MAX = 4_096;
/** Checkpoints in one answer, each about a kilobyte. */
const CHECKPOINTS_PAGE = 1_000;

/** What oversight reads: times and codes, every leaf's opening, never content. */
@Injectable()
export class OversightService {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  openings(staff: Staff, from: number, to: number): Promise<Openings> {
    checkOversees(staff);
    if (to < from || to - from > OPENINGS_MAX) throw new Refused('invalid_request');
    return this.#work.read(async (tx) => {
      const opened = await openings(tx, from, to);
      return {
        from,
        openings: opened.map((o) => o && { random: toBase64(o.random), opening: toBase64(o.opening) }),
      };
    });
  }

  /** The checkpoints as they were published, each with its quorum: what bounds every claimed time. */
  checkpoints(staff: Staff, after: number, upTo: number): Promise<CheckpointPage> {
    checkOversees(staff);
    return this.#work.read(async (tx) => {
      const rows = await tx.find(LogQuorumRow, {
        where: { size: And(MoreThan(after), LessThanOrEqual(upTo)) },
        order: { size: 'ASC' },
        take: CHECKPOINTS_PAGE,
      });
      const last = rows[CHECKPOINTS_PAGE - 1];
      return { notes: rows.map(({ note }) => note), next: last?.size ?? null };
    });
  }

  /** How late the worker recorded the lapses of a period. */
  delays(staff: Staff, from: number, to: number): Promise<Delays> {
    checkOversees(staff);
    if (to < from) throw new Refused('invalid_request');
    return this.#work.read((tx) => delaysBetween(tx, from, to));
  }

  /** Everything that a person was to look at, in the order in which it came up. */
  alarms(staff: Staff, after: number, limit: number): Promise<AlarmPage> {
    checkOversees(staff);
    return this.#work.read(async (tx) => {
      const rows = await tx.find(AlarmRow, {
        where: { id: MoreThan(after) },
        order: { id: 'ASC' },
        take: limit + 1,
      });
      const alarms = rows
        .slice(0, limit)
        .map(({ id, code, subject, raisedAt }) => ({ id, code, subject, raisedAt }));
      return { alarms, next: rows.length > limit ? (alarms.at(-1)?.id ?? null) : null };
    });
  }

  /** As the database has them; an auditor recomputes the same from openings alone. */
  times(staff: Staff): Promise<ResponseTime[]> {
    checkOversees(staff);
    return this.#work.read(async (tx) => {
      const rows = await tx.find(CaseRow, {
        select: { pseudonym: true, state: true },
        order: { pseudonym: 'ASC' },
      });
      return rows.flatMap((row) =>
        responseTimes(row.state).map((time) => ({
          casePseudonym: toHex(row.pseudonym),
          clock: time.clock,
          instance: time.instance,
          startedAt: time.startedAt,
          stoppedAt: time.stoppedAt ?? null,
          grossSeconds: time.grossSeconds ?? null,
          targetSeconds: time.targetSeconds ?? null,
          lapsedAt: time.lapsedAt ?? null,
        })),
      );
    });
  }
}

function checkOversees({ actor }: Staff): void {
  if (actor.roleKind !== 'oversight' || !hasCap(actor, 'oversee')) throw new Refused('not_found');
}
