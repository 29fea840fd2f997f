/** The state of a case: nothing but the fold of its events (SPEC.md §4). */
import type { Instant } from '@app/encoding';
import { type Clock, nextDeadline, runningClocks } from './clocks.js';
import type { ConsentMatrix, ConsentScope, Level } from './consent.js';
import type { Phase } from './events.js';
import type { Limits, Targets } from './policy.js';
import { isUntriaged } from './transitions.js';
import type {
  Channel,
  CloseCode,
  InterventionKind,
  Mechanism,
  Noted,
  OosCode,
  Priority,
  Relation,
  RiskLevel,
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
  'FOLLOWED_UP',
  'ENDED',
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

/** Who holds a code of this case: 0 is the submitter, 1 to 8 the person affected of that row. */
export type Person = {
  readonly number: number;
  /** The extract that is sealed for her; `main` for the submitter. */
  readonly compartment: number;
  readonly state: 'invited' | 'joined' | 'closed';
};

/** An extract given to one United Nations office. */
export type Referral = {
  readonly number: number;
  readonly channel: Mechanism;
  readonly role: string;
  readonly compartment: number;
  readonly noted?: Noted;
};

/** A case set aside; `from` is where it goes on. */
export type Hold = {
  readonly reason: 'PA3' | 'PA4';
  readonly from: Phase;
  /** The first second at which the clocks run again by themselves. */
  readonly until: Instant;
};

/** When a closed case may be erased, or its retention is to be reviewed: `seconds` after it was last heard of. */
export type Expiry = { readonly at: Instant; readonly kind: 'erase' | 'review'; readonly seconds: number };

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
  readonly closedAs?: OosCode | CloseCode;
  readonly reopenedAt?: Instant;
  readonly hold?: Hold;
  readonly risk?: { readonly at: Instant; readonly likelihood: RiskLevel; readonly severity: RiskLevel };
  readonly consents: ConsentMatrix;
  /** When each row last granted what has to be confirmed again from time to time. */
  readonly confirmed: { readonly K5: readonly Instant[]; readonly K6: readonly Instant[] };
  /** The risk rose, or the facts changed: what was granted before has to be confirmed. */
  readonly confirmAfter?: Instant;
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
  readonly referrals: readonly Referral[];
  readonly persons: readonly Person[];
  readonly links: readonly { readonly case: string; readonly relation: Relation }[];
  /** The last act of anybody with a code: its time, and its number. */
  readonly heardAt: Instant;
  readonly heardEvent: number;
  /** The last step that the persons are to be told of, and the last substantive answer to them. */
  readonly stepAt?: Instant;
  readonly toldAt?: Instant;
  readonly expiry?: Expiry;
  readonly legalHold: boolean;
  readonly clocks: readonly Clock[];
  /** The targets and limits in force at submission; they stay this case's. */
  readonly targets: Targets;
  readonly limits: Limits;
};

/** Where the file is, a hold looked through. */
export function standing({ phase, hold }: Pick<CaseState, 'phase' | 'hold'>): Exclude<Phase, 'ON_HOLD'> {
  return (hold?.from ?? phase) as Exclude<Phase, 'ON_HOLD'>;
}

/** The states in which a State's reply can still come. */
export const AWAITING_REPLY: readonly InterventionState[] = [
  'SENT',
  'REPLY_PARTIAL',
  'NO_REPLY_AT_WINDOW',
  'FOLLOWED_UP',
];

/** Whether consent to this scope was given, or given again, recently enough and since anything became worse. */
export function isConfirmed(state: CaseState, scope: ConsentScope, now: Instant): boolean {
  if (scope !== 'K5' && scope !== 'K6') return true;
  const oldest = Math.min(...state.confirmed[scope]);
  return oldest > now - state.limits.consent && oldest > (state.confirmAfter ?? -1);
}

/** Whether the risk was assessed recently enough to tell the State concerned anything. */
export function isRiskKnown({ risk, limits }: CaseState, now: Instant): boolean {
  return risk !== undefined && risk.at > now - limits.risk;
}

/** Why a case is erased: she withdrew K2, or its day has come. */
export type ErasureReason = 'withdrawn' | 'retention';

/**
 * Whether a case may be erased at this second, whoever does it (SPEC.md §4 T18, §9). An auditor who replays the history
 * asks the same.
 */
export function mayErase(state: CaseState, reason: ErasureReason, now: Instant): boolean {
  return erasureRefusal(state, reason, now) === undefined;
}

/** What stands against an erasure. */
export function erasureRefusal(
  state: CaseState,
  reason: ErasureReason,
  now: Instant,
): 'legal_hold' | 'already_shared' | 'consent_missing' | 'not_due' | undefined {
  if (state.legalHold) return 'legal_hold';
  if (reason === 'retention') return isExpired(state, 'erase', now) ? undefined : 'not_due';
  if (state.flags.shared) return 'already_shared';
  return state.consents.some((row) => row.K2 === 'w') ? undefined : 'consent_missing';
}

/** What custodians have to decide about a case, and since when or from when on; absent if nothing. */
export type RetentionDue = { readonly kind: 'withdrawn' | Expiry['kind']; readonly at: Instant };

/** @see SPEC.md §9 */
export function retentionDue(state: CaseState): RetentionDue | undefined {
  if (state.phase === 'ERASED') return undefined;
  const isWithdrawn = !state.flags.shared && state.consents.some((row) => row.K2 === 'w');
  if (isWithdrawn) return { kind: 'withdrawn', at: state.heardAt };
  return state.expiry && { kind: state.expiry.kind, at: state.expiry.at };
}

/** Whether the day of a closed case has come, and for what. */
export function isExpired({ expiry }: CaseState, kind: Expiry['kind'], now: Instant): boolean {
  return expiry?.kind === kind && expiry.at <= now;
}

/** The priority, or before triage the provisional one: P1 if declared urgent, else P3 (SPEC.md §5). */
export function currentPriority(state: Pick<CaseState, 'priority' | 'declaredUrgent'>): Priority {
  return state.priority ?? (state.declaredUrgent === 'yes' ? 'P1' : 'P3');
}

/** Whether the triage target has lapsed on a case that nobody decided, and nobody above was told (T21). */
export function owesEscalation(state: CaseState): boolean {
  if (state.flags.escalated || !isUntriaged(state.phase)) return false;
  return runningClocks(state, 'C3').some((clock) => clock.lapsedAt !== undefined);
}

/** When there is next something to record: a lapse, an escalation, the end of a hold; absent if nothing is coming. */
export function nextDue(state: CaseState): Instant | undefined {
  if (owesEscalation(state)) return state.lastEventAt;
  const due = [nextDeadline(state), state.hold?.until].filter((at) => at !== undefined);
  return due.length === 0 ? undefined : Math.min(...due);
}

/** The roles that have the case: the focal point's, and the official's it was routed or escalated to. */
export function rolesWith({ role, routedTo, escalatedTo }: CaseState): readonly string[] {
  return [...new Set([role, routedTo ?? role, escalatedTo ?? role])];
}
