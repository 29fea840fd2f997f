/**
 * The closed lists that the case machine knows (SPEC.md §2); those that only people answer are in `questionnaire/`.
 * Codes are stored, signed and compared. Nothing here says that an allegation is true.
 */

/** Protected categories (a) to (d) of Human Rights Council resolution 12/2, one extra, and none. */
export const SCOPE = ['SC-A', 'SC-B', 'SC-C', 'SC-D', 'SC-X', 'SC-N'] as const;
export type ScopeCode = (typeof SCOPE)[number];

/** Priority; P1 is the most urgent. */
export const PRI = ['P1', 'P2', 'P3', 'P4'] as const;
export type Priority = (typeof PRI)[number];

/** Answer to "is someone in danger now or in the next days?". */
export const URGENCY = ['yes', 'no', 'unsure'] as const;
export type Urgency = (typeof URGENCY)[number];

/** Credibility of the allegation as triage sees it; never a finding of fact. */
export const VER = ['CORROBORATED', 'SINGLE_SOURCE', 'POSSIBLE', 'NOT_CREDIBLE', 'NOT_ASSESSED'] as const;
export type VerCode = (typeof VER)[number];

/** Likelihood and severity are each one of these, lowest first. */
export const RISK = ['low', 'moderate', 'high', 'severe'] as const;
export type RiskLevel = (typeof RISK)[number];

/** Why a submission is out of scope. */
export const OOS = [
  'NO_UN_LINK',
  'NO_ACT_YET',
  'OTHER_MECHANISM',
  'DUPLICATE',
  'INSUFFICIENT',
  'SPAM',
] as const;
export type OosCode = (typeof OOS)[number];

/** Why a case is closed. */
export const CLOSE = [
  'RESOLVED',
  'PARTLY',
  'NO_CHANGE',
  'FOLLOW_UP_LIST',
  'WITHDRAWN',
  'UNREACHABLE',
  'DIED',
  'OUT_OF_SCOPE',
  'MERGED',
  'SAFETY',
] as const;
export type CloseCode = (typeof CLOSE)[number];

/** Why a clock may pause: information, consent, the person's wish, protection. */
export const PAUSE = ['PA1', 'PA2', 'PA3', 'PA4'] as const;
export type PauseCode = (typeof PAUSE)[number];

/** Why the senior official's office returns a case. */
export const RETURN = ['NOT_OURS', 'INCOMPLETE', 'CONSENT_UNCLEAR', 'RISK', 'CONFLICT'] as const;
export type ReturnCode = (typeof RETURN)[number];

/** Why a case goes to the alternate or the ethics office instead. */
export const DIVERT = ['CONFLICT', 'UN_PERSONNEL'] as const;

/** How one case belongs to another. */
export const RELATION = ['DUPLICATE', 'SAME_PERSON', 'CHAIN', 'SITUATION', 'FOLLOW_UP', 'MERGED'] as const;
export type Relation = (typeof RELATION)[number];

/** What a mechanism records about the extract it was given. */
export const NOTED = ['RECEIVED', 'ACTION', 'REPLIED', 'DECLINED', 'ENDED'] as const;
export type Noted = (typeof NOTED)[number];

/** The United Nations offices an extract can go to. */
export const MECHANISM = ['SP', 'TB', 'HRC'] as const;
export type Mechanism = (typeof MECHANISM)[number];

/** The State's response; RSP9 is no reply when the window ended. */
export const RSP = ['RSP1', 'RSP2', 'RSP3', 'RSP4', 'RSP5', 'RSP6', 'RSP7', 'RSP8', 'RSP9'] as const;
export type RspCode = (typeof RSP)[number];

/** Where information may go: each has its own consent. */
export const CHANNEL = ['SENIOR', 'STATE', 'SP', 'TB', 'HRC', 'PUBLIC', 'PLATFORM', 'PROT', 'DIG'] as const;
export type Channel = (typeof CHANNEL)[number];

/** Interventions and the channel each goes through. */
export const INT_CHANNELS = {
  DEMARCHE: ['STATE'],
  NOTE_VERBALE: ['STATE'],
  MEETING_PR: ['STATE'],
  HC_LETTER: ['STATE'],
  FIELD_ENGAGEMENT: ['STATE'],
  UNCT_ENGAGEMENT: ['STATE'],
  UA: ['SP'],
  AL: ['SP'],
  OL: ['SP'],
  TB_LETTER: ['TB'],
  INTERIM_MEASURES: ['TB'],
  HRC_PRESIDENT: ['HRC'],
  PLATFORM_ENGAGEMENT: ['PLATFORM'],
  PUBLIC_STATEMENT: ['PUBLIC'],
  SG_ANNEX_1: ['PUBLIC'],
  SG_ANNEX_2: ['PUBLIC'],
  SUPPORT_REFERRAL: ['PROT', 'DIG'],
} as const satisfies Record<string, readonly Channel[]>;
export type InterventionKind = keyof typeof INT_CHANNELS;
export const INT = Object.keys(INT_CHANNELS) as readonly InterventionKind[];
