import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { fromBase64, fromHex, toHex } from '@app/encoding';
import { nobleVerifier } from '@app/crypto/verify';
import { noteKey } from '../../../test/support/note-keys.js';
import {
  appendToFrontier,
  cosignatureMessage,
  emptyFrontier,
  emptyRoot,
  encodeAddCheckpoint,
  encodeCosignature,
  encodeNote,
  encodeVkey,
  frontierRoot,
  leafHash,
  openNote,
  parseAddCheckpoint,
  parseCheckpoint,
  parseCosignature,
  parseNote,
  parseVkey,
  signNote,
  verifyConsistency,
  verifyInclusion,
} from './index.js';

type Vector = { header: ReadonlyMap<string, string>; payload: string };

function load(name: string): Vector {
  const text = readFileSync(new URL(`../vectors/${name}.txt`, import.meta.url), 'utf8');
  const split = text.indexOf('\n\n');
  const lines = text.slice(0, split).split('\n');
  const header = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  return { header, payload: text.slice(split + 2) };
}

const field = (vector: Vector, name: string): string => {
  const value = vector.header.get(name);
  if (value === undefined) throw new Error(`vector has no ${name}`);
  return value;
};

describe('the tree of RFC 6962', () => {
  const rows = load('rfc6962-tree')
    .payload.trim()
    .split('\n')
    .map((line) => line.split(' '));
  const of = (kind: string): string[][] => rows.filter(([k]) => k === kind).map(([, ...rest]) => rest);
  const hash = (text = ''): ReturnType<typeof fromHex> => fromHex(text, 'vector', 32);
  const leaves = of('leaf').map(([text = '']) => leafHash(fromHex(text === '-' ? '' : text, 'vector')));
  const roots = new Map(of('root').map(([size, root]) => [Number(size), hash(root)]));
  const rootAt = (size: number): ReturnType<typeof hash> => roots.get(size) ?? hash();

  it('has 8 leaves, 9 roots and 8 proofs', () => {
    expect([leaves.length, roots.size, of('inclusion').length, of('consistency').length]).toEqual([
      8, 9, 4, 4,
    ]);
    expect(toHex(emptyRoot())).toBe(toHex(rootAt(0)));
  });

  it.each(of('root'))('has at size %s the root %s', (size, root) => {
    expect(toHex(frontierRoot(appendToFrontier(emptyFrontier, leaves.slice(0, Number(size)))))).toBe(root);
  });

  it.each(of('inclusion'))('shows leaf %s in the tree of size %s', (index, size, ...proof) => {
    const leaf = leaves[Number(index)] ?? hash();
    verifyInclusion(leaf, Number(index), Number(size), proof.map(hash), rootAt(Number(size)));
    expect.assertions(0);
  });

  it.each(of('consistency'))('shows size %s to be a prefix of size %s', (oldSize, newSize, ...proof) => {
    const [from, to] = [Number(oldSize), Number(newSize)];
    verifyConsistency(from, rootAt(from), to, rootAt(to), proof.map(hash));
    expect.assertions(0);
  });
});

describe('published notes', () => {
  it.each(['signed-note-foo', 'signed-note-neumann'])('%s opens and re-encodes', (name) => {
    const vector = load(name);
    const key = parseVkey(field(vector, 'vkey'));
    expect(encodeVkey(key)).toBe(field(vector, 'vkey'));
    const opened = openNote(vector.payload, [key], nobleVerifier());
    expect(opened).toEqual({
      body: vector.payload.slice(0, vector.payload.indexOf('\n\n') + 1),
      verified: [key],
      unknown: 0,
    });
    expect(encodeNote(parseNote(vector.payload))).toBe(vector.payload);
  });

  it('signed-note-neumann is what its key signs', () => {
    const vector = load('signed-note-neumann');
    const seed = field(vector, 'skey').split('+').slice(4).join('+');
    const signer = noteKey('PeterNeumann', 1, fromBase64(seed, 'vector', 33).subarray(1));
    const { body } = parseNote(vector.payload);
    expect(`${body}\n${signNote(body, signer)}`).toBe(vector.payload);
  });
});

describe('published checkpoints', () => {
  it('cosigned-checkpoint parses, and its cosignature has the published time and message', () => {
    const vector = load('cosigned-checkpoint');
    const { body, signatures } = parseNote(vector.payload);
    expect(parseCheckpoint(body)).toEqual({
      origin: 'example.com/behind-the-sofa',
      size: 20852163,
      root: fromBase64('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=', 'vector'),
    });
    const bytes = signatures[1]?.signature ?? new Uint8Array(0);
    const { time, signature } = parseCosignature(bytes);
    expect(time).toBe(Number(field(vector, 'time')));
    expect(encodeCosignature(time, signature)).toEqual(bytes);
    expect(new TextDecoder().decode(cosignatureMessage(time, body))).toBe(
      `cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n`,
    );
  });

  it('add-checkpoint parses and re-encodes', () => {
    const { payload } = load('add-checkpoint');
    const request = parseAddCheckpoint(payload);
    expect([request.oldSize, request.proof.length, request.checkpoint.size]).toEqual([20852014, 4, 20852163]);
    expect(encodeAddCheckpoint(request)).toBe(payload);
  });
});
