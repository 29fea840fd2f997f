import { describe, expect, it } from '@jest/globals';
import { CHANNEL } from '../vocabularies.js';
import { HUR_CROSSWALK } from './hur.js';
import { compareLabels, LABEL_KEYS, labelOf, type LabelTable, questionLabel } from './labels.js';
import { ENGLISH } from './labels-en.js';
import { LISTS } from './lists.js';
import { REPORT_QUESTIONS } from './questions.js';

const ENTRIES = Object.entries(LISTS) as [keyof typeof LISTS, readonly string[]][];

describe('closed lists', () => {
  it('name each code once, and have as many as the design', () => {
    for (const [name, codes] of ENTRIES) expect([name, new Set(codes).size]).toEqual([name, codes.length]);
    expect(LISTS.ACT).toHaveLength(10 + 8 + 6 + 5 + 10 + 22 + 5 + 1 + 2);
    expect(LISTS.ENG).toHaveLength(28 + 2);
    expect(LISTS.PERP).toHaveLength(26 + 2);
    expect(LISTS.ROLE).toHaveLength(14 + 2);
  });

  it('let people who answer say that they do not know, and that they do not say', () => {
    const UNSURE: readonly string[] = ['URGENCY', 'YES_NO', 'NATURE'];
    const asked = new Set(REPORT_QUESTIONS.flatMap(({ list }) => list ?? []));
    for (const list of asked) {
      const codes: readonly string[] = LISTS[list];
      expect([
        list,
        codes.includes(UNSURE.includes(list) ? 'unsure' : 'UNK') || codes.includes('UNSURE'),
      ]).toEqual([list, true]);
      expect([list, codes.includes('PNS')]).toEqual([list, list !== 'URGENCY']);
    }
  });

  it('of where it was raised have every channel of consent', () => {
    expect(LISTS.CHAN.slice(0, CHANNEL.length)).toEqual(CHANNEL);
  });
});

describe('the cross-walk to HURIDOCS', () => {
  it('names only lists and codes that are there, by numbers in pairs', () => {
    for (const [name, walk] of Object.entries(HUR_CROSSWALK)) {
      const codes: readonly string[] = LISTS[name as keyof typeof LISTS];
      for (const list of walk.lists) expect(list).toMatch(/^\d\d$/);
      for (const [code, terms] of Object.entries(walk.codes)) {
        expect([name, codes.includes(code)]).toEqual([name, true]);
        expect(terms.length).toBeGreaterThan(0);
        for (const term of terms) expect(term).toMatch(/^\d\d( \d\d){0,3}$/);
        for (const term of terms) expect(term).not.toMatch(/ 00$/);
      }
    }
  });

  it('says what the design says', () => {
    expect(HUR_CROSSWALK.ACT?.codes).toMatchObject({ A01: ['01 01 01'], A06: ['02 01 02', '02 01 11 01'] });
    expect(HUR_CROSSWALK.SRC).toMatchObject({ lists: ['19'], codes: { HR_NGO: ['04 04 01'] } });
    expect(HUR_CROSSWALK.PERP?.codes).toMatchObject({ POLICE: ['01 01 04'], OTHER: ['90'], UNK: ['99'] });
    expect(HUR_CROSSWALK.PERP?.codes).not.toHaveProperty('GONGO');
    expect(HUR_CROSSWALK.INV?.codes).toMatchObject({ FAILED_TO_PROTECT: ['05', '05 02'] });
    expect(HUR_CROSSWALK.RSP?.lists).toEqual(['27', '28']);
  });
});

describe('labels', () => {
  it('are complete in English, and none is unused', () => {
    expect(compareLabels(ENGLISH)).toEqual({ missing: [], unused: [] });
  });

  it('that are missing, empty or unused are told, for every language', () => {
    const { P1: _dropped, ...PRI } = ENGLISH.codes.PRI;
    const table = {
      ...ENGLISH,
      sections: { ...ENGLISH.sections, acts: ' ' },
      help: { ...ENGLISH.help, 'acts.what': 'asked in vain' },
      codes: { ...ENGLISH.codes, PRI: { ...PRI, P5: 'nothing' } },
    } as unknown as LabelTable;
    expect(compareLabels(table)).toEqual({
      missing: ['sections.acts', 'codes.PRI.P1'],
      unused: ['help.acts.what', 'codes.PRI.P5'],
    });
  });

  it('say why of everything that may tell who somebody is', () => {
    const silent = REPORT_QUESTIONS.filter(({ part, isSensitive }) => part === 'identity' && !isSensitive);
    expect(silent).toEqual([]);
    expect(LABEL_KEYS).toContain('help.persons.names');
    expect(LABEL_KEYS).not.toContain('codes.COUNTRY.FRA');
  });

  it('never say that an allegation is proven', () => {
    expect(JSON.stringify(ENGLISH)).not.toMatch(/proven|guilty|offender|perpetrated|victim verified/i);
  });

  it('are found by list and code; a country stands for itself', () => {
    expect(labelOf(ENGLISH, 'ACT', 'A09')).toBe('other threat');
    expect(labelOf(ENGLISH, 'PLACE', 'ONLINE')).toBe('online');
    expect(labelOf(ENGLISH, 'PLACE', 'FRA')).toBe('FRA');
    expect(labelOf(ENGLISH, 'ACT', 'constructor')).toBe('constructor');
    expect(questionLabel(ENGLISH, 'acts', 'what')).toBe('What happened');
    expect(questionLabel(ENGLISH, 'acts', 'shoe')).toBe('shoe');
  });
});
