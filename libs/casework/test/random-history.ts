/** Random histories from a seed, carried out against the library and judged by the model; a failing one is shrunk. */
import type { Actor } from '../src/access.js';
import type { CaseAct } from '../src/acts.js';
import { type Clock, CLOCKS } from '../src/clocks.js';
import {
  CONSENT_CODES,
  effectiveConsent,
  encodeConsentMatrix,
  isConsentCode,
  LEVELS,
  makeConsentMatrix,
  SCOPES,
} from '../src/consent.js';
import { decide } from '../src/decide.js';
import type { CaseEvent, EventName } from '../src/events.js';
import { DEFAULT_POLICY } from '../src/policy.js';
import { replay } from '../src/replay.js';
import type { CaseState } from '../src/state.js';
import * as list from '../src/vocabularies.js';
import {
  ALTERNATE,
  AWAITING_CONSENT,
  AWAITING_INFO,
  CLEARED,
  CLOSED,
  CUSTODIAN,
  DAY,
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
  PERSON_1,
  REFERRED,
  REOPENED,
  REPORTER,
  type Step,
  SYSTEM,
  T0,
  TO,
} from './histories.js';
import { Contradiction, Model } from './model.js';

/** Numbers that look random and are the same for the same seed (xorshift32). */
export type Dice = {
  /** 0 to n - 1. */
  readonly below: (n: number) => number;
  readonly pick: <T>(from: readonly T[]) => T;
};

export function dice(seed: number): Dice {
  let x = (seed ^ 0x9e3779b9) >>> 0 || 1;
  const next = (): number => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>>= 0);
  };
  for (let i = 0; i < 8; i++) next();
  const below = (n: number): number => next() % n;
  return { below, pick: (from) => from[below(from.length)]! };
}

/** One attempt: the first of these people who may do it does it, so long after what came before. */
export type Attempt = { readonly act: CaseAct; readonly actors: readonly Actor[]; readonly wait: number };

export type RandomHistory = { readonly start: readonly Step[]; readonly attempts: readonly Attempt[] };

const STAFF = [FOCAL, FOCAL_2, OFFICIAL, OFFICIAL_2, OTHER_FOCAL, CUSTODIAN, ALTERNATE, MECHANISM_OFFICER];
const ANYBODY: readonly Actor[] = [SYSTEM, REPORTER, PERSON_1, ...STAFF];
const TRIAGE: readonly Actor[] = [FOCAL, FOCAL_2, OFFICIAL];
const DECIDING: readonly Actor[] = [OFFICIAL, OFFICIAL_2, ALTERNATE];
const EITHER: readonly Actor[] = [FOCAL, OFFICIAL, FOCAL_2, OFFICIAL_2, ALTERNATE];
const HERS: readonly Actor[] = [REPORTER, PERSON_1];
const ITSELF: readonly Actor[] = [SYSTEM];
const KEEPS: readonly Actor[] = [CUSTODIAN];

type Maker = readonly [weight: number, who: readonly Actor[], make: (d: Dice) => CaseAct];

const second = (d: Dice): { second?: string } => {
  const of = d.pick(['1', '2', '3', '4', '2', '4', '']);
  return of === '' ? {} : { second: hash(of) };
};
const number = (d: Dice): number => d.pick([1, 1, 1, 2, 3]);
const yes = (d: Dice): boolean => d.below(2) === 0;
const change = (d: Dice) => {
  const scope = d.pick([...SCOPES, 'K3', 'K5', 'K5'] as const);
  const codes = CONSENT_CODES.filter((code) => isConsentCode(scope, code));
  const through = d.pick([8, 8, 8, 1, 2, undefined]);
  return {
    ...{ person: d.pick([1, 1, 1, 2, 8]), scope, code: d.pick(codes) },
    ...(through !== undefined && { through }),
  };
};

const MAKERS: readonly Maker[] = [
  [3, TRIAGE, (d) => (d.below(4) > 0 ? { kind: 'acknowledge' } : { kind: 'acknowledge', exempt: 'asked' })],
  [4, TRIAGE, () => ({ kind: 'start_triage' })],
  [
    6,
    TRIAGE,
    (d) => ({
      ...{ kind: 'scope', scope: d.pick(['SC-A', 'SC-B', ...list.SCOPE] as const) },
      ...{ act: d.below(8) > 0, link: d.below(8) > 0 },
      ...{ credibility: d.pick(['SINGLE_SOURCE', 'CORROBORATED', ...list.VER] as const) },
      ...{ likelihood: d.pick(list.RISK), severity: d.pick(list.RISK), priority: d.pick(list.PRI) },
      ...second(d),
    }),
  ],
  [5, TRIAGE, (d) => ({ kind: 'route', role: id(d.pick(['b', 'b', 'b', 'c'])), target: 'senior_official' })],
  [5, DECIDING, () => ({ kind: 'accept' })],
  [
    4,
    DECIDING,
    (d) => {
      const intervention = d.pick(['DEMARCHE', 'NOTE_VERBALE', ...list.INT] as const);
      const channel = d.pick(list.INT_CHANNELS[intervention]);
      return {
        ...{ kind: 'draft_intervention', number: number(d), intervention, channel },
        level: d.pick(['2', '1', ...LEVELS] as const),
      };
    },
  ],
  [4, EITHER, (d) => ({ kind: 'clear_intervention', number: number(d) })],
  [4, DECIDING, (d) => ({ kind: 'send_intervention', number: number(d) })],
  [1, ITSELF, (d) => ({ kind: 'assign', role: id(d.pick(['a', 'a', 'b', 'c'])) })],
  [2, EITHER, (d) => ({ kind: 'message', feedback: yes(d) })],
  [2, TRIAGE, () => ({ kind: 'request_info' })],
  [1, TRIAGE, () => ({ kind: 'info_received' })],
  [2, EITHER, (d) => ({ kind: 'reprioritise', priority: d.pick(list.PRI), ...second(d) })],
  [2, EITHER, (d) => ({ kind: 'ask_consent', scope: d.pick([...SCOPES, 'K3', 'K5'] as const) })],
  [
    2,
    HERS,
    (d) => ({ ...{ kind: 'answer_consent', person: 1, through: 8 }, ...pickAnswer(d, ['K3', 'K5']) }),
  ],
  [1, EITHER, () => ({ kind: 'stop_asking' })],
  [4, HERS, (d) => ({ kind: 'consent_change', ...change(d) })],
  [1, TRIAGE, (d) => ({ kind: 'close_out_of_scope', reason: d.pick(list.OOS), ...second(d) })],
  [1, DECIDING, (d) => ({ kind: 'return', reason: d.pick(list.RETURN) })],
  [1, EITHER, (d) => ({ kind: 'recuse', whole_role: d.below(3) === 0 })],
  [2, HERS, () => ({ kind: 'reporter_message' })],
  [1, HERS, (d) => ({ kind: 'confirm', event: d.below(20) + 1 })],
  [1, HERS, (d) => ({ kind: 'dispute', event: d.below(20) + 1 })],
  [4, ITSELF, (d) => ({ kind: 'lapse', clock: d.pick(CLOCKS), instance: d.pick([1, 1, 2]) })],
  [
    2,
    ITSELF,
    (d) => ({ kind: 'escalate', role: id(d.pick(['b', 'b', 'c'])), quarantined: d.below(5) === 0 }),
  ],
  [
    2,
    DECIDING,
    (d) => ({ kind: 'state_reply', number: number(d), response: d.pick(list.RSP), complete: yes(d) }),
  ],
  [1, EITHER, (d) => ({ kind: 'access', compartment: d.below(3) })],
  [1, EITHER, () => ({ kind: 'write_note' })],
  [1, EITHER, (d) => ({ kind: 'grant', role: id(d.pick(['a', 'b', 'c'])), compartment: d.below(2) })],
  [1, EITHER, (d) => ({ kind: 'succession', epoch: d.below(2) + 1 })],
  [
    1,
    KEEPS,
    (d) => ({ kind: 'erase', reason: d.pick(['withdrawn', 'retention'] as const), second: hash('9') }),
  ],
  [
    1,
    TRIAGE,
    (d) => ({
      ...{ kind: 'divert', role: id(d.pick(['e', 'e', 'c'])), target: 'alternate' },
      ...{ instead_of: id('b'), reason: d.pick(list.DIVERT) },
    }),
  ],
  [
    1,
    EITHER,
    (d) => ({
      ...{ kind: 'refer', channel: d.pick([...list.MECHANISM, 'SP', 'SP'] as const), role: id('f') },
      ...{ target: 'mechanism', compartment: 16 + d.below(3) },
    }),
  ],
  [1, [MECHANISM_OFFICER], (d) => ({ kind: 'note_referral', number: 1, note: d.pick(list.NOTED) })],
  [2, EITHER, (d) => ({ kind: 'hold', reason: d.pick(['PA3', 'PA4'] as const), ...second(d) })],
  [2, [FOCAL, OFFICIAL, SYSTEM], () => ({ kind: 'resume' })],
  [
    2,
    EITHER,
    (d) => ({
      ...{ kind: 'assess_risk', likelihood: d.pick(list.RISK), severity: d.pick(list.RISK) },
      changed: d.below(3) === 0,
    }),
  ],
  [2, DECIDING, () => ({ kind: 'monitor' })],
  [2, DECIDING, () => ({ kind: 'review' })],
  [2, DECIDING, (d) => ({ kind: 'act_again', reason: d.pick(['FURTHER_ACT', 'NO_REMEDY'] as const) })],
  [1, EITHER, (d) => ({ kind: 'close', reason: d.pick(list.CLOSE), ...second(d) })],
  [2, [REPORTER, FOCAL], () => ({ kind: 'reopen' })],
  [1, EITHER, (d) => ({ kind: 'link', case: id(d.pick(['8', '9'])), relation: d.pick(list.RELATION) })],
  [
    1,
    [REPORTER, FOCAL],
    (d) => ({ kind: 'invite_person', person: d.pick([1, 2, 8]), compartment: 16 + d.below(3) }),
  ],
  [1, [PERSON_1], () => ({ kind: 'join' })],
  [1, HERS, () => ({ kind: 'change_code' })],
  [1, HERS, () => ({ kind: 'close_mailbox' })],
  [1, DECIDING, (d) => ({ kind: 'follow_up', number: number(d) })],
  [1, DECIDING, (d) => ({ kind: 'end_intervention', number: number(d) })],
  [1, KEEPS, (d) => ({ kind: 'legal_hold', on: yes(d), second: hash('9') })],
  [
    4,
    KEEPS,
    (d) => ({ kind: 'review_retention', decision: d.pick(['keep', 'erase'] as const), second: hash('9') }),
  ],
];
const DRAWN = MAKERS.flatMap((maker) => Array.from({ length: maker[0] }, () => maker));

function pickAnswer(d: Dice, scopes: readonly ('K3' | 'K5')[]) {
  const scope = d.pick(scopes);
  return { scope, code: d.pick(CONSENT_CODES.filter((code) => isConsentCode(scope, code))) };
}

const WAITS = [0, 0, 1, 60, 3_600, DAY, DAY, 6 * DAY, 12 * DAY, 31 * DAY, 200 * DAY, 370 * DAY];
const STARTS: readonly (readonly Step[])[] = [
  ...[TO.inScope, TO.routed, TO.accepted, TO.sent, CLEARED, AWAITING_INFO, AWAITING_CONSENT, ESCALATED],
  [...MONITORED, [{ kind: 'act_again', reason: 'FURTHER_ACT' }, OFFICIAL]],
  ...[MONITORED, CLOSED, REOPENED, HELD, REFERRED, JOINED],
];

/** The history of a seed; half of them begin on the ordinary path. */
export function randomHistory(seed: number): RandomHistory {
  const d = dice(seed);
  const start = yes(d) ? d.pick(STARTS) : [[submission(d), REPORTER] as const];
  const attempts = Array.from({ length: 8 + d.below(40) }, (): Attempt => {
    const [, who, make] = d.pick(DRAWN);
    const first = d.below(who.length);
    const own = [...who.slice(first), ...who.slice(0, first)];
    return { act: make(d), actors: d.below(8) === 0 ? [d.pick(ANYBODY), ...own] : own, wait: d.pick(WAITS) };
  });
  return { start, attempts };
}

function submission(d: Dice): CaseAct {
  const rows = Array.from({ length: 1 + d.below(8) }, () =>
    Object.fromEntries(
      SCOPES.map((scope) => [scope, d.pick(CONSENT_CODES.filter((code) => isConsentCode(scope, code)))]),
    ),
  );
  const excluded = d.pick(['', '', '', 'b', 'c']);
  return {
    ...{ kind: 'submit', declared_urgent: d.pick(list.URGENCY), role: id('a'), escalation: yes(d) },
    consents: encodeConsentMatrix(makeConsentMatrix(d.below(4) > 0 ? [GENEROUS] : rows)),
    exclusions: excluded === '' ? [] : [id(excluded)],
  };
}

/** Acts that become one event whatever the state: refused as out of place, the model must not allow them either. */
const BECOMES: Readonly<Partial<Record<CaseAct['kind'], EventName>>> = {
  ...{ start_triage: 'TRIAGE_STARTED', request_info: 'INFO_REQUESTED', info_received: 'INFO_RECEIVED' },
  ...{ scope: 'SCOPED', close_out_of_scope: 'CLOSED_OUT_OF_SCOPE', route: 'ROUTED', accept: 'ACCEPTED' },
  ...{ hold: 'HELD', resume: 'RESUMED', monitor: 'MONITORED' },
  ...{ review: 'REVIEWED', act_again: 'ACTION_RESUMED', reopen: 'REOPENED', ask_consent: 'CONSENT_ASKED' },
};

/**
 * Carries a history out and holds every step against the model.
 * @param seen - told each event with the phase it came in.
 * @throws {Contradiction} where the two differ; whatever the library throws.
 */
function carryOut({ start, attempts }: RandomHistory, seen: (pair: string) => void = () => undefined): void {
  const model = new Model();
  const events: CaseEvent[] = [];
  let state: CaseState | undefined;
  let now = T0 - 1;
  const attempt = (act: CaseAct, actor: Actor): boolean => {
    const decision = decide(state, act, { now, actor, policy: DEFAULT_POLICY });
    if (!decision.ok) {
      const event = BECOMES[act.kind];
      // A person who was invited and has not joined is refused with the same code wherever the case stands.
      const misplaced = decision.refusal.code === 'not_in_this_state' && actor.kind !== 'reporter';
      if (misplaced && event !== undefined && model.allows(event))
        throw new Contradiction(`${event} refused in ${model.phase}`);
      return false;
    }
    const { event, next } = decision;
    seen(`${model.phase} ${event.type}`);
    model.watch(event);
    compare(model, next);
    state = next;
    events.push(event);
    return true;
  };
  for (const [act, actor, after] of start) {
    now = after === undefined ? now + 1 : T0 + after;
    attempt(act, actor);
  }
  for (const { act, actors, wait } of attempts) {
    now += wait;
    actors.some((actor) => attempt(act, actor));
  }
  if (state !== undefined) {
    const again = JSON.stringify(replay(events, DEFAULT_POLICY));
    if (again !== JSON.stringify(state)) throw new Contradiction('the replay is another state');
  }
}

function compare(model: Model, state: CaseState): void {
  same('phase', model.phase, state.phase);
  for (const scope of SCOPES) {
    const { granted, level } = effectiveConsent(state.consents, scope);
    const effective = model.effective(scope);
    same(scope, effective !== undefined, granted);
    if (level !== undefined) same(scope, effective, level);
  }
  same('clocks', model.clocks.length, state.clocks.length);
  state.clocks.forEach((clock, i) => compareClock(model, clock, i));
}

function compareClock(model: Model, clock: Clock, i: number): void {
  const of = model.clocks[i]!;
  const what = `${clock.id}/${String(clock.instance)}`;
  same(what, of.id, clock.id);
  same(`${what} start`, of.startedAt, clock.startedAt);
  same(`${what} target`, of.target, clock.targetSeconds);
  same(`${what} stop`, of.stoppedAt, clock.stoppedAt);
  same(`${what} stopped by`, of.stoppedBy, clock.stoppedBy);
  same(`${what} due`, Model.dueAt(of), clock.dueAt);
  same(`${what} lapse`, of.lapsedAt, clock.lapsedAt);
}

function same(what: string, model: unknown, library: unknown): void {
  if (model !== library)
    throw new Contradiction(`${what}: the model says ${String(model)}, the library ${String(library)}`);
}

/** What is wrong with a history, or undefined. @param seen - as of {@link carryOut}. */
export function faultOf(history: RandomHistory, seen?: (pair: string) => void): string | undefined {
  try {
    carryOut(history, seen);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The shortest history found that fails as this one does: its end is cut off, then every step that is not needed. */
export function shrink(history: RandomHistory): RandomHistory {
  const fault = faultOf(history);
  const fails = (attempts: readonly Attempt[]): boolean => faultOf({ ...history, attempts }) === fault;
  let { attempts } = history;
  for (let size = attempts.length; size >= 1; size = Math.floor(size / 2)) {
    for (let at = attempts.length - size; at >= 0; at -= size) {
      const without = attempts.toSpliced(at, size);
      if (fails(without)) attempts = without;
    }
  }
  return { ...history, attempts };
}

/** One line for each step that was carried out, to read. */
export function tell({ start, attempts }: RandomHistory): readonly string[] {
  const steps = start.map(([act]) => JSON.stringify(act));
  return [...steps, ...attempts.map(({ act, wait }) => `+${String(wait)} s ${JSON.stringify(act)}`)];
}
