import { describe, expect, it } from '@jest/globals';
import {
  CUSTODIAN,
  DAY,
  DRAFT,
  FOCAL,
  FOCAL_2,
  GENEROUS,
  consents,
  hash,
  history,
  id,
  OFFICIAL,
  OFFICIAL_2,
  OTHER_FOCAL,
  refusal,
  REPORTER,
  ROUTE,
  SCOPE_ACT,
  type Step,
  SUBMIT,
  SYSTEM,
  TO,
} from '../test/histories.js';
import type { Actor } from './access.js';
import type { CaseAct } from './acts.js';
import type { RefusalCode } from './decide.js';
import type { EventName, Phase } from './events.js';

type Legal = readonly [string, readonly Step[], CaseAct, Actor, EventName, Phase];

const awaitingInfo: readonly Step[] = [...TO.inTriage, [{ kind: 'request_info' }, FOCAL]];
const awaitingConsent: readonly Step[] = [...TO.inScope, [{ kind: 'ask_consent', scope: 'K5' }, FOCAL]];
const drafted: readonly Step[] = [...TO.accepted, [DRAFT, OFFICIAL]];
const cleared: readonly Step[] = [...drafted, [{ kind: 'clear_intervention', number: 1 }, OFFICIAL_2]];
const lapsed: readonly Step[] = [
  ...TO.received,
  [{ kind: 'lapse', clock: 'C3', instance: 1 }, SYSTEM, 14 * DAY],
];
const escalate = { kind: 'escalate', role: OFFICIAL.roleId, quarantined: false } as const;
const escalated: readonly Step[] = [...lapsed, [escalate, SYSTEM]];

const answerK5 = { person: 1, through: 8, scope: 'K5', code: '1' } as const;
const withdraw = (scope: 'K1' | 'K2' | 'K3' | 'K5'): CaseAct => ({
  kind: 'consent_change',
  person: 1,
  scope,
  code: 'w',
});

const LEGAL: readonly Legal[] = [
  ['T2', TO.received, { kind: 'acknowledge' }, FOCAL, 'ACKNOWLEDGED', 'ACKNOWLEDGED'],
  [
    'T2 exempt',
    TO.received,
    { kind: 'acknowledge', exempt: 'unsafe' },
    FOCAL,
    'ACKNOWLEDGED',
    'ACKNOWLEDGED',
  ],
  ['T2 late', TO.inTriage, { kind: 'acknowledge' }, FOCAL, 'ACKNOWLEDGED', 'IN_TRIAGE'],
  ['T3', TO.acknowledged, { kind: 'message', feedback: false }, FOCAL, 'CONTACTED', 'ACKNOWLEDGED'],
  [
    'T3 only once',
    [...TO.received, [{ kind: 'message', feedback: false }, FOCAL]],
    { kind: 'message', feedback: true },
    FOCAL_2,
    'REPLY',
    'RECEIVED',
  ],
  ['T4 from RECEIVED', TO.received, { kind: 'start_triage' }, FOCAL, 'TRIAGE_STARTED', 'IN_TRIAGE'],
  ['T4', TO.acknowledged, { kind: 'start_triage' }, FOCAL, 'TRIAGE_STARTED', 'IN_TRIAGE'],
  ['T5', TO.inTriage, { kind: 'request_info' }, FOCAL, 'INFO_REQUESTED', 'AWAITING_INFO'],
  ['T5 back', awaitingInfo, { kind: 'info_received' }, FOCAL, 'INFO_RECEIVED', 'IN_TRIAGE'],
  ['T6', TO.inTriage, SCOPE_ACT, FOCAL, 'SCOPED', 'IN_SCOPE'],
  [
    'T6 at P1 with a second officer',
    TO.inTriage,
    { ...SCOPE_ACT, priority: 'P1', second: FOCAL_2.certificate },
    FOCAL,
    'SCOPED',
    'IN_SCOPE',
  ],
  ['T7', TO.inScope, { kind: 'ask_consent', scope: 'K5' }, FOCAL, 'CONSENT_ASKED', 'AWAITING_CONSENT'],
  [
    'T7 answered',
    awaitingConsent,
    { kind: 'answer_consent', ...answerK5 },
    REPORTER,
    'CONSENT_ANSWERED',
    'IN_SCOPE',
  ],
  [
    'T7 answered by a change',
    awaitingConsent,
    { kind: 'consent_change', ...answerK5 },
    REPORTER,
    'CONSENT_ANSWERED',
    'IN_SCOPE',
  ],
  [
    'T7 answered as before',
    awaitingConsent,
    { kind: 'answer_consent', ...answerK5, code: '2' },
    REPORTER,
    'CONSENT_ANSWERED',
    'IN_SCOPE',
  ],
  ['T7 unanswered', awaitingConsent, { kind: 'stop_asking' }, FOCAL, 'CONSENT_UNANSWERED', 'IN_SCOPE'],
  [
    'T8',
    TO.inTriage,
    { kind: 'close_out_of_scope', reason: 'NO_UN_LINK', second: FOCAL_2.certificate },
    FOCAL,
    'CLOSED_OUT_OF_SCOPE',
    'CLOSED',
  ],
  ['T9', TO.inScope, ROUTE, FOCAL, 'ROUTED', 'ROUTED'],
  ['T10', TO.routed, { kind: 'accept' }, OFFICIAL, 'ACCEPTED', 'ACCEPTED'],
  ['T11', TO.routed, { kind: 'return', reason: 'INCOMPLETE' }, OFFICIAL, 'RETURNED', 'IN_SCOPE'],
  [
    'T11 of an escalation',
    escalated,
    { kind: 'return', reason: 'NOT_OURS' },
    OFFICIAL,
    'RETURNED',
    'RECEIVED',
  ],
  ['T12', cleared, { kind: 'send_intervention', number: 1 }, OFFICIAL, 'INTERVENTION_SENT', 'ACTION_ONGOING'],
  [
    'T18',
    TO.received,
    { kind: 'erase', reason: 'retention', second: hash('7') },
    CUSTODIAN,
    'ERASED',
    'ERASED',
  ],
  [
    'T18 on withdrawal',
    [...TO.received, [withdraw('K2'), REPORTER]],
    { kind: 'erase', reason: 'withdrawn', second: hash('7') },
    CUSTODIAN,
    'ERASED',
    'ERASED',
  ],
  ['T19', TO.routed, withdraw('K3'), REPORTER, 'WITHDRAW', 'ROUTED'],
  ['T21', lapsed, escalate, SYSTEM, 'ESCALATED', 'RECEIVED'],
  [
    'triage by the official after T21',
    escalated,
    { kind: 'start_triage' },
    OFFICIAL,
    'TRIAGE_STARTED',
    'IN_TRIAGE',
  ],
  [
    'triage by the focal point after T21',
    escalated,
    { kind: 'start_triage' },
    FOCAL,
    'TRIAGE_STARTED',
    'IN_TRIAGE',
  ],
  ['assign', TO.received, { kind: 'assign', role: id('c') }, SYSTEM, 'ASSIGNED', 'RECEIVED'],
  ['assign', TO.received, { kind: 'assign', role: FOCAL.roleId }, SYSTEM, 'ASSIGNED', 'RECEIVED'],
  ['consent granted', TO.received, { kind: 'consent_change', ...answerK5 }, REPORTER, 'CONSENT', 'RECEIVED'],
  ['reporter message', TO.sent, { kind: 'reporter_message' }, REPORTER, 'REPORTER_MSG', 'ACTION_ONGOING'],
  ['confirm', TO.sent, { kind: 'confirm', event: 8 }, REPORTER, 'CONFIRM', 'ACTION_ONGOING'],
  ['dispute', TO.sent, { kind: 'dispute', event: 1 }, REPORTER, 'DISPUTE', 'ACTION_ONGOING'],
  ['access', TO.routed, { kind: 'access', compartment: 0 }, OFFICIAL, 'ACCESS', 'ROUTED'],
  ['grant', TO.inScope, { kind: 'grant', role: id('b'), compartment: 0 }, FOCAL, 'GRANT', 'IN_SCOPE'],
  ['recuse', TO.received, { kind: 'recuse', whole_role: false }, FOCAL, 'RECUSED', 'RECEIVED'],
  ['succession', TO.received, { kind: 'succession', epoch: 2 }, FOCAL, 'SUCCESSION', 'RECEIVED'],
  ['reprioritise', TO.inScope, { kind: 'reprioritise', priority: 'P2' }, FOCAL, 'REPRIORITISED', 'IN_SCOPE'],
  [
    'reprioritise to P1',
    TO.accepted,
    { kind: 'reprioritise', priority: 'P1', second: OFFICIAL_2.certificate },
    OFFICIAL,
    'REPRIORITISED',
    'ACCEPTED',
  ],
  ['draft', TO.accepted, DRAFT, OFFICIAL, 'INTERVENTION_DRAFTED', 'ACCEPTED'],
  ['clear', drafted, { kind: 'clear_intervention', number: 1 }, FOCAL, 'INTERVENTION_CLEARED', 'ACCEPTED'],
  [
    'state reply',
    TO.sent,
    { kind: 'state_reply', number: 1, response: 'RSP4', complete: true },
    OFFICIAL,
    'STATE_REPLY',
    'ACTION_ONGOING',
  ],
];

describe('legal acts', () => {
  it.each(LEGAL)('%s', (_name, steps, act, actor, type, phase) => {
    const before = history(...steps);
    const after = history(...steps, [act, actor]);
    expect(after.events.at(-1)?.type).toBe(type);
    expect(after.events.at(-1)?.actor).toBe(actor.kind);
    expect(after.state.phase).toBe(phase);
    expect(after.state.eventNumber).toBe(before.state.eventNumber + 1);
  });
});

type Refused = readonly [RefusalCode, string, readonly Step[], CaseAct, Actor];

const noK1: readonly Step[] = [[{ ...SUBMIT, consents: consents({ ...GENEROUS, K1: 'r' }) }, REPORTER]];
const excluded: readonly Step[] = [
  [{ ...SUBMIT, exclusions: [OFFICIAL.roleId, id('c')] }, REPORTER],
  ...TO.inScope.slice(1),
];
const urgent: readonly Step[] = [
  [{ ...SUBMIT, declared_urgent: 'yes' }, REPORTER],
  [{ kind: 'start_triage' }, FOCAL],
];

const REFUSED: readonly Refused[] = [
  ['not_permitted', 'a reporter cannot acknowledge', TO.received, { kind: 'acknowledge' }, REPORTER],
  ['not_permitted', 'staff cannot submit', [], SUBMIT, FOCAL],
  ['not_permitted', 'a focal point cannot accept', TO.routed, { kind: 'accept' }, FOCAL],
  [
    'not_permitted',
    'no clearing without the capability',
    drafted,
    { kind: 'clear_intervention', number: 1 },
    { ...OFFICIAL_2, caps: 2 },
  ],
  ['already_done', 'submitting twice', TO.received, SUBMIT, REPORTER],
  ['role_excluded', 'to a role she excluded', [], { ...SUBMIT, exclusions: [FOCAL.roleId] }, REPORTER],
  ['not_in_this_state', 'nothing before the submission', [], { kind: 'acknowledge' }, FOCAL],
  ['not_in_this_state', 'triage twice', TO.inTriage, { kind: 'start_triage' }, FOCAL],
  ['not_in_this_state', 'routing before scope', TO.inTriage, ROUTE, FOCAL],
  [
    'not_in_this_state',
    'sending before accepting',
    TO.routed,
    { kind: 'send_intervention', number: 1 },
    OFFICIAL,
  ],
  [
    'not_in_this_state',
    'answer without a question',
    TO.inScope,
    { kind: 'answer_consent', ...answerK5 },
    REPORTER,
  ],
  [
    'not_in_this_state',
    'sending what is not cleared',
    drafted,
    { kind: 'send_intervention', number: 1 },
    OFFICIAL,
  ],
  ['already_done', 'acknowledging twice', TO.acknowledged, { kind: 'acknowledge' }, FOCAL],
  ['not_your_role', 'another focal point', TO.received, { kind: 'acknowledge' }, OTHER_FOCAL],
  ['not_your_role', 'the official before routing', TO.inScope, { kind: 'access', compartment: 0 }, OFFICIAL],
  [
    'not_your_role',
    'the official cannot triage what was not escalated',
    lapsed,
    { kind: 'start_triage' },
    OFFICIAL,
  ],
  [
    'role_excluded',
    'an excluded role acts',
    [...excluded, [{ kind: 'grant', role: id('d'), compartment: 0 }, FOCAL]],
    { kind: 'access', compartment: 0 },
    OFFICIAL,
  ],
  ['role_excluded', 'routing to an excluded role', excluded, ROUTE, FOCAL],
  ['role_excluded', 'assigning to an excluded role', excluded, { kind: 'assign', role: id('c') }, SYSTEM],
  [
    'role_excluded',
    'granting to an excluded role',
    excluded,
    { kind: 'grant', role: id('c'), compartment: 0 },
    FOCAL,
  ],
  [
    'recused',
    'an officer who stepped back',
    [...TO.received, [{ kind: 'recuse', whole_role: false }, FOCAL]],
    { kind: 'acknowledge' },
    FOCAL,
  ],
  [
    'recused',
    'a role that stepped back',
    [...TO.received, [{ kind: 'recuse', whole_role: true }, FOCAL]],
    { kind: 'acknowledge' },
    FOCAL_2,
  ],
  [
    'recused',
    'routing to an office that returned it for a conflict',
    [...TO.routed, [{ kind: 'return', reason: 'CONFLICT' }, OFFICIAL]],
    ROUTE,
    FOCAL,
  ],
  [
    'not_in_this_state',
    'a routed office steps back by returning',
    TO.routed,
    { kind: 'recuse', whole_role: true },
    OFFICIAL,
  ],
  [
    'recused',
    'a second officer who stepped back',
    [...TO.inTriage, [{ kind: 'recuse', whole_role: false }, FOCAL_2]],
    { kind: 'close_out_of_scope', reason: 'SPAM', second: FOCAL_2.certificate },
    FOCAL,
  ],
  ['consent_missing', 'no message without K1', noK1, { kind: 'message', feedback: false }, FOCAL],
  [
    'consent_missing',
    'no question without K1',
    [...noK1, [{ kind: 'start_triage' }, FOCAL]],
    { kind: 'request_info' },
    FOCAL,
  ],
  ['test_incomplete', 'T6 not assessed', TO.inTriage, { ...SCOPE_ACT, credibility: 'NOT_ASSESSED' }, FOCAL],
  ['test_not_met', 'T6 no category', TO.inTriage, { ...SCOPE_ACT, scope: 'SC-N' }, FOCAL],
  ['test_not_met', 'T6 no act', TO.inTriage, { ...SCOPE_ACT, act: false }, FOCAL],
  ['test_not_met', 'T6 no link', TO.inTriage, { ...SCOPE_ACT, link: false }, FOCAL],
  ['test_not_met', 'T6 not credible', TO.inTriage, { ...SCOPE_ACT, credibility: 'NOT_CREDIBLE' }, FOCAL],
  ['second_officer_required', 'T6 at P1', TO.inTriage, { ...SCOPE_ACT, priority: 'P1' }, FOCAL],
  ['second_officer_required', 'T6 downgrade', urgent, SCOPE_ACT, FOCAL],
  [
    'second_officer_required',
    'T6 below a severe and likely risk',
    TO.inTriage,
    { ...SCOPE_ACT, severity: 'severe', likelihood: 'moderate' },
    FOCAL,
  ],
  [
    'same_officer',
    'T6 alone',
    TO.inTriage,
    { ...SCOPE_ACT, priority: 'P1', second: FOCAL.certificate },
    FOCAL,
  ],
  ['second_officer_required', 'T8 alone', TO.inTriage, { kind: 'close_out_of_scope', reason: 'SPAM' }, FOCAL],
  [
    'consent_invalid',
    'an answer to another question',
    awaitingConsent,
    { kind: 'answer_consent', person: 1, scope: 'K3', code: 'N' },
    REPORTER,
  ],
  [
    'consent_invalid',
    'a level the scope does not have',
    TO.received,
    { kind: 'consent_change', person: 1, scope: 'K3', code: '3' },
    REPORTER,
  ],
  [
    'consent_invalid',
    'rows the wrong way round',
    TO.received,
    { kind: 'consent_change', person: 4, through: 3, scope: 'K3', code: 'P' },
    REPORTER,
  ],
  [
    'already_done',
    'the same answer again',
    TO.received,
    { kind: 'consent_change', person: 1, through: 8, scope: 'K3', code: 'N' },
    REPORTER,
  ],
  ['target_unknown', 'T9 to a role nobody knows', TO.inScope, { kind: 'route', role: id('b') }, FOCAL],
  ['consent_missing', 'T9 after a withdrawal', [...TO.inScope, [withdraw('K3'), REPORTER]], ROUTE, FOCAL],
  ['event_unknown', 'disputing what did not happen', TO.received, { kind: 'dispute', event: 2 }, REPORTER],
  ['not_due', 'lapse too early', TO.received, { kind: 'lapse', clock: 'C3', instance: 1 }, SYSTEM],
  ['not_due', 'T21 too early', TO.received, escalate, SYSTEM],
  ['already_done', 'T21 twice', escalated, escalate, SYSTEM],
  ['not_in_this_state', 'T21 after triage', TO.inScope, escalate, SYSTEM],
  ['not_due', 'lapse twice', lapsed, { kind: 'lapse', clock: 'C3', instance: 1 }, SYSTEM],
  ['number_taken', 'draft out of turn', TO.accepted, { ...DRAFT, number: 2 }, OFFICIAL],
  [
    'channel_mismatch',
    'draft through the wrong channel',
    TO.accepted,
    { ...DRAFT, channel: 'PUBLIC' },
    OFFICIAL,
  ],
  ['level_exceeds_consent', 'draft by name', TO.accepted, { ...DRAFT, level: '3' }, OFFICIAL],
  [
    'consent_missing',
    'draft without consent',
    TO.accepted,
    { ...DRAFT, intervention: 'PLATFORM_ENGAGEMENT', channel: 'PLATFORM' },
    OFFICIAL,
  ],
  ['same_officer', 'clearing alone', drafted, { kind: 'clear_intervention', number: 1 }, OFFICIAL],
  [
    'intervention_unknown',
    'clearing nothing',
    TO.accepted,
    { kind: 'clear_intervention', number: 1 },
    OFFICIAL,
  ],
  [
    'consent_missing',
    'sending after K5 is withdrawn',
    [...cleared, [withdraw('K5'), REPORTER]],
    { kind: 'send_intervention', number: 1 },
    OFFICIAL,
  ],
  [
    'channel_mismatch',
    "a State's reply to what no State was told",
    [
      ...TO.accepted,
      [{ ...DRAFT, intervention: 'UA', channel: 'SP', level: 'P' }, OFFICIAL],
      [{ kind: 'clear_intervention', number: 1 }, FOCAL],
      [{ kind: 'send_intervention', number: 1 }, OFFICIAL],
    ],
    { kind: 'state_reply', number: 1, response: 'RSP1', complete: true },
    OFFICIAL,
  ],
  [
    'window_open',
    'no reply before the window ends',
    TO.sent,
    { kind: 'state_reply', number: 1, response: 'RSP9', complete: false },
    OFFICIAL,
  ],
  [
    'already_done',
    'no reply after a reply',
    [...TO.sent, [{ kind: 'state_reply', number: 1, response: 'RSP7', complete: false }, OFFICIAL]],
    { kind: 'state_reply', number: 1, response: 'RSP9', complete: false },
    OFFICIAL,
  ],
  [
    'intervention_unknown',
    'reply to nothing',
    TO.sent,
    { kind: 'state_reply', number: 2, response: 'RSP1', complete: true },
    OFFICIAL,
  ],
  ['already_done', 'reprioritising to the same', TO.inScope, { kind: 'reprioritise', priority: 'P3' }, FOCAL],
  ['second_officer_required', 'P1 alone', TO.inScope, { kind: 'reprioritise', priority: 'P1' }, FOCAL],
  [
    'already_shared',
    'erasing what was shared',
    [...TO.routed, [{ kind: 'return', reason: 'NOT_OURS' }, OFFICIAL]],
    { kind: 'erase', reason: 'retention' },
    CUSTODIAN,
  ],
  [
    'not_in_this_state',
    'erasing what is with the official',
    TO.accepted,
    { kind: 'erase', reason: 'retention' },
    CUSTODIAN,
  ],
  [
    'consent_missing',
    'erasing without a withdrawal',
    TO.received,
    { kind: 'erase', reason: 'withdrawn' },
    CUSTODIAN,
  ],
  [
    'second_officer_required',
    'erasing alone',
    TO.received,
    { kind: 'erase', reason: 'retention' },
    CUSTODIAN,
  ],
];

describe('refusals', () => {
  it.each(REFUSED)('%s: %s', (code, _name, steps, act, actor) => {
    const state = steps.length === 0 ? undefined : history(...steps).state;
    expect(refusal(state, act, actor)).toBe(code);
  });

  it('time_runs_backwards: an act before the last event', () => {
    expect(refusal(history(...TO.acknowledged).state, { kind: 'start_triage' }, FOCAL, 0)).toBe(
      'time_runs_backwards',
    );
    expect(refusal(history(...TO.acknowledged).state, { kind: 'start_triage' }, FOCAL, 1)).toBeUndefined();
  });
});
