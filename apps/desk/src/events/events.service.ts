/**
 * Hints for those who have the desk open: a case has a new event, the queue has changed. They say nothing of what
 * happened; whoever hears one asks. One look at the event table a second serves all streams of the process.
 */
import { PassThrough } from 'node:stream';
import { type EventPlace, formatCaseHint, QUEUE_HINT } from '@app/contracts';
import { fromHex, toHex } from '@app/encoding';
import { CaseRow, type Tx, UnitOfWork } from '@app/persistence';
import { Refused } from '@app/platform';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { In } from 'typeorm';
import { isOpenable } from '../cases/cases.service.js';
import { type Staff, StaffGuard } from '../session/staff.guard.js';
import { eventsAfter, type NewEvent, type Place, placeOf, presentPlace } from './events.queries.js';

const POLL_MS = 1_000;
/** Looks without news after which a comment shows that the connection lives. */
const HEARTBEAT_POLLS = 15;
const STREAMS_PER_SESSION = 4;
const STREAMS = 256;
const EVENTS_PER_LOOK = 500;
/** A client that does not read is cut off and may come back. */
const UNREAD_MAX_BYTES = 65_536;
const HEARTBEAT = ':\n\n';

type Stream = {
  readonly session: Uint8Array;
  readonly out: PassThrough;
  /** Cases this stream has told of: one that leaves the role's sight changes the queue as well. */
  readonly told: Set<string>;
  quietPolls: number;
};

@Injectable()
export class EventsService implements OnModuleDestroy {
  readonly #work: UnitOfWork;
  readonly #guard: StaffGuard;
  readonly #streams = new Set<Stream>();
  #place: Place | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(work: UnitOfWork, guard: StaffGuard) {
    this.#work = work;
    this.#guard = guard;
  }

  /**
   * Hints from now on, or from the event that was heard of last. A hint may come twice, and none is left out: where too
   * much happened in between, or the event is none of hers now, the queue has changed.
   * @throws {Refused} `too_many_requests`.
   */
  async open(staff: Staff, last: EventPlace | undefined): Promise<PassThrough> {
    const session = toHex(staff.tokenHash);
    const ofSession = [...this.#streams].filter((stream) => toHex(stream.session) === session);
    if (ofSession.length >= STREAMS_PER_SESSION || this.#streams.size >= STREAMS) {
      throw new Refused('too_many_requests', { retryAfterSeconds: 60 });
    }
    const out = new PassThrough();
    const stream: Stream = { session: staff.tokenHash, out, told: new Set(), quietPolls: 0 };
    this.#streams.add(stream);
    out.on('close', () => this.#streams.delete(stream));
    out.on('error', () => out.destroy());
    try {
      await this.#work.read(async (tx) => {
        this.#place ??= await presentPlace(tx);
        out.write(HEARTBEAT);
        if (last !== undefined) await catchUp(tx, stream, staff, last);
      });
    } catch (error) {
      out.destroy();
      throw error;
    }
    this.#timer ??= setTimeout(() => void this.#look(), POLL_MS);
    return out;
  }

  onModuleDestroy(): void {
    clearTimeout(this.#timer);
    for (const { out } of this.#streams) out.end();
  }

  async #look(): Promise<void> {
    try {
      const [events, rows] = await this.#work.read(async (tx) => {
        const found = await eventsAfter(tx, this.#place ?? (await presentPlace(tx)), EVENTS_PER_LOOK);
        return [found, await casesOf(tx, found)] as const;
      });
      for (const stream of this.#streams) await this.#tell(stream, events, rows);
      this.#place = events.at(-1) ?? this.#place;
    } catch {
      // Whoever listened comes back and says what was heard last.
      for (const { out } of this.#streams) out.end();
    }
    this.#timer = undefined;
    if (this.#streams.size === 0) this.#place = undefined;
    else this.#timer = setTimeout(() => void this.#look(), POLL_MS);
  }

  /** The session is judged anew each time: its end, its time and a revocation end the stream. */
  async #tell(
    stream: Stream,
    events: readonly NewEvent[],
    rows: ReadonlyMap<string, CaseRow>,
  ): Promise<void> {
    try {
      const staff = await this.#guard.staffOfSession(stream.session);
      if (tell(stream, staff, events, rows)) stream.quietPolls = 0;
      else if (++stream.quietPolls % HEARTBEAT_POLLS === 0) stream.out.write(HEARTBEAT);
      if (stream.out.writableLength > UNREAD_MAX_BYTES) stream.out.destroy();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      stream.out.end();
    }
  }
}

/** @returns whether there was something to tell. */
function tell(
  { out, told }: Stream,
  { actor }: Staff,
  events: readonly NewEvent[],
  rows: ReadonlyMap<string, CaseRow>,
): boolean {
  let hasChanged = false;
  for (const { case_pseudonym, event_number } of events) {
    const casePseudonym = toHex(case_pseudonym);
    const row = rows.get(casePseudonym);
    if (row !== undefined && isOpenable(actor, row)) {
      told.add(casePseudonym);
      out.write(formatCaseHint({ casePseudonym, eventNumber: event_number }));
      hasChanged = true;
    } else if (told.delete(casePseudonym)) hasChanged = true;
  }
  if (hasChanged) out.write(QUEUE_HINT);
  return hasChanged;
}

async function catchUp(tx: Tx, stream: Stream, staff: Staff, last: EventPlace): Promise<void> {
  const id = Buffer.from(fromHex(last.casePseudonym, 'last_event_id', 16));
  const row = await tx.findOneBy(CaseRow, { pseudonym: id });
  const place = row && isOpenable(staff.actor, row) ? await placeOf(tx, id, last.eventNumber) : undefined;
  const events = place === undefined ? undefined : await eventsAfter(tx, place, EVENTS_PER_LOOK);
  if (events === undefined || events.length === EVENTS_PER_LOOK) stream.out.write(QUEUE_HINT);
  else tell(stream, staff, events, await casesOf(tx, events));
}

async function casesOf(tx: Tx, events: readonly NewEvent[]): Promise<ReadonlyMap<string, CaseRow>> {
  if (events.length === 0) return new Map();
  const rows = await tx.findBy(CaseRow, { pseudonym: In(events.map((event) => event.case_pseudonym)) });
  return new Map(rows.map((row) => [toHex(row.pseudonym), row]));
}
