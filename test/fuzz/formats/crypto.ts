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
  assembleKeyset,
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
  parseGrant,
  parseKeysetLeafBody,
  parseOpening,
  parseRootset,
  parseStatement,
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
  rootset,
} from '../../../libs/crypto/test/keyset-fixture.js';
import {
  recodeCertificate,
  recodeLeaf,
  recodeRoleEpoch,
  SAMPLE_GRANT,
  SAMPLE_ROTATION,
  SAMPLE_STATEMENT,
  sampleOpening,
} from '../../../libs/crypto/test/recoding.js';
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

const ledgerFormats: readonly Format[] = [
  bytesFormat(
    'leaf',
    [
      encodeCaseLeaf({ time: NOW, commitment: filled(32, 1) }),
      encodePublicLeaf({ class: 3, time: NOW, body: filled(9, 1) }),
      encodePublicLeaf({ class: 1, time: NOW, body: new Uint8Array(0) }),
    ],
    recodeLeaf,
  ),
  bytesFormat(
    'KEYSET leaf body',
    [encodeKeysetLeafBody({ version: 1, hash: filled(32, 1), path: '/keyset/1' })],
    (b) => encodeKeysetLeafBody(parseKeysetLeafBody(b)),
  ),
  bytesFormat('opening', [sampleOpening({ priority: 1, to: ['triage'] }), sampleOpening(null)], (b) =>
    encodeOpening(parseOpening(b)),
  ),
];

const authorityFormats: readonly Format[] = [
  bytesFormat('statement', [SAMPLE_STATEMENT], (b) => encodeStatement(parseStatement(b))),
  bytesFormat('GRANT', [SAMPLE_GRANT], (b) => {
    const { signature, ...body } = parseGrant(b);
    const signer = { ...holder.signer, sign: () => signature };
    return signGrant(signer, body);
  }),
  bytesFormat('ROOTSET', [rootset], (b) => encodeRootset(parseRootset(b))),
  bytesFormat('ROOTSET rotation', [SAMPLE_ROTATION], (b) => encodeRootsetRotation(parseRootsetRotation(b))),
  bytesFormat('certificate', [holder.certificate], recodeCertificate),
  bytesFormat('role epoch', [makeEpoch({ holder }), makeEpoch({ holder, epoch: 2 })], recodeRoleEpoch),
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
