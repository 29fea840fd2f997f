/** Somebody between a client and the real service, who may change answers, cut connections, and count. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Seen = { readonly method: string; readonly path: string };

/** `during`: in the middle of the request. `after`: the service has done it, and its answer is lost. */
export type Meddling = 'during' | 'after' | ((answer: Buffer) => Uint8Array);

const FORWARDED = ['content-type', 'safe-conduct-mailbox', 'authorization'];

export class Meddler {
  readonly seen: Seen[] = [];
  meddle: (request: Seen) => Meddling | undefined = () => undefined;
  readonly #target: string;
  readonly #server: Server;

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((request, response) => {
      const { socket } = request;
      this.#handle(request, response).catch(() => socket.destroy());
    });
  }

  static async start(target: string): Promise<Meddler> {
    const meddler = new Meddler(target);
    await new Promise<void>((resolve) => meddler.#server.listen(0, '127.0.0.1', resolve));
    return meddler;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Forgets what was seen and meddles no more. */
  rest(): void {
    this.seen.length = 0;
    this.meddle = () => undefined;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = { method: request.method ?? '', path: request.url ?? '' };
    this.seen.push(seen);
    const how = this.meddle(seen);
    const { socket } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) {
      if (how === 'during') break;
      chunks.push(chunk);
    }
    if (how === 'during') {
      socket.destroy();
      return;
    }
    const headers = Object.fromEntries(
      FORWARDED.flatMap((name) => {
        const value = request.headers[name];
        return typeof value === 'string' ? [[name, value]] : [];
      }),
    );
    const body = chunks.length === 0 ? {} : { body: new Uint8Array(Buffer.concat(chunks)) };
    const answer = await fetch(this.#target + seen.path, { method: seen.method, headers, ...body });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (how === 'after') {
      socket.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
    response.end(typeof how === 'function' ? how(bytes) : bytes);
  }
}
