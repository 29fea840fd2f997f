/** Every row of the design's table of clocks, for every priority, at dates that calendars stumble over (SPEC.md §5). */
import { describe, expect, it } from '@jest/globals';
import {
  DRAFT,
  FOCAL,
  FOCAL_2,
  hash,
  OFFICIAL,
  OFFICIAL_2,
  REPORTER,
  ROUTE,
  SCOPE_ACT,
  SUBMIT,
  SYSTEM,
} from '../test/histories.js';
import type { Actor } from './access.js';
import type { CaseAct } from './acts.js';
import { type Clock, type ClockId, dueClocks } from './clocks.js';
import { decide } from './decide.js';
import { DEFAULT_POLICY } from './policy.js';
import { type ResponseTime, responseTimes } from './replay.js';
import type { CaseState } from './state.js';
import { PRI, type Priority } from './vocabularies.js';

const HOUR = 3_600;
const DAY = 86_400;

/** Instants at which a clock that asked a calendar would be an hour, a day or a year wrong. */
const DATES: readonly (readonly [string, string])[] = [
  ['the day before summer time begins in Europe', '2026-03-28T01:00:00Z'],
  ['the second summer time begins in Europe', '2026-03-29T01:00:00Z'],
  ['the hour that Europe has twice', '2026-10-25T00:30:00Z'],
  ['the second before Europe sets its clocks back', '2026-10-25T00:59:59Z'],
  ['the second summer time begins in New York', '2026-03-08T07:00:00Z'],
  ['the hour that New York has twice', '2026-11-01T05:30:00Z'],
  ['28 February of a leap year', '2028-02-28T23:59:59Z'],
  ['29 February', '2028-02-29T12:00:00Z'],
  ['the last second of a year', '2026-12-31T23:59:59Z'],
  ['beyond 32 bits', '2106-02-07T06:28:16Z'],
  ['far in the future', '9999-01-01T00:00:00Z'],
];
const instant = (date: string): number => Date.parse(date) / 1_000;
const ORDINARY = instant('2026-06-10T12:00:00Z');

type Timed = readonly [CaseAct, Actor, at: number];

/** Carries out acts at given instants. */
function told(steps: readonly Timed[]): CaseState {
  let state: CaseState | undefined;
  for (const [act, actor, now] of steps) {
    const decision = decide(state, act, { now, actor, policy: DEFAULT_POLICY });
    if (!decision.ok) throw new Error(`${act.kind}: ${decision.refusal.code}`);
    state = decision.next;
  }
  return state!;
}

const clocksOf = (state: CaseState, id: ClockId): readonly Clock[] =>
  state.clocks.filter((clock) => clock.id === id);
const lastOf = (state: CaseState, id: ClockId): Clock => clocksOf(state, id).at(-1)!;
const timeOf = (state: CaseState, id: ClockId): ResponseTime =>
  responseTimes(state).findLast(({ clock }) => clock === id)!;

/** A case at `t`, of this priority from its first second, as far as its kind of step allows. */
const submit = (t: number, priority: Priority): Timed => [
  { ...SUBMIT, declared_urgent: priority === 'P1' ? 'yes' : 'no' },
  REPORTER,
  t,
];
const scope = (t: number, priority: Priority): Timed[] => [
  [{ kind: 'start_triage' }, FOCAL, t],
  [{ ...SCOPE_ACT, priority, second: hash('2') }, FOCAL, t],
];
const inScope = (t: number, priority: Priority): Timed[] => [submit(t, priority), ...scope(t, priority)];
const routed = (t: number, priority: Priority): Timed[] => [...inScope(t, priority), [ROUTE, FOCAL, t]];
const accepted = (t: number, priority: Priority): Timed[] => [
  ...routed(t, priority),
  [{ kind: 'accept' }, OFFICIAL, t],
];
const raise = (t: number, number = 1): Timed[] => [
  [{ kind: 'assess_risk', likelihood: 'low', severity: 'high', changed: false }, OFFICIAL, t],
  [{ ...DRAFT, number }, OFFICIAL, t],
  [{ kind: 'clear_intervention', number }, OFFICIAL_2, t],
  [{ kind: 'send_intervention', number }, OFFICIAL, t],
];
const sent = (t: number, priority: Priority): Timed[] => [...accepted(t, priority), ...raise(t)];
const REPLY: CaseAct = { kind: 'state_reply', number: 1, response: 'RSP1', complete: true };
const monitored = (t: number, priority: Priority): Timed[] => [
  ...sent(t, priority),
  [REPLY, OFFICIAL, t],
  [{ kind: 'monitor' }, OFFICIAL, t],
];

type Row = {
  readonly id: ClockId;
  /** Seconds by priority, as the design's table says them; undefined where it has no target. */
  readonly targets: readonly [number, number, number, number] | undefined;
  /** Everything up to the start, which happens at `t`. */
  readonly start: (t: number, priority: Priority) => Timed[];
  readonly stop: (at: number) => Timed[];
};

const TABLE: readonly Row[] = [
  {
    id: 'C1',
    targets: [24 * HOUR, 7 * DAY, 7 * DAY, 7 * DAY],
    start: (t, priority) => [submit(t, priority)],
    stop: (at) => [[{ kind: 'acknowledge' }, FOCAL, at]],
  },
  {
    id: 'C2',
    targets: [24 * HOUR, 72 * HOUR, 14 * DAY, 14 * DAY],
    start: inScope,
    stop: (at) => [[{ kind: 'message', feedback: false }, FOCAL, at]],
  },
  {
    id: 'C3',
    // Before triage nobody has said P2 or P4.
    targets: [24 * HOUR, 14 * DAY, 14 * DAY, 14 * DAY],
    start: (t, priority) => [submit(t, priority), [{ kind: 'start_triage' }, FOCAL, t]],
    stop: (at) => [[{ ...SCOPE_ACT, priority: 'P3', second: hash('2') }, FOCAL, at]],
  },
  {
    id: 'C4',
    targets: undefined,
    start: (t, priority) => [...inScope(t, priority), [{ kind: 'ask_consent', scope: 'K5' }, FOCAL, t]],
    stop: (at) => [[{ kind: 'answer_consent', person: 1, through: 8, scope: 'K5', code: '1' }, REPORTER, at]],
  },
  {
    id: 'C5',
    targets: [24 * HOUR, 3 * DAY, 10 * DAY, 10 * DAY],
    start: inScope,
    stop: (at) => [[ROUTE, FOCAL, at]],
  },
  {
    id: 'C6',
    targets: [24 * HOUR, 3 * DAY, 10 * DAY, 10 * DAY],
    start: routed,
    stop: (at) => [[{ kind: 'accept' }, OFFICIAL, at]],
  },
  {
    id: 'C7',
    targets: [72 * HOUR, 14 * DAY, 30 * DAY, 30 * DAY],
    start: accepted,
    stop: (at) => [
      [{ kind: 'consent_change', person: 1, through: 8, scope: 'K5', code: '3' }, REPORTER, at],
      ...raise(at),
    ],
  },
  {
    id: 'C8',
    targets: [60 * DAY, 60 * DAY, 60 * DAY, 60 * DAY],
    start: sent,
    stop: (at) => [[REPLY, OFFICIAL, at]],
  },
  {
    id: 'C9',
    targets: [30 * DAY, 60 * DAY, 90 * DAY, 90 * DAY],
    start: inScope,
    stop: (at) => [[{ kind: 'message', feedback: true }, FOCAL, at]],
  },
  {
    id: 'C10',
    targets: undefined,
    start: accepted,
    stop: (at) => [
      [{ kind: 'consent_change', person: 1, through: 8, scope: 'K5', code: '3' }, REPORTER, at],
      ...raise(at),
    ],
  },
  {
    id: 'C11',
    targets: [30 * DAY, 90 * DAY, 90 * DAY, 90 * DAY],
    start: monitored,
    stop: (at) => [[{ kind: 'review' }, OFFICIAL, at]],
  },
];

const CASES = TABLE.flatMap((row) =>
  PRI.map((priority, i) => ({ ...row, priority, target: row.targets?.[i] })),
);

/** The clock that the row is about: C2 and C9 have a stricter one beside the first where the priority rose at T6. */
function clockOf(state: CaseState, id: ClockId, target: number | undefined): Clock {
  const found = clocksOf(state, id).findLast((clock) => clock.targetSeconds === target);
  if (found === undefined) throw new Error(`no ${id} of ${String(target)} s`);
  return found;
}

describe.each(CASES)('$id at $priority: $target s', ({ id, priority, target, start, stop }) => {
  it.each(DATES)('from %s, to the second', (_, date) => {
    const t = instant(date);
    const before = told(start(t, priority));
    const running = clockOf(before, id, target);
    expect(running.startedAt).toBe(t);
    expect(running.dueAt).toBe(target === undefined ? undefined : t + target);

    const { instance } = running;
    const timeAfter = (seconds: number): ResponseTime => {
      const state = told([...start(t, priority), ...stop(t + seconds)]);
      return responseTimes(state).find((time) => time.clock === id && time.instance === instance)!;
    };
    const stopped = (seconds: number) => ({
      ...{ startedAt: t, stoppedAt: t + seconds, stoppedBy: 'met' },
      ...{ grossSeconds: seconds, netSeconds: seconds, cumulativeSeconds: seconds },
    });
    const last = (target ?? 400 * DAY) - 1;
    expect(timeAfter(0)).toMatchObject(stopped(0));
    if (target === undefined) {
      expect(timeAfter(last)).toMatchObject(stopped(last));
      expect(timeAfter(last).onTime).toBeUndefined();
      return;
    }
    expect(timeAfter(last)).toMatchObject({ ...stopped(last), onTime: true });
    expect(timeAfter(target)).toMatchObject({ ...stopped(target), onTime: false });

    const isDue = (at: number) => dueClocks(before, at).includes(running);
    expect([t + last, t + target].map(isDue)).toEqual([false, true]);
    const lapse = (at: number): Timed => [{ kind: 'lapse', clock: id, instance }, SYSTEM, at];
    expect(() => told([...start(t, priority), lapse(t + last)])).toThrow('lapse: not_due');
    const late = told([...start(t, priority), lapse(t + target + 5)]);
    const marked = clocksOf(late, id).find((clock) => clock.instance === instance);
    expect(marked).toMatchObject({ lapsedAt: t + target, lapseRecordedAt: t + target + 5 });
    expect(marked?.stoppedAt).toBeUndefined();
  });
});

describe('pauses', () => {
  const hold = (reason: 'PA3' | 'PA4', by: Actor, at: number): Timed => [
    { kind: 'hold', reason, second: hash(by === FOCAL ? '2' : '4') },
    by,
    at,
  ];
  const resume = (by: Actor, at: number): Timed => [{ kind: 'resume' }, by, at];
  const ask = (by: Actor, at: number): Timed => [{ kind: 'ask_consent', scope: 'K5' }, by, at];
  const answer = (at: number): Timed => [
    { kind: 'answer_consent', person: 1, through: 8, scope: 'K5', code: '2' },
    REPORTER,
    at,
  ];

  type Paused = {
    readonly what: string;
    readonly id: ClockId;
    readonly start: (t: number) => Timed[];
    readonly from: (at: number) => Timed;
    readonly to: (at: number) => Timed;
    /** The target. */
    readonly days: number;
  };
  const EACH: readonly Paused[] = [
    ...([
      {
        what: 'PA1 stops C3 until the reporter writes',
        id: 'C3',
        start: (t: number): Timed[] => [submit(t, 'P3'), [{ kind: 'start_triage' }, FOCAL, t]],
        from: (at: number): Timed => [{ kind: 'request_info' }, FOCAL, at],
        to: (at: number): Timed => [{ kind: 'reporter_message' }, REPORTER, at],
        days: 14,
      },
      {
        what: 'PA1 stops C3 until the office has it another way',
        id: 'C3',
        start: (t: number): Timed[] => [submit(t, 'P3'), [{ kind: 'start_triage' }, FOCAL, t]],
        from: (at: number): Timed => [{ kind: 'request_info' }, FOCAL, at],
        to: (at: number): Timed => [{ kind: 'info_received' }, FOCAL, at],
        days: 14,
      },
      {
        what: 'PA2 stops C5',
        id: 'C5',
        start: (t: number) => inScope(t, 'P3'),
        from: (at: number) => ask(FOCAL, at),
        to: answer,
        days: 10,
      },
      {
        what: 'PA2 stops C7',
        id: 'C7',
        start: (t: number) => accepted(t, 'P3'),
        from: (at: number) => ask(FOCAL, at),
        to: answer,
        days: 30,
      },
    ] satisfies Paused[]),
    ...(['PA3', 'PA4'] as const).flatMap((reason): Paused[] => [
      {
        what: `${reason} stops C5`,
        id: 'C5',
        start: (t: number) => inScope(t, 'P3'),
        from: (at: number) => hold(reason, FOCAL, at),
        to: (at: number) => resume(FOCAL, at),
        days: 10,
      },
      {
        what: `${reason} stops C6`,
        id: 'C6',
        start: (t: number) => routed(t, 'P3'),
        from: (at: number) => hold(reason, OFFICIAL, at),
        to: (at: number) => resume(OFFICIAL, at),
        days: 10,
      },
      {
        what: `${reason} stops C7`,
        id: 'C7',
        start: (t: number) => accepted(t, 'P3'),
        from: (at: number) => hold(reason, OFFICIAL, at),
        to: (at: number) => resume(OFFICIAL, at),
        days: 30,
      },
    ]),
  ];

  it.each(EACH)('$what, for exactly as long as it lasts', ({ id, start, from, to, days }) => {
    for (const [, date] of DATES) {
      const t = instant(date);
      const [begun, ended] = [t + DAY + 1, t + 4 * DAY + 3];
      const paused = told([...start(t), from(begun)]);
      const target = clocksOf(paused, id).find(({ stoppedAt }) => stoppedAt === undefined);
      expect(target?.dueAt).toBeUndefined();
      expect(dueClocks(paused, t + 10_000 * DAY).map((clock) => clock.id)).not.toContain(id);
      const on = told([...start(t), from(begun), to(ended)]);
      expect(lastOf(on, id).dueAt).toBe(t + days * DAY + (ended - begun));
    }
  });

  it('stop no other clock', () => {
    const t = ORDINARY;
    const state = told([...accepted(t, 'P3'), hold('PA4', OFFICIAL, t + 5)]);
    const paused = state.clocks.filter(({ pauses }) => pauses.length > 0).map(({ id }) => id);
    expect(paused).toEqual(['C7']);
  });

  it('that overlap count a second once', () => {
    const t = instant('2026-10-24T22:00:00Z');
    const at = (hours: number) => t + hours * HOUR;
    const state = told([
      ...accepted(t, 'P3'),
      ask(FOCAL, at(1)),
      hold('PA3', OFFICIAL, at(3)),
      answer(at(6)),
      resume(OFFICIAL, at(10)),
      [{ kind: 'assess_risk', likelihood: 'low', severity: 'high', changed: false }, OFFICIAL, at(20)],
      ...raise(at(20)),
    ]);
    expect(lastOf(state, 'C7').dueAt).toBe(t + 30 * DAY + 9 * HOUR);
    expect(timeOf(state, 'C7')).toMatchObject({ grossSeconds: 20 * HOUR, netSeconds: 11 * HOUR });
  });

  it('that lie within each other, or follow at the same second, count as one', () => {
    const t = ORDINARY;
    const inside = told([
      ...accepted(t, 'P3'),
      hold('PA3', OFFICIAL, t + 100),
      resume(OFFICIAL, t + 200),
      ask(FOCAL, t + 200),
      answer(t + 500),
    ]);
    expect(lastOf(inside, 'C7').dueAt).toBe(t + 30 * DAY + 400);
  });

  it('are compared with the target: net decides, gross is told', () => {
    const t = ORDINARY;
    const asked = (net: number) =>
      timeOf(
        told([
          ...inScope(t, 'P3'),
          ask(FOCAL, t + DAY),
          answer(t + 21 * DAY),
          [ROUTE, FOCAL, t + 20 * DAY + net],
        ]),
        'C5',
      );
    expect(asked(10 * DAY - 1)).toMatchObject({ grossSeconds: 30 * DAY - 1, onTime: true });
    expect(asked(10 * DAY)).toMatchObject({ grossSeconds: 30 * DAY, netSeconds: 10 * DAY, onTime: false });
  });
});

describe('another priority', () => {
  const to = (priority: Priority, at: number): Timed => [
    { kind: 'reprioritise', priority, second: hash('2') },
    FOCAL,
    at,
  ];

  it.each(
    PRI.flatMap((from, i) =>
      PRI.slice(0, i).map((higher) => ({ from, higher, at: [i, PRI.indexOf(higher)] })),
    ),
  )(
    'from $from up to $higher starts what is stricter beside the old one',
    ({ from, higher, at: [old, up] }) => {
      for (const [, date] of DATES) {
        const t = instant(date);
        const state = told([...inScope(t, from), to(higher, t + 7)]);
        for (const id of ['C2', 'C5', 'C9'] as const) {
          const row = TABLE.find((of) => of.id === id)!;
          const [before, after] = [row.targets![old!]!, row.targets![up!]!];
          const open = clocksOf(state, id).filter(({ stoppedAt }) => stoppedAt === undefined);
          expect(open[0]?.startedAt).toBe(t);
          if (after < before)
            expect(open.at(-1)).toMatchObject({ origin: 'stricter', startedAt: t + 7, dueAt: t + 7 + after });
          else expect(open.at(-1)?.startedAt).toBe(t);
          expect(open.some(({ dueAt }) => dueAt === t + before)).toBe(true);
        }
        const done = told([...inScope(t, from), to(higher, t + 7), [ROUTE, FOCAL, t + 9]]);
        expect(clocksOf(done, 'C5').map(({ stoppedAt }) => stoppedAt)).toEqual(
          clocksOf(done, 'C5').map(() => t + 9),
        );
      }
    },
  );

  it.each(PRI.flatMap((from, i) => PRI.slice(i + 1).map((lower) => ({ from, lower }))))(
    'from $from down to $lower changes no clock',
    ({ from, lower }) => {
      const t = ORDINARY;
      const before = told(inScope(t, from));
      const after = told([...inScope(t, from), to(lower, t + 7)]);
      expect(after.clocks).toEqual(before.clocks);
      // What starts from now on has the target of the new priority.
      const on = told([...inScope(t, from), to(lower, t + 7), [ROUTE, FOCAL_2, t + 9]]);
      expect(lastOf(on, 'C6').targetSeconds).toBe(DEFAULT_POLICY.targets.C6[lower]);
    },
  );
});
