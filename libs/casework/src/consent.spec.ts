import { describe, expect, it } from '@jest/globals';
import { consents, GENEROUS } from '../test/histories.js';
import {
  applyConsentChange,
  checkLevel,
  CONSENT_CODES,
  type ConsentRow,
  type ConsentScope,
  effectiveConsent,
  encodeConsentMatrix,
  isConsentCode,
  type Level,
  makeConsentMatrix,
  parseConsentMatrix,
  SCOPES,
} from './consent.js';

const ALL_N = 'n'.repeat(104);

describe('parseConsentMatrix', () => {
  it('reads eight rows of thirteen', () => {
    const matrix = parseConsentMatrix(`ggNPPP321g${'n'.repeat(94)}`.replace('321g', '32g1'), 'm');
    expect(matrix).toHaveLength(8);
    expect(matrix[0]).toMatchObject({
      K1: 'g',
      K3: 'N',
      'K4:HRC': 'P',
      K5: '3',
      K6: '2',
      K7: 'g',
      K8: '1',
      K10: 'n',
    });
    expect(matrix[7]).toMatchObject({ K1: 'n', K10: 'n' });
  });

  it.each([
    ['bad_length', ALL_N.slice(1)],
    ['bad_length', `${ALL_N}n`],
    ['bad_code', `x${ALL_N.slice(1)}`],
    ['bad_code', `N${ALL_N.slice(1)}`],
    ['bad_code', `nn3${ALL_N.slice(3)}`],
    ['bad_code', `nnnnnnN${ALL_N.slice(7)}`],
    ['bad_code', `nnnnnng${ALL_N.slice(7)}`],
  ])('%s', (code, text) => {
    expect(() => parseConsentMatrix(text, 'm')).toThrow(expect.objectContaining({ code, where: 'm' }));
  });
});

describe('makeConsentMatrix', () => {
  it('repeats the last person, so one, two and eight persons look alike', () => {
    const two: readonly Partial<ConsentRow>[] = [GENEROUS, { K1: 'g', K3: 'P' }];
    const matrix = makeConsentMatrix(two);
    expect(
      matrix.slice(1).every((row) => row === matrix[1] || encodeConsentMatrix([row]) === 'gnPnnnnnnnnnn'),
    ).toBe(true);
    expect(encodeConsentMatrix(matrix)).toHaveLength(104);
    expect(encodeConsentMatrix(makeConsentMatrix([GENEROUS]))).toBe(
      encodeConsentMatrix(makeConsentMatrix(Array.from({ length: 8 }, () => GENEROUS))),
    );
  });

  it.each([[[]], [Array.from({ length: 9 }, () => GENEROUS)], [[{ K1: 'N' as const }]]])(
    'refuses %#',
    (rows) => {
      expect(() => makeConsentMatrix(rows)).toThrow(expect.objectContaining({ name: 'Invariant' }));
    },
  );
});

describe('effectiveConsent', () => {
  const cases: readonly (readonly [
    ConsentScope,
    readonly Partial<ConsentRow>[],
    boolean,
    Level | undefined,
  ])[] = [
    ['K1', [{ K1: 'g' }], true, undefined],
    ['K1', [{ K1: 'g' }, { K1: 'r' }], false, undefined],
    ['K1', [{ K1: 'w' }, { K1: 'g' }], false, undefined],
    ['K3', [{ K3: 'N' }], true, 'N'],
    ['K3', [{ K3: 'N' }, { K3: 'P' }, { K3: 'N' }], true, 'P'],
    ['K3', [{ K3: 'N' }, {}], false, undefined],
    ['K5', [{ K5: '3' }, { K5: '2' }], true, '2'],
    ['K5', [{ K5: '1' }, { K5: '3' }], true, '1'],
    ['K5', [], false, undefined],
  ];
  it.each(cases)('%s %j', (scope, rows, granted, level) => {
    const effective = effectiveConsent(makeConsentMatrix(rows.length === 0 ? [{}] : rows), scope);
    expect(effective).toEqual(level === undefined ? { granted } : { granted, level });
  });
});

describe('checkLevel', () => {
  const matrix = makeConsentMatrix([{ K1: 'g', K3: 'P', K5: '2' }]);
  const cases: readonly (readonly [ConsentScope, Level, string])[] = [
    ['K1', 'N', 'exceeded'],
    ['K3', 'P', 'granted'],
    ['K3', 'N', 'exceeded'],
    ['K3', '1', 'exceeded'],
    ['K5', '3', 'exceeded'],
    ['K5', '2', 'granted'],
    ['K5', '1', 'granted'],
    ['K6', '1', 'missing'],
  ];
  it.each(cases)('%s at %s: %s', (scope, level, expected) => {
    expect(checkLevel(matrix, scope, level)).toBe(expected);
  });
});

describe('applyConsentChange', () => {
  const matrix = parseConsentMatrix(consents({ K3: 'N' }, { K3: 'N' }, { K3: 'P' }), 'm');
  const column = (rows: typeof matrix): string => rows.map((row) => row.K3).join('');

  it('changes one row, or the rows to `through`', () => {
    expect(column(applyConsentChange(matrix, { person: 1, scope: 'K3', code: 'w' }))).toBe('wNPPPPPP');
    expect(column(applyConsentChange(matrix, { person: 3, through: 8, scope: 'K3', code: 'r' }))).toBe(
      'NNrrrrrr',
    );
    expect(column(applyConsentChange(matrix, { person: 8, scope: 'K3', code: 'n' }))).toBe('NNPPPPPn');
  });

  it('changes nothing else', () => {
    const changed = applyConsentChange(matrix, { person: 1, scope: 'K3', code: 'w' });
    const same = changed.map((row) => ({ ...row, K3: 'n' }));
    expect(same).toEqual(matrix.map((row) => ({ ...row, K3: 'n' })));
  });

  it.each([
    { person: 0, scope: 'K3', code: 'w' },
    { person: 1, through: 9, scope: 'K3', code: 'w' },
    { person: 2, through: 1, scope: 'K3', code: 'w' },
    { person: 1, scope: 'K3', code: 'g' },
  ] as const)('refuses %j', (change) => {
    expect(() => applyConsentChange(matrix, change)).toThrow(expect.objectContaining({ name: 'Invariant' }));
  });
});

describe('isConsentCode', () => {
  it('allows exactly the table of SPEC.md §3', () => {
    const allowed = SCOPES.map((scope) =>
      CONSENT_CODES.filter((code) => isConsentCode(scope, code)).join(''),
    );
    expect(allowed).toEqual([
      ...['nrwg', 'nrwg', 'nrwNP', 'nrwNP', 'nrwNP', 'nrwNP', 'nrw321', 'nrw321'],
      ...['nrwg', 'nrw321', 'nrwNP', 'nrwNP', 'nrwg'],
    ]);
  });
});
