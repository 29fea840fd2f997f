import { canonicalJson, decodeUtf8, type Json, parseCanonicalJson } from '@app/encoding';
import { describe, expect, it } from '@jest/globals';
import { consents, GENEROUS, hash, history, id, SUBMIT, TO } from '../test/histories.js';
import { ACT_KINDS, parseAct } from './acts.js';
import { SCOPES } from './consent.js';
import {
  COVER,
  DETAIL_MAX_BYTES,
  type Detail,
  encodeDetail,
  EVENT_NAMES,
  EVENT_TYPES,
  type EventName,
  parseCaseEvent,
  parseDetail,
  parseEventType,
} from './events.js';
import { CLOSE, DIVERT, INT, NOTED, OOS, RELATION, SCOPE, VER } from './vocabularies.js';

const longest = (list: readonly string[]): string => list.reduce((a, b) => (b.length > a.length ? b : a));
const two = { by: hash('e'), second: hash('f') };
const moves = { from: 'AWAITING_CONSENT', to: 'AWAITING_CONSENT' };
const answer = { person: 8, through: 8, scope: longest(SCOPES), code: 'N' };

/** The longest detail of each event. */
const LONGEST: Record<EventName, Json> = {
  SUBMITTED: {
    declared_urgent: 'unsure',
    consents: consents(GENEROUS),
    role: id('a'),
    exclusions: [id('b'), id('c'), id('d')],
    escalation: false,
    raw: false,
  },
  ASSIGNED: { role: id('a') },
  ACKNOWLEDGED: { ...moves, exempt: 'unsafe' },
  CONTACTED: { feedback: false },
  REPLY: { feedback: false },
  TRIAGE_STARTED: moves,
  INFO_REQUESTED: moves,
  INFO_RECEIVED: moves,
  SCOPED: {
    ...moves,
    ...two,
    scope: longest(SCOPE),
    act: false,
    link: false,
    credibility: longest(VER),
    likelihood: 'moderate',
    severity: 'moderate',
    priority: 'P1',
  },
  REPRIORITISED: { ...two, priority: 'P4' },
  CONSENT_ASKED: { ...moves, scope: longest(SCOPES) },
  CONSENT_ANSWERED: { ...moves, ...answer },
  CONSENT_UNANSWERED: { ...moves, scope: longest(SCOPES) },
  CONSENT: answer,
  WITHDRAW: answer,
  CLOSED_OUT_OF_SCOPE: { ...moves, ...two, reason: longest(OOS) },
  ROUTED: { ...moves, role: id('a') },
  ACCEPTED: { ...moves, role: id('a') },
  RETURNED: { ...moves, role: id('a'), reason: 'CONSENT_UNCLEAR' },
  ESCALATED: { clock: 'C3', delivered: false, role: id('a') },
  LAPSED: { clock: 'C10', instance: 65_535 },
  REPORTER_MSG: {},
  NOTE_WRITTEN: {},
  CONFIRM: { event: 0xffff_ffff },
  DISPUTE: { event: 0xffff_ffff },
  ACCESS: { role: id('a'), compartment: 255 },
  GRANT: { role: id('a'), compartment: 255 },
  SUCCESSION: { role: id('a'), epoch: 0xffff_ffff },
  RECUSED: { role: id('a'), certificate: hash('a'), whole_role: false },
  INTERVENTION_DRAFTED: {
    number: 65_535,
    by: hash('a'),
    intervention: longest(INT),
    channel: 'PLATFORM',
    level: 'N',
  },
  INTERVENTION_CLEARED: { number: 65_535, by: hash('a') },
  INTERVENTION_SENT: { ...moves, number: 65_535, channel: 'PLATFORM', level: 'N' },
  STATE_REPLY: { number: 65_535, response: 'RSP9', complete: false },
  HELD: { ...moves, ...two, reason: 'PA4' },
  RESUMED: { ...moves, reason: 'PA4' },
  MONITORED: moves,
  ACTION_RESUMED: { ...moves, reason: 'FURTHER_ACT' },
  CLOSED: { ...moves, ...two, reason: longest(CLOSE), into: id('a') },
  REOPENED: { ...moves, person: 8 },
  DIVERTED: { ...moves, role: id('a'), instead_of: id('b'), reason: longest(DIVERT) },
  FOLLOWED_UP: { number: 65_535 },
  INTERVENTION_ENDED: { number: 65_535 },
  REVIEWED: {},
  RISK_ASSESSED: { by: hash('a'), likelihood: 'moderate', severity: 'moderate', changed: false },
  REFERRED: { channel: 'HRC', role: id('a'), compartment: 255 },
  REFERRAL_NOTED: { role: id('a'), number: 255, note: longest(NOTED) },
  PERSON_INVITED: { person: 8, compartment: 255 },
  PERSON_JOINED: { person: 8 },
  CODE_CHANGED: { person: 8 },
  MAILBOX_CLOSED: { person: 8 },
  LINKED: { case: id('a'), relation: longest(RELATION) },
  LEGAL_HOLD: { ...two, on: false },
  RETENTION_REVIEWED: { ...two, decision: 'erase' },
  ERASED: { ...moves, ...two, reason: 'withdrawn' },
};

describe('event types', () => {
  it('are distinct bytes below COVER', () => {
    const bytes = EVENT_NAMES.map((name) => EVENT_TYPES[name]);
    expect(new Set(bytes).size).toBe(54);
    expect(Math.min(...bytes)).toBe(1);
    expect(Math.max(...bytes)).toBeLessThan(COVER);
    expect(EVENT_NAMES.map((name) => parseEventType(EVENT_TYPES[name]))).toEqual(EVENT_NAMES);
  });

  it.each([0, 22, 65, COVER, 256])('unknown_type: %d', (byte) => {
    expect(() => parseEventType(byte)).toThrow(expect.objectContaining({ code: 'unknown_type' }));
  });
});

describe('details', () => {
  it.each(EVENT_NAMES)('%s fits, and its canonical bytes read back', (name) => {
    const bytes = encodeDetail(name, LONGEST[name] as unknown as Detail);
    expect(bytes.length).toBeLessThanOrEqual(DETAIL_MAX_BYTES);
    const json = parseCanonicalJson(decodeUtf8(bytes, 'detail'), 'detail');
    expect(parseDetail(name, json)).toEqual(LONGEST[name]);
    expect(canonicalJson(parseDetail(name, json) as Json)).toBe(decodeUtf8(bytes, 'detail'));
  });

  it('of SUBMITTED is the longest', () => {
    const sizes = EVENT_NAMES.map((name) => encodeDetail(name, LONGEST[name] as unknown as Detail).length);
    expect(Math.max(...sizes)).toBe(encodeDetail('SUBMITTED', LONGEST.SUBMITTED as unknown as Detail).length);
  });

  it.each(EVENT_NAMES)('%s refuses another field, and anything but an object', (name) => {
    const more = { ...(LONGEST[name] as object), other: 'x' } as unknown as Json;
    expect(() => parseDetail(name, more)).toThrow(expect.objectContaining({ code: 'unknown_field' }));
    for (const json of [null, [], 'x', 1]) {
      expect(() => parseDetail(name, json)).toThrow(expect.objectContaining({ code: 'not_object' }));
    }
  });

  const bad: readonly (readonly [string, string, EventName, Json])[] = [
    ['missing', 'detail.ASSIGNED.role', 'ASSIGNED', {}],
    ['not_hex', 'detail.ASSIGNED.role', 'ASSIGNED', { role: 'A'.repeat(32) }],
    ['not_hex', 'detail.ASSIGNED.role', 'ASSIGNED', { role: 7 }],
    ['not_hex', 'detail.ASSIGNED.role', 'ASSIGNED', { role: null }],
    ['not_boolean', 'detail.REPLY.feedback', 'REPLY', { feedback: 'true' }],
    ['not_whole', 'detail.CONFIRM.event', 'CONFIRM', { event: 1.5 }],
    ['not_whole', 'detail.CONFIRM.event', 'CONFIRM', { event: '1' }],
    ['out_of_range', 'detail.CONFIRM.event', 'CONFIRM', { event: 0 }],
    ['out_of_range', 'detail.LAPSED.instance', 'LAPSED', { clock: 'C1', instance: 65_536 }],
    ['not_in_list', 'detail.LAPSED.clock', 'LAPSED', { clock: 'C12', instance: 1 }],
    ['not_in_list', 'detail.LAPSED.clock', 'LAPSED', { clock: 1, instance: 1 }],
    ['not_text', 'detail.SUBMITTED.consents', 'SUBMITTED', { ...(LONGEST.SUBMITTED as object), consents: 1 }],
    [
      'not_list',
      'detail.SUBMITTED.exclusions',
      'SUBMITTED',
      { ...(LONGEST.SUBMITTED as object), exclusions: 'a' },
    ],
    [
      'too_long',
      'detail.SUBMITTED.exclusions',
      'SUBMITTED',
      { ...(LONGEST.SUBMITTED as object), exclusions: ['1', '2', '3', '4'].map(id) },
    ],
    [
      'repeated',
      'detail.SUBMITTED.exclusions',
      'SUBMITTED',
      { ...(LONGEST.SUBMITTED as object), exclusions: [id('1'), id('1')] },
    ],
  ];
  it.each(bad)('%s at %s', (code, where, name, json) => {
    expect(() => parseDetail(name, json)).toThrow(expect.objectContaining({ code, where }));
  });

  it('come back from type byte and JSON as the event that was decided', () => {
    for (const event of history(...TO.sent).events) {
      expect(parseCaseEvent(EVENT_TYPES[event.type], event.at, event.actor, event.detail as Json)).toEqual(
        event,
      );
    }
  });
});

describe('parseAct', () => {
  it('accepts every act of the main path as JSON', () => {
    for (const [act] of TO.sent) expect(parseAct(JSON.parse(JSON.stringify(act)) as Json)).toEqual(act);
  });

  it('knows every kind by its own field table', () => {
    for (const kind of ACT_KINDS) {
      expect(() => parseAct({ kind, unheard_of: 1 })).toThrow(
        expect.objectContaining({ code: 'unknown_field' }),
      );
    }
  });

  it.each([
    ['not_object', null],
    ['not_object', ['submit']],
    ['not_object', 'submit'],
    ['unknown_act', {}],
    ['unknown_act', { kind: 'toString' }],
    ['missing', { kind: 'submit' }],
    ['bad_code', { ...SUBMIT, consents: 'x'.repeat(104) }],
  ] as readonly (readonly [string, Json])[])('%s: %j', (code, json) => {
    expect(() => parseAct(json)).toThrow(expect.objectContaining({ code }));
  });
});
