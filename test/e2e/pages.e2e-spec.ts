import { makeLogger } from '@app/platform';
import { createServer } from '@app/platform/nest';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Browser, chromium } from 'playwright-core';

const executablePath = process.env.SAFE_CONDUCT_BROWSER;
const withBrowser = executablePath === undefined ? describe.skip : describe;

@Module({})
class NoModule {}

withBrowser.each(['public', 'staff'] as const)('the %s page in a browser', (kind) => {
  let browser: Browser;
  let app: NestFastifyApplication;
  let url: string;

  beforeAll(async () => {
    const log = makeLogger('pages', { write: () => undefined });
    const landing = () => ({
      kind,
      organisation: 'Test organisation',
      keysetFingerprint: '0123abcd '.repeat(8).trim(),
      keysetVersion: 1,
      ledgerSize: 8,
      witnessedAt: 1_795_000_000,
      now: 1_795_000_100,
    });
    app = await createServer(NoModule, { log, bodyLimitBytes: 1_024, landing });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
    const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync'];
    browser = await chromium.launch({ ...(executablePath !== undefined && { executablePath }), args });
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  it.each([360, 1280])('fits a width of %d px, breaks no policy and keeps nothing', async (width) => {
    const context = await browser.newContext({ viewport: { width, height: 800 } });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) problems.push(request.url());
    });
    await page.goto(url);
    expect(await page.title()).toBe('Information');
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
    const scrolls = 'document.documentElement.scrollWidth > document.documentElement.clientWidth';
    expect(await page.evaluate(scrolls)).toBe(false);
    expect(await context.cookies()).toEqual([]);
    expect(await page.evaluate('localStorage.length + sessionStorage.length')).toBe(0);
    expect(problems.filter((text) => !text.includes('favicon'))).toEqual([]);
    await context.close();
  });

  it('leads the keyboard past the header first', async () => {
    const page = await browser.newPage();
    await page.goto(url);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.getAttribute("href")')).toBe('#main');
    await page.close();
  });
});
