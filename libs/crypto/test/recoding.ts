/** A sample of each form that is hashed or signed, and each parsed and encoded back: what property tests and fuzzer share. */
import type { Bytes } from '@app/encoding';
import {
  assembleCertificate,
  assembleRoleEpoch,
  encodeCertificateBody,
  encodeRoleEpochBody,
  encodeRootsetRotation,
  encodeStatement,
  signGrant,
} from '../src/sign.js';
import {
  encodeCaseLeaf,
  encodeOpening,
  encodePublicLeaf,
  encodeRelease,
  encodeSignedRelease,
  parseCertificate,
  parseLeaf,
  parseRoleEpoch,
  TAG,
  type Tag,
} from '../src/verify.js';
import { filled, type Holder, holders, NOW, roots, rootset } from './keyset-fixture.js';

const holder = holders[0] as Holder;

export const sampleOpening = (detail: Parameters<typeof encodeOpening>[0]['detail']): Bytes =>
  encodeOpening({
    type: 1,
    actorClass: 1,
    flags: 0,
    casePseudonym: filled(16, 1),
    eventNumber: 1,
    serverTime: NOW,
    previousCommitment: filled(32, 0),
    payloadCommitment: filled(32, 1),
    policyHash: filled(32, 2),
    detail,
  });

export const SAMPLE_STATEMENT = encodeStatement({
  origin: 'log',
  casePseudonym: filled(16, 1),
  type: 2,
  detail: { a: [1, 'b', null] },
  expectedEventNumber: 2,
  previousCommitment: filled(32, 1),
  itemsHash: filled(32, 2),
  policyHash: filled(32, 3),
  claimedTime: NOW,
  certificateHash: holder.hash,
});

export const SAMPLE_GRANT = signGrant(holder.signer, {
  scopeId: filled(16, 1),
  compartment: 0,
  epoch: 1,
  boxHash: filled(32, 1),
  recipientHash: filled(32, 2),
  granterCertificateHash: holder.hash,
});

export const SAMPLE_ROTATION = encodeRootsetRotation({
  rootset,
  oldSignatures: roots
    .slice(0, 2)
    .map((root, rootIndex) => ({ rootIndex, signature: root.sign(TAG.rootset, rootset) })),
  newSignatures: [],
});

export const SAMPLE_RELEASE = encodeRelease({
  number: 3,
  origin: 'log',
  made: NOW,
  headers: new Map([
    ['cache-control', 'no-store'],
    ['content-security-policy', "default-src 'none'"],
  ]),
  files: new Map([
    ['/', { sha256: filled(32, 1), size: 7, type: 'text/html; charset=utf-8' }],
    ['/a.js', { sha256: filled(32, 2), size: 9, type: 'text/javascript; charset=utf-8' }],
  ]),
});

/** The sample as published, signed by the roots of these indexes. */
export function signedSample(by: readonly number[], tag: Tag = TAG.release): Bytes {
  const signatures = by.map((rootIndex) => ({
    rootIndex,
    signature: (roots[rootIndex] as (typeof roots)[number]).sign(tag, SAMPLE_RELEASE),
  }));
  return encodeSignedRelease({ manifest: SAMPLE_RELEASE, signatures });
}

export function recodeLeaf(bytes: Bytes): Bytes {
  const leaf = parseLeaf(bytes);
  return leaf.class === 0 ? encodeCaseLeaf(leaf) : encodePublicLeaf(leaf);
}

export function recodeCertificate(bytes: Bytes): Bytes {
  const certificate = parseCertificate(bytes);
  return assembleCertificate(encodeCertificateBody(certificate), certificate.signatures);
}

export function recodeRoleEpoch(bytes: Bytes): Bytes {
  const epoch = parseRoleEpoch(bytes);
  return assembleRoleEpoch(encodeRoleEpochBody(epoch), epoch.signature);
}
