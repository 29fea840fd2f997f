/** Sealed files, changed as ciphertext or sealed anew around changed contents: both providers must judge alike. */
import {
  digestBlob,
  encodeArchive,
  nobleSealing,
  openAttachment,
  openKeyBox,
  openKeyring,
  openObject,
  type Sealing,
  sodiumSealing,
} from '@app/crypto/seal';
import { nobleVerifier, type SignatureVerifier, sodiumVerifier, verifyKeyset } from '@app/crypto/verify';
import { type Bytes, bytesEqual, canonicalJson, toHex } from '@app/encoding';
import { filled, makeKeyset, NOW, rootset } from '../../libs/crypto/test/keyset-fixture.js';
import { isTyped } from './format.js';
import { type Dice, mutant } from './mutate.js';
import {
  BOX,
  PUBLIC_KEY,
  SCOPE_ID,
  SEED,
  sealedAttachment,
  sealedBox,
  sealedKeyring,
  sealedObject,
} from './samples.js';

type Provider = { readonly sealing: Sealing; readonly verifier: SignatureVerifier };

export type SealedFormat = {
  readonly name: string;
  readonly sample: Bytes;
  /** What is inside, if it is sealed and may be changed there. */
  readonly content: Bytes | undefined;
  /** Whether other content may be fine: then it says something else, and both providers read the same. */
  readonly isContentFree: boolean;
  /** @returns all that was read. */
  open(provider: Provider, file: Bytes): Promise<string> | string;
};

const providers: readonly Provider[] = [
  { sealing: nobleSealing(), verifier: nobleVerifier() },
  { sealing: await sodiumSealing(), verifier: await sodiumVerifier() },
];

const contentOf = (file: Bytes): Promise<Bytes> => providers[0]!.sealing.open(SEED, file);

export async function sealedFormats(): Promise<SealedFormat[]> {
  const [box, object, keyring, attachment] = await Promise.all([
    sealedBox(),
    sealedObject(),
    sealedKeyring(),
    sealedAttachment(),
  ]);
  return [
    {
      name: 'key box',
      sample: box,
      content: await contentOf(box),
      isContentFree: true,
      open: async ({ sealing }, file) => {
        const { seed, publicKey, granterKeyHash } = await openKeyBox(sealing, SEED, file, BOX);
        return [seed, publicKey, granterKeyHash].map(toHex).join();
      },
    },
    {
      name: 'object',
      sample: object,
      content: await contentOf(object),
      isContentFree: false,
      open: async ({ sealing, verifier }, file) =>
        canonicalJson((await openObject(sealing, verifier, SEED, file, { threadId: SCOPE_ID })).body),
    },
    {
      name: 'keyring',
      sample: keyring,
      content: await contentOf(keyring),
      isContentFree: true,
      open: async ({ sealing }, file) => {
        const { signingSeed, kemSeed, certificateHash, roleSeeds } = await openKeyring(sealing, SEED, file);
        const roles = roleSeeds.map(
          ({ roleId, epoch, seed }) => `${toHex(roleId)} ${String(epoch)} ${toHex(seed)}`,
        );
        return [...[signingSeed, kemSeed, certificateHash].map(toHex), ...roles].join();
      },
    },
    {
      name: 'attachment',
      sample: attachment,
      content: await contentOf(attachment),
      isContentFree: true,
      // The index is taken to be of the changed file, or nothing behind it would ever be reached.
      open: async ({ sealing }, file) =>
        toHex(encodeArchive(await openAttachment(sealing, SEED, file, digestBlob(file)))),
    },
    {
      name: 'verified KEYSET',
      sample: makeKeyset(),
      content: undefined,
      isContentFree: false,
      open: ({ verifier }, file) => String(verifyKeyset(verifier, file, { rootset, now: NOW }).version),
    },
  ];
}

/** The changed file of a run; undefined if nothing changed. */
export async function sealedMutant(format: SealedFormat, dice: Dice): Promise<Bytes | undefined> {
  const change = (bytes: Bytes): Bytes =>
    mutant(
      { name: format.name, kind: 'bytes', samples: [bytes], weight: 1, recode: () => undefined },
      dice,
    ) as Bytes;
  if (format.content === undefined || dice.roll(2) === 0) {
    const changed = change(format.sample);
    return bytesEqual(changed, format.sample) ? undefined : changed;
  }
  // Nearly all of the padding is of no interest.
  const filledBytes = format.content.findLastIndex((byte) => byte !== 0) + 9;
  const changed = sameSize(change(format.content.slice(0, filledBytes)), format.content.length, dice);
  if (bytesEqual(changed, format.content)) return undefined;
  return dice.pick(providers).sealing.seal(PUBLIC_KEY, changed);
}

/** Mostly back to the size that is looked for, or the size would be all that is ever judged. */
function sameSize(changed: Bytes, length: number, dice: Dice): Bytes {
  if (dice.roll(8) === 0) return changed;
  const out = filled(length, 0);
  out.set(changed.subarray(0, length));
  return out;
}

/**
 * Opens a changed file with both providers.
 * @returns the code, or `opened`.
 * @throws Error if they differ, or if it opens and must not; whatever else came out that is not a typed error.
 */
export async function judge(format: SealedFormat, file: Bytes): Promise<string> {
  const verdicts: string[] = [];
  for (const provider of providers) verdicts.push(await verdictOf(format, provider, file));
  const [first = '', second] = verdicts;
  if (first !== second) throw new Error(`the providers differ: ${verdicts.join(' and ')}`);
  if (!first.startsWith('opened')) return first;
  // The file as it was sealed stays closed to any change; contents sealed anew are judged by what they say.
  if (!format.isContentFree) throw new Error('a changed file opened');
  return 'opened';
}

async function verdictOf(format: SealedFormat, provider: Provider, file: Bytes): Promise<string> {
  try {
    return `opened ${await format.open(provider, file)}`;
  } catch (error) {
    if (isTyped(error)) return `${error.name} ${error.code}`;
    throw error;
  }
}
