/** What a person with a code may do, and what the clock does by itself (SPEC.md §4). */
import type { ActOf, CaseAct } from './acts.js';
import { dueClocks, isLapsed, runningClocks } from './clocks.js';
import { type ConsentChange, effectiveConsent, isConsentChange } from './consent.js';
import type { EventName } from './events.js';
import {
  compartmentRefusal,
  type Context,
  fieldsOf,
  type Handler,
  needs,
  never,
  nothing,
  personOf,
  type RefusalCode,
  roleRefusal,
} from './refusing.js';
import { type CaseState, isConfirmed } from './state.js';

type ReporterAct =
  | 'reporter_message'
  | 'consent_change'
  | 'answer_consent'
  | 'confirm'
  | 'dispute'
  | 'reopen'
  | 'invite_person'
  | 'join'
  | 'change_code'
  | 'close_mailbox';

export const REPORTER_ACTS: { readonly [K in ReporterAct]: Handler<ActOf<K>> } = {
  reporter_message: { event: 'REPORTER_MSG', refuse: never, detail: nothing },
  consent_change: { event: consentEvent, refuse: refuseChange, detail: fieldsOf },
  answer_consent: {
    event: 'CONSENT_ANSWERED',
    refuse: (state, act, ctx) =>
      act.scope === state.asked ? refuseChange(state, act, ctx) : 'consent_invalid',
    detail: fieldsOf,
  },
  confirm: { event: 'CONFIRM', refuse: refuseEvent, detail: fieldsOf },
  dispute: { event: 'DISPUTE', refuse: refuseEvent, detail: fieldsOf },
  reopen: {
    event: 'REOPENED',
    // SPEC.md §4 T17: whoever comes with a code may; staff need K10.
    refuse: (state, _act, { actor }) => (actor.kind === 'reporter' ? undefined : needs(state, 'K10')),
    detail: (_state, _act, ctx) => (ctx.actor.kind === 'reporter' ? { person: personOf(ctx) } : {}),
  },
  invite_person: {
    event: 'PERSON_INVITED',
    refuse: (state, act, ctx) => {
      if (personOf(ctx) !== 0) return 'not_permitted';
      if (state.persons.some(({ number }) => number === act.person)) return 'already_done';
      return compartmentRefusal(state, act.compartment);
    },
    detail: fieldsOf,
  },
  join: {
    event: 'PERSON_JOINED',
    refuse: (state, _act, ctx) => (personState(state, ctx) === 'invited' ? undefined : 'already_done'),
    detail: (_state, _act, ctx) => ({ person: personOf(ctx) }),
  },
  change_code: {
    event: 'CODE_CHANGED',
    refuse: (state, _act, ctx) => (personState(state, ctx) === 'joined' ? undefined : 'person_unknown'),
    detail: (_state, _act, ctx) => ({ person: personOf(ctx) }),
  },
  close_mailbox: {
    event: 'MAILBOX_CLOSED',
    refuse: never,
    detail: (_state, _act, ctx) => ({ person: personOf(ctx) }),
  },
};

export const SYSTEM_ACTS: { readonly [K in 'assign' | 'lapse' | 'escalate']: Handler<ActOf<K>> } = {
  assign: {
    event: 'ASSIGNED',
    // SPEC.md §4: the role's own again, when it goes to one of its members; who that is stays out of the ledger.
    refuse: (state, act) => roleRefusal(state, act.role),
    detail: fieldsOf,
  },
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
      return runningClocks(state, 'C3').some((clock) => isLapsed(clock, now)) ? undefined : 'not_due';
    },
    detail: escalation,
  },
};

/** Whether this person's code still opens anything. */
export function personRefusal(state: CaseState, act: CaseAct, ctx: Context): RefusalCode | undefined {
  if (ctx.actor.kind !== 'reporter') return undefined;
  const given = personState(state, ctx);
  if (given === undefined) return 'person_unknown';
  if (given === 'closed') return 'mailbox_closed';
  return given === 'invited' && act.kind !== 'join' && act.kind !== 'close_mailbox'
    ? 'not_in_this_state'
    : undefined;
}

function personState(state: CaseState, ctx: Context) {
  return state.persons.find(({ number }) => number === personOf(ctx))?.state;
}

function refuseChange(state: CaseState, act: ConsentChange, ctx: Context): RefusalCode | undefined {
  if (!isConsentChange(act)) return 'consent_invalid';
  if (!speaksFor(state, act, personOf(ctx))) return 'not_your_answer';
  const rows = state.consents.slice(act.person - 1, act.through ?? act.person);
  const same = rows.every((row) => row[act.scope] === act.code) && state.asked !== act.scope;
  // SPEC.md §3: the same grant again confirms it.
  return same && isConfirmed(state, act.scope, ctx.now) ? 'already_done' : undefined;
}

/**
 * SPEC.md §3: from the moment a person affected has a code of her own, nobody else answers for her row; only the
 * report itself can still be withdrawn by whoever made it.
 */
function speaksFor({ persons }: CaseState, act: ConsentChange, person: number): boolean {
  const { person: from, through = from } = act;
  const hers = persons.filter(({ number, state }) => number > 0 && state === 'joined');
  const others = hers.some(({ number }) => number >= from && number <= through && number !== person);
  if (person === 0) return !others || (act.scope === 'K2' && act.code === 'w');
  return from === person && !others;
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
