import { describe, expect, it } from '@jest/globals';
import { toBase64 } from '@app/encoding';
import { nobleVerifier } from '@app/crypto/verify';
import { codeOf } from '../../../test/support/code-of.js';
import { NaiveTree } from '../../../test/support/naive-tree.js';
import { noteKey } from '../../../test/support/note-keys.js';
import {
  cosign,
  emptyRoot,
  encodeCheckpoint,
  encodeTlogProof,
  encodeVkey,
  parsePolicy,
  parseTlogProof,
  signNote,
  verifyTlogProof,
} from './index.js';

const ORIGIN = 'example.org/log';
const log = noteKey(ORIGIN, 1, 'log');
const witness = noteKey('example.org/w', 4, 'w');
const policy = parsePolicy(`log ${encodeVkey(log)}\nwitness W ${encodeVkey(witness)}\nquorum W\n`);
const entries = Array.from({ length: 11 }, (_, i) => Uint8Array.of(i));
const tree = new NaiveTree(entries);
const body = encodeCheckpoint({ origin: ORIGIN, size: 11, root: tree.root() });
const checkpointNote = `${body}\n${signNote(body, log)}${cosign(body, 77, witness)}`;
const entry = entries[4] ?? new Uint8Array(0);
const proof = { index: 4, proof: tree.path(4), checkpointNote };
const text = encodeTlogProof(proof);
const verify = (changed: string, of = entry): ReturnType<typeof verifyTlogProof> =>
  verifyTlogProof(changed, of, policy, nobleVerifier());

describe('tlog-proof', () => {
  it('has the published form', () => {
    const lines = tree.path(4).map((hash) => `${toBase64(hash)}\n`);
    expect(text).toBe(`c2sp.org/tlog-proof@v1\nindex 4\n${lines.join('')}\n${checkpointNote}`);
    expect(encodeTlogProof({ ...proof, extra: Uint8Array.of(1, 2) })).toBe(
      text.replace('index', 'extra AQI=\nindex'),
    );
  });

  it('round-trips with and without extra data', () => {
    expect(parseTlogProof(text)).toEqual(proof);
    const extra = Uint8Array.of(0);
    expect(parseTlogProof(encodeTlogProof({ ...proof, extra }))).toEqual({ ...proof, extra });
  });

  it('verifies', () => {
    const verified = {
      index: 4,
      checkpoint: { origin: ORIGIN, size: 11, root: tree.root() },
      quorumTime: 77,
      witnessed: [{ name: 'W', time: 77 }],
    };
    expect(verify(text)).toEqual(verified);
    expect(verify(text.replace('index', 'extra AQI=\nindex'))).toEqual({
      ...verified,
      extra: Uint8Array.of(1, 2),
    });
  });

  it('verifies for the only entry of a log', () => {
    const single = encodeCheckpoint({ origin: ORIGIN, size: 1, root: tree.root(1) });
    const note = `${single}\n${signNote(single, log)}${cosign(single, 5, witness)}`;
    const short = `c2sp.org/tlog-proof@v1\nindex 0\n\n${note}`;
    expect(encodeTlogProof({ index: 0, proof: [], checkpointNote: note })).toBe(short);
    expect(verify(short, Uint8Array.of(0)).quorumTime).toBe(5);
  });

  const hashLine = `${toBase64(emptyRoot())}\n`;
  it.each([
    ['another version', text.replace('@v1', '@v2'), 'bad_magic'],
    ['nothing', '', 'bad_format'],
    ['nothing but its name', text.replace(/index 4\n[^]*?\n\n/, '\n'), 'bad_format'],
    ['nothing after extra data', text.replace(/index 4\n[^]*?\n\n/, 'extra AQI=\n\n'), 'bad_format'],
    ['no index', text.replace('index 4\n', ''), 'bad_format'],
    ['an index with a leading zero', text.replace('index 4', 'index 04'), 'not_canonical'],
    ['an index in hexadecimal', text.replace('index 4', 'index 0x4'), 'bad_character'],
    ['an index with a space', text.replace('index 4', 'index 4 '), 'bad_character'],
    ['extra data after the index', text.replace('index 4\n', 'index 4\nextra AQI=\n'), 'bad_length'],
    ['extra data twice', text.replace('index', 'extra AQI=\nextra AQI=\nindex'), 'bad_format'],
    ['empty extra data', text.replace('index', 'extra \nindex'), 'bad_length'],
    ['extra data with stray bits', text.replace('index', 'extra AQJ=\nindex'), 'not_canonical'],
    ['64 hashes', text.replace('index 4\n', `index 4\n${hashLine.repeat(64)}`), 'too_many_hashes'],
    ['carriage returns', text.replace(/\n/g, '\r\n'), 'bad_format'],
    ['two empty lines', text.replace('\n\n', '\n\n\n'), 'bad_format'],
    ['no checkpoint', text.slice(0, text.indexOf('\n\n') + 2), 'bad_format'],
    ['a note that is no checkpoint', text.replace('\n11\n', '\n'), 'bad_format'],
  ])('does not parse with %s', (_, malformed, code) => {
    expect(codeOf(() => parseTlogProof(malformed))).toBe(code);
  });

  it('is not written if it would not be read', () => {
    expect(codeOf(() => encodeTlogProof({ ...proof, extra: new Uint8Array(0) }))).toBe('bad_length');
    expect(codeOf(() => encodeTlogProof({ ...proof, index: -1 }))).toBe('bad_character');
  });

  it.each([
    ['another entry', text, Uint8Array.of(5), 'inclusion_invalid'],
    ['another index', text.replace('index 4', 'index 5'), entry, 'inclusion_invalid'],
    ['an index past the end', text.replace('index 4', 'index 11'), entry, 'inclusion_invalid'],
    ['a hash too many', text.replace('\n\n', `\n${hashLine}\n`), entry, 'inclusion_invalid'],
    ['another size', text.replace('\n11\n', '\n12\n'), entry, 'signature_invalid'],
    ['another origin', text.replaceAll(ORIGIN, `${ORIGIN}2`), entry, 'checkpoint_origin'],
    ['no witness', text.slice(0, text.indexOf('\u2014 example.org/w')), entry, 'quorum_missing'],
    ['no log', text.replace(signNote(body, log), ''), entry, 'log_signature_missing'],
  ])('does not verify with %s', (_, changed, of, code) => {
    expect(codeOf(() => verify(changed, of))).toBe(code);
  });
});
