/**
 * The closed lists of the questionnaire (SPEC.md §2). Codes are stored, signed and compared and never change their
 * meaning; labels are for people and stand in a table of their own. Nothing here says that an allegation is true.
 */
import { COUNTRIES } from '../countries.js';
import { PRI, RISK, RSP, SCOPE, URGENCY, VER } from '../vocabularies.js';

/** A list that people answer from: it may always be unknown, and nobody has to say. */
function answers<const T extends readonly string[]>(...codes: T): readonly [...T, 'UNK', 'PNS'] {
  return [...codes, 'UNK', 'PNS'];
}

/** Codes that say there is nothing to name: none of them stands beside another code. */
export const ALONE: readonly string[] = ['NONE', 'UNK', 'PNS'];

/* prettier-ignore */
export const LISTS = {
  /** 0.1, told to the server. */
  URGENCY,
  YES_NO: ['yes', 'no', 'unsure', 'PNS'],
  /** The submitter's relation to the person affected. */
  SRC: answers(
    'VICTIM', 'RELATIVE', 'COLLEAGUE', 'SAME_ORG', 'LAWYER', 'HEALTH', 'NGO', 'HR_NGO', 'WITNESS', 'JOURNALIST',
    'UN_STAFF', 'NHRI', 'DIPLOMAT',
  ),
  /** Safe ways of contact. */
  CONTACT: answers('DROP_BOX', 'DROP_BOX_EMAIL', 'PHONE', 'INTERMEDIARY'),
  /** Counting unit of the persons affected. */
  CU: answers('INDIVIDUAL', 'FAMILY', 'ORGANISATION', 'COMMUNITY', 'SOCIAL_GROUP', 'PEOPLE'),
  /** How many, where the number is not known exactly. */
  BAND: answers('2_5', '6_20', '21_100', '101_1000', 'OVER_1000'),
  /** Categories (a) to (d) of Human Rights Council resolution 12/2, one extra, and none. */
  SCOPE: answers(...SCOPE),
  ROLE: answers(
    'HRD', 'WOMAN_HRD', 'LAWYER', 'JOURNALIST', 'COMMUNITY_LEADER', 'TRADE_UNIONIST', 'NHRI_MEMBER',
    'PUBLIC_OFFICIAL', 'STUDENT_YOUTH', 'MEDICAL_WORKER', 'VICTIM_WITNESS', 'RELATIVE', 'ORGANISATION', 'UN_NATIONAL',
  ),
  GENDER: answers('female', 'male', 'non_binary', 'other'),
  AGE: answers('under_18', '18_29', '30_59', '60_plus'),
  /** Groups at risk. */
  GRP: answers(
    'WOMEN', 'LGBTIQ', 'INDIGENOUS', 'MINORITY', 'DISABILITY', 'CHILD', 'YOUTH', 'OLDER', 'MIGRANT', 'ENVIRONMENT',
    'DETAINED',
  ),
  WHERE: answers('DETENTION', 'HIDING', 'EXILE'),
  /** The person's situation now. */
  VSTAT: answers(
    'SAFE', 'DEAD', 'INJURED', 'MISSING', 'RELEASED_INVESTIGATION', 'RELEASED_TRIAL', 'RELEASED_ACQUITTED',
    'RELEASED_SERVED', 'HELD_INVESTIGATION', 'HELD_TRIAL', 'HELD_SENTENCE', 'HELD_ARBITRARY', 'RESTRICTED', 'EXILED',
    'DISPLACED', 'DISMISSED', 'HIDING',
  ),
  /** The United Nations body or process engaged with. */
  ENG: answers(
    'HRC', 'HRC-IM', 'UPR', 'SP-COM', 'SP-VIS', 'SP-OTH', 'TB-REV', 'TB-PET', 'TB-INQ', 'OHCHR-F', 'UNCT', 'PKO', 'SC',
    'GA', 'NGOC', 'CSW', 'CSocD', 'HLPF', 'IND', 'FOR', 'COP', 'IGF', 'CONS', 'AGY', 'IFI', 'NHRI', 'INV', 'OTH',
  ),
  STAGE: answers('SOUGHT', 'ONGOING', 'PAST', 'ASSUMED', 'ASSISTED'),
  /** How the person took part. */
  MOD: answers(
    'INP', 'VID', 'LIV', 'HYB', 'CHAT', 'STRM', 'WRI', 'PORT', 'EML', 'PHN', 'SOC', 'SIDE', 'NONE',
  ),
  VISIB: answers(
    'SPEAKER_LIST', 'NAMED_DOCUMENT', 'WEBCAST', 'PARTICIPANT_LIST', 'CLOSED', 'PSEUDONYM', 'NOT_PUBLIC',
  ),
  /** Digital vectors. */
  DIG: answers(
    'ACCOUNT', 'JOIN', 'ADMISSION', 'PARTICIPANT_LIST', 'RECORDING', 'STREAM_COMMENTS', 'CHAT', 'REGISTRATION',
    'DEVICE', 'NETWORK', 'SOCIAL', 'EMAIL', 'SYNTHETIC', 'PAYMENT',
  ),
  /** Signs that somebody had the participants' data. */
  DATAEXP: answers(
    'LIST_VISIBLE', 'RECORDING_PUBLISHED', 'REGISTRATION_SHARED', 'QUOTED_PRIVATE', 'GOVERNMENT_REQUEST',
    'LOGIN_ALERT', 'SPYWARE_NOTICE', 'NONE',
  ),
  ACT: answers(
    'A01', 'A02', 'A03', 'A04', 'A05', 'A06', 'A07', 'A08', 'A09', 'A10',
    'B01', 'B02', 'B03', 'B04', 'B05', 'B06', 'B07', 'B08',
    'C01', 'C02', 'C03', 'C04', 'C05', 'C06',
    'D01', 'D02', 'D03', 'D04', 'D05',
    'E01', 'E02', 'E03', 'E04', 'E05', 'E06', 'E07', 'E08', 'E09', 'E10',
    'F01', 'F02', 'F03', 'F04', 'F05', 'F06', 'F07', 'F08', 'F09', 'F10', 'F11',
    'F12', 'F13', 'F14', 'F15', 'F16', 'F17', 'F18', 'F19', 'F20', 'F21', 'F22',
    'G01', 'G02', 'G03', 'G04', 'G05',
    'Z98',
  ),
  NATURE: ['INTIMIDATION', 'REPRISAL', 'BOTH', 'UNSURE', 'PNS'],
  /** Target of an act. */
  TARGET: answers('SELF', 'RELATIVE', 'COLLEAGUE', 'ORGANISATION', 'COMMUNITY', 'LAWYER_REP'),
  /** GEO: ISO 3166-1 alpha-3. */
  COUNTRY: answers(...COUNTRIES),
  /** GEO of an act. */
  PLACE: answers(...COUNTRIES, 'ONLINE'),
  PERP_KIND: answers('STATE', 'NON_STATE', 'UN_PERSONNEL', 'COMPANY'),
  PERP: answers(
    'EXECUTIVE_NATIONAL', 'EXECUTIVE_LOCAL', 'ARMED_FORCES', 'POLICE', 'PRISON', 'INTELLIGENCE', 'LEGISLATURE',
    'JUDICIARY', 'PARAMILITARY', 'ARMED_OPPOSITION', 'PRIVATE_SECURITY', 'CROWD', 'OCCUPYING_FORCES', 'FAMILY',
    'COMMUNITY', 'EMPLOYER', 'COMPANY_LOCAL', 'COMPANY_TRANSNATIONAL', 'IFI', 'STATE_MEDIA', 'ONLINE_NETWORK', 'GONGO',
    'CRIMINAL_GROUP', 'UN_PERSONNEL', 'DE_FACTO', 'OTHER',
  ),
  /** Degree of involvement. */
  INV: answers(
    'CARRIED_OUT', 'ORDERED', 'ACCOMPLICE', 'PRESENT', 'PLANNED', 'SUSPECTED', 'AUTHORED_LAW', 'SUPPORTED_LAW',
    'IMPLEMENTED_LAW', 'FAILED_TO_PROTECT', 'POLITICAL', 'OTHER',
  ),
  /** Why a connection with the United Nations is believed. */
  LINK: answers(
    'SAID_SO', 'CLOSE_IN_TIME', 'OTHERS_TARGETED', 'CITES_UN', 'QUOTES_UN', 'PATTERN', 'ONLY_EXPLANATION', 'OTHER',
  ),
  /** What could make it worse. */
  WORSE: answers('CONTACT_UN', 'STATE_TOLD', 'PUBLICITY', 'FAMILY', 'OTHER', 'NONE'),
  PROT: answers(
    'STOP_CONTACT', 'CHANGE_CHANNEL', 'HIDE_FROM_LISTS', 'DEVICE_CHECK', 'ACCOUNT_HARDENING', 'LEGAL_AID', 'MEDICAL',
    'RELOCATION', 'TRIAL_OBSERVATION', 'FAMILY_SUPPORT', 'NONE',
  ),
  /** Where it was raised already. The first nine are the channels of consent. */
  CHAN: answers(
    'SENIOR', 'STATE', 'SP', 'TB', 'HRC', 'PUBLIC', 'PLATFORM', 'PROT', 'DIG', 'SG_REPORT', 'UPR', 'OHCHR', 'UNCT',
    'PKO', 'AGENCY', 'ETHICS', 'OTHER', 'NONE',
  ),
  DOMESTIC: answers('COMPLAINT', 'COURT', 'NHRI', 'REGIONAL', 'OTHER', 'NONE'),
  RSP: answers(...RSP),
  /** What the submitter asks for. */
  REQ: answers(
    'CONTACT', 'RECORD', 'RAISE_STATE', 'SP_LETTER', 'RELEASE', 'PROTECTION', 'RESTORE', 'PRESERVE',
    'STOP_DISCLOSURE', 'SG_REPORT', 'PUBLIC', 'UN_PROCEDURE', 'ACCOUNTABILITY',
  ),
  /** Precision of a date. */
  DP: answers('EXACT', 'ESTIMATE', 'DAY_UNKNOWN', 'MONTH_UNKNOWN', 'BEFORE', 'AFTER'),
  DECISION: ['granted', 'refused', 'not_asked', 'withdrawn'],
  GIVEN_BY: ['alleged_victim', 'guardian', 'family', 'legal_representative', 'organisation_for_itself'],
  /** Why the person does not answer herself. */
  WHY_NOT: ['DETAINED', 'DISAPPEARED', 'DECEASED', 'UNREACHABLE', 'CHILD', 'OTHER'],
  EXPLAINED_BY: ['FORM', 'OFFICE', 'SUBMITTER', 'LAWYER', 'ORGANISATION', 'OTHER'],

  // What staff record of a case.
  REL: ['HIGHLY_RELIABLE', 'RELIABLE', 'UNRELIABLE', 'HIGHLY_UNRELIABLE', 'UNK'],
  VER,
  RISK,
  PRI,
  /** Impact of an intervention. */
  IMP: ['STRONG_POSITIVE', 'POSITIVE', 'NONE', 'NEGATIVE', 'STRONG_NEGATIVE', 'UNK'],
  /** Status of an intervention. */
  IST: ['SIGNIFICANT', 'SOME', 'TOKEN', 'NOT_CONTINUING', 'PENDING', 'NONE', 'CLOSED'],

  // What follows from a report.
  PG: ['PG1', 'PG2', 'PG3', 'PG4', 'PG5', 'PG6'],
  ENG_GROUP: ['CHARTER', 'SPECIAL_PROCEDURES', 'TREATY_BODIES', 'FIELD', 'CONFERENCES', 'AGENCIES_OTHER'],
  P1_REASON: ['DECLARED_URGENT', 'LIFE_OR_LIBERTY', 'EVIDENCE_LOST'],
} as const satisfies Record<string, readonly string[]>;

export type ListName = keyof typeof LISTS;
export type CodeOf<L extends ListName> = (typeof LISTS)[L][number];

/** Lists whose codes another standard names: their labels are that standard's. */
export const FOREIGN_LISTS = ['COUNTRY', 'PLACE'] as const satisfies readonly ListName[];

export type ActCode = CodeOf<'ACT'>;
export type EngCode = CodeOf<'ENG'>;

/** Ways of taking part that go through a platform. */
export const DIGITAL_MOD: readonly CodeOf<'MOD'>[] = ['VID', 'LIV', 'HYB', 'CHAT', 'STRM', 'PORT', 'SOC'];
