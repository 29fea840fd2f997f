import { describe, expect, it } from '@jest/globals';
import { toBase64, type Instant } from '@app/encoding';
import { nobleVerifier } from '@app/crypto/verify';
import { codeOf } from '../../../test/support/code-of.js';
import { noteKey, type NoteKey } from '../../../test/support/note-keys.js';
import {
  NO_QUORUM_TIME,
  cosign,
  deriveKeyId,
  emptyRoot,
  encodeCheckpoint,
  encodeVkey,
  parsePolicy,
  signNote,
  verifyCheckpoint,
  type Policy,
} from './index.js';

const ORIGIN = 'example.org/log';
const log = noteKey(ORIGIN, 1, 'log');
const [x1, x2, x3, y1, y2] = ['x1', 'x2', 'x3', 'y1', 'y2'].map((name) =>
  noteKey(`example.org/${name}`, 4, name),
) as [NoteKey, NoteKey, NoteKey, NoteKey, NoteKey];
const vkey = (key: NoteKey): string => encodeVkey(key);
const LOG = `log ${vkey(log)}\n`;
const X1 = `witness X1 ${vkey(x1)}\n`;
const X2 = `witness X2 ${vkey(x2)}\n`;

/** The example of C2SP tlog-policy, with one witness fewer. */
const TWO_LEVELS = `
# who may sign
log ${vkey(log)} https://example.org/log
\twitness  X1\t${vkey(x1)} https://x1.example.org/
witness X2 ${vkey(x2)}
witness X3 ${vkey(x3)}
 # at least two of these
group X-witnesses 2 X1 X2 X3

witness Y1 ${vkey(y1)}
witness Y2 ${vkey(y2)}
group Y-witnesses any Y1 Y2
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y${' '}
`;

describe('policy file', () => {
  it('reads the example of tlog-policy', () => {
    const policy = parsePolicy(TWO_LEVELS);
    expect(policy.logs).toEqual([
      {
        name: ORIGIN,
        keyId: log.keyId,
        algorithm: 1,
        publicKey: log.publicKey,
        url: 'https://example.org/log',
      },
    ]);
    expect(policy.witnesses.map(({ name, key, url }) => [name, key.keyId, url])).toEqual([
      ['X1', x1.keyId, 'https://x1.example.org/'],
      ['X2', x2.keyId, undefined],
      ['X3', x3.keyId, undefined],
      ['Y1', y1.keyId, undefined],
      ['Y2', y2.keyId, undefined],
    ]);
    const witness = (name: string): object => ({ kind: 'witness', name });
    expect(policy.quorum).toEqual({
      kind: 'group',
      name: 'X-and-Y',
      threshold: 2,
      members: [
        { kind: 'group', name: 'X-witnesses', threshold: 2, members: ['X1', 'X2', 'X3'].map(witness) },
        { kind: 'group', name: 'Y-witnesses', threshold: 1, members: ['Y1', 'Y2'].map(witness) },
      ],
    });
  });

  it('may be one line', () => {
    expect(parsePolicy('quorum none\n')).toEqual({ logs: [], witnesses: [], quorum: { kind: 'none' } });
  });

  it('takes keys for ML-DSA-44, and names and comments outside ASCII', () => {
    const publicKey = new Uint8Array(1312);
    const key = { name: 'm', keyId: deriveKeyId('m', 6, publicKey), algorithm: 6, publicKey };
    const policy = parsePolicy(`# \u00e9t\u00e9\nwitness \u212a ${encodeVkey(key)}\nquorum \u212a\n`);
    expect(policy.quorum).toEqual({ kind: 'witness', name: '\u212a' });
    expect(policy.witnesses[0]?.key).toEqual(key);
  });

  const otherKeyName = { ...x1, name: 'other', keyId: deriveKeyId('other', 4, x1.publicKey) };
  const renamedLog = { ...log, name: 'other', keyId: deriveKeyId('other', 1, log.publicKey) };
  const many = Array.from({ length: 257 }, (_, i) => `log ${vkey(noteKey('l', 1, `log ${String(i)}`))}\n`);
  it.each([
    ['nothing', '', 'bad_format'],
    ['no quorum', LOG + X1, 'quorum_line_missing'],
    ['two quorums', `${X1}quorum X1\nquorum X1\n`, 'duplicate_quorum'],
    ['two quorums of none', 'quorum none\nquorum none\n', 'duplicate_quorum'],
    ['no final newline', 'quorum none', 'bad_format'],
    ['carriage returns', 'quorum none\r\n', 'control_character'],
    ['a form feed', 'quorum\fnone\n', 'control_character'],
    ['DEL', '# \u007f\nquorum none\n', 'control_character'],
    ['a no-break space for a space', 'quorum\u00a0none\n', 'unknown_keyword'],
    ['an unknown keyword', 'quorums none\n', 'unknown_keyword'],
    ['a property of objects as keyword', 'constructor x\n', 'unknown_keyword'],
    ['upper case', 'Quorum none\n', 'unknown_keyword'],
    ['quorum of nothing', 'quorum\n', 'bad_format'],
    ['quorum of two', `${X1}${X2}quorum X1 X2\n`, 'bad_format'],
    ['quorum of an unknown name', 'quorum X1\n', 'undefined_name'],
    ['quorum before its witness', `quorum X1\n${X1}`, 'undefined_name'],
    ['quorum of a log', `${LOG}quorum ${ORIGIN}\n`, 'undefined_name'],
    ['log without key', 'log\n', 'bad_format'],
    ['log with too much', `log ${vkey(log)} url more\n`, 'bad_format'],
    ['log with a malformed key', 'log key\n', 'bad_format'],
    ['log with a cosigner key', `log ${vkey(x1)}\n`, 'bad_key_type'],
    ['the same log twice', LOG + LOG, 'duplicate_key'],
    ['the same log key under two names', `${LOG}log ${vkey(renamedLog)}\n`, 'duplicate_key'],
    ['witness without key', 'witness X1\n', 'bad_format'],
    ['witness without name', 'witness\n', 'bad_format'],
    ['witness with too much', `witness X1 ${vkey(x1)} url more\n`, 'bad_format'],
    ['witness with a log key', `witness X1 ${vkey(log)}\n`, 'bad_key_type'],
    ['witness named none', `witness none ${vkey(x1)}\n`, 'bad_name'],
    ['the same witness key twice', `${X1}witness X2 ${vkey(otherKeyName)}\n`, 'duplicate_key'],
    ['two witnesses of one name', `${X1}witness X1 ${vkey(x2)}\n`, 'duplicate_name'],
    ['group without members', `${X1}group G any\n`, 'bad_format'],
    ['group without rule', 'group G\n', 'bad_format'],
    ['group without name', 'group\n', 'bad_format'],
    ['group with the name of a witness', `${X1}${X2}group X1 any X2\n`, 'duplicate_name'],
    ['group of itself', `${X1}group G any X1 G\n`, 'undefined_name'],
    ['group of none', `group G any none\n`, 'undefined_name'],
    ['a member listed twice', `${X1}group G any X1 X1\n`, 'duplicate_member'],
    ['a member of two groups', `${X1}group G any X1\ngroup H any X1\n`, 'duplicate_member'],
    ['threshold 0', `${X1}group G 0 X1\n`, 'bad_threshold'],
    ['threshold above the members', `${X1}group G 2 X1\n`, 'bad_threshold'],
    ['threshold with a leading zero', `${X1}group G 01 X1\n`, 'not_canonical'],
    ['threshold in hexadecimal', `${X1}group G 0x1 X1\n`, 'bad_character'],
    ['threshold in words', `${X1}group G most X1\n`, 'bad_character'],
    ['257 logs', many.join(''), 'too_many_definitions'],
    ['an endless file', `#${'x'.repeat(1_000_000)}\n`, 'too_long'],
  ])('refuses %s', (_, text, code) => {
    expect(codeOf(() => parsePolicy(text))).toBe(code);
  });
});

describe('checkpoint under a policy', () => {
  const verifier = nobleVerifier();
  const body = encodeCheckpoint({ origin: ORIGIN, size: 0, root: emptyRoot() });
  const policy = parsePolicy(TWO_LEVELS);
  const signed = `${body}\n${signNote(body, log)}`;
  const by = (...cosignatures: [NoteKey, Instant][]): string =>
    signed + cosignatures.map(([key, time]) => cosign(body, time, key)).join('');
  const verify = (note: string, text = TWO_LEVELS): ReturnType<typeof verifyCheckpoint> =>
    verifyCheckpoint(note, parsePolicy(text), verifier);

  it('is returned with its witnesses in the order of the policy', () => {
    expect(verify(by([y2, 50], [x2, 40], [x1, 30]))).toEqual({
      checkpoint: { origin: ORIGIN, size: 0, root: emptyRoot() },
      body,
      witnessed: [
        { name: 'X1', time: 30 },
        { name: 'X2', time: 40 },
        { name: 'Y2', time: 50 },
      ],
      quorumTime: 50,
    });
  });

  it.each<[string, [NoteKey, Instant][], Instant]>([
    [
      'the last one needed',
      [
        [x1, 10],
        [x2, 70],
        [y1, 20],
      ],
      70,
    ],
    [
      'not the last one there is',
      [
        [x1, 10],
        [x2, 70],
        [x3, 30],
        [y1, 20],
        [y2, 90],
      ],
      30,
    ],
    [
      'the earliest of a witness',
      [
        [x1, 60],
        [x1, 10],
        [x2, 20],
        [y1, 5],
      ],
      20,
    ],
  ])('has as quorum time %s', (_, cosignatures, time) => {
    expect(verify(by(...cosignatures)).quorumTime).toBe(time);
  });

  it('has the last instant as quorum time if no quorum is asked for', () => {
    expect(verify(signed, `${LOG}quorum none\n`)).toMatchObject({
      witnessed: [],
      quorumTime: NO_QUORUM_TIME,
    });
    expect(verify(by([x1, 3]), `${LOG}${X1}quorum none\n`)).toMatchObject({
      witnessed: [{ name: 'X1', time: 3 }],
      quorumTime: NO_QUORUM_TIME,
    });
  });

  it('may rest on a single witness', () => {
    expect(verify(by([x1, 3]), `${LOG}${X1}quorum X1\n`).quorumTime).toBe(3);
    expect(codeOf(() => verify(by([x2, 3]), `${LOG}${X1}quorum X1\n`))).toBe('quorum_missing');
  });

  it.each<[string, [NoteKey, Instant][]]>([
    ['no witness', []],
    [
      'one group only',
      [
        [x1, 1],
        [x2, 1],
        [x3, 1],
      ],
    ],
    [
      'too few of a group',
      [
        [x1, 1],
        [y1, 1],
        [y2, 1],
      ],
    ],
    [
      'one witness twice',
      [
        [x1, 1],
        [x1, 2],
        [y1, 1],
      ],
    ],
    [
      'strangers',
      [
        [noteKey('example.org/x1', 4, 'stranger'), 1],
        [x2, 1],
        [y1, 1],
      ],
    ],
  ])('is refused with %s', (_, cosignatures) => {
    expect(codeOf(() => verify(by(...cosignatures)))).toBe('quorum_missing');
  });

  it('is refused without the signature of the log it names', () => {
    const other = noteKey('example.org/other', 1, 'other');
    const both = `log ${vkey(other)}\n${TWO_LEVELS}`;
    const note = `${body}\n${signNote(body, other)}${cosign(body, 1, x1)}${cosign(body, 1, x2)}${cosign(body, 1, y1)}`;
    expect(codeOf(() => verify(note))).toBe('log_signature_missing');
    expect(codeOf(() => verify(note, both))).toBe('log_signature_missing');
    expect(codeOf(() => verify(`${body}\n${cosign(body, 1, x1)}`))).toBe('log_signature_missing');
  });

  it('is refused if the policy does not list its origin', () => {
    const foreign = encodeCheckpoint({ origin: `${ORIGIN}/2`, size: 0, root: emptyRoot() });
    expect(codeOf(() => verify(`${foreign}\n${signNote(foreign, log)}`))).toBe('checkpoint_origin');
    expect(codeOf(() => verify(signed, 'quorum none\n'))).toBe('checkpoint_origin');
  });

  it('is refused if any known key has signed something else', () => {
    const later = encodeCheckpoint({ origin: ORIGIN, size: 1, root: emptyRoot() });
    const full = by([x1, 1], [x2, 1], [y1, 1]);
    expect(codeOf(() => verify(full + cosign(later, 1, x3)))).toBe('signature_invalid');
    expect(codeOf(() => verify(full + signNote(later, log)))).toBe('signature_invalid');
    const id = new Uint8Array(8);
    new DataView(id.buffer).setUint32(0, x3.keyId);
    expect(codeOf(() => verify(`${full}\u2014 ${x3.name} ${toBase64(id)}\n`))).toBe('signature_invalid');
  });

  it('is not witnessed by a plain signature, which states no time', () => {
    const plain = noteKey('example.org/plain', 1, 'plain');
    const withPlain: Policy = {
      ...parsePolicy(`${LOG}quorum none\n`),
      witnesses: [{ name: 'P', key: plain }],
      quorum: { kind: 'witness', name: 'P' },
    };
    const note = signed + signNote(body, plain);
    expect(codeOf(() => verifyCheckpoint(note, withPlain, verifier))).toBe('quorum_missing');
  });

  it('is refused if it is no checkpoint', () => {
    expect(codeOf(() => verifyCheckpoint(`text\n\n${signNote('text\n', log)}`, policy, verifier))).toBe(
      'bad_format',
    );
  });
});

/** As a witness of today may answer: an Ed25519 cosignature and, beside it, one of ML-DSA-44 (type 0x06). */
describe('a checkpoint with ML-DSA-44 cosignatures', () => {
  const publicKey = new Uint8Array(1312).fill(5);
  const mlDsa = {
    name: 'example.org/pq',
    keyId: deriveKeyId('example.org/pq', 6, publicKey),
    algorithm: 6,
    publicKey,
  };
  const body = encodeCheckpoint({ origin: ORIGIN, size: 0, root: emptyRoot() });
  const keyId = Buffer.alloc(4);
  keyId.writeUInt32BE(mlDsa.keyId);
  const line = `\u2014 ${mlDsa.name} ${toBase64(new Uint8Array(Buffer.concat([keyId, Buffer.alloc(8 + 2420, 9)])))}\n`;
  const note = `${body}\n${signNote(body, log)}${line}${cosign(body, 50, x1)}`;
  const verify = (text: string) => verifyCheckpoint(note, parsePolicy(text), nobleVerifier());

  it.each([
    ['unknown to the policy', `${LOG}${X1}quorum X1\n`],
    ['of a witness it lists', `${LOG}${X1}witness P ${encodeVkey(mlDsa)}\ngroup G any X1 P\nquorum G\n`],
  ])('holds where their key is %s', (_, text) => {
    expect(verify(text)).toMatchObject({ witnessed: [{ name: 'X1', time: 50 }], quorumTime: 50 });
  });

  it('does not count them toward a quorum', () => {
    const text = `${LOG}witness P ${encodeVkey(mlDsa)}\nquorum P\n`;
    expect(codeOf(() => verify(text))).toBe('quorum_missing');
  });
});
