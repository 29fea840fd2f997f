import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Bytes, concatBytes, fromHex, type ParseError, toHex } from '@app/encoding';
import { filled, flip, NOW } from '../test/keyset-fixture.js';
import {
  derivePasskeyKeys,
  deriveVaultKeys,
  factorText,
  type Keyring,
  nobleSealing,
  OpenError,
  openVault,
  type SealedVault,
  sealFactor,
  sealKeyring,
  sealVault,
  sodiumSealing,
  type UnlockerKey,
  type VaultKeys,
} from './seal.js';
import { makeSigner, nobleSigning, signUnlockers, sodiumSigning } from './sign.js';
import { factorCode, factorStep, openFactor, parseUnlockers, sha256, verifyUnlockers } from './verify.js';
import { passwordBytes } from './password.js';

type Vectors = {
  password: { password: string; subjectId: string; authKey: string; vaultSeed: string }[];
  passkey: { output: string; authKey: string; vaultSeed: string }[];
  factor: { authKey: string; secret: string; factor: string }[];
  code: { time: number; code: string }[];
};
const vectors = JSON.parse(
  readFileSync(new URL('../vectors/unlockers.json', import.meta.url), 'utf8'),
) as Vectors;
const bytes = (hex: string): Bytes => fromHex(hex, 'vector');
const hexOf = ({ authKey, vaultSeed }: VaultKeys) => ({
  authKey: toHex(authKey),
  vaultSeed: toHex(vaultSeed),
});

const codeOf = async (run: () => unknown): Promise<string> => {
  try {
    await run();
  } catch (error) {
    return (error as { code?: string; name: string }).code ?? (error as Error).name;
  }
  return 'ok';
};

const SUBJECT = filled(16, 0x30);
const noble = { sealing: nobleSealing(), signing: nobleSigning() };
const sodium = { sealing: await sodiumSealing(), signing: await sodiumSigning() };
const signer = makeSigner(noble.signing, filled(32, 0x11));
const keyring: Keyring = {
  signingSeed: filled(32, 0x11),
  kemSeed: filled(32, 0x12),
  roleSeeds: [],
  certificateHash: filled(32, 0x13),
};
let drawn = 0;
const random = { bytes: (n: number) => filled(n, ++drawn) };

const RECOVERY = deriveVaultKeys(filled(16, 1));
const PASSWORD = { authKey: filled(32, 0x21), vaultSeed: filled(32, 0x22) };
const PASSKEY = derivePasskeyKeys(filled(32, 3));

const keyOf = (id: number, kind: UnlockerKey['kind'], keys: VaultKeys): UnlockerKey => ({
  id: filled(16, id),
  kind,
  since: NOW,
  authHash: sha256(keys.authKey),
  kemPublicKey: noble.sealing.publicKey(keys.vaultSeed),
  factor: kind === 'password' ? sealFactor(keys.authKey, filled(16, 9), filled(20, 8)) : filled(0, 0),
});
const KEYS = [keyOf(1, 'recovery', RECOVERY), keyOf(2, 'password', PASSWORD), keyOf(3, 'passkey', PASSKEY)];
const sealed = (keys: readonly UnlockerKey[] = KEYS, version = 1): Promise<SealedVault> =>
  sealVault({ ...noble, random }, keyring, { version, subjectId: SUBJECT, keys });

describe('the keys of an unlocker', () => {
  // In a process of its own: what Jest puts between code and globals makes memory-hard code fifty times as slow.
  it('from a password, as OpenSSL derives them, however it was typed', () => {
    const code = `
      import { readFileSync } from 'node:fs';
      import { fromHex, toHex } from '@app/encoding';
      import { derivePasswordKeys } from '@app/crypto/seal';
      const keys = [];
      for (const [password, subject] of JSON.parse(readFileSync(0, 'utf8'))) {
        const { authKey, vaultSeed } = await derivePasswordKeys(password, fromHex(subject, 'subject'));
        keys.push({ authKey: toHex(authKey), vaultSeed: toHex(vaultSeed) });
      }
      process.stdout.write(JSON.stringify(keys));`;
    const asked = vectors.password.flatMap(({ password, subjectId }) => [
      [password, subjectId],
      [`${password.normalize('NFD')} `, subjectId],
      [password, '34'.repeat(16)],
    ]);
    const args = ['--import', './test/support/ts-hooks.mjs', '--input-type=module', '--eval', code];
    const answer = execFileSync(process.execPath, args, { input: JSON.stringify(asked), encoding: 'utf8' });
    const [keys, again, foreign] = JSON.parse(answer) as { authKey: string; vaultSeed: string }[];
    const { authKey, vaultSeed } = vectors.password[0]!;
    expect([keys, again]).toEqual([
      { authKey, vaultSeed },
      { authKey, vaultSeed },
    ]);
    expect([authKey, vaultSeed]).not.toContain(foreign?.authKey);
  }, 60_000);

  it.each(vectors.passkey)('from a passkey, as OpenSSL derives them', ({ output, ...keys }) => {
    expect(hexOf(derivePasskeyKeys(bytes(output)))).toEqual(keys);
  });

  it('has no two alike for the same secret', () => {
    const code = filled(16, 7);
    const two = [deriveVaultKeys(code), derivePasskeyKeys(concatBytes(code, code))].flatMap((keys) =>
      Object.values(hexOf(keys)),
    );
    expect(new Set(two).size).toBe(4);
  });
});

describe('a password', () => {
  it.each([
    ['correct horse b', 'ok'],
    ['correct horse ', 'password_short'],
    ['aaaaabbbbbcccccdddddeeeee', 'password_simple'],
    ['十五の漢字でできた長い合言葉です', 'ok'],
    ['ab cd ef'.repeat(128), 'ok'],
    [`${'ab cd ef'.repeat(128)}g`, 'password_long'],
    ['half a character \ud800', 'not_unicode'],
  ])('%j is %s', async (text, expected) => {
    expect(await codeOf(() => passwordBytes(text))).toBe(expected);
  });

  it('counts to its last character', () => {
    const long = 'ab cd ef'.repeat(128);
    expect(passwordBytes(long)).not.toEqual(passwordBytes(`${long.slice(0, -1)}x`));
  });

  it('is one whatever form it was typed in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 16, maxLength: 40 }), (text) => {
        const read = (given: string): string => {
          try {
            return toHex(passwordBytes(given));
          } catch (error) {
            return (error as ParseError).code;
          }
        };
        expect(read(text.normalize('NFD'))).toBe(read(text.normalize('NFC')));
        expect(read(` ${text}\t`)).toBe(read(text));
      }),
      { numRuns: 100 },
    );
  });
});

describe('the second factor', () => {
  it.each(vectors.factor)(
    'is sealed as OpenSSL seals it, and opened again',
    ({ authKey, secret, factor }) => {
      const nonce = bytes(factor).subarray(0, 16);
      expect(toHex(sealFactor(bytes(authKey), nonce, bytes(secret)))).toBe(factor);
      expect(toHex(openFactor(bytes(authKey), bytes(factor)))).toBe(secret);
      expect(toHex(openFactor(filled(32, 1), bytes(factor)))).not.toBe(secret);
    },
  );

  it.each(vectors.code)('gives the code of RFC 6238 at $time', ({ time, code }) => {
    const secret = new TextEncoder().encode('12345678901234567890');
    expect(factorCode(secret, Math.floor(time / 30))).toBe(code);
    expect(factorStep(secret, code, time)).toBe(Math.floor(time / 30));
    expect(factorStep(secret, code, time + 30)).toBe(Math.floor(time / 30));
    expect(factorStep(secret, code, time + 90)).toBeUndefined();
    expect(factorStep(secret, '', time)).toBeUndefined();
  });

  it('is typed as base32', () => {
    expect(factorText(new TextEncoder().encode('12345678901234567890'))).toBe(
      'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    );
  });
});

describe('a vault', () => {
  let vault: SealedVault;
  beforeAll(async () => {
    vault = await sealed();
  });

  it.each([
    ['recovery code', RECOVERY],
    ['password', PASSWORD],
    ['passkey', PASSKEY],
  ])('opens with each unlocker, by both providers: %s', async (_, keys) => {
    for (const provider of [noble, sodium]) {
      const opened = await openVault(provider, SUBJECT, vault, keys);
      expect(opened.keyring).toEqual(keyring);
      expect(opened.list?.unlockers.map(({ kind }) => kind)).toEqual(['recovery', 'password', 'passkey']);
    }
  });

  it('of a ceremony opens with its recovery code', async () => {
    const file = await sealKeyring(noble.sealing, noble.sealing.publicKey(RECOVERY.vaultSeed), keyring);
    expect(await openVault(noble, SUBJECT, { keyring: file }, RECOVERY)).toEqual({ keyring });
    expect(await codeOf(() => openVault(noble, SUBJECT, { keyring: file }, PASSKEY))).toBe('open_failed');
  });

  it('opens no more with what was taken out, and gives the others a new key', async () => {
    const next = await sealed(KEYS.slice(0, 2), 2);
    expect((await openVault(noble, SUBJECT, next, PASSWORD)).list?.version).toBe(2);
    expect(await codeOf(() => openVault(noble, SUBJECT, next, PASSKEY))).toBe('open_failed');
    // The old list with the new keyring, and the other way round.
    expect(
      await codeOf(() => openVault(noble, SUBJECT, { ...next, unlockers: vault.unlockers }, PASSKEY)),
    ).toBe('open_failed');
    expect(await codeOf(() => openVault(noble, SUBJECT, { ...next, keyring: vault.keyring }, PASSWORD))).toBe(
      'open_failed',
    );
  });

  it('is refused with a key that the server put in', async () => {
    const list = parseUnlockers(vault.unlockers);
    const theirs = nobleSigning().publicKey(filled(32, 0x77));
    const unlockers = list.unlockers.map((one) =>
      one.kind === 'passkey' ? { ...one, kemPublicKey: noble.sealing.publicKey(theirs) } : one,
    );
    const forged = signUnlockers(makeSigner(noble.signing, filled(32, 0x77)), { ...list, unlockers });
    expect(await codeOf(() => openVault(noble, SUBJECT, { ...vault, unlockers: forged }, RECOVERY))).toBe(
      'open_failed',
    );
    expect(await codeOf(() => verifyUnlockers(noble.signing, signer.publicKey, forged))).toBe(
      'unlockers_signature',
    );
  });

  it('is refused for another subject', async () => {
    await expect(openVault(noble, filled(16, 0x31), vault, RECOVERY)).rejects.toBeInstanceOf(OpenError);
  });

  it('is refused with any bit of its list changed', async () => {
    for (const at of [5, 9, 30, 60, 90, 110, 150, 1300, 3000, vault.unlockers.length - 1]) {
      const unlockers = flip(vault.unlockers, at);
      expect(await codeOf(() => openVault(noble, SUBJECT, { ...vault, unlockers }, RECOVERY))).toBe(
        'open_failed',
      );
    }
  });

  const one = KEYS[0] as UnlockerKey;
  it.each<[string, readonly UnlockerKey[], string]>([
    ['without a recovery code', KEYS.slice(1), 'recovery_missing'],
    ['with nothing', [], 'recovery_missing'],
    ['with one twice', [one, one], 'not_unique'],
    ['with one secret twice', [one, { ...one, id: filled(16, 5) }], 'not_unique'],
    ['with a bare password', [one, { ...(KEYS[1] as UnlockerKey), factor: filled(0, 0) }], 'factor_missing'],
    [
      'with nine',
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => ({ ...one, id: filled(16, n), authHash: filled(32, n) })),
      'out_of_range',
    ],
  ])('%s is no list', async (_, keys, expected) => {
    const { unlockers } = await sealed(keys);
    expect(await codeOf(() => parseUnlockers(unlockers))).toBe(expected);
  });
});
