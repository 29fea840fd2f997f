/** What holds, consents over time, watching and closing do to clocks (SPEC.md §5). */
import { describe, expect, it } from '@jest/globals';
import {
  ANSWER_K5,
  AWAITING_CONSENT,
  CLEARED,
  CLOSE_ACT,
  DAY,
  FOCAL,
  hash,
  HELD,
  history,
  HOUR,
  id,
  MONITORED,
  OFFICIAL,
  refusal,
  REOPENED,
  REPORTER,
  SCOPE_ACT,
  type Step,
  SYSTEM,
  T0,
  TO,
  withdraw,
} from '../test/histories.js';

import type { CaseAct } from './acts.js';
import { type Clock, type ClockId, netSeconds } from './clocks.js';
import { DEFAULT_POLICY } from './policy.js';

import { responseTimes } from './replay.js';
import { type CaseState, nextDue, owesEscalation } from './state.js';

const clocksOf = (state: CaseState, id: ClockId): readonly Clock[] =>
  state.clocks.filter((clock) => clock.id === id);
const last = (state: CaseState, id: ClockId): Clock | undefined => clocksOf(state, id).at(-1);
const { limits } = DEFAULT_POLICY;
const end = (steps: readonly Step[]): number => history(...steps).state.lastEventAt - T0;

function reply(response: 'RSP1' | 'RSP9'): CaseAct {
  return { kind: 'state_reply', number: 1, response, complete: true };
}

/** Closed at the person's request while the State still had time to reply. */
function closedWithOpenWindow(): readonly Step[] {
  return [...TO.sent, [{ ...CLOSE_ACT, reason: 'SAFETY' }, OFFICIAL]];
}

describe('holds', () => {
  it('pause C5 to C7, and end by themselves', () => {
    const held = history(...HELD).state;
    const begun = end(HELD);
    expect(last(held, 'C7')).toMatchObject({ pauses: [{ reason: 'PA3', from: T0 + begun }] });
    expect(last(held, 'C7')?.dueAt).toBeUndefined();
    expect(last(held, 'C9')?.pauses).toEqual([]);
    expect(held.hold?.until).toBe(T0 + begun + limits.hold.PA3);
    expect(nextDue({ ...held, clocks: [] })).toBe(held.hold?.until);
    const over: Step = [{ kind: 'resume' }, SYSTEM, begun + limits.hold.PA3];
    const on = history(...HELD, over).state;
    expect(on).toMatchObject({ phase: 'ACCEPTED' });
    expect(on.hold).toBeUndefined();
    expect(netSeconds(last(on, 'C7') as Clock, on.lastEventAt)).toBe(1);
    expect(last(on, 'C7')?.dueAt).toBe(T0 + begun - 1 + 30 * DAY + limits.hold.PA3);
  });

  it('leave C3 running, and a lapse of then escalates when the hold ends', () => {
    const held: Step[] = [...TO.inTriage, [{ kind: 'hold', reason: 'PA3' }, FOCAL]];
    const lapsed: Step[] = [...held, [{ kind: 'lapse', clock: 'C3', instance: 1 }, SYSTEM, 14 * DAY]];
    const waiting = history(...lapsed).state;
    expect(refusal(waiting, { kind: 'escalate', role: OFFICIAL.roleId, quarantined: false }, SYSTEM)).toBe(
      'not_in_this_state',
    );
    expect(owesEscalation(waiting)).toBe(false);
    const on = history(...lapsed, [{ kind: 'resume' }, FOCAL]).state;
    expect(owesEscalation(on)).toBe(true);
    expect(nextDue(on)).toBe(on.lastEventAt);
  });

  it('an answer that comes meanwhile is kept', () => {
    const steps: Step[] = [...AWAITING_CONSENT, [{ kind: 'hold', reason: 'PA3' }, FOCAL]];
    const answered = history(...steps, [{ kind: 'answer_consent', ...ANSWER_K5 }, REPORTER]).state;
    expect(answered).toMatchObject({ phase: 'ON_HOLD', hold: { from: 'IN_SCOPE' } });
    expect(
      history(...steps, [{ kind: 'answer_consent', ...ANSWER_K5 }, REPORTER], [{ kind: 'resume' }, FOCAL])
        .state.phase,
    ).toBe('IN_SCOPE');
  });

  it('overlap with another pause without counting a second twice', () => {
    const steps: Step[] = [
      ...TO.accepted,
      [{ kind: 'ask_consent', scope: 'K6' }, FOCAL, 10 * HOUR],
      [{ kind: 'hold', reason: 'PA3' }, OFFICIAL, 11 * HOUR],
      [{ kind: 'answer_consent', ...ANSWER_K5, scope: 'K6', code: '1' }, REPORTER, 12 * HOUR],
      [{ kind: 'resume' }, OFFICIAL, 15 * HOUR],
    ];
    const state = history(...steps).state;
    const c7 = last(state, 'C7') as Clock;
    expect(c7.pauses.map(({ reason }) => reason)).toEqual(['PA2', 'PA3']);
    expect(netSeconds(c7, T0 + 20 * HOUR)).toBe(20 * HOUR - 4 - 5 * HOUR);
    expect(c7.dueAt).toBe(T0 + 4 + 30 * DAY + 5 * HOUR);
  });
});

describe('consent over time', () => {
  it('K5 must be confirmed after thirty days, and the same grant again confirms it', () => {
    const risk: Step = [
      { kind: 'assess_risk', likelihood: 'low', severity: 'low', changed: false },
      OFFICIAL,
      31 * DAY,
    ];
    const steps: Step[] = [...CLEARED, risk];
    const send = { kind: 'send_intervention', number: 1 } as const;
    expect(refusal(history(...steps).state, send, OFFICIAL)).toBe('consent_outdated');
    const again: Step = [{ kind: 'consent_change', person: 1, through: 8, scope: 'K5', code: '2' }, REPORTER];
    expect(refusal(history(...steps, again).state, send, OFFICIAL)).toBeUndefined();
  });

  it.each([
    ['the risk rose', { likelihood: 'high', severity: 'high', changed: false }, 'consent_outdated'],
    ['the facts changed', { likelihood: 'low', severity: 'high', changed: true }, 'consent_outdated'],
    ['the risk fell', { likelihood: 'low', severity: 'low', changed: false }, undefined],
  ] as const)('%s', (_name, risk, code) => {
    const { state } = history(...CLEARED, [{ kind: 'assess_risk', ...risk }, OFFICIAL]);
    expect(refusal(state, { kind: 'send_intervention', number: 1 }, OFFICIAL)).toBe(code);
  });

  it('nothing is raised with a State on a risk assessed more than seven days ago', () => {
    const { state } = history(...CLEARED);
    const send = { kind: 'send_intervention', number: 1 } as const;
    expect(refusal(state, send, OFFICIAL, 2 + 7 * DAY)).toBe('risk_outdated');
    expect(refusal(state, send, OFFICIAL, 1 + 7 * DAY)).toBeUndefined();
  });

  it('a grant of K5 restarts C7 only where its withdrawal had stopped it', () => {
    const steps: Step[] = [
      ...TO.accepted,
      [withdraw('K5'), REPORTER],
      [{ kind: 'consent_change', ...ANSWER_K5 }, REPORTER],
    ];
    expect(
      clocksOf(history(...steps).state, 'C7').map(({ origin, stoppedBy }) => [origin, stoppedBy]),
    ).toEqual([
      ['first', 'withdrawn'],
      ['restarted', undefined],
    ]);
  });
});

describe('watching, closing, opening again', () => {
  it('C11 runs 90 days, 30 for P1, and each review starts the next', () => {
    expect(last(history(...MONITORED).state, 'C11')).toMatchObject({ targetSeconds: 90 * DAY });
    const reviewed = history(...MONITORED, [{ kind: 'review' }, OFFICIAL, 80 * DAY]).state;
    expect(clocksOf(reviewed, 'C11').map(({ stoppedBy }) => stoppedBy)).toEqual(['met', undefined]);
    const urgent: Step = [{ kind: 'reprioritise', priority: 'P1', second: hash('4') }, OFFICIAL];
    expect(last(history(...MONITORED, urgent).state, 'C11')).toMatchObject({
      origin: 'stricter',
      targetSeconds: 30 * DAY,
    });
  });

  it('T15 asks for the whole of C7 again', () => {
    const { state } = history(...MONITORED, [{ kind: 'act_again', reason: 'NO_REMEDY' }, OFFICIAL]);
    expect(last(state, 'C11')).toMatchObject({ stoppedBy: 'met' });
    expect(last(state, 'C7')).toMatchObject({ instance: 2, origin: 'renewed', targetSeconds: 30 * DAY });
  });

  it("T16 stops every clock but the State's", () => {
    const { state } = history(...closedWithOpenWindow());
    expect(state.clocks.filter(({ stoppedAt }) => stoppedAt === undefined).map(({ id: of }) => of)).toEqual([
      'C8',
    ]);
    const replied = history(...closedWithOpenWindow(), [reply('RSP1'), OFFICIAL]).state;
    expect(last(replied, 'C8')).toMatchObject({ stoppedBy: 'met' });
  });

  it('T17 starts C3 anew: its time does not add to that of before', () => {
    const { state } = history(...REOPENED, [{ kind: 'start_triage' }, FOCAL], [SCOPE_ACT, FOCAL, 20 * DAY]);
    const [first, second] = responseTimes(state).filter(({ clock }) => clock === 'C3');
    expect(first?.cumulativeSeconds).toBe(2);
    expect(second).toMatchObject({ instance: 2, grossSeconds: second?.cumulativeSeconds });
    expect(state.flags.escalated).toBe(false);
    expect(last(state, 'C5')).toMatchObject({ origin: 'renewed' });
  });

  it('nobody is unreachable before half a year, and then need not be told', () => {
    const act = { ...CLOSE_ACT, reason: 'UNREACHABLE' } as const;
    expect(refusal(history(...TO.accepted).state, act, OFFICIAL, 180 * DAY)).toBeUndefined();
  });

  it('a merged case is linked to the one it went into', () => {
    const merged: Step = [{ ...CLOSE_ACT, reason: 'MERGED', into: id('9') }, OFFICIAL];
    expect(history(...TO.accepted, merged).state.links).toEqual([{ case: id('9'), relation: 'MERGED' }]);
  });
});
