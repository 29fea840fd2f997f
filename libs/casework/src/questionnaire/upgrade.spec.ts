import type { Json } from '@app/encoding';
import { describe, expect, it } from '@jest/globals';
import { consents } from '../../test/histories.js';
import { checkReport, joinReport } from './check.js';

/** A report as version 1 had it, with every answer that version 2 tells otherwise. */
const OLD: Readonly<Record<string, Json>> = {
  version: 1,
  safety: { declared_urgent: 'no', language: 'Espa\u00f1ol' },
  submitter: { relation: 'VICTIM', name: 'A', contact: 'here' },
  persons: [
    { names: 'A', role: 'lawyer', groups: 'women', location: 'at home', situation: ' ', relation: 'SC-A' },
  ],
  engagements: [{ body: 'HRC', when: '2026-09', visibility: 'webcast' }],
  digital: { platform: 'x', vectors: 'chat', data_exposure: 'list', reported: 'in May' },
  acts: [{ what: 'x', types: ['A09', 'UNK'], from: '2026-09-14', to: '2026' }],
  perpetrators: [{ kind: 'STATE', type: 'police' }],
  concerned: { state: 'FRA' },
  link: { reasons: ['UNK'] },
  risk: { protection: 'none yet' },
  done: { domestic: 'a complaint', channels: ['SP', 'STATE'], state_steps: ['RSP7'] },
  consent: { matrix: consents({ K1: 'g' }), risks_explained: true },
};

describe('a report of version 1', () => {
  it('is read in the words of version 2, and nothing it says is lost', () => {
    expect(checkReport(OLD)).toEqual({
      ok: true,
      report: {
        version: 2,
        safety: { declared_urgent: 'no', language: 'und' },
        submitter: OLD.submitter,
        persons: [{ names: 'A', relation: 'SC-A', note: 'role: lawyer\ngroups: women\nlocation: at home' }],
        engagements: [
          { body: 'HRC', when: { value: '2026-09', precision: 'DAY_UNKNOWN' }, note: 'visibility: webcast' },
        ],
        digital: { platform: 'x', note: 'vectors: chat\ndata_exposure: list\nreported: in May' },
        acts: [
          {
            what: 'x',
            types: ['A09'],
            from: { value: '2026-09-14', precision: 'EXACT' },
            to: { value: '2026', precision: 'MONTH_UNKNOWN' },
          },
        ],
        perpetrators: [{ kind: 'STATE', note: 'type: police' }],
        concerned: { state: 'FRA' },
        link: { reasons: ['UNK'] },
        risk: { note: 'protection: none yet' },
        done: { channels: ['SP', 'STATE'], state_steps: ['RSP7'], domestic_status: 'a complaint' },
        consent: OLD.consent,
      },
    });
  });

  it('is joined from its halves', () => {
    const { submitter: _out, persons: _too, ...rest } = OLD;
    const main = { ...rest, submitter: { relation: 'VICTIM' }, persons: [{ role: 'lawyer' }] };
    const identity = { version: 1, submitter: { name: 'A' }, persons: [{ names: 'A' }] };
    expect(joinReport(main, identity)).toMatchObject({
      ok: true,
      report: {
        submitter: { relation: 'VICTIM', name: 'A' },
        persons: [{ names: 'A', note: 'role: lawyer' }],
      },
    });
  });

  it('keeps its faults for the check to name', () => {
    const faulty = {
      ...OLD,
      acts: [{ what: 'x', from: 'May', types: 'A09' }],
      safety: 'no',
      constructor: {},
    };
    const checked = checkReport(faulty);
    expect(checked.ok ? [] : checked.problems.map(({ path, code }) => `${path} ${code}`)).toEqual([
      'report unknown_field',
      'safety not_object',
      'acts[0].types not_list',
      'acts[0].from not_date',
    ]);
  });
});
