import { describe, expect, it } from '@jest/globals';
import { caseTag, idempotencyKey, parseCaseTag, parseIdempotencyKey } from './index.js';

const commitment = 'ab'.repeat(32);

describe('the tag of a case', () => {
  it('names the event and its commitment, whatever of the case the ledger has already', () => {
    const tag = { eventNumber: 7, commitment };
    expect(caseTag(tag)).toBe(`"7-${commitment}"`);
    expect(caseTag(tag, 5)).not.toBe(caseTag(tag, 6));
    for (const placed of [undefined, 0, 7]) expect(parseCaseTag(caseTag(tag, placed))).toEqual(tag);
  });

  it.each(['', '*', `7-${commitment}`, `W/"7-${commitment}"`, `"0-${commitment}"`, `"07-${commitment}"`])(
    'is not %s',
    (text) => {
      expect(parseCaseTag(text)).toBeUndefined();
    },
  );
});

describe('an idempotency key', () => {
  it('is a quoted string of 16 bytes in hex', () => {
    const key = '0f'.repeat(16);
    expect(parseIdempotencyKey(idempotencyKey(key))).toBe(key);
  });

  it.each([undefined, ['"a"'], '', '0f'.repeat(16), `"${'0F'.repeat(16)}"`, '"0f"'])(
    'is not %s',
    (header) => {
      expect(parseIdempotencyKey(header)).toBeUndefined();
    },
  );
});
