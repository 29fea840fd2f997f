import { encodeConsentMatrix, makeConsentMatrix, type ReportBody } from '@app/casework';
import type { Json } from '@app/encoding';
import { describe, expect, it } from '@jest/globals';
import { followUpLines, reportLines, suggestionLine } from './report-text.js';

const REPORT: ReportBody = {
  version: 2,
  safety: { declared_urgent: 'yes' },
  submitter: { relation: 'RELATIVE', keep_from_person: true },
  persons: [{ roles: ['HRD', 'LAWYER'], number: 1 }, { unit: 'PEOPLE' }],
  engagements: [{ body: 'HRC', when: { value: '2026-09', precision: 'DAY_UNKNOWN' } }],
  acts: [
    { what: 'They came.\nTwice.\u001b[31m', types: ['A09'], country: 'FRA', from: { precision: 'UNK' } },
  ],
  concerned: { state: 'FRA' },
  consent: {
    matrix: encodeConsentMatrix(makeConsentMatrix([{ K5: '2' }])),
    records: [
      {
        person: 1,
        scope: 'K5',
        decision: 'granted',
        given_by: 'family',
        why_not_person: 'DETAINED',
        risks_explained: { by: 'OFFICE', text_version: '1' },
        given_at: '2026-11-01',
      },
    ],
  },
};

describe('a report in words', () => {
  it('has questions and codes by their labels, in order, and moves no cursor', () => {
    expect(reportLines(REPORT as unknown as Json)).toEqual([
      '  Safety',
      '    Is someone in danger now or in the next days?: yes',
      '  You',
      '    Your relation to the person affected: RELATIVE (a relative)',
      '    Keep my identity from the person affected: yes',
      '  Person affected 1',
      '    How many: 1',
      '    Role: HRD (human rights defender), LAWYER (lawyer)',
      '  Person affected 2',
      '    Who is affected: PEOPLE (people in general)',
      '  Engagement with the United Nations',
      '    Body or process of the United Nations: HRC (Human Rights Council session)',
      '    When: 2026-09 (day not known)',
      '  Act',
      '    What happened: They came.\n      Twice.\ufffd[31m',
      '    Type of act: A09 (other threat)',
      '    First date: not known',
      '    Country, or online: FRA',
      '  State concerned',
      '    State concerned: FRA',
      '  Consent',
      '    Who gave each consent: \n      person 1, K5: granted, by the family, not by the person: detained, risks explained by the office, on 2026-11-01',
    ]);
  });

  it('of an older version is shown in the words of the current one', () => {
    const acts = [{ what: 'x', from: '2026-10' }];
    const lines = reportLines({
      ...REPORT,
      version: 1,
      acts,
      persons: [{ role: 'lawyer' }],
    });
    expect(lines).toContain('    First date: 2026-10 (day not known)');
    expect(lines).toContain('    What the lists do not let you say: role: lawyer');
  });

  it('that is none is shown as it is', () => {
    expect(reportLines({ acts: [{ what: 'x\u001b[31m' }] }).join('\n')).toContain('"what": "x\\u001b[31m"');
    expect(reportLines({ consent: { records: 'x' }, engagements: [{ when: null }] })).toContain('  {');
  });

  it('suggests a priority with its reasons', () => {
    expect(suggestionLine(REPORT)).toBe('The report suggests P1: declared urgent (safety.declared_urgent).');
    expect(suggestionLine({ ...REPORT, safety: { declared_urgent: 'no' } })).toBe('The report suggests P3.');
  });

  it('is followed by further acts and corrections', () => {
    const lines = followUpLines({
      version: 2,
      acts: [{ what: 'Again.' }],
      corrections: [
        { section: 'acts', at: 0, field: 'country', value: 'ONLINE' },
        { section: 'link', field: 'text' },
      ],
    });
    expect(lines).toEqual([
      '  Further act',
      '    What happened: Again.',
      '  Corrected acts[0].country: ONLINE (online)',
      '  Corrected link.text: taken back',
    ]);
  });
});
