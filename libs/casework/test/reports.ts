/** Invented reports for tests: the least that can be submitted, and one with every section answered. */
import { SCOPES } from '../src/consent.js';
import type { ConsentAnswer } from '../src/questionnaire/consent-answers.js';
import type { ReportBody } from '../src/questionnaire/questions.js';
import { consents, GENEROUS, id } from './histories.js';

export const LEAST_REPORT: ReportBody = {
  version: 2,
  safety: { declared_urgent: 'unsure' },
  submitter: { relation: 'PNS' },
  engagements: [{ body: 'UNK' }],
  acts: [{ what: 'They came to the house.' }],
  concerned: { state: 'PNS' },
  consent: { matrix: consents({}) },
};

/** Everything granted, at the levels of the builders. */
export const ALL_GRANTED = {
  ...GENEROUS,
  'K4:TB': 'N',
  'K4:HRC': 'N',
  K8: '1',
  'K9:PROT': 'N',
  K10: 'g',
} as const;

/** A record that agrees with {@link ALL_GRANTED}, given five days before the tests' first second. */
export function record(person: number, change: Partial<ConsentAnswer> = {}): ConsentAnswer {
  return {
    person,
    scope: 'K5',
    decision: 'granted',
    given_by: 'alleged_victim',
    risks_explained: { by: 'OFFICE', text_version: '1', language: 'es' },
    understands: 'yes',
    given_at: '2027-01-10',
    ...change,
  };
}

export const FULL_REPORT: ReportBody = {
  version: 2,
  safety: { declared_urgent: 'yes', device_safe: 'no', language: 'es-419' },
  submitter: {
    relation: 'RELATIVE',
    name: 'In\u00e9s',
    keep_from_person: false,
    keep_from_offices: true,
    contact_ways: ['DROP_BOX'],
    contact: 'drop-box only, after dark',
    never_say: 'the name of the street',
  },
  persons: [
    {
      unit: 'INDIVIDUAL',
      names: 'Marta',
      other_names: 'la maestra',
      number: 1,
      relation: 'SC-A',
      roles: ['WOMAN_HRD', 'LAWYER'],
      gender: 'female',
      age: '30_59',
      child: 'no',
      groups: ['WOMEN', 'INDIGENOUS'],
      country: 'URY',
      whereabouts: 'HIDING',
      situation: ['INJURED', 'HIDING'],
      note: 'She teaches.',
    },
    { unit: 'COMMUNITY', number_band: '21_100', relation: 'SC-D', child: 'no' },
  ],
  engagements: [
    {
      body: 'HRC',
      stage: 'PAST',
      when: { value: '2026-09', precision: 'DAY_UNKNOWN' },
      event: 'item 5',
      modality: 'VID',
      visibility: ['WEBCAST', 'SPEAKER_LIST'],
    },
    { body: 'TB-REV', stage: 'SOUGHT', when: { value: '2026-10-03', precision: 'EXACT' } },
  ],
  digital: {
    platform: 'a meeting service',
    platform_id: 'p-17',
    deployment: 'session 63',
    deployment_id: 'd-63',
    vectors: ['PARTICIPANT_LIST', 'CHAT'],
    data_exposure: ['LIST_VISIBLE'],
    reported: 'yes',
    reported_on: { value: '2026-09-20', precision: 'ESTIMATE' },
    reported_reference: 'R-1',
    reported_reply: 'none yet',
    evidence: 'headers kept',
    evidence_held_by: 'a helpline',
    note: 'The list stayed on the page.',
  },
  acts: [
    {
      what: 'A call at night.',
      types: ['A09', 'F02'],
      nature: 'REPRISAL',
      from: { value: '2026-09-14', precision: 'EXACT' },
      to: { value: '2026-09-15', precision: 'EXACT' },
      ongoing: 'no',
      country: 'URY',
      place: 'a town',
      target: 'SELF',
      stated_reason: 'none was given',
    },
    {
      what: 'Posts.',
      types: ['F08'],
      from: { value: '2026', precision: 'MONTH_UNKNOWN' },
      ongoing: 'yes',
      country: 'ONLINE',
    },
  ],
  perpetrators: [
    {
      kind: 'STATE',
      type: 'POLICE',
      involvement: ['CARRIED_OUT', 'PRESENT'],
      name: 'two officers',
      note: 'in plain clothes',
    },
    { kind: 'UNK' },
  ],
  concerned: { state: 'URY', reason: 'as seen' },
  link: { reasons: ['CLOSE_IN_TIME', 'CITES_UN'], text: 'two days after' },
  risk: {
    worse: ['STATE_TOLD'],
    text: 'contact by the State',
    protection_in_place: ['CHANGE_CHANNEL'],
    protection_needed: ['LEGAL_AID', 'RELOCATION'],
    note: 'a cousin helps',
  },
  done: {
    channels: ['SP', 'SG_REPORT'],
    reference: 'A/HRC/00/0, annex II',
    domestic: ['COURT'],
    domestic_status: 'pending',
    state_steps: ['RSP7'],
  },
  wishes: { requests: ['CONTACT', 'RAISE_STATE'] },
  consent: {
    matrix: consents(ALL_GRANTED),
    records: [1, 2].flatMap((person) =>
      SCOPES.map((scope) => record(person, { scope, reconfirm_by: '2027-06-01' })),
    ),
    risks_explained: true,
    exclusions: [id('a')],
  },
  files: [
    { name: 'photo.jpg', about: 'the house', sha256: 'ab'.repeat(32), original_sha256: 'cd'.repeat(32) },
  ],
};
