import { describe, expect, it } from '@jest/globals';
import { concatBytes, Invariant, type Json, toHex, Writer } from '@app/encoding';
import { filled, flip } from '../test/keyset-fixture.js';
import {
  commitEvent,
  commitPayload,
  deriveCoverRandom,
  encodeCaseLeaf,
  encodeCoverOpening,
  encodeKeysetLeafBody,
  encodeOpening,
  encodePublicLeaf,
  encodeRecoveryLeafBody,
  hashItems,
  hmacSha256,
  type Opening,
  parseKeysetLeafBody,
  parseLeaf,
  parseOpening,
  parseRecoveryLeafBody,
  sha256,
  verifyOpening,
} from './verify.js';

const TIME = 1_700_000_000;
const opening: Opening = {
  type: 7,
  actorClass: 2,
  flags: 1,
  casePseudonym: filled(16, 1),
  eventNumber: 3,
  serverTime: TIME,
  previousCommitment: filled(32, 2),
  payloadCommitment: filled(32, 3),
  policyHash: filled(32, 4),
  detail: { from: 'submitted', to: 'triage' },
};
const r = filled(32, 9);
const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as { code?: string; name: string }).code ?? (error as Error).name;
  }
  return 'ok';
};

describe('leaves', () => {
  it('lays out a case leaf in 44 bytes', () => {
    const leaf = encodeCaseLeaf({ time: 0x0102030405, commitment: filled(32, 0xcc) });
    expect(toHex(leaf)).toBe(`010000000000000102030405${'cc'.repeat(32)}`);
    expect(parseLeaf(leaf)).toEqual({ class: 0, time: 0x0102030405, commitment: filled(32, 0xcc) });
  });

  it('lays out a public leaf and the KEYSET body', () => {
    const body = encodeKeysetLeafBody({ version: 7, hash: filled(32, 0xaa), path: '/keyset/aa' });
    expect(toHex(body)).toBe(`00000007${'aa'.repeat(32)}${toHex(text('/keyset/aa'))}`);
    const leaf = encodePublicLeaf({ class: 1, time: TIME, body });
    expect(toHex(leaf.subarray(0, 4))).toBe('01010000');
    expect(leaf).toHaveLength(14 + 46);
    expect(parseLeaf(leaf)).toEqual({ class: 1, time: TIME, body });
    expect(parseKeysetLeafBody(body)).toEqual({ version: 7, hash: filled(32, 0xaa), path: '/keyset/aa' });
  });

  it('counts what a recovery lost within the range it names', () => {
    const body = encodeRecoveryLeafBody({ start: 16, end: 32, lost: 3 });
    expect(toHex(body)).toBe(`${'0'.repeat(14)}10${'0'.repeat(14)}20${'0'.repeat(14)}03`);
    expect(parseRecoveryLeafBody(body)).toEqual({ start: 16, end: 32, lost: 3 });
    expect(codeOf(() => parseRecoveryLeafBody(concatBytes(body, filled(1, 0))))).toBe('trailing_bytes');
    for (const [start, end, lost] of [
      [16, 16, 0],
      [17, 16, 0],
      [16, 18, 3],
    ] as const) {
      const bytes = new Writer().u64(start).u64(end).u64(lost).finish();
      expect(codeOf(() => parseRecoveryLeafBody(bytes))).toBe('recovery_range');
      expect(() => encodeRecoveryLeafBody({ start, end, lost })).toThrow(Invariant);
    }
  });

  const good = encodeCaseLeaf({ time: TIME, commitment: filled(32, 1) });
  it.each([
    ['version', flip(good, 0), 'leaf_version'],
    ['class', Uint8Array.from(good, (b, i) => (i === 1 ? 7 : b)), 'leaf_class'],
    ['reserved', flip(good, 2), 'not_zero'],
    ['short', good.subarray(0, 43), 'truncated'],
    ['long', concatBytes(good, filled(1, 0)), 'trailing_bytes'],
    ['no path', encodePublicLeaf({ class: 1, time: 1, body: new Uint8Array(0) }), 'ok'],
  ])('%s', (_name, bytes, code) => {
    expect(codeOf(() => parseLeaf(bytes))).toBe(code);
  });

  it.each(['', 'keyset', '/a b', '/é'])('refuses the path %j', (path) => {
    const body = concatBytes(filled(36, 1), text(path));
    expect(codeOf(() => parseKeysetLeafBody(body))).toBe('bad_character');
    expect(codeOf(() => encodeKeysetLeafBody({ version: 1, hash: filled(32, 0), path }))).toBe('Invariant');
  });
});

describe('openings', () => {
  it('lays out the header at its offsets', () => {
    const bytes = encodeOpening(opening);
    expect(bytes).toHaveLength(512);
    expect(toHex(bytes.subarray(0, 4))).toBe('01070201');
    expect(toHex(bytes.subarray(20, 32))).toBe('00000003000000006553f100');
    expect([bytes[32], bytes[64], bytes[96]]).toEqual([2, 3, 4]);
    expect(toHex(bytes.subarray(128, 130))).toBe('0022');
    expect(new TextDecoder().decode(bytes.subarray(130, 164))).toBe('{"from":"submitted","to":"triage"}');
    expect(parseOpening(bytes)).toEqual(opening);
  });

  it('takes a detail of up to 382 bytes', () => {
    const detail = (n: number): Json => 'x'.repeat(n - 2);
    expect(parseOpening(encodeOpening({ ...opening, detail: detail(382) })).detail).toBe('x'.repeat(380));
    expect(codeOf(() => encodeOpening({ ...opening, detail: detail(383) }))).toBe('Invariant');
  });

  const bytes = encodeOpening(opening);
  const withDetail = (json: string): Uint8Array => {
    const head = bytes.subarray(0, 128);
    const body = concatBytes(head, Uint8Array.of(0, json.length), text(json));
    return concatBytes(body, new Uint8Array(512 - body.length));
  };
  it.each([
    ['padding', flip(bytes, 511), 'not_zero'],
    ['length', bytes.subarray(1), 'bad_length'],
    ['version', flip(bytes, 0), 'opening_version'],
    ['actor class', Uint8Array.from(bytes, (b, i) => (i === 2 ? 3 : b)), 'out_of_range'],
    ['null spelled out', withDetail('null'), 'not_canonical'],
    ['spaces', withDetail('{"a": 1}'), 'not_canonical'],
    ['not json', withDetail('{'), 'not_json'],
    ['absent', withDetail(''), 'ok'],
  ])('%s', (_name, given, code) => {
    expect(codeOf(() => parseOpening(given))).toBe(code);
  });
});

describe('commitments', () => {
  const bytes = encodeOpening(opening);
  const leaf = encodeCaseLeaf({ time: TIME - (TIME % 60), commitment: commitEvent(r, bytes) });

  it('is HMAC over the labelled opening', () => {
    const label = text('safe-conduct/event/1');
    expect(commitEvent(r, bytes)).toEqual(hmacSha256(r, concatBytes(Uint8Array.of(20), label, bytes)));
  });

  it('binds payloads in order', () => {
    const [a, b, zero] = [filled(32, 1), filled(32, 2), filled(32, 0)];
    const label = concatBytes(Uint8Array.of(22), text('safe-conduct/payload/1'));
    expect(commitPayload(r, zero, zero, [a, b])).toEqual(hmacSha256(r, concatBytes(label, zero, zero, a, b)));
    expect(commitPayload(r, zero, zero, [a, b])).not.toEqual(commitPayload(r, zero, zero, [b, a]));
    expect(hashItems([a, b])).toEqual(sha256(concatBytes(a, b)));
    expect(hashItems([])).toEqual(sha256(new Uint8Array(0)));
    expect(codeOf(() => hashItems([a.subarray(1)]))).toBe('Invariant');
    expect(codeOf(() => hmacSha256(filled(31, 0), a))).toBe('Invariant');
  });

  const late = encodeCaseLeaf({ time: TIME + 1, commitment: commitEvent(r, bytes) });
  it.each([
    ['the right one', leaf, r, bytes, 'ok'],
    ['another r', leaf, filled(32, 8), bytes, 'opening_commitment'],
    ['a short r', leaf, filled(31, 9), bytes, 'bad_length'],
    ['another opening', leaf, r, encodeOpening({ ...opening, eventNumber: 4 }), 'opening_commitment'],
    ['a leaf after the event', late, r, bytes, 'opening_time'],
    ['a public leaf', encodePublicLeaf({ class: 4, time: 1, body: filled(32, 0) }), r, bytes, 'leaf_class'],
  ])('opens with %s', (_name, entry, random, given, code) => {
    expect(codeOf(() => verifyOpening(entry, random, given))).toBe(code);
  });

  it('derives cover', () => {
    const key = filled(32, 5);
    expect(deriveCoverRandom(key, 258)).toEqual(hmacSha256(key, Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 2)));
    const cover = encodeCoverOpening(TIME);
    const parsed = parseOpening(cover);
    expect([parsed.type, parsed.serverTime, parsed.eventNumber, parsed.detail]).toEqual([255, TIME, 0, null]);
    expect(cover.filter((b) => b !== 0)).toEqual(Uint8Array.of(1, 255, 0x65, 0x53, 0xf1));
  });
});
