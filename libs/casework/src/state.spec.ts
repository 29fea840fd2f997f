import { describe, expect, it } from '@jest/globals';
import {
  CLEARED,
  CLOSED,
  CUSTODIAN,
  DAY,
  DRAFT,
  DRAFTED,
  ESCALATE,
  FOCAL,
  hash,
  HELD,
  history,
  id,
  LAPSED,
  MONITORED,
  OFFICIAL,
  refusal,
  REOPENED,
  REPORTER,
  ROUTE,
  SUBMIT,
  SYSTEM,
  T0,
  TO,
  withdraw,
  type Step,
} from '../test/histories.js';
import type { CaseAct } from './acts.js';
import type { CaseEvent } from './events.js';
import { DEFAULT_POLICY } from './policy.js';
import { replay } from './replay.js';
import { applyEvent } from './apply.js';
import { currentPriority } from './state.js';
import { reporterStatus } from './status.js';

const withdrawn = (scope: 'K3' | 'K5'): Step => [withdraw(scope), REPORTER];

describe('replay', () => {
  it.each(Object.entries(TO))('gives the live state: %s', (_name, steps) => {
    const { state, events } = history(...steps);
    expect(replay(events, DEFAULT_POLICY)).toEqual(state);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  it('keeps the targets of the day of submission', () => {
    const { events, state } = history(...TO.sent);
    const later = { ...DEFAULT_POLICY, version: 2, targets: { ...DEFAULT_POLICY.targets, C8: 1 } };
    const [first, ...rest] = events;
    const opened = applyEvent(undefined, first as CaseEvent, DEFAULT_POLICY);
    expect(rest.reduce((before, event) => applyEvent(before, event, later), opened)).toEqual(state);
  });

  it('refuses a case without events', () => {
    expect(() => replay([], DEFAULT_POLICY)).toThrow('a case without events');
  });
});

describe('histories that cannot have happened', () => {
  const at = T0 + 100;
  const staff = { at, actor: 'staff' } as const;
  const moved = { from: 'ACCEPTED', to: 'ACTION_ONGOING' } as const;
  const impossible: readonly (readonly [string, readonly Step[], CaseEvent])[] = [
    [
      'ACCEPTED in RECEIVED',
      TO.received,
      { ...staff, type: 'ACCEPTED', detail: { from: 'ROUTED', to: 'ACCEPTED', role: id('b') } },
    ],
    ['CONFIRM by staff', TO.received, { ...staff, type: 'CONFIRM', detail: { event: 1 } }],
    [
      'names other phases',
      TO.received,
      { ...staff, type: 'TRIAGE_STARTED', detail: { from: 'ACKNOWLEDGED', to: 'IN_TRIAGE' } },
    ],
    [
      'names other phases',
      TO.received,
      { ...staff, type: 'TRIAGE_STARTED', detail: { from: 'RECEIVED', to: 'IN_SCOPE' } },
    ],
    [
      'event before the one it follows',
      TO.received,
      { type: 'REPORTER_MSG', at: T0 - 1, actor: 'reporter', detail: {} },
    ],
    [
      'routed without consent',
      [...TO.inScope, withdrawn('K3')],
      { ...staff, type: 'ROUTED', detail: { from: 'IN_SCOPE', to: 'ROUTED', role: id('b') } },
    ],
    [
      'cleared by the drafter',
      DRAFTED,
      { ...staff, type: 'INTERVENTION_CLEARED', detail: { number: 1, by: OFFICIAL.certificate } },
    ],
    [
      'intervention not in this state',
      DRAFTED,
      { ...staff, type: 'INTERVENTION_SENT', detail: { ...moved, number: 1, channel: 'STATE', level: '2' } },
    ],
    [
      'intervention not in this state',
      [...CLEARED, withdrawn('K5')],
      { ...staff, type: 'INTERVENTION_SENT', detail: { ...moved, number: 1, channel: 'STATE', level: '2' } },
    ],
    [
      'sent otherwise than cleared',
      CLEARED,
      { ...staff, type: 'INTERVENTION_SENT', detail: { ...moved, number: 1, channel: 'STATE', level: '1' } },
    ],
    [
      'sent otherwise than cleared',
      CLEARED,
      { ...staff, type: 'INTERVENTION_SENT', detail: { ...moved, number: 1, channel: 'PUBLIC', level: '2' } },
    ],
    [
      'intervention number out of turn',
      DRAFTED,
      {
        ...staff,
        type: 'INTERVENTION_DRAFTED',
        detail: { number: 1, by: hash('3'), intervention: 'HC_LETTER', channel: 'STATE', level: '1' },
      },
    ],
    [
      'an answer to another question',
      [...TO.inScope, [{ kind: 'ask_consent', scope: 'K5' }, FOCAL]],
      {
        type: 'CONSENT_ANSWERED',
        at,
        actor: 'reporter',
        detail: { from: 'AWAITING_CONSENT', to: 'IN_SCOPE', person: 1, scope: 'K6', code: '1' },
      },
    ],
    [
      'another question',
      [...TO.inScope, [{ kind: 'ask_consent', scope: 'K5' }, FOCAL]],
      {
        ...staff,
        type: 'CONSENT_UNANSWERED',
        detail: { from: 'AWAITING_CONSENT', to: 'IN_SCOPE', scope: 'K6' },
      },
    ],
    [
      'nothing to deliver',
      [[{ ...SUBMIT, escalation: false }, REPORTER]],
      { type: 'ESCALATED', at, actor: 'system', detail: { clock: 'C3', delivered: true, role: id('b') } },
    ],
    [
      'nothing to deliver',
      TO.received,
      { type: 'ESCALATED', at, actor: 'system', detail: { clock: 'C3', delivered: true } },
    ],
    [
      'nothing to return',
      TO.received,
      {
        ...staff,
        type: 'RETURNED',
        detail: { from: 'RECEIVED', to: 'RECEIVED', role: id('b'), reason: 'RISK' },
      },
    ],
    [
      'lapse of a clock that is not due',
      TO.received,
      { type: 'LAPSED', at, actor: 'system', detail: { clock: 'C3', instance: 2 } },
    ],
    [
      'consent change out of range',
      TO.received,
      { type: 'CONSENT', at, actor: 'reporter', detail: { person: 1, scope: 'K3', code: '3' } },
    ],
  ];
  it.each(impossible)('%s', (what, steps, event) => {
    const { state } = history(...steps);
    expect(() => applyEvent(state, event, DEFAULT_POLICY)).toThrow(
      expect.objectContaining({ name: 'Invariant' }),
    );
    expect(() => applyEvent(state, event, DEFAULT_POLICY)).toThrow(what);
  });

  it('sent without consent, even where the draft was not cancelled', () => {
    const { state } = history(...CLEARED);
    const event = history(...TO.sent).events.at(-1) as CaseEvent;
    const denied = { ...state, consents: history(...CLEARED, withdrawn('K5')).state.consents };
    expect(() => applyEvent(state, event, DEFAULT_POLICY)).not.toThrow();
    expect(() => applyEvent(denied, event, DEFAULT_POLICY)).toThrow('sent without consent');
  });

  it('a case that begins with anything else', () => {
    const [, second] = history(...TO.acknowledged).events;
    expect(() => applyEvent(undefined, second as CaseEvent, DEFAULT_POLICY)).toThrow('ACKNOWLEDGED in new');
  });
});

describe('T19', () => {
  it('cancels what consent no longer covers and nothing else', () => {
    const { state } = history(
      ...DRAFTED,
      [{ ...DRAFT, number: 2, intervention: 'UA', channel: 'SP', level: 'P' }, OFFICIAL],
      withdrawn('K5'),
    );
    expect(state.interventions.map((of) => of.state)).toEqual(['CANCELLED', 'DRAFT']);
    expect(history(...CLEARED, withdrawn('K5')).state.interventions[0]?.state).toBe('CANCELLED');
    expect(history(...TO.sent, withdrawn('K5')).state.interventions[0]?.state).toBe('SENT');
  });

  it('cancels also when the level falls below the draft', () => {
    const lower: Step = [{ kind: 'consent_change', person: 1, scope: 'K5', code: '1' }, REPORTER];
    expect(history(...DRAFTED, lower).state.interventions[0]?.state).toBe('CANCELLED');
  });

  it('withdrawing K3 turns a held box into a withdrawn one, and a new grant does not bring it back', () => {
    const { state } = history(...TO.received, withdrawn('K3'));
    expect(state.escalationBox).toBe('withdrawn');
    const again: Step = [{ kind: 'consent_change', person: 1, scope: 'K3', code: 'N' }, REPORTER];
    expect(history(...TO.received, withdrawn('K3'), again).state.escalationBox).toBe('withdrawn');
    const none: Step = [{ ...SUBMIT, escalation: false }, REPORTER];
    expect(history(none, withdrawn('K3')).state.escalationBox).toBe('none');
    expect(history(...TO.received, withdrawn('K5')).state.escalationBox).toBe('held');
  });
});

describe('T9 to T11 again', () => {
  it('a second routing has a C6 of its own', () => {
    const { state } = history(...TO.routed, [{ kind: 'return', reason: 'RISK' }, OFFICIAL], [ROUTE, FOCAL]);
    expect(state.clocks.filter((clock) => clock.id === 'C6').map(({ origin }) => origin)).toEqual([
      'first',
      'restarted',
    ]);
  });
});

describe('interventions', () => {
  it('keep the level they were drafted at', () => {
    const { state } = history(...TO.accepted, [DRAFT, OFFICIAL]);
    expect(state.interventions[0]).toEqual({
      number: 1,
      kind: 'NOTE_VERBALE',
      channel: 'STATE',
      level: '2',
      state: 'DRAFT',
      draftedBy: OFFICIAL.certificate,
    });
  });
});

describe('T21', () => {
  const delivery = (steps: readonly Step[], act: CaseAct): unknown =>
    history(...steps, [act, SYSTEM]).events.at(-1)?.detail;
  const lapsing = (change: Partial<typeof SUBMIT>): readonly Step[] => [
    [{ ...SUBMIT, ...change }, REPORTER],
    ...LAPSED.slice(1),
  ];

  it('delivers the held box to the official, who then sits at the triage desk', () => {
    const { state, events } = history(...LAPSED, [ESCALATE, SYSTEM]);
    expect(events.at(-1)?.detail).toEqual({ clock: 'C3', delivered: true, role: OFFICIAL.roleId });
    expect(state).toMatchObject({
      phase: 'RECEIVED',
      escalationBox: 'delivered',
      escalatedTo: OFFICIAL.roleId,
      flags: { escalated: true, shared: true },
    });
    expect(state.clocks.find(({ id: of }) => of === 'C3')?.stoppedAt).toBeUndefined();
    const returned = history(
      ...LAPSED,
      [ESCALATE, SYSTEM],
      [{ kind: 'return', reason: 'NOT_OURS' }, OFFICIAL],
    ).state;
    expect(returned.escalatedTo).toBeUndefined();
    expect(refusal(returned, { kind: 'start_triage' }, OFFICIAL)).toBe('not_your_role');
  });

  it.each([
    ['no consent', [...LAPSED, withdrawn('K3')], ESCALATE],
    ['no box', lapsing({ escalation: false }), ESCALATE],
    ['a flood kept apart', LAPSED, { ...ESCALATE, quarantined: true }],
    ['an excluded role', lapsing({ exclusions: [OFFICIAL.roleId] }), ESCALATE],
    ['no role', LAPSED, { kind: 'escalate', quarantined: false }],
  ] as readonly (readonly [string, readonly Step[], CaseAct])[])(
    'without content: %s',
    (_name, steps, act) => {
      expect(delivery(steps, act)).toEqual({ clock: 'C3', delivered: false });
      const { state } = history(...steps, [act, SYSTEM]);
      expect(state.flags).toEqual({ escalated: true, disputed: false, shared: false });
      expect(state.escalatedTo).toBeUndefined();
    },
  );

  it('delivers later what could not be delivered at first, once', () => {
    const quarantined: Step = [{ ...ESCALATE, quarantined: true }, SYSTEM];
    expect(delivery([...LAPSED, quarantined], ESCALATE)).toMatchObject({ delivered: true });
    expect(refusal(history(...LAPSED, quarantined).state, { ...ESCALATE, quarantined: true }, SYSTEM)).toBe(
      'already_done',
    );
  });

  it('needs no recorded lapse, only a lapse', () => {
    const { state } = history(...TO.received);
    expect(refusal(state, ESCALATE, SYSTEM, 14 * DAY - 1)).toBe('not_due');
    expect(refusal(state, ESCALATE, SYSTEM, 14 * DAY)).toBeUndefined();
  });

  it('lets the official triage, scope and route to the own role', () => {
    const { state } = history(
      ...LAPSED,
      [ESCALATE, SYSTEM],
      [{ kind: 'start_triage' }, OFFICIAL],
      [{ ...TO.inScope[2][0] }, OFFICIAL],
      [ROUTE, OFFICIAL],
      [{ kind: 'accept' }, OFFICIAL],
    );
    expect(state.phase).toBe('ACCEPTED');
  });
});

describe('conflicts', () => {
  it('assigning moves the case to the other role', () => {
    const { state } = history(
      ...TO.received,
      [{ kind: 'recuse', whole_role: true }, FOCAL],
      [{ kind: 'assign', role: id('c') }, SYSTEM],
    );
    expect(state.role).toBe(id('c'));
    expect(refusal(state, { kind: 'assign', role: FOCAL.roleId }, SYSTEM)).toBe('recused');
  });

  it('an office that returns for a conflict has stepped back', () => {
    const returned = (reason: 'CONFLICT' | 'RISK'): readonly string[] =>
      history(...TO.routed, [{ kind: 'return', reason }, OFFICIAL]).state.recusedRoles;
    expect([returned('CONFLICT'), returned('RISK')]).toEqual([[OFFICIAL.roleId], []]);
  });
});

describe('currentPriority', () => {
  it.each([
    [{ declaredUrgent: 'yes' }, 'P1'],
    [{ declaredUrgent: 'no' }, 'P3'],
    [{ declaredUrgent: 'unsure' }, 'P3'],
    [{ declaredUrgent: 'yes', priority: 'P4' }, 'P4'],
  ] as const)('%j: %s', (state, priority) => {
    expect(currentPriority(state)).toBe(priority);
  });
});

describe('reporterStatus', () => {
  const asked: Step = [{ kind: 'ask_consent', scope: 'K5' }, FOCAL];
  it.each([
    [TO.received, { status: 'received' }],
    [TO.acknowledged, { status: 'received' }],
    [TO.inTriage, { status: 'being_read' }],
    [
      [...TO.inTriage, [{ kind: 'request_info' }, FOCAL]],
      { status: 'being_read', waitingFor: 'information' },
    ],
    [TO.inScope, { status: 'being_read' }],
    [[...TO.inScope, asked], { status: 'being_read', waitingFor: 'consent', asked: 'K5' }],
    [TO.routed, { status: 'with_senior_official' }],
    [TO.accepted, { status: 'with_senior_official' }],
    [TO.sent, { status: 'action_taken' }],
    [MONITORED, { status: 'action_taken' }],
    [HELD, { status: 'with_senior_official' }],
    [CLOSED, { status: 'closed' }],
    [REOPENED, { status: 'being_read' }],
    [[...LAPSED, [ESCALATE, SYSTEM]], { status: 'with_senior_official' }],
    [
      [...LAPSED, [ESCALATE, SYSTEM], [{ kind: 'start_triage' }, OFFICIAL]],
      { status: 'with_senior_official' },
    ],
    [
      [...TO.inTriage, [{ kind: 'close_out_of_scope', reason: 'SPAM', second: hash('2') }, FOCAL]],
      { status: 'closed' },
    ],
    [
      [
        ...TO.inScope,
        asked,
        [withdraw('K2'), REPORTER],
        [{ kind: 'erase', reason: 'withdrawn', second: hash('7') }, CUSTODIAN],
      ],
      { status: 'erased' },
    ],
  ] as readonly (readonly [readonly Step[], unknown])[])('%#', (steps, expected) => {
    expect(reporterStatus(history(...steps).state)).toEqual(expected);
  });
});
