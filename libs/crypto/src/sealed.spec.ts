import { describe, expect, it } from '@jest/globals';
import { type Bytes, bytesEqual, concatBytes, type Json, toHex, Writer } from '@app/encoding';
import { filled, flip } from '../test/keyset-fixture.js';
import {
  type ArchiveFile,
  BLOB_PART_BYTES,
  BOX_PURPOSE,
  digestBlob,
  encodeArchive,
  extractCompartment,
  type KeyBox,
  type KeyBoxExpectations,
  type Keyring,
  MAX_OBJECT_BODY_BYTES,
  nobleSealing,
  type ObjectFields,
  openAttachment,
  openKeyBox,
  openKeyring,
  openObject,
  padToHalfOctave,
  parseArchive,
  sealAttachment,
  type Sealing,
  sealKeyBox,
  sealKeyring,
  sealObject,
  sodiumSealing,
  splitBlob,
} from './seal.js';
import { makeSigner, nobleSigning } from './sign.js';
import {
  checkSealedBlobLength,
  checkSealedHeader,
  checkSealedShape,
  nobleVerifier,
  type SealedClass,
  sealedLength,
  sha256,
  TAG,
} from './verify.js';

const noble = nobleSealing();
const sodium = await sodiumSealing();
const verifier = nobleVerifier();
const signer = makeSigner(nobleSigning(), filled(32, 0x11));
const seed = filled(32, 0x22);
const threadKey = sodium.publicKey(seed);
const text = (s: string): Bytes => new TextEncoder().encode(s);

const codeOf = async (run: () => unknown): Promise<string> => {
  try {
    await run();
  } catch (error) {
    return (error as { code?: string; name: string }).code ?? (error as Error).name;
  }
  return 'ok';
};

describe('key boxes', () => {
  const box: KeyBox = {
    purpose: 'role',
    compartment: 1,
    epoch: 9,
    scopeId: filled(16, 3),
    seed: filled(32, 4),
  };
  const expected: KeyBoxExpectations = { purpose: 'role', compartment: 1, epoch: 9, scopeId: filled(16, 3) };

  it.each([
    ['noble', 'sodium', noble, sodium],
    ['sodium', 'noble', sodium, noble],
  ])('%s seals, %s opens', async (_a, _b, from, to) => {
    const sealed = await sealKeyBox(from, threadKey, signer.publicKey, box);
    expect(sealed).toHaveLength(1787);
    const opened = await openKeyBox(to, seed, sealed, expected);
    expect(opened).toEqual({
      ...box,
      publicKey: noble.publicKey(box.seed),
      granterKeyHash: sha256(signer.publicKey),
    });
  });

  it('lays out 128 bytes', async () => {
    const sealed = await sealKeyBox(sodium, threadKey, signer.publicKey, box);
    const plaintext = toHex(await sodium.open(seed, sealed));
    const keyHash = toHex(sha256(noble.publicKey(box.seed)));
    expect(plaintext).toBe(
      `52504b310101010000000009${'03'.repeat(16)}${'04'.repeat(32)}${keyHash}${toHex(sha256(signer.publicKey))}00000000`,
    );
  });

  it.each([
    ['purpose', { purpose: 'reporter' }],
    ['epoch', { epoch: 8 }],
    ['scope', { scopeId: filled(16, 4) }],
    ['compartment', { compartment: 0 }],
  ] as const)('refuses another %s', async (_name, change) => {
    const sealed = await sealKeyBox(sodium, threadKey, signer.publicKey, box);
    expect(await codeOf(() => openKeyBox(sodium, seed, sealed, { ...expected, ...change }))).toBe(
      'box_wrong_scope',
    );
  });

  it('refuses plaintexts that are no box', async () => {
    const sealed = await sealKeyBox(sodium, threadKey, signer.publicKey, box);
    const good = await sodium.open(seed, sealed);
    const rows: readonly (readonly [Uint8Array, string])[] = [
      [good, 'ok'],
      [flip(good, 0), 'box_malformed'],
      [flip(good, 4), 'suite_unsupported'],
      [Uint8Array.from(good, (b, i) => (i === 5 ? 6 : b)), 'box_malformed'],
      [flip(good, 7), 'box_malformed'],
      [flip(good, -1), 'box_malformed'],
      [good.subarray(1), 'box_malformed'],
      [flip(good, 30), 'box_wrong_key'],
      [flip(good, 60), 'box_wrong_key'],
    ];
    for (const [plaintext, code] of rows) {
      const file = await sodium.seal(threadKey, plaintext);
      expect(await codeOf(() => openKeyBox(sodium, seed, file, expected))).toBe(code);
    }
  });

  it('numbers purposes and compartments', async () => {
    expect(BOX_PURPOSE).toEqual({ role: 1, reporter: 2, escalation: 3, staffHolder: 4, unlocker: 5 });
    expect([extractCompartment(0), extractCompartment(239)]).toEqual([16, 255]);
    expect(await codeOf(() => extractCompartment(240))).toBe('out_of_range');
  });
});

describe('objects', () => {
  const fields: ObjectFields = {
    kind: 'message',
    threadId: filled(16, 5),
    author: 'staff',
    seq: 2,
    prev: filled(32, 6),
    time: 1_700_000_123,
    keysetHash: filled(32, 7),
  };
  const body: Json = { text: 'We have received your report.' };
  const seal = (b: Json = body, f: ObjectFields = fields, by: Sealing = sodium) =>
    sealObject(by, signer, threadKey, f, b);
  const open = (file: Uint8Array, threadId = fields.threadId, by: Sealing = noble) =>
    openObject(by, verifier, seed, file, { threadId });

  it('round-trips across providers', async () => {
    const file = await seal();
    expect(await open(file)).toEqual({
      ...fields,
      authorPublicKey: signer.publicKey,
      body,
      hash: sha256(file),
    });
    expect((await open(await seal(body, fields, noble), fields.threadId, sodium)).body).toEqual(body);
  });

  it('rounds a reporter’s time down to the hour, and nobody else’s', async () => {
    expect((await open(await seal(body, { ...fields, author: 'reporter' }))).time).toBe(1_699_999_200);
    expect((await open(await seal())).time).toBe(1_700_000_123);
  });

  it('shows one of three lengths', async () => {
    const lengthOf = async (n: number): Promise<number> => (await seal('x'.repeat(n - 2))).length;
    const fixed = 167 + 64;
    expect(await lengthOf(2)).toBe(5755);
    expect(await lengthOf(4096 - fixed)).toBe(5755);
    expect(await lengthOf(4096 - fixed + 1)).toBe(18_043);
    expect(await lengthOf(16_384 - fixed + 1)).toBe(67_195);
    expect(await lengthOf(MAX_OBJECT_BODY_BYTES)).toBe(67_195);
    expect(await codeOf(() => seal('x'.repeat(MAX_OBJECT_BODY_BYTES - 1)))).toBe('object_too_large');
  });

  it('puts every field at its offset', async () => {
    const plaintext = await sodium.open(seed, await seal());
    const part = (from: number, to: number): string => toHex(plaintext.subarray(from, to));
    expect(part(0, 6)).toBe('52504f310102');
    expect(part(6, 22)).toBe('05'.repeat(16));
    expect(part(22, 54)).toBe(toHex(sha256(threadKey)));
    expect(part(54, 87)).toBe(`01${toHex(signer.publicKey)}`);
    expect(part(87, 91)).toBe('00000002');
    expect(part(91, 123)).toBe('06'.repeat(32));
    expect(part(123, 131)).toBe('000000006553f17b');
    expect(part(131, 163)).toBe('07'.repeat(32));
    expect(part(163, 167)).toBe('00000028');
    expect(plaintext).toHaveLength(4096);
  });

  it('refuses another thread and another key', async () => {
    const file = await seal();
    expect(await codeOf(() => open(file, filled(16, 6)))).toBe('object_wrong_thread');
    const other = filled(32, 0x23);
    const forwarded = await sodium.seal(sodium.publicKey(other), await sodium.open(seed, file));
    const opened = openObject(sodium, verifier, other, forwarded, { threadId: fields.threadId });
    expect(await codeOf(() => opened)).toBe('object_wrong_recipient');
    expect(await codeOf(() => openObject(sodium, verifier, other, file, { threadId: fields.threadId }))).toBe(
      'open_failed',
    );
  });

  it('refuses plaintexts that are no object', async () => {
    const good = await sodium.open(seed, await seal());
    const signedAnew = (change: (header: Bytes) => Bytes): Bytes => {
      const signed = change(good.slice(0, 167 + 40));
      const whole = concatBytes(signed, signer.sign(TAG.object, signed));
      return concatBytes(whole, new Uint8Array(4096 - whole.length));
    };
    const header = good.slice(0, 163);
    const withBody = (json: string): Bytes =>
      signedAnew(() => concatBytes(header, new Writer().vec32(text(json)).finish()));
    const rows: readonly (readonly [string, Uint8Array, string])[] = [
      ['as it is', good, 'ok'],
      ['signed anew', signedAnew((h) => h), 'ok'],
      ['padding', flip(good, -1), 'object_padding'],
      ['length', good.subarray(0, 4095), 'object_padding'],
      ['sequence number', flip(good, 90), 'object_signature'],
      ['body', flip(good, 170), 'object_signature'],
      ['signature', flip(good, 167 + 40), 'object_signature'],
      ['author key', flip(good, 60), 'object_signature'],
      ['kind', signedAnew((h) => Uint8Array.from(h, (b, i) => (i === 5 ? 8 : b))), 'object_body'],
      ['author class', signedAnew((h) => Uint8Array.from(h, (b, i) => (i === 54 ? 2 : b))), 'object_body'],
      ['magic', flip(good, 0), 'object_body'],
      ['suite', flip(good, 4), 'suite_unsupported'],
      ['spaces in the body', withBody('{ }'), 'object_body'],
      ['a twice-named member', withBody('{"a":1,"a":1}'), 'object_body'],
      [
        'invalid UTF-8',
        signedAnew(() => concatBytes(header, Uint8Array.of(0, 0, 0, 1, 0xff))),
        'object_body',
      ],
      ['a length beyond the end', Uint8Array.from(good, (b, i) => (i === 165 ? 0xff : b)), 'object_body'],
    ];
    for (const [name, plaintext, code] of rows) {
      const file = await sodium.seal(threadKey, plaintext);
      expect([name, await codeOf(() => open(file))]).toEqual([name, code]);
    }
  });
});

describe('attachments', () => {
  const files: readonly ArchiveFile[] = [
    { name: 'photo.jpg', data: filled(70_000, 1) },
    { name: 'note é.txt', data: new Uint8Array(0) },
  ];

  it.each([
    [0, 65_536],
    [65_536, 65_536],
    [65_537, 98_304],
    [98_305, 131_072],
    [131_073, 196_608],
    [1_000_000, 1_048_576],
  ])('pads %i to %i bytes', (n, padded) => {
    expect(padToHalfOctave(new Uint8Array(n))).toHaveLength(padded);
  });

  it('round-trips through parts', async () => {
    const big = [{ name: 'film.mp4', data: filled(1_200_000, 9) }];
    const sealed = await sealAttachment(sodium, threadKey, big);
    expect(checkSealedBlobLength(sealed.length)).toEqual({ bucketBytes: 1_572_864 });
    const parts = splitBlob(sealed);
    expect(parts.map((p) => p.length)).toEqual([BLOB_PART_BYTES, sealed.length - BLOB_PART_BYTES]);
    const digest = digestBlob(sealed);
    expect(digest).toEqual({ sizeBytes: sealed.length, partHashes: parts.map(sha256) });
    const opened = await openAttachment(noble, seed, concatBytes(...parts), digest);
    expect(opened[0]?.name).toBe('film.mp4');
    expect(bytesEqual(opened[0]?.data ?? new Uint8Array(0), filled(1_200_000, 9))).toBe(true);
    expect(await codeOf(() => openAttachment(noble, seed, flip(sealed, 5000), digest))).toBe('blob_parts');
    expect(await codeOf(() => openAttachment(noble, filled(32, 1), sealed, digest))).toBe('open_failed');
  });

  it('refuses a sealed file that holds no archive', async () => {
    const sealed = await sodium.seal(threadKey, filled(65_536, 0xff));
    expect(await codeOf(() => openAttachment(sodium, seed, sealed, digestBlob(sealed)))).toBe('open_failed');
  });

  it('reads archives strictly', async () => {
    const good = encodeArchive(files);
    expect(parseArchive(padToHalfOctave(good))).toEqual(files);
    expect(await codeOf(() => parseArchive(concatBytes(good, Uint8Array.of(1))))).toBe('not_zero');
    expect(await codeOf(() => parseArchive(good.subarray(0, -1)))).toBe('truncated');
    for (const name of ['', '.', '..', '../x', 'a/b', 'a\\b', 'a\u0000b', 'a\nb']) {
      expect(await codeOf(() => parseArchive(encodeArchive([{ name, data: new Uint8Array(0) }])))).toBe(
        'bad_character',
      );
    }
  });
});

describe('keyrings', () => {
  const keyring = (roles: number): Keyring => ({
    signingSeed: filled(32, 1),
    kemSeed: filled(32, 2),
    roleSeeds: Array.from({ length: roles }, (_, i) => ({
      roleId: filled(16, i),
      epoch: i,
      seed: filled(32, i),
    })),
    certificateHash: filled(32, 3),
  });

  it.each([
    [0, 4096],
    [3, 4096],
    [40, 8192],
  ])('with %i role seeds takes %i bytes', async (roles, size) => {
    const file = await sealKeyring(noble, threadKey, keyring(roles));
    expect(file).toHaveLength(sealedLength(size));
    expect(checkSealedShape(file, ['keyring'])).toEqual({ bucketBytes: size });
    expect(await openKeyring(sodium, seed, file)).toEqual(keyring(roles));
  });

  it.each(['{}', '[]', 'null', '{"certificateHash":1,"kemSeed":1,"roleSeeds":[],"signingSeed":1}', '{ }'])(
    'refuses %s with open_failed',
    async (json) => {
      const file = await sodium.seal(threadKey, new Writer().vec32(text(json)).finish());
      expect(await codeOf(() => openKeyring(sodium, seed, file))).toBe('open_failed');
    },
  );
});

describe('the shape a server demands', () => {
  const sealed = async (n: number): Promise<Bytes> => sodium.seal(threadKey, new Uint8Array(n));

  it.each([
    [128, ['key_box'], 'ok'],
    [128, ['object'], 'sealed_wrong_class'],
    [129, ['key_box', 'object', 'attachment', 'keyring'], 'sealed_wrong_class'],
    [4096, ['object'], 'ok'],
    [8192, ['object'], 'sealed_wrong_class'],
    [8192, ['keyring'], 'ok'],
    [65_536, ['attachment'], 'ok'],
    [98_304, ['attachment'], 'ok'],
    [98_304, ['object'], 'sealed_wrong_class'],
    [81_920, ['attachment'], 'sealed_wrong_class'],
    [266_240, ['keyring'], 'sealed_wrong_class'],
  ] as const)('%i bytes as %j: %s', async (n, classes: readonly SealedClass[], code) => {
    const file = await sealed(n);
    expect(await codeOf(() => checkSealedShape(file, classes))).toBe(code);
  });

  it('reads the header strictly', async () => {
    const file = await sealed(128);
    const header = Buffer.from(file.subarray(0, 1627)).toString('latin1');
    const rest = file.subarray(1627);
    const changed = (from: string, to: string): Bytes => {
      expect(header).toContain(from);
      return concatBytes(
        Buffer.from(
          header.replace(from, () => to),
          'latin1',
        ),
        rest,
      );
    };
    const stanza = header.slice(header.indexOf('-> '), header.indexOf('--- '));
    const rows: readonly (readonly [string, Uint8Array, string])[] = [
      ['as it is', file, 'ok'],
      ['version', changed('/v1\n', '/v2\n'), 'sealed_malformed'],
      ['X25519', changed('mlkem768x25519', 'X25519'), 'sealed_wrong_recipient_type'],
      ['tag type', changed('mlkem768x25519', 'mlkem768p256tag'), 'sealed_wrong_recipient_type'],
      ['two stanzas', changed('--- ', `${stanza}--- `), 'sealed_wrong_recipient_type'],
      ['grease', changed('--- ', '-> grease\n\n--- '), 'sealed_wrong_recipient_type'],
      ['two arguments', changed('\n', ' x\n'), 'sealed_malformed'],
      ['CRLF', changed('\n---', '\r\n---'), 'sealed_malformed'],
      ['no MAC', changed('--- ', '--+ '), 'sealed_malformed'],
      ['header only', file.subarray(0, 1627), 'sealed_wrong_class'],
      ['part of a header', file.subarray(0, 1600), 'sealed_malformed'],
      ['nothing', new Uint8Array(0), 'sealed_malformed'],
      ['one byte more', concatBytes(file, filled(1, 0)), 'sealed_wrong_class'],
      ['one byte less', file.subarray(0, -1), 'sealed_wrong_class'],
    ];
    for (const [name, bytes, code] of rows) {
      expect([name, await codeOf(() => checkSealedShape(bytes))]).toEqual([name, code]);
    }
    expect(
      await codeOf(() => {
        checkSealedHeader(file.subarray(0, 1627));
      }),
    ).toBe('ok');
  });

  it('refuses base64 with stray bits in each of the three fields', async () => {
    const file = await sealed(128);
    const lastChars = [22 + 18 + 1494 - 1, 22 + 18 + 1494 + 1 + 43 - 1, 1627 - 2];
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    for (const at of lastChars) {
      const next = alphabet.indexOf(String.fromCharCode(file[at] as number)) + 1;
      const stray = Uint8Array.from(file, (b, i) => (i === at ? alphabet.charCodeAt(next) : b));
      expect(await codeOf(() => checkSealedShape(stray))).toBe('sealed_malformed');
      for (const sealing of [noble, sodium])
        expect(await codeOf(() => sealing.open(seed, stray))).toBe('open_failed');
    }
  });

  it.each([0, 1, 1626, 1627, 1643, 1659, 67_194, Number.MAX_SAFE_INTEGER])(
    'refuses a blob of %i bytes',
    async (n) => {
      expect(await codeOf(() => checkSealedBlobLength(n))).toBe('sealed_wrong_class');
    },
  );

  it('refuses what has the shape but a foreign X25519 part', async () => {
    const file = await sealed(128);
    const raw = (n: Uint8Array): string => Buffer.from(n).toString('base64').replace(/=+$/, '');
    const share = Buffer.from(file.subarray(40, 40 + 1494)).toString('latin1');
    const decoded = Uint8Array.from(Buffer.from(share, 'base64'));
    for (const u of [filled(32, 0), filled(32, 0xff)]) {
      decoded.set(u, 1088);
      const forged = concatBytes(file.subarray(0, 40), text(raw(decoded)), file.subarray(40 + 1494));
      expect(await codeOf(() => checkSealedShape(forged))).toBe('ok');
      for (const sealing of [noble, sodium])
        expect(await codeOf(() => sealing.open(seed, forged))).toBe('open_failed');
    }
  });
});
