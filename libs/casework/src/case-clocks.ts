/** Which clocks a case starts, pauses and stops: the rules of SPEC.md §5 over the mechanics of `clocks.ts`. */
import type { Instant } from '@app/encoding';
import {
  type Clock,
  type ClockId,
  type ClockOrigin,
  type ClockStop,
  pauseClocks,
  resumeClocks,
  runningClocks,
  startClock,
  stopClocks,
} from './clocks.js';
import { type ConsentMatrix, effectiveConsent } from './consent.js';
import type { PriorityTargets } from './policy.js';
import { type CaseState, currentPriority, standing } from './state.js';
import type { PauseCode, Priority } from './vocabularies.js';

const BY_PRIORITY = ['C2', 'C3', 'C5', 'C6', 'C7', 'C9', 'C11'] as const;

/** What each pause stops (SPEC.md §5). */
const PAUSES: Readonly<Record<PauseCode, readonly ClockId[]>> = {
  PA1: ['C3'],
  PA2: ['C5', 'C7'],
  PA3: ['C5', 'C6', 'C7'],
  PA4: ['C5', 'C6', 'C7'],
};

/** Starts a clock with the target of this case, paused by whatever pauses its kind now. */
export function start(state: CaseState, id: ClockId, at: Instant, intervention?: number): CaseState {
  return startAs(state, id, originOf(state, id), at, intervention);
}

/** Starts a clock that owes nothing to those of its kind before. */
export function startAnew(state: CaseState, id: ClockId, at: Instant): CaseState {
  return startAs(state, id, 'renewed', at);
}

export function stop(state: CaseState, ids: readonly ClockId[], at: Instant, by: ClockStop): CaseState {
  return { ...state, clocks: stopClocks(state.clocks, (clock) => ids.includes(clock.id), at, by) };
}

/** Stops every clock but those of `except`. */
export function stopAll(
  state: CaseState,
  at: Instant,
  by: ClockStop,
  except: readonly ClockId[] = [],
): CaseState {
  return { ...state, clocks: stopClocks(state.clocks, ({ id }) => !except.includes(id), at, by) };
}

export function pause(state: CaseState, reason: PauseCode, at: Instant): CaseState {
  return { ...state, clocks: pauseClocks(state.clocks, PAUSES[reason], reason, at) };
}

export function resume(state: CaseState, reason: PauseCode, at: Instant): CaseState {
  return { ...state, clocks: resumeClocks(state.clocks, reason, at) };
}

/** A higher priority starts the stricter target at once, beside the old clock, which is kept. */
export function prioritised(state: CaseState, priority: Priority, at: Instant): CaseState {
  const after = { ...state, priority };
  if (priority >= currentPriority(state)) return after;
  return BY_PRIORITY.reduce<CaseState>((next, id) => {
    const strictest = Math.min(...runningClocks(state, id).map((clock) => clock.targetSeconds ?? Infinity));
    const target = state.targets[id][priority];
    return strictest < Infinity && target < strictest ? startAs(next, id, 'stricter', at) : next;
  }, after);
}

/** C5 runs while a case in scope may be routed: some K3 or K4 is granted. */
export function routeClock(state: CaseState, at: Instant): CaseState {
  const running = runningClocks(state, 'C5').length > 0;
  if (!mayBeRouted(state.consents)) return running ? stop(state, ['C5'], at, 'withdrawn') : state;
  const where = standing(state);
  const waits = (where === 'IN_SCOPE' || where === 'AWAITING_CONSENT') && state.referrals.length === 0;
  return waits && !running ? start(state, 'C5', at) : state;
}

/** C7 stops when K5 is withdrawn, and starts again with a new grant until the case was raised. */
export function raiseClock(before: CaseState, after: CaseState, at: Instant): CaseState {
  const had = effectiveConsent(before.consents, 'K5').granted;
  const has = effectiveConsent(after.consents, 'K5').granted;
  // SPEC.md §5: what was never granted cannot be withdrawn; C7 then runs on.
  if (had && !has) return stop(after, ['C7'], at, 'withdrawn');
  const last = after.clocks.findLast((clock) => clock.id === 'C7');
  const where = standing(after);
  const here = where === 'ACCEPTED' || where === 'ACTION_ONGOING';
  return !had && has && here && last?.stoppedBy === 'withdrawn' ? start(after, 'C7', at) : after;
}

function startAs(
  state: CaseState,
  id: ClockId,
  origin: ClockOrigin,
  at: Instant,
  intervention?: number,
): CaseState {
  const targetSeconds = targetOf(state, id);
  const target = targetSeconds === undefined ? {} : { targetSeconds };
  const of = intervention === undefined ? {} : { intervention };
  const clocks = startClock(state.clocks, { id, origin, ...target, ...of }, at);
  const started = pausesNow(state).reduce<readonly Clock[]>(
    (last, reason) => pauseClocks(last, PAUSES[reason], reason, at),
    clocks.slice(-1),
  );
  return { ...state, clocks: [...state.clocks, ...started] };
}

function pausesNow({ hold, asked }: CaseState): readonly PauseCode[] {
  return [...(hold === undefined ? [] : [hold.reason]), ...(asked === undefined ? [] : (['PA2'] as const))];
}

/** A clock goes on from the last one of its kind, unless the case was reopened since. Each C8 stands alone. */
function originOf({ clocks, reopenedAt }: CaseState, id: ClockId): ClockOrigin {
  if (id === 'C4' || id === 'C8' || id === 'C11') return 'first';
  const before = clocks.filter((clock) => clock.id === id);
  if (before.length === 0) return 'first';
  const since = reopenedAt;
  return since !== undefined && before.every(({ startedAt, stoppedAt }) => (stoppedAt ?? startedAt) <= since)
    ? 'renewed'
    : 'restarted';
}

function targetOf(state: CaseState, id: ClockId): number | undefined {
  if (id === 'C8') return state.targets.C8;
  const table: PriorityTargets | undefined = (BY_PRIORITY as readonly ClockId[]).includes(id)
    ? state.targets[id as (typeof BY_PRIORITY)[number]]
    : undefined;
  return table?.[currentPriority(state)];
}

function mayBeRouted(consents: ConsentMatrix): boolean {
  const scopes = ['K3', 'K4:SP', 'K4:TB', 'K4:HRC'] as const;
  return scopes.some((scope) => effectiveConsent(consents, scope).granted);
}
