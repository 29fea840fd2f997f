/** Persons with codes of their own, and how long a closed case is kept (SPEC.md §4, §9). */
import { describe, expect, it } from '@jest/globals';
import {
  CLOSE_ACT,
  CLOSED,
  consents,
  CUSTODIAN,
  DAY,
  FOCAL,
  GENEROUS,
  hash,
  history,
  INVITE,
  JOINED,
  OUT_OF_SCOPE,
  PERSON_1,
  refusal,
  REPORTER,
  type Step,
  SUBMIT,
  T0,
  TO,
  withdraw,
} from '../test/histories.js';
import type { Actor } from './access.js';
import type { CaseAct } from './acts.js';
import { applyEvent } from './apply.js';
import { DEFAULT_POLICY } from './policy.js';
import type { RefusalCode } from './refusing.js';

const { limits } = DEFAULT_POLICY;
const end = (steps: readonly Step[]): number => history(...steps).state.lastEventAt - T0;

describe('persons with codes of their own', () => {
  const grant = (person: number, through: number): CaseAct => ({
    kind: 'consent_change',
    person,
    through,
    scope: 'K8',
    code: '1',
  });

  it('join once, and then nobody else answers for them', () => {
    const joined = history(...JOINED).state;
    expect(joined.persons[1]).toEqual({ number: 1, compartment: 16, state: 'joined' });
    expect(refusal(joined, { kind: 'join' }, PERSON_1)).toBe('already_done');
    expect(refusal(joined, grant(1, 8), REPORTER)).toBe('not_your_answer');
    expect(refusal(joined, grant(2, 8), REPORTER)).toBeUndefined();
    expect(refusal(joined, grant(1, 8), PERSON_1)).toBeUndefined();
    expect(refusal(joined, grant(2, 8), PERSON_1)).toBe('not_your_answer');
    expect(refusal(joined, withdraw('K2'), REPORTER)).toBeUndefined();
    expect(refusal(joined, withdraw('K5'), REPORTER)).toBe('not_your_answer');
  });

  it.each<readonly [RefusalCode, string, readonly Step[], CaseAct, Actor]>([
    ['person_unknown', 'nobody invited her', TO.inScope, { kind: 'reporter_message' }, PERSON_1],
    ['not_in_this_state', 'she has not joined', JOINED.slice(0, -1), { kind: 'reporter_message' }, PERSON_1],
    ['already_done', 'invited twice', JOINED, { ...INVITE, compartment: 17 }, FOCAL],
    ['compartment_taken', 'two in one extract', JOINED, { ...INVITE, person: 2 }, FOCAL],
    ['not_permitted', 'she invites nobody', JOINED, { ...INVITE, person: 2, compartment: 17 }, PERSON_1],
    [
      'mailbox_closed',
      'after closing',
      [...JOINED, [{ kind: 'close_mailbox' }, PERSON_1]],
      { kind: 'reporter_message' },
      PERSON_1,
    ],
    [
      'mailbox_closed',
      'the submitter too',
      [...JOINED, [{ kind: 'close_mailbox' }, REPORTER]],
      { kind: 'confirm', event: 1 },
      REPORTER,
    ],
  ])('%s: %s', (code, _name, steps, act, actor) => {
    expect(refusal(history(...steps).state, act, actor)).toBe(code);
  });

  it('a closed mailbox answers no more, and its last answers stand', () => {
    const { state } = history(...JOINED, [grant(1, 8), PERSON_1], [{ kind: 'close_mailbox' }, PERSON_1]);
    expect(state.consents[0]?.K8).toBe('1');
  });
});

describe('retention', () => {
  const keep: Step[] = [
    [{ ...SUBMIT, consents: consents({ ...GENEROUS, K10: 'g' }) }, REPORTER],
    ...OUT_OF_SCOPE.slice(1),
  ];

  it.each([
    ['out of scope', OUT_OF_SCOPE, limits.retention.out_of_scope, 'erase'],
    [
      'never shared',
      [
        ...TO.inScope,
        [{ kind: 'message', feedback: true }, FOCAL],
        [{ ...CLOSE_ACT, second: hash('2') }, FOCAL],
      ],
      limits.retention.unshared,
      'erase',
    ],
    ['shared', CLOSED, limits.retention.review, 'review'],
    ['to be kept at her wish', keep, limits.retention.review, 'review'],
  ] as readonly (readonly [string, readonly Step[], number, string])[])(
    '%s',
    (_name, steps, seconds, kind) => {
      const { state } = history(...steps);
      expect(state.expiry).toMatchObject({ at: state.lastEventAt + seconds, kind });
    },
  );

  it('a message stops an expiry, however late, and a withdrawn K10 starts one', () => {
    const written = history(...OUT_OF_SCOPE, [{ kind: 'reporter_message' }, REPORTER, 89 * DAY]).state;
    expect(written.expiry?.at).toBe(T0 + 89 * DAY + limits.retention.out_of_scope);
    const withdrawn = history(...keep, [
      { kind: 'consent_change', person: 1, scope: 'K10', code: 'w' },
      REPORTER,
    ]).state;
    expect(withdrawn.expiry).toMatchObject({ kind: 'erase' });
  });

  it('what was shared is erased only after a review of two custodians, and notice', () => {
    const day = end(CLOSED) + limits.retention.review;
    const review: Step = [{ kind: 'review_retention', decision: 'erase', second: hash('7') }, CUSTODIAN, day];
    const erase: CaseAct = { kind: 'erase', reason: 'retention', second: hash('7') };
    const { state } = history(...CLOSED, review);
    expect(refusal(state, erase, CUSTODIAN)).toBe('not_due');
    expect(refusal(state, erase, CUSTODIAN, day + limits.retention.out_of_scope)).toBeUndefined();
  });

  it.each([
    ['before its day', [], 89, 'retention'],
    ['under a hold', [[{ kind: 'legal_hold', on: true }, CUSTODIAN]], 91, 'retention'],
    ['without a withdrawal', [], 91, 'withdrawn'],
  ] as readonly (readonly [string, readonly Step[], number, 'retention' | 'withdrawn'])[])(
    'nobody who replays believes an erasure %s',
    (_name, steps, days, reason) => {
      const { state } = history(...OUT_OF_SCOPE, ...steps);
      const detail = { from: 'CLOSED', to: 'ERASED', by: hash('6'), second: hash('7') } as const;
      const at = state.submittedAt + days * DAY;
      const erased = (why: 'retention' | 'withdrawn'): string =>
        applyEvent(
          state,
          { type: 'ERASED', at, actor: 'staff', detail: { ...detail, reason: why } },
          DEFAULT_POLICY,
        ).phase;
      expect(() => erased(reason)).toThrow('erased before its time');
    },
  );
});
