/** Mutated inputs: every parser returns a value that encodes back, or throws one of the typed errors. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Bytes, concatBytes, ParseError, toHex, VerificationError } from '@app/encoding';
import { filled, type Holder, holders, makeEpoch, makeKeyset, NOW, rootset } from '../test/keyset-fixture.js';
import {
  recodeCertificate,
  recodeLeaf,
  recodeRoleEpoch,
  SAMPLE_GRANT,
  SAMPLE_ROTATION,
  SAMPLE_STATEMENT,
  sampleOpening,
} from '../test/recoding.js';
import {
  encodeArchive,
  nobleSealing,
  OpenError,
  openKeyBox,
  openKeyring,
  openObject,
  parseArchive,
  sealKeyBox,
  sealKeyring,
  sealObject,
  sodiumSealing,
} from './seal.js';
import {
  assembleKeyset,
  encodeRootset,
  encodeRootsetRotation,
  encodeStatement,
  parseKeysetFile,
  signUnlockers,
} from './sign.js';
import { parseRootsetRotation } from './rootset.js';
import {
  checkSealedShape,
  encodeCaseLeaf,
  encodeKeysetLeafBody,
  encodeOpening,
  encodePublicLeaf,
  encodeRecoveryLeafBody,
  nobleVerifier,
  parseGrant,
  parseKeysetLeafBody,
  parseOpening,
  parseRecoveryLeafBody,
  parseRootset,
  parseStatement,
  parseUnlockers,
  sodiumVerifier,
  verifyKeyset,
} from './verify.js';

const numRuns = Number(process.env.FC_RUNS ?? 200);
const openings = Math.max(10, Math.floor(numRuns / 10));
const holder = holders[0] as Holder;
const keysetFile = makeKeyset();
const SAMPLE_UNLOCKERS = signUnlockers(holder.signer, {
  version: 1,
  subjectId: filled(16, 1),
  certificateHash: filled(32, 2),
  keyringHash: filled(32, 3),
  unlockers: (['recovery', 'password', 'passkey'] as const).map((kind, i) => ({
    id: filled(16, i),
    kind,
    since: NOW,
    authHash: filled(32, i),
    kemPublicKey: filled(1216, i),
    factor: filled(kind === 'password' ? 36 : 0, i),
    box: filled(1787, i),
  })),
});

type Mutation = {
  readonly at: number;
  readonly op: 'set' | 'insert' | 'delete' | 'cut';
  readonly value: number;
};
const mutations = fc.array(
  fc.record({
    at: fc.nat(),
    op: fc.constantFrom('set', 'set', 'set', 'insert', 'delete', 'cut'),
    value: fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff, 0x0a, 0x22),
  }),
  { minLength: 1, maxLength: 4 },
);

function mutate(bytes: Uint8Array, list: readonly Mutation[]): Bytes {
  let out = [...bytes];
  for (const { at, op, value } of list) {
    const i = out.length === 0 ? 0 : at % out.length;
    if (op === 'set') out[i] = value;
    else if (op === 'insert') out.splice(i, 0, value);
    else if (op === 'delete') out.splice(i, 1);
    else out = out.slice(0, i);
  }
  return Uint8Array.from(out);
}

const isTyped = (error: unknown): boolean =>
  error instanceof ParseError || error instanceof VerificationError || error instanceof OpenError;

/** Name, a good input, and a function that parses and encodes back. */
const parsers: readonly (readonly [string, Bytes, (bytes: Bytes) => Bytes])[] = [
  ['case leaf', encodeCaseLeaf({ time: NOW, commitment: filled(32, 1) }), recodeLeaf],
  ['public leaf', encodePublicLeaf({ class: 3, time: NOW, body: filled(9, 1) }), recodeLeaf],
  [
    'KEYSET leaf body',
    encodeKeysetLeafBody({ version: 1, hash: filled(32, 1), path: '/keyset/1' }),
    (b) => encodeKeysetLeafBody(parseKeysetLeafBody(b)),
  ],
  [
    'RECOVERY leaf body',
    encodeRecoveryLeafBody({ start: 8, end: 24, lost: 2 }),
    (b) => encodeRecoveryLeafBody(parseRecoveryLeafBody(b)),
  ],
  ['opening', sampleOpening({ priority: 1, to: ['triage'] }), (b) => encodeOpening(parseOpening(b))],
  ['statement', SAMPLE_STATEMENT, (b) => encodeStatement(parseStatement(b))],
  ['ROOTSET', rootset, (b) => encodeRootset(parseRootset(b))],
  ['rotation', SAMPLE_ROTATION, (b) => encodeRootsetRotation(parseRootsetRotation(b))],
  ['certificate', holder.certificate, recodeCertificate],
  ['role epoch', makeEpoch({ holder }), recodeRoleEpoch],
  ['KEYSET file', keysetFile, (b) => assembleKeyset(parseKeysetFile(b))],
  // The signature is over the rest and is not read by the parser.
  [
    'list of unlockers',
    SAMPLE_UNLOCKERS,
    (b) => concatBytes(signUnlockers(holder.signer, parseUnlockers(b)).subarray(0, -64), b.subarray(-64)),
  ],
];

describe.each(parsers)('%s', (_name, good, roundTrip) => {
  it('encodes back to itself', () => {
    expect(toHex(roundTrip(good))).toBe(toHex(good));
  });

  it('round-trips or is refused when mutated', () => {
    fc.assert(
      fc.property(mutations, (list) => {
        const bytes = mutate(good, list);
        try {
          expect(toHex(roundTrip(bytes))).toBe(toHex(bytes));
        } catch (error) {
          if (!isTyped(error)) throw error;
        }
      }),
      { numRuns },
    );
  });
});

describe('mutated inputs', () => {
  it.each([
    ['GRANT', SAMPLE_GRANT, (b: Bytes) => parseGrant(b)],
    ['archive', encodeArchive([{ name: 'a', data: filled(5, 1) }]), (b: Bytes) => parseArchive(b)],
  ])('%s: typed errors only', (_name, good, parse) => {
    fc.assert(
      fc.property(mutations, (list) => {
        try {
          parse(mutate(good, list));
        } catch (error) {
          if (!isTyped(error)) throw error;
        }
      }),
      { numRuns },
    );
  });

  it('no mutated KEYSET is accepted, and both verifiers give the same code', async () => {
    const verifiers = [nobleVerifier(), await sodiumVerifier()];
    fc.assert(
      fc.property(mutations, (list) => {
        const bytes = mutate(keysetFile, list);
        fc.pre(toHex(bytes) !== toHex(keysetFile));
        const codes = verifiers.map((verifier) => {
          try {
            verifyKeyset(verifier, bytes, { rootset, now: NOW });
            return 'accepted';
          } catch (error) {
            if (!isTyped(error)) throw error;
            return (error as { code: string }).code;
          }
        });
        expect(codes[0]).not.toBe('accepted');
        expect(codes[1]).toBe(codes[0]);
      }),
      { numRuns: openings },
    );
  });

  it('no mutated sealed file opens, and the code is always the same', async () => {
    const verifier = nobleVerifier();
    const seed = filled(32, 9);
    const providers = [nobleSealing(), await sodiumSealing()] as const;
    const key = providers[0].publicKey(seed);
    const scopeId = filled(16, 1);
    const box = { purpose: 'role', compartment: 0, epoch: 1, scopeId, seed } as const;
    const fields = {
      kind: 'note',
      threadId: scopeId,
      author: 'staff',
      seq: 1,
      prev: filled(32, 0),
      time: NOW,
      keysetHash: filled(32, 0),
    } as const;
    const keyring = { signingSeed: seed, kemSeed: seed, roleSeeds: [], certificateHash: filled(32, 1) };
    const sealedBox = await sealKeyBox(providers[0], key, holder.signer.publicKey, box);
    const sealedObject = await sealObject(providers[1], holder.signer, key, fields, 'x');
    const sealedKeyring = await sealKeyring(providers[0], key, keyring);
    await fc.assert(
      fc.asyncProperty(mutations, fc.constantFrom(...providers), async (list, sealing) => {
        const attempts = [
          [sealedBox, (f: Bytes) => openKeyBox(sealing, seed, f, box)],
          [sealedObject, (f: Bytes) => openObject(sealing, verifier, seed, f, { threadId: scopeId })],
          [sealedKeyring, (f: Bytes) => openKeyring(sealing, seed, f)],
        ] as const;
        for (const [file, open] of attempts) {
          const mutated = mutate(file, list);
          if (toHex(mutated) === toHex(file)) continue;
          await expect(open(mutated)).rejects.toMatchObject({ name: 'OpenError', code: 'open_failed' });
          try {
            checkSealedShape(mutated);
          } catch (error) {
            if (!(error instanceof VerificationError)) throw error;
          }
        }
      }),
      { numRuns: openings },
    );
  });
});
