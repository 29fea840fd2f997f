import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { makeLogger } from './logging.js';
import { readPage } from './page.js';
import { createServer } from './server.js';

@Module({})
class NoModule {}

const DOCUMENT = '<!doctype html><p>The page.';
const FACTS = {
  kind: 'public',
  organisation: 'Test organisation',
  keysetFingerprint: '01234',
  keysetVersion: 1,
  ledgerSize: 8,
  now: 1,
} as const;

describe('a static page', () => {
  let folder: string;
  let app: NestFastifyApplication;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'sc-page-'));
    mkdirSync(path.join(folder, 'assets'));
    writeFileSync(path.join(folder, 'index.html'), DOCUMENT);
    writeFileSync(path.join(folder, 'assets/a-1.js'), 'export {};');
    app = await createServer(NoModule, {
      log: makeLogger('page', { write: () => undefined }),
      bodyLimitBytes: 1_024,
      page: await readPage(folder, { '/trust.json': Buffer.from('{}') }),
      landing: () => FACTS,
    });
  });
  afterAll(async () => {
    await app.close();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['/', 'text/html; charset=utf-8', DOCUMENT],
    ['/assets/a-1.js', 'text/javascript; charset=utf-8', 'export {};'],
    ['/trust.json', 'application/json', '{}'],
  ])('is served at %s, compressed for those who ask', async (url, type, text) => {
    const plain = await app.inject({ url });
    expect([plain.headers['content-type'], plain.body]).toEqual([type, text]);
    expect(plain.headers['content-encoding']).toBeUndefined();
    const zipped = await app.inject({ url, headers: { 'accept-encoding': 'br, gzip' } });
    expect(gunzipSync(zipped.rawPayload).toString()).toBe(text);
    expect(zipped.headers).toMatchObject({ 'cache-control': 'no-store', vary: 'accept-encoding' });
  });

  it('leaves the facts at /about', async () => {
    expect((await app.inject('/about')).body).toContain('Test organisation');
  });

  it('serves nothing that was not built', async () => {
    expect((await app.inject('/index.html')).statusCode).toBe(404);
    expect((await app.inject('/assets/../../etc/passwd')).statusCode).toBe(404);
  });

  it('must be there', async () => {
    await expect(readPage(path.join(folder, 'assets'))).rejects.toThrow('There is no built page');
  });
});
