/** The life of a case after triage, transition by transition, and what each does to the clocks (SPEC.md §4, §5, §9). */
import { describe, expect, it } from '@jest/globals';
import {
  ALTERNATE,
  AWAITING_CONSENT,
  CLEARED,
  CLOSE_ACT,
  CLOSED,
  CUSTODIAN,
  DAY,
  DRAFTED,
  FOCAL,
  hash,
  HELD,
  history,
  id,
  JOINED,
  MECHANISM_OFFICER,
  MONITORED,
  OFFICIAL,
  OFFICIAL_2,
  OUT_OF_SCOPE,
  REFER,
  REFERRED,
  refusal,
  REOPENED,
  REPORTER,
  ROUTE,
  type Step,
  SUBMIT,
  SYSTEM,
  TO,
} from '../test/histories.js';
import type { Actor } from './access.js';
import type { CaseAct } from './acts.js';
import type { RefusalCode } from './refusing.js';

type Allowed = readonly [string, readonly Step[], CaseAct, Actor, string];

const BARRED: readonly Step[] = [...TO.inScope, [{ kind: 'recuse', whole_role: false }, FOCAL]];
const DIVERT = {
  kind: 'divert',
  role: ALTERNATE.roleId,
  target: 'alternate',
  instead_of: OFFICIAL.roleId,
  reason: 'UN_PERSONNEL',
} as const;

const LEADS: readonly Allowed[] = [
  ['T13 at the wish of the person', TO.accepted, { kind: 'hold', reason: 'PA3' }, OFFICIAL, 'ON_HOLD'],
  ['T13 in triage', TO.inTriage, { kind: 'hold', reason: 'PA3' }, FOCAL, 'ON_HOLD'],
  [
    'T13 for protection',
    TO.accepted,
    { kind: 'hold', reason: 'PA4', second: hash('4') },
    OFFICIAL,
    'ON_HOLD',
  ],
  ['T13 and back', HELD, { kind: 'resume' }, OFFICIAL, 'ACCEPTED'],
  ['T14', MONITORED.slice(0, -1), { kind: 'monitor' }, OFFICIAL, 'MONITORING'],
  ['T15', MONITORED, { kind: 'act_again', reason: 'FURTHER_ACT' }, OFFICIAL, 'ACTION_ONGOING'],
  ['T16', CLOSED.slice(0, -1), CLOSE_ACT, OFFICIAL, 'CLOSED'],
  [
    'T16 before routing, by the focal point',
    [...TO.inScope, [{ kind: 'message', feedback: true }, FOCAL]],
    { ...CLOSE_ACT, second: hash('2') },
    FOCAL,
    'CLOSED',
  ],
  ['T17 by whoever has the code', CLOSED, { kind: 'reopen' }, REPORTER, 'REOPENED'],
  ['T17 and on', REOPENED, { kind: 'start_triage' }, FOCAL, 'IN_TRIAGE'],
  ['T20', TO.inScope, DIVERT, FOCAL, 'ROUTED'],
  ['T20 after routing', TO.routed, DIVERT, FOCAL, 'ROUTED'],
  ['an extract for an office', TO.inScope, REFER, FOCAL, 'IN_SCOPE'],
  [
    'the office notes',
    REFERRED,
    { kind: 'note_referral', number: 1, note: 'ACTION' },
    MECHANISM_OFFICER,
    'ACCEPTED',
  ],
  ['asking for consent later', TO.accepted, { kind: 'ask_consent', scope: 'K6' }, FOCAL, 'ACCEPTED'],
  ['a late reply to a closed case', [...closedWithOpenWindow()], reply('RSP1'), OFFICIAL, 'CLOSED'],
];

function reply(response: 'RSP1' | 'RSP9'): CaseAct {
  return { kind: 'state_reply', number: 1, response, complete: true };
}

/** Closed at the person's request while the State still had time to reply. */
function closedWithOpenWindow(): readonly Step[] {
  return [...TO.sent, [{ ...CLOSE_ACT, reason: 'SAFETY' }, OFFICIAL]];
}

describe('transitions after triage', () => {
  it.each(LEADS)('%s', (_name, steps, act, actor, phase) => {
    expect(history(...steps, [act, actor]).state.phase).toBe(phase);
  });
});

const REFUSED: readonly (readonly [RefusalCode, string, readonly Step[], CaseAct, Actor, number?])[] = [
  [
    'second_officer_required',
    'a protection hold alone',
    TO.accepted,
    { kind: 'hold', reason: 'PA4' },
    OFFICIAL,
  ],
  [
    'not_in_this_state',
    'sending while on hold',
    [...CLEARED, ...HELD.slice(-1)],
    { kind: 'send_intervention', number: 1 },
    OFFICIAL,
  ],
  ['not_due', 'a hold that has not run out', HELD, { kind: 'resume' }, SYSTEM],
  ['window_open', 'watching before the State replied', TO.sent, { kind: 'monitor' }, OFFICIAL],
  [
    'window_open',
    'also after following up',
    [...TO.sent, [{ kind: 'follow_up', number: 1 }, OFFICIAL]],
    { kind: 'monitor' },
    OFFICIAL,
  ],
  ['not_in_this_state', 'watching before anything was done', DRAFTED, { kind: 'monitor' }, OFFICIAL],
  [
    'consent_outdated',
    'a second round on old consent',
    MONITORED,
    { kind: 'act_again', reason: 'NO_REMEDY' },
    OFFICIAL,
    40 * DAY,
  ],
  ['outcome_not_told', 'closing before the person was told', MONITORED, CLOSE_ACT, OFFICIAL],
  [
    'outcome_not_told',
    'or before she was told of the last step',
    [[SUBMIT, REPORTER], [{ kind: 'message', feedback: true }, FOCAL], ...MONITORED.slice(1)],
    CLOSE_ACT,
    OFFICIAL,
  ],
  [
    'second_officer_required',
    'closing alone',
    CLOSED.slice(0, -1),
    { kind: 'close', reason: 'PARTLY' },
    OFFICIAL,
  ],
  [
    'same_officer',
    'with herself',
    CLOSED.slice(0, -1),
    { ...CLOSE_ACT, second: OFFICIAL.certificate },
    OFFICIAL,
  ],
  ['not_your_role', 'closing what is with the official', CLOSED.slice(0, -1), CLOSE_ACT, FOCAL],
  [
    'not_in_this_state',
    'closing what nobody accepted yet',
    TO.routed,
    { ...CLOSE_ACT, reason: 'WITHDRAWN' },
    OFFICIAL,
  ],
  [
    'not_in_this_state',
    'closing from triage by way of a hold',
    [...TO.inTriage, [{ kind: 'hold', reason: 'PA3' }, FOCAL]],
    { ...CLOSE_ACT, reason: 'SAFETY' },
    FOCAL,
  ],
  [
    'still_reachable',
    'before half a year of silence',
    TO.accepted,
    { ...CLOSE_ACT, reason: 'UNREACHABLE' },
    OFFICIAL,
    179 * DAY,
  ],
  ['target_unknown', 'merging with nothing', TO.accepted, { ...CLOSE_ACT, reason: 'MERGED' }, OFFICIAL],
  [
    'target_unknown',
    'resolved into another case',
    CLOSED.slice(0, -1),
    { ...CLOSE_ACT, into: id('9') },
    OFFICIAL,
  ],
  ['consent_missing', 'staff reopen without K10', CLOSED, { kind: 'reopen' }, FOCAL],
  [
    'recused',
    'routing back to the office it was diverted from',
    [...TO.routed, [DIVERT, FOCAL], [{ kind: 'return', reason: 'NOT_OURS' }, ALTERNATE]],
    ROUTE,
    FOCAL,
  ],
  ['target_unknown', 'diverting to nobody', TO.inScope, { ...DIVERT, target: undefined as never }, FOCAL],
  [
    'target_unknown',
    'diverting from nobody',
    TO.inScope,
    { ...DIVERT, instead_of: undefined as never },
    FOCAL,
  ],
  ['recused', 'whoever stepped back diverts nothing', BARRED, DIVERT, FOCAL],
  [
    'consent_missing',
    'an extract without its own consent',
    TO.accepted,
    { ...REFER, channel: 'TB' },
    OFFICIAL,
  ],
  ['already_done', 'the same office twice', REFERRED, { ...REFER, compartment: 18 }, OFFICIAL],
  [
    'compartment_taken',
    'into the extract of a person',
    [...JOINED, [ROUTE, FOCAL]],
    { ...REFER, compartment: 16 },
    OFFICIAL,
  ],
  [
    'referral_unknown',
    'noting what it was not given',
    REFERRED,
    { kind: 'note_referral', number: 2, note: 'ACTION' },
    MECHANISM_OFFICER,
  ],
  [
    'not_your_role',
    'another office noting',
    REFERRED,
    { kind: 'note_referral', number: 1, note: 'ACTION' },
    { ...MECHANISM_OFFICER, roleId: id('9') },
  ],
  [
    'already_done',
    'two questions at once',
    AWAITING_CONSENT.slice(0, -1).concat([
      [ROUTE, FOCAL],
      [{ kind: 'accept' }, OFFICIAL],
      [{ kind: 'ask_consent', scope: 'K6' }, FOCAL],
    ]),
    { kind: 'ask_consent', scope: 'K5' },
    FOCAL,
  ],
  [
    'legal_hold',
    'erasing under a legal hold',
    [...OUT_OF_SCOPE, [{ kind: 'legal_hold', on: true }, CUSTODIAN]],
    { kind: 'erase', reason: 'retention', second: hash('7') },
    CUSTODIAN,
    200 * DAY,
  ],
  [
    'second_officer_required',
    'lifting a legal hold alone',
    [...OUT_OF_SCOPE, [{ kind: 'legal_hold', on: true }, CUSTODIAN]],
    { kind: 'legal_hold', on: false },
    CUSTODIAN,
  ],
  [
    'not_due',
    'erasing before its day',
    OUT_OF_SCOPE,
    { kind: 'erase', reason: 'retention', second: hash('7') },
    CUSTODIAN,
    89 * DAY,
  ],
  [
    'not_due',
    'reviewing before its day',
    CLOSED,
    { kind: 'review_retention', decision: 'keep', second: hash('7') },
    CUSTODIAN,
  ],
  [
    'too_many',
    'a case linked to everything',
    [
      ...TO.inScope,
      ...Array.from({ length: 64 }, (_, i): Step => [
        { kind: 'link', case: i.toString(16).padStart(32, '0'), relation: 'SITUATION' },
        FOCAL,
      ]),
    ],
    { kind: 'link', case: id('a'), relation: 'SITUATION' },
    FOCAL,
  ],
];

describe('refusals after triage', () => {
  it.each(REFUSED)('%s: %s', (...row) => {
    const [code, _name, steps, act, actor, after] = row;
    expect(refusal(history(...steps).state, act, actor, after)).toBe(code);
  });
});

describe('interventions', () => {
  it('go through follow-up to an end; a draft that is given up counts as cancelled', () => {
    const followed = history(
      ...TO.sent,
      [{ kind: 'follow_up', number: 1 }, OFFICIAL],
      [reply('RSP1'), OFFICIAL],
      [{ kind: 'end_intervention', number: 1 }, OFFICIAL_2],
    ).state;
    expect(followed.interventions[0]).toMatchObject({ state: 'ENDED', response: 'RSP1' });
    const given = history(...DRAFTED, [{ kind: 'end_intervention', number: 1 }, OFFICIAL]).state;
    expect(given.interventions[0]?.state).toBe('CANCELLED');
  });

  it('end the wait for the State where nobody waits any more', () => {
    const { state } = history(...TO.sent, [{ kind: 'end_intervention', number: 1 }, OFFICIAL]);
    expect(refusal(state, { kind: 'monitor' }, OFFICIAL)).toBeUndefined();
  });
});
