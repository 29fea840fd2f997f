/** What the senior official's office, a mechanism and the custodians do (SPEC.md §4). */
import type { ActOf } from './acts.js';
import { referralOf } from './access.js';
import { SENT_OUT } from './apply.js';
import { isLapsed, runningClocks } from './clocks.js';
import {
  certificateOf,
  type Context,
  fieldsOf,
  type Handler,
  interventionOf,
  levelRefusal,
  needs,
  never,
  nothing,
  type RefusalCode,
  secondOfficer,
  signedFields,
  staffOf,
  withRole,
} from './refusing.js';
import {
  AWAITING_REPLY,
  type CaseState,
  erasureRefusal,
  isConfirmed,
  isExpired,
  isRiskKnown,
} from './state.js';
import { type Channel, INT_CHANNELS } from './vocabularies.js';

type OfficialAct =
  | 'accept'
  | 'return'
  | 'draft_intervention'
  | 'clear_intervention'
  | 'send_intervention'
  | 'state_reply'
  | 'follow_up'
  | 'end_intervention'
  | 'monitor'
  | 'review'
  | 'act_again'
  | 'note_referral'
  | 'legal_hold'
  | 'review_retention'
  | 'erase';

export const OFFICIAL_ACTS: { readonly [K in OfficialAct]: Handler<ActOf<K>> } = {
  accept: { event: 'ACCEPTED', refuse: never, detail: withRole },
  return: { event: 'RETURNED', refuse: never, detail: withRole },
  draft_intervention: {
    event: 'INTERVENTION_DRAFTED',
    refuse: (state, act, { now }) => {
      if (act.number !== state.interventions.length + 1) return 'number_taken';
      const channels: readonly Channel[] = INT_CHANNELS[act.intervention];
      return channels.includes(act.channel) ? levelRefusal(state, act, now) : 'channel_mismatch';
    },
    detail: signedFields,
  },
  clear_intervention: {
    event: 'INTERVENTION_CLEARED',
    refuse: (state, act, ctx) => {
      const draft = interventionOf(state, act.number, ['DRAFT']);
      if (typeof draft === 'string') return draft;
      return draft.draftedBy === certificateOf(ctx) ? 'same_officer' : levelRefusal(state, draft, ctx.now);
    },
    detail: signedFields,
  },
  send_intervention: {
    event: 'INTERVENTION_SENT',
    refuse: (state, act, { now }) => {
      const cleared = interventionOf(state, act.number, ['CLEARED']);
      if (typeof cleared === 'string') return cleared;
      // SPEC.md §4 T12: consent, level and risk are checked at the second of sending.
      const refusal = levelRefusal(state, cleared, now);
      if (refusal !== undefined) return refusal;
      return cleared.channel === 'STATE' && !isRiskKnown(state, now) ? 'risk_outdated' : undefined;
    },
    detail: (state, act) => {
      const { channel, level } = state.interventions[act.number - 1] ?? {};
      return { number: act.number, channel, level };
    },
  },
  state_reply: { event: 'STATE_REPLY', refuse: refuseReply, detail: fieldsOf },
  follow_up: { event: 'FOLLOWED_UP', refuse: refuseUnless(SENT_OUT), detail: fieldsOf },
  end_intervention: {
    event: 'INTERVENTION_ENDED',
    refuse: refuseUnless(['DRAFT', 'CLEARED', ...SENT_OUT]),
    detail: fieldsOf,
  },
  monitor: { event: 'MONITORED', refuse: refuseMonitor, detail: nothing },
  review: { event: 'REVIEWED', refuse: never, detail: nothing },
  act_again: {
    event: 'ACTION_RESUMED',
    // SPEC.md §4 T15: the consents of before do not carry a second round.
    refuse: (state, _act, { now }) =>
      needs(state, 'K5') ?? (isConfirmed(state, 'K5', now) ? undefined : 'consent_outdated'),
    detail: fieldsOf,
  },
  note_referral: {
    event: 'REFERRAL_NOTED',
    refuse: (state, act, ctx) => {
      const referral = referralOf(state, staffOf(ctx)?.roleId ?? '');
      if (referral?.number !== act.number) return 'referral_unknown';
      return referral.noted === act.note ? 'already_done' : undefined;
    },
    detail: withRole,
  },
  legal_hold: {
    event: 'LEGAL_HOLD',
    refuse: (state, act, ctx) => {
      if (state.legalHold === act.on) return 'already_done';
      return act.on ? undefined : secondOfficer(state, act.second, ctx);
    },
    detail: signedFields,
  },
  review_retention: {
    event: 'RETENTION_REVIEWED',
    refuse: (state, act, ctx) =>
      isExpired(state, 'review', ctx.now) ? secondOfficer(state, act.second, ctx) : 'not_due',
    detail: signedFields,
  },
  erase: {
    event: 'ERASED',
    refuse: (state, act, ctx) =>
      erasureRefusal(state, act.reason, ctx.now) ?? secondOfficer(state, act.second, ctx),
    detail: signedFields,
  },
};

function refuseUnless(from: Parameters<typeof interventionOf>[2]) {
  return (state: CaseState, act: { readonly number: number }): RefusalCode | undefined => {
    const found = interventionOf(state, act.number, from);
    return typeof found === 'string' ? found : undefined;
  };
}

function refuseReply(state: CaseState, act: ActOf<'state_reply'>, { now }: Context): RefusalCode | undefined {
  const sent = interventionOf(state, act.number, AWAITING_REPLY);
  if (typeof sent === 'string') return sent;
  if (sent.channel !== 'STATE') return 'channel_mismatch';
  const window = state.clocks.find((clock) => clock.intervention === act.number);
  const silent = act.response === 'RSP9';
  if (silent && sent.response !== undefined) return 'already_done';
  return silent && window !== undefined && !isLapsed(window, now) ? 'window_open' : undefined;
}

// SPEC.md §4 T14: every reply has come or its time has passed, and no step is due.
function refuseMonitor(state: CaseState): RefusalCode | undefined {
  const waits = state.interventions.some(
    ({ channel, sentAt, response, state: of }) =>
      channel === 'STATE' && sentAt !== undefined && response === undefined && of !== 'ENDED',
  );
  if (waits) return 'window_open';
  const drafts = state.interventions.some(({ state: of }) => of === 'DRAFT' || of === 'CLEARED');
  const owed = runningClocks(state, 'C7').length > 0 && needs(state, 'K5') === undefined;
  return drafts || owed || state.asked !== undefined ? 'step_pending' : undefined;
}
