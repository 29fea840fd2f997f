/** From events back to state and response times: what the auditor prints from openings alone (SPEC.md §5). */
import { type Instant, Invariant } from '@app/encoding';
import {
  type Clock,
  type ClockId,
  type ClockStop,
  grossSeconds,
  isLapsed,
  isRunning,
  netSeconds,
} from './clocks.js';
import type { CaseEvent } from './events.js';
import type { Policy } from './policy.js';
import { applyEvent } from './apply.js';
import type { CaseState } from './state.js';

/**
 * Folds a whole history.
 * @param policy - the one in force at the first event.
 * @throws {Invariant} for no events, or a history that could not have happened.
 */
export function replay(events: readonly CaseEvent[], policy: Policy): CaseState {
  const state = events.reduce<CaseState | undefined>(
    (before, event) => applyEvent(before, event, policy),
    undefined,
  );
  if (state === undefined) throw new Invariant('a case without events');
  return state;
}

/** One clock of one case. `onTime` is absent while undecided, without a target, or stopped for another reason. */
export type ResponseTime = {
  readonly clock: ClockId;
  readonly instance: number;
  readonly startedAt: Instant;
  readonly stoppedAt?: Instant;
  readonly stoppedBy?: ClockStop;
  readonly grossSeconds?: number;
  readonly netSeconds?: number;
  /** Gross seconds of this clock and of those it restarts. */
  readonly cumulativeSeconds?: number;
  readonly targetSeconds?: number;
  readonly onTime?: boolean;
  readonly lapsedAt?: Instant;
};

/** Every clock of a case, in the order they started. */
export function responseTimes(state: CaseState): readonly ResponseTime[] {
  return state.clocks.map((clock) => {
    const { id, instance, startedAt, stoppedAt, stoppedBy, targetSeconds, lapsedAt } = clock;
    const stopped =
      stoppedAt === undefined
        ? {}
        : {
            stoppedAt,
            stoppedBy,
            grossSeconds: grossSeconds(clock, stoppedAt),
            netSeconds: netSeconds(clock, stoppedAt),
            cumulativeSeconds: cumulative(state.clocks, clock, stoppedAt),
          };
    return present({
      clock: id,
      instance,
      startedAt,
      ...stopped,
      targetSeconds,
      onTime: onTime(clock),
      lapsedAt,
    });
  });
}

function onTime(clock: Clock): boolean | undefined {
  if (clock.targetSeconds === undefined) return undefined;
  if (isRunning(clock)) return clock.lapsedAt === undefined ? undefined : false;
  if (isLapsed(clock, clock.startedAt)) return false;
  return clock.stoppedBy === 'met' ? true : undefined;
}

function cumulative(clocks: readonly Clock[], last: Clock, until: Instant): number {
  // SPEC.md §5: a stricter clock runs beside another one; adding the two would count the same seconds twice.
  const line = clocks.filter(({ id, origin }) => id === last.id && origin !== 'stricter');
  let sum = grossSeconds(last, until);
  for (let i = line.indexOf(last); line[i]?.origin === 'restarted'; i--) {
    const before = line[i - 1];
    if (before !== undefined) sum += grossSeconds(before, until);
  }
  return sum;
}

function present(row: { readonly [K in keyof ResponseTime]: ResponseTime[K] | undefined }): ResponseTime {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as ResponseTime;
}
