/** What can be asked of a case: one act becomes at most one event (SPEC.md §4). */
import { type Json, ParseError } from '@app/encoding';
import { CLOCKS } from './clocks.js';
import { CONSENT_CODES, LEVELS, PERSON_ROWS, SCOPES } from './consent.js';
import { AGAIN, consentText, HOLD, KEEP, RISK_FIELDS, TEST_FIELDS } from './events.js';
import {
  bool,
  code,
  type FieldTable,
  hexText,
  listOf,
  optional,
  type Parsed,
  parseRecord,
  whole,
} from './fields.js';
import {
  CHANNEL,
  CLOSE,
  DIVERT,
  INT,
  MECHANISM,
  NOTED,
  OOS,
  PRI,
  RELATION,
  RETURN,
  RSP,
  URGENCY,
} from './vocabularies.js';

/** The kinds of role each of these acts may lead to. */
const TARGETS = {
  route: ['senior_official', 'alternate', 'ethics'],
  divert: ['alternate', 'ethics'],
  refer: ['mechanism'],
} as const;

const role = hexText(16);
const certificate = hexText(32);
const person = whole(1, PERSON_ROWS);
const number = whole(1, 0xffff);
const event = whole(1, 0xffff_ffff);
const answer = { person, through: optional(person), scope: code(SCOPES), code: code(CONSENT_CODES) };
const compartment = whole(0, 255);
const extract = whole(16, 255);

const ACTS = {
  submit: {
    declared_urgent: code(URGENCY),
    consents: consentText,
    role,
    exclusions: listOf(role, 3),
    escalation: bool,
    raw: optional(bool),
  },
  assign: { role },
  acknowledge: { exempt: optional(code(['asked', 'unsafe'])) },
  message: { feedback: bool },
  start_triage: {},
  request_info: {},
  info_received: {},
  scope: { ...TEST_FIELDS, priority: code(PRI), second: optional(certificate) },
  reprioritise: { priority: code(PRI), second: optional(certificate) },
  ask_consent: { scope: code(SCOPES) },
  answer_consent: answer,
  /** No answer came; the question is closed without one. */
  stop_asking: {},
  consent_change: answer,
  close_out_of_scope: { reason: code(OOS), second: optional(certificate) },
  /** `target` is what the KEYSET says of the role; absent if it does not know it. */
  route: { role, target: optional(code(TARGETS.route)) },
  /** To the alternate or the ethics office: the official has a conflict, or United Nations personnel is alleged. */
  divert: { role, target: optional(code(TARGETS.divert)), instead_of: optional(role), reason: code(DIVERT) },
  /** An extract of its own for one United Nations office. */
  refer: { channel: code(MECHANISM), role, target: optional(code(TARGETS.refer)), compartment: extract },
  note_referral: { number: whole(1, 255), note: code(NOTED) },
  accept: {},
  return: { reason: code(RETURN) },
  recuse: { whole_role: bool },
  reporter_message: {},
  confirm: { event },
  dispute: { event },
  lapse: { clock: code(CLOCKS), instance: number },
  /** `role` is the recipient of the held-back box, `quarantined` says that a flood is being kept apart. */
  escalate: { role: optional(role), quarantined: bool },
  draft_intervention: {
    number,
    intervention: code(INT),
    channel: code(CHANNEL),
    level: code(LEVELS),
  },
  clear_intervention: { number },
  send_intervention: { number },
  follow_up: { number },
  end_intervention: { number },
  state_reply: { number, response: code(RSP), complete: bool },
  assess_risk: { ...RISK_FIELDS, changed: bool },
  hold: { reason: code(HOLD), second: optional(certificate) },
  resume: {},
  monitor: {},
  review: {},
  act_again: { reason: code(AGAIN) },
  /** `into`: the case it is merged with. */
  close: { reason: code(CLOSE), into: optional(role), second: optional(certificate) },
  reopen: {},
  link: { case: role, relation: code(RELATION) },
  invite_person: { person, compartment: extract },
  join: {},
  change_code: {},
  close_mailbox: {},
  legal_hold: { on: bool, second: optional(certificate) },
  review_retention: { decision: code(KEEP), second: optional(certificate) },
  /** A note in the compartment that no hand-over includes. */
  write_note: {},
  access: { compartment },
  grant: { role, compartment },
  succession: { epoch: event },
  erase: { reason: code(['withdrawn', 'retention']), second: optional(certificate) },
} as const satisfies Record<string, FieldTable>;

export type ActKind = keyof typeof ACTS;
export const ACT_KINDS = Object.keys(ACTS) as readonly ActKind[];

export type ActOf<K extends ActKind> = { readonly kind: K } & Parsed<(typeof ACTS)[K]>;

/** An act and its codes; who does it and when stand beside it. */
export type CaseAct = { [K in ActKind]: ActOf<K> }[ActKind];

/**
 * Parses an act strictly: a known kind, every required field, no other.
 * @throws {ParseError} `not_object`, `unknown_act`, or the code of the field at fault.
 */
export function parseAct(json: Json): CaseAct {
  if (json === null || typeof json !== 'object' || Array.isArray(json))
    throw new ParseError('not_object', 'act');
  const { kind, ...fields } = json as Readonly<Record<string, Json>>;
  const known = ACT_KINDS.find((candidate) => candidate === kind);
  if (known === undefined) throw new ParseError('unknown_act', 'act.kind');
  return { kind: known, ...parseRecord<FieldTable>(ACTS[known], fields, `act.${known}`) } as CaseAct;
}

/** The role an act hands the case, or a part of it, to; absent for all other acts. */
export function targetRole(act: CaseAct): string | undefined {
  return isHandOver(act) ? act.role : undefined;
}

/**
 * The act with what the KEYSET says of the role it leads to, whatever its author said.
 * @param kind - of the role of {@link targetRole}; absent if the KEYSET does not know it.
 */
export function withTarget(act: CaseAct, kind: string | undefined): CaseAct {
  if (!isHandOver(act)) return act;
  const { target: _, ...rest } = act;
  const kinds: readonly string[] = TARGETS[act.kind];
  return kind !== undefined && kinds.includes(kind) ? ({ ...rest, target: kind } as CaseAct) : rest;
}

type HandOver = ActOf<'route'> | ActOf<'divert'> | ActOf<'refer'>;

function isHandOver(act: CaseAct): act is HandOver {
  return Object.hasOwn(TARGETS, act.kind);
}
