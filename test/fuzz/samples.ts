/** Small sealed files, keys and seeds that the fuzzer starts from. Test material, made anew in each run. */
import { nobleSealing, sealAttachment, sealKeyBox, sealKeyring, sealObject } from '@app/crypto/seal';
import type { Bytes } from '@app/encoding';
import { filled, holders, NOW } from '../../libs/crypto/test/keyset-fixture.js';

export const SEED = filled(32, 9);
export const SCOPE_ID = filled(16, 1);
export const AUTHOR = holders[0]!;

const sealing = nobleSealing();
export const PUBLIC_KEY = sealing.publicKey(SEED);

export const BOX = { purpose: 'role', compartment: 0, epoch: 1, scopeId: SCOPE_ID, seed: SEED } as const;

export function sealedBox(): Promise<Bytes> {
  return sealKeyBox(sealing, PUBLIC_KEY, AUTHOR.signer.publicKey, BOX);
}

export function sealedObject(): Promise<Bytes> {
  const fields = {
    kind: 'note',
    threadId: SCOPE_ID,
    author: 'staff',
    seq: 1,
    prev: filled(32, 0),
    time: NOW,
    keysetHash: filled(32, 0),
  } as const;
  return sealObject(sealing, AUTHOR.signer, PUBLIC_KEY, fields, { text: 'a note' });
}

export function sealedKeyring(): Promise<Bytes> {
  return sealKeyring(sealing, PUBLIC_KEY, {
    signingSeed: filled(32, 3),
    kemSeed: filled(32, 4),
    roleSeeds: [{ roleId: SCOPE_ID, epoch: 1, seed: SEED }],
    certificateHash: filled(32, 1),
  });
}

export function sealedAttachment(): Promise<Bytes> {
  return sealAttachment(sealing, PUBLIC_KEY, [
    { name: 'a.txt', data: filled(100, 7) },
    { name: 'b.txt', data: filled(3, 8) },
  ]);
}

export function sealedSamples(): Promise<Bytes[]> {
  return Promise.all([sealedBox(), sealedObject(), sealedKeyring(), sealedAttachment()]);
}
