import type { Instant } from '@app/encoding';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  ALTERNATE,
  AWAITING_CONSENT,
  AWAITING_INFO,
  CLEARED,
  CUSTODIAN,
  DAY,
  CLOSED,
  ESCALATED,
  FOCAL,
  FOCAL_2,
  GENEROUS,
  hash,
  HELD,
  id,
  JOINED,
  MECHANISM_OFFICER,
  MONITORED,
  OFFICIAL,
  OFFICIAL_2,
  OTHER_FOCAL,
  OUT_OF_SCOPE,
  PERSON_1,
  REFERRED,
  REOPENED,
  REPORTER,
  type Step,
  SYSTEM,
  T0,
  TO,
} from '../test/histories.js';
import type { Actor } from './access.js';
import { type CaseAct, parseAct } from './acts.js';
import { type Clock, CLOCKS, dueClocks, isRunning, netSeconds } from './clocks.js';
import {
  checkLevel,
  CONSENT_CODES,
  effectiveConsent,
  encodeConsentMatrix,
  isConsentCode,
  LEVELS,
  makeConsentMatrix,
  scopeOfChannel,
  SCOPES,
} from './consent.js';
import { decide } from './decide.js';
import { REFUSAL_CODES } from './refusing.js';
import { type CaseEvent, encodeDetail, EVENT_NAMES } from './events.js';
import { DEFAULT_POLICY } from './policy.js';
import { replay, responseTimes } from './replay.js';
import { type CaseState, isConfirmed, isRiskKnown } from './state.js';
import { nextPhase, RULES } from './transitions.js';
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

const RUNS = Number(process.env.FC_RUNS ?? 200);

const one = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const role = one(...['a', 'b', 'c'].map(id));
const second = fc.option(one(...['1', '2', '3', '4'].map(hash)), { nil: undefined });
const row = fc
  .record(
    Object.fromEntries(
      SCOPES.map((scope) => [scope, one(...CONSENT_CODES.filter((code) => isConsentCode(scope, code)))]),
    ),
  )
  .map((codes) => codes);
const consents = fc.oneof(
  { weight: 3, arbitrary: fc.constant(encodeConsentMatrix(makeConsentMatrix([GENEROUS]))) },
  {
    weight: 1,
    arbitrary: fc
      .array(row, { minLength: 1, maxLength: 8 })
      .map((rows) => encodeConsentMatrix(makeConsentMatrix(rows))),
  },
);
const answer = {
  person: one(1, 1, 1, 2, 8),
  through: one(8, 8, 8, 1, 2),
  scope: one(...SCOPES, 'K3', 'K5', 'K5'),
  code: one(...CONSENT_CODES),
};
const number = one(1, 1, 1, 2, 3);

const act = (
  kind: CaseAct['kind'],
  fields: Record<string, fc.Arbitrary<unknown>> = {},
): fc.Arbitrary<CaseAct> =>
  fc.record(fields).map((given) => {
    const present = Object.entries(given).filter(([, value]) => value !== undefined);
    return { kind, ...Object.fromEntries(present) } as CaseAct;
  });

/** Mostly steps forward, so that long histories reach the far phases. */
const FORWARD: readonly fc.Arbitrary<CaseAct>[] = [
  act('acknowledge', { exempt: one(undefined, undefined, 'asked', 'unsafe') }),
  act('start_triage'),
  act('scope', {
    scope: one('SC-A', 'SC-B', ...SCOPE),
    act: one(true, true, true, false),
    link: one(true, true, true, false),
    credibility: one('SINGLE_SOURCE', 'CORROBORATED', ...VER),
    likelihood: one(...RISK),
    severity: one(...RISK),
    priority: one(...PRI),
    second,
  }),
  act('route', {
    role: one(id('b'), id('b'), id('c')),
    target: one('senior_official', 'senior_official', undefined),
  }),
  act('accept'),
  act('draft_intervention', {
    number,
    intervention: one('DEMARCHE', 'NOTE_VERBALE', ...INT),
    channel: one('STATE', 'STATE', 'STATE', ...CHANNEL),
    level: one('2', '1', ...LEVELS),
  }),
  act('clear_intervention', { number }),
  act('send_intervention', { number }),
];
const OTHER: readonly fc.Arbitrary<CaseAct>[] = [
  act('assign', { role }),
  act('message', { feedback: fc.boolean() }),
  act('request_info'),
  act('info_received'),
  act('reprioritise', { priority: one(...PRI), second }),
  act('ask_consent', { scope: one(...SCOPES) }),
  act('answer_consent', { ...answer, scope: one('K5'), code: one('1', '2', 'r', 'w') }),
  act('stop_asking'),
  act('consent_change', answer),
  act('close_out_of_scope', { reason: one(...OOS), second }),
  act('return', { reason: one(...RETURN) }),
  act('recuse', { whole_role: fc.boolean() }),
  act('reporter_message'),
  act('confirm', { event: fc.nat({ max: 30 }).map((n) => n + 1) }),
  act('dispute', { event: fc.nat({ max: 30 }).map((n) => n + 1) }),
  act('lapse', { clock: one(...CLOCKS), instance: one(1, 1, 2) }),
  act('escalate', { role: fc.option(role, { nil: undefined }), quarantined: fc.boolean() }),
  act('state_reply', { number, response: one(...RSP), complete: fc.boolean() }),
  act('access', { compartment: one(0, 1, 2) }),
  act('grant', { role, compartment: one(0, 1) }),
  act('succession', { epoch: one(1, 2) }),
  act('erase', { reason: one('withdrawn', 'retention'), second }),
  act('divert', {
    role: one(id('e'), id('e'), id('c')),
    target: one('alternate', 'alternate', 'ethics', undefined),
    instead_of: one(id('b'), undefined),
    reason: one(...DIVERT),
  }),
  act('refer', {
    channel: one(...MECHANISM, 'SP', 'SP'),
    role: one(id('f')),
    target: one('mechanism', 'mechanism', undefined),
    compartment: one(16, 17, 18),
  }),
  act('note_referral', { number: one(1, 1, 2), note: one(...NOTED) }),
  act('hold', { reason: one('PA3', 'PA4'), second }),
  act('resume'),
  act('assess_risk', { likelihood: one(...RISK), severity: one(...RISK), changed: fc.boolean() }),
  act('monitor'),
  act('review'),
  act('act_again', { reason: one('FURTHER_ACT', 'NO_REMEDY') }),
  act('close', { reason: one(...CLOSE), into: one(undefined, undefined, id('9')), second }),
  act('reopen'),
  act('link', { case: one(id('8'), id('9')), relation: one(...RELATION) }),
  act('invite_person', { person: one(1, 2, 8), compartment: one(16, 17, 18) }),
  act('join'),
  act('write_note'),
  act('change_code'),
  act('close_mailbox'),
  act('follow_up', { number }),
  act('end_intervention', { number }),
  act('legal_hold', { on: fc.boolean(), second }),
  act('review_retention', { decision: one('keep', 'erase'), second }),
];

const submission = act('submit', {
  declared_urgent: one(...URGENCY),
  consents,
  role: one(id('a')),
  exclusions: fc.oneof(
    fc.constant([]),
    fc.constant([]),
    fc.constant([id('b')]),
    fc.constant([id('c'), id('e')]),
  ),
  escalation: fc.boolean(),
  raw: one(undefined, true),
});

/** Half of the histories begin further on, on the ordinary path. */
const beginning = fc.oneof(
  submission.map((first): readonly Step[] => [[first, REPORTER]]),
  one<readonly Step[]>(
    TO.inScope,
    TO.routed,
    TO.accepted,
    CLEARED,
    TO.sent,
    AWAITING_INFO,
    AWAITING_CONSENT,
    ESCALATED,
    MONITORED,
    CLOSED,
    REOPENED,
    [...MONITORED, [{ kind: 'act_again', reason: 'FURTHER_ACT' }, OFFICIAL]],
    OUT_OF_SCOPE,
    HELD,
    REFERRED,
    JOINED,
  ),
);

/** Whoever may do it first, so that refusals by actor do not drown the rest; sometimes anybody. */
const ACTORS: readonly Actor[] = [
  SYSTEM,
  REPORTER,
  FOCAL,
  FOCAL_2,
  OFFICIAL,
  OFFICIAL_2,
  OTHER_FOCAL,
  CUSTODIAN,
  ALTERNATE,
  MECHANISM_OFFICER,
  PERSON_1,
];
const step = fc.record({
  act: fc.oneof({ weight: 5, arbitrary: fc.oneof(...FORWARD) }, { weight: 6, arbitrary: fc.oneof(...OTHER) }),
  actors: fc.shuffledSubarray([...ACTORS], { minLength: 4 }),
  wait: one(0, 1, 60, 3_600, DAY, 12 * DAY, 200 * DAY),
});

type Real = { state: CaseState | undefined; events: CaseEvent[]; now: Instant };

/** What every accepted act must keep; compared with the state before it. */
function checkStep(before: CaseState | undefined, after: CaseState, event: CaseEvent): void {
  expect(nextPhase(event.type, before?.phase ?? 'new', before?.hold?.from)).toBe(after.phase);
  expect(after.hold !== undefined).toBe(after.phase === 'ON_HOLD');
  expect(RULES[event.type].who).toContain(event.actor);
  expect(after.eventNumber).toBe((before?.eventNumber ?? 0) + 1);
  expect(() => encodeDetail(event.type, event.detail)).not.toThrow();
  checkSafety(after, event);
  for (const clock of before?.clocks ?? []) checkClock(clock, after, event);
}

/** Nothing leaves without the consent of that second, nor to a role that was excluded. */
function checkSafety(after: CaseState, event: CaseEvent): void {
  if (event.type === 'INTERVENTION_SENT') {
    const { channel, level } = event.detail;
    expect(checkLevel(after.consents, scopeOfChannel(channel), level)).toBe('granted');
    const sent = after.interventions[event.detail.number - 1];
    expect(sent?.clearedBy).toBeDefined();
    expect(sent?.clearedBy).not.toBe(sent?.draftedBy);
    expect(isConfirmed(after, scopeOfChannel(channel), event.at)).toBe(true);
    if (channel === 'STATE') expect(isRiskKnown(after, event.at)).toBe(true);
  }
  if (event.type === 'ROUTED' || event.type === 'DIVERTED') {
    expect(effectiveConsent(after.consents, 'K3').granted).toBe(true);
    expect([...after.excludedRoles, ...after.recusedRoles]).not.toContain(after.routedTo);
  }
  if (event.type === 'REFERRED')
    expect(effectiveConsent(after.consents, scopeOfChannel(event.detail.channel)).granted).toBe(true);
  if (event.type === 'ERASED') {
    expect(after.legalHold).toBe(false);
    expect(after.flags.shared && event.detail.reason === 'withdrawn').toBe(false);
  }
}

const STOPPERS: Readonly<Record<string, readonly CaseEvent['type'][]>> = {
  C1: ['ACKNOWLEDGED'],
  C2: ['CONTACTED'],
  C3: ['SCOPED'],
  C4: ['CONSENT_ANSWERED', 'CONSENT_UNANSWERED'],
  C5: ['ROUTED', 'DIVERTED', 'REFERRED', 'CONSENT', 'WITHDRAW', 'CONSENT_ANSWERED'],
  C6: ['ACCEPTED', 'RETURNED', 'DIVERTED'],
  C7: ['INTERVENTION_SENT', 'MONITORED', 'CONSENT', 'WITHDRAW', 'CONSENT_ANSWERED'],
  C8: ['STATE_REPLY'],
  C9: ['CONTACTED', 'REPLY'],
  C10: ['INTERVENTION_SENT'],
  C11: ['REVIEWED', 'ACTION_RESUMED'],
};

function checkClock(before: Clock, { clocks }: CaseState, event: CaseEvent): void {
  const after = clocks.find(({ id: of, instance }) => of === before.id && instance === before.instance);
  expect(after?.startedAt).toBe(before.startedAt);
  expect(after?.targetSeconds).toBe(before.targetSeconds);
  if (before.lapsedAt !== undefined) expect(after?.lapsedAt).toBe(before.lapsedAt);
  if (!isRunning(before)) expect(after).toEqual(before);
  else if (after?.stoppedAt !== undefined) {
    expect(after.stoppedAt).toBe(event.at);
    expect([...(STOPPERS[before.id] ?? []), 'CLOSED_OUT_OF_SCOPE', 'CLOSED', 'ERASED']).toContain(event.type);
  }
  checkPauses(before, after, event);
}

const PAUSERS: Readonly<Record<string, readonly CaseEvent['type'][]>> = {
  PA1: ['INFO_REQUESTED'],
  PA2: ['CONSENT_ASKED'],
  PA3: ['HELD'],
  PA4: ['HELD'],
};

/** Nothing stops a clock but the four pauses, each begun by its own event. */
function checkPauses(before: Clock, after: Clock | undefined, event: CaseEvent): void {
  const added = after?.pauses.slice(before.pauses.length) ?? [];
  for (const { reason, from } of added) {
    expect(PAUSERS[reason]).toContain(event.type);
    expect(from).toBe(event.at);
  }
}

function carryOut(real: Real, given: CaseAct, actors: readonly Actor[]): void {
  for (const actor of actors) {
    const decision = decide(real.state, given, { now: real.now, actor, policy: DEFAULT_POLICY });
    if (!decision.ok) {
      expect(REFUSAL_CODES).toContain(decision.refusal.code);
      continue;
    }
    checkStep(real.state, decision.next, decision.event);
    real.state = decision.next;
    real.events.push(decision.event);
    return;
  }
}

/** Carries out random histories, checks each step, and returns the types of event that occurred. */
function assertHistories(parameters: {
  readonly numRuns: number;
  readonly seed?: number;
}): ReadonlySet<string> {
  const seen = new Set<string>();
  fc.assert(
    fc.property(beginning, fc.array(step, { minLength: 10, maxLength: 60 }), (start, steps) => {
      const real: Real = { state: undefined, events: [], now: T0 };
      for (const [given, actor, after] of start) {
        if (after !== undefined) real.now = T0 + after;
        carryOut(real, given, [actor]);
      }
      for (const { act: given, actors, wait } of steps) {
        real.now += wait;
        expect(parseAct(JSON.parse(JSON.stringify(given)) as never)).toEqual(given);
        carryOut(real, given, actors);
      }
      if (real.state === undefined) return;
      expect(replay(real.events, DEFAULT_POLICY)).toEqual(real.state);
      for (const { type } of real.events) seen.add(type);
      checkTimes(real.state, real.now);
    }),
    parameters,
  );
  return seen;
}

describe('random histories', () => {
  it('keep every rule, and replay to the live state', () => {
    assertHistories({ numRuns: RUNS });
  });

  it('reach every event, with a seed that shows it', () => {
    const seen = assertHistories({ numRuns: 400, seed: 20_261_124 });
    expect(EVENT_NAMES.filter((name) => !seen.has(name))).toEqual([]);
  });
});

function checkTimes(state: CaseState, now: Instant): void {
  for (const clock of state.clocks) {
    const net = netSeconds(clock, now);
    expect(net).toBeGreaterThanOrEqual(0);
    if (clock.dueAt !== undefined && clock.targetSeconds !== undefined && !isRunning(clock)) {
      const time = responseTimes(state).find(
        ({ clock: of, instance }) => of === clock.id && instance === clock.instance,
      );
      if (time?.onTime === true) expect(net).toBeLessThan(clock.targetSeconds);
      if (time?.onTime === false) expect(net).toBeGreaterThanOrEqual(clock.targetSeconds);
    }
  }
  for (const due of dueClocks(state, now))
    expect(netSeconds(due, now)).toBeGreaterThanOrEqual(due.targetSeconds ?? Infinity);
}
