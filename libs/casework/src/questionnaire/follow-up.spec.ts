import type { Json } from '@app/encoding';
import { describe, expect, it } from '@jest/globals';
import { FULL_REPORT } from '../../test/reports.js';
import { applyFollowUps, checkFollowUp, type FollowUp, placeOf } from './follow-up.js';

const found = (given: unknown): string[] => {
  const checked = checkFollowUp(given as Json);
  return checked.ok ? [] : checked.problems.map(({ field, path, code }) => `${field} ${path} ${code}`);
};
const correction = (change: object): unknown => ({ version: 2, corrections: [change] });

const FURTHER: FollowUp = {
  version: 2,
  acts: [{ what: 'They came again.', types: ['B06'], from: { value: '2026-11-02', precision: 'EXACT' } }],
  corrections: [
    { section: 'acts', at: 0, field: 'country', value: 'ARG' },
    { section: 'acts', at: 1, field: 'place' },
    { section: 'link', field: 'text', value: 'three days after' },
    { section: 'perpetrators', at: 1, field: 'kind', value: 'STATE' },
  ],
};

describe('a follow-up', () => {
  it('has further acts in the words of the same questions, and corrections of single answers', () => {
    expect(checkFollowUp(FURTHER as unknown as Json)).toEqual({ ok: true, followUp: FURTHER });
  });

  it.each<[unknown, string[]]>([
    [null, ['follow_up follow_up not_object']],
    [[], ['follow_up follow_up not_object']],
    [{ version: 2 }, ['follow_up follow_up empty']],
    [{ version: 1, acts: [{ what: 'x' }] }, ['version version not_in_list']],
    [{ version: 2, acts: [{ what: 'x' }], persons: [] }, ['follow_up follow_up unknown_field']],
    [{ version: 2, acts: {} }, ['acts acts not_list']],
    [{ version: 2, acts: Array.from({ length: 33 }, () => ({ what: 'x' })) }, ['acts acts too_long']],
    [
      { version: 2, acts: [{ types: ['B99'] }] },
      ['5.1 acts[0].what missing', '5.2 acts[0].types not_in_list'],
    ],
    [correction({}), ['corrections corrections[0] missing']],
    [{ version: 2, corrections: ['x'] }, ['corrections corrections[0] not_object']],
    [
      correction({ section: 'acts', field: 'what', at: 0, why: 1 }),
      ['corrections corrections[0] unknown_field'],
    ],
    [correction({ section: 'constructor', field: 'name' }), ['corrections corrections[0] unknown_field']],
    [
      correction({ section: 'acts', at: 0, field: 'constructor' }),
      ['corrections corrections[0] unknown_field'],
    ],
    [
      correction({ section: 'safety', field: 'declared_urgent', value: 'yes' }),
      ['corrections corrections[0] not_correctable'],
    ],
    [
      correction({ section: 'consent', field: 'records', value: [] }),
      ['corrections corrections[0] not_correctable'],
    ],
    [
      correction({ section: 'persons', at: 0, field: 'names', value: 'Ana' }),
      ['corrections corrections[0] identity'],
    ],
    [correction({ section: 'acts', field: 'what', value: 'x' }), ['corrections corrections[0] no_row']],
    [
      correction({ section: 'acts', at: -1, field: 'what', value: 'x' }),
      ['corrections corrections[0] no_row'],
    ],
    [
      correction({ section: 'link', at: 0, field: 'text', value: 'x' }),
      ['corrections corrections[0] no_row'],
    ],
    [correction({ section: 'acts', at: 0, field: 'what' }), ['corrections corrections[0] missing']],
    [
      correction({ section: 'acts', at: 0, field: 'country', value: 'Uruguay' }),
      ['5.5 corrections[0].value.country not_in_list'],
    ],
  ])('that does not hold is refused with every problem: %j', (given, expected) => {
    expect(found(given)).toEqual(expected);
  });

  it('is applied to the report, which itself stays as it was signed', () => {
    const before = structuredClone(FULL_REPORT);
    const applied = applyFollowUps(FULL_REPORT, [FURTHER, { version: 2, acts: [{ what: 'And again.' }] }]);
    const [first, second] = FULL_REPORT.acts;
    const { place: _taken, ...rest } = { place: '', ...second };
    expect(applied).toEqual({
      ok: true,
      report: {
        ...FULL_REPORT,
        link: { ...FULL_REPORT.link, text: 'three days after' },
        perpetrators: [FULL_REPORT.perpetrators?.[0], { kind: 'STATE' }],
        acts: [{ ...first, country: 'ARG' }, rest, FURTHER.acts?.[0], { what: 'And again.' }],
      },
    });
    expect(FULL_REPORT).toEqual(before);
  });

  it('may answer a section that was left out', () => {
    const { wishes: _out, ...silent } = FULL_REPORT;
    const asked: FollowUp = {
      version: 2,
      corrections: [{ section: 'wishes', field: 'requests', value: ['RECORD'] }],
    };
    expect(applyFollowUps(silent, [asked])).toMatchObject({ report: { wishes: { requests: ['RECORD'] } } });
  });

  it('that does not fit the report is told', () => {
    const lost = { section: 'acts', at: 7, field: 'place', value: 'x' } as const;
    expect(placeOf(lost)).toBe('acts[7].place');
    expect(applyFollowUps(FULL_REPORT, [{ version: 2, corrections: [lost] }])).toEqual({
      ok: false,
      problems: [{ field: 'acts', path: 'acts[7].place', code: 'no_such_row' }],
    });
    const contradicted: FollowUp = {
      version: 2,
      corrections: [{ section: 'persons', at: 0, field: 'child', value: 'yes' }],
    };
    expect(applyFollowUps(FULL_REPORT, [contradicted])).toMatchObject({
      problems: [{ field: '2.6', code: 'contradiction' }],
    });
  });
});
