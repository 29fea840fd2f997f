/** What the design's table of transitions, SPEC.md §3 and §5 say, written down a second time for the model of the tests. */
export const HOUR = 3_600;
export const DAY = 86_400;

const UNTRIAGED = 'RECEIVED ACKNOWLEDGED IN_TRIAGE AWAITING_INFO REOPENED';
export const ACCEPTED = 'ACCEPTED ACTION_ONGOING MONITORING';
const TRIAGED = `IN_SCOPE AWAITING_CONSENT ROUTED ${ACCEPTED}`;
const OPEN = `${UNTRIAGED} ${TRIAGED} ON_HOLD`;
const READABLE = `${OPEN} CLOSED`;

/** Event: by whom; from which phases; to which (`=` stays, `<` is where a hold began). Several moves are tried in order. */
export const TABLE: Readonly<Record<string, readonly [string, ...(readonly [string, string])[]]>> = {
  SUBMITTED: ['reporter system', ['NONE', 'RECEIVED']],
  ACKNOWLEDGED: ['staff', ['RECEIVED', 'ACKNOWLEDGED'], [OPEN, '=']],
  CONTACTED: ['staff', [OPEN, '=']],
  TRIAGE_STARTED: ['staff', ['RECEIVED ACKNOWLEDGED REOPENED', 'IN_TRIAGE']],
  INFO_REQUESTED: ['staff', ['IN_TRIAGE', 'AWAITING_INFO']],
  INFO_RECEIVED: ['staff', ['AWAITING_INFO', 'IN_TRIAGE']],
  SCOPED: ['staff', ['IN_TRIAGE', 'IN_SCOPE']],
  CONSENT_ASKED: ['staff', ['IN_SCOPE', 'AWAITING_CONSENT'], [ACCEPTED, '=']],
  CONSENT_ANSWERED: ['reporter', ['AWAITING_CONSENT', 'IN_SCOPE'], [`${ACCEPTED} ON_HOLD`, '=']],
  CONSENT_UNANSWERED: ['staff', ['AWAITING_CONSENT', 'IN_SCOPE'], [`${ACCEPTED} ON_HOLD`, '=']],
  CLOSED_OUT_OF_SCOPE: ['staff', ['IN_TRIAGE', 'CLOSED']],
  ROUTED: ['staff', ['IN_SCOPE', 'ROUTED']],
  ACCEPTED: ['staff', ['ROUTED', 'ACCEPTED']],
  RETURNED: ['staff', ['ROUTED', 'IN_SCOPE'], [UNTRIAGED, '=']],
  INTERVENTION_SENT: ['staff', ['ACCEPTED ACTION_ONGOING', 'ACTION_ONGOING']],
  HELD: ['staff', [`IN_TRIAGE AWAITING_INFO ${TRIAGED}`, 'ON_HOLD']],
  RESUMED: ['staff system', ['ON_HOLD', '<']],
  MONITORED: ['staff', ['ACTION_ONGOING', 'MONITORING']],
  REVIEWED: ['staff', ['MONITORING', '=']],
  ACTION_RESUMED: ['staff', ['MONITORING', 'ACTION_ONGOING']],
  CLOSED: ['staff', [`IN_SCOPE AWAITING_CONSENT ${ACCEPTED} ON_HOLD`, 'CLOSED']],
  REOPENED: ['reporter staff', ['CLOSED', 'REOPENED']],
  ERASED: ['staff', [`${UNTRIAGED} IN_SCOPE AWAITING_CONSENT ON_HOLD CLOSED`, 'ERASED']],
  WITHDRAW: ['reporter', [READABLE, '=']],
  DIVERTED: ['staff', ['IN_SCOPE ROUTED', 'ROUTED']],
  ESCALATED: ['system', [UNTRIAGED, '=']],
  ASSIGNED: ['system', [`${UNTRIAGED} IN_SCOPE AWAITING_CONSENT`, '=']],
  CONSENT: ['reporter', [READABLE, '=']],
  LAPSED: ['system', [READABLE, '=']],
  REPORTER_MSG: ['reporter', [READABLE, '=']],
  REPLY: ['staff', [READABLE, '=']],
  CONFIRM: ['reporter', [READABLE, '=']],
  DISPUTE: ['reporter', [READABLE, '=']],
  ACCESS: ['staff', [READABLE, '=']],
  NOTE_WRITTEN: ['staff', [READABLE, '=']],
  GRANT: ['staff', [OPEN, '=']],
  RECUSED: ['staff', [OPEN, '=']],
  INTERVENTION_DRAFTED: ['staff', ['ACCEPTED ACTION_ONGOING', '=']],
  INTERVENTION_CLEARED: ['staff', ['ACCEPTED ACTION_ONGOING', '=']],
  STATE_REPLY: ['staff', ['ACCEPTED ACTION_ONGOING MONITORING ON_HOLD CLOSED', '=']],
  SUCCESSION: ['staff', [READABLE, '=']],
  REPRIORITISED: ['staff', [TRIAGED, '=']],
  REFERRED: ['staff', [`IN_SCOPE ROUTED ${ACCEPTED}`, '=']],
  REFERRAL_NOTED: ['staff', [READABLE, '=']],
  PERSON_INVITED: ['reporter staff', [OPEN, '=']],
  PERSON_JOINED: ['reporter', [READABLE, '=']],
  CODE_CHANGED: ['reporter', [READABLE, '=']],
  MAILBOX_CLOSED: ['reporter', [READABLE, '=']],
  LINKED: ['staff', [READABLE, '=']],
  RISK_ASSESSED: ['staff', [`${TRIAGED} ON_HOLD`, '=']],
  FOLLOWED_UP: ['staff', [ACCEPTED, '=']],
  INTERVENTION_ENDED: ['staff', [`${ACCEPTED} ON_HOLD`, '=']],
  LEGAL_HOLD: ['staff', [READABLE, '=']],
  RETENTION_REVIEWED: ['staff', ['CLOSED', '=']],
};

/** Every pair of phase and event that a legal history can show. */
export const LEGAL_PAIRS: readonly string[] = Object.entries(TABLE).flatMap(([event, [, ...moves]]) => [
  ...new Set(moves.flatMap(([from]) => from.split(' ').map((phase) => `${phase} ${event}`))),
]);

export const SCOPES = 'K1 K2 K3 K4:SP K4:TB K4:HRC K5 K6 K7 K8 K9:PROT K9:DIG K10'.split(' ');
export const OF_CHANNEL: Readonly<Record<string, string>> = {
  ...{ SENIOR: 'K3', STATE: 'K5', SP: 'K4:SP', TB: 'K4:TB', HRC: 'K4:HRC' },
  ...{ PUBLIC: 'K6', PLATFORM: 'K8', PROT: 'K9:PROT', DIG: 'K9:DIG' },
};
/** From nothing to the most that can be granted; what is not here is not granted. */
export const GRANTS = '1 2 3 P N g'.split(' ');
export const NEEDS_K1 = ['CONTACTED', 'REPLY', 'INFO_REQUESTED', 'CONSENT_ASKED'];

export const BY_PRIORITY: Readonly<Record<string, readonly [number, number, number, number]>> = {
  C2: [24 * HOUR, 72 * HOUR, 14 * DAY, 14 * DAY],
  C3: [24 * HOUR, 72 * HOUR, 14 * DAY, 14 * DAY],
  C5: [24 * HOUR, 3 * DAY, 10 * DAY, 10 * DAY],
  C6: [24 * HOUR, 3 * DAY, 10 * DAY, 10 * DAY],
  C7: [72 * HOUR, 14 * DAY, 30 * DAY, 30 * DAY],
  C9: [30 * DAY, 60 * DAY, 90 * DAY, 90 * DAY],
  C11: [30 * DAY, 90 * DAY, 90 * DAY, 90 * DAY],
};
export const PAUSED_BY: Readonly<Record<string, string>> = {
  PA1: 'C3',
  PA2: 'C5 C7',
  PA3: 'C5 C6 C7',
  PA4: 'C5 C6 C7',
};
