import { checkReport, encodeConsentMatrix, makeConsentMatrix } from '@app/casework';
import { WORD_LANGUAGES } from '@app/crypto/seal';
import type { Json } from '@app/encoding';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exampleReport } from './example.js';
import { readReport } from './report-file.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sc-report-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function read(text: string | Uint8Array) {
  const file = path.join(folder, 'report.json');
  writeFileSync(file, text);
  return readReport(file);
}

const example = exampleReport('en') as Readonly<Record<string, Json>>;
const changed = (change: Readonly<Record<string, Json>>) => read(JSON.stringify({ ...example, ...change }));

describe('a report in a file', () => {
  it.each(WORD_LANGUAGES)(
    'is accepted as the example in %s has it, rows of consents made a matrix',
    async (language) => {
      const result = await read(JSON.stringify(exampleReport(language)));
      const row = { K1: 'g', K2: 'g', K3: 'N', K5: '3', K7: 'g' } as const;
      expect(result).toMatchObject({
        report: { consent: { matrix: encodeConsentMatrix(makeConsentMatrix([row])) }, safety: { language } },
      });
      expect('report' in result && checkReport(result.report as unknown as Json).ok).toBe(true);
    },
  );

  it('of an older version is read in the words of the current one', async () => {
    const engagements = [{ body: 'HRC', when: '2026-09' }];
    const persons = [{ role: 'lawyer' }];
    const result = await read(
      JSON.stringify({ ...example, version: 1, acts: [{ what: 'x' }], engagements, persons }),
    );
    expect(result).toMatchObject({
      report: {
        version: 2,
        engagements: [{ when: { value: '2026-09', precision: 'DAY_UNKNOWN' } }],
        persons: [{ note: 'role: lawyer' }],
      },
    });
  });

  it('may have the matrix as text, and a byte order mark', async () => {
    const matrix = encodeConsentMatrix(makeConsentMatrix([{ K1: 'g' }]));
    expect(await read(`\ufeff${JSON.stringify({ ...example, consent: { matrix } })}`)).toMatchObject({
      report: { consent: { matrix } },
    });
  });

  it.each<[string, Readonly<Record<string, Json>>, string, string]>([
    [
      'a code of no list',
      { safety: { declared_urgent: 'maybe' } },
      'safety.declared_urgent (question 0.1)',
      'use one of yes, no, unsure',
    ],
    [
      'a field of no question',
      { safety: { declared_urgent: 'no', shoe: 1 } },
      'safety',
      'take out shoe; known are declared_urgent, device_safe, language',
    ],
    ['a section of none', { extra: {} }, 'report', 'take out extra; known are safety, submitter, '],
    ['a missing answer', { submitter: {} }, 'submitter.relation (question 1.1)', 'an answer is needed'],
    [
      'a wrong date',
      { engagements: [{ body: 'HRC', when: 'May' }] },
      'engagements[0].when (question 3.3)',
      'write a date as',
    ],
    ['an empty list', { acts: [] }, 'acts[0].what (question 5.1)', 'an answer is needed'],
    ['another version', { version: 3 }, 'version', 'write 2'],
    [
      'a date more exact than it says',
      { engagements: [{ body: 'HRC', when: { value: '2026-10-31', precision: 'DAY_UNKNOWN' } }] },
      'engagements[0].when (question 3.3)',
      'DAY_UNKNOWN a month',
    ],
    [
      'a precision that is none',
      { engagements: [{ body: 'HRC', when: { value: '2026', precision: 'ABOUT' } }] },
      'engagements[0].when.precision (question 3.3)',
      'use one of EXACT, ESTIMATE',
    ],
    [
      'somebody else’s consent for her',
      {
        consent: {
          matrix: [{ K5: '3' }],
          records: [
            { person: 1, scope: 'K5', decision: 'granted', given_by: 'family', why_not_person: 'OTHER' },
          ],
        },
      },
      'consent.records[0].given_by (question 11)',
      'nobody else can grant this',
    ],
    [
      'a field of no question in a row',
      { engagements: [{ body: 'HRC' }, { body: 'HRC', shoe: 1 }] },
      'engagements[1]',
      'take out shoe; known are body, stage',
    ],
    [
      'a consent code that does not fit',
      { consent: { matrix: [{ K3: 'g' }] } },
      'consent.matrix[0].K3',
      'use one of n, r, w, N, P',
    ],
    [
      'a scope that is none',
      { consent: { matrix: [{ K11: 'g' }] } },
      'consent.matrix[0]',
      'the scopes are K1, K2,',
    ],
    ['no rows', { consent: { matrix: [] } }, 'consent.matrix', 'write one to 8 rows'],
  ])('is told of %s: the field and the cure', async (_, change, field, cure) => {
    const result = await changed(change);
    expect(result).toEqual({
      problems: [{ field, code: expect.any(String), cure: expect.stringContaining(cure) }],
    });
  });

  it.each([
    ['{\n  "version": 1,,\n}', 'at line 2, column 16'],
    ['{"what": "SECRET" x}', 'at line 1, column 19'],
    ['SECRET', ''],
  ])('that is no JSON is told by its place, never by its content', async (text, place) => {
    const error = (await read(text).catch((e: unknown) => e)) as Error;
    expect(error).toMatchObject({ code: 'report_not_json' });
    expect(error.message).toContain(place);
    expect(error.message).not.toContain('SECRET');
  });

  it('is not taken with bytes that are no text', async () => {
    await expect(read(new Uint8Array([0x7b, 0xff]))).rejects.toMatchObject({ where: 'report' });
  });
});
