import { describe, expect, it } from '@jest/globals';
import { DAY, T0 } from '../../test/histories.js';
import { ALL_GRANTED, record } from '../../test/reports.js';
import { type ConsentRow, makeConsentMatrix, SCOPES } from '../consent.js';
import {
  answerProblems,
  type ConsentAnswer,
  consentGaps,
  decisionOf,
  isChild,
  parseConsentAnswer,
  type PersonAffected,
} from './consent-answers.js';

const GRANTED = makeConsentMatrix([ALL_GRANTED]);
const found = (change: Partial<ConsentAnswer>, person: PersonAffected = {}): string[] =>
  answerProblems(record(1, change), GRANTED[0], person).map(({ field, code }) => `${field} ${code}`);

describe('a record of consent', () => {
  it.each(SCOPES)('of the person herself holds for %s', (scope) => {
    expect(found({ scope })).toEqual([]);
  });

  const family = { given_by: 'family' } as const;
  const lawyer = { given_by: 'legal_representative' } as const;
  const BARRED = ['given_by third_party'];
  it.each<[string, Partial<ConsentAnswer>, PersonAffected, string[]]>([
    ['family of a detained person', { ...family, why_not_person: 'DETAINED' }, {}, []],
    ['family of a disappeared person', { ...family, why_not_person: 'DISAPPEARED' }, {}, []],
    ['family of a dead person', { ...family, why_not_person: 'DECEASED' }, {}, []],
    ['family of one who cannot be reached', { ...family, why_not_person: 'UNREACHABLE' }, {}, BARRED],
    ['lawyer of one who cannot be reached', { ...lawyer, why_not_person: 'UNREACHABLE' }, {}, []],
    ['lawyer of an adult who can', { ...lawyer, why_not_person: 'OTHER' }, {}, BARRED],
    ['lawyer of an adult, for K6', { ...lawyer, why_not_person: 'OTHER', scope: 'K6' }, {}, BARRED],
    ['lawyer of an adult, for K8', { ...lawyer, why_not_person: 'OTHER', scope: 'K8' }, {}, BARRED],
    ['lawyer of an adult, for K3', { ...lawyer, why_not_person: 'OTHER', scope: 'K3' }, {}, []],
    ['nobody says why', family, {}, ['why_not_person why_missing', ...BARRED]],
    ['guardian of a child', { given_by: 'guardian', why_not_person: 'CHILD' }, { child: 'yes' }, []],
    [
      'guardian of nobody known as a child',
      { given_by: 'guardian', why_not_person: 'CHILD' },
      { age: '18_29' },
      ['why_not_person not_a_child'],
    ],
    ['the person, and why not she', { why_not_person: 'DETAINED' }, {}, ['why_not_person why_unneeded']],
    ['an organisation for itself', { given_by: 'organisation_for_itself' }, { unit: 'ORGANISATION' }, []],
    [
      'an organisation for a person',
      { given_by: 'organisation_for_itself' },
      { unit: 'INDIVIDUAL' },
      ['given_by not_an_organisation'],
    ],
    ['refused where the matrix grants', { decision: 'refused' }, {}, ['decision consent_differs']],
    ['asked again before it was given', { reconfirm_by: '2027-01-09' }, {}, ['reconfirm_by date_order']],
  ])('%s', (_, change, person, expected) => {
    expect(found(change, person)).toEqual(expected);
  });

  it('has somebody who answered, unless nobody was asked', () => {
    const silent = { person: 1, scope: 'K1' } as const;
    const none = makeConsentMatrix([{}])[0];
    const refused = makeConsentMatrix([{ K1: 'r' }])[0];
    const codes = (answer: ConsentAnswer, row: ConsentRow | undefined) =>
      answerProblems(answer, row, {}).map(({ code }) => code);
    expect(codes({ ...silent, decision: 'not_asked' }, none)).toEqual([]);
    expect(codes({ ...silent, decision: 'not_asked', given_by: 'alleged_victim' }, none)).toEqual([
      'giver_unneeded',
    ]);
    expect(codes({ ...silent, decision: 'refused' }, refused)).toEqual(['giver_missing']);
    // Somebody else may refuse for her.
    const refusal = {
      ...silent,
      scope: 'K5',
      decision: 'refused',
      given_by: 'family',
      why_not_person: 'OTHER',
    } as const;
    expect(codes(refusal, makeConsentMatrix([{ K5: 'r' }])[0])).toEqual([]);
  });

  it('names decisions as the matrix has them', () => {
    expect((['n', 'r', 'w', 'g', 'P', '3'] as const).map(decisionOf)).toEqual([
      'not_asked',
      'refused',
      'withdrawn',
      'granted',
      'granted',
      'granted',
    ]);
  });

  it('is parsed strictly', () => {
    expect(() => parseConsentAnswer({ person: 9, scope: 'K1', decision: 'granted' }, 'x')).toThrow(
      'x.person',
    );
  });

  it.each<[PersonAffected, boolean | undefined]>([
    [{}, undefined],
    [{ child: 'unsure' }, undefined],
    [{ age: 'UNK' }, undefined],
    [{ child: 'yes' }, true],
    [{ age: 'under_18' }, true],
    [{ child: 'no' }, false],
    [{ age: '60_plus' }, false],
  ])('knows a child: %j', (person, is) => {
    expect(isChild(person)).toBe(is);
  });
});

describe('what lacks before something leaves', () => {
  const gaps = (answers: ConsentAnswer[], now = T0, persons: PersonAffected[] = [{}]) =>
    consentGaps(answers, GRANTED, persons, 'K5', now).map(({ at, code }) => `${String(at)} ${code}`);
  const without = (key: keyof ConsentAnswer): ConsentAnswer => {
    const { [key]: _out, ...rest } = record(1);
    return rest as ConsentAnswer;
  };

  it.each<[string, ConsentAnswer[], string[]]>([
    ['nothing', [record(1)], []],
    ['the record', [], ['0 record_missing']],
    ['a record of this scope', [record(1, { scope: 'K6' })], ['0 record_missing']],
    ['the explanation', [without('risks_explained')], ['0 risks_not_explained']],
    ['understanding', [record(1, { understands: 'unsure' })], ['0 risk_not_understood']],
    ['understanding, not said', [without('understands')], ['0 risk_not_understood']],
    ['a day', [without('given_at')], ['0 reconfirm_due']],
    ['agreement', [record(1, { decision: 'withdrawn' })], ['0 consent_differs']],
    ['nothing: a later record counts', [record(1, { decision: 'withdrawn' }), record(1)], []],
  ])('%s', (_, answers, expected) => {
    expect(gaps(answers)).toEqual(expected);
  });

  it('every person counts', () => {
    expect(gaps([record(1)], T0, [{}, {}])).toEqual(['1 record_missing']);
  });

  it('K5 and K6 are asked again after 30 days, others when they say', () => {
    const given = Date.parse('2027-01-10T00:00:00Z') / 1_000;
    expect(gaps([record(1)], given + 30 * DAY)).toEqual([]);
    expect(gaps([record(1)], given + 30 * DAY + 1)).toEqual(['0 reconfirm_due']);
    const dated = record(1, { reconfirm_by: '2027-01-12' });
    expect(gaps([dated], given + 3 * DAY - 1)).toEqual([]);
    expect(gaps([dated], given + 3 * DAY)).toEqual(['0 reconfirm_due']);
    const k3 = record(1, { scope: 'K3' });
    expect(consentGaps([k3], GRANTED, [{}], 'K3', given + 400 * DAY)).toEqual([]);
  });
});
