/** Who may do and see what, whatever the case's state: the table of SPEC.md §7. */
import { effectiveConsent } from './consent.js';
import type { CaseState, Referral } from './state.js';
import type { ActKind } from './acts.js';

export const ROLE_KINDS = [
  'focal_point',
  'senior_official',
  'alternate',
  'ethics',
  'mechanism',
  'oversight',
  'custodian',
  'administrator',
] as const;
export type RoleKind = (typeof ROLE_KINDS)[number];

/** Capability bits of a staff certificate's `caps` (libs/crypto SPEC, certificates); those that matter in a case. */
export const CAP = {
  /** Make and publish role epochs. */
  epoch: 1,
  /** Triage and route. */
  triage: 2,
  /** Accept, return, send. */
  decide: 4,
  /** Draft interventions. */
  draft: 8,
  /** Clear what another officer drafted. */
  clear: 16,
  /** Read timelines and openings. */
  oversee: 32,
  /** Erase, as one of two custodians. */
  erase: 64,
  /** Operate the service: nothing in a case. */
  administer: 128,
  /** Record what a mechanism did with its extract. */
  refer: 256,
} as const;
export type Capability = keyof typeof CAP;

/** A staff member as her verified certificate describes her; `certificate` is its SHA-256, hex. */
export type StaffActor = {
  readonly kind: 'staff';
  readonly roleId: string;
  readonly roleKind: RoleKind;
  readonly caps: number;
  readonly certificate: string;
};

/** Whoever holds a code of this case: the submitter (0, the default), or the person affected of that row. */
export type ReporterActor = { readonly kind: 'reporter'; readonly person?: number };

export type Actor = { readonly kind: 'system' } | ReporterActor | StaffActor;

/**
 * The desk an act is done from: the focal point's, the official's, either; a mechanism's, which holds an extract; or
 * none (not tied to the case).
 */
export type Desk = 'triage' | 'official' | 'either' | 'mechanism' | 'none';

type Permission = {
  readonly system?: true;
  readonly reporter?: true;
  readonly staff?: { readonly kinds: readonly RoleKind[]; readonly cap: Capability; readonly desk: Desk };
};

const OFFICIALS = ['senior_official', 'alternate', 'ethics'] as const;
const CASE_STAFF = ['focal_point', ...OFFICIALS] as const;

const SYSTEM: Permission = { system: true };
const REPORTER: Permission = { reporter: true };
// SPEC.md §7: an official to whom an escalation was delivered sits at the triage desk too.
const TRIAGE: Permission = { staff: { kinds: CASE_STAFF, cap: 'triage', desk: 'triage' } };
const DECIDE: Permission = { staff: { kinds: OFFICIALS, cap: 'decide', desk: 'official' } };
const CUSTODY: Permission = { staff: { kinds: ['custodian'], cap: 'erase', desk: 'none' } };
const DRAFT: Permission = { staff: { kinds: OFFICIALS, cap: 'draft', desk: 'official' } };
const CASE_WORK: Permission = { staff: { kinds: CASE_STAFF, cap: 'triage', desk: 'either' } };

export const PERMISSIONS: Readonly<Record<ActKind, Permission>> = {
  submit: { reporter: true, system: true },
  assign: SYSTEM,
  lapse: SYSTEM,
  escalate: SYSTEM,
  reporter_message: REPORTER,
  confirm: REPORTER,
  dispute: REPORTER,
  consent_change: REPORTER,
  answer_consent: REPORTER,
  join: REPORTER,
  change_code: REPORTER,
  close_mailbox: REPORTER,
  acknowledge: TRIAGE,
  start_triage: TRIAGE,
  request_info: TRIAGE,
  info_received: TRIAGE,
  scope: TRIAGE,
  ask_consent: TRIAGE,
  stop_asking: TRIAGE,
  close_out_of_scope: TRIAGE,
  route: TRIAGE,
  divert: TRIAGE,
  message: CASE_WORK,
  access: CASE_WORK,
  grant: CASE_WORK,
  reprioritise: CASE_WORK,
  recuse: CASE_WORK,
  hold: CASE_WORK,
  resume: { ...CASE_WORK, system: true },
  assess_risk: CASE_WORK,
  refer: CASE_WORK,
  link: CASE_WORK,
  write_note: CASE_WORK,
  close: CASE_WORK,
  reopen: { ...CASE_WORK, reporter: true },
  invite_person: { ...CASE_WORK, reporter: true },
  succession: { staff: { kinds: CASE_STAFF, cap: 'epoch', desk: 'either' } },
  accept: DECIDE,
  return: DECIDE,
  draft_intervention: DRAFT,
  follow_up: DRAFT,
  end_intervention: DRAFT,
  clear_intervention: { staff: { kinds: CASE_STAFF, cap: 'clear', desk: 'either' } },
  send_intervention: DECIDE,
  state_reply: DECIDE,
  monitor: DECIDE,
  review: DECIDE,
  act_again: DECIDE,
  note_referral: { staff: { kinds: ['mechanism'], cap: 'refer', desk: 'mechanism' } },
  legal_hold: CUSTODY,
  review_retention: CUSTODY,
  erase: CUSTODY,
};

/** Acts after which somebody reads, or cannot read any more, what she could before. */
const DISCLOSING: ReadonlySet<ActKind> = new Set<ActKind>([
  'route',
  'divert',
  'grant',
  'refer',
  'invite_person',
  'succession',
  'send_intervention',
  'erase',
]);

/** Whether who does this must have unlocked her vault just now. SPEC.md §7. */
export function discloses(act: { readonly kind: ActKind }): boolean {
  return DISCLOSING.has(act.kind);
}

/** Whether a staff certificate carries a capability. */
export function hasCap(actor: StaffActor, cap: Capability): boolean {
  return (actor.caps & CAP[cap]) !== 0;
}

/** Whether this kind of actor, with these capabilities, may ever do this act. */
export function mayAct(actor: Actor, act: ActKind): boolean {
  const permission = PERMISSIONS[act];
  if (actor.kind !== 'staff') return permission[actor.kind] === true;
  const { staff } = permission;
  return staff !== undefined && staff.kinds.includes(actor.roleKind) && hasCap(actor, staff.cap);
}

/** Whether the actor's role holds the case at the desk this act is done from. */
export function sitsAt(actor: StaffActor, state: CaseState, desk: Desk): boolean {
  const triage = actor.roleId === state.role || actor.roleId === state.escalatedTo;
  const official = actor.roleId === state.routedTo || actor.roleId === state.escalatedTo;
  if (desk === 'mechanism') return referralOf(state, actor.roleId) !== undefined;
  if (desk === 'triage') return triage;
  return desk === 'official' ? official : desk === 'none' || triage || official;
}

/** What a mechanism's role was given; absent if nothing. */
export function referralOf(state: CaseState, role: string): Referral | undefined {
  return state.referrals.find((referral) => referral.role === role);
}

/** Whether the officer or her role stepped back, or the reporter excluded the role. */
export function isBarred(actor: StaffActor, state: CaseState): 'recused' | 'role_excluded' | undefined {
  if (state.excludedRoles.includes(actor.roleId)) return 'role_excluded';
  const recused =
    state.recusedRoles.includes(actor.roleId) || state.recusedOfficers.includes(actor.certificate);
  return recused ? 'recused' : undefined;
}

/**
 * What there is to see of a case. `timeline`: events, clocks and codes; the others are sealed compartments, `extract`
 * those made for one channel or one person, each with boxes of its own.
 */
export const VIEWS = ['status', 'timeline', 'main', 'identity', 'internal', 'extract'] as const;
export type View = (typeof VIEWS)[number];

/**
 * Whether an actor may be handed a part of this case. For sealed parts this is the access rule; who can read
 * them is decided by the key boxes.
 * @see SPEC.md §7
 */
export function maySee(actor: Actor, view: View, state: CaseState): boolean {
  if (actor.kind === 'system') return view === 'timeline' || view === 'status';
  if (actor.kind === 'reporter') return view !== 'internal';
  if (actor.roleKind === 'oversight') return view === 'timeline' && hasCap(actor, 'oversee');
  return isBarred(actor, state) === undefined && staffMaySee(actor, view, state);
}

function staffMaySee(actor: StaffActor, view: View, state: CaseState): boolean {
  if (actor.roleKind === 'mechanism') return view === 'extract' && sitsAt(actor, state, 'mechanism');
  const isCaseStaff = (CASE_STAFF as readonly RoleKind[]).includes(actor.roleKind);
  if (!isCaseStaff || !sitsAt(actor, state, 'either')) return false;
  if (actor.roleId === state.role) return true;
  // SPEC.md §3: K3 at level P hands over the facts without the names; staff notes are never part of it.
  if (view === 'identity') return effectiveConsent(state.consents, 'K3').level === 'N';
  return view !== 'internal';
}
