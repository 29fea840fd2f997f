/**
 * The closed lists of the field (SPEC.md §2). Codes are stored, signed and compared; labels are for people
 * and may be reworded. Nothing here says that an allegation is true.
 */

/** Protected categories (a) to (d) of Human Rights Council resolution 12/2, one extra, and none. */
export const SCOPE = ['SC-A', 'SC-B', 'SC-C', 'SC-D', 'SC-X', 'SC-N'] as const;
export type ScopeCode = (typeof SCOPE)[number];

/** Acts against a person or group; code to label. */
export const ACT_LABELS = {
  A01: 'killing',
  A02: 'attempted killing',
  A03: 'death threat',
  A04: 'torture or ill-treatment',
  A05: 'physical assault',
  A06: 'sexual violence',
  A07: 'enforced disappearance',
  A08: 'abduction',
  A09: 'other threat',
  A10: 'denial of medical care',
  B01: 'arrest',
  B02: 'detention',
  B03: 'house arrest',
  B04: 'judicial harassment',
  B05: 'sentence',
  B06: 'summons or interrogation',
  B07: 'worsened detention',
  B08: 'forced return, extradition or international notice',
  C01: 'travel ban',
  C02: 'confiscation of documents',
  C03: 'denial of visa',
  C04: 'expulsion or exile',
  C05: 'deprivation of nationality',
  C06: 'denial of return',
  D01: 'smear or defamation',
  D02: 'vilification by officials',
  D03: 'censorship',
  D04: 'prohibition or interruption of a statement',
  D05: 'incitement or hate speech',
  E01: 'deregistration, dissolution or ban of a group',
  E02: 'closure of an office',
  E03: 'raid or search',
  E04: 'restriction of funding',
  E05: 'asset freeze or confiscation',
  E06: 'dismissal',
  E07: 'restrictive legislation',
  E08: 'terrorist or foreign-agent designation',
  E09: 'loss of licence or disbarment',
  E10: 'destruction of property',
  F01: 'physical surveillance or stalking',
  F02: 'interception',
  F03: 'spyware',
  F04: 'account takeover',
  F05: 'phishing',
  F06: 'seizure of a device',
  F07: 'publication of private data',
  F08: 'coordinated online harassment',
  F09: 'online threat',
  F10: 'impersonation',
  F11: 'synthetic media',
  F12: 'non-consensual intimate images',
  F13: 'suspension of an account',
  F14: 'takedown of content',
  F15: 'blocking of a site or application',
  F16: 'shutdown or throttling',
  F17: 'denial of service',
  F18: 'disruption of a session',
  F19: 'exclusion from a session',
  F20: 'covert recording or photographing',
  F21: 'disclosure of participant data',
  F22: 'government demand for user data',
  G01: 'accreditation denied or deferred',
  G02: 'denied entry to premises',
  G03: 'intimidation on premises or at an online side event',
  G04: 'pressure to withdraw a statement, submission or attendance',
  G05: 'misuse of procedure',
  Z98: 'other',
  UNK: 'unknown',
} as const;
export type ActCode = keyof typeof ACT_LABELS;
export const ACT = Object.keys(ACT_LABELS) as readonly ActCode[];

/** The United Nations body or process engaged with; code to label. */
export const ENG_LABELS = {
  HRC: 'Human Rights Council session',
  'HRC-IM': 'investigative mechanism, commission of inquiry or fact-finding mission',
  UPR: 'Universal Periodic Review',
  'SP-COM': 'Special Procedures: communication',
  'SP-VIS': 'Special Procedures: country visit',
  'SP-OTH': 'Special Procedures: other',
  'TB-REV': 'treaty body: State review',
  'TB-PET': 'treaty body: petition',
  'TB-INQ': 'treaty body: inquiry or visit',
  'OHCHR-F': 'OHCHR field presence',
  UNCT: 'United Nations country team',
  PKO: 'peace operation or political mission',
  SC: 'Security Council',
  GA: 'General Assembly',
  NGOC: 'ECOSOC Committee on Non-Governmental Organizations',
  CSW: 'Commission on the Status of Women',
  CSocD: 'Commission for Social Development',
  HLPF: 'high-level political forum',
  IND: 'Indigenous Peoples: Permanent Forum or Expert Mechanism',
  FOR: 'forum of the Human Rights Council',
  COP: 'climate or biodiversity conference',
  IGF: 'Internet Governance Forum or digital process',
  CONS: 'online consultation or call for input',
  AGY: 'agency, fund or programme',
  IFI: 'international financial institution or its accountability mechanism',
  NHRI: 'national human rights institution',
  INV: 'United Nations audit or investigation',
  OTH: 'other',
  UNK: 'unsure',
} as const;
export type EngCode = keyof typeof ENG_LABELS;
export const ENG = Object.keys(ENG_LABELS) as readonly EngCode[];

/** How the person took part. */
export const MOD = [
  'INP',
  'VID',
  'LIV',
  'HYB',
  'CHAT',
  'STRM',
  'WRI',
  'PORT',
  'EML',
  'PHN',
  'SOC',
  'SIDE',
  'NONE',
  'UNK',
] as const;
export type ModCode = (typeof MOD)[number];

/** Ways of taking part that go through a platform. */
export const DIGITAL_MOD: readonly ModCode[] = ['VID', 'LIV', 'HYB', 'CHAT', 'STRM', 'PORT', 'SOC'];

/** The submitter's relation to the person affected. */
export const SRC = [
  'VICTIM',
  'RELATIVE',
  'COLLEAGUE',
  'SAME_ORG',
  'LAWYER',
  'HEALTH',
  'NGO',
  'HR_NGO',
  'WITNESS',
  'JOURNALIST',
  'UN_STAFF',
  'NHRI',
  'DIPLOMAT',
  'PNS',
  'UNK',
] as const;
export type SrcCode = (typeof SRC)[number];

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

/** What the submitter asks for. */
export const REQ = [
  'CONTACT',
  'RECORD',
  'RAISE_STATE',
  'SP_LETTER',
  'RELEASE',
  'PROTECTION',
  'RESTORE',
  'PRESERVE',
  'STOP_DISCLOSURE',
  'SG_REPORT',
  'PUBLIC',
  'UN_PROCEDURE',
  'ACCOUNTABILITY',
] as const;
export type ReqCode = (typeof REQ)[number];

/** Where information may go: each has its own consent. */
export const CHANNEL = ['SENIOR', 'STATE', 'SP', 'TB', 'HRC', 'PUBLIC', 'PLATFORM', 'PROT', 'DIG'] as const;
export type Channel = (typeof CHANNEL)[number];

/** Stage of the engagement. */
export const STAGE = ['SOUGHT', 'ONGOING', 'PAST', 'ASSUMED', 'ASSISTED', 'UNK'] as const;

/** Nature of the act. */
export const NATURE = ['INTIMIDATION', 'REPRISAL', 'BOTH', 'UNSURE'] as const;

/** Target of the act. */
export const TARGET = [
  'SELF',
  'RELATIVE',
  'COLLEAGUE',
  'ORGANISATION',
  'COMMUNITY',
  'LAWYER_REP',
  'UNK',
] as const;

/** Counting unit of the persons affected. */
export const UNIT = [
  'INDIVIDUAL',
  'FAMILY',
  'ORGANISATION',
  'COMMUNITY',
  'SOCIAL_GROUP',
  'PEOPLE',
  'UNK',
] as const;

/** Kind of alleged perpetrator. */
export const PERP_KIND = ['STATE', 'NON_STATE', 'UN_PERSONNEL', 'COMPANY', 'UNK'] as const;

/** Why a connection with the United Nations is believed. */
export const LINK = [
  'SAID_SO',
  'CLOSE_IN_TIME',
  'OTHERS_TARGETED',
  'CITES_UN',
  'QUOTES_UN',
  'PATTERN',
  'ONLY_EXPLANATION',
  'OTHER',
  'UNK',
] as const;

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
