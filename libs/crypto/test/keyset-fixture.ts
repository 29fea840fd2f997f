/** A small office for tests: three roots, two roles, three holders, one epoch for each role. */
import type { Bytes } from '@app/encoding';
import { nobleSealing } from '../src/seal.js';
import {
  assembleCertificate,
  assembleKeyset,
  assembleRoleEpoch,
  encodeCertificateBody,
  encodeEpochsPart,
  encodeRoleEpochBody,
  encodeRootPart,
  encodeRootset,
  type EpochsSignature,
  makeSigner,
  nobleSigning,
  type Revocation,
  type Signer,
} from '../src/sign.js';
import { CAPABILITY, parseCertificate, sha256, TAG } from '../src/verify.js';

export const NOW = 1_700_000_000;
export const DAY = 86_400;

export const filled = (length: number, value: number): Bytes => new Uint8Array(length).fill(value);

const signing = nobleSigning();
const sealing = nobleSealing();

export const roots: readonly Signer[] = [1, 2, 3].map((i) => makeSigner(signing, filled(32, i)));
export const rootset = encodeRootset({ version: 1, threshold: 2, publicKeys: roots.map((r) => r.publicKey) });

export const ROLE_A = filled(16, 0xa1);
export const ROLE_B = filled(16, 0xb1);

export type Holder = {
  readonly signer: Signer;
  readonly kemSeed: Bytes;
  readonly certificate: Bytes;
  readonly hash: Bytes;
};

export type HolderOptions = {
  roleId?: Bytes;
  capabilities?: number;
  notBefore?: number;
  notAfter?: number;
  rootIndexes?: readonly number[];
  subject?: number;
};

export function makeHolder(index: number, options: HolderOptions = {}): Holder {
  const signer = makeSigner(signing, filled(32, 0x10 + index));
  const kemSeed = filled(32, 0x20 + index);
  const body = encodeCertificateBody({
    roleId: options.roleId ?? ROLE_A,
    subjectId: filled(16, options.subject ?? 0x30 + index),
    signingPublicKey: signer.publicKey,
    kemPublicKey: sealing.publicKey(kemSeed),
    notBefore: options.notBefore ?? NOW - DAY,
    notAfter: options.notAfter ?? NOW + 365 * DAY,
    capabilities: options.capabilities ?? CAPABILITY.triage | CAPABILITY.epoch,
    serial: filled(16, 0x40 + index),
  });
  const signatures = (options.rootIndexes ?? [0, 2]).map((rootIndex) => ({
    rootIndex,
    signature: (roots[rootIndex] as Signer).sign(TAG.certificate, body),
  }));
  const certificate = assembleCertificate(body, signatures);
  return { signer, kemSeed, certificate, hash: parseCertificate(certificate).hash };
}

export type EpochOptions = {
  epoch?: number;
  notBefore?: number;
  notAfter?: number;
  holder: Holder;
  signer?: Signer;
  roleId?: Bytes;
};

export const epochSeed = (epoch: number): Bytes => filled(32, 0x80 + epoch);

export function makeEpoch(options: EpochOptions): Bytes {
  const epoch = options.epoch ?? 1;
  const body = encodeRoleEpochBody({
    roleId: options.roleId ?? ROLE_A,
    epoch,
    kemPublicKey: sealing.publicKey(epochSeed(epoch)),
    notBefore: options.notBefore ?? NOW - DAY,
    notAfter: options.notAfter ?? NOW + 44 * DAY,
    previousHash: filled(32, 0),
    holderCertificateHash: options.holder.hash,
  });
  return assembleRoleEpoch(body, (options.signer ?? options.holder.signer).sign(TAG.roleEpoch, body));
}

export type KeysetOptions = {
  holders?: readonly Holder[];
  epochs?: readonly Bytes[];
  version?: number;
  rootVersion?: number;
  issued?: number;
  expires?: number;
  minSuite?: number;
  rootset?: Bytes;
  rootIndexes?: readonly number[];
  revocations?: readonly Revocation[];
  epochsSigners?: readonly (Holder | number)[];
  rootPartHash?: Bytes;
};

export const holders: readonly Holder[] = [
  makeHolder(0),
  makeHolder(1),
  makeHolder(2, { roleId: ROLE_B, capabilities: CAPABILITY.decide }),
];

const DEFAULTS = {
  holders,
  version: 1,
  rootVersion: 1,
  issued: NOW - 5,
  expires: NOW + 400 * DAY,
  minSuite: 1,
  rootset,
  rootIndexes: [0, 1],
  revocations: [],
} satisfies KeysetOptions;

export function makeKeyset(given: KeysetOptions = {}): Bytes {
  const options = { ...DEFAULTS, ...given };
  const all = options.holders;
  const rootPart = encodeRootPart({
    origin: 'cases.example.org/audit/1',
    rootVersion: options.rootVersion,
    issued: options.issued,
    expires: options.expires,
    minSuite: options.minSuite,
    rootset: options.rootset,
    roles: [
      { id: ROLE_A, kind: 'focal_point', name: 'Focal point' },
      { id: ROLE_B, kind: 'senior_official', name: 'Senior official' },
    ],
    certificates: all.map((h) => h.certificate),
    revocations: options.revocations,
    logVkey: 'cases.example.org/audit/1+00000000+AQ==',
    promisePublicKey: makeSigner(signing, filled(32, 0x70)).publicKey,
    tlogPolicy: 'log cases\nquorum none\n',
    policyHash: filled(32, 0x60),
  });
  const epochsPart = encodeEpochsPart({
    version: options.version,
    issued: options.issued,
    rootPartHash: options.rootPartHash ?? sha256(rootPart),
    epochs: options.epochs ?? [makeEpoch({ holder: all[0] as Holder })],
  });
  return assembleKeyset({
    rootPart,
    rootSignatures: options.rootIndexes.map((rootIndex) => ({
      rootIndex,
      signature: (roots[rootIndex] as Signer).sign(TAG.keyset, rootPart),
    })),
    epochsPart,
    epochsSignatures: (options.epochsSigners ?? [all[0] as Holder, 1]).map((s): EpochsSignature =>
      typeof s === 'number'
        ? {
            signer: { kind: 'root', rootIndex: s },
            signature: (roots[s] as Signer).sign(TAG.epochs, epochsPart),
          }
        : {
            signer: { kind: 'holder', certificateHash: s.hash },
            signature: s.signer.sign(TAG.epochs, epochsPart),
          },
    ),
  });
}

/** A copy with one byte changed. */
export function flip(bytes: Uint8Array, offset: number): Bytes {
  const copy = Uint8Array.from(bytes);
  const at = offset < 0 ? copy.length + offset : offset;
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
}
