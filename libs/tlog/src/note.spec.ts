import { describe, expect, it } from '@jest/globals';
import { concatBytes, toBase64 } from '@app/encoding';
import { codeOf } from '../../../test/support/code-of.js';
import { nobleVerifier } from '@app/crypto/verify';
import { noteKey, type NoteKey } from '../../../test/support/note-keys.js';
import {
  cosign,
  deriveKeyId,
  encodeNote,
  encodeVkey,
  openNote,
  parseNote,
  parseVkey,
  signNote,
  type NoteSigner,
  type VerifierKey,
} from './index.js';

const verifier = nobleVerifier();
const alice = noteKey('example.org/alice', 1, 'alice');
const bob = noteKey('example.org/bob', 1, 'bob');
const BODY = 'first line\n\nthird line\n';

const keyOf = ({ name, keyId, algorithm, publicKey }: NoteKey): VerifierKey => ({
  name,
  keyId,
  algorithm,
  publicKey,
});
const line = (name: string, bytes: Uint8Array): string => `\u2014 ${name} ${toBase64(bytes)}\n`;
const good = signNote(BODY, alice);
const note = `${BODY}\n${good}`;

describe('vkey', () => {
  const vkey = encodeVkey(keyOf(alice));

  it('round-trips', () => {
    expect(parseVkey(vkey)).toEqual(keyOf(alice));
    expect(deriveKeyId(alice.name, 1, alice.publicKey)).toBe(alice.keyId);
  });

  it('carries keys of other algorithms as they are', () => {
    expect(parseVkey('n+00000007+AgEC')).toEqual({
      name: 'n',
      keyId: 7,
      algorithm: 2,
      publicKey: Uint8Array.of(1, 2),
    });
    const mlDsa = new Uint8Array(1312);
    const key = { name: 'w', keyId: deriveKeyId('w', 6, mlDsa), algorithm: 6, publicKey: mlDsa };
    expect(parseVkey(encodeVkey(key))).toEqual(key);
  });

  const [, id = '', ...material] = vkey.split('+');
  const base64 = material.join('+');
  it.each([
    ['no parts', 'name', 'bad_format'],
    ['one part missing', `name+${id}`, 'bad_format'],
    ['empty name', `+${id}+${base64}`, 'bad_name'],
    ['no-break space in the name', `a\u00a0b+${id}+${base64}`, 'bad_name'],
    ['upper-case id', `example.org/alice+${id.toUpperCase()}A+${base64}`, 'bad_length'],
    ['upper-case hex', `example.org/alice+ABCDEF01+${base64}`, 'bad_character'],
    ['another name', `example.org/alicf+${id}+${base64}`, 'key_id_mismatch'],
    ['no material', `n+00000007+`, 'truncated'],
    ['no key', `n+00000007+Ag==`, 'bad_length'],
    ['short Ed25519 key', `n+00000007+AQEC`, 'bad_length'],
    ['stray base64 bits', `n+00000007+AgF=`, 'not_canonical'],
    ['newline', `n+00000007+AgEC\n`, 'bad_length'],
    ['carriage return', `n\r+00000007+AgEC`, 'control_character'],
    ['lone surrogate', `n\ud800+00000007+AgEC`, 'not_utf8'],
  ])('refuses %s', (_, text, code) => {
    expect(codeOf(() => parseVkey(text))).toBe(code);
  });
});

describe('note', () => {
  it('splits at the last empty line', () => {
    expect(parseNote(note).body).toBe(BODY);
    expect(encodeNote(parseNote(note))).toBe(note);
  });

  const signature = concatBytes(Uint8Array.of(0, 0, 0, 1), new Uint8Array(64));
  it.each([
    ['no final newline', note.slice(0, -1), 'bad_format'],
    ['no empty line', `text\n${good}`, 'bad_format'],
    ['no signatures', 'text\n\n', 'bad_format'],
    ['empty', '', 'bad_format'],
    ['an empty line after the signatures', `${note}\n`, 'bad_format'],
    ['hyphen for em dash', note.replace('\u2014', '-'), 'bad_format'],
    ['en dash for em dash', note.replace('\u2014', '\u2013'), 'bad_format'],
    ['two spaces', note.replace('\u2014 ', '\u2014  '), 'bad_format'],
    ['no space', note.replace('\u2014 ', '\u2014'), 'bad_format'],
    ['a trailing space', note.replace(/\n$/, ' \n'), 'bad_format'],
    ['no name', `t\n\n\u2014 AAAAAAA=\n`, 'bad_format'],
    ['an empty name', `t\n\n\u2014  AAAAAAA=\n`, 'bad_name'],
    ['a plus in the name', `t\n\n${line('a+b', signature)}`, 'bad_name'],
    ['an ideographic space in the name', `t\n\n${line('a\u3000b', signature)}`, 'bad_name'],
    ['a carriage return', note.replace('\n', '\r\n'), 'control_character'],
    ['a tab', note.replace(' ', '\t'), 'control_character'],
    ['a zero byte', note.replace('first', 'f\u0000rst'), 'control_character'],
    ['a lone surrogate', note.replace('first', 'f\udc00rst'), 'not_utf8'],
    ['base64 without padding', `t\n\n\u2014 a AAAAAAA\n`, 'bad_length'],
    ['base64 with stray bits', `t\n\n\u2014 a AAAAAAB=\n`, 'not_canonical'],
    ['URL-safe base64', `t\n\n\u2014 a AAAAAAA_\n`, 'bad_character'],
    ['a signature of nothing', `t\n\n${line('a', Uint8Array.of(0, 0, 0, 1))}`, 'truncated'],
    ['a cut key id', `t\n\n${line('a', Uint8Array.of(0, 0, 1))}`, 'truncated'],
    ['101 signatures', `t\n\n${line('a', signature).repeat(101)}`, 'too_many_signatures'],
    ['an endless signature line', `t\n\n${line('a', new Uint8Array(12_300))}`, 'too_long'],
    ['an endless text', `${'x'.repeat(1_000_000)}\n\n${good}`, 'too_long'],
  ])('refuses %s', (_, text, code) => {
    expect(codeOf(() => parseNote(text))).toBe(code);
  });

  it('takes 100 signatures, 16 of them as long as ML-DSA-44 has them, and an empty text', () => {
    const long = line('w', new Uint8Array(4 + 8 + 2420));
    const text = `\n\n${long.repeat(16)}${line('a', signature).repeat(84)}`;
    expect(parseNote(text).signatures).toHaveLength(100);
    expect(parseNote(text).body).toBe('\n');
  });

  it('is not written if it would not be read', () => {
    const { signatures } = parseNote(note);
    expect(codeOf(() => encodeNote({ body: 'no newline', signatures }))).toBe('bad_format');
    expect(codeOf(() => encodeNote({ body: 'text\n', signatures: [] }))).toBe('bad_format');
    expect(codeOf(() => encodeNote({ body: `x\n\n${good}`, signatures: [] }))).toBe('bad_format');
    const hidden = `x\n\n${good.trimEnd()}`;
    expect(codeOf(() => encodeNote({ body: hidden, signatures }))).toBe('invariant: note body');
    const [first] = signatures;
    expect(codeOf(() => encodeNote({ body: 'x', signatures: first ? [{ ...first, name: '' }] : [] }))).toBe(
      'bad_name',
    );
  });

  it('is not signed by the wrong kind of signer or without its newline', () => {
    const cosigner: NoteSigner = noteKey('w', 4, 'w');
    const short: NoteSigner = { ...alice, sign: () => new Uint8Array(63) };
    expect(codeOf(() => signNote(BODY, cosigner))).toBe('invariant: note signer algorithm');
    expect(codeOf(() => signNote('text', alice))).toBe('invariant: note body');
    expect(codeOf(() => signNote('a\tb\n', alice))).toBe('control_character');
    expect(codeOf(() => signNote(BODY, short))).toBe('invariant: signature length');
  });
});

describe('opening a note', () => {
  const keys = [keyOf(alice), keyOf(bob)];
  const open = (lines: string): ReturnType<typeof openNote> => openNote(`${BODY}\n${lines}`, keys, verifier);
  const forged = good.replace(/.{8}\n$/, 'AAAAAAA=\n');

  it('names the keys that signed, once each and in the order given', () => {
    expect(open(signNote(BODY, bob) + good + good)).toEqual({ body: BODY, verified: keys, unknown: 0 });
    expect(open(good).verified).toEqual([keyOf(alice)]);
  });

  it('counts unknown signatures and ignores them', () => {
    const sameName = line(alice.name, concatBytes(Uint8Array.of(9, 9, 9, 9), new Uint8Array(64)));
    const sameId = signNote(BODY, { ...alice, name: 'example.org/other' });
    expect(open(good + sameName + sameId).unknown).toBe(2);
  });

  it('refuses a bad signature by a known key, even a repeated one', () => {
    expect(codeOf(() => open(good + forged))).toBe('signature_invalid');
    expect(codeOf(() => open(signNote('other\n', alice)))).toBe('signature_invalid');
    const longer = line(alice.name, concatBytes(idOf(alice), new Uint8Array(65)));
    expect(codeOf(() => open(longer))).toBe('signature_invalid');
  });

  it('refuses a note that no known key signed', () => {
    expect(codeOf(() => open(signNote(BODY, noteKey('eve', 1, 'eve'))))).toBe('signature_missing');
    expect(codeOf(() => openNote(note, [], verifier))).toBe('signature_missing');
  });

  it('never verifies with a key of another algorithm', () => {
    const mlDsa = { ...keyOf(alice), algorithm: 6 };
    expect(codeOf(() => openNote(note, [mlDsa], verifier))).toBe('signature_missing');
    const asCosigner = { ...keyOf(alice), algorithm: 4 };
    expect(codeOf(() => openNote(note, [asCosigner], verifier))).toBe('signature_invalid');
  });

  it('verifies cosignatures over their own message', () => {
    const witness = noteKey('w', 4, 'w');
    const body = `o\n0\n${toBase64(new Uint8Array(32))}\n`;
    const text = `${body}\n${cosign(body, 5, witness)}`;
    expect(openNote(text, [keyOf(witness)], verifier).verified).toEqual([keyOf(witness)]);
  });

  it('does not take two keys that share name and id', () => {
    const twice = [keyOf(alice), keyOf(alice)];
    expect(codeOf(() => openNote(note, twice, verifier))).toBe(
      'invariant: verifier keys share name and key id',
    );
  });

  it('lets a failure of the verifier itself through', () => {
    const broken = {
      verify: () => {
        throw new RangeError('broken');
      },
    };
    expect(() => openNote(note, keys, broken)).toThrow(RangeError);
  });
});

function idOf(key: NoteKey): Uint8Array {
  const id = new Uint8Array(4);
  new DataView(id.buffer).setUint32(0, key.keyId);
  return id;
}
