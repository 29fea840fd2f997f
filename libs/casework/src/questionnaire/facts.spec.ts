import { describe, expect, it } from '@jest/globals';
import { FULL_REPORT, LEAST_REPORT } from '../../test/reports.js';
import {
  isDigital,
  isDigitalParticipation,
  isSdg16101,
  isSituation,
  publicActGroup,
  publicActGroups,
  publicEngagementGroup,
  publicEngagementGroups,
  suggestedPriority,
} from './facts.js';
import { LISTS } from './lists.js';
import type { ReportBody } from './questions.js';

type Change = Partial<ReportBody>;
const least = (change: Change = {}): ReportBody => ({ ...LEAST_REPORT, ...change });
const acted = (...types: NonNullable<ReportBody['acts'][number]['types']>): Change => ({
  acts: [{ what: 'x', types }],
});

describe('digital participation', () => {
  const took = (modality: 'HYB' | 'INP'): Change => ({ engagements: [{ body: 'HRC', modality }] });
  it.each<[string, Change, boolean, boolean]>([
    ['nothing said', {}, false, false],
    ['hybrid', took('HYB'), true, true],
    ['in person', took('INP'), false, false],
    ['a digital act', acted('F01'), false, true],
    ['another act', acted('A01'), false, false],
    ['a deployment named', { digital: { deployment: 'session 63' } }, true, true],
    ['a deployment of the register', { digital: { deployment_id: 'd-63' } }, true, true],
    ['a platform alone', { digital: { platform: 'x' } }, false, false],
  ])('%s', (_, change, participation, section) => {
    expect(isDigitalParticipation(least(change))).toBe(participation);
    expect(isDigital(least(change))).toBe(section);
  });

  it.each(LISTS.MOD)('by %s', (modality) => {
    const digital = ['VID', 'LIV', 'HYB', 'CHAT', 'STRM', 'PORT', 'SOC'].includes(modality);
    expect(isDigitalParticipation(least({ engagements: [{ body: 'HRC', modality }] }))).toBe(digital);
  });
});

describe('public groups', () => {
  it('hold every act but what is not told', () => {
    const groups = LISTS.ACT.map((act) => `${act.charAt(0)}${publicActGroup(act) ?? ''}`);
    expect([...new Set(groups)]).toEqual([
      'APG1',
      'BPG2',
      'CPG3',
      'DPG4',
      'EPG5',
      'FPG6',
      'GPG3',
      'Z',
      'U',
      'P',
    ]);
    expect(publicActGroups(FULL_REPORT)).toEqual(['PG1', 'PG6']);
    expect(publicActGroups(least(acted('G01', 'C02', 'UNK')))).toEqual(['PG3']);
    expect(publicActGroups(LEAST_REPORT)).toEqual([]);
  });

  it('hold every body', () => {
    const of = (group: string) => LISTS.ENG.filter((body) => publicEngagementGroup(body) === group).join(' ');
    expect(LISTS.ENG_GROUP.map(of)).toEqual([
      'HRC HRC-IM UPR SC GA NGOC FOR',
      'SP-COM SP-VIS SP-OTH',
      'TB-REV TB-PET TB-INQ',
      'OHCHR-F UNCT PKO',
      'CSW CSocD HLPF IND COP IGF CONS',
      'AGY IFI NHRI INV OTH UNK PNS',
    ]);
    expect(publicEngagementGroups(FULL_REPORT)).toEqual(['CHARTER', 'TREATY_BODIES']);
  });
});

describe('SDG 16.10.1', () => {
  it.each<[Change, boolean]>([
    [acted('A01'), true],
    [acted('A04'), true],
    [acted('A07'), true],
    [acted('D01', 'A08'), true],
    [acted('A05'), false],
    [acted('B02'), false],
    [{ ...acted('B02'), persons: [{ situation: ['HELD_ARBITRARY'] }] }, true],
    [{ ...acted('B01'), persons: [{ situation: ['HELD_ARBITRARY'] }] }, false],
    [{}, false],
  ])('%#', (change, is) => {
    expect(isSdg16101(least(change))).toBe(is);
  });
});

describe('a situation', () => {
  it.each<[Change, boolean]>([
    [{}, false],
    [{ persons: [{ unit: 'PEOPLE' }] }, true],
    [{ persons: [{ unit: 'PEOPLE', names: 'Marta' }] }, false],
    [{ persons: [{ unit: 'PEOPLE' }, { unit: 'INDIVIDUAL' }] }, false],
    [{ persons: [{ unit: 'COMMUNITY' }, { unit: 'SOCIAL_GROUP' }] }, true],
  ])('%#', (change, is) => {
    expect(isSituation(least(change))).toBe(is);
  });
});

describe('the suggested priority', () => {
  const calm: Change = { safety: { declared_urgent: 'no' } };
  const live: Change = { engagements: [{ body: 'HRC', stage: 'ONGOING', modality: 'LIV' }] };
  const held: Change = { persons: [{ situation: ['HELD_TRIAL'] }] };
  const goingOn = (types: 'A05' | 'D01'): Change => ({
    acts: [{ what: 'x', types: [types], ongoing: 'yes' }],
  });
  it.each<[string, Change, string[]]>([
    ['nothing', calm, []],
    ['declared urgent', { safety: { declared_urgent: 'yes' } }, ['DECLARED_URGENT safety.declared_urgent']],
    ['assault that goes on', { ...calm, ...goingOn('A05') }, ['LIFE_OR_LIBERTY acts[0].types']],
    ['assault that is over', { ...calm, ...acted('A05') }, []],
    ['a smear that goes on', { ...calm, ...goingOn('D01') }, []],
    ['detention, and held now', { ...calm, ...held, ...acted('B02') }, ['LIFE_OR_LIBERTY acts[0].types']],
    ['killing, and somebody held', { ...calm, ...held, ...acted('A01') }, []],
    [
      'disappearance, and missing',
      { ...calm, persons: [{ situation: ['MISSING'] }], ...acted('A07') },
      ['LIFE_OR_LIBERTY acts[0].types'],
    ],
    [
      'a threat, declared urgent',
      { safety: { declared_urgent: 'yes' }, ...acted('A03') },
      ['DECLARED_URGENT safety.declared_urgent', 'LIFE_OR_LIBERTY acts[0].types'],
    ],
    ['spyware in a live session', { ...calm, ...live, ...acted('F03') }, ['EVIDENCE_LOST acts[0].types']],
    ['spyware, session over', { ...calm, ...acted('F03') }, []],
    ['harassment in a live session', { ...calm, ...live, ...acted('F08') }, []],
  ])('%s', (_, change, reasons) => {
    const suggested = suggestedPriority(least(change));
    expect(suggested.reasons.map(({ code, path }) => `${code} ${path}`)).toEqual(reasons);
    expect(suggested.priority).toBe(reasons.length > 0 ? 'P1' : 'P3');
  });
});
