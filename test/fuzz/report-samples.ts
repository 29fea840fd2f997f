/** Two invented reports: the least that can be submitted, and one with every section answered. */
import type { ReportBody } from '@app/casework';
import { consents, GENEROUS, id } from '../../libs/casework/test/histories.js';

export const LEAST_REPORT: ReportBody = {
  version: 1,
  safety: { declared_urgent: 'unsure' },
  submitter: { relation: 'PNS' },
  engagements: [{ body: 'UNK' }],
  acts: [{ what: 'They came to the house.' }],
  concerned: { state: 'PNS' },
  consent: { matrix: consents({}) },
};

export const FULL_REPORT: ReportBody = {
  ...LEAST_REPORT,
  safety: { declared_urgent: 'yes', device_safe: 'no', language: 'es-419' },
  submitter: { relation: 'RELATIVE', name: 'In\u00e9s', keep_from_person: false, contact: 'by letter' },
  persons: [{ unit: 'INDIVIDUAL', names: 'Marta', relation: 'SC-A', number: 1 }, { relation: 'SC-D' }],
  engagements: [{ body: 'HRC', stage: 'PAST', when: '2026-09', modality: 'VID' }, { body: 'UPR' }],
  digital: { platform: 'a meeting service' },
  acts: [
    { what: 'A call at night.', types: ['A09', 'F02'], from: '2026-09-14', country: 'URY', target: 'SELF' },
    { what: 'Online.', types: ['F08'], ongoing: 'yes' },
  ],
  perpetrators: [{ kind: 'UNK', name: 'unknown caller' }],
  concerned: { state: 'URY' },
  link: { reasons: ['CLOSE_IN_TIME'], text: 'two days after' },
  risk: { text: 'contact by the State' },
  done: { channels: ['SP'], state_steps: ['RSP7'] },
  wishes: { requests: ['CONTACT', 'RAISE_STATE'] },
  consent: { matrix: consents(GENEROUS), risks_explained: true, exclusions: [id('a')] },
};
