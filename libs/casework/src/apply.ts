/** What each event makes of the state (SPEC.md §4). */
import { type Instant, Invariant } from '@app/encoding';
import {
  pause,
  prioritised,
  raiseClock,
  resume,
  routeClock,
  start,
  startAnew,
  stop,
  stopAll,
} from './case-clocks.js';
import { lapseClock, startClock, stopClocks } from './clocks.js';
import {
  applyConsentChange,
  checkLevel,
  type ConsentChange,
  type ConsentMatrix,
  effectiveConsent,
  PERSON_ROWS,
  parseConsentMatrix,
  scopeOfChannel,
} from './consent.js';
import type { CaseEvent, EventName, EventOf, Phase } from './events.js';
import type { Policy } from './policy.js';
import {
  AWAITING_REPLY,
  type CaseState,
  type Expiry,
  type Intervention,
  type InterventionState,
  isConfirmed,
  isRiskKnown,
  mayErase,
  type Person,
} from './state.js';
import { isUntriaged, mayClose, nextPhase, RULES } from './transitions.js';
import { RISK, type RiskLevel } from './vocabularies.js';

/**
 * The state after one more event; `undefined` is a case that does not exist yet.
 * @param policy - read for SUBMITTED only: later events keep the targets of that day.
 * @throws {Invariant} for an event no legal history has at this place.
 * @see SPEC.md §4
 */
export function applyEvent(state: CaseState | undefined, event: CaseEvent, policy: Policy): CaseState {
  const phase = phaseAfter(state, event);
  if (state === undefined) return opened(event as EventOf<'SUBMITTED'>, policy);
  if (event.at < state.lastEventAt) throw new Invariant('event before the one it follows');
  const moved = { ...state, phase, eventNumber: state.eventNumber + 1, lastEventAt: event.at };
  const effect = EFFECTS[event.type] as (state: CaseState, event: CaseEvent) => CaseState;
  return effect(event.actor === 'reporter' ? heard(moved, event.at) : moved, event);
}

function phaseAfter(state: CaseState | undefined, { type, actor, detail }: CaseEvent): Phase {
  const before = state?.phase ?? 'new';
  const phase = nextPhase(type, before, state?.hold?.from);
  if (phase === undefined) throw new Invariant(`${type} in ${before}`);
  if (!RULES[type].who.includes(actor)) throw new Invariant(`${type} by ${actor}`);
  if ('from' in detail && (detail.from !== before || detail.to !== phase))
    throw new Invariant(`${type} names other phases`);
  return phase;
}

function opened({ detail, at }: EventOf<'SUBMITTED'>, policy: Policy): CaseState {
  const { C1 } = policy.targets;
  const consents = parseConsentMatrix(detail.consents, 'detail.consents');
  const given = consents.map(() => at);
  const state: CaseState = {
    phase: 'RECEIVED',
    eventNumber: 1,
    submittedAt: at,
    lastEventAt: at,
    declaredUrgent: detail.declared_urgent,
    raw: detail.raw ?? false,
    consents,
    confirmed: { K5: given, K6: given },
    role: detail.role,
    excludedRoles: detail.exclusions,
    recusedRoles: [],
    recusedOfficers: [],
    escalationBox: detail.escalation ? 'held' : 'none',
    flags: { escalated: false, disputed: false, shared: false },
    interventions: [],
    referrals: [],
    persons: [{ number: 0, compartment: 0, state: 'joined' }],
    links: [],
    heardAt: at,
    heardEvent: 1,
    legalHold: false,
    clocks: startClock(
      [],
      { id: 'C1', origin: 'first', targetSeconds: detail.declared_urgent === 'yes' ? C1.urgent : C1.other },
      at,
    ),
    targets: policy.targets,
    limits: policy.limits,
  };
  return (['C2', 'C3', 'C9', 'C10'] as const).reduce((next, id) => start(next, id, at), state);
}

type Effect<E extends EventName> = (state: CaseState, event: EventOf<E>) => CaseState;

const unchanged = (state: CaseState): CaseState => state;

const EFFECTS: { readonly [E in Exclude<EventName, 'SUBMITTED'>]: Effect<E> } & {
  readonly SUBMITTED: Effect<EventName>;
} = {
  SUBMITTED: unchanged,
  ASSIGNED: (state, { detail }) => ({ ...state, role: detail.role }),
  ACKNOWLEDGED: (state, { detail, at }) =>
    stop(state, ['C1'], at, detail.exempt === undefined ? 'met' : 'exempt'),
  CONTACTED: (state, { detail, at }) => told(stop(state, ['C2'], at, 'met'), detail.feedback, at),
  REPLY: (state, { detail, at }) => told(state, detail.feedback, at),
  TRIAGE_STARTED: unchanged,
  // SPEC.md §5: PA1 lasts until the reporter writes, or staff have the information another way.
  INFO_REQUESTED: (state, { at }) => pause(state, 'PA1', at),
  INFO_RECEIVED: (state, { at }) => resume(state, 'PA1', at),
  REPORTER_MSG: (state, { at }) => resume(state, 'PA1', at),
  SCOPED: (state, { detail, at }) => {
    const decided = stop({ ...state, scope: detail.scope }, ['C3'], at, 'met');
    return routeClock(prioritised(assessed(decided, detail, at), detail.priority, at), at);
  },
  REPRIORITISED: (state, { detail, at }) => prioritised(state, detail.priority, at),
  RISK_ASSESSED: (state, { detail, at }) => {
    const after = assessed(state, detail, at);
    return detail.changed ? { ...after, confirmAfter: at } : after;
  },
  CONSENT_ASKED: (state, { detail, at }) => {
    if (state.asked !== undefined) throw new Invariant('another question is open');
    return { ...start(pause(state, 'PA2', at), 'C4', at), asked: detail.scope };
  },
  CONSENT_ANSWERED: (state, { detail, at }) => {
    if (state.asked !== detail.scope) throw new Invariant('an answer to another question');
    return consented(answered(state, at, 'met'), detail, at);
  },
  CONSENT_UNANSWERED: (state, { detail, at }) => {
    if (state.asked !== detail.scope) throw new Invariant('another question');
    return answered(state, at, 'unanswered');
  },
  CONSENT: (state, { detail, at }) => consented(state, detail, at),
  WITHDRAW: (state, { detail, at }) => consented(state, detail, at),
  CLOSED_OUT_OF_SCOPE: (state, { detail, at }) => {
    const { retention } = state.limits;
    const closed = stop({ ...state, closedAs: detail.reason }, ['C3'], at, 'met');
    return expiring(stopAll(closed, at, 'closed'), at, retention.out_of_scope);
  },
  ROUTED: (state, { detail, at }) => routed(state, detail.role, at),
  DIVERTED: (state, { detail, at }) => {
    if (state.routedTo !== undefined && state.routedTo !== detail.instead_of)
      throw new Invariant('diverted from another office');
    const returned = stop(state, ['C6'], at, 'returned');
    const recusedRoles = [...new Set([...state.recusedRoles, detail.instead_of])];
    return routed({ ...returned, recusedRoles }, detail.role, at);
  },
  REFERRED: (state, { detail, at }) => {
    const { channel, role, compartment } = detail;
    if (!effectiveConsent(state.consents, scopeOfChannel(channel)).granted)
      throw new Invariant('referred without consent');
    const referral = { number: state.referrals.length + 1, channel, role, compartment };
    const referrals = [...state.referrals, referral];
    return { ...stop(shared(state), ['C5'], at, 'met'), referrals, stepAt: at };
  },
  REFERRAL_NOTED: (state, { detail, at }) => {
    const { number, role, note } = detail;
    if (state.referrals[number - 1]?.role !== role) throw new Invariant('a referral of another office');
    const referrals = state.referrals.map((of) => (of.number === number ? { ...of, noted: note } : of));
    return { ...state, referrals, stepAt: at };
  },
  ACCEPTED: (state, { at }) => start(stop(state, ['C6'], at, 'met'), 'C7', at),
  RETURNED: ({ routedTo, ...state }, { detail, at }) => {
    // SPEC.md §4 T11: an office that returns a case for a conflict does not get it again.
    const conflict = detail.reason === 'CONFLICT' ? [detail.role] : [];
    const returned = { ...state, recusedRoles: [...state.recusedRoles, ...conflict] };
    if (routedTo === undefined) return withoutEscalation(returned);
    return routeClock(stop(returned, ['C6'], at, 'returned'), at);
  },
  ESCALATED: (state, { detail }) => {
    const escalated = { ...state, flags: { ...state.flags, escalated: true } };
    if (!detail.delivered) return escalated;
    if (detail.role === undefined || state.escalationBox !== 'held')
      throw new Invariant('nothing to deliver');
    return { ...shared(escalated), escalationBox: 'delivered', escalatedTo: detail.role };
  },
  LAPSED: (state, { detail, at }) => ({
    ...state,
    clocks: lapseClock(state.clocks, detail.clock, detail.instance, at),
  }),
  HELD: (state, { detail, at }) => {
    const hold = { reason: detail.reason, from: detail.from, until: at + state.limits.hold[detail.reason] };
    return { ...pause(state, detail.reason, at), hold };
  },
  RESUMED: ({ hold, ...state }, { detail, at }) => {
    if (hold?.reason !== detail.reason) throw new Invariant('another hold');
    return routeClock(resume(state, hold.reason, at), at);
  },
  MONITORED: (state, { at }) => start(stop(state, ['C7'], at, 'closed'), 'C11', at),
  REVIEWED: (state, { at }) => start(stop(state, ['C11'], at, 'met'), 'C11', at),
  ACTION_RESUMED: (state, { at }) => startAnew(stop(state, ['C11'], at, 'met'), 'C7', at),
  CLOSED: ({ asked: _, hold, ...state }, { detail, at }) => {
    if (hold !== undefined && !mayClose(hold.from)) throw new Invariant('closed before its time');
    const { retention } = state.limits;
    const done = stop({ ...state, closedAs: detail.reason }, ['C11'], at, 'met');
    const links =
      detail.into === undefined
        ? state.links
        : [...state.links, { case: detail.into, relation: 'MERGED' as const }];
    // SPEC.md §5: the State's time to reply does not end because the office stopped.
    return expiring(stopAll({ ...done, links }, at, 'closed', ['C8']), at, retention.unshared);
  },
  REOPENED: (state, { at }) => {
    const { closedAs: _, expiry: __, routedTo: ___, escalatedTo: ____, scope: _____, ...kept } = state;
    const flags = { ...state.flags, escalated: false };
    return start({ ...kept, flags, reopenedAt: at }, 'C3', at);
  },
  CONFIRM: unchanged,
  DISPUTE: (state) => ({ ...state, flags: { ...state.flags, disputed: true } }),
  ACCESS: unchanged,
  NOTE_WRITTEN: unchanged,
  GRANT: unchanged,
  SUCCESSION: unchanged,
  RECUSED: (state, { detail }) => ({
    ...state,
    recusedOfficers: [...state.recusedOfficers, detail.certificate],
    recusedRoles: detail.whole_role ? [...state.recusedRoles, detail.role] : state.recusedRoles,
  }),
  INTERVENTION_DRAFTED: (state, { detail }) => {
    const { number, by, intervention, channel, level } = detail;
    if (number !== state.interventions.length + 1) throw new Invariant('intervention number out of turn');
    const draft = { number, kind: intervention, channel, level, state: 'DRAFT', draftedBy: by } as const;
    return { ...state, interventions: [...state.interventions, draft] };
  },
  INTERVENTION_CLEARED: (state, { detail }) => {
    const cleared = intervene(state, detail.number, ['DRAFT'], { state: 'CLEARED', clearedBy: detail.by });
    if (cleared.interventions[detail.number - 1]?.draftedBy === detail.by)
      throw new Invariant('cleared by the drafter');
    return cleared;
  },
  INTERVENTION_SENT: (state, { detail, at }) => {
    const sent = intervene(state, detail.number, ['CLEARED'], { state: 'SENT', sentAt: at });
    const { channel, level } = state.interventions[detail.number - 1] ?? {};
    if (detail.channel !== channel || detail.level !== level)
      throw new Invariant('sent otherwise than cleared');
    const scope = scopeOfChannel(detail.channel);
    if (checkLevel(state.consents, scope, detail.level) !== 'granted' || !isConfirmed(state, scope, at))
      throw new Invariant('sent without consent');
    if (detail.channel !== 'STATE') return { ...sent, stepAt: at };
    if (!isRiskKnown(state, at)) throw new Invariant('raised without a risk assessment');
    return start({ ...stop(sent, ['C7', 'C10'], at, 'met'), stepAt: at }, 'C8', at, detail.number);
  },
  STATE_REPLY: (state, { detail, at }) => {
    const { number, response, complete } = detail;
    const silent = response === 'RSP9';
    const outcome = silent ? 'NO_REPLY_AT_WINDOW' : complete ? 'REPLY_FULL' : 'REPLY_PARTIAL';
    const replied = intervene(state, number, AWAITING_REPLY, { state: outcome, response });
    // SPEC.md §5: no reply is not a reply; C8 runs on.
    if (silent) return { ...replied, stepAt: at };
    const stopped = stopClocks(replied.clocks, (clock) => clock.intervention === number, at, 'met');
    return { ...replied, clocks: stopped, stepAt: at };
  },
  FOLLOWED_UP: (state, { detail, at }) => ({
    ...intervene(state, detail.number, SENT_OUT, { state: 'FOLLOWED_UP' }),
    stepAt: at,
  }),
  INTERVENTION_ENDED: (state, { detail }) => {
    const given = state.interventions[detail.number - 1]?.state;
    const ended = given === 'DRAFT' || given === 'CLEARED' ? 'CANCELLED' : 'ENDED';
    return intervene(state, detail.number, ['DRAFT', 'CLEARED', ...SENT_OUT], { state: ended });
  },
  PERSON_INVITED: (state, { detail }) => {
    const { person, compartment } = detail;
    if (state.persons.some(({ number }) => number === person)) throw new Invariant('invited twice');
    return {
      ...state,
      persons: [...state.persons, { number: person, compartment, state: 'invited' }],
    };
  },
  PERSON_JOINED: (state, { detail }) => withPerson(state, detail.person, ['invited'], 'joined'),
  CODE_CHANGED: (state, { detail }) => withPerson(state, detail.person, ['joined'], 'joined'),
  MAILBOX_CLOSED: (state, { detail }) => withPerson(state, detail.person, ['invited', 'joined'], 'closed'),
  LINKED: (state, { detail }) => ({ ...state, links: [...state.links, detail] }),
  LEGAL_HOLD: (state, { detail }) => ({ ...state, legalHold: detail.on }),
  RETENTION_REVIEWED: (state, { detail, at }) => {
    const { review, out_of_scope: notice } = state.limits.retention;
    const keep = detail.decision === 'keep';
    const [seconds, kind] = keep ? ([review, 'review'] as const) : ([notice, 'erase'] as const);
    return { ...state, expiry: { at: at + seconds, kind, seconds } };
  },
  ERASED: (state, { detail, at }) => {
    if (!mayErase(state, detail.reason, at)) throw new Invariant('erased before its time');
    const { asked: _, hold: __, expiry: ___, ...kept } = state;
    return stopAll(kept, at, 'erased');
  },
};

/** The states of an intervention that has gone out and not ended. */
export const SENT_OUT: readonly InterventionState[] = [...AWAITING_REPLY, 'REPLY_FULL'];

/** Whoever has a code was here: a closed case is not erased for a whole period from now. */
function heard(state: CaseState, at: Instant): CaseState {
  const after = { ...state, heardAt: at, heardEvent: state.eventNumber };
  return state.expiry === undefined ? after : expiring(after, at, state.expiry.seconds);
}

/** SPEC.md §9: what was shared, and what the person wants kept, is reviewed each year; the rest may be erased. */
function expiring(state: CaseState, at: Instant, seconds: number): CaseState {
  const keep = state.flags.shared || effectiveConsent(state.consents, 'K10').granted;
  const expiry: Expiry = keep
    ? { at: at + state.limits.retention.review, kind: 'review', seconds }
    : { at: at + seconds, kind: 'erase', seconds };
  return { ...state, expiry };
}

function told(state: CaseState, feedback: boolean, at: Instant): CaseState {
  return feedback ? { ...stop(state, ['C9'], at, 'met'), toldAt: at } : state;
}

function answered({ asked: _, ...state }: CaseState, at: Instant, by: 'met' | 'unanswered'): CaseState {
  const on = stop(resume(state, 'PA2', at), ['C4'], at, by);
  // A question that was open when the case was set aside is answered where it was asked.
  return on.hold?.from === 'AWAITING_CONSENT' ? { ...on, hold: { ...on.hold, from: 'IN_SCOPE' } } : on;
}

type Assessment = { readonly likelihood: RiskLevel; readonly severity: RiskLevel };

/** A risk that rose asks for the consents again (SPEC.md §3). */
function assessed(state: CaseState, { likelihood, severity }: Assessment, at: Instant): CaseState {
  const { risk } = state;
  const rose =
    risk !== undefined &&
    (RISK.indexOf(likelihood) > RISK.indexOf(risk.likelihood) ||
      RISK.indexOf(severity) > RISK.indexOf(risk.severity));
  const after = { ...state, risk: { at, likelihood, severity } };
  return rose ? { ...after, confirmAfter: at } : after;
}

function routed(state: CaseState, role: string, at: Instant): CaseState {
  if (!effectiveConsent(state.consents, 'K3').granted) throw new Invariant('routed without consent');
  if (state.excludedRoles.includes(role) || state.recusedRoles.includes(role))
    throw new Invariant('routed to an office that is barred');
  return start(stop({ ...shared(state), routedTo: role }, ['C5'], at, 'met'), 'C6', at);
}

/** What a consent change does at once: clocks, drafts that may no longer be sent, and the held-back box. */
function consented(state: CaseState, change: ConsentChange, at: Instant): CaseState {
  const consents = applyConsentChange(state.consents, change);
  const withdrawn = state.escalationBox === 'held' && change.scope === 'K3' && change.code === 'w';
  const after: CaseState = {
    ...state,
    consents,
    confirmed: confirmedBy(state, change, at),
    escalationBox: withdrawn ? 'withdrawn' : state.escalationBox,
    interventions: state.interventions.map((intervention) => cancelledBy(consents, intervention)),
  };
  const running = raiseClock(state, routeClock(after, at), at);
  return after.expiry === undefined ? running : expiring(running, at, after.expiry.seconds);
}

function confirmedBy(state: CaseState, change: ConsentChange, at: Instant): CaseState['confirmed'] {
  const { scope, person, through = person } = change;
  if (scope !== 'K5' && scope !== 'K6') return state.confirmed;
  const times = Array.from({ length: PERSON_ROWS }, (_, row) =>
    row + 1 >= person && row + 1 <= through ? at : (state.confirmed[scope][row] ?? at),
  );
  return { ...state.confirmed, [scope]: times };
}

function cancelledBy(consents: ConsentMatrix, intervention: Intervention): Intervention {
  if (intervention.state !== 'DRAFT' && intervention.state !== 'CLEARED') return intervention;
  const allowed = checkLevel(consents, scopeOfChannel(intervention.channel), intervention.level);
  return allowed === 'granted' ? intervention : { ...intervention, state: 'CANCELLED' };
}

function shared(state: CaseState): CaseState {
  return { ...state, flags: { ...state.flags, shared: true } };
}

function withoutEscalation({ escalatedTo, ...state }: CaseState): CaseState {
  if (escalatedTo === undefined || !isUntriaged(state.phase)) throw new Invariant('nothing to return');
  return state;
}

function withPerson(
  state: CaseState,
  number: number,
  from: readonly Person['state'][],
  to: Person['state'],
): CaseState {
  const given = state.persons.find((person) => person.number === number);
  if (given === undefined || !from.includes(given.state)) throw new Invariant('person not in this state');
  const persons = state.persons.map((person) => (person === given ? { ...person, state: to } : person));
  return { ...state, persons };
}

function intervene(
  state: CaseState,
  number: number,
  from: readonly InterventionState[],
  change: Partial<Intervention>,
): CaseState {
  const current = state.interventions[number - 1];
  if (current === undefined || !from.includes(current.state))
    throw new Invariant('intervention not in this state');
  const changed = { ...current, ...change };
  return { ...state, interventions: state.interventions.map((of) => (of === current ? changed : of)) };
}
