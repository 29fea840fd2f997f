import { describe, expect, it } from '@jest/globals';
import { encodeUtf8, toHex } from '@app/encoding';
import { checkSealedShape, encodeAgeRecipient, sealedLength } from './verify.js';
import { nobleSealing, type Sealing, sodiumSealing } from './seal.js';

const providers: readonly [string, Sealing][] = [
  ['noble', nobleSealing()],
  ['sodium', await sodiumSealing()],
];
const pairs = providers.flatMap(([a, from]) => providers.map(([b, to]) => [a, b, from, to] as const));
const seed = new Uint8Array(32).fill(7);

describe('sealing', () => {
  it('derives the same public key in both providers', () => {
    const keys = providers.map(([, sealing]) => toHex(sealing.publicKey(seed)));
    expect(keys[0]).toHaveLength(2432);
    expect(keys[1]).toBe(keys[0]);
  });

  it.each(pairs)('%s seals, %s opens', async (_a, _b, from, to) => {
    for (const length of [0, 1, 128, 65536, 65537]) {
      const plaintext = new Uint8Array(length).fill(3);
      const file = await from.seal(from.publicKey(seed), plaintext);
      expect(file).toHaveLength(sealedLength(length));
      expect(toHex(await to.open(seed, file))).toBe(toHex(plaintext));
    }
  });

  it('prints a recipient as age does', () => {
    const text = encodeAgeRecipient(nobleSealing().publicKey(seed));
    expect(text).toHaveLength(1959);
    expect(text).toMatch(/^age1pq1[a-z0-9]+$/);
  });

  it.each(providers)('%s refuses another seed with open_failed', async (_name, sealing) => {
    const file = await sealing.seal(sealing.publicKey(seed), encodeUtf8('x'));
    await expect(sealing.open(new Uint8Array(32), file)).rejects.toMatchObject({
      name: 'OpenError',
      code: 'open_failed',
    });
  });

  it.each(providers)('%s refuses a non-canonical recipient', async (_name, sealing) => {
    const good = sealing.publicKey(seed);
    const overQ = Uint8Array.from(good);
    overQ.set([0xff, 0xff, 0xff], 0);
    const smallOrder = Uint8Array.from(good);
    smallOrder.fill(0, 1184);
    for (const key of [overQ, smallOrder, good.subarray(1)]) {
      await expect(sealing.seal(key, new Uint8Array(1))).rejects.toMatchObject({ code: 'bad_key' });
    }
  });

  it('measures a key box as 1,787 bytes', async () => {
    const sealing = nobleSealing();
    const file = await sealing.seal(sealing.publicKey(seed), new Uint8Array(128));
    expect(file).toHaveLength(1787);
    expect(checkSealedShape(file)).toEqual({ bucketBytes: 128 });
  });
});
