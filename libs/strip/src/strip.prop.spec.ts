import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { concatBytes, type Bytes } from '@app/encoding';
import { strip, StripError, type StripErrorCode } from './index.js';
import { unzipSync } from 'fflate';
import { DIRTY } from '../test/everything.js';
import { zip } from '../test/office.js';

const numRuns = Number(process.env.FC_RUNS ?? 120);
const CODES: readonly StripErrorCode[] = [
  'not_recognised',
  'malformed',
  'unsupported',
  'encrypted',
  'too_large',
];

/** A result is whole, and cleaned again it is itself; an error is one of the closed ones. */
function holds(input: Bytes): void {
  const before = new Uint8Array(input);
  try {
    const once = strip(input);
    const twice = strip(once.bytes);
    expect(twice.kind).toBe(once.kind);
    expect(Buffer.compare(twice.bytes, once.bytes)).toBe(0);
    expect(twice.removed).toEqual([]);
  } catch (error) {
    if (!(error instanceof StripError)) throw error;
    expect(CODES).toContain(error.code);
  }
  expect(Buffer.compare(before, input)).toBe(0);
}

interface Change {
  readonly at: number;
  readonly kind: 'set' | 'cut' | 'insert' | 'repeat' | 'length';
  readonly value: number;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom('set', 'cut', 'insert', 'repeat', 'length'),
  value: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255)),
});

function changed(bytes: Bytes, { at, kind, value }: Change): Bytes {
  const place = Math.floor(at * bytes.length);
  const [head, tail] = [bytes.subarray(0, place), bytes.subarray(place)];
  switch (kind) {
    case 'set':
      return concatBytes(head, Uint8Array.of(value), tail.subarray(1));
    case 'cut':
      return concatBytes(head, tail.subarray(value));
    case 'insert':
      return concatBytes(head, new Uint8Array(value), tail);
    case 'repeat':
      return concatBytes(head, tail.subarray(0, value), tail);
    case 'length':
      return concatBytes(head, Uint8Array.of(value, value, value, value), tail.subarray(4));
  }
}

describe.each(DIRTY.map(([name, bytes]) => [name, bytes] as const))('%s', (_name, bytes) => {
  it('changed anywhere gives a closed error, or a result that is clean', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        holds(changes.reduce(changed, bytes));
      }),
      { numRuns },
    );
  });

  it('cut off anywhere is never taken for whole', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => holds(bytes.slice(0, length))),
      { numRuns },
    );
    holds(bytes);
    expect(strip(bytes).removed).not.toEqual([]);
  });
});

describe.each(
  DIRTY.filter(([name]) => /(?:doc|xls|ppt)x$/.test(name)).map(([name, bytes]) => [name, bytes] as const),
)('inside %s', (_name, bytes) => {
  const parts = unzipSync(bytes);
  it('a part changed anywhere gives a closed error, or a result that is clean', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(parts)),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (name, changes) => {
          const part = new Uint8Array(parts[name] ?? []);
          holds(zip({ ...parts, [name]: changes.reduce(changed, part) }));
        },
      ),
      { numRuns },
    );
  });
});
