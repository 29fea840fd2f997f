/** What is done at the triage desk, and by whoever works on a case (SPEC.md §4). */
import type { ActOf } from './acts.js';
import { sitsAt } from './access.js';
import { runningClocks } from './clocks.js';
import {
  compartmentRefusal,
  type Context,
  fieldsOf,
  type Handler,
  needs,
  never,
  nothing,
  certificateOf,
  type RefusalCode,
  roleRefusal,
  secondOfficer,
  signedFields,
  staffOf,
  withRole,
} from './refusing.js';
import { type CaseState, currentPriority, standing } from './state.js';
import { mayClose } from './transitions.js';
import { type Priority, RISK } from './vocabularies.js';

type TriageAct =
  | 'acknowledge'
  | 'message'
  | 'start_triage'
  | 'request_info'
  | 'info_received'
  | 'scope'
  | 'reprioritise'
  | 'ask_consent'
  | 'stop_asking'
  | 'close_out_of_scope'
  | 'route'
  | 'divert'
  | 'refer'
  | 'recuse'
  | 'hold'
  | 'resume'
  | 'assess_risk'
  | 'link'
  | 'close'
  | 'write_note'
  | 'access'
  | 'grant'
  | 'succession';

/** Links of one case; more belong to a situation. */
const LINKS_MAX = 64;

export const TRIAGE_ACTS: { readonly [K in TriageAct]: Handler<ActOf<K>> } = {
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
  ask_consent: {
    event: 'CONSENT_ASKED',
    refuse: (state) => (state.asked === undefined ? needs(state, 'K1') : 'already_done'),
    detail: fieldsOf,
  },
  stop_asking: {
    event: 'CONSENT_UNANSWERED',
    refuse: (state) => (state.asked === undefined ? 'not_in_this_state' : undefined),
    detail: (state) => ({ scope: state.asked }),
  },
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
  divert: {
    event: 'DIVERTED',
    refuse: (state, act) => {
      const from = state.routedTo ?? act.instead_of;
      if (act.target === undefined || from === undefined || from === act.role) return 'target_unknown';
      return roleRefusal(state, act.role) ?? needs(state, 'K3');
    },
    detail: (state, act) => ({
      role: act.role,
      instead_of: state.routedTo ?? act.instead_of,
      reason: act.reason,
    }),
  },
  refer: {
    event: 'REFERRED',
    refuse: (state, act) => {
      if (act.target === undefined) return 'target_unknown';
      if (state.referrals.some(({ role }) => role === act.role)) return 'already_done';
      return (
        roleRefusal(state, act.role) ??
        needs(state, `K4:${act.channel}`) ??
        compartmentRefusal(state, act.compartment)
      );
    },
    detail: (_state, { channel, role, compartment }) => ({ channel, role, compartment }),
  },
  recuse: {
    event: 'RECUSED',
    // SPEC.md §4: once routed, an office with a conflict returns the case; else nobody could act on it.
    refuse: (state, act, ctx) =>
      act.whole_role && staffOf(ctx)?.roleId === state.routedTo ? 'not_in_this_state' : undefined,
    detail: (state, act, ctx) => ({ ...withRole(state, act, ctx), certificate: certificateOf(ctx) }),
  },
  hold: {
    event: 'HELD',
    // SPEC.md §4 T13: PA3 is the person's own wish; PA4 is the office's, and needs a second officer.
    refuse: (state, act, ctx) => (act.reason === 'PA4' ? secondOfficer(state, act.second, ctx) : undefined),
    detail: signedFields,
  },
  resume: {
    event: 'RESUMED',
    refuse: (state, _act, { actor, now }) =>
      actor.kind === 'system' && now < (state.hold?.until ?? Infinity) ? 'not_due' : undefined,
    detail: (state) => ({ reason: state.hold?.reason }),
  },
  assess_risk: { event: 'RISK_ASSESSED', refuse: never, detail: signedFields },
  link: {
    event: 'LINKED',
    refuse: (state, act) => {
      if (state.links.length >= LINKS_MAX) return 'too_many';
      const known = state.links.some((of) => of.case === act.case && of.relation === act.relation);
      return known ? 'already_done' : undefined;
    },
    detail: fieldsOf,
  },
  close: { event: 'CLOSED', refuse: refuseClose, detail: signedFields },
  write_note: { event: 'NOTE_WRITTEN', refuse: never, detail: nothing },
  access: { event: 'ACCESS', refuse: never, detail: withRole },
  grant: { event: 'GRANT', refuse: (state, act) => roleRefusal(state, act.role), detail: fieldsOf },
  succession: { event: 'SUCCESSION', refuse: never, detail: withRole },
};

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

/** Where nobody is left to be told, or the person herself asked for it. */
const UNTOLD: readonly ActOf<'close'>['reason'][] = ['WITHDRAWN', 'UNREACHABLE', 'DIED', 'MERGED', 'SAFETY'];

// SPEC.md §4 T16: the office that holds the case closes it, with a second officer, after the person was told.
function refuseClose(state: CaseState, act: ActOf<'close'>, ctx: Context): RefusalCode | undefined {
  const officer = staffOf(ctx);
  const desk = state.routedTo === undefined ? 'triage' : 'official';
  if (officer === undefined || !sitsAt(officer, state, desk)) return 'not_your_role';
  if (!mayClose(standing(state))) return 'not_in_this_state';
  if ((act.reason === 'MERGED') !== (act.into !== undefined)) return 'target_unknown';
  if (act.reason === 'UNREACHABLE' && ctx.now - state.heardAt < state.limits.unreachable)
    return 'still_reachable';
  if (!UNTOLD.includes(act.reason) && isOwedAnOutcome(state)) return 'outcome_not_told';
  return secondOfficer(state, act.second, ctx);
}

/** Whether the person may be told, and was not told since the last step. */
function isOwedAnOutcome(state: CaseState): boolean {
  const told = state.toldAt !== undefined && state.toldAt >= (state.stepAt ?? 0);
  return !told && needs(state, 'K1') === undefined;
}
