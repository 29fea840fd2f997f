/** The reasons against an act that several acts share (SPEC.md §4). */
import type { Instant } from '@app/encoding';
import type { Actor, StaffActor } from './access.js';
import type { CaseAct } from './acts.js';
import { checkLevel, type ConsentScope, effectiveConsent, type Level, scopeOfChannel } from './consent.js';
import type { EventName } from './events.js';
import type { Policy } from './policy.js';
import { type CaseState, type Intervention, isConfirmed } from './state.js';
import type { Channel } from './vocabularies.js';

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
  'consent_outdated',
  'not_your_answer',
  'level_exceeds_consent',
  'risk_outdated',
  'second_officer_required',
  'same_officer',
  'target_unknown',
  'test_incomplete',
  'test_not_met',
  'event_unknown',
  'not_due',
  'intervention_unknown',
  'referral_unknown',
  'person_unknown',
  'mailbox_closed',
  'compartment_taken',
  'number_taken',
  'channel_mismatch',
  'window_open',
  'step_pending',
  'outcome_not_told',
  'still_reachable',
  'already_shared',
  'legal_hold',
  'too_many',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

export type Context = { readonly now: Instant; readonly actor: Actor; readonly policy: Policy };

/** How one kind of act becomes an event: which, why not, and with what detail. */
export type Handler<A> = {
  readonly event: EventName | ((state: CaseState, act: A) => EventName);
  readonly refuse: (state: CaseState, act: A, ctx: Context) => RefusalCode | undefined;
  readonly detail: (state: CaseState, act: A, ctx: Context) => Readonly<Record<string, unknown>>;
};

export const never = (): undefined => undefined;
export const nothing = (): Readonly<Record<string, unknown>> => ({});

export const ownFields = ({ kind: _, ...fields }: CaseAct): Readonly<Record<string, unknown>> => fields;

export const fieldsOf = (_state: CaseState, act: CaseAct): Readonly<Record<string, unknown>> =>
  ownFields(act);

/** The act's own fields, and the certificate of the officer who signs. */
export const signedFields = (
  _state: CaseState,
  act: CaseAct,
  ctx: Context,
): Readonly<Record<string, unknown>> => ({ ...ownFields(act), by: certificateOf(ctx) });

export function staffOf({ actor }: Context): StaffActor | undefined {
  return actor.kind === 'staff' ? actor : undefined;
}

export function certificateOf(ctx: Context): string | undefined {
  return staffOf(ctx)?.certificate;
}

/** The act's own fields, and the role of the officer. */
export function withRole(_state: CaseState, act: CaseAct, ctx: Context): Readonly<Record<string, unknown>> {
  return { ...ownFields(act), role: staffOf(ctx)?.roleId };
}

/** Whose code it is: 0 the submitter's, else the row of the person affected. */
export function personOf({ actor }: Context): number {
  return actor.kind === 'reporter' ? (actor.person ?? 0) : 0;
}

export function needs(state: CaseState, scope: ConsentScope): RefusalCode | undefined {
  return effectiveConsent(state.consents, scope).granted ? undefined : 'consent_missing';
}

export function roleRefusal(state: CaseState, role: string): RefusalCode | undefined {
  if (state.excludedRoles.includes(role)) return 'role_excluded';
  return state.recusedRoles.includes(role) ? 'recused' : undefined;
}

export function secondOfficer(
  state: CaseState,
  second: string | undefined,
  ctx: Context,
): RefusalCode | undefined {
  if (second === undefined) return 'second_officer_required';
  if (second === certificateOf(ctx)) return 'same_officer';
  return state.recusedOfficers.includes(second) ? 'recused' : undefined;
}

/** Whether this may go out through this channel at this level, at this second. */
export function levelRefusal(
  state: CaseState,
  of: { readonly channel: Channel; readonly level: Level },
  now: Instant,
): RefusalCode | undefined {
  const scope = scopeOfChannel(of.channel);
  const allowed = checkLevel(state.consents, scope, of.level);
  if (allowed !== 'granted') return allowed === 'missing' ? 'consent_missing' : 'level_exceeds_consent';
  return isConfirmed(state, scope, now) ? undefined : 'consent_outdated';
}

export function interventionOf(
  state: CaseState,
  number: number,
  from: readonly Intervention['state'][],
): Intervention | RefusalCode {
  const found = state.interventions[number - 1];
  if (found === undefined) return 'intervention_unknown';
  if (found.state === 'CANCELLED') return 'consent_missing';
  return from.includes(found.state) ? found : 'not_in_this_state';
}

/** Whether no extract was made into this compartment yet. */
export function compartmentRefusal(state: CaseState, compartment: number): RefusalCode | undefined {
  const taken = [...state.persons, ...state.referrals].some((of) => of.compartment === compartment);
  return taken ? 'compartment_taken' : undefined;
}
