/** Parsers of libs/encoding and libs/crypto. */
import {
  decodeDigits,
  decodeWords,
  encodeArchive,
  encodeDigits,
  encodeWords,
  makeReporterCode,
  parseArchive,
  WORD_LANGUAGES,
} from '@app/crypto/seal';
import {
  assembleCertificate,
  assembleKeyset,
  assembleRoleEpoch,
  encodeCertificateBody,
  encodeRoleEpochBody,
  encodeRootset,
  encodeRootsetRotation,
  encodeStatement,
  parseKeysetFile,
  signGrant,
} from '@app/crypto/sign';
import {
  checkSealedShape,
  encodeCaseLeaf,
  encodeKeysetLeafBody,
  encodeOpening,
  encodePublicLeaf,
  parseCertificate,
  parseGrant,
  parseKeysetLeafBody,
  parseLeaf,
  parseOpening,
  parseRoleEpoch,
  parseRootset,
  parseStatement,
  TAG,
} from '@app/crypto/verify';
import {
  canonicalJson,
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  fromBase64,
  fromHex,
  parseCanonicalJson,
  parseDecimal,
  toBase64,
  toHex,
} from '@app/encoding';
import {
  filled,
  holders,
  makeEpoch,
  makeKeyset,
  NOW,
  roots,
  rootset,
} from '../../../libs/crypto/test/keyset-fixture.js';
import { parseRootsetRotation } from '../../../libs/crypto/src/rootset.js';
import { bytesFormat, type Format, jsonFormat, textFormat } from '../format.js';
import { sealedSamples } from '../samples.js';

const holder = holders[0]!;

const encodingFormats: readonly Format[] = [
  bytesFormat('UTF-8', [encodeUtf8('a\u00e9\u20ac\u{1f512}\ufeff')], (b) => encodeUtf8(decodeUtf8(b, 'x'))),
  textFormat('hex', [toHex(filled(4, 0xab)), ''], (t) => toHex(fromHex(t, 'x'))),
  textFormat('base64', ['AAECAw==', 'AAEC', 'AAE='], (t) => toBase64(fromBase64(t, 'x'))),
  textFormat('decimal', ['0', '7', '9007199254740991'], (t) => String(parseDecimal(t, 'x'))),
  jsonFormat(
    'canonical JSON',
    [
      canonicalJson({
        a: [1, -2.5e-7, null, 'x\u2028\u{1f512}', { b: true }],
        '': 9007199254740991,
        '10': {},
      }),
      '[]',
      '"\u00e9"',
    ],
    (t) => canonicalJson(parseCanonicalJson(t, 'x')),
  ),
];

const grant = signGrant(holder.signer, {
  scopeId: filled(16, 1),
  compartment: 0,
  epoch: 1,
  boxHash: filled(32, 1),
  recipientHash: filled(32, 2),
  granterCertificateHash: holder.hash,
});

const ledgerFormats: readonly Format[] = [
  bytesFormat(
    'leaf',
    [
      encodeCaseLeaf({ time: NOW, commitment: filled(32, 1) }),
      encodePublicLeaf({ class: 3, time: NOW, body: filled(9, 1) }),
      encodePublicLeaf({ class: 1, time: NOW, body: new Uint8Array(0) }),
    ],
    (b) => {
      const leaf = parseLeaf(b);
      return leaf.class === 0 ? encodeCaseLeaf(leaf) : encodePublicLeaf(leaf);
    },
  ),
  bytesFormat(
    'KEYSET leaf body',
    [encodeKeysetLeafBody({ version: 1, hash: filled(32, 1), path: '/keyset/1' })],
    (b) => encodeKeysetLeafBody(parseKeysetLeafBody(b)),
  ),
  bytesFormat(
    'opening',
    [{ priority: 1, to: ['triage'] }, null].map((detail) =>
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
      }),
    ),
    (b) => encodeOpening(parseOpening(b)),
  ),
];

const authorityFormats: readonly Format[] = [
  bytesFormat(
    'statement',
    [
      encodeStatement({
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
      }),
    ],
    (b) => encodeStatement(parseStatement(b)),
  ),
  bytesFormat('GRANT', [grant], (b) => {
    const { signature, ...body } = parseGrant(b);
    const signer = { ...holder.signer, sign: () => signature };
    return signGrant(signer, body);
  }),
  bytesFormat('ROOTSET', [rootset], (b) => encodeRootset(parseRootset(b))),
  bytesFormat(
    'ROOTSET rotation',
    [
      encodeRootsetRotation({
        rootset,
        oldSignatures: roots
          .slice(0, 2)
          .map((root, rootIndex) => ({ rootIndex, signature: root.sign(TAG.rootset, rootset) })),
        newSignatures: [],
      }),
    ],
    (b) => encodeRootsetRotation(parseRootsetRotation(b)),
  ),
  bytesFormat('certificate', [holder.certificate], (b) => {
    const certificate = parseCertificate(b);
    return assembleCertificate(encodeCertificateBody(certificate), certificate.signatures);
  }),
  bytesFormat('role epoch', [makeEpoch({ holder }), makeEpoch({ holder, epoch: 2 })], (b) => {
    const epoch = parseRoleEpoch(b);
    return assembleRoleEpoch(encodeRoleEpochBody(epoch), epoch.signature);
  }),
  bytesFormat('KEYSET file', [makeKeyset(), makeKeyset({ version: 2, holders: holders.slice(0, 1) })], (b) =>
    assembleKeyset(parseKeysetFile(b)),
  ),
];

const code = makeReporterCode({ bytes: (n) => filled(n, 0x5a) });

const clientFormats: readonly Format[] = [
  bytesFormat(
    'archive',
    [
      encodeArchive([{ name: 'a', data: filled(5, 1) }]),
      concatBytes(
        encodeArchive([
          { name: 'é.pdf', data: filled(0, 1) },
          { name: 'b', data: filled(70, 2) },
        ]),
        filled(9, 0),
      ),
    ],
    (b) => {
      const archive = encodeArchive(parseArchive(b));
      return concatBytes(archive, filled(Math.max(0, b.length - archive.length), 0));
    },
  ),
  bytesFormat('sealed shape', await sealedSamples(), (b) => {
    checkSealedShape(b);
    return undefined;
  }),
  // A wrong word is compared with whole lists.
  textFormat(
    'receipt words',
    WORD_LANGUAGES.map((language) => encodeWords(code, language).join(' ')),
    (t) => settled(decodeWords(t), (bytes) => decodeWords(encodeWords(bytes, 'en').join(' '))),
    { weight: 0.02 },
  ),
  textFormat('receipt digits', [encodeDigits(code)], (t) =>
    settled(decodeDigits(t), (bytes) => decodeDigits(encodeDigits(bytes))),
  ),
];

function settled(bytes: Uint8Array, again: (bytes: Uint8Array) => Uint8Array): undefined {
  if (toHex(again(bytes)) !== toHex(bytes)) throw new Error('the code does not come back');
}

export const cryptoFormats: readonly Format[] = [
  ...encodingFormats,
  ...ledgerFormats,
  ...authorityFormats,
  ...clientFormats,
];
