/**
 * The POLICY document: the response times an instance binds itself to. Its canonical JSON is what gets hashed
 * and logged; the version in force when a case was submitted is the one its clocks follow (SPEC.md §6).
 */
import { type Json } from '@app/encoding';
import { optional, type Parsed, parseRecord, record, text, whole } from './fields.js';

const HOUR = 3_600;
const DAY = 24 * HOUR;
const MOST = 10 * 366 * DAY;

const seconds = whole(1, MOST);
const byPriority = record({ P1: seconds, P2: seconds, P3: seconds, P4: seconds });

const POLICY_FIELDS = {
  version: whole(1, 0xffff_ffff),
  name: text(200),
  targets: record({
    C1: record({ urgent: seconds, other: seconds }),
    C2: byPriority,
    C3: byPriority,
    C5: byPriority,
    C6: byPriority,
    C7: byPriority,
    C8: seconds,
    C9: byPriority,
    C11: byPriority,
  }),
  /** How long things hold. */
  limits: record({
    /** A risk assessment, before something is sent to the State concerned. */
    risk: seconds,
    /** A grant of K5 or K6, before it has to be confirmed. */
    consent: seconds,
    /** A hold: at the person's wish, and for protection. */
    hold: record({ PA3: seconds, PA4: seconds }),
    /** Silence after which a person counts as unreachable. */
    unreachable: seconds,
    /** After closing: out of scope, never shared, and the yearly review of the rest. */
    retention: record({ out_of_scope: seconds, unshared: seconds, review: seconds }),
  }),
  /** The longest time between a promise and its entry in the ledger, seconds. */
  max_promise_delay: whole(1, DAY),
  /** The ledger's tick, seconds. */
  tick_seconds: whole(1, DAY),
  note: optional(text(1_000)),
};

/** Target times in whole seconds. */
export type Policy = Parsed<typeof POLICY_FIELDS>;
export type Targets = Policy['targets'];
export type Limits = Policy['limits'];

/** Targets that differ by priority. */
export type PriorityTargets = Targets['C3'];

/**
 * @throws {ParseError} with the field at fault.
 * @see SPEC.md §6
 */
export function parsePolicy(json: Json): Policy {
  return parseRecord(POLICY_FIELDS, json, 'policy');
}

const P34 = (P1: number, P2: number, rest: number): PriorityTargets => ({ P1, P2, P3: rest, P4: rest });

export const DEFAULT_POLICY: Policy = {
  version: 1,
  name: 'default response times',
  targets: {
    C1: { urgent: 24 * HOUR, other: 7 * DAY },
    C2: P34(24 * HOUR, 72 * HOUR, 14 * DAY),
    C3: P34(24 * HOUR, 72 * HOUR, 14 * DAY),
    C5: P34(24 * HOUR, 3 * DAY, 10 * DAY),
    C6: P34(24 * HOUR, 3 * DAY, 10 * DAY),
    C7: P34(72 * HOUR, 14 * DAY, 30 * DAY),
    C8: 60 * DAY,
    C9: P34(30 * DAY, 60 * DAY, 90 * DAY),
    C11: P34(30 * DAY, 90 * DAY, 90 * DAY),
  },
  limits: {
    risk: 7 * DAY,
    consent: 30 * DAY,
    hold: { PA3: 30 * DAY, PA4: 14 * DAY },
    unreachable: 180 * DAY,
    retention: { out_of_scope: 90 * DAY, unshared: 180 * DAY, review: 365 * DAY },
  },
  max_promise_delay: 600,
  tick_seconds: 60,
};

/**
 * The same policy with every case target divided by `factor` and rounded up, at least one second. The limits and
 * the ledger's own times stay.
 * @param factor - more than 1 makes the clocks run out sooner.
 * @param note - says in public that and why the times are not the real ones.
 */
export function acceleratePolicy(policy: Policy, factor: number, note: string): Policy {
  const faster = (value: number): number => Math.min(MOST, Math.max(1, Math.ceil(value / factor)));
  const each = (of: PriorityTargets): PriorityTargets => ({
    P1: faster(of.P1),
    P2: faster(of.P2),
    P3: faster(of.P3),
    P4: faster(of.P4),
  });
  const { C1, C2, C3, C5, C6, C7, C8, C9, C11 } = policy.targets;
  return {
    ...policy,
    note,
    targets: {
      C1: { urgent: faster(C1.urgent), other: faster(C1.other) },
      C2: each(C2),
      C3: each(C3),
      C5: each(C5),
      C6: each(C6),
      C7: each(C7),
      C8: faster(C8),
      C9: each(C9),
      C11: each(C11),
    },
  };
}
