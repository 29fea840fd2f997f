/** The case machine as data: which event may occur in which phase, and where it leads (SPEC.md §4). */
import type { ActorClass, EventName, Phase } from './events.js';

/** `new` is the phase of a case that does not exist yet. */
export type PhaseBefore = Phase | 'new';

export type Rule = {
  /** The transition's number in SPEC.md §4, if the event is one. */
  readonly transition?: string;
  readonly who: readonly ActorClass[];
  /** From → to. A phase that is absent does not allow the event. */
  readonly moves: Readonly<Partial<Record<PhaseBefore, Phase | typeof BACK>>>;
};

/** To the phase that a hold interrupted. */
const BACK = 'back';

const UNTRIAGED = ['RECEIVED', 'ACKNOWLEDGED', 'IN_TRIAGE', 'AWAITING_INFO', 'REOPENED'] as const;
const SCOPED = ['IN_SCOPE', 'AWAITING_CONSENT'] as const;
const ACCEPTED = ['ACCEPTED', 'ACTION_ONGOING', 'MONITORING'] as const;
const WITH_OFFICIAL = ['ROUTED', ...ACCEPTED] as const;
const OPEN = [...UNTRIAGED, ...SCOPED, ...WITH_OFFICIAL, 'ON_HOLD'] as const;
const READABLE = [...OPEN, 'CLOSED'] as const;
const HOLDABLE = ['IN_TRIAGE', 'AWAITING_INFO', ...SCOPED, ...WITH_OFFICIAL] as const;
const MAY_CLOSE = [...SCOPED, ...ACCEPTED] as const;

function lead(phases: readonly Phase[], to: Phase): Rule['moves'] {
  return Object.fromEntries(phases.map((phase) => [phase, to]));
}

function stay(phases: readonly Phase[]): Rule['moves'] {
  return Object.fromEntries(phases.map((phase) => [phase, phase]));
}

const ANSWERED = { ...stay([...ACCEPTED, 'ON_HOLD']), AWAITING_CONSENT: 'IN_SCOPE' } as const;

export const RULES: Readonly<Record<EventName, Rule>> = {
  SUBMITTED: { transition: 'T1', who: ['reporter', 'system'], moves: { new: 'RECEIVED' } },
  // SPEC.md §4: an acknowledgement that comes after triage began stops C1 and moves nothing.
  ACKNOWLEDGED: { transition: 'T2', who: ['staff'], moves: { ...stay(OPEN), RECEIVED: 'ACKNOWLEDGED' } },
  CONTACTED: { transition: 'T3', who: ['staff'], moves: stay(OPEN) },
  TRIAGE_STARTED: {
    transition: 'T4',
    who: ['staff'],
    moves: lead(['RECEIVED', 'ACKNOWLEDGED', 'REOPENED'], 'IN_TRIAGE'),
  },
  INFO_REQUESTED: { transition: 'T5', who: ['staff'], moves: { IN_TRIAGE: 'AWAITING_INFO' } },
  INFO_RECEIVED: { transition: 'T5', who: ['staff'], moves: { AWAITING_INFO: 'IN_TRIAGE' } },
  SCOPED: { transition: 'T6', who: ['staff'], moves: { IN_TRIAGE: 'IN_SCOPE' } },
  CONSENT_ASKED: {
    transition: 'T7',
    who: ['staff'],
    moves: { ...stay(ACCEPTED), IN_SCOPE: 'AWAITING_CONSENT' },
  },
  CONSENT_ANSWERED: { transition: 'T7', who: ['reporter'], moves: ANSWERED },
  CONSENT_UNANSWERED: { transition: 'T7', who: ['staff'], moves: ANSWERED },
  CLOSED_OUT_OF_SCOPE: { transition: 'T8', who: ['staff'], moves: { IN_TRIAGE: 'CLOSED' } },
  ROUTED: { transition: 'T9', who: ['staff'], moves: { IN_SCOPE: 'ROUTED' } },
  ACCEPTED: { transition: 'T10', who: ['staff'], moves: { ROUTED: 'ACCEPTED' } },
  RETURNED: { transition: 'T11', who: ['staff'], moves: { ...stay(UNTRIAGED), ROUTED: 'IN_SCOPE' } },
  INTERVENTION_SENT: {
    transition: 'T12',
    who: ['staff'],
    moves: { ACCEPTED: 'ACTION_ONGOING', ACTION_ONGOING: 'ACTION_ONGOING' },
  },
  HELD: { transition: 'T13', who: ['staff'], moves: lead(HOLDABLE, 'ON_HOLD') },
  RESUMED: { transition: 'T13', who: ['staff', 'system'], moves: { ON_HOLD: BACK } },
  MONITORED: { transition: 'T14', who: ['staff'], moves: { ACTION_ONGOING: 'MONITORING' } },
  ACTION_RESUMED: { transition: 'T15', who: ['staff'], moves: { MONITORING: 'ACTION_ONGOING' } },
  CLOSED: { transition: 'T16', who: ['staff'], moves: lead([...MAY_CLOSE, 'ON_HOLD'], 'CLOSED') },
  REOPENED: { transition: 'T17', who: ['reporter', 'staff'], moves: { CLOSED: 'REOPENED' } },
  ERASED: {
    transition: 'T18',
    who: ['staff'],
    moves: lead([...UNTRIAGED, ...SCOPED, 'ON_HOLD', 'CLOSED'], 'ERASED'),
  },
  WITHDRAW: { transition: 'T19', who: ['reporter'], moves: stay(READABLE) },
  DIVERTED: { transition: 'T20', who: ['staff'], moves: { IN_SCOPE: 'ROUTED', ROUTED: 'ROUTED' } },
  ESCALATED: { transition: 'T21', who: ['system'], moves: stay(UNTRIAGED) },
  ASSIGNED: { who: ['system'], moves: stay([...UNTRIAGED, ...SCOPED]) },
  CONSENT: { who: ['reporter'], moves: stay(READABLE) },
  LAPSED: { who: ['system'], moves: stay(READABLE) },
  REPORTER_MSG: { who: ['reporter'], moves: stay(READABLE) },
  REPLY: { who: ['staff'], moves: stay(READABLE) },
  CONFIRM: { who: ['reporter'], moves: stay(READABLE) },
  DISPUTE: { who: ['reporter'], moves: stay(READABLE) },
  ACCESS: { who: ['staff'], moves: stay(READABLE) },
  NOTE_WRITTEN: { who: ['staff'], moves: stay(READABLE) },
  GRANT: { who: ['staff'], moves: stay(OPEN) },
  SUCCESSION: { who: ['staff'], moves: stay(READABLE) },
  RECUSED: { who: ['staff'], moves: stay(OPEN) },
  REPRIORITISED: { who: ['staff'], moves: stay([...SCOPED, ...WITH_OFFICIAL]) },
  RISK_ASSESSED: { who: ['staff'], moves: stay([...SCOPED, ...WITH_OFFICIAL, 'ON_HOLD']) },
  INTERVENTION_DRAFTED: { who: ['staff'], moves: stay(['ACCEPTED', 'ACTION_ONGOING']) },
  INTERVENTION_CLEARED: { who: ['staff'], moves: stay(['ACCEPTED', 'ACTION_ONGOING']) },
  // A late reply is always recorded.
  STATE_REPLY: { who: ['staff'], moves: stay([...ACCEPTED, 'ON_HOLD', 'CLOSED']) },
  FOLLOWED_UP: { who: ['staff'], moves: stay(ACCEPTED) },
  INTERVENTION_ENDED: { who: ['staff'], moves: stay([...ACCEPTED, 'ON_HOLD']) },
  REVIEWED: { who: ['staff'], moves: stay(['MONITORING']) },
  REFERRED: { who: ['staff'], moves: stay(['IN_SCOPE', ...WITH_OFFICIAL]) },
  REFERRAL_NOTED: { who: ['staff'], moves: stay(READABLE) },
  PERSON_INVITED: { who: ['reporter', 'staff'], moves: stay(OPEN) },
  PERSON_JOINED: { who: ['reporter'], moves: stay(READABLE) },
  CODE_CHANGED: { who: ['reporter'], moves: stay(READABLE) },
  MAILBOX_CLOSED: { who: ['reporter'], moves: stay(READABLE) },
  LINKED: { who: ['staff'], moves: stay(READABLE) },
  LEGAL_HOLD: { who: ['staff'], moves: stay(READABLE) },
  RETENTION_REVIEWED: { who: ['staff'], moves: stay(['CLOSED']) },
};

/**
 * Where the event leads from this phase; absent if the phase does not allow it.
 * @param heldFrom - the phase a hold interrupted, where `from` is ON_HOLD.
 */
export function nextPhase(type: EventName, from: PhaseBefore, heldFrom?: Phase): Phase | undefined {
  const to = RULES[type].moves[from];
  return to === BACK ? heldFrom : to;
}

/** Whether a case that stands here may be closed: triage has decided, and no office is about to accept it. */
export function mayClose(phase: Phase): boolean {
  return (MAY_CLOSE as readonly Phase[]).includes(phase);
}

/** Whether the triage decision is still to come: where a lapse of C3 escalates. */
export function isUntriaged(phase: Phase): boolean {
  return (UNTRIAGED as readonly Phase[]).includes(phase);
}
