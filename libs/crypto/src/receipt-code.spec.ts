import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fromHex, ParseError, toHex } from '@app/encoding';
import {
  decodeDigits,
  decodeWords,
  deriveReporterKeys,
  deriveVaultKeys,
  encodeDigits,
  encodeWords,
  makeReporterCode,
  nobleSealing,
  ReceiptWordError,
  sodiumSealing,
  WORD_LANGUAGES,
} from './seal.js';
import { nobleSigning, sodiumSigning } from './sign.js';
import { hkdfExpand, hkdfExtract } from './verify.js';

const code = fromHex('000102030405060708090a0b0c0d0e0f', 'code');
const numRuns = Number(process.env.FC_RUNS ?? 100);
const codes = fc.uint8Array({ minLength: 16, maxLength: 16 });
const errorOf = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};

describe('words', () => {
  it('follows BIP 39', () => {
    expect(encodeWords(new Uint8Array(16), 'en').join(' ')).toBe(`${'abandon '.repeat(11)}about`);
    const trezor = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
    expect(toHex(decodeWords(trezor))).toBe('7f'.repeat(16));
  });

  it.each(WORD_LANGUAGES)('round-trips in %s, however it is typed', (language) => {
    fc.assert(
      fc.property(codes, (given) => {
        const words = encodeWords(given, language);
        expect(words).toHaveLength(12);
        const plain = words.join(' ').normalize('NFD').replace(/\p{M}/gu, '');
        for (const text of [
          words.join(' '),
          ` ${words.join('\n\t ').toUpperCase()}. `,
          words.join(', '),
          plain,
        ]) {
          expect(toHex(decodeWords(text))).toBe(toHex(given));
        }
      }),
      { numRuns },
    );
  });

  it('reads Chinese without spaces', () => {
    expect(decodeWords(encodeWords(code, 'zh').join(''))).toEqual(code);
  });

  it.each([
    ['abandn', 'abandon'],
    ['abuot', 'about'],
    ['zooo', 'zoo'],
    ['umbr', 'umbrella'],
    ['exha', 'exhaust'],
  ])('points to %s and offers %s', (typed, nearest) => {
    const words = encodeWords(code, 'en');
    words[4] = typed;
    const error = errorOf(() => decodeWords(words.join(' ')));
    expect(error).toBeInstanceOf(ReceiptWordError);
    expect(error).toBeInstanceOf(ParseError);
    expect(error).toMatchObject({ code: 'word_unknown', position: 5, nearest });
    expect((error as Error).message).toBe('receipt.words: word_unknown');
  });

  it('offers words of the list that knows most of them', () => {
    const words = encodeWords(code, 'es');
    words[11] = 'ábacoo';
    expect(errorOf(() => decodeWords(words.join(' ')))).toMatchObject({ position: 12, nearest: 'ábaco' });
  });

  it('counts, and checks the sum', () => {
    expect(errorOf(() => decodeWords('zoo zoo'))).toMatchObject({ code: 'word_count' });
    expect(errorOf(() => decodeWords(''))).toMatchObject({ code: 'word_count' });
    expect(errorOf(() => decodeWords('zoo '.repeat(12)))).toMatchObject({ code: 'words_checksum' });
  });
});

describe('digits', () => {
  it('writes 8 groups of 5', () => {
    expect(encodeDigits(new Uint8Array(16))).toBe(Array.from({ length: 8 }, () => '00000').join(' '));
    expect(encodeDigits(new Uint8Array(16).fill(255))).toMatch(
      /^34028 23669 20938 46346 33746 07431 76821 1455\d$/,
    );
  });

  it('round-trips, in other numerals and with other separators', () => {
    fc.assert(
      fc.property(codes, (given) => {
        const digits = encodeDigits(given);
        const shifted = (zero: number): string =>
          digits.replace(/\d/g, (d) => String.fromCharCode(zero + Number(d)));
        const spellings = [
          digits,
          digits.replaceAll(' ', ''),
          digits.replaceAll(' ', '-'),
          digits.replaceAll(' ', ' \u200f\u2013 '),
        ];
        for (const text of [...spellings, shifted(0x660), shifted(0x6f0)]) {
          expect(toHex(decodeDigits(text))).toBe(toHex(given));
        }
      }),
      { numRuns },
    );
  });

  it('catches every wrong digit and every swap of neighbours', () => {
    const digits = encodeDigits(code).replaceAll(' ', '');
    for (let i = 0; i < 40; i++) {
      for (let d = 0; d < 10; d++) {
        if (digits[i] === String(d)) continue;
        const wrong = digits.slice(0, i) + String(d) + digits.slice(i + 1);
        expect(errorOf(() => decodeDigits(wrong))).toMatchObject({ code: 'digits_checksum' });
      }
      if (i === 39 || digits[i] === digits[i + 1]) continue;
      const swapped =
        digits.slice(0, i) + (digits[i + 1] as string) + (digits[i] as string) + digits.slice(i + 2);
      expect(errorOf(() => decodeDigits(swapped))).toMatchObject({ code: 'digits_checksum' });
    }
  });

  it('refuses other characters, counts and values', () => {
    expect(errorOf(() => decodeDigits('x'.repeat(40)))).toMatchObject({ code: 'bad_character' });
    expect(errorOf(() => decodeDigits('0'.repeat(39)))).toMatchObject({ code: 'digits_count' });
    const tooLarge = Array.from({ length: 10 }, (_, d) => '9'.repeat(39) + String(d));
    expect(tooLarge.map((text) => (errorOf(() => decodeDigits(text)) as ParseError).code).sort()).toEqual([
      ...Array.from({ length: 9 }, () => 'digits_checksum'),
      'out_of_range',
    ]);
  });
});

describe('derived keys', () => {
  it('takes a code from the randomness given', () => {
    expect(makeReporterCode({ bytes: (n) => new Uint8Array(n).fill(n) })).toEqual(
      new Uint8Array(16).fill(16),
    );
  });

  it('are the same in both providers and follow the labels', async () => {
    const keys = deriveReporterKeys(code, nobleSigning(), nobleSealing());
    expect(deriveReporterKeys(code, await sodiumSigning(), await sodiumSealing())).toEqual(keys);
    const prk = hkdfExtract(new TextEncoder().encode('safe-conduct/reporter/1'), code);
    expect(keys.mailboxId).toEqual(hkdfExpand(prk, 'mailbox-id', 16));
    expect(keys.mailboxAuthSeed).toEqual(hkdfExpand(prk, 'mailbox-auth', 32));
    expect(keys.contentSigSeed).toEqual(hkdfExpand(prk, 'content-sig', 32));
    expect(keys.kemSeed).toEqual(hkdfExpand(prk, 'kem', 32));
    expect(keys.mailboxPublicKey).not.toEqual(keys.contentPublicKey);
  });

  it('of a vault differ from a reporter’s', () => {
    const vault = deriveVaultKeys(code);
    expect(vault.authKey).toHaveLength(32);
    expect(vault.vaultSeed).not.toEqual(vault.authKey);
    expect(vault.vaultSeed).not.toEqual(deriveReporterKeys(code, nobleSigning(), nobleSealing()).kemSeed);
  });

  it('HKDF matches RFC 5869 test case 1', () => {
    const prk = hkdfExtract(fromHex('000102030405060708090a0b0c', 'salt'), new Uint8Array(22).fill(0x0b));
    expect(toHex(hkdfExpand(prk, fromHex('f0f1f2f3f4f5f6f7f8f9', 'info'), 42))).toBe(
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    );
  });
});
