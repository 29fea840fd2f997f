import { describe, expect, it } from '@jest/globals';
import {
  ANSWER_K5,
  AWAITING_CONSENT,
  AWAITING_INFO,
  CLEARED,
  CUSTODIAN,
  DRAFT,
  DRAFTED,
  ESCALATE,
  ESCALATED,
  FOCAL,
  FOCAL_2,
  hash,
  history,
  id,
  LAPSED,
  OFFICIAL,
  OFFICIAL_2,
  REPORTER,
  ROUTE,
  SCOPE_ACT,
  SYSTEM,
  TO,
  withdraw,
  type Step,
} from '../test/histories.js';
import type { Actor } from './access.js';
import type { CaseAct } from './acts.js';
import type { EventName, Phase } from './events.js';

type Legal = readonly [string, readonly Step[], CaseAct, Actor, EventName, Phase];

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
  ['T5 back', AWAITING_INFO, { kind: 'info_received' }, FOCAL, 'INFO_RECEIVED', 'IN_TRIAGE'],
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
    AWAITING_CONSENT,
    { kind: 'answer_consent', ...ANSWER_K5 },
    REPORTER,
    'CONSENT_ANSWERED',
    'IN_SCOPE',
  ],
  [
    'T7 answered by a change',
    AWAITING_CONSENT,
    { kind: 'consent_change', ...ANSWER_K5 },
    REPORTER,
    'CONSENT_ANSWERED',
    'IN_SCOPE',
  ],
  [
    'T7 answered as before',
    AWAITING_CONSENT,
    { kind: 'answer_consent', ...ANSWER_K5, code: '2' },
    REPORTER,
    'CONSENT_ANSWERED',
    'IN_SCOPE',
  ],
  ['T7 unanswered', AWAITING_CONSENT, { kind: 'stop_asking' }, FOCAL, 'CONSENT_UNANSWERED', 'IN_SCOPE'],
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
    ESCALATED,
    { kind: 'return', reason: 'NOT_OURS' },
    OFFICIAL,
    'RETURNED',
    'RECEIVED',
  ],
  ['T12', CLEARED, { kind: 'send_intervention', number: 1 }, OFFICIAL, 'INTERVENTION_SENT', 'ACTION_ONGOING'],
  [
    'T18 on withdrawal',
    [...TO.received, [withdraw('K2'), REPORTER]],
    { kind: 'erase', reason: 'withdrawn', second: hash('7') },
    CUSTODIAN,
    'ERASED',
    'ERASED',
  ],
  ['T19', TO.routed, withdraw('K3'), REPORTER, 'WITHDRAW', 'ROUTED'],
  ['T21', LAPSED, ESCALATE, SYSTEM, 'ESCALATED', 'RECEIVED'],
  [
    'triage by the official after T21',
    ESCALATED,
    { kind: 'start_triage' },
    OFFICIAL,
    'TRIAGE_STARTED',
    'IN_TRIAGE',
  ],
  [
    'triage by the focal point after T21',
    ESCALATED,
    { kind: 'start_triage' },
    FOCAL,
    'TRIAGE_STARTED',
    'IN_TRIAGE',
  ],
  ['assign', TO.received, { kind: 'assign', role: id('c') }, SYSTEM, 'ASSIGNED', 'RECEIVED'],
  ['assign', TO.received, { kind: 'assign', role: FOCAL.roleId }, SYSTEM, 'ASSIGNED', 'RECEIVED'],
  ['consent granted', TO.received, { kind: 'consent_change', ...ANSWER_K5 }, REPORTER, 'CONSENT', 'RECEIVED'],
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
  ['clear', DRAFTED, { kind: 'clear_intervention', number: 1 }, FOCAL, 'INTERVENTION_CLEARED', 'ACCEPTED'],
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
