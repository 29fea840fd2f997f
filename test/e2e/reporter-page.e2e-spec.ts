/** The journey of a reporter in a real browser against the real stack. */
import { AxeBuilder } from '@axe-core/playwright';
import { connect, listCases, openCase, unlock } from '@app/client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { apiOf, makeDeps } from '../../apps/cli/src/client.js';
import { readMembers, readTrust } from '../../apps/cli/src/stack/evaluation-files.js';
import { kept, LATE_FRAMES, launch, visit } from '../support/reporter-page.js';
import { type Stage, startStage } from '../support/stage.js';

const withBrowser = process.env.SAFE_CONDUCT_BROWSER === undefined ? describe.skip : describe;
/** Screenshots go here if it is set; they are looked at and never committed. */
const shots = process.env.SAFE_CONDUCT_SCREENSHOTS;
const WHOLE_PAGE_KIB = 216;
const LOCALES = ['ar', 'en', 'es', 'fr', 'ru', 'zh'];
/** Lines that are the same in every language: the address of a helpline, the number of the keys. */
const NAMES = /^(\S+@\S+|[\da-f]+( [\da-f]+)+)$/;

withBrowser('the reporter page', () => {
  let stage: Stage;
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    stage = await startStage();
    url = stage.stack.publicUrl;
    browser = await launch();
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    await stage.stop();
  });

  it('leads from the first screen to the mailbox, and keeps nothing', async () => {
    const seen = await visit(browser, url);
    const { page } = seen;
    expect(await page.title()).toBe('Information');
    await page.getByText('Nobody else can open it').waitFor();
    await look(page, 'welcome');
    await page.getByRole('button', { name: 'Start a report' }).click();
    await fillIn(page);
    await look(page, 'review');
    await page.getByRole('button', { name: 'Seal the report' }).click();
    const words = await readWords(page);
    expect(words).toHaveLength(12);
    await look(page, 'code');
    await page.getByRole('button', { name: 'I have written them down' }).click();
    await practise(page, words);
    await page.getByRole('heading', { name: 'It arrived' }).waitFor();
    await look(page, 'receipt');
    const receipt = await page.locator('main').innerText();
    expect(receipt).toMatch(/seen by [23] witnesses at .* UTC/);
    expect(receipt).toMatch(/Somebody must acknowledge it by .* UTC/);
    await page.getByRole('button', { name: 'Open your mailbox' }).click();
    await page.getByLabel('Your words or your number').fill(words.join(' '));
    await page.getByRole('button', { name: 'Open', exact: true }).click();
    await page.getByText('It was received.').waitFor();
    await page.getByLabel('Write to the office').fill('The officers came back.');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.locator('article', { hasText: 'The officers came back.' }).waitFor();
    await look(page, 'mailbox');
    await page.getByLabel('May the office tell the senior official for reprisals?').selectOption('w');
    await page.getByRole('button', { name: 'Change the answer' }).click();
    await page.getByRole('button', { name: 'Change the answer' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Withdraw it now' }).click();
    await page.getByRole('button', { name: 'Withdraw it now' }).waitFor({ state: 'detached' });
    expect(await kept(seen)).toBe(0);
    expect(seen.wrongs).toEqual([]);
    await seen.context.close();
  }, 120_000);

  it('is done by keyboard alone, in Arabic, on a narrow screen', async () => {
    const small = { locale: 'ar', viewport: { width: 360, height: 740 } };
    const seen = await visit(browser, url, { ...small, before: LATE_FRAMES });
    const { page } = seen;
    const press = (...keys: string[]) =>
      keys.reduce((done, key) => done.then(() => page.keyboard.press(key)), Promise.resolve());
    const on = async (screen: string): Promise<void> => {
      await look(page, screen);
      await reach(page, '.primary');
      await press('Enter');
    };
    expect(await page.evaluate('document.documentElement.dir')).toBe('rtl');
    await page.getByText('لا يستطيع أحد غيرهم فتحه').waitFor();
    await on('welcome');
    await reach(page, '[name="safety-declared_urgent"]');
    await press('Space');
    await on('safety');
    await reach(page, '#submitter-relation');
    await press('ArrowDown');
    await on('submitter');
    await on('persons');
    await reach(page, '#engagements-0--body');
    await press('ArrowDown');
    await on('engagements');
    await reach(page, '#acts-0--what');
    await page.keyboard.type('سأل شرطيان جيراني لمن أعمل.');
    await on('acts');
    await reach(page, '#concerned-state');
    await press('ArrowDown');
    await on('concerned');
    await on('risk');
    await reach(page, '#consent-0--K1');
    await press('ArrowDown', 'ArrowDown');
    await reach(page, '#consent-0--understands');
    await press('ArrowDown');
    await on('consent');
    await on('review');
    await page.locator('.digits').waitFor();
    const digits = await page.locator('.digits').innerText();
    expect(digits.replace(/\s/g, '')).toMatch(/^\d{40}$/);
    await on('code');
    await reach(page, '#practice');
    await page.keyboard.type(digits);
    await on('practice');
    await page.getByRole('heading', { name: 'وصل' }).waitFor();
    await look(page, 'receipt');
    await reach(page, 'main .actions button');
    await press('Enter');
    await reach(page, '#code');
    await page.keyboard.type(digits.replace(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit))));
    await on('enter');
    await page.getByText('تم الاستلام.').waitFor();
    await look(page, 'mailbox');
    expect(seen.wrongs).toEqual([]);
    await seen.context.close();
  }, 180_000);

  it('speaks each of its languages from the first screen on', async () => {
    const lines = new Map<string, string[]>();
    for (const locale of LOCALES) {
      const seen = await visit(browser, url, { locale });
      const { page } = seen;
      await page.locator('summary').click();
      expect(await page.evaluate('document.documentElement.lang')).toBe(locale);
      const texts = await page.locator('.skip, .exit, main, footer').allInnerTexts();
      lines.set(
        locale,
        texts.flatMap((text) => text.split('\n')).filter((line) => /\p{L}{2}/u.test(line)),
      );
      await noSeriousViolation(page, `welcome ${locale}`);
      await page.locator('.primary').click();
      await page.locator('#safety-declared_urgent').waitFor();
      await noSeriousViolation(page, `safety ${locale}`);
      expect(seen.wrongs).toEqual([]);
      await seen.context.close();
    }
    const english = new Set(lines.get('en'));
    expect(english.size).toBeGreaterThan(15);
    for (const [locale, own] of lines) {
      const borrowed = own.filter((line) => english.has(line) && !NAMES.test(line));
      expect([locale, borrowed.length === 0]).toEqual([locale, locale !== 'en']);
    }
  }, 120_000);

  it('waits for the texts of the form, and says what to do when they do not come', async () => {
    const context = await browser.newContext({ locale: 'en' });
    const page = await context.newPage();
    let answer: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/assets/later-*.js', async (route) => {
      await asked;
      await route.abort();
    });
    await page.goto(`${url}/`);
    await page.getByText('Nobody else can open it').waitFor();
    const start = page.getByRole('button', { name: 'Start a report' });
    await start.click();
    await page.getByText('One moment').waitFor();
    expect(await start.isDisabled()).toBe(true);
    answer();
    await page.getByRole('alert').getByText('Check your connection').waitFor();
    expect(await start.isDisabled()).toBe(false);
    await page.unroute('**/assets/later-*.js');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await start.click();
    await page.getByRole('heading', { name: 'Is there danger?' }).waitFor();
    await context.close();
  }, 60_000);

  it('goes on where the connection was cut, and the report is recorded', async () => {
    const seen = await visit(browser, url);
    const { page } = seen;
    await page.getByRole('button', { name: 'Start a report' }).click();
    await fillIn(page);
    await page.getByRole('button', { name: 'Seal the report' }).click();
    const words = await readWords(page);
    await page.getByRole('button', { name: 'I have written them down' }).click();
    // Every answer to the submission is lost, though the service had it.
    await page.route('**/v1/threads', async (route) => {
      await route.fetch();
      await route.abort();
    });
    await practise(page, words);
    await page.getByText('The service cannot be reached').waitFor();
    await page.getByText('Your report is still here, sealed').waitFor();
    await look(page, 'cut');
    await page.unroute('**/v1/threads');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'It arrived' }).waitFor();
    await seen.context.close();
    expect(await readByFocalPoint()).toContainEqual([
      'Two officers asked my neighbours whom I work for.',
      'HRC',
      'Invented Name',
    ]);
  }, 120_000);

  it('seals to nobody whose keys its pins do not vouch for', async () => {
    const context = await browser.newContext({ locale: 'en' });
    const page = await context.newPage();
    const sent: string[] = [];
    page.on('request', (request) => {
      if (request.method() !== 'GET') sent.push(request.url());
    });
    await page.route('**/trust.json', async (route) => {
      const answer = await route.fetch();
      const trust = (await answer.json()) as { rootset: string };
      const rootset = Buffer.from(trust.rootset, 'base64');
      rootset[rootset.length - 1] = (rootset.at(-1) ?? 0) ^ 1;
      await route.fulfill({ json: { ...trust, rootset: rootset.toString('base64') } });
    });
    await page.goto(`${url}/`);
    await page.getByText('not signed by those whom this page trusts').waitFor();
    await look(page, 'wrong-keys');
    expect(await page.getByText('Nobody else can open it').count()).toBe(0);
    await page.getByRole('button', { name: 'Start a report' }).click();
    await fillIn(page);
    await page.getByRole('button', { name: 'Seal the report' }).click();
    await page.getByText('not signed by those whom this page trusts').waitFor();
    await page.getByText('Nothing you wrote is lost').waitFor();
    expect(sent).toEqual([]);
    await context.close();
  }, 120_000);

  it('warns before a reload, and opens the sealed draft again', async () => {
    const seen = await visit(browser, url);
    const { page } = seen;
    await page.getByRole('button', { name: 'Start a report' }).click();
    await page.getByRole('radio', { name: 'unsure' }).first().check();
    await page.getByRole('button', { name: 'Save a sealed draft' }).click();
    await page.getByRole('heading', { name: 'Your draft is sealed' }).waitFor();
    await look(page, 'saved-draft');
    const words = await page.locator('.code li').allInnerTexts();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save the file' }).click(),
    ]);
    const file = await download.path();
    const asked: string[] = [];
    page.on('dialog', (dialog) => {
      asked.push(dialog.type());
      void dialog.accept();
    });
    await page.reload();
    expect(asked).toEqual(['beforeunload']);
    await page.getByRole('button', { name: 'Open a saved draft' }).click();
    await page.getByLabel('The file').setInputFiles(file);
    await page.getByLabel('Your words or your number').fill([...words.slice(1), 'zzzz'].join(' '));
    await page.getByRole('button', { name: 'Open the draft' }).click();
    await page.getByRole('alert').getByText('Did you mean').waitFor();
    await page.getByLabel('Your words or your number').fill(words.join(' '));
    await page.getByRole('button', { name: 'Open the draft' }).click();
    await page.getByRole('heading', { name: 'Is there danger?' }).waitFor();
    expect(await page.getByRole('radio', { name: 'unsure' }).first().isChecked()).toBe(true);
    await seen.context.close();
  }, 60_000);

  it('says what matters without scripts', async () => {
    const seen = await visit(browser, url, { javaScriptEnabled: false });
    expect(await seen.page.locator('main').innerText()).toContain('We cannot give physical protection');
    await seen.page.getByRole('link', { name: 'About this address' }).click();
    expect(await seen.page.locator('main').innerText()).toContain('Fingerprint of the keys');
    await seen.context.close();
  });

  it('weighs little, the same for everybody', async () => {
    const get = async (at: string): Promise<{ text: string; bytes: number }> => {
      const answer = await fetch(url + at, { headers: { 'accept-encoding': 'gzip' } });
      return { text: await answer.text(), bytes: Number(answer.headers.get('content-length')) };
    };
    const document = await get('/');
    const first = Array.from(
      document.text.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css|svg))"/g),
      ([, at = '']) => at,
    );
    const firstFiles = await Promise.all(first.map(get));
    const named = firstFiles.map(({ text }) => text).join('');
    const later = ['sealing-worker', 'later'].map((name) => {
      const file = new RegExp(`${name}-[\\w-]+\\.js`).exec(named)?.[0];
      expect([name, typeof file]).toEqual([name, 'string']);
      return `/assets/${file ?? ''}`;
    });
    const rest = await Promise.all([...later, '/trust.json', '/keyset', '/v1/keyset-proof'].map(get));
    const sum = (files: readonly { bytes: number }[]): number =>
      files.reduce((all, { bytes }) => all + bytes, 0);
    expect(first.length + 1).toBeLessThanOrEqual(6);
    expect(sum([document, ...firstFiles])).toBeLessThanOrEqual(40 * 1_024);
    expect(sum([document, ...firstFiles, ...rest])).toBeLessThanOrEqual(WHOLE_PAGE_KIB * 1_024);
  });

  /** What libsodium opens for the focal point of that which the page sealed without it. */
  async function readByFocalPoint(): Promise<(string | undefined)[][]> {
    const deps = await makeDeps({});
    const service = await connect(deps, apiOf(stage.stack.staffUrl), readTrust(stage.stack.trustFile));
    const focal = readMembers(stage.dataDir).find(({ roleKind }) => roleKind === 'focal_point');
    const session = await unlock(service, focal?.subject ?? '', focal?.words ?? '');
    const { cases } = await listCases(session);
    const opened = await Promise.all(cases.map(({ casePseudonym }) => openCase(session, casePseudonym)));
    return opened.map(({ fullReport }) => [
      fullReport?.acts[0]?.what,
      fullReport?.engagements[0]?.body,
      fullReport?.persons?.[0]?.names,
    ]);
  }

  async function noSeriousViolation(page: Page, name: string): Promise<void> {
    const { violations } = await new AxeBuilder({ page }).analyze();
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => `${name} ${id} ${nodes[0]?.html ?? ''}`)).toEqual([]);
  }

  async function look(page: Page, name: string): Promise<void> {
    await noSeriousViolation(page, name);
    if (shots === undefined) return;
    mkdirSync(shots, { recursive: true });
    const language = await page.evaluate('document.documentElement.lang');
    const before = page.viewportSize();
    for (const width of [360, 1280]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme });
        const file = `${name}-${String(language)}-${String(width)}-${colorScheme}.png`;
        await page.screenshot({ path: path.join(shots, file), fullPage: true });
        expect(
          await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
        ).toBeLessThanOrEqual(0);
      }
    }
    if (before !== null) await page.setViewportSize(before);
    await page.emulateMedia({ colorScheme: 'light' });
  }

  /** Walks with the Tab key alone. */
  async function reach(page: Page, css: string): Promise<void> {
    const isThere = `document.activeElement !== null && document.activeElement.matches(${JSON.stringify(css)})`;
    for (let presses = 0; presses < 200; presses++) {
      if ((await page.evaluate(isThere)) === true) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`the keyboard does not reach ${css}`);
  }

  async function fillIn(page: Page): Promise<void> {
    const on = () => page.getByRole('button', { name: 'Continue' }).click();
    await on();
    await page
      .getByRole('link', { name: 'Answer this: Is someone in danger now or in the next days?' })
      .click();
    await look(page, 'errors');
    await page.getByRole('radio', { name: 'no', exact: true }).first().check();
    await on();
    await page.getByLabel('Your relation to the person affected').selectOption('VICTIM');
    await look(page, 'submitter');
    await on();
    await page.getByLabel('Name', { exact: true }).fill('Invented Name');
    await on();
    await page.getByLabel('Body or process of the United Nations').selectOption('HRC');
    await page.getByLabel('Write 2026-10-31').fill('2026-09');
    await on();
    await page.getByLabel('What happened').fill('Two officers asked my neighbours whom I work for.');
    await look(page, 'acts');
    await on();
    await page.getByLabel('State concerned').selectOption({ label: 'France' });
    await on();
    await page.getByRole('checkbox', { name: 'publicity' }).check();
    await on();
    await page.getByLabel('May the office contact you').selectOption('g');
    await page.getByLabel('May the office keep and read').selectOption('g');
    await page.getByLabel('May the office tell the senior official').selectOption('N');
    await page.getByLabel('Do you understand what cannot be undone?').selectOption('yes');
    await look(page, 'consent');
    await on();
    await page.getByRole('heading', { name: 'Check your answers' }).waitFor();
  }

  async function readWords(page: Page): Promise<string[]> {
    await page.getByRole('heading', { name: 'Write these down now' }).waitFor();
    return page.locator('.code li').allInnerTexts();
  }

  async function practise(page: Page, words: readonly string[]): Promise<void> {
    await page.getByLabel('Your words or your number').fill('wrong');
    await page.getByRole('button', { name: 'Send the report' }).click();
    await page.getByText('That is not what was shown').waitFor();
    await page.getByLabel('Your words or your number').fill(words.join(' ').toUpperCase());
    await look(page, 'practice');
    await page.getByRole('button', { name: 'Send the report' }).click();
  }
});
