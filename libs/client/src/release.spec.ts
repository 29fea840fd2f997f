import { beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_POLICY } from '@app/casework';
import { nobleSealing } from '@app/crypto/seal';
import { makeSigner, nobleSigning } from '@app/crypto/sign';
import {
  encodeKeysetLeafBody,
  encodePublicLeaf,
  encodeRelease,
  encodeSignedRelease,
  nobleVerifier,
  PUBLIC_LEAF_CLASS,
  type Release,
  sha256,
  TAG,
} from '@app/crypto/verify';
import { type Bytes, encodeUtf8 } from '@app/encoding';
import { ORIGIN } from '../test/fake-ledger.js';
import { NOW } from '../test/fake-office.js';
import { FakeService } from '../test/fake-service.js';
import { checkPage, connect, type PageFinding, releaseInForce, type Served, signAsRoot } from './index.js';

const providers = { signing: nobleSigning(), verifier: nobleVerifier(), sealing: nobleSealing() };
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'accepted',
    (error: unknown) => (error as { code: string }).code,
  );

const HTML = 'text/html; charset=utf-8';
const POLICY = "default-src 'none'";
const document = encodeUtf8('<!doctype html><a href="/about">a</a><script src="/a.js"></script>');
const script = encodeUtf8('new Worker("./b.js")');
const releaseWith = (files: Record<string, [Bytes, string]>, number = 1): Release => ({
  number,
  origin: ORIGIN,
  made: NOW,
  headers: new Map([['content-security-policy', POLICY]]),
  files: new Map(
    Object.entries(files).map(([at, [bytes, type]]) => [
      at,
      { sha256: sha256(bytes), size: bytes.length, type },
    ]),
  ),
});
const plain = (number: number): Release => releaseWith({ '/': [document, HTML] }, number);

describe('the release in force', () => {
  let fake: FakeService;
  let documents: Map<number, Bytes>;
  beforeEach(async () => {
    fake = await FakeService.make(providers, DEFAULT_POLICY);
    documents = new Map();
  });

  /** Has the ledger name releases of these numbers; the service hands out the last. */
  async function named(...numbers: number[]): Promise<void> {
    for (const number of numbers) {
      const manifest = encodeRelease(plain(number));
      const signatures = [0, 2].map((rootIndex) => {
        const signer = makeSigner(providers.signing, fake.org.rootSeeds[rootIndex] as Bytes);
        return signAsRoot({ rootIndex, signer }, TAG.release, manifest);
      });
      const bytes = documents.get(number) ?? encodeSignedRelease({ manifest, signatures });
      documents.set(number, bytes);
      const body = encodeKeysetLeafBody({ version: number, hash: sha256(bytes), path: '/published/x' });
      fake.ledger.append(encodePublicLeaf({ class: PUBLIC_LEAF_CLASS.release, time: NOW, body }), null);
      fake.released = bytes;
    }
    await fake.ledger.tick(NOW);
  }
  const found = async () => releaseInForce(await connect(fake.deps(), fake.api(), fake.trust()));

  it('is the newest that the ledger names', async () => {
    await named(1, 2);
    const { release, index, entries } = await found();
    expect([release.number, index, entries]).toEqual([2, 9, 16]);
  });

  it('is missing where the ledger names none, or the service hands out none or another', async () => {
    expect(await codeOf(found())).toBe('release_not_logged');
    await named(1);
    const [one] = documents.values();
    fake.released = undefined;
    expect(await codeOf(found())).toBe('release_withheld');
    fake.released = encodeUtf8(`${new TextDecoder().decode(one)} `);
    expect(await codeOf(found())).toBe('release_altered');
  });

  it('is none that was put back, or logged under another number', async () => {
    await named(1, 2, 1);
    expect(await codeOf(found())).toBe('release_number');
  });

  it('does not go by a ledger with a file that is wrong', async () => {
    await named(1);
    for (const [name, bytes] of fake.ledger.files)
      if (name.startsWith('tile/entries'))
        fake.ledger.files.set(
          name,
          bytes.map((byte) => byte ^ 1),
        );
    expect(await codeOf(found())).toBe('ledger_damaged');
  });
});

describe('a page', () => {
  const release = releaseWith({
    '/': [document, HTML],
    '/a.js': [script, 'text/javascript'],
    '/b.js': [encodeUtf8(''), 'text/javascript'],
  });
  const bodies: Readonly<Record<string, Bytes>> = { '/': document, '/a.js': script, '/b.js': encodeUtf8('') };
  const check = (over: (path: string) => Partial<Served> = () => ({})): Promise<PageFinding[]> =>
    checkPage(release, (path) =>
      Promise.resolve({
        status: 200,
        bytes: bodies[path] as Bytes,
        headers: new Map([
          ['content-security-policy', POLICY],
          ['content-type', release.files.get(path)?.type ?? ''],
        ]),
        ...over(path),
      }),
    );

  it('holds when all is as signed, links that one follows aside', async () => {
    expect(await check()).toEqual([]);
  });

  it.each([
    ['<link href="//elsewhere.example/a.css">', '//elsewhere.example/a.css'],
    ['<img alt="" src=http://elsewhere.example/>', 'http://elsewhere.example/'],
    ["<script src='./c.js'>", '/c.js'],
    ['<iframe src="data:text/html,x">', 'data:text/html,x'],
  ])('that loads by %s names it', async (html, subject) => {
    const found = await check((path) => (path === '/' ? { bytes: encodeUtf8(html) } : {}));
    expect(found).toEqual([
      { code: 'page_file_changed', file: '/' },
      { code: 'page_reference_unlisted', file: '/', subject },
    ]);
  });

  it('of another type, or redirected, is named', async () => {
    const typed = await check((path) =>
      path === '/b.js' ? { headers: new Map([['content-security-policy', POLICY]]) } : {},
    );
    expect(typed).toEqual([{ code: 'page_type_changed', file: '/b.js' }]);
    const moved = await check((path) => (path === '/b.js' ? { status: 302 } : {}));
    expect(moved).toEqual([{ code: 'page_file_missing', file: '/b.js' }]);
  });
});
