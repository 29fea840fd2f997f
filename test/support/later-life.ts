/**
 * What comes after the main job in the life of a case, by real clients over HTTP. Every act first reads whether an
 * earlier attempt was recorded, so that a step that was cut off anywhere can be run again; afterwards the case has to
 * show exactly one more event.
 */
import { ApiProblem } from '@app/api-client';
import type { EventName } from '@app/casework';
import {
  type ActResult,
  changeCode,
  connect,
  type History,
  type MailboxView,
  openCase,
  type OpenedCase,
  openMailbox,
  openReferral,
  reopenCase,
  retentionOf,
  type StaffSession,
  unlock,
} from '@app/client';
import type { RetentionCase } from '@app/contracts';
import { makeReporterCode } from '@app/crypto/seal';
import { type Bytes, Invariant } from '@app/encoding';
import { caseAt, type Job, type JobCase, missing, pseudonymOf } from '../../apps/cli/src/demo/job.js';
import { type Invented, inventedReports } from '../../apps/cli/src/demo/reports.js';

/** Makes the text that somebody writes, once for each name. */
export type Writer = (name: string) => string;

/** The seats that the main job leaves empty. */
const SEATS = ['alternate', 'mechanism-sp', 'custodian-1', 'custodian-2'] as const;
type Seat = (typeof SEATS)[number];

type StaffDoes = {
  readonly by: StaffSession;
  /** Who still has the case afterwards, if that is somebody else. */
  readonly reader?: StaffSession;
  readonly type: EventName;
  readonly act: (opened: OpenedCase) => Promise<ActResult>;
};

type PersonDoes = {
  readonly code: Bytes;
  /** Whose code still opens a mailbox afterwards, if that is somebody else's. */
  readonly reader?: Bytes;
  readonly type: EventName;
  readonly act: (view: MailboxView) => Promise<unknown>;
};

export class LaterLife {
  readonly job: Job;
  /** A report of its own, that is never shared. */
  readonly unshared: JobCase;
  /** Codes that are made after the reports: of persons affected, and in the place of older codes. */
  readonly codes: Readonly<Record<'person' | 'personAgain' | 'otherPerson' | 'unsharedAgain', Bytes>>;
  readonly #write: Writer;
  readonly #texts = new Map<string, string>();
  readonly #counted = new Map<string, number>();
  readonly #files = new Map<string, OpenedCase>();
  #seats: ReadonlyMap<string, StaffSession> = new Map();

  constructor(job: Job, write: Writer, unshared?: Invented) {
    const { random } = job.deps;
    const newCode = (): Bytes => makeReporterCode(random);
    this.job = job;
    this.#write = write;
    const [invented = missing('a report')] = inventedReports(1_000, (n) => random.bytes(n));
    this.unshared = { invented: unshared ?? invented, code: newCode() };
    this.codes = {
      person: newCode(),
      personAgain: newCode(),
      otherPerson: newCode(),
      unsharedAgain: newCode(),
    };
  }

  /** What is written under this name, the same whenever it is asked for. */
  text(name: string): string {
    const text = this.#texts.get(name) ?? this.#write(name);
    this.#texts.set(name, text);
    return text;
  }

  hasText(name: string): boolean {
    return this.#texts.has(name);
  }

  /** Every code that is or was given to anybody. */
  get everyCode(): readonly Bytes[] {
    return [...this.job.cases.map(({ code }) => code), this.unshared.code, ...Object.values(this.codes)];
  }

  /** Of whatever each code, office and mechanism can open, before anything is erased. */
  async compartmentSeeds(): Promise<readonly Bytes[]> {
    const { personAgain, otherPerson } = this.codes;
    const views = [];
    for (const code of [...this.lastCodes, personAgain, otherPerson]) views.push(await this.mailbox(code));
    const { focals, official } = this.job.staff;
    const openings = [];
    for (const one of this.job.cases)
      for (const session of [...focals, official, this.seat('alternate')])
        openings.push(await openedOrNothing(session, pseudonymOf(one)));
    const { key } = await openReferral(this.seat('mechanism-sp'), pseudonymOf(caseAt(this.job, 0)));
    const seeds = [...views, ...openings].flatMap((of) => [...(of?.seeds.values() ?? [])]);
    return [...seeds, ...(key === undefined ? [] : [key])].map(({ seed }) => seed);
  }

  /** Of all four reports, the codes that open their mailboxes in the end. */
  get lastCodes(): readonly Bytes[] {
    return [...this.job.cases.map(({ code }) => code), this.codes.unsharedAgain];
  }

  get staff(): readonly StaffSession[] {
    return [...this.#seats.values()];
  }

  seat(name: Seat): StaffSession {
    return this.#seats.get(name) ?? missing(`a session of ${name}`);
  }

  /** By whom the queue gave the case, and the other one. */
  focals(index: number): { readonly focal: StaffSession; readonly other: StaffSession } {
    const { focal = missing('the focal point of the case') } = caseAt(this.job, index);
    const [first, second] = this.job.staff.focals;
    return { focal, other: focal === first ? second : first };
  }

  async signIn(): Promise<void> {
    const { deps, staffApi, trust, members } = this.job.options;
    const service = await connect(deps, staffApi, trust);
    const seats = new Map<string, StaffSession>();
    for (const seat of SEATS) {
      const { subject, words } = members.find(({ name }) => name === seat) ?? missing(seat);
      seats.set(seat, await unlock(service, subject, words));
    }
    this.#seats = seats;
  }

  async mailbox(code: Bytes): Promise<MailboxView> {
    return openMailbox(await this.job.service(), code);
  }

  /** A case as it is now, opened again only if it has changed. */
  async file(session: StaffSession, pseudonym: string): Promise<OpenedCase> {
    const key = `${session.actor.certificate} ${pseudonym}`;
    const known = this.#files.get(key);
    const opened = await (known === undefined ? openCase(session, pseudonym) : reopenCase(known));
    this.#files.set(key, opened);
    return opened;
  }

  /** @returns the case after the act. */
  async byStaff(name: string, one: JobCase, { by, reader = by, type, act }: StaffDoes): Promise<OpenedCase> {
    const id = pseudonymOf(one);
    const before = await this.file(reader, id);
    if (!this.#isDone(name, type, before.history)) {
      const result = await act(await this.file(by, id));
      if (!result.ok) throw new Invariant(`${name}: ${result.refusal.code}`);
    }
    const after = await this.file(reader, id);
    this.#checkOneMore(name, type, after.history);
    return after;
  }

  /** @returns the mailbox after the act. */
  async byPerson(name: string, { code, reader = code, type, act }: PersonDoes): Promise<MailboxView> {
    const before = await this.mailbox(reader);
    if (!this.#isDone(name, type, before.history)) {
      await act(reader === code ? before : await this.mailbox(code));
    }
    const after = await this.mailbox(reader);
    this.#checkOneMore(name, type, after.history);
    return after;
  }

  /** An act of custodians, who see what is there to decide and no event. */
  async byCustodian(
    name: string,
    one: JobCase,
    isDone: (found: RetentionCase) => boolean,
    act: (found: RetentionCase) => Promise<unknown>,
  ): Promise<void> {
    const find = (): Promise<RetentionCase> => retentionOf(this.seat('custodian-1'), pseudonymOf(one));
    const found = await find();
    if (!isDone(found)) await act(found);
    holds(isDone(await find()), name);
  }

  /** Waits for the day on which custodians may decide. */
  async untilDue(one: JobCase): Promise<void> {
    await this.job.until('waiting for the day of the case', async () => {
      const { due } = await retentionOf(this.seat('custodian-1'), pseudonymOf(one));
      return due !== null && due.at < this.job.deps.now() ? due : undefined;
    });
  }

  /** The old code opens nothing any more; a repeat finds that the new one does. */
  async changeCode(old: Bytes, code: Bytes): Promise<void> {
    if (!(await this.#opens(code))) await changeCode(await this.mailbox(old), code);
    holds(await this.#opens(code), 'the new code opens the mailbox');
    holds(!(await this.#opens(old)), 'the old code opens nothing');
  }

  async #opens(code: Bytes): Promise<boolean> {
    return (await refusalOf(() => this.mailbox(code))) !== 'not_found';
  }

  #isDone(name: string, type: EventName, history: History): boolean {
    const earlier = this.#counted.get(name);
    this.#counted.set(name, earlier ?? countOf(history, type));
    return earlier !== undefined && countOf(history, type) > earlier;
  }

  #checkOneMore(name: string, type: EventName, history: History): void {
    holds(countOf(history, type) === (this.#counted.get(name) ?? 0) + 1, `${name}: one more ${type}`);
  }
}

/** A case that is with this office. */
async function openedOrNothing(session: StaffSession, pseudonym: string): Promise<OpenedCase | undefined> {
  let opened: OpenedCase | undefined;
  const refusal = await refusalOf(async () => {
    opened = await openCase(session, pseudonym);
  });
  holds(refusal === undefined || refusal === 'not_found', String(refusal));
  return opened;
}

function countOf({ events }: History, type: EventName): number {
  return events.filter(({ event }) => event.type === type).length;
}

/** @throws {Invariant} naming what does not hold. */
export function holds(is: boolean, what: string): void {
  if (!is) throw new Invariant(`does not hold: ${what}`);
}

/** The code with which the service refuses; undefined if it does not. */
export async function refusalOf(ask: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await ask();
    return undefined;
  } catch (error) {
    if (error instanceof ApiProblem && error.status < 500) return error.code;
    throw error;
  }
}
