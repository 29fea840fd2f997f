/** The case machine as data: which event may occur in which phase, and where it leads (SPEC.md §4). */
import type { ActorClass, EventName, Phase } from './events.js';

/** `new` is the phase of a case that does not exist yet. */
export type PhaseBefore = Phase | 'new';

export type Rule = {
  /** The transition's number in SPEC.md §4, if the event is one. */
  readonly transition?: string;
  readonly who: readonly ActorClass[];
  /** From → to. A phase that is absent does not allow the event. */
  readonly moves: Readonly<Partial<Record<PhaseBefore, Phase>>>;
};

const UNTRIAGED = ['RECEIVED', 'ACKNOWLEDGED', 'IN_TRIAGE', 'AWAITING_INFO'] as const;
const SCOPED = ['IN_SCOPE', 'AWAITING_CONSENT'] as const;
const WITH_OFFICIAL = ['ROUTED', 'ACCEPTED', 'ACTION_ONGOING'] as const;
const OPEN = [...UNTRIAGED, ...SCOPED, ...WITH_OFFICIAL] as const;
const READABLE = [...OPEN, 'CLOSED'] as const;

function stay(phases: readonly Phase[]): Rule['moves'] {
  return Object.fromEntries(phases.map((phase) => [phase, phase]));
}

export const RULES: Readonly<Record<EventName, Rule>> = {
  SUBMITTED: { transition: 'T1', who: ['reporter', 'system'], moves: { new: 'RECEIVED' } },
  // SPEC.md §4: an acknowledgement that comes after triage began stops C1 and moves nothing.
  ACKNOWLEDGED: { transition: 'T2', who: ['staff'], moves: { ...stay(OPEN), RECEIVED: 'ACKNOWLEDGED' } },
  CONTACTED: { transition: 'T3', who: ['staff'], moves: stay(OPEN) },
  TRIAGE_STARTED: {
    transition: 'T4',
    who: ['staff'],
    moves: { RECEIVED: 'IN_TRIAGE', ACKNOWLEDGED: 'IN_TRIAGE' },
  },
  INFO_REQUESTED: { transition: 'T5', who: ['staff'], moves: { IN_TRIAGE: 'AWAITING_INFO' } },
  INFO_RECEIVED: { transition: 'T5', who: ['staff'], moves: { AWAITING_INFO: 'IN_TRIAGE' } },
  SCOPED: { transition: 'T6', who: ['staff'], moves: { IN_TRIAGE: 'IN_SCOPE' } },
  CONSENT_ASKED: { transition: 'T7', who: ['staff'], moves: { IN_SCOPE: 'AWAITING_CONSENT' } },
  CONSENT_ANSWERED: { transition: 'T7', who: ['reporter'], moves: { AWAITING_CONSENT: 'IN_SCOPE' } },
  CONSENT_UNANSWERED: { transition: 'T7', who: ['staff'], moves: { AWAITING_CONSENT: 'IN_SCOPE' } },
  CLOSED_OUT_OF_SCOPE: { transition: 'T8', who: ['staff'], moves: { IN_TRIAGE: 'CLOSED' } },
  ROUTED: { transition: 'T9', who: ['staff'], moves: { IN_SCOPE: 'ROUTED' } },
  ACCEPTED: { transition: 'T10', who: ['staff'], moves: { ROUTED: 'ACCEPTED' } },
  RETURNED: { transition: 'T11', who: ['staff'], moves: { ...stay(UNTRIAGED), ROUTED: 'IN_SCOPE' } },
  INTERVENTION_SENT: {
    transition: 'T12',
    who: ['staff'],
    moves: { ACCEPTED: 'ACTION_ONGOING', ACTION_ONGOING: 'ACTION_ONGOING' },
  },
  ERASED: {
    transition: 'T18',
    who: ['staff'],
    moves: Object.fromEntries([...UNTRIAGED, ...SCOPED, 'CLOSED'].map((phase) => [phase, 'ERASED'])),
  },
  WITHDRAW: { transition: 'T19', who: ['reporter'], moves: stay(READABLE) },
  ESCALATED: { transition: 'T21', who: ['system'], moves: stay(UNTRIAGED) },
  ASSIGNED: { who: ['system'], moves: stay([...UNTRIAGED, ...SCOPED]) },
  CONSENT: { who: ['reporter'], moves: stay(READABLE) },
  LAPSED: { who: ['system'], moves: stay(OPEN) },
  REPORTER_MSG: { who: ['reporter'], moves: stay(READABLE) },
  REPLY: { who: ['staff'], moves: stay(READABLE) },
  CONFIRM: { who: ['reporter'], moves: stay(READABLE) },
  DISPUTE: { who: ['reporter'], moves: stay(READABLE) },
  ACCESS: { who: ['staff'], moves: stay(READABLE) },
  GRANT: { who: ['staff'], moves: stay(OPEN) },
  SUCCESSION: { who: ['staff'], moves: stay(READABLE) },
  RECUSED: { who: ['staff'], moves: stay(OPEN) },
  REPRIORITISED: { who: ['staff'], moves: stay([...SCOPED, ...WITH_OFFICIAL]) },
  INTERVENTION_DRAFTED: { who: ['staff'], moves: stay(['ACCEPTED', 'ACTION_ONGOING']) },
  INTERVENTION_CLEARED: { who: ['staff'], moves: stay(['ACCEPTED', 'ACTION_ONGOING']) },
  STATE_REPLY: { who: ['staff'], moves: stay(['ACTION_ONGOING']) },
};

/** Where the event leads from this phase; absent if the phase does not allow it. */
export function nextPhase(type: EventName, from: PhaseBefore): Phase | undefined {
  return RULES[type].moves[from];
}

/** Whether the triage decision is still to come: where a lapse of C3 escalates. */
export function isUntriaged(phase: Phase): boolean {
  return (UNTRIAGED as readonly Phase[]).includes(phase);
}
