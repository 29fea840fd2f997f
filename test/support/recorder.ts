/** A transport that remembers what a server could remember: addresses asked for, tokens, nonces, and its refusals. */
import { request } from 'node:http';
import type { Fetch } from './stage.js';

/** An address of the loopback network that nothing else uses; other systems than Linux know only the first. */
export const CLIENT_ADDRESS = process.platform === 'linux' ? '127.77.13.99' : '127.0.0.1';

/** Answers that have no body, which a response is not made with either. */
const WITHOUT_BODY = new Set([204, 304]);

export class Recorder {
  readonly urls: string[] = [];
  readonly tokens = new Set<string>();
  readonly nonces = new Set<string>();
  readonly refusals: string[] = [];
  /** Sent along with every request. */
  readonly #headers: Readonly<Record<string, string>>;

  constructor(headers: Readonly<Record<string, string>>) {
    this.#headers = headers;
  }

  readonly fetch: Fetch = async (url, { method, headers, body }) => {
    this.urls.push(url);
    const token = headers.authorization?.replace('Bearer ', '');
    if (token !== undefined) this.tokens.add(token);
    const { status, bytes } = await send(url, method, { ...headers, ...this.#headers }, body);
    if (status >= 400) this.refusals.push(bytes.toString('utf8'));
    if (/\/(nonces|challenge)$/.test(url) && status < 400) this.#remember(bytes);
    return new Response(WITHOUT_BODY.has(status) ? null : new Uint8Array(bytes), { status });
  };

  #remember(answer: Buffer): void {
    const { nonce, nonces } = JSON.parse(answer.toString('utf8')) as { nonce?: string; nonces?: string[] };
    for (const one of nonces ?? []) this.nonces.add(one);
    if (nonce !== undefined) this.nonces.add(nonce);
  }
}

function send(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array | undefined,
): Promise<{ status: number; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, localAddress: CLIENT_ADDRESS, family: 4 };
    const sent = request(url, options, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, bytes: Buffer.concat(parts) });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
