/** The state of a case: nothing but the fold of its events (SPEC.md §4). */
import { type Instant, Invariant } from '@app/encoding';
import {
  type Clock,
  type ClockId,
  type ClockOrigin,
  type ClockStop,
  isRunning,
  lapseClock,
  pauseClocks,
  resumeClocks,
  runningClocks,
  startClock,
  stopClocks,
} from './clocks.js';
import {
  applyConsentChange,
  checkLevel,
  type ConsentChange,
  type ConsentMatrix,
  type ConsentScope,
  effectiveConsent,
  type Level,
  parseConsentMatrix,
  scopeOfChannel,
} from './consent.js';
import type { CaseEvent, EventName, EventOf, Phase } from './events.js';
import type { Policy, PriorityTargets, Targets } from './policy.js';
import { isUntriaged, nextPhase, RULES } from './transitions.js';
import type {
  Channel,
  InterventionKind,
  OosCode,
  Priority,
  RspCode,
  ScopeCode,
  Urgency,
} from './vocabularies.js';

export const INTERVENTION_STATES = [
  'DRAFT',
  'CLEARED',
  'SENT',
  'REPLY_PARTIAL',
  'REPLY_FULL',
  'NO_REPLY_AT_WINDOW',
  'CANCELLED',
] as const;
export type InterventionState = (typeof INTERVENTION_STATES)[number];

export type Intervention = {
  readonly number: number;
  readonly kind: InterventionKind;
  readonly channel: Channel;
  readonly level: Level;
  readonly state: InterventionState;
  /** Certificate hashes. */
  readonly draftedBy: string;
  readonly clearedBy?: string;
  readonly sentAt?: Instant;
  readonly response?: RspCode;
};

/** The held-back box for the senior official: sealed by the reporter, delivered only by an escalation. */
export type EscalationBox = 'none' | 'held' | 'delivered' | 'withdrawn';

export type CaseState = {
  readonly phase: Phase;
  /** Events applied so far; the next one has this number + 1. */
  readonly eventNumber: number;
  readonly submittedAt: Instant;
  readonly lastEventAt: Instant;
  readonly declaredUrgent: Urgency;
  /** Came in without the client; its content is checked by nobody before triage. */
  readonly raw: boolean;
  /** Set at T6; until then {@link currentPriority} speaks. */
  readonly priority?: Priority;
  readonly scope?: ScopeCode;
  readonly closedAs?: OosCode;
  readonly consents: ConsentMatrix;
  /** The scope a person is being asked about. */
  readonly asked?: ConsentScope;
  /** The focal point's role that holds the case. */
  readonly role: string;
  /** The senior official's role, from T9 until a return. */
  readonly routedTo?: string;
  /** The official's role an escalation was delivered to. */
  readonly escalatedTo?: string;
  readonly excludedRoles: readonly string[];
  readonly recusedRoles: readonly string[];
  /** Certificate hashes of officers who stepped back. */
  readonly recusedOfficers: readonly string[];
  readonly escalationBox: EscalationBox;
  /** `shared`: has once left the focal point's role. */
  readonly flags: { readonly escalated: boolean; readonly disputed: boolean; readonly shared: boolean };
  readonly interventions: readonly Intervention[];
  readonly clocks: readonly Clock[];
  /** The targets in force at submission; they stay this case's targets. */
  readonly targets: Targets;
};

/** The priority, or before triage the provisional one: P1 if declared urgent, else P3 (SPEC.md §5). */
export function currentPriority(state: Pick<CaseState, 'priority' | 'declaredUrgent'>): Priority {
  return state.priority ?? (state.declaredUrgent === 'yes' ? 'P1' : 'P3');
}

/**
 * The state after one more event; `undefined` is a case that does not exist yet.
 * @param policy - read for SUBMITTED only: later events keep the targets of that day.
 * @throws {Invariant} for an event no legal history has at this place.
 * @see SPEC.md §4
 */
export function applyEvent(state: CaseState | undefined, event: CaseEvent, policy: Policy): CaseState {
  const before = state?.phase ?? 'new';
  const phase = nextPhase(event.type, before);
  if (phase === undefined) throw new Invariant(`${event.type} in ${before}`);
  if (!RULES[event.type].who.includes(event.actor)) throw new Invariant(`${event.type} by ${event.actor}`);
  if ('from' in event.detail && (event.detail.from !== before || event.detail.to !== phase)) {
    throw new Invariant(`${event.type} names other phases`);
  }
  if (state === undefined) return opened(event as EventOf<'SUBMITTED'>, policy);
  if (event.at < state.lastEventAt) throw new Invariant('event before the one it follows');
  const moved = { ...state, phase, eventNumber: state.eventNumber + 1, lastEventAt: event.at };
  const effect = EFFECTS[event.type] as (state: CaseState, event: CaseEvent) => CaseState;
  return effect(moved, event);
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
  CONTACTED: (state, { detail, at }) => stop(state, detail.feedback ? ['C2', 'C9'] : ['C2'], at, 'met'),
  REPLY: (state, { detail, at }) => stop(state, detail.feedback ? ['C9'] : [], at, 'met'),
  TRIAGE_STARTED: unchanged,
  // SPEC.md §5: PA1 lasts until the reporter writes, or staff have the information another way.
  INFO_REQUESTED: (state, { at }) => ({ ...state, clocks: pauseClocks(state.clocks, 'C3', 'PA1', at) }),
  INFO_RECEIVED: (state, { at }) => ({ ...state, clocks: resumeClocks(state.clocks, 'C3', at) }),
  REPORTER_MSG: (state, { at }) => ({ ...state, clocks: resumeClocks(state.clocks, 'C3', at) }),
  SCOPED: (state, { detail, at }) => {
    const decided = stop({ ...state, scope: detail.scope }, ['C3'], at, 'met');
    return routeClock(prioritised(decided, detail.priority, at), at, 'first');
  },
  REPRIORITISED: (state, { detail, at }) => prioritised(state, detail.priority, at),
  CONSENT_ASKED: (state, { detail, at }) => start({ ...state, asked: detail.scope }, 'C4', 'first', at),
  CONSENT_ANSWERED: ({ asked, ...state }, { detail, at }) => {
    if (asked !== detail.scope) throw new Invariant('an answer to another question');
    return consented(stop(state, ['C4'], at, 'met'), detail, at);
  },
  CONSENT_UNANSWERED: ({ asked, ...state }, { detail, at }) => {
    if (asked !== detail.scope) throw new Invariant('another question');
    return stop(state, ['C4'], at, 'unanswered');
  },
  CONSENT: (state, { detail, at }) => consented(state, detail, at),
  WITHDRAW: (state, { detail, at }) => consented(state, detail, at),
  CLOSED_OUT_OF_SCOPE: (state, { detail, at }) =>
    stopAll(stop({ ...state, closedAs: detail.reason }, ['C3'], at, 'met'), at, 'closed'),
  ROUTED: (state, { detail, at }) => {
    if (!effectiveConsent(state.consents, 'K3').granted) throw new Invariant('routed without consent');
    const again = state.clocks.some((clock) => clock.id === 'C6') ? 'restarted' : 'first';
    return start(stop({ ...shared(state), routedTo: detail.role }, ['C5'], at, 'met'), 'C6', again, at);
  },
  ACCEPTED: (state, { at }) => start(stop(state, ['C6'], at, 'met'), 'C7', 'first', at),
  RETURNED: ({ routedTo, ...state }, { detail, at }) => {
    // SPEC.md §4 T11: an office that returns a case for a conflict does not get it again.
    const conflict = detail.reason === 'CONFLICT' ? [detail.role] : [];
    const returned = { ...state, recusedRoles: [...state.recusedRoles, ...conflict] };
    if (routedTo === undefined) return withoutEscalation(returned);
    return routeClock(stop(returned, ['C6'], at, 'returned'), at, 'restarted');
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
  CONFIRM: unchanged,
  DISPUTE: (state) => ({ ...state, flags: { ...state.flags, disputed: true } }),
  ACCESS: unchanged,
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
    return {
      ...state,
      interventions: [...state.interventions, draft],
    };
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
    if (checkLevel(state.consents, scopeOfChannel(detail.channel), detail.level) !== 'granted') {
      throw new Invariant('sent without consent');
    }
    if (detail.channel !== 'STATE') return sent;
    return start(stop(sent, ['C7', 'C10'], at, 'met'), 'C8', 'first', at, detail.number);
  },
  STATE_REPLY: (state, { detail, at }) => {
    const { number, response, complete } = detail;
    const silent = response === 'RSP9';
    const outcome = silent ? 'NO_REPLY_AT_WINDOW' : complete ? 'REPLY_FULL' : 'REPLY_PARTIAL';
    const replied = intervene(state, number, AWAITING_REPLY, { state: outcome, response });
    // SPEC.md §5: no reply is not a reply; C8 runs on.
    if (silent) return replied;
    const stopped = stopClocks(replied.clocks, (clock) => clock.intervention === number, at, 'met');
    return { ...replied, clocks: stopped };
  },
  ERASED: ({ asked: _, ...state }, { at }) => stopAll(state, at, 'erased'),
};

/** The states in which a State's reply can still come. */
export const AWAITING_REPLY: readonly InterventionState[] = ['SENT', 'REPLY_PARTIAL', 'NO_REPLY_AT_WINDOW'];

function opened({ detail, at }: EventOf<'SUBMITTED'>, policy: Policy): CaseState {
  const { C1 } = policy.targets;
  const state: CaseState = {
    phase: 'RECEIVED',
    eventNumber: 1,
    submittedAt: at,
    lastEventAt: at,
    declaredUrgent: detail.declared_urgent,
    raw: detail.raw ?? false,
    consents: parseConsentMatrix(detail.consents, 'detail.consents'),
    role: detail.role,
    excludedRoles: detail.exclusions,
    recusedRoles: [],
    recusedOfficers: [],
    escalationBox: detail.escalation ? 'held' : 'none',
    flags: { escalated: false, disputed: false, shared: false },
    interventions: [],
    clocks: startClock(
      [],
      { id: 'C1', origin: 'first', targetSeconds: detail.declared_urgent === 'yes' ? C1.urgent : C1.other },
      at,
    ),
    targets: policy.targets,
  };
  return (['C2', 'C3', 'C9', 'C10'] as const).reduce((next, id) => start(next, id, 'first', at), state);
}

const BY_PRIORITY = ['C2', 'C3', 'C5', 'C6', 'C7', 'C9'] as const;

function targetOf(state: CaseState, id: ClockId): number | undefined {
  if (id === 'C8') return state.targets.C8;
  const table: PriorityTargets | undefined = (BY_PRIORITY as readonly ClockId[]).includes(id)
    ? state.targets[id as (typeof BY_PRIORITY)[number]]
    : undefined;
  return table?.[currentPriority(state)];
}

function start(
  state: CaseState,
  id: ClockId,
  origin: ClockOrigin,
  at: Instant,
  intervention?: number,
): CaseState {
  const targetSeconds = targetOf(state, id);
  const target = targetSeconds === undefined ? {} : { targetSeconds };
  const of = intervention === undefined ? {} : { intervention };
  return { ...state, clocks: startClock(state.clocks, { id, origin, ...target, ...of }, at) };
}

function stop(state: CaseState, ids: readonly ClockId[], at: Instant, by: ClockStop): CaseState {
  return { ...state, clocks: stopClocks(state.clocks, (clock) => ids.includes(clock.id), at, by) };
}

function stopAll(state: CaseState, at: Instant, by: ClockStop): CaseState {
  return { ...state, clocks: stopClocks(state.clocks, () => true, at, by) };
}

/** A higher priority starts the stricter target at once, beside the old clock, which is kept. */
function prioritised(state: CaseState, priority: Priority, at: Instant): CaseState {
  const after = { ...state, priority };
  if (priority >= currentPriority(state)) return after;
  return BY_PRIORITY.reduce<CaseState>((next, id) => {
    const strictest = Math.min(...runningClocks(state, id).map((clock) => clock.targetSeconds ?? Infinity));
    const target = state.targets[id][priority];
    return strictest < Infinity && target < strictest ? start(next, id, 'stricter', at) : next;
  }, after);
}

/** C5 runs while a case in scope may be routed: some K3 or K4 is granted. */
function routeClock(state: CaseState, at: Instant, origin: ClockOrigin): CaseState {
  const waits = state.phase === 'IN_SCOPE' || state.phase === 'AWAITING_CONSENT';
  const running = runningClocks(state, 'C5').length > 0;
  if (!mayBeRouted(state.consents)) return running ? stop(state, ['C5'], at, 'withdrawn') : state;
  return waits && !running ? start(state, 'C5', origin, at) : state;
}

function raiseClock(before: CaseState, after: CaseState, at: Instant): CaseState {
  const had = effectiveConsent(before.consents, 'K5').granted;
  const has = effectiveConsent(after.consents, 'K5').granted;
  // SPEC.md §5: what was never granted cannot be withdrawn; C7 then runs on.
  if (had && !has) return stop(after, ['C7'], at, 'withdrawn');
  const stopped = after.clocks.some((clock) => clock.id === 'C7' && !isRunning(clock));
  const waits = stopped && !wasRaised(after) && runningClocks(after, 'C7').length === 0;
  const here = after.phase === 'ACCEPTED' || after.phase === 'ACTION_ONGOING';
  return !had && has && waits && here ? start(after, 'C7', 'restarted', at) : after;
}

/** What a consent change does at once: clocks, drafts that may no longer be sent, and the held-back box. */
function consented(state: CaseState, change: ConsentChange, at: Instant): CaseState {
  const consents = applyConsentChange(state.consents, change);
  const withdrawn = state.escalationBox === 'held' && change.scope === 'K3' && change.code === 'w';
  const after: CaseState = {
    ...state,
    consents,
    escalationBox: withdrawn ? 'withdrawn' : state.escalationBox,
    interventions: state.interventions.map((intervention) => cancelledBy(consents, intervention)),
  };
  const again = state.clocks.some((clock) => clock.id === 'C5') ? 'restarted' : 'first';
  return raiseClock(state, routeClock(after, at, again), at);
}

function cancelledBy(consents: ConsentMatrix, intervention: Intervention): Intervention {
  if (intervention.state !== 'DRAFT' && intervention.state !== 'CLEARED') return intervention;
  const allowed = checkLevel(consents, scopeOfChannel(intervention.channel), intervention.level);
  return allowed === 'granted' ? intervention : { ...intervention, state: 'CANCELLED' };
}

function mayBeRouted(consents: ConsentMatrix): boolean {
  const scopes = ['K3', 'K4:SP', 'K4:TB', 'K4:HRC'] as const;
  return scopes.some((scope) => effectiveConsent(consents, scope).granted);
}

function wasRaised(state: CaseState): boolean {
  return state.interventions.some(({ channel, sentAt }) => channel === 'STATE' && sentAt !== undefined);
}

function shared(state: CaseState): CaseState {
  return { ...state, flags: { ...state.flags, shared: true } };
}

function withoutEscalation({ escalatedTo, ...state }: CaseState): CaseState {
  if (escalatedTo === undefined || !isUntriaged(state.phase)) throw new Invariant('nothing to return');
  return state;
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
