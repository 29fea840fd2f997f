/** Parsers and verifications of libs/tlog. */
import { sodiumVerifier } from '@app/crypto/verify';
import { type Bytes, concatBytes, toBase64 } from '@app/encoding';
import {
  appendToFrontier,
  consistencyProof,
  cosign,
  decideAddCheckpoint,
  emptyFrontier,
  emptyRoot,
  encodeAddCheckpoint,
  encodeCheckpoint,
  encodeCosignature,
  encodeEntryBundle,
  encodeFrontier,
  encodeNote,
  encodeTlogProof,
  encodeVkey,
  frontierRoot,
  inclusionProof,
  leafHash,
  openNote,
  parseAddCheckpoint,
  parseEntryBundle,
  parseFrontier,
  parseNote,
  parsePolicy,
  parseTlogProof,
  parseVkey,
  signNote,
  verifyCheckpoint,
  verifyConsistency,
  verifyTlogProof,
} from '@app/tlog';
import { recodeCheckpoint, recodeCosignature, recodePath } from '../../../libs/tlog/test/recoding.js';
import { noteKey } from '../../support/note-keys.js';
import { bytesFormat, type Format, textFormat } from '../format.js';

const log = noteKey('example.org/log', 1, 'log');
const witness = noteKey('example.org/w', 4, 'w');
const stranger = noteKey('example.org/x', 4, 'x');
const entries = [1, 2, 3, 4, 5].map((i) => Uint8Array.of(i));
const leaves = entries.map(leafHash);
const rootOf = (size: number): Bytes => frontierRoot(appendToFrontier(emptyFrontier, leaves.slice(0, size)));
const root = rootOf(leaves.length);
const body = encodeCheckpoint({ origin: log.name, size: leaves.length, root });
const signed = `${body}\n${signNote(body, log)}`;
const note = `${signed}${cosign(body, 9, witness)}`;
const policyText = `log ${encodeVkey(log)}\nwitness W ${encodeVkey(witness)} https://w.example\ngroup G 1 W\nquorum G\n`;
const policy = parsePolicy(policyText);
const tiles = { readTile: () => Promise.resolve(concatBytes(...leaves)) };
const proof = await inclusionProof(2, leaves.length, tiles);
const growth = concatBytes(...(await consistencyProof(3, leaves.length, tiles)));
const proofText = encodeTlogProof({ index: 2, proof, checkpointNote: note });
const verifier = await sodiumVerifier();
const verifying = { weight: 0.02 };

const textFormats: readonly Format[] = [
  textFormat('note', [note, `\n\nmore\n${note}`, `${note}${cosign(body, 10, stranger)}`], (t) =>
    encodeNote(parseNote(t)),
  ),
  textFormat('verifier key', [encodeVkey(log), encodeVkey(witness), 'name+00000007+AgEC'], (t) =>
    encodeVkey(parseVkey(t)),
  ),
  textFormat(
    'checkpoint',
    [body, `${body}extension\n`, encodeCheckpoint({ origin: 'o', size: 0, root: emptyRoot() })],
    recodeCheckpoint,
  ),
  textFormat(
    'tlog-proof',
    [proofText, encodeTlogProof({ index: 2, proof, checkpointNote: note, extra: Uint8Array.of(1) })],
    (t) => encodeTlogProof(parseTlogProof(t)),
  ),
  textFormat(
    'add-checkpoint',
    [
      encodeAddCheckpoint({ oldSize: 0, proof: [], note: signed }),
      encodeAddCheckpoint({ oldSize: 3, proof, note }),
    ],
    (t) => encodeAddCheckpoint(parseAddCheckpoint(t)),
  ),
  textFormat('tile path', ['tile/1/x001/234.p/5', 'tile/63/000', 'tile/entries/x001/234'], recodePath),
  textFormat('policy', [policyText, '# none\nquorum none\n'], (t) => {
    parsePolicy(t);
    return undefined;
  }),
];

const byteFormats: readonly Format[] = [
  bytesFormat(
    'frontier',
    [encodeFrontier(emptyFrontier), encodeFrontier(appendToFrontier(emptyFrontier, leaves))],
    (b) => encodeFrontier(parseFrontier(b)),
  ),
  bytesFormat(
    'entry bundle',
    [encodeEntryBundle(entries), encodeEntryBundle(entries.map(() => new Uint8Array(0)))],
    (b) => encodeEntryBundle(parseEntryBundle(b, entries.length)),
  ),
  bytesFormat('cosignature', [encodeCosignature(1_764_000_000, new Uint8Array(64))], recodeCosignature),
  bytesFormat('consistency proof', [growth], (b) => {
    const hashes = Array.from({ length: Math.ceil(b.length / 32) }, (_, i) => b.slice(32 * i, 32 * i + 32));
    verifyConsistency(3, rootOf(3), leaves.length, root, hashes);
    return growth;
  }),
];

/** What is verified says what was signed, whatever was done to it. */
function same(a: string, b: string): string | undefined {
  if (a !== b) throw new Error('a forgery was verified');
  return undefined;
}

const verifications: readonly Format[] = [
  textFormat('signed note', [note], (t) => same(openNote(t, [log, witness], verifier).body, body), verifying),
  textFormat(
    'witnessed checkpoint',
    [note],
    (t) => same(verifyCheckpoint(t, policy, verifier).body, body),
    verifying,
  ),
  textFormat(
    'proven entry',
    [proofText],
    (t) => {
      const proven = verifyTlogProof(t, entries[2] as Bytes, policy, verifier);
      return same(`${String(proven.index)} ${toBase64(proven.checkpoint.root)}`, `2 ${toBase64(root)}`);
    },
    verifying,
  ),
  textFormat(
    'witness decision',
    [encodeAddCheckpoint({ oldSize: 0, proof: [], note: signed })],
    (t) => {
      const decision = decideAddCheckpoint(undefined, parseAddCheckpoint(t), [log], verifier);
      return decision.status === 200 ? same(decision.body, body) : undefined;
    },
    verifying,
  ),
];

export const tlogFormats: readonly Format[] = [...textFormats, ...byteFormats, ...verifications];
