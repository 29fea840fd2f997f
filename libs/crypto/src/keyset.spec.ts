import { describe, expect, it } from '@jest/globals';
import { toHex } from '@app/encoding';
import {
  DAY,
  epochSeed,
  filled,
  flip,
  type Holder,
  holders,
  type KeysetOptions,
  makeEpoch,
  makeHolder,
  makeKeyset,
  NOW,
  ROLE_A,
  ROLE_B,
  roots,
  rootset,
} from '../test/keyset-fixture.js';
import { nobleSealing, openRootKey, sealRootKey } from './seal.js';
import {
  encodeRootset,
  encodeRootsetRotation,
  makeSigner,
  nobleSigning,
  parseKeysetFile,
  type Signer,
} from './sign.js';
import {
  CAPABILITY,
  describeCertificate,
  describeEpochsPart,
  describeKeyset,
  describeKeysetFile,
  describeRootPart,
  describeRootset,
  nobleVerifier,
  parseCertificate,
  sha256,
  sodiumVerifier,
  TAG,
  usableCertificate,
  verifyKeyset,
  verifyRootsetRotation,
} from './verify.js';

const verifier = nobleVerifier();
const [first, second, senior] = holders as [Holder, Holder, Holder];
const verify = (options: KeysetOptions = {}, now = NOW) =>
  verifyKeyset(verifier, makeKeyset(options), { rootset, now });
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'ok';
};
const revoke = (holder: Holder, at: number) => [{ serial: parseCertificate(holder.certificate).serial, at }];

describe('verifyKeyset', () => {
  it('accepts a well-signed file with either provider', async () => {
    const bytes = makeKeyset();
    for (const v of [verifier, await sodiumVerifier()]) {
      const keyset = verifyKeyset(v, bytes, { rootset, now: NOW });
      expect(keyset.version).toBe(1);
      expect(toHex(keyset.hash)).toBe(toHex(sha256(bytes)));
      expect(keyset.roleByKind('senior_official')?.id).toEqual(ROLE_B);
      expect(keyset.roleByKind('ethics')).toBeUndefined();
      expect(keyset.certificate(senior.hash)?.capabilities).toBe(CAPABILITY.decide);
      expect(keyset.currentEpoch(ROLE_A, NOW).kemPublicKey).toEqual(nobleSealing().publicKey(epochSeed(1)));
    }
  });

  const lateEpochHolder = makeHolder(0, { notAfter: NOW - DAY / 2 });
  const rows: readonly (readonly [string, KeysetOptions, string])[] = [
    ['two holders for the epochs part', { epochsSigners: [first, second] }, 'ok'],
    ['one root signature', { rootIndexes: [0] }, 'keyset_signatures_short'],
    [
      'another ROOTSET inside',
      { rootset: encodeRootset({ version: 2, threshold: 1, publicKeys: [filled(32, 9)] }) },
      'keyset_wrong_roots',
    ],
    ['issued in the future', { issued: NOW + 301 }, 'keyset_not_yet_valid'],
    ['issued within the skew', { issued: NOW + 300 }, 'ok'],
    ['expired', { expires: NOW }, 'keyset_expired'],
    ['a higher least suite', { minSuite: 2 }, 'suite_unsupported'],
    ['one epochs signer', { epochsSigners: [first] }, 'keyset_epochs_unsigned'],
    ['the same holder twice', { epochsSigners: [first, first] }, 'keyset_epochs_unsigned'],
    ['two roots, no holder', { epochsSigners: [0, 1] }, 'keyset_epochs_unsigned'],
    ['a holder without the capability', { epochsSigners: [first, senior] }, 'keyset_epochs_unsigned'],
    ['another root part', { rootPartHash: filled(32, 1) }, 'keyset_epochs_unsigned'],
    [
      'a certificate with one root',
      { holders: [first, makeHolder(1, { rootIndexes: [2] })] },
      'certificate_signature',
    ],
    [
      'an epoch by another key',
      { epochs: [makeEpoch({ holder: first, signer: second.signer })] },
      'epoch_signature',
    ],
    [
      'an epoch for another role',
      { epochs: [makeEpoch({ holder: first, roleId: ROLE_B })] },
      'epoch_signature',
    ],
    [
      'an epoch without the capability',
      { epochs: [makeEpoch({ holder: senior, roleId: ROLE_B })] },
      'epoch_signature',
    ],
    ['an epoch by a stranger', { epochs: [makeEpoch({ holder: makeHolder(5) })] }, 'certificate_unknown'],
    ['an epoch by a revoked holder', { revocations: revoke(first, NOW) }, 'certificate_revoked'],
    ['a revocation to come', { revocations: revoke(first, NOW + 1) }, 'ok'],
    [
      'an epoch after its maker’s time',
      {
        holders: [lateEpochHolder, second],
        epochs: [makeEpoch({ holder: lateEpochHolder, notBefore: NOW })],
        epochsSigners: [second, 0],
      },
      'certificate_expired',
    ],
    [
      'an epoch within its maker’s time',
      {
        holders: [lateEpochHolder, second],
        epochs: [makeEpoch({ holder: lateEpochHolder })],
        epochsSigners: [second, 0],
      },
      'ok',
    ],
    [
      'two persons with one subject',
      {
        holders: [first, makeHolder(1, { subject: 0x30 })],
        epochsSigners: [first, makeHolder(1, { subject: 0x30 })],
      },
      'keyset_epochs_unsigned',
    ],
    ['a role nobody knows', { holders: [first, makeHolder(4, { roleId: filled(16, 1) })] }, 'role_unknown'],
    ['one serial twice', { holders: [first, first] }, 'not_unique'],
  ];
  it.each(rows)('%s', (_name, options, code) => {
    expect(codeOf(() => verify(options))).toBe(code);
  });

  it('compares with the KEYSET seen before', () => {
    const bytes = makeKeyset({ version: 5, rootVersion: 3 });
    const against = (version: number, rootVersion: number, hash = sha256(bytes)) =>
      codeOf(() =>
        verifyKeyset(verifier, bytes, { rootset, now: NOW, previous: { version, rootVersion, hash } }),
      );
    expect(against(5, 3)).toBe('ok');
    expect(against(4, 3, filled(32, 0))).toBe('ok');
    expect(against(6, 3)).toBe('keyset_rolled_back');
    expect(against(4, 4)).toBe('keyset_rolled_back');
    expect(against(5, 3, filled(32, 0))).toBe('keyset_two_hashes');
  });

  it('rejects every single changed byte of a sample', () => {
    const bytes = makeKeyset();
    for (let i = 0; i < bytes.length; i += 97) {
      const changed = flip(bytes, i);
      expect(codeOf(() => verifyKeyset(verifier, changed, { rootset, now: NOW }))).not.toBe('ok');
    }
    expect(codeOf(() => verifyKeyset(verifier, flip(bytes, -1), { rootset, now: NOW }))).toBe(
      'keyset_epochs_unsigned',
    );
  });

  it('picks the newest epoch in date', () => {
    const epochs = [
      makeEpoch({ holder: first, epoch: 1, notAfter: NOW + 45 * DAY }),
      makeEpoch({ holder: first, epoch: 2, notBefore: NOW + 30 * DAY, notAfter: NOW + 75 * DAY }),
    ];
    const keyset = verify({ epochs });
    expect(keyset.currentEpoch(ROLE_A, NOW).epoch).toBe(1);
    expect(keyset.currentEpoch(ROLE_A, NOW + 31 * DAY).epoch).toBe(2);
    expect(codeOf(() => keyset.currentEpoch(ROLE_A, NOW + 75 * DAY))).toBe('epoch_expired');
    expect(codeOf(() => keyset.currentEpoch(ROLE_B, NOW))).toBe('epoch_expired');
  });

  it('judges certificates at an instant', () => {
    const keyset = verify({ revocations: revoke(second, NOW) });
    expect(usableCertificate(keyset, second.hash, NOW - 1).hash).toEqual(second.hash);
    expect(codeOf(() => usableCertificate(keyset, second.hash, NOW))).toBe('certificate_revoked');
    expect(codeOf(() => usableCertificate(keyset, first.hash, NOW - 2 * DAY))).toBe('certificate_expired');
    expect(codeOf(() => usableCertificate(keyset, filled(32, 0), NOW))).toBe('certificate_unknown');
  });

  it('describes itself for inspection', () => {
    const listing = describeKeyset(verify({ revocations: revoke(second, NOW + 60) }));
    expect(listing).toContain('KEYSET version 1, root part version 1');
    expect(listing).toContain('role a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 focal_point: Focal point');
    expect(listing).toContain('REVOKED     2023-11-14T22:14:20Z (1700000060)');
    expect(listing).toContain('(epoch, triage)');
    const groups = toHex(first.hash).match(/.{1,5}/g) as string[];
    expect(listing).toContain(`certificate ${groups.join(' ')}`);
  });
});

describe('the listing of what is signed', () => {
  const parts = (options: KeysetOptions = {}) => parseKeysetFile(makeKeyset(options));

  it('differs with every field of a root part', () => {
    const listing = describeRootPart(parts().rootPart);
    expect(listing).toContain('ROOT PART version 1');
    expect(listing).toContain('signed by   root');
    const changes: KeysetOptions[] = [
      { rootVersion: 2 },
      { issued: NOW - 1 },
      { expires: NOW + 7 },
      { minSuite: 2 },
      { rootset: encodeRootset({ version: 2, threshold: 1, publicKeys: [filled(32, 9)] }) },
      { holders: [first] },
      { revocations: revoke(second, NOW) },
      { revocations: [{ serial: filled(16, 0xee), at: NOW }] },
    ];
    const withoutFingerprint = (text: string) => text.replace(/^fingerprint.*$/m, '');
    for (const change of changes) {
      const other = describeRootPart(parts(change).rootPart);
      expect(withoutFingerprint(other)).not.toBe(withoutFingerprint(listing));
    }
  });

  it('names the epochs, the certificate and the signers', () => {
    const { epochsPart } = parts({ epochsSigners: [first, 0] });
    expect(describeEpochsPart(epochsPart)).toContain('follows     none, the first');
    const file = describeKeysetFile(makeKeyset({ epochsSigners: [first, 0] }));
    expect(file).toContain('signed by    root 0\n');
    expect(file).toContain('signed by    holder with certificate');
    expect(describeCertificate(first.certificate)).toMatch(/^CERTIFICATE\n/);
    expect(describeRootset(rootset)).toContain(' must sign\n  root 0     ');
  });

  it('writes out what is not seen', () => {
    const w = new TextEncoder();
    const bytes = Buffer.from(parts().rootPart);
    const name = Buffer.from(w.encode('Focal point'));
    const at = bytes.indexOf(name);
    Buffer.from(w.encode('\u202eocal pnt')).copy(bytes, at);
    expect(describeRootPart(new Uint8Array(bytes))).toContain('\\u{202e}ocal pnt');
  });
});

describe('a root key file', () => {
  it('opens with its own vault key and holds nothing but a seed', async () => {
    const sealing = nobleSealing();
    const key = sealing.publicKey(filled(32, 1));
    const file = await sealRootKey(sealing, key, filled(32, 2));
    expect(await openRootKey(sealing, filled(32, 1), file)).toEqual(filled(32, 2));
    await expect(openRootKey(sealing, filled(32, 3), file)).rejects.toMatchObject({ code: 'open_failed' });
    const other = await sealing.seal(key, filled(37, 2));
    await expect(openRootKey(sealing, filled(32, 1), other)).rejects.toMatchObject({ code: 'open_failed' });
  });
});

describe('verifyRootsetRotation', () => {
  const signing = nobleSigning();
  const newRoots = [7, 8].map((i) => makeSigner(signing, filled(32, i)));
  const next = (version: number) =>
    encodeRootset({ version, threshold: 2, publicKeys: newRoots.map((r) => r.publicKey) });
  const sign = (signers: readonly Signer[], bytes: Uint8Array) =>
    signers.map((s, rootIndex) => ({ rootIndex, signature: s.sign(TAG.rootset, bytes) }));
  const rotate = (version: number, old: number, fresh: number) => {
    const bytes = next(version);
    return encodeRootsetRotation({
      rootset: bytes,
      oldSignatures: sign(roots.slice(0, old), bytes),
      newSignatures: sign(newRoots.slice(0, fresh), bytes),
    });
  };

  it.each([
    [2, 2, 2, 'ok'],
    [2, 3, 2, 'ok'],
    [2, 1, 2, 'rootset_rotation'],
    [2, 2, 1, 'rootset_rotation'],
    [3, 2, 2, 'rootset_rotation'],
    [1, 2, 2, 'rootset_rotation'],
  ])('version %i, %i old and %i new signatures: %s', (version, old, fresh, code) => {
    expect(codeOf(() => verifyRootsetRotation(verifier, rootset, rotate(version, old, fresh)))).toBe(code);
  });

  it('returns the bytes to pin', () => {
    expect(verifyRootsetRotation(verifier, rootset, rotate(2, 2, 2))).toEqual(next(2));
  });
});
