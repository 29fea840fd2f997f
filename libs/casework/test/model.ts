/**
 * A second opinion on the case machine, written from SPEC.md §3 to §5 and the design's table of transitions alone: it
 * shares no code with the library, only the shape of an event. It watches events that were accepted and says what they
 * must have led to: the phase, the consent that is effective, and every clock to the second.
 */
import type { CaseEvent } from '../src/events.js';
import {
  ACCEPTED,
  BY_PRIORITY,
  DAY,
  GRANTS,
  HOUR,
  NEEDS_K1,
  OF_CHANNEL,
  PAUSED_BY,
  SCOPES,
  TABLE,
} from './model-table.js';

export type ModelClock = {
  readonly id: string;
  readonly startedAt: number;
  readonly target: number | undefined;
  readonly of: number | undefined;
  stoppedAt?: number;
  stoppedBy?: string;
  lapsedAt?: number;
  /** Seconds of pauses that have ended, and when the present one began. */
  paused: number;
  pausedSince?: number;
  readonly reasons: Set<string>;
};

type Draft = {
  readonly channel: string;
  readonly level: string;
  readonly by: string;
  clearedBy?: string;
  open: boolean;
};

/** What the library says that the model says otherwise. */
export class Contradiction extends Error {}

function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Contradiction(what);
}

type Detail = Readonly<Record<string, string | number | boolean | undefined>>;

type Effect = (detail: Detail, at: number, from: string) => void;

/** A case as the model sees it; {@link Model.watch} takes one event after the other. */
export class Model {
  phase = 'NONE';
  readonly clocks: ModelClock[] = [];
  #heldFrom = '';
  #hold: string | undefined;
  #asked: string | undefined;
  #priority = 3;
  #rows: string[][] = [];
  #referrals = 0;
  readonly #drafts: Draft[] = [];
  /** When each row last answered. */
  readonly #answered: Record<string, number[]> = {};
  #assessed: { at: number; likelihood: number; severity: number } | undefined;
  #confirmAfter = -1;

  /** Whether an event may occur where the case stands. */
  allows(event: string): boolean {
    return this.#to(event) !== undefined;
  }

  /** The grant that holds for all eight rows: the least of them, or nothing. */
  effective(scope: string): string | undefined {
    const column = SCOPES.indexOf(scope);
    let least = GRANTS.length;
    for (const row of this.#rows) least = Math.min(least, GRANTS.indexOf(row[column] ?? ''));
    return GRANTS[least];
  }

  /** @throws {Contradiction} if this event could not come here, or not be done without another consent. */
  watch(event: CaseEvent): void {
    const { type, at, actor } = event;
    const detail = event.detail as Detail;
    const to = this.#to(type);
    demand(to !== undefined, `${type} in ${this.phase}`);
    // A hold closes as the phase that it interrupted would.
    if (type === 'CLOSED' && this.phase === 'ON_HOLD')
      demand(`IN_SCOPE AWAITING_CONSENT ${ACCEPTED}`.includes(this.#heldFrom), 'closed before its time');
    demand((TABLE[type]?.[0] ?? '').split(' ').includes(actor), `${type} by ${actor}`);
    this.#checkConsent(type, detail, at);
    const from = this.phase;
    this.phase = to;
    if (type === 'HELD') [this.#heldFrom, this.#hold] = [from, String(detail.reason)];
    this.#effects[type]?.(detail, at, from);
  }

  /** The first second that is late; undefined without a target or while paused. */
  static dueAt({ startedAt, target, paused, pausedSince }: ModelClock): number | undefined {
    return target === undefined || pausedSince !== undefined ? undefined : startedAt + target + paused;
  }

  #to(event: string): string | undefined {
    for (const [from, to] of (TABLE[event]?.slice(1) ?? []) as readonly (readonly [string, string])[]) {
      if (!from.split(' ').includes(this.phase)) continue;
      return to === '=' ? this.phase : to === '<' ? this.#heldFrom : to;
    }
    return undefined;
  }

  #checkConsent(type: string, detail: Detail, at: number): void {
    if (NEEDS_K1.includes(type)) demand(this.effective('K1') !== undefined, `${type} without K1`);
    if (type === 'ROUTED' || type === 'DIVERTED' || (type === 'ESCALATED' && detail.delivered === true))
      demand(this.effective('K3') !== undefined, `${type} without K3`);
    if (type === 'REFERRED')
      demand(this.effective(`K4:${String(detail.channel)}`) !== undefined, 'referred without K4');
    if (type === 'INTERVENTION_SENT') this.#checkSending(detail, at);
  }

  #checkSending(detail: Detail, at: number): void {
    const draft = this.#draft(detail);
    demand(draft.clearedBy !== undefined && draft.clearedBy !== draft.by, 'sent without a second officer');
    demand(this.#covers(draft), 'sent without consent');
    const scope = OF_CHANNEL[draft.channel] ?? '';
    for (const answered of this.#answered[scope] ?? [])
      demand(at - answered < 30 * DAY && answered > this.#confirmAfter, 'sent with old consent');
    if (draft.channel === 'STATE')
      demand(this.#assessed !== undefined && at - this.#assessed.at < 7 * DAY, 'raised on an old assessment');
    draft.open = false;
  }

  #draft({ number }: Detail): Draft {
    const draft = this.#drafts[Number(number) - 1];
    demand(draft?.open === true, 'no draft, or one that was cancelled');
    return draft;
  }

  #covers({ channel, level }: Draft): boolean {
    const granted = this.effective(OF_CHANNEL[channel] ?? '');
    if (granted === undefined) return false;
    if ('123'.includes(granted)) return '123'.includes(level) && level <= granted;
    // Whoever may be named may be spoken of under a pseudonym.
    return granted === 'N' ? 'NP'.includes(level) : granted === level;
  }

  readonly #effects: Readonly<Record<string, Effect>> = {
    SUBMITTED: (detail, at) => {
      const codes = String(detail.consents).split('');
      this.#rows = Array.from({ length: 8 }, (_, row) => codes.slice(13 * row, 13 * row + 13));
      for (const scope of ['K5', 'K6']) this.#answered[scope] = this.#rows.map(() => at);
      const urgent = detail.declared_urgent === 'yes';
      this.#priority = urgent ? 1 : 3;
      this.#add('C1', at, urgent ? 24 * HOUR : 7 * DAY);
      for (const id of ['C2', 'C3', 'C9', 'C10']) this.#start(id, at);
    },
    ACKNOWLEDGED: (detail, at) => {
      this.#stop('C1', at, detail.exempt === undefined ? 'met' : 'exempt');
    },
    CONTACTED: (detail, at) => {
      this.#stop('C2', at, 'met');
      if (detail.feedback === true) this.#stop('C9', at, 'met');
    },
    REPLY: (detail, at) => {
      if (detail.feedback === true) this.#stop('C9', at, 'met');
    },
    INFO_REQUESTED: (_, at) => {
      this.#pause('PA1', at);
    },
    INFO_RECEIVED: (_, at) => {
      this.#resume('PA1', at);
    },
    REPORTER_MSG: (_, at) => {
      this.#resume('PA1', at);
    },
    SCOPED: (detail, at) => {
      this.#stop('C3', at, 'met');
      this.#assess(detail, at);
      this.#prioritise(detail, at);
      this.#routing(at);
    },
    REPRIORITISED: (detail, at) => {
      this.#prioritise(detail, at);
    },
    RISK_ASSESSED: (detail, at) => {
      this.#assess(detail, at);
      if (detail.changed === true) this.#confirmAfter = at;
    },
    CONSENT_ASKED: (detail, at) => {
      this.#pause('PA2', at);
      this.#asked = String(detail.scope);
      this.#start('C4', at);
    },
    CONSENT_ANSWERED: (detail, at) => {
      this.#answer(detail, at, 'met');
      this.#consent(detail, at);
    },
    CONSENT_UNANSWERED: (detail, at) => {
      this.#answer(detail, at, 'unanswered');
    },
    CONSENT: (detail, at) => {
      this.#consent(detail, at);
    },
    WITHDRAW: (detail, at) => {
      this.#consent(detail, at);
    },
    CLOSED_OUT_OF_SCOPE: (_, at) => {
      this.#stop('C3', at, 'met');
      this.#stop('C1 C2 C4 C5 C6 C7 C8 C9 C10 C11', at, 'closed');
    },
    DIVERTED: (_, at) => {
      this.#stop('C6', at, 'returned');
      this.#stop('C5', at, 'met');
      this.#start('C6', at);
    },
    ROUTED: (_, at) => {
      this.#stop('C5', at, 'met');
      this.#start('C6', at);
    },
    REFERRED: (_, at) => {
      this.#referrals++;
      this.#stop('C5', at, 'met');
    },
    ACCEPTED: (_, at) => {
      this.#stop('C6', at, 'met');
      this.#start('C7', at);
    },
    RETURNED: (_, at, from) => {
      if (from !== 'ROUTED') return;
      this.#stop('C6', at, 'returned');
      this.#routing(at);
    },
    INTERVENTION_DRAFTED: (detail) => {
      const [channel, level, by] = [detail.channel, detail.level, detail.by].map(String);
      this.#drafts.push({ channel: channel ?? '', level: level ?? '', by: by ?? '', open: true });
    },
    INTERVENTION_CLEARED: (detail) => {
      this.#draft(detail).clearedBy = String(detail.by);
    },
    INTERVENTION_ENDED: (detail) => {
      const draft = this.#drafts[Number(detail.number) - 1];
      if (draft !== undefined) draft.open = false;
    },
    INTERVENTION_SENT: (detail, at) => {
      if (detail.channel !== 'STATE') return;
      this.#stop('C7 C10', at, 'met');
      this.#add('C8', at, 60 * DAY, Number(detail.number));
    },
    STATE_REPLY: (detail, at) => {
      if (detail.response === 'RSP9') return;
      for (const clock of this.#running('C8')) if (clock.of === detail.number) halt(clock, at, 'met');
    },
    HELD: (detail, at) => {
      this.#pause(String(detail.reason), at);
    },
    RESUMED: (detail, at) => {
      this.#resume(String(detail.reason), at);
      this.#hold = undefined;
      this.#routing(at);
    },
    MONITORED: (_, at) => {
      this.#stop('C7', at, 'closed');
      this.#start('C11', at);
    },
    REVIEWED: (_, at) => {
      this.#stop('C11', at, 'met');
      this.#start('C11', at);
    },
    ACTION_RESUMED: (_, at) => {
      this.#stop('C11', at, 'met');
      this.#start('C7', at);
    },
    CLOSED: (_, at) => {
      this.#stop('C11', at, 'met');
      this.#stop('C1 C2 C3 C4 C5 C6 C7 C9 C10', at, 'closed');
      [this.#asked, this.#hold] = [undefined, undefined];
    },
    REOPENED: (_, at) => {
      this.#start('C3', at);
    },
    ERASED: (_, at) => {
      this.#stop('C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11', at, 'erased');
      [this.#asked, this.#hold] = [undefined, undefined];
    },
    LAPSED: (detail, at) => {
      this.#lapse(detail, at);
    },
  };

  #running(ids: string): ModelClock[] {
    return this.clocks.filter(({ id, stoppedAt }) => stoppedAt === undefined && ids.split(' ').includes(id));
  }

  #start(id: string, at: number): void {
    this.#add(id, at, BY_PRIORITY[id]?.[this.#priority - 1]);
  }

  #add(id: string, at: number, target: number | undefined, of?: number): void {
    const clock: ModelClock = { id, startedAt: at, target, of, paused: 0, reasons: new Set() };
    const now = [this.#hold, this.#asked === undefined ? undefined : 'PA2'];
    for (const reason of now) if (reason !== undefined) this.#pauseOne(clock, reason, at);
    this.clocks.push(clock);
  }

  #stop(ids: string, at: number, by: string): void {
    for (const clock of this.#running(ids)) halt(clock, at, by);
  }

  #pause(reason: string, at: number): void {
    for (const clock of this.#running(PAUSED_BY[reason] ?? '')) this.#pauseOne(clock, reason, at);
  }

  #pauseOne(clock: ModelClock, reason: string, at: number): void {
    if (!(PAUSED_BY[reason] ?? '').split(' ').includes(clock.id)) return;
    clock.reasons.add(reason);
    clock.pausedSince ??= at;
  }

  #resume(reason: string, at: number): void {
    for (const clock of this.#running('C3 C5 C6 C7')) {
      clock.reasons.delete(reason);
      if (clock.reasons.size === 0) goOn(clock, at);
    }
  }

  #lapse(detail: Detail, at: number): void {
    const clock = this.clocks.filter(({ id }) => id === detail.clock)[Number(detail.instance) - 1];
    const due = clock && Model.dueAt(clock);
    demand(clock !== undefined && clock.stoppedAt === undefined, 'lapse of a clock that does not run');
    demand(
      clock.lapsedAt === undefined && due !== undefined && due <= at,
      'lapse of a clock that is not due',
    );
    clock.lapsedAt = due;
  }

  #prioritise(detail: Detail, at: number): void {
    const before = this.#priority;
    this.#priority = Number(String(detail.priority).slice(1));
    if (this.#priority >= before) return;
    for (const id of Object.keys(BY_PRIORITY)) {
      const running = this.#running(id);
      const target = BY_PRIORITY[id]?.[this.#priority - 1] ?? 0;
      if (running.length > 0 && running.every((clock) => target < (clock.target ?? 0))) this.#start(id, at);
    }
  }

  #assess(detail: Detail, at: number): void {
    const rank = (level: unknown): number => ['low', 'moderate', 'high', 'severe'].indexOf(String(level));
    const now = { at, likelihood: rank(detail.likelihood), severity: rank(detail.severity) };
    const last = this.#assessed;
    if (last && (now.likelihood > last.likelihood || now.severity > last.severity)) this.#confirmAfter = at;
    this.#assessed = now;
  }

  #answer(detail: Detail, at: number, by: string): void {
    demand(this.#asked === detail.scope, 'an answer to what nobody asked');
    this.#asked = undefined;
    this.#stop('C4', at, by);
    this.#resume('PA2', at);
    if (this.#hold !== undefined && this.#heldFrom === 'AWAITING_CONSENT') this.#heldFrom = 'IN_SCOPE';
  }

  #consent(detail: Detail, at: number): void {
    const had = this.effective('K5') !== undefined;
    this.#change(detail, at);
    for (const draft of this.#drafts) draft.open &&= this.#covers(draft);
    this.#routing(at);
    const has = this.effective('K5') !== undefined;
    if (had && !has) this.#stop('C7', at, 'withdrawn');
    if (!had && has) this.#raiseAgain(at);
  }

  #change(detail: Detail, at: number): void {
    const column = SCOPES.indexOf(String(detail.scope));
    const first = Number(detail.person);
    for (let row = first; row <= Number(detail.through ?? first); row++) {
      const codes = this.#rows[row - 1];
      if (codes !== undefined) codes[column] = String(detail.code);
      const answered = this.#answered[String(detail.scope)];
      if (answered !== undefined) answered[row - 1] = at;
    }
  }

  #raiseAgain(at: number): void {
    const last = this.clocks.findLast(({ id }) => id === 'C7');
    const here = ['ACCEPTED', 'ACTION_ONGOING'].includes(this.#place());
    if (here && last?.stoppedBy === 'withdrawn') this.#start('C7', at);
  }

  /** C5 runs while a case in scope waits and somebody may be given it. */
  #routing(at: number): void {
    const may = ['K3', 'K4:SP', 'K4:TB', 'K4:HRC'].some((scope) => this.effective(scope) !== undefined);
    if (!may) this.#stop('C5', at, 'withdrawn');
    const waits = ['IN_SCOPE', 'AWAITING_CONSENT'].includes(this.#place()) && this.#referrals === 0;
    if (may && waits && this.#running('C5').length === 0) this.#start('C5', at);
  }

  #place(): string {
    return this.phase === 'ON_HOLD' ? this.#heldFrom : this.phase;
  }
}

function halt(clock: ModelClock, at: number, by: string): void {
  clock.reasons.clear();
  goOn(clock, at);
  [clock.stoppedAt, clock.stoppedBy] = [at, by];
}

function goOn(clock: ModelClock, at: number): void {
  if (clock.pausedSince === undefined) return;
  clock.paused += at - clock.pausedSince;
  delete clock.pausedSince;
}
