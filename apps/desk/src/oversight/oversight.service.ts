import { hasCap, responseTimes } from '@app/casework';
import type { AlarmPage, CheckpointPage, Delays, Openings, ResponseTime } from '@app/contracts';
import { fromHex, toBase64, toHex } from '@app/encoding';
import { openings } from '@app/ledger';
import { AlarmRow, CaseRow, LogQuorumRow, UnitOfWork } from '@app/persistence';
import { Refused } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { And, LessThanOrEqual, MoreThan } from 'typeorm';
import { delaysBetween } from './delays.queries.js';
import type { Staff } from '../session/staff.guard.js';

/** Leaves in one answer. */
const OPENINGS_MAX = 4_096;

/** What oversight reads: times and codes, every leaf's opening, never content. */
@Injectable()
export class OversightService {
  readonly #work: UnitOfWork;

  constructor(work: UnitOfWork) {
    this.#work = work;
  }

  /** A range names its keys itself. Uses log_sequence_seq_key and log_batches_start_key. */
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

  /** The checkpoints as they were published, each with its quorum: what bounds every claimed time. Uses log_quorums_pkey. */
  checkpoints(
    staff: Staff,
    { after, upTo, limit }: { after: number; upTo: number; limit: number },
  ): Promise<CheckpointPage> {
    checkOversees(staff);
    return this.#work.read(async (tx) => {
      const rows = await tx.find(LogQuorumRow, {
        where: { size: And(MoreThan(after), LessThanOrEqual(upTo)) },
        order: { size: 'ASC' },
        take: limit,
      });
      const last = rows[limit - 1];
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

  /** As the database has them; an auditor recomputes the same from openings alone. Uses cases_pkey. */
  times(
    staff: Staff,
    { after, limit }: { after?: string | undefined; limit: number },
  ): Promise<{ times: ResponseTime[]; next: string | null }> {
    checkOversees(staff);
    return this.#work.read(async (tx) => {
      const rows = await tx.find(CaseRow, {
        select: { pseudonym: true, state: true },
        where: after === undefined ? {} : { pseudonym: MoreThan(Buffer.from(fromHex(after, 'after', 16))) },
        order: { pseudonym: 'ASC' },
        take: limit,
      });
      const last = rows[limit - 1];
      const times = rows.flatMap((row) =>
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
      return { times, next: last === undefined ? null : toHex(last.pseudonym) };
    });
  }
}

function checkOversees({ actor }: Staff): void {
  if (actor.roleKind !== 'oversight' || !hasCap(actor, 'oversee')) throw new Refused('not_found');
}
