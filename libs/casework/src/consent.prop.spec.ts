import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  CONSENT_CODES,
  effectiveConsent,
  encodeConsentMatrix,
  isConsentCode,
  LEVELS,
  makeConsentMatrix,
  parseConsentMatrix,
  SCOPES,
} from './consent.js';

const RUNS = Number(process.env.FC_RUNS ?? 200);

const one = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const row = fc
  .record(
    Object.fromEntries(
      SCOPES.map((scope) => [scope, one(...CONSENT_CODES.filter((code) => isConsentCode(scope, code)))]),
    ),
  )
  .map((codes) => codes);

describe('consent matrices', () => {
  it('round-trip, and never grant more than the least of the rows', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), (rows) => {
        const text = encodeConsentMatrix(makeConsentMatrix(rows));
        const matrix = parseConsentMatrix(text, 'm');
        expect(encodeConsentMatrix(matrix)).toBe(text);
        for (const scope of SCOPES) {
          const denied = rows.some((of) => ['n', 'r', 'w'].includes(of[scope] ?? 'n'));
          const { granted, level } = effectiveConsent(matrix, scope);
          expect(granted).toBe(!denied);
          if (level !== undefined) {
            expect(
              rows.every((of) => LEVELS.indexOf(of[scope] as typeof level) <= LEVELS.indexOf(level)),
            ).toBe(true);
          }
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('any text is read back as it was, or refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: one(...CONSENT_CODES, 'x'), minLength: 103, maxLength: 105 }), (text) => {
        try {
          expect(encodeConsentMatrix(parseConsentMatrix(text, 'm'))).toBe(text);
        } catch (error) {
          expect(error).toMatchObject({ name: 'ParseError' });
        }
      }),
      { numRuns: RUNS },
    );
  });
});
