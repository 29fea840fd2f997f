/** `verify-page` against the real stack, with what is between them changing what is served. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EvaluationStack, run } from '../support/command.js';
import { until } from '../support/until.js';

type Answer = { status: number; headers: Headers; body: Buffer };
type Told = {
  holds: boolean;
  release: { number: number; files: number };
  findings: { code: string; file: string; subject?: string }[];
};

let folder: string;
let stack: EvaluationStack;
let between: Server;
let url: string;
let change: (path: string, answer: Answer) => void;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'sc-verify-page-'));
  stack = await EvaluationStack.start(path.join(folder, 'data'));
  between = createServer((request, response) => {
    void (async () => {
      const accept = request.headers['accept-encoding'];
      const upstream = await fetch(stack.publicUrl + String(request.url), {
        redirect: 'manual',
        headers: { 'accept-encoding': String(accept) },
      });
      const headers = new Headers(upstream.headers);
      for (const name of ['content-encoding', 'content-length', 'transfer-encoding']) headers.delete(name);
      const answer = { status: upstream.status, headers, body: Buffer.from(await upstream.arrayBuffer()) };
      if (accept === 'gzip') answer.headers.set('x-asked', 'gzip');
      change(String(request.url), answer);
      answer.headers.delete('x-asked');
      response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(answer.body);
    })();
  });
  await new Promise<void>((ready) => between.listen(0, '127.0.0.1', ready));
  url = `http://127.0.0.1:${String((between.address() as AddressInfo).port)}`;
}, 180_000);

afterAll(async () => {
  between.close();
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

beforeEach(() => {
  change = () => undefined;
});

async function verified(): Promise<{ code: number | null; told: Told }> {
  const { code, stdout, stderr } = await run(['verify-page', url, '--trust', stack.trust, '--json']);
  if (stdout === '') throw new Error(stderr);
  return { code, told: JSON.parse(stdout) as Told };
}

const refused = async (): Promise<string> => {
  const { code, stdout, stderr } = await run(['verify-page', url, '--trust', stack.trust]);
  expect([code, stdout]).toEqual([1, '']);
  return /\((\w+)\)\n$/.exec(stderr)?.[1] ?? stderr;
};

const published = (): string => path.join(stack.data, 'directory', 'published', 'release');
const flip = (bytes: Buffer, at: number): void => void (bytes[at] = (bytes[at] ?? 0) ^ 1);

/** The document, the pins and the icon besides what is built. */
const files = (): number => readdirSync('dist/apps/reporter-web/assets').length + 3;

describe('verify-page', () => {
  it('finds every file of the page as it was signed and logged', async () => {
    const { code, stdout } = await run(['verify-page', url, '--trust', stack.trust]);
    expect(stdout).toMatch(/^The page is release 1, entry \d+ of the ledger since /);
    expect(stdout).toContain(`: all ${String(files())} files`);
    expect(code).toBe(0);
    const { told } = await verified();
    expect(told).toMatchObject({ holds: true, release: { number: 1, files: files() }, findings: [] });
  });

  it('names the file of which one byte was changed, even in its compressed form alone', async () => {
    for (const file of ['/', '/trust.json'])
      for (const only of [null, 'gzip']) {
        change = (at, { body, headers }) => {
          if (at === file && (only === null || headers.get('x-asked') === only)) flip(body, body.length - 2);
        };
        const { code, told } = await verified();
        expect([code, told.holds, told.findings]).toEqual([1, false, [{ code: 'page_file_changed', file }]]);
      }
  });

  it('names the header that was changed, left out or added', async () => {
    const policy = 'content-security-policy';
    const spoil: [(headers: Headers) => void, string, string][] = [
      [(h) => h.set(policy, `${String(h.get(policy))} 'unsafe-eval'`), 'page_header_changed', policy],
      [(h) => h.append(policy, "script-src 'self'"), 'page_header_changed', policy],
      [(h) => h.delete('referrer-policy'), 'page_header_changed', 'referrer-policy'],
      [(h) => h.set('link', '</spy.js>; rel=preload; as=script'), 'page_header_added', 'link'],
    ];
    for (const [change_, code, subject] of spoil) {
      change = (at, { headers }) => {
        if (at === '/') change_(headers);
      };
      const { told } = await verified();
      expect(told.findings).toEqual([{ code, file: '/', subject }]);
    }
  });

  it('names what is loaded and not listed, and what is not served', async () => {
    change = (at, answer) => {
      if (at !== '/') return;
      answer.body = Buffer.from(
        answer.body.toString().replace('</head>', '<script src="assets/../spy.js"></script></head>'),
      );
    };
    const { code, told } = await verified();
    expect(code).toBe(1);
    expect(told.findings).toEqual([
      { code: 'page_file_changed', file: '/' },
      { code: 'page_reference_unlisted', file: '/', subject: '/spy.js' },
    ]);
    change = (at, answer) => {
      if (at === '/icon.svg') answer.status = 302;
    };
    expect((await verified()).told.findings).toEqual([{ code: 'page_file_missing', file: '/icon.svg' }]);
  });

  it('goes by no release that is withheld or not the one that was logged', async () => {
    change = (at, answer) => {
      if (at.startsWith('/published/')) flip(answer.body, 3);
    };
    expect(await refused()).toBe('release_altered');
    change = (at, answer) => {
      if (at.startsWith('/published/')) answer.status = 404;
    };
    expect(await refused()).toBe('release_withheld');
  });

  it('goes by no release that lacks a signature, though it was logged', async () => {
    const good = readFileSync(path.join(published(), '000001.json'), 'utf8');
    const short = JSON.parse(good) as { manifest: { number: number }; signatures: unknown[] };
    short.manifest.number = 2;
    short.signatures.pop();
    writeFileSync(path.join(published(), '.000002.json'), JSON.stringify(short));
    expect(readdirSync(published())).toHaveLength(2);
    renameSync(path.join(published(), '.000002.json'), path.join(published(), '000002.json'));
    await until(async () => (await refused().catch(() => 'holds')) === 'release_signatures_short', 90_000);
  }, 120_000);
});
