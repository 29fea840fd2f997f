/**
 * Clocks: started, paused and stopped by events alone, exact to the second (SPEC.md §5). A clock stopped before
 * `dueAt` is on time; at `dueAt` it has lapsed. A lapse stays and the clock runs on.
 */
import type { Instant } from '@app/encoding';
import { Invariant } from '@app/encoding';
import type { PauseCode } from './vocabularies.js';

export const CLOCKS = ['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'C8', 'C9', 'C10', 'C11'] as const;
export type ClockId = (typeof CLOCKS)[number];

/** Why a clock stopped: the awaited event, an exemption from it, or something that makes it impossible. */
export const CLOCK_STOPS = [
  'met',
  'exempt',
  'unanswered',
  'returned',
  'withdrawn',
  'closed',
  'erased',
] as const;
export type ClockStop = (typeof CLOCK_STOPS)[number];

/**
 * `restarted`: goes on from the one before it. `renewed`: a new demand, after a reopening or a further act.
 * `stricter`: runs beside the clock it tightens, from the moment the priority rose.
 */
export type ClockOrigin = 'first' | 'restarted' | 'renewed' | 'stricter';

export type Pause = { readonly reason: PauseCode; readonly from: Instant; readonly to?: Instant };

export type Clock = {
  readonly id: ClockId;
  /** 1, 2, 3… among the clocks of this id in this case. */
  readonly instance: number;
  readonly origin: ClockOrigin;
  /** The intervention a C8 belongs to. */
  readonly intervention?: number;
  readonly startedAt: Instant;
  readonly targetSeconds?: number;
  /** The first second that is late; absent without a target and while paused. */
  readonly dueAt?: Instant;
  readonly pauses: readonly Pause[];
  readonly stoppedAt?: Instant;
  readonly stoppedBy?: ClockStop;
  /** `dueAt` at the time the lapse was recorded. */
  readonly lapsedAt?: Instant;
  readonly lapseRecordedAt?: Instant;
};

export type ClockStart = Pick<Clock, 'id' | 'origin' | 'intervention' | 'targetSeconds'>;

type WithClocks = { readonly clocks: readonly Clock[] };

/** Whether it has started and not stopped; a paused clock is running. */
export function isRunning(clock: Clock): boolean {
  return clock.stoppedAt === undefined;
}

/** The running clocks of one id. */
export function runningClocks(state: WithClocks, id: ClockId): readonly Clock[] {
  return state.clocks.filter((clock) => clock.id === id && isRunning(clock));
}

export function startClock(clocks: readonly Clock[], start: ClockStart, at: Instant): readonly Clock[] {
  const instance = clocks.filter(({ id }) => id === start.id).length + 1;
  return [...clocks, withDue({ ...start, instance, startedAt: at, pauses: [] })];
}

/** Stops every running clock that `which` accepts; ends an open pause with it. */
export function stopClocks(
  clocks: readonly Clock[],
  which: (clock: Clock) => boolean,
  at: Instant,
  by: ClockStop,
): readonly Clock[] {
  return clocks.map((clock) =>
    isRunning(clock) && which(clock)
      ? withDue({ ...endPauses(clock, at), stoppedAt: at, stoppedBy: by })
      : clock,
  );
}

/** Pauses the running clocks of these ids; reasons may overlap, and each ends by itself. */
export function pauseClocks(
  clocks: readonly Clock[],
  ids: readonly ClockId[],
  reason: PauseCode,
  at: Instant,
): readonly Clock[] {
  return clocks.map((clock) =>
    ids.includes(clock.id) && isRunning(clock)
      ? withDue({ ...clock, pauses: [...clock.pauses, { reason, from: at }] })
      : clock,
  );
}

/** Ends the pauses of one reason. */
export function resumeClocks(clocks: readonly Clock[], reason: PauseCode, at: Instant): readonly Clock[] {
  return clocks.map((clock) => withDue(endPauses(clock, at, reason)));
}

/**
 * Marks one clock as lapsed.
 * @throws {Invariant} if it is not running, not due, or marked already.
 */
export function lapseClock(
  clocks: readonly Clock[],
  id: ClockId,
  instance: number,
  at: Instant,
): readonly Clock[] {
  if (!dueClocks({ clocks }, at).some((clock) => clock.id === id && clock.instance === instance)) {
    throw new Invariant('lapse of a clock that is not due');
  }
  return clocks.map((clock) =>
    clock.id === id && clock.instance === instance && clock.dueAt !== undefined
      ? { ...clock, lapsedAt: clock.dueAt, lapseRecordedAt: at }
      : clock,
  );
}

/** The running clocks whose target has passed at `now` and whose lapse is not recorded. */
export function dueClocks(state: WithClocks, now: Instant): readonly Clock[] {
  return state.clocks.filter((clock) => {
    const dueAt = pendingDue(clock);
    return dueAt !== undefined && dueAt <= now;
  });
}

/** When the next lapse is due, recorded lapses left out; absent if no clock can lapse as things stand. */
export function nextDeadline(state: WithClocks): Instant | undefined {
  const due = state.clocks.map(pendingDue).filter((at) => at !== undefined);
  return due.length === 0 ? undefined : Math.min(...due);
}

/**
 * How much of a target is left when an office is warned: a quarter, and never less than an hour, so that somebody who
 * looks once in the hour still comes in time. A warning is no act and has no event.
 */
export const WARNING = { quarter: 4, leastSeconds: 3_600 } as const;

/** When to warn of a clock that will lapse; absent if it cannot, as things stand, or has. Never before its start. */
export function warningAt(clock: Clock): Instant | undefined {
  const dueAt = pendingDue(clock);
  if (dueAt === undefined || clock.targetSeconds === undefined) return undefined;
  const left = Math.max(WARNING.leastSeconds, Math.floor(clock.targetSeconds / WARNING.quarter));
  return Math.max(clock.startedAt, dueAt - left);
}

/** The earliest warning of a case: from then until the lapse it is due soon. */
export function nextWarning(state: WithClocks): Instant | undefined {
  const warnings = state.clocks.map(warningAt).filter((at) => at !== undefined);
  return warnings.length === 0 ? undefined : Math.min(...warnings);
}

/** Whether the clock's target passed before it stopped, or has passed at `now`. */
export function isLapsed(clock: Clock, now: Instant): boolean {
  if (clock.lapsedAt !== undefined) return true;
  return clock.dueAt !== undefined && clock.dueAt <= (clock.stoppedAt ?? now);
}

/** Seconds from start to stop, or to `now` while it runs. */
export function grossSeconds(clock: Clock, now: Instant): number {
  return (clock.stoppedAt ?? now) - clock.startedAt;
}

/** Gross seconds without the pauses. */
export function netSeconds(clock: Clock, now: Instant): number {
  return grossSeconds(clock, now) - pausedSeconds(clock, clock.stoppedAt ?? now);
}

function pendingDue(clock: Clock): Instant | undefined {
  return isRunning(clock) && clock.lapsedAt === undefined ? clock.dueAt : undefined;
}

/** A second under two reasons is paused once. Pauses are in the order they began. */
function pausedSeconds(clock: Clock, until: Instant): number {
  let [sum, counted] = [0, -Infinity];
  for (const { from, to = until } of clock.pauses) {
    sum += Math.max(0, to - Math.max(from, counted));
    counted = Math.max(counted, to);
  }
  return sum;
}

function endPauses(clock: Clock, at: Instant, reason?: PauseCode): Clock {
  if (!isRunning(clock)) return clock;
  const ends = (pause: Pause): boolean =>
    pause.to === undefined && (reason === undefined || pause.reason === reason);
  return { ...clock, pauses: clock.pauses.map((pause) => (ends(pause) ? { ...pause, to: at } : pause)) };
}

function withDue({ dueAt: _, ...clock }: Clock): Clock {
  // SPEC.md §5: a pause moves the target by its own length; while it lasts nothing is due.
  if (clock.targetSeconds === undefined || clock.pauses.some((pause) => pause.to === undefined)) return clock;
  return { ...clock, dueAt: clock.startedAt + clock.targetSeconds + pausedSeconds(clock, clock.startedAt) };
}
