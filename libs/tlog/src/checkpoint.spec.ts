import { describe, expect, it } from '@jest/globals';
import { toBase64 } from '@app/encoding';
import { codeOf } from '../../../test/support/code-of.js';
import { noteKey } from '../../../test/support/note-keys.js';
import {
  cosign,
  emptyRoot,
  encodeCheckpoint,
  encodeCosignature,
  parseCheckpoint,
  parseCosignature,
  parseNote,
} from './index.js';

const root = emptyRoot();
const ROOT = toBase64(root);

describe('checkpoint', () => {
  it('round-trips, and extension lines are ignored', () => {
    const body = `example.org/log\n12\n${ROOT}\n`;
    const checkpoint = { origin: 'example.org/log', size: 12, root };
    expect(encodeCheckpoint(checkpoint)).toBe(body);
    expect(parseCheckpoint(body)).toEqual(checkpoint);
    expect(parseCheckpoint(`${body}extension\nanother one\n`)).toEqual(checkpoint);
  });

  it.each([
    ['size in hexadecimal', `o\n0x10\n${ROOT}\n`, 'bad_character'],
    ['size with spaces', `o\n 12 \n${ROOT}\n`, 'bad_character'],
    ['size with a sign', `o\n+12\n${ROOT}\n`, 'bad_character'],
    ['size as a float', `o\n12.0\n${ROOT}\n`, 'bad_character'],
    ['size in other digits', `o\n\u0661\n${ROOT}\n`, 'bad_character'],
    ['size with a leading zero', `o\n012\n${ROOT}\n`, 'not_canonical'],
    ['size above 2^53 - 1', `o\n9007199254740992\n${ROOT}\n`, 'out_of_range'],
    ['empty size', `o\n\n${ROOT}\n`, 'bad_format'],
    ['empty origin', `\n12\n${ROOT}\n`, 'bad_format'],
    ['no root', 'o\n12\n', 'bad_format'],
    ['empty root', 'o\n12\n\n', 'bad_format'],
    ['short root', `o\n12\n${toBase64(new Uint8Array(31))}\n`, 'bad_length'],
    ['root with stray bits', `o\n12\n${ROOT.slice(0, -2)}V=\n`, 'not_canonical'],
    ['root without padding', `o\n12\n${ROOT.slice(0, -1)}\n`, 'bad_length'],
    ['no final newline', `o\n12\n${ROOT}`, 'bad_format'],
    ['empty extension line', `o\n12\n${ROOT}\n\nmore\n`, 'bad_format'],
    ['carriage returns', `o\r\n12\r\n${ROOT}\r\n`, 'control_character'],
    ['nothing', '', 'bad_format'],
  ])('refuses %s', (_, body, code) => {
    expect(codeOf(() => parseCheckpoint(body))).toBe(code);
  });

  it('is not written if it would not be read back', () => {
    expect(codeOf(() => encodeCheckpoint({ origin: '', size: 0, root }))).toBe('bad_format');
    expect(codeOf(() => encodeCheckpoint({ origin: `a\n1\n${ROOT}`, size: 0, root }))).toBe(
      'invariant: checkpoint origin',
    );
    expect(codeOf(() => encodeCheckpoint({ origin: 'a', size: -1, root }))).toBe('bad_character');
    expect(codeOf(() => encodeCheckpoint({ origin: 'a', size: 1, root: root.slice(1) }))).toBe('bad_length');
  });
});

describe('cosignature', () => {
  const witness = noteKey('w', 4, 'w');
  const body = encodeCheckpoint({ origin: 'o', size: 0, root });

  it('is a time and a signature in 72 bytes', () => {
    const line = parseNote(`${body}\n${cosign(body, 1_764_000_000, witness)}`).signatures[0];
    const bytes = line?.signature ?? new Uint8Array(0);
    expect(bytes).toHaveLength(72);
    const { time, signature } = parseCosignature(bytes);
    expect(time).toBe(1_764_000_000);
    expect(encodeCosignature(time, signature)).toEqual(bytes);
  });

  it.each([
    ['71 bytes', new Uint8Array(71), 'truncated'],
    ['73 bytes', new Uint8Array(73), 'trailing_bytes'],
    ['a time above 2^53 - 1', new Uint8Array(72).fill(0x7f), 'out_of_range'],
  ])('refuses %s', (_, bytes, code) => {
    expect(codeOf(() => parseCosignature(bytes))).toBe(code);
  });

  it('is only made by a cosigner, for a checkpoint, at a time', () => {
    expect(codeOf(() => cosign(body, 5, noteKey('w', 1, 'w')))).toBe('invariant: cosigner algorithm');
    expect(codeOf(() => cosign(body, 0, witness))).toBe('invariant: cosignature time');
    expect(codeOf(() => cosign(body, 1.5, witness))).toBe('invariant: cosignature time');
    expect(codeOf(() => cosign('text\n', 5, witness))).toBe('bad_format');
    expect(codeOf(() => encodeCosignature(5, new Uint8Array(63)))).toBe('invariant: signature length');
  });
});
