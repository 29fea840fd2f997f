import type { Json } from '@app/encoding';
import { describe, expect, it } from '@jest/globals';
import { DAY, HOUR } from '../test/histories.js';
import { acceleratePolicy, DEFAULT_POLICY, parsePolicy } from './policy.js';

describe('parsePolicy', () => {
  it('accepts the default as it stands', () => {
    expect(parsePolicy(DEFAULT_POLICY as unknown as Json)).toEqual(DEFAULT_POLICY);
  });

  it.each([
    ['missing', 'policy.targets', { ...DEFAULT_POLICY, targets: undefined }],
    ['not_object', 'policy.targets', { ...DEFAULT_POLICY, targets: 1 }],
    [
      'missing',
      'policy.targets.C8',
      { ...DEFAULT_POLICY, targets: { ...DEFAULT_POLICY.targets, C8: undefined } },
    ],
    [
      'out_of_range',
      'policy.targets.C8',
      { ...DEFAULT_POLICY, targets: { ...DEFAULT_POLICY.targets, C8: 0 } },
    ],
    ['not_text', 'policy.name', { ...DEFAULT_POLICY, name: 1 }],
    ['too_long', 'policy.name', { ...DEFAULT_POLICY, name: 'x'.repeat(201) }],
    ['unknown_field', 'policy', { ...DEFAULT_POLICY, calendar: 'x' }],
  ])('%s at %s', (code, where, json) => {
    expect(() => parsePolicy(json as unknown as Json)).toThrow(expect.objectContaining({ code, where }));
  });
});

describe('DEFAULT_POLICY', () => {
  it('is the table of SPEC.md §6', () => {
    const { C1, C2, C3, C5, C6, C7, C8, C9 } = DEFAULT_POLICY.targets;
    expect(C1).toEqual({ urgent: 24 * HOUR, other: 7 * DAY });
    for (const row of [C2, C3])
      expect(row).toEqual({ P1: 24 * HOUR, P2: 72 * HOUR, P3: 14 * DAY, P4: 14 * DAY });
    for (const row of [C5, C6])
      expect(row).toEqual({ P1: 24 * HOUR, P2: 3 * DAY, P3: 10 * DAY, P4: 10 * DAY });
    expect(C7).toEqual({ P1: 72 * HOUR, P2: 14 * DAY, P3: 30 * DAY, P4: 30 * DAY });
    expect(C8).toBe(60 * DAY);
    expect(C9).toEqual({ P1: 30 * DAY, P2: 60 * DAY, P3: 90 * DAY, P4: 90 * DAY });
  });
});

describe('acceleratePolicy', () => {
  it('divides every case target, rounds up, keeps the rest and says so', () => {
    const fast = acceleratePolicy(DEFAULT_POLICY, 100_000, 'evaluation: 100,000 times faster');
    expect(fast.targets.C1).toEqual({ urgent: 1, other: 7 });
    expect(fast.targets.C3).toEqual({ P1: 1, P2: 3, P3: 13, P4: 13 });
    expect(fast.targets.C8).toBe(52);
    expect(fast).toMatchObject({ version: 1, max_promise_delay: 600, tick_seconds: 60 });
    expect(fast.note).toBe('evaluation: 100,000 times faster');
    expect(parsePolicy(fast as unknown as Json)).toEqual(fast);
  });

  it('never leaves the range', () => {
    expect(acceleratePolicy(DEFAULT_POLICY, 1e9, '').targets.C1.urgent).toBe(1);
    expect(parsePolicy(acceleratePolicy(DEFAULT_POLICY, 1e-9, '') as unknown as Json).version).toBe(1);
  });
});
