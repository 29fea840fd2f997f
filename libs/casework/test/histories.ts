/** Builders for the tests of this library: actors, acts and whole histories. */
import type { Instant } from '@app/encoding';
import { type Actor, CAP, type StaffActor } from '../src/access.js';
import type { ActOf, CaseAct } from '../src/acts.js';
import { type ConsentRow, encodeConsentMatrix, makeConsentMatrix } from '../src/consent.js';
import { decide } from '../src/decide.js';
import type { RefusalCode } from '../src/refusing.js';
import type { CaseEvent } from '../src/events.js';
import { DEFAULT_POLICY } from '../src/policy.js';
import type { CaseState } from '../src/state.js';

export const T0: Instant = 1_800_000_000;
export const HOUR = 3_600;
export const DAY = 24 * HOUR;

export const id = (digit: string): string => digit.repeat(32);
export const hash = (digit: string): string => digit.repeat(64);

const ALL_CAPS = Object.values(CAP).reduce((sum, bit) => sum + bit, 0);

function staff(roleKind: StaffActor['roleKind'], role: string, certificate: string): StaffActor {
  return { kind: 'staff', roleKind, roleId: id(role), certificate: hash(certificate), caps: ALL_CAPS };
}

export const SYSTEM: Actor = { kind: 'system' };
export const REPORTER: Actor = { kind: 'reporter' };
export const FOCAL = staff('focal_point', 'a', '1');
export const FOCAL_2 = staff('focal_point', 'a', '2');
export const OFFICIAL = staff('senior_official', 'b', '3');
export const OFFICIAL_2 = staff('senior_official', 'b', '4');
export const OTHER_FOCAL = staff('focal_point', 'c', '5');
export const CUSTODIAN = staff('custodian', 'd', '6');
export const ALTERNATE = staff('alternate', 'e', '7');
export const MECHANISM_OFFICER = staff('mechanism', 'f', '8');
/** The person affected of the first row, once she has a code of her own. */
export const PERSON_1: Actor = { kind: 'reporter', person: 1 };

/** Consents of one person, as text. */
export function consents(...rows: readonly Partial<ConsentRow>[]): string {
  return encodeConsentMatrix(makeConsentMatrix(rows));
}

export const GENEROUS: Partial<ConsentRow> = {
  K1: 'g',
  K2: 'g',
  K3: 'N',
  'K4:SP': 'P',
  K5: '2',
  K6: '1',
  K7: 'g',
  'K9:DIG': 'N',
};

export const SUBMIT: ActOf<'submit'> = {
  kind: 'submit',
  declared_urgent: 'no',
  consents: consents(GENEROUS),
  role: FOCAL.roleId,
  exclusions: [],
  escalation: true,
};

export const SCOPE_ACT: ActOf<'scope'> = {
  kind: 'scope',
  scope: 'SC-A',
  act: true,
  link: true,
  credibility: 'SINGLE_SOURCE',
  likelihood: 'low',
  severity: 'high',
  priority: 'P3',
};

export const DRAFT: ActOf<'draft_intervention'> = {
  kind: 'draft_intervention',
  number: 1,
  intervention: 'NOTE_VERBALE',
  channel: 'STATE',
  level: '2',
};

export const ROUTE: ActOf<'route'> = { kind: 'route', role: OFFICIAL.roleId, target: 'senior_official' };

/** An act, who does it, and seconds after {@link T0} (default: one second after the step before). */
export type Step = readonly [CaseAct, Actor, number?];

export type History = { readonly state: CaseState; readonly events: readonly CaseEvent[] };

/** Carries out every step; a refusal fails the test with its code and place. */
export function history(...steps: readonly Step[]): History {
  let state: CaseState | undefined;
  let now = T0 - 1;
  const events: CaseEvent[] = [];
  for (const [act, actor, after] of steps) {
    now = after === undefined ? now + 1 : T0 + after;
    const decision = decide(state, act, { now, actor, policy: DEFAULT_POLICY });
    if (!decision.ok) throw new Error(`${act.kind}: ${decision.refusal.code}`);
    state = decision.next;
    events.push(decision.event);
  }
  if (state === undefined) throw new Error('no steps');
  return { state, events };
}

/** The refusal of one more act, or `undefined` if it is allowed. */
export function refusal(
  state: CaseState | undefined,
  act: CaseAct,
  actor: Actor,
  after?: number,
): RefusalCode | undefined {
  const now = after === undefined ? (state?.lastEventAt ?? T0) + 1 : T0 + after;
  const decision = decide(state, act, { now, actor, policy: DEFAULT_POLICY });
  return decision.ok ? undefined : decision.refusal.code;
}

/** Steps up to each phase of the main path. */
export const TO = {
  received: [[SUBMIT, REPORTER]],
  acknowledged: [
    [SUBMIT, REPORTER],
    [{ kind: 'acknowledge' }, FOCAL],
  ],
  inTriage: [
    [SUBMIT, REPORTER],
    [{ kind: 'start_triage' }, FOCAL],
  ],
  inScope: [
    [SUBMIT, REPORTER],
    [{ kind: 'start_triage' }, FOCAL],
    [SCOPE_ACT, FOCAL],
  ],
  routed: [
    [SUBMIT, REPORTER],
    [{ kind: 'start_triage' }, FOCAL],
    [SCOPE_ACT, FOCAL],
    [ROUTE, FOCAL],
  ],
  accepted: [
    [SUBMIT, REPORTER],
    [{ kind: 'start_triage' }, FOCAL],
    [SCOPE_ACT, FOCAL],
    [ROUTE, FOCAL],
    [{ kind: 'accept' }, OFFICIAL],
  ],
  sent: [
    [SUBMIT, REPORTER],
    [{ kind: 'start_triage' }, FOCAL],
    [SCOPE_ACT, FOCAL],
    [ROUTE, FOCAL],
    [{ kind: 'accept' }, OFFICIAL],
    [DRAFT, OFFICIAL],
    [{ kind: 'clear_intervention', number: 1 }, OFFICIAL_2],
    [{ kind: 'send_intervention', number: 1 }, OFFICIAL],
  ],
} as const satisfies Record<string, readonly Step[]>;

const REPLIED: Step = [{ kind: 'state_reply', number: 1, response: 'RSP1', complete: true }, OFFICIAL];
const TOLD: Step = [{ kind: 'message', feedback: true }, OFFICIAL];

/** The far end of the path: watched, closed after the person was told, opened again. */
export const MONITORED: readonly Step[] = [...TO.sent, REPLIED, [{ kind: 'monitor' }, OFFICIAL]];
export const CLOSE_ACT: ActOf<'close'> = { kind: 'close', reason: 'PARTLY', second: hash('4') };
export const CLOSED: readonly Step[] = [...MONITORED, TOLD, [CLOSE_ACT, OFFICIAL]];
export const REOPENED: readonly Step[] = [...CLOSED, [{ kind: 'reopen' }, REPORTER]];
export const OUT_OF_SCOPE: readonly Step[] = [
  ...TO.inTriage,
  [{ kind: 'close_out_of_scope', reason: 'NO_UN_LINK', second: hash('2') }, FOCAL],
];
export const HELD: readonly Step[] = [...TO.accepted, [{ kind: 'hold', reason: 'PA3' }, OFFICIAL]];
export const REFER: ActOf<'refer'> = {
  kind: 'refer',
  channel: 'SP',
  role: MECHANISM_OFFICER.roleId,
  target: 'mechanism',
  compartment: 17,
};
export const REFERRED: readonly Step[] = [...TO.accepted, [REFER, OFFICIAL]];
export const INVITE: ActOf<'invite_person'> = { kind: 'invite_person', person: 1, compartment: 16 };
export const JOINED: readonly Step[] = [...TO.inScope, [INVITE, REPORTER], [{ kind: 'join' }, PERSON_1]];

/** Further beginnings, and acts that several tests share. */
export const AWAITING_INFO: readonly Step[] = [...TO.inTriage, [{ kind: 'request_info' }, FOCAL]];
export const AWAITING_CONSENT: readonly Step[] = [
  ...TO.inScope,
  [{ kind: 'ask_consent', scope: 'K5' }, FOCAL],
];
export const DRAFTED: readonly Step[] = [...TO.accepted, [DRAFT, OFFICIAL]];
export const CLEARED: readonly Step[] = [...DRAFTED, [{ kind: 'clear_intervention', number: 1 }, OFFICIAL_2]];
export const LAPSED: readonly Step[] = [
  ...TO.received,
  [{ kind: 'lapse', clock: 'C3', instance: 1 }, SYSTEM, 14 * DAY],
];
export const ESCALATE = { kind: 'escalate', role: OFFICIAL.roleId, quarantined: false } as const;
export const ESCALATED: readonly Step[] = [...LAPSED, [ESCALATE, SYSTEM]];

export const ANSWER_K5 = { person: 1, through: 8, scope: 'K5', code: '1' } as const;
export const withdraw = (scope: 'K1' | 'K2' | 'K3' | 'K5'): CaseAct => ({
  kind: 'consent_change',
  person: 1,
  scope,
  code: 'w',
});
