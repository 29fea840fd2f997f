/**
 * The one place where an act becomes an event or is refused. Browser, server and replay call the same function;
 * it reads nothing but its arguments (SPEC.md §4).
 */
import type { Json } from '@app/encoding';
import { isBarred, mayAct, PERMISSIONS, sitsAt } from './access.js';
import type { ActKind, ActOf, CaseAct } from './acts.js';
import { applyEvent } from './apply.js';
import { type CaseEvent, type EventName, namesPhases, parseDetail } from './events.js';
import { OFFICIAL_ACTS } from './official-acts.js';
import { type Context, type Handler, ownFields, type RefusalCode } from './refusing.js';
import { personRefusal, REPORTER_ACTS, SYSTEM_ACTS } from './reporter-acts.js';
import type { CaseState } from './state.js';
import { nextPhase } from './transitions.js';
import { TRIAGE_ACTS } from './triage-acts.js';

export type Decision =
  | { readonly ok: true; readonly event: CaseEvent; readonly next: CaseState }
  | { readonly ok: false; readonly refusal: { readonly code: RefusalCode } };

const HANDLERS: { readonly [K in Exclude<ActKind, 'submit'>]: Handler<ActOf<K>> } = {
  ...REPORTER_ACTS,
  ...SYSTEM_ACTS,
  ...TRIAGE_ACTS,
  ...OFFICIAL_ACTS,
};

/**
 * Decides one act. Never throws for an act that `parseAct` accepts.
 * @param state - `undefined` for `submit`.
 * @returns the one event and the state it leads to, or the first reason against it.
 * @see SPEC.md §4
 */
export function decide(state: CaseState | undefined, act: CaseAct, ctx: Context): Decision {
  if (!mayAct(ctx.actor, act.kind)) return refused('not_permitted');
  if (state === undefined || act.kind === 'submit') return decideSubmit(state, act, ctx);
  const barred = barredBy(state, act, ctx);
  if (barred !== undefined) return refused(barred);
  const handler = HANDLERS[act.kind] as unknown as Handler<CaseAct>;
  const type = typeof handler.event === 'function' ? handler.event(state, act) : handler.event;
  if (phaseAfter(type, state) === undefined) return refused('not_in_this_state');
  const refusal = handler.refuse(state, act, ctx);
  return refusal === undefined ? done(state, type, handler.detail(state, act, ctx), ctx) : refused(refusal);
}

function decideSubmit(state: CaseState | undefined, act: CaseAct, ctx: Context): Decision {
  if (state !== undefined) return refused('already_done');
  if (act.kind !== 'submit') return refused('not_in_this_state');
  if (act.exclusions.includes(act.role)) return refused('role_excluded');
  return done(undefined, 'SUBMITTED', ownFields(act), ctx);
}

function barredBy(state: CaseState, act: CaseAct, ctx: Context): RefusalCode | undefined {
  const { actor, now } = ctx;
  if (now < state.lastEventAt) return 'time_runs_backwards';
  if (actor.kind !== 'staff') return personRefusal(state, act, ctx);
  const barred = isBarred(actor, state);
  if (barred !== undefined) return barred;
  const desk = PERMISSIONS[act.kind].staff?.desk ?? 'none';
  return sitsAt(actor, state, desk) ? undefined : 'not_your_role';
}

function phaseAfter(type: EventName, { phase, hold }: CaseState) {
  return nextPhase(type, phase, hold?.from);
}

function done(
  state: CaseState | undefined,
  type: EventName,
  fields: Readonly<Record<string, unknown>>,
  { now, actor, policy }: Context,
): Decision {
  const phases = namesPhases(type) && state ? { from: state.phase, to: phaseAfter(type, state) } : {};
  const given = Object.entries({ ...fields, ...phases }).filter(([, value]) => value !== undefined);
  const detail = parseDetail(type, Object.fromEntries(given) as Json);
  const event = { type, at: now, actor: actor.kind, detail } as CaseEvent;
  return { ok: true, event, next: applyEvent(state, event, policy) };
}

function refused(code: RefusalCode): Decision {
  return { ok: false, refusal: { code } };
}
