import { describe, expect, it } from '@jest/globals';
import {
  consents,
  CUSTODIAN,
  DAY,
  DRAFT,
  FOCAL,
  FOCAL_2,
  GENEROUS,
  HOUR,
  history,
  OFFICIAL,
  OFFICIAL_2,
  REPORTER,
  ROUTE,
  SCOPE_ACT,
  type Step,
  SUBMIT,
  SYSTEM,
  T0,
  TO,
  withdraw,
} from '../test/histories.js';
import {
  type Clock,
  type ClockId,
  dueClocks,
  grossSeconds,
  lapseClock,
  netSeconds,
  nextDeadline,
  runningClocks,
  startClock,
} from './clocks.js';
import { type ResponseTime, responseTimes } from './replay.js';
import type { CaseState } from './state.js';

const clock = (state: CaseState, id: ClockId, instance = 1): Clock | undefined =>
  state.clocks.find((of) => of.id === id && of.instance === instance);
const times = (state: CaseState, id: ClockId): readonly ResponseTime[] =>
  responseTimes(state).filter((row) => row.clock === id);
const submit = (change: Partial<typeof SUBMIT>): Step => [{ ...SUBMIT, ...change }, REPORTER, 0];
const consent = (scope: 'K3' | 'K5' | 'K4:SP', code: 'N' | 'P' | 'w' | '1', at: number): Step => [
  { kind: 'consent_change', person: 1, through: 8, scope, code },
  REPORTER,
  at,
];
const triage = (at: number): Step => [{ kind: 'start_triage' }, FOCAL, at];

describe('targets at submission', () => {
  it.each([
    ['yes', { C1: DAY, C2: DAY, C3: DAY, C9: 30 * DAY, C10: undefined }],
    ['no', { C1: 7 * DAY, C2: 14 * DAY, C3: 14 * DAY, C9: 90 * DAY, C10: undefined }],
    ['unsure', { C1: 7 * DAY, C2: 14 * DAY, C3: 14 * DAY, C9: 90 * DAY, C10: undefined }],
  ] as const)('declared urgent: %s', (declared_urgent, targets) => {
    const { state } = history(submit({ declared_urgent }));
    expect(Object.fromEntries(state.clocks.map((of) => [of.id, of.targetSeconds]))).toEqual(targets);
    expect(state.clocks.every((of) => of.startedAt === T0 && of.instance === 1)).toBe(true);
    expect(clock(state, 'C1')?.dueAt).toBe(T0 + targets.C1);
    expect(nextDeadline(state)).toBe(T0 + targets.C1);
  });
});

describe('the second that decides', () => {
  it.each([
    [7 * DAY - 1, true],
    [7 * DAY, false],
  ])('acknowledged after %d s: on time %s', (after, onTime) => {
    const { state } = history(submit({}), [{ kind: 'acknowledge' }, FOCAL, after]);
    expect(times(state, 'C1')).toEqual([
      {
        clock: 'C1',
        instance: 1,
        startedAt: T0,
        stoppedAt: T0 + after,
        stoppedBy: 'met',
        grossSeconds: after,
        netSeconds: after,
        cumulativeSeconds: after,
        targetSeconds: 7 * DAY,
        onTime,
      },
    ]);
  });

  it('is due from that second on, and once', () => {
    const { state } = history(submit({}));
    expect(dueClocks(state, T0 + 7 * DAY - 1)).toEqual([]);
    expect(dueClocks(state, T0 + 7 * DAY).map(({ id }) => id)).toEqual(['C1']);
    const lapsed = history(submit({}), [
      { kind: 'lapse', clock: 'C1', instance: 1 },
      SYSTEM,
      7 * DAY + 5,
    ]).state;
    expect(clock(lapsed, 'C1')).toMatchObject({ lapsedAt: T0 + 7 * DAY, lapseRecordedAt: T0 + 7 * DAY + 5 });
    expect(clock(lapsed, 'C1')?.stoppedAt).toBeUndefined();
    expect(dueClocks(lapsed, T0 + 8 * DAY)).toEqual([]);
    expect(nextDeadline(lapsed)).toBe(T0 + 14 * DAY);
    expect(times(lapsed, 'C1')).toEqual([
      {
        clock: 'C1',
        instance: 1,
        startedAt: T0,
        targetSeconds: 7 * DAY,
        onTime: false,
        lapsedAt: T0 + 7 * DAY,
      },
    ]);
  });

  it('an exemption is neither on time nor late', () => {
    const { state } = history(submit({}), [{ kind: 'acknowledge', exempt: 'asked' }, FOCAL, 60]);
    expect(times(state, 'C1')[0]).toMatchObject({ stoppedBy: 'exempt', grossSeconds: 60 });
    expect(times(state, 'C1')[0]?.onTime).toBeUndefined();
  });

  it('a lapse must be due', () => {
    const clocks = startClock([], { id: 'C1', origin: 'first', targetSeconds: 10 }, T0);
    expect(() => lapseClock(clocks, 'C1', 1, T0 + 9)).toThrow(expect.objectContaining({ name: 'Invariant' }));
    expect(lapseClock(clocks, 'C1', 1, T0 + 10)[0]?.lapsedAt).toBe(T0 + 10);
  });

  it('no running clock with a target: no deadline', () => {
    expect(nextDeadline({ clocks: startClock([], { id: 'C10', origin: 'first' }, T0) })).toBeUndefined();
  });
});

describe('PA1 pauses C3', () => {
  const asked: readonly Step[] = [submit({}), triage(HOUR), [{ kind: 'request_info' }, FOCAL, 2 * HOUR]];

  it('nothing is due while it lasts, and the target moves by its length', () => {
    const paused = history(...asked).state;
    expect(clock(paused, 'C3')?.dueAt).toBeUndefined();
    expect(dueClocks(paused, T0 + 30 * DAY).map(({ id }) => id)).toEqual(['C1', 'C2']);
    const resumed = history(...asked, [{ kind: 'info_received' }, FOCAL, 12 * HOUR]).state;
    expect(clock(resumed, 'C3')).toMatchObject({
      dueAt: T0 + 14 * DAY + 10 * HOUR,
      pauses: [{ reason: 'PA1', from: T0 + 2 * HOUR, to: T0 + 12 * HOUR }],
    });
  });

  it("ends with the reporter's message, not when staff get to it", () => {
    const { state } = history(
      ...asked,
      [{ kind: 'reporter_message' }, REPORTER, 3 * HOUR],
      [{ kind: 'info_received' }, FOCAL, 20 * HOUR],
      [SCOPE_ACT, FOCAL, 24 * HOUR],
    );
    expect(times(state, 'C3')[0]).toMatchObject({
      grossSeconds: 24 * HOUR,
      netSeconds: 23 * HOUR,
      onTime: true,
    });
  });

  it('counts net against the target: late by gross alone is on time', () => {
    const { state } = history(
      ...asked,
      [{ kind: 'info_received' }, FOCAL, 2 * HOUR + DAY],
      [SCOPE_ACT, FOCAL, 15 * DAY - 1],
    );
    expect(times(state, 'C3')[0]).toMatchObject({
      grossSeconds: 15 * DAY - 1,
      netSeconds: 14 * DAY - 1,
      onTime: true,
    });
    const late = history(
      ...asked,
      [{ kind: 'info_received' }, FOCAL, 2 * HOUR + DAY],
      [SCOPE_ACT, FOCAL, 15 * DAY],
    ).state;
    expect(times(late, 'C3')[0]?.onTime).toBe(false);
  });

  it('erasing ends an open pause', () => {
    const erase = { kind: 'erase', reason: 'withdrawn', second: FOCAL.certificate } as const;
    const withdrawn: Step = [withdraw('K2'), REPORTER, 4 * HOUR];
    const { state } = history(...asked, withdrawn, [erase, CUSTODIAN, 5 * HOUR]);
    expect(clock(state, 'C3')).toMatchObject({ stoppedBy: 'erased', pauses: [{ to: T0 + 5 * HOUR }] });
    expect(times(state, 'C3')[0]).toMatchObject({ grossSeconds: 5 * HOUR, netSeconds: 2 * HOUR });
  });

  it('an open pause counts up to now', () => {
    const open = history(...asked).state.clocks.find(({ id }) => id === 'C3');
    if (open === undefined) throw new Error('no C3');
    expect(netSeconds(open, T0 + 5 * HOUR)).toBe(2 * HOUR);
    expect(grossSeconds(open, T0 + 5 * HOUR)).toBe(5 * HOUR);
  });
});

describe('C2 and C9', () => {
  it('C2 stops at the first message, C9 at the first feedback', () => {
    const { state } = history(
      submit({}),
      [{ kind: 'message', feedback: false }, FOCAL, 100],
      [{ kind: 'message', feedback: false }, FOCAL, 200],
      [{ kind: 'message', feedback: true }, FOCAL, 300],
    );
    expect(times(state, 'C2')[0]?.grossSeconds).toBe(100);
    expect(times(state, 'C9')[0]?.grossSeconds).toBe(300);
    const both = history(submit({}), [{ kind: 'message', feedback: true }, FOCAL, 50]).state;
    expect([times(both, 'C2')[0]?.grossSeconds, times(both, 'C9')[0]?.grossSeconds]).toEqual([50, 50]);
  });
});

describe('C4', () => {
  const asked: readonly Step[] = [...TO.inScope, [{ kind: 'ask_consent', scope: 'K5' }, FOCAL, 100]];

  it('runs from question to answer', () => {
    const { state } = history(...asked, consent('K5', '1', 400));
    expect(times(state, 'C4')[0]).toMatchObject({ grossSeconds: 300, stoppedBy: 'met' });
    expect(state.asked).toBeUndefined();
  });

  it('stops as unanswered, and each question has its own', () => {
    const { state } = history(
      ...asked,
      [{ kind: 'stop_asking' }, FOCAL, 500],
      [{ kind: 'ask_consent', scope: 'K6' }, FOCAL, 600],
    );
    expect(clock(state, 'C4')).toMatchObject({ stoppedBy: 'unanswered', stoppedAt: T0 + 500 });
    expect(runningClocks(state, 'C4').map(({ instance }) => instance)).toEqual([2]);
  });
});

describe('C5', () => {
  const without = consents({ ...GENEROUS, K3: 'n', 'K4:SP': 'n' });
  const scopedWithout: readonly Step[] = [submit({ consents: without }), triage(10), [SCOPE_ACT, FOCAL, 20]];

  it('starts at T6 when some K3 or K4 is granted', () => {
    expect(clock(history(submit({}), triage(10), [SCOPE_ACT, FOCAL, 20]).state, 'C5')).toMatchObject({
      startedAt: T0 + 20,
      origin: 'first',
      targetSeconds: 10 * DAY,
    });
  });

  it.each(['K3', 'K4:SP'] as const)('else at the first grant: %s', (scope) => {
    expect(clock(history(...scopedWithout).state, 'C5')).toBeUndefined();
    const { state } = history(...scopedWithout, consent(scope, 'P', 77));
    expect(clock(state, 'C5')).toMatchObject({ startedAt: T0 + 77, origin: 'first' });
  });

  it('stops as withdrawn with the last of them and starts again with a grant', () => {
    const scoped: readonly Step[] = [submit({}), triage(10), [SCOPE_ACT, FOCAL, 20]];
    expect(runningClocks(history(...scoped, consent('K3', 'w', 30)).state, 'C5')).toHaveLength(1);
    const gone = history(...scoped, consent('K3', 'w', 30), consent('K4:SP', 'w', 40)).state;
    expect(clock(gone, 'C5')).toMatchObject({ stoppedAt: T0 + 40, stoppedBy: 'withdrawn' });
    const back = history(
      ...scoped,
      consent('K3', 'w', 30),
      consent('K4:SP', 'w', 40),
      consent('K3', 'N', 90),
    ).state;
    expect(clock(back, 'C5', 2)).toMatchObject({ startedAt: T0 + 90, origin: 'restarted' });
  });

  it('a return starts it again and keeps what was used up', () => {
    const { state } = history(
      submit({}),
      triage(10),
      [SCOPE_ACT, FOCAL, 100],
      [ROUTE, FOCAL, 150],
      [{ kind: 'return', reason: 'INCOMPLETE' }, OFFICIAL, 1_000],
      [ROUTE, FOCAL, 1_030],
      [{ kind: 'accept' }, OFFICIAL, 1_100],
    );
    expect(times(state, 'C5').map((row) => [row.grossSeconds, row.cumulativeSeconds])).toEqual([
      [50, 50],
      [30, 80],
    ]);
    expect(times(state, 'C6').map((row) => [row.grossSeconds, row.stoppedBy, row.onTime])).toEqual([
      [850, 'returned', undefined],
      [70, 'met', true],
    ]);
  });

  it('a return without consent waits for a grant', () => {
    const { state } = history(...TO.routed, consent('K3', 'w', 30), consent('K4:SP', 'w', 40), [
      { kind: 'return', reason: 'CONSENT_UNCLEAR' },
      OFFICIAL,
      50,
    ]);
    expect(runningClocks(state, 'C5')).toEqual([]);
  });
});

describe('C7, C8 and C10', () => {
  const withdrawn = consent('K5', 'w', 60);

  it('stop at the first intervention sent through STATE; C8 starts', () => {
    const { state } = history(...TO.sent);
    expect(times(state, 'C7')[0]).toMatchObject({
      grossSeconds: 3,
      stoppedBy: 'met',
      targetSeconds: 30 * DAY,
    });
    expect(times(state, 'C10')[0]).toMatchObject({ grossSeconds: 7, stoppedBy: 'met' });
    expect(times(state, 'C10')[0]?.onTime).toBeUndefined();
    expect(clock(state, 'C8')).toMatchObject({ intervention: 1, dueAt: T0 + 7 + 60 * DAY });
  });

  it('another channel leaves them running', () => {
    const { state } = history(
      ...TO.accepted,
      [{ ...DRAFT, intervention: 'AL', channel: 'SP', level: 'P' }, OFFICIAL],
      [{ kind: 'clear_intervention', number: 1 }, OFFICIAL_2],
      [{ kind: 'send_intervention', number: 1 }, OFFICIAL],
    );
    expect(state.phase).toBe('ACTION_ONGOING');
    expect([runningClocks(state, 'C7').length, runningClocks(state, 'C10').length]).toEqual([1, 1]);
    expect(clock(state, 'C8')).toBeUndefined();
  });

  it('withdrawing K5 stops C7 as withdrawn; a new grant starts it again; C10 runs on', () => {
    const gone = history(...TO.accepted, withdrawn).state;
    expect(clock(gone, 'C7')).toMatchObject({ stoppedBy: 'withdrawn', stoppedAt: T0 + 60 });
    expect(runningClocks(gone, 'C10')).toHaveLength(1);
    const back = history(...TO.accepted, withdrawn, consent('K5', '1', 90)).state;
    expect(clock(back, 'C7', 2)).toMatchObject({ startedAt: T0 + 90, origin: 'restarted' });
  });

  it('what was never granted cannot be withdrawn', () => {
    const { state } = history(
      submit({ consents: consents({ ...GENEROUS, K5: 'n' }) }),
      ...TO.accepted.slice(1),
      withdrawn,
    );
    expect(runningClocks(state, 'C7')).toHaveLength(1);
  });

  it('after the first raise no C7 starts again', () => {
    const { state } = history(...TO.sent, withdrawn, consent('K5', '1', 90));
    expect(times(state, 'C7')).toHaveLength(1);
  });

  it('a reply stops its own C8; silence does not', () => {
    const replied = history(...TO.sent, [
      { kind: 'state_reply', number: 1, response: 'RSP7', complete: false },
      OFFICIAL,
      40 * DAY,
    ]).state;
    expect(clock(replied, 'C8')).toMatchObject({ stoppedBy: 'met', stoppedAt: T0 + 40 * DAY });
    expect(replied.interventions[0]).toMatchObject({ state: 'REPLY_PARTIAL', response: 'RSP7' });
    const silent: readonly Step[] = [
      ...TO.sent,
      [{ kind: 'state_reply', number: 1, response: 'RSP9', complete: false }, OFFICIAL, 60 * DAY + 7],
    ];
    expect(history(...silent).state.interventions[0]?.state).toBe('NO_REPLY_AT_WINDOW');
    expect(runningClocks(history(...silent).state, 'C8')).toHaveLength(1);
    const late = history(...silent, [
      { kind: 'state_reply', number: 1, response: 'RSP1', complete: true },
      OFFICIAL,
      70 * DAY,
    ]).state;
    expect(late.interventions[0]?.state).toBe('REPLY_FULL');
    expect(times(late, 'C8')[0]?.onTime).toBe(false);
  });
});

describe('priority', () => {
  const up: Step = [{ ...SCOPE_ACT, priority: 'P1', second: FOCAL_2.certificate }, FOCAL, 5 * DAY];

  it('rising starts the stricter target beside the old clock, and both stop together', () => {
    const { state } = history(submit({}), triage(10), up);
    expect(runningClocks(state, 'C2').map((of) => [of.instance, of.origin, of.startedAt, of.dueAt])).toEqual([
      [1, 'first', T0, T0 + 14 * DAY],
      [2, 'stricter', T0 + 5 * DAY, T0 + 6 * DAY],
    ]);
    expect(runningClocks(state, 'C9').map(({ targetSeconds }) => targetSeconds)).toEqual([
      90 * DAY,
      30 * DAY,
    ]);
    expect(clock(state, 'C5')?.targetSeconds).toBe(DAY);
    const both = history(submit({}), triage(10), up, [
      { kind: 'message', feedback: true },
      FOCAL,
      6 * DAY,
    ]).state;
    expect(times(both, 'C2').map((row) => [row.grossSeconds, row.cumulativeSeconds, row.onTime])).toEqual([
      [6 * DAY, 6 * DAY, true],
      [DAY, DAY, false],
    ]);
  });

  it('falling changes no clock', () => {
    const urgent = submit({ declared_urgent: 'yes' });
    const { state } = history(urgent, triage(10), [{ ...SCOPE_ACT, second: FOCAL_2.certificate }, FOCAL, 20]);
    expect(state.priority).toBe('P3');
    expect(runningClocks(state, 'C2').map(({ targetSeconds }) => targetSeconds)).toEqual([DAY]);
    const lower = history(...TO.inScope, [{ kind: 'reprioritise', priority: 'P4' }, FOCAL]).state;
    expect(lower.clocks).toEqual(history(...TO.inScope).state.clocks);
  });

  it('rising again after it fell does not loosen a stricter clock', () => {
    const { state } = history(
      submit({}),
      triage(10),
      up,
      [{ kind: 'reprioritise', priority: 'P3', second: FOCAL_2.certificate }, FOCAL],
      [{ kind: 'reprioritise', priority: 'P2' }, FOCAL],
    );
    expect(runningClocks(state, 'C2')).toHaveLength(2);
  });
});

describe('the end', () => {
  it('T8 meets C3 and closes the rest', () => {
    const { state } = history(submit({}), triage(10), [
      { kind: 'close_out_of_scope', reason: 'SPAM', second: FOCAL_2.certificate },
      FOCAL,
      90,
    ]);
    expect(state.clocks.map((of) => [of.id, of.stoppedBy])).toEqual([
      ['C1', 'closed'],
      ['C2', 'closed'],
      ['C3', 'met'],
      ['C9', 'closed'],
      ['C10', 'closed'],
    ]);
    expect(state.closedAs).toBe('SPAM');
    expect(nextDeadline(state)).toBeUndefined();
  });
});
