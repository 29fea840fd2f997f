/**
 * The one place where an act becomes an event or is refused. Browser, server and replay call the same function;
 * it reads nothing but its arguments (SPEC.md §4).
 */
import type { Instant, Json } from '@app/encoding';
import { type Actor, isBarred, mayAct, PERMISSIONS, sitsAt, type StaffActor } from './access.js';
import type { ActKind, ActOf, CaseAct } from './acts.js';
import { dueClocks, isLapsed, runningClocks } from './clocks.js';
import {
  checkLevel,
  type ConsentChange,
  type ConsentScope,
  effectiveConsent,
  isConsentChange,
  type Level,
  scopeOfChannel,
} from './consent.js';
import { type CaseEvent, type EventName, namesPhases, parseDetail } from './events.js';
import type { Policy } from './policy.js';
import { applyEvent, AWAITING_REPLY, type CaseState, currentPriority, type Intervention } from './state.js';
import { nextPhase } from './transitions.js';
import { type Channel, INT_CHANNELS, type Priority, RISK } from './vocabularies.js';

export const REFUSAL_CODES = [
  'not_permitted',
  'not_in_this_state',
  'time_runs_backwards',
  'not_your_role',
  'role_excluded',
  'recused',
  'already_done',
  'consent_missing',
  'consent_invalid',
  'level_exceeds_consent',
  'second_officer_required',
  'same_officer',
  'target_unknown',
  'test_incomplete',
  'test_not_met',
  'event_unknown',
  'not_due',
  'intervention_unknown',
  'number_taken',
  'channel_mismatch',
  'window_open',
  'already_shared',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

export type Context = { readonly now: Instant; readonly actor: Actor; readonly policy: Policy };

export type Decision =
  | { readonly ok: true; readonly event: CaseEvent; readonly next: CaseState }
  | { readonly ok: false; readonly refusal: { readonly code: RefusalCode } };

/**
 * Decides one act. Never throws for an act that `parseAct` accepts.
 * @param state - `undefined` for `submit`.
 * @returns the one event and the state it leads to, or the first reason against it.
 * @see SPEC.md §4
 */
export function decide(state: CaseState | undefined, act: CaseAct, ctx: Context): Decision {
  if (!mayAct(ctx.actor, act.kind)) return refused('not_permitted');
  if (state === undefined || act.kind === 'submit') return decideSubmit(state, act, ctx);
  const barred = barredBy(state, act.kind, ctx);
  if (barred !== undefined) return refused(barred);
  const handler = HANDLERS[act.kind] as unknown as Handler<CaseAct>;
  const type = typeof handler.event === 'function' ? handler.event(state, act) : handler.event;
  if (nextPhase(type, state.phase) === undefined) return refused('not_in_this_state');
  const refusal = handler.refuse(state, act, ctx);
  return refusal === undefined ? done(state, type, handler.detail(state, act, ctx), ctx) : refused(refusal);
}

type Handler<A> = {
  readonly event: EventName | ((state: CaseState, act: A) => EventName);
  readonly refuse: (state: CaseState, act: A, ctx: Context) => RefusalCode | undefined;
  readonly detail: (state: CaseState, act: A, ctx: Context) => Readonly<Record<string, unknown>>;
};

const never = (): undefined => undefined;
const nothing = (): Readonly<Record<string, unknown>> => ({});
const ownFields = ({ kind: _, ...fields }: CaseAct): Readonly<Record<string, unknown>> => fields;
const fieldsOf = (_state: CaseState, act: CaseAct): Readonly<Record<string, unknown>> => ownFields(act);
const signedFields = (_state: CaseState, act: CaseAct, ctx: Context): Readonly<Record<string, unknown>> => ({
  ...ownFields(act),
  by: certificateOf(ctx),
});

const HANDLERS: { readonly [K in Exclude<ActKind, 'submit'>]: Handler<ActOf<K>> } = {
  assign: {
    event: 'ASSIGNED',
    // SPEC.md §4: the role's own again, when it goes to one of its members; who that is stays out of the ledger.
    refuse: (state, act) => roleRefusal(state, act.role),
    detail: fieldsOf,
  },
  acknowledge: {
    event: 'ACKNOWLEDGED',
    refuse: (state) => (runningClocks(state, 'C1').length === 0 ? 'already_done' : undefined),
    detail: fieldsOf,
  },
  message: {
    event: (state) => (runningClocks(state, 'C2').length > 0 ? 'CONTACTED' : 'REPLY'),
    refuse: (state) => needs(state, 'K1'),
    detail: fieldsOf,
  },
  start_triage: { event: 'TRIAGE_STARTED', refuse: never, detail: nothing },
  request_info: { event: 'INFO_REQUESTED', refuse: (state) => needs(state, 'K1'), detail: nothing },
  info_received: { event: 'INFO_RECEIVED', refuse: never, detail: nothing },
  scope: { event: 'SCOPED', refuse: refuseScope, detail: signedFields },
  reprioritise: {
    event: 'REPRIORITISED',
    refuse: (state, act, ctx) => {
      if (act.priority === state.priority) return 'already_done';
      return act.priority === 'P1' || state.priority === 'P1'
        ? secondOfficer(state, act.second, ctx)
        : undefined;
    },
    detail: signedFields,
  },
  ask_consent: { event: 'CONSENT_ASKED', refuse: (state) => needs(state, 'K1'), detail: fieldsOf },
  answer_consent: {
    event: 'CONSENT_ANSWERED',
    refuse: (state, act) => (act.scope === state.asked ? refuseChange(state, act) : 'consent_invalid'),
    detail: fieldsOf,
  },
  stop_asking: { event: 'CONSENT_UNANSWERED', refuse: never, detail: (state) => ({ scope: state.asked }) },
  consent_change: { event: consentEvent, refuse: refuseChange, detail: fieldsOf },
  close_out_of_scope: {
    event: 'CLOSED_OUT_OF_SCOPE',
    refuse: (state, act, ctx) => secondOfficer(state, act.second, ctx),
    detail: signedFields,
  },
  route: {
    event: 'ROUTED',
    refuse: (state, act) => {
      if (act.target === undefined) return 'target_unknown';
      return roleRefusal(state, act.role) ?? needs(state, 'K3');
    },
    detail: (_state, act) => ({ role: act.role }),
  },
  accept: { event: 'ACCEPTED', refuse: never, detail: withRole },
  return: { event: 'RETURNED', refuse: never, detail: withRole },
  recuse: {
    event: 'RECUSED',
    // SPEC.md §4: once routed, an office with a conflict returns the case; else nobody could act on it.
    refuse: (state, act, ctx) =>
      act.whole_role && staffOf(ctx)?.roleId === state.routedTo ? 'not_in_this_state' : undefined,
    detail: (state, act, ctx) => ({ ...withRole(state, act, ctx), certificate: certificateOf(ctx) }),
  },
  reporter_message: { event: 'REPORTER_MSG', refuse: never, detail: nothing },
  confirm: { event: 'CONFIRM', refuse: refuseEvent, detail: fieldsOf },
  dispute: { event: 'DISPUTE', refuse: refuseEvent, detail: fieldsOf },
  lapse: {
    event: 'LAPSED',
    refuse: (state, act, { now }) => {
      const due = dueClocks(state, now).some(
        (clock) => clock.id === act.clock && clock.instance === act.instance,
      );
      return due ? undefined : 'not_due';
    },
    detail: fieldsOf,
  },
  escalate: {
    event: 'ESCALATED',
    refuse: (state, act, { now }) => {
      if (state.flags.escalated && escalation(state, act).delivered !== true) return 'already_done';
      return state.clocks.some((clock) => clock.id === 'C3' && isLapsed(clock, now)) ? undefined : 'not_due';
    },
    detail: escalation,
  },
  draft_intervention: {
    event: 'INTERVENTION_DRAFTED',
    refuse: (state, act) => {
      if (act.number !== state.interventions.length + 1) return 'number_taken';
      const channels: readonly Channel[] = INT_CHANNELS[act.intervention];
      return channels.includes(act.channel) ? levelRefusal(state, act) : 'channel_mismatch';
    },
    detail: signedFields,
  },
  clear_intervention: {
    event: 'INTERVENTION_CLEARED',
    refuse: (state, act, ctx) => {
      const draft = interventionOf(state, act.number, ['DRAFT']);
      if (typeof draft === 'string') return draft;
      return draft.draftedBy === certificateOf(ctx) ? 'same_officer' : levelRefusal(state, draft);
    },
    detail: signedFields,
  },
  send_intervention: {
    event: 'INTERVENTION_SENT',
    refuse: (state, act) => {
      const cleared = interventionOf(state, act.number, ['CLEARED']);
      // SPEC.md §4 T12: consent and level are checked at the second of sending.
      return typeof cleared === 'string' ? cleared : levelRefusal(state, cleared);
    },
    detail: (state, act) => {
      const { channel, level } = state.interventions[act.number - 1] ?? {};
      return { number: act.number, channel, level };
    },
  },
  state_reply: { event: 'STATE_REPLY', refuse: refuseReply, detail: fieldsOf },
  access: { event: 'ACCESS', refuse: never, detail: withRole },
  grant: { event: 'GRANT', refuse: (state, act) => roleRefusal(state, act.role), detail: fieldsOf },
  succession: { event: 'SUCCESSION', refuse: never, detail: withRole },
  erase: {
    event: 'ERASED',
    refuse: (state, act, ctx) => {
      if (state.flags.shared) return 'already_shared';
      const withdrawn = state.consents.some((row) => row.K2 === 'w');
      if (act.reason === 'withdrawn' && !withdrawn) return 'consent_missing';
      return secondOfficer(state, act.second, ctx);
    },
    detail: signedFields,
  },
};

function decideSubmit(state: CaseState | undefined, act: CaseAct, ctx: Context): Decision {
  if (state !== undefined) return refused('already_done');
  if (act.kind !== 'submit') return refused('not_in_this_state');
  if (act.exclusions.includes(act.role)) return refused('role_excluded');
  return done(undefined, 'SUBMITTED', ownFields(act), ctx);
}

function barredBy(state: CaseState, act: ActKind, { actor, now }: Context): RefusalCode | undefined {
  if (now < state.lastEventAt) return 'time_runs_backwards';
  if (actor.kind !== 'staff') return undefined;
  const barred = isBarred(actor, state);
  if (barred !== undefined) return barred;
  const desk = PERMISSIONS[act].staff?.desk ?? 'none';
  return sitsAt(actor, state, desk) ? undefined : 'not_your_role';
}

function done(
  state: CaseState | undefined,
  type: EventName,
  fields: Readonly<Record<string, unknown>>,
  { now, actor, policy }: Context,
): Decision {
  const phases = namesPhases(type) && state ? { from: state.phase, to: nextPhase(type, state.phase) } : {};
  const given = Object.entries({ ...fields, ...phases }).filter(([, value]) => value !== undefined);
  const detail = parseDetail(type, Object.fromEntries(given) as Json);
  const event = { type, at: now, actor: actor.kind, detail } as CaseEvent;
  return { ok: true, event, next: applyEvent(state, event, policy) };
}

function refused(code: RefusalCode): Decision {
  return { ok: false, refusal: { code } };
}

function staffOf({ actor }: Context): StaffActor | undefined {
  return actor.kind === 'staff' ? actor : undefined;
}

function certificateOf(ctx: Context): string | undefined {
  return staffOf(ctx)?.certificate;
}

function withRole(_state: CaseState, act: CaseAct, ctx: Context): Readonly<Record<string, unknown>> {
  return { ...ownFields(act), role: staffOf(ctx)?.roleId };
}

function needs(state: CaseState, scope: ConsentScope): RefusalCode | undefined {
  return effectiveConsent(state.consents, scope).granted ? undefined : 'consent_missing';
}

function roleRefusal(state: CaseState, role: string): RefusalCode | undefined {
  if (state.excludedRoles.includes(role)) return 'role_excluded';
  return state.recusedRoles.includes(role) ? 'recused' : undefined;
}

function secondOfficer(state: CaseState, second: string | undefined, ctx: Context): RefusalCode | undefined {
  if (second === undefined) return 'second_officer_required';
  if (second === certificateOf(ctx)) return 'same_officer';
  return state.recusedOfficers.includes(second) ? 'recused' : undefined;
}

// SPEC.md §4 T6: all five parts are recorded; scope, act, link and credibility must hold, risk sets the priority.
function refuseScope(state: CaseState, act: ActOf<'scope'>, ctx: Context): RefusalCode | undefined {
  if (act.credibility === 'NOT_ASSESSED') return 'test_incomplete';
  const met = act.scope !== 'SC-N' && act.act && act.link && act.credibility !== 'NOT_CREDIBLE';
  if (!met) return 'test_not_met';
  const grave = act.severity === 'severe' && RISK.indexOf(act.likelihood) >= RISK.indexOf('moderate');
  const expected: Priority = grave ? 'P1' : currentPriority(state);
  const weighty = act.priority === 'P1' || expected === 'P1';
  return weighty ? secondOfficer(state, act.second, ctx) : undefined;
}

function refuseChange(state: CaseState, act: ConsentChange): RefusalCode | undefined {
  if (!isConsentChange(act)) return 'consent_invalid';
  const rows = state.consents.slice(act.person - 1, act.through ?? act.person);
  return rows.every((row) => row[act.scope] === act.code) && state.asked !== act.scope
    ? 'already_done'
    : undefined;
}

// SPEC.md §4 T19: a withdrawal is never an answer that has to wait for its question.
function consentEvent(state: CaseState, act: ConsentChange): EventName {
  if (state.asked === act.scope) return 'CONSENT_ANSWERED';
  return act.code === 'w' ? 'WITHDRAW' : 'CONSENT';
}

function refuseEvent(state: CaseState, act: { readonly event: number }): RefusalCode | undefined {
  return act.event <= state.eventNumber ? undefined : 'event_unknown';
}

// SPEC.md §4 T21: without consent, or for a quarantined flood, the clock escalates and the content stays sealed.
function escalation(state: CaseState, act: ActOf<'escalate'>): Readonly<Record<string, unknown>> {
  const { role, quarantined } = act;
  const consent = effectiveConsent(state.consents, 'K3').granted && state.escalationBox === 'held';
  const delivered = consent && !quarantined && role !== undefined && roleRefusal(state, role) === undefined;
  return { clock: 'C3', delivered, role: delivered ? role : undefined };
}

function interventionOf(
  state: CaseState,
  number: number,
  from: readonly Intervention['state'][],
): Intervention | RefusalCode {
  const found = state.interventions[number - 1];
  if (found === undefined) return 'intervention_unknown';
  if (found.state === 'CANCELLED') return 'consent_missing';
  return from.includes(found.state) ? found : 'not_in_this_state';
}

function levelRefusal(
  state: CaseState,
  of: { readonly channel: Channel; readonly level: Level },
): RefusalCode | undefined {
  const allowed = checkLevel(state.consents, scopeOfChannel(of.channel), of.level);
  if (allowed === 'granted') return undefined;
  return allowed === 'missing' ? 'consent_missing' : 'level_exceeds_consent';
}

function refuseReply(state: CaseState, act: ActOf<'state_reply'>, { now }: Context): RefusalCode | undefined {
  const sent = interventionOf(state, act.number, AWAITING_REPLY);
  if (typeof sent === 'string') return sent;
  if (sent.channel !== 'STATE') return 'channel_mismatch';
  const window = state.clocks.find((clock) => clock.intervention === act.number);
  const silent = act.response === 'RSP9';
  if (silent && sent.state !== 'SENT') return 'already_done';
  return silent && window !== undefined && !isLapsed(window, now) ? 'window_open' : undefined;
}
