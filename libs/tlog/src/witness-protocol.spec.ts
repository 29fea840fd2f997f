import { describe, expect, it } from '@jest/globals';
import { toBase64, type Bytes } from '@app/encoding';
import { nobleVerifier } from '@app/crypto/verify';
import { codeOf } from '../../../test/support/code-of.js';
import { NaiveTree } from '../../../test/support/naive-tree.js';
import { noteKey } from '../../../test/support/note-keys.js';
import {
  cosign,
  decideAddCheckpoint,
  emptyRoot,
  encodeAddCheckpoint,
  encodeCheckpoint,
  parseAddCheckpoint,
  signNote,
  type AddCheckpoint,
  type AddCheckpointDecision,
  type WitnessState,
} from './index.js';

const ORIGIN = 'example.org/log';
const log = noteKey(ORIGIN, 1, 'log');
/** Another key of the same log. */
const second = noteKey(ORIGIN, 1, 'second');
const tree = new NaiveTree(Array.from({ length: 20 }, (_, i) => Uint8Array.of(i)));
const fork = new NaiveTree(Array.from({ length: 20 }, (_, i) => Uint8Array.of(i, 1)));

const bodyOf = (size: number, root: Bytes = tree.root(size)): string =>
  encodeCheckpoint({ origin: ORIGIN, size, root });
const noteOf = (body: string, signer = log): string => `${body}\n${signNote(body, signer)}`;
const request = (oldSize: number, newSize: number, changes: Partial<AddCheckpoint> = {}): AddCheckpoint => ({
  oldSize,
  proof: oldSize <= newSize ? tree.consistency(oldSize, newSize) : [],
  note: noteOf(bodyOf(newSize)),
  ...changes,
});
const at = (size: number): WitnessState => ({ size, root: tree.root(size) });
const decide = (state: WitnessState | undefined, asked: AddCheckpoint): AddCheckpointDecision =>
  decideAddCheckpoint(state, asked, [log, second], nobleVerifier());

describe('add-checkpoint request', () => {
  const text = encodeAddCheckpoint(request(7, 20));

  it('round-trips and shows the checkpoint', () => {
    expect(parseAddCheckpoint(text)).toEqual({
      ...request(7, 20),
      checkpoint: { origin: ORIGIN, size: 20, root: tree.root(20) },
    });
    expect(text.startsWith('old 7\n')).toBe(true);
    expect(encodeAddCheckpoint(request(0, 5))).toBe(`old 0\n\n${noteOf(bodyOf(5))}`);
  });

  const hashLine = `${toBase64(emptyRoot())}\n`;
  const rest = `\n${noteOf(bodyOf(5))}`;
  it.each([
    ['nothing', '', 'bad_format'],
    ['no old size', `size 7\n${rest}`, 'bad_format'],
    ['old size without a space', `old7\n${rest}`, 'bad_format'],
    ['two spaces', `old  7\n${rest}`, 'bad_character'],
    ['a leading zero', `old 07\n${rest}`, 'not_canonical'],
    ['hexadecimal', `old 0x7\n${rest}`, 'bad_character'],
    ['a negative size', `old -7\n${rest}`, 'bad_character'],
    ['no size', `old \n${rest}`, 'bad_character'],
    ['a size above 2^53 - 1', `old 9007199254740992\n${rest}`, 'out_of_range'],
    ['a carriage return', `old 7\r\n${rest}`, 'bad_character'],
    ['64 hashes', `old 7\n${hashLine.repeat(64)}${rest}`, 'too_many_hashes'],
    ['a short hash', `old 7\nAAAA\n${rest}`, 'bad_length'],
    ['a hash without padding', `old 7\n${hashLine.replace('=', '')}${rest}`, 'bad_length'],
    ['no note', 'old 7\n\n', 'bad_format'],
    ['a note that is no checkpoint', `old 7\n\n${noteOf('text\n')}`, 'bad_format'],
    ['no empty line before the note', `old 7\n${noteOf(bodyOf(5))}`, 'bad_length'],
  ])('refuses %s', (_, malformed, code) => {
    expect(codeOf(() => parseAddCheckpoint(malformed))).toBe(code);
  });

  it('takes 63 hashes and is not written with more', () => {
    expect(parseAddCheckpoint(`old 7\n${hashLine.repeat(63)}${rest}`).proof).toHaveLength(63);
    const proof = Array.from({ length: 64 }, () => emptyRoot());
    expect(codeOf(() => encodeAddCheckpoint(request(7, 20, { proof })))).toBe('too_many_hashes');
  });
});

describe('the decision of a witness', () => {
  it.each<[string, WitnessState | undefined, number, number]>([
    ['a first checkpoint', undefined, 0, 5],
    ['a first checkpoint of the empty tree', undefined, 0, 0],
    ['a first entry', at(0), 0, 1],
    ['growth', at(7), 7, 20],
    ['growth from a power of two', at(8), 8, 9],
    ['no growth', at(7), 7, 7],
  ])('accepts %s', (_, state, oldSize, newSize) => {
    expect(decide(state, request(oldSize, newSize))).toEqual({
      status: 200,
      next: at(newSize),
      body: bodyOf(newSize),
    });
  });

  const stranger = noteKey(ORIGIN, 1, 'stranger');
  const forged = noteOf(bodyOf(20)).replace(/.{8}\n$/, 'AAAAAAA=\n');
  const [first, ...others] = tree.consistency(7, 20);
  it.each<[string, number, string, WitnessState | undefined, AddCheckpoint]>([
    ['a malformed note', 400, 'malformed request\n', at(7), request(7, 20, { note: 'text' })],
    ['an old size above the new one', 400, 'old size above checkpoint size\n', at(7), request(8, 7)],
    [
      'another origin',
      404,
      'unknown origin\n',
      at(7),
      request(7, 20, {
        note: noteOf(encodeCheckpoint({ origin: 'example.org/other', size: 20, root: tree.root(20) })),
      }),
    ],
    [
      'a stranger',
      403,
      'no valid signature\n',
      at(7),
      request(7, 20, { note: noteOf(bodyOf(20), stranger) }),
    ],
    ['a forged signature', 403, 'no valid signature\n', at(7), request(7, 20, { note: forged })],
    [
      'a forged signature beside a good one',
      403,
      'no valid signature\n',
      at(7),
      request(7, 20, {
        note: noteOf(bodyOf(20)) + signNote(bodyOf(19), log),
      }),
    ],
    ['an old size below its own', 409, '9\n', at(9), request(7, 20)],
    ['an old size above its own', 409, '3\n', at(3), request(7, 20)],
    ['an old size where it has none', 409, '0\n', undefined, request(7, 20)],
    ['a rollback', 409, '20\n', at(20), request(7, 7)],
    [
      'a wrong root of the empty tree',
      422,
      'wrong empty root\n',
      undefined,
      request(0, 0, {
        note: noteOf(bodyOf(0, tree.root(1))),
      }),
    ],
    ['a proof from size 0', 422, 'not consistent\n', undefined, request(0, 5, { proof: [tree.root(1)] })],
    [
      'another tree of the same size',
      422,
      'not consistent\n',
      at(7),
      request(7, 7, {
        note: noteOf(bodyOf(7, fork.root(7))),
      }),
    ],
    ['a proof between equal sizes', 422, 'not consistent\n', at(7), request(7, 7, { proof: [tree.root(1)] })],
    [
      'a fork',
      422,
      'not consistent\n',
      at(7),
      request(7, 20, {
        note: noteOf(bodyOf(20, fork.root(20))),
        proof: fork.consistency(7, 20),
      }),
    ],
    ['a proof with a hash missing', 422, 'not consistent\n', at(7), request(7, 20, { proof: others })],
    [
      'a proof with a hash repeated',
      422,
      'not consistent\n',
      at(7),
      request(7, 20, {
        proof: first === undefined ? [] : [first, first, ...others],
      }),
    ],
  ])('refuses %s with %i', (_, status, body, state, asked) => {
    expect(decide(state, asked)).toEqual({ status, body });
  });

  it('ignores signatures of others', () => {
    const note =
      noteOf(bodyOf(20)) + cosign(bodyOf(20), 9, noteKey('w', 4, 'w')) + signNote(bodyOf(20), stranger);
    expect(decide(at(7), request(7, 20, { note })).status).toBe(200);
  });

  it('lets failures of its own parts through', () => {
    const broken = {
      verify: () => {
        throw new RangeError('broken');
      },
    };
    expect(() => decideAddCheckpoint(at(7), request(7, 20), [log], broken)).toThrow(RangeError);
    const unreadable: WitnessState = {
      size: 7,
      get root(): Bytes {
        throw new RangeError('unreadable');
      },
    };
    expect(() => decide(unreadable, request(7, 20))).toThrow(RangeError);
  });
});
