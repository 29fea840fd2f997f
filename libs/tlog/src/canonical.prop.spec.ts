import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ParseError, toBase64, type Bytes } from '@app/encoding';
import { noteKey } from '../../../test/support/note-keys.js';
import {
  appendToFrontier,
  cosign,
  emptyFrontier,
  emptyRoot,
  encodeAddCheckpoint,
  encodeCheckpoint,
  encodeCosignature,
  encodeEntryBundle,
  encodeFrontier,
  encodeNote,
  encodeTlogProof,
  encodeVkey,
  leafHash,
  parseAddCheckpoint,
  parseEntryBundle,
  parseFrontier,
  parseNote,
  parsePolicy,
  parseTlogProof,
  parseVkey,
  signNote,
} from './index.js';
import { recodeCheckpoint, recodeCosignature, recodePath } from '../test/recoding.js';

const numRuns = Number(process.env.FC_RUNS ?? 400);

const log = noteKey('example.org/log', 1, 'log');
const witness = noteKey('example.org/w', 4, 'w');
const body = encodeCheckpoint({ origin: log.name, size: 10, root: emptyRoot() });
const note = `${body}\n${signNote(body, log)}${cosign(body, 9, witness)}`;
const hashes = [leafHash(Uint8Array.of(1)), leafHash(Uint8Array.of(2)), leafHash(Uint8Array.of(3))];

/** What the textual forms are made of, and what looks like it. */
const fragment = fc.constantFrom(
  ...[
    '\n',
    '\n\n',
    '\r',
    '\t',
    ' ',
    '\u00a0',
    '\u2014 ',
    '-',
    '+',
    '=',
    '==',
    '0',
    '00',
    '1',
    '0x',
    'A',
    'a',
    '/',
    '_',
  ],
  ...[
    'old ',
    'index ',
    'extra ',
    '\u0661',
    '\ufeff',
    '\u0000',
    '\u007f',
    '\ud800',
    '9007199254740993',
    'x000/',
    '.p/256',
  ],
  `${toBase64(emptyRoot())}\n`,
);

/** A text with up to three places where something is put in, taken out or put in its place. */
function mutated(text: string): fc.Arbitrary<string> {
  const edit = fc.tuple(
    fc.nat(text.length),
    fc.nat(3),
    fc.oneof(fc.constant(''), fragment, fc.string({ maxLength: 2 })),
  );
  return fc
    .array(edit, { maxLength: 3 })
    .map((edits) =>
      edits.reduce((s, [at, length, put]) => s.slice(0, at) + put + s.slice(at + length), text),
    );
}

function mutatedBytes(bytes: Bytes): fc.Arbitrary<Bytes> {
  const edit = fc.tuple(fc.nat(bytes.length), fc.nat(2), fc.uint8Array({ maxLength: 2 }));
  return fc.array(edit, { maxLength: 2 }).map((edits) => {
    const apply = (all: number[], [at, length, put]: [number, number, Uint8Array]): number[] => [
      ...all.slice(0, at),
      ...put,
      ...all.slice(at + length),
    ];
    return new Uint8Array(edits.reduce(apply, [...bytes]));
  });
}

/** Fails unless the input is refused with a ParseError or encodes back to itself. */
function expectCanonical<T>(input: T, recode: (input: T) => T): void {
  let output: T;
  try {
    output = recode(input);
  } catch (error) {
    if (error instanceof ParseError) return;
    throw error;
  }
  expect(output).toEqual(input);
}

const recodeNote = (text: string): string => encodeNote(parseNote(text));
const recodeVkey = (text: string): string => encodeVkey(parseVkey(text));
const recodeProof = (text: string): string => encodeTlogProof(parseTlogProof(text));
const proof = { index: 7, proof: hashes, checkpointNote: note };

describe('every text is refused or the only form of what it says', () => {
  it.each<[string, string, (text: string) => string]>([
    ['a note', note, recodeNote],
    ['a note with a longer text', `\n\nmore\n${note}`, recodeNote],
    ['a verifier key', encodeVkey(log), recodeVkey],
    ['a verifier key of another algorithm', 'name+00000007+AgEC', recodeVkey],
    ['a tlog-proof', encodeTlogProof(proof), recodeProof],
    ['a tlog-proof with extra data', encodeTlogProof({ ...proof, extra: Uint8Array.of(1) }), recodeProof],
    [
      'an add-checkpoint request',
      encodeAddCheckpoint({ oldSize: 7, proof: hashes, note }),
      (text) => encodeAddCheckpoint(parseAddCheckpoint(text)),
    ],
    ['a tile path', 'tile/1/x001/234.p/5', recodePath],
    ['an entries path', 'tile/entries/x001/234', recodePath],
  ])('%s', (_, text, recode) => {
    expect(recode(text)).toBe(text);
    fc.assert(
      fc.property(mutated(text), (input) => {
        expectCanonical(input, recode);
      }),
      { numRuns },
    );
  });

  it('a checkpoint, but for its extension lines', () => {
    expect(recodeCheckpoint(`${body}extension\n`)).toBe(`${body}extension\n`);
    fc.assert(
      fc.property(mutated(body), (input) => {
        expectCanonical(input, recodeCheckpoint);
      }),
      { numRuns },
    );
  });
});

describe('every byte string is refused or the only form of what it says', () => {
  const bundle = encodeEntryBundle([Uint8Array.of(), Uint8Array.of(1, 2), Uint8Array.of(3)]);
  it.each<[string, Bytes, (bytes: Bytes) => Bytes]>([
    [
      'a frontier',
      encodeFrontier(appendToFrontier(emptyFrontier, hashes)),
      (b) => encodeFrontier(parseFrontier(b)),
    ],
    ['an entry bundle', bundle, (b) => encodeEntryBundle(parseEntryBundle(b, 3))],
    ['a cosignature', encodeCosignature(1_764_000_000, new Uint8Array(64)), recodeCosignature],
  ])('%s', (_, bytes, recode) => {
    expect(recode(bytes)).toEqual(bytes);
    fc.assert(
      fc.property(mutatedBytes(bytes), (input) => {
        expectCanonical(input, recode);
      }),
      { numRuns },
    );
  });
});

describe('a policy', () => {
  const file = `log ${encodeVkey(log)}\nwitness W ${encodeVkey(witness)} url\ngroup G 1 W\nquorum G\n`;

  it('is read or refused, never anything else', () => {
    fc.assert(
      fc.property(mutated(file), (input) => {
        try {
          const { witnesses, quorum } = parsePolicy(input);
          expect(witnesses.length).toBeLessThanOrEqual(1);
          expect(['none', 'witness', 'group']).toContain(quorum.kind);
        } catch (error) {
          if (!(error instanceof ParseError)) throw error;
        }
      }),
      { numRuns },
    );
  });
});
