/** The reporter page in a real browser, and what it must never do. */
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';

export type Visit = {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Requests to elsewhere, violations of the policy, errors of the page. */
  readonly wrongs: readonly string[];
};

/** A busy machine seals, and waits for witnesses, slowly. */
const PATIENCE_MS = 90_000;

export function launch(): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync'];
  const executablePath = process.env.SAFE_CONDUCT_BROWSER;
  return chromium.launch({ ...(executablePath !== undefined && { executablePath }), args });
}

/** A page that is told late that it was drawn, as on a slow phone; whoever types does not wait for it. */
export const LATE_FRAMES = `{
  const later = setTimeout;
  window.setTimeout = (run, ms, ...given) => later(run, ms > 0 && ms < 200 ? 400 : ms, ...given);
  window.requestAnimationFrame = (run) => later(() => run(performance.now()), 400);
}`;

/**
 * Opens the page and listens for everything that must not happen.
 * @param before - a script that runs in the page before its own.
 */
export async function visit(
  browser: Browser,
  url: string,
  { before = '', ...options }: BrowserContextOptions & { readonly before?: string } = {},
): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    locale: 'en',
    ...options,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  await page.addInitScript(before);
  const wrongs: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`)) wrongs.push(`request to ${request.url()}`);
  });
  page.on('pageerror', (error) => wrongs.push(error.message));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) wrongs.push(message.text());
  });
  await page.goto(`${url}/`);
  return { context, page, wrongs };
}

/** What the browser keeps of the visit for this origin. */
export async function kept({ context, page }: Visit): Promise<number> {
  const inPage = await page.evaluate(
    'Promise.all([caches.keys(), indexedDB.databases()]).then(([a, b]) => a.length + b.length + localStorage.length + sessionStorage.length)',
  );
  return Number(inPage) + (await context.cookies()).length;
}
