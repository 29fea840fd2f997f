/**
 * What the ledger records of a case: one event per act, codes only (SPEC.md §4). The detail's canonical JSON
 * is the part of the opening the auditor reads; it must fit {@link DETAIL_MAX_BYTES}.
 */
import { encodeUtf8, type Bytes, canonicalJson, type Instant, type Json, ParseError } from '@app/encoding';
import { CLOCKS } from './clocks.js';
import {
  CONSENT_CODES,
  encodeConsentMatrix,
  LEVELS,
  parseConsentMatrix,
  PERSON_ROWS,
  SCOPES,
} from './consent.js';
import {
  bool,
  code,
  type FieldTable,
  hexText,
  listOf,
  optional,
  type Parsed,
  parsedText,
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
  RISK,
  RSP,
  SCOPE,
  URGENCY,
  VER,
} from './vocabularies.js';

/** The type byte of each event in the opening's header. Never renumbered. */
export const EVENT_TYPES = {
  SUBMITTED: 1,
  ACKNOWLEDGED: 2,
  CONTACTED: 3,
  TRIAGE_STARTED: 4,
  INFO_REQUESTED: 5,
  SCOPED: 6,
  CONSENT_ASKED: 7,
  CLOSED_OUT_OF_SCOPE: 8,
  ROUTED: 9,
  ACCEPTED: 10,
  RETURNED: 11,
  INTERVENTION_SENT: 12,
  HELD: 13,
  MONITORED: 14,
  ACTION_RESUMED: 15,
  CLOSED: 16,
  REOPENED: 17,
  ERASED: 18,
  WITHDRAW: 19,
  DIVERTED: 20,
  ESCALATED: 21,
  ASSIGNED: 32,
  INFO_RECEIVED: 33,
  CONSENT_ANSWERED: 34,
  CONSENT: 35,
  LAPSED: 36,
  REPORTER_MSG: 37,
  REPLY: 38,
  CONFIRM: 39,
  DISPUTE: 40,
  ACCESS: 41,
  GRANT: 42,
  RECUSED: 43,
  INTERVENTION_DRAFTED: 44,
  INTERVENTION_CLEARED: 45,
  STATE_REPLY: 46,
  SUCCESSION: 47,
  REPRIORITISED: 48,
  CONSENT_UNANSWERED: 49,
  RESUMED: 50,
  REFERRED: 51,
  REFERRAL_NOTED: 52,
  PERSON_INVITED: 53,
  PERSON_JOINED: 54,
  CODE_CHANGED: 55,
  MAILBOX_CLOSED: 56,
  LINKED: 57,
  RISK_ASSESSED: 58,
  FOLLOWED_UP: 59,
  INTERVENTION_ENDED: 60,
  REVIEWED: 61,
  LEGAL_HOLD: 62,
  RETENTION_REVIEWED: 63,
  NOTE_WRITTEN: 64,
} as const;
export type EventName = keyof typeof EVENT_TYPES;
export const EVENT_NAMES = Object.keys(EVENT_TYPES) as readonly EventName[];

/** The type byte of a leaf that covers the quiet: no case, no detail. */
export const COVER = 255;

/** Space for the canonical detail in a 512-byte opening: 512 - header 128 - length 2. */
export const DETAIL_MAX_BYTES = 382;

/** Where a case file is. */
export const PHASES = [
  'RECEIVED',
  'ACKNOWLEDGED',
  'IN_TRIAGE',
  'AWAITING_INFO',
  'AWAITING_CONSENT',
  'IN_SCOPE',
  'ROUTED',
  'ACCEPTED',
  'ACTION_ONGOING',
  'MONITORING',
  'ON_HOLD',
  'CLOSED',
  'REOPENED',
  'ERASED',
] as const;
export type Phase = (typeof PHASES)[number];

export const ACTOR_CLASSES = ['system', 'reporter', 'staff'] as const;
export type ActorClass = (typeof ACTOR_CLASSES)[number];

const role = hexText(16);
const certificate = hexText(32);
const phase = code(PHASES);
const person = whole(1, PERSON_ROWS);
const eventNumber = whole(1, 0xffff_ffff);
const moves = { from: phase, to: phase };
const signed = { by: certificate };
const twoOfficers = { by: certificate, second: optional(certificate) };
const answer = { person, through: optional(person), scope: code(SCOPES), code: code(CONSENT_CODES) };
const intervention = { number: whole(1, 0xffff) };
const message = { feedback: bool };
const compartment = whole(0, 255);

/** 16 + n: the compartment of one person's, or one channel's, extract. */
const extract = whole(16, 255);
/** 0 is the submitter. */
const person0 = whole(0, PERSON_ROWS);

/** The pauses that a hold makes. */
export const HOLD = ['PA3', 'PA4'] as const;
/** Why action starts again after a time of watching. */
export const AGAIN = ['FURTHER_ACT', 'NO_REMEDY'] as const;
/** What a yearly review of retention decides. */
export const KEEP = ['keep', 'erase'] as const;

export const RISK_FIELDS = { likelihood: code(RISK), severity: code(RISK) } as const;

/** The five parts of the triage test (SPEC.md §4): category, act, link, credibility, risk. */
export const TEST_FIELDS = {
  scope: code(SCOPE),
  act: bool,
  link: bool,
  credibility: code(VER),
  ...RISK_FIELDS,
} as const;

/** Consent codes as 104 characters of text. */
export const consentText = parsedText((encoded, where) =>
  encodeConsentMatrix(parseConsentMatrix(encoded, where)),
);

const DETAILS = {
  SUBMITTED: {
    declared_urgent: code(URGENCY),
    consents: consentText,
    role,
    exclusions: listOf(role, 3),
    escalation: bool,
    raw: optional(bool),
  },
  ASSIGNED: { role },
  ACKNOWLEDGED: { ...moves, exempt: optional(code(['asked', 'unsafe'])) },
  CONTACTED: message,
  REPLY: message,
  TRIAGE_STARTED: moves,
  INFO_REQUESTED: moves,
  INFO_RECEIVED: moves,
  SCOPED: { ...moves, ...twoOfficers, ...TEST_FIELDS, priority: code(PRI) },
  REPRIORITISED: { ...twoOfficers, priority: code(PRI) },
  CONSENT_ASKED: { ...moves, scope: code(SCOPES) },
  CONSENT_ANSWERED: { ...moves, ...answer },
  CONSENT_UNANSWERED: { ...moves, scope: code(SCOPES) },
  CONSENT: answer,
  WITHDRAW: answer,
  CLOSED_OUT_OF_SCOPE: { ...moves, by: certificate, second: certificate, reason: code(OOS) },
  ROUTED: { ...moves, role },
  ACCEPTED: { ...moves, role },
  RETURNED: { ...moves, role, reason: code(RETURN) },
  HELD: { ...moves, ...twoOfficers, reason: code(HOLD) },
  RESUMED: { ...moves, reason: code(HOLD) },
  MONITORED: moves,
  ACTION_RESUMED: { ...moves, reason: code(AGAIN) },
  CLOSED: { ...moves, by: certificate, second: certificate, reason: code(CLOSE), into: optional(role) },
  REOPENED: { ...moves, person: optional(person0) },
  DIVERTED: { ...moves, role, instead_of: role, reason: code(DIVERT) },
  ESCALATED: { clock: code(['C3']), delivered: bool, role: optional(role) },
  LAPSED: { clock: code(CLOCKS), instance: whole(1, 0xffff) },
  REPORTER_MSG: {},
  CONFIRM: { event: eventNumber },
  DISPUTE: { event: eventNumber },
  ACCESS: { role, compartment },
  NOTE_WRITTEN: {},
  GRANT: { role, compartment },
  SUCCESSION: { role, epoch: whole(1, 0xffff_ffff) },
  RECUSED: { role, certificate, whole_role: bool },
  INTERVENTION_DRAFTED: {
    ...intervention,
    ...signed,
    intervention: code(INT),
    channel: code(CHANNEL),
    level: code(LEVELS),
  },
  INTERVENTION_CLEARED: { ...intervention, ...signed },
  INTERVENTION_SENT: { ...moves, ...intervention, channel: code(CHANNEL), level: code(LEVELS) },
  STATE_REPLY: { ...intervention, response: code(RSP), complete: bool },
  FOLLOWED_UP: intervention,
  INTERVENTION_ENDED: intervention,
  REVIEWED: {},
  RISK_ASSESSED: { ...signed, ...RISK_FIELDS, changed: bool },
  REFERRED: { channel: code(MECHANISM), role, compartment: extract },
  REFERRAL_NOTED: { role, number: whole(1, 255), note: code(NOTED) },
  PERSON_INVITED: { person, compartment: extract },
  PERSON_JOINED: { person },
  CODE_CHANGED: { person: person0 },
  MAILBOX_CLOSED: { person: person0 },
  LINKED: { case: role, relation: code(RELATION) },
  LEGAL_HOLD: { ...twoOfficers, on: bool },
  RETENTION_REVIEWED: { by: certificate, second: certificate, decision: code(KEEP) },
  ERASED: { ...moves, by: certificate, second: certificate, reason: code(['withdrawn', 'retention']) },
} as const satisfies Record<EventName, FieldTable>;

/** The detail of one type of event. */
export type DetailOf<E extends EventName> = Parsed<(typeof DETAILS)[E]>;
export type Detail = DetailOf<EventName>;

export type EventOf<E extends EventName> = {
  readonly type: E;
  readonly at: Instant;
  readonly actor: ActorClass;
  readonly detail: DetailOf<E>;
};

/** One act, as the ledger has it. */
export type CaseEvent = { [E in EventName]: EventOf<E> }[EventName];

/** Whether this event's detail names the phases it leads from and to. */
export function namesPhases(type: EventName): boolean {
  return 'from' in DETAILS[type];
}

/**
 * Parses a detail strictly: every required field, no other, codes of the closed lists only.
 * @throws {ParseError} with the field at fault.
 * @see SPEC.md §4
 */
export function parseDetail<E extends EventName>(type: E, json: Json): DetailOf<E> {
  return parseRecord<FieldTable>(DETAILS[type], json, `detail.${type}`) as DetailOf<E>;
}

/**
 * The canonical bytes of a detail that {@link parseDetail} accepts.
 * @throws {ParseError} `too_long` above {@link DETAIL_MAX_BYTES}.
 */
export function encodeDetail(type: EventName, detail: Detail): Bytes {
  const json = parseDetail(type, detail as Json) as Json;
  const bytes = encodeUtf8(canonicalJson(json));
  if (bytes.length > DETAIL_MAX_BYTES) throw new ParseError('too_long', `detail.${type}`);
  return bytes;
}

/** @throws {ParseError} `unknown_type` for a byte no event has; COVER is not an event. */
export function parseEventType(byte: number): EventName {
  const name = EVENT_NAMES.find((candidate) => EVENT_TYPES[candidate] === byte);
  if (name === undefined) throw new ParseError('unknown_type', 'event.type');
  return name;
}

/** An event from its parts as stored or opened: type byte, time, actor class and detail JSON. */
export function parseCaseEvent(type: number, at: Instant, actor: ActorClass, detail: Json): CaseEvent {
  const name = parseEventType(type);
  return { type: name, at, actor, detail: parseDetail(name, detail) } as CaseEvent;
}
