/** The smallest HTTP server: text in, text out, for processes that hold a key and little else. */
import { PROBLEMS } from '@app/contracts';
import { fastify, type FastifyInstance, type FastifyReply } from 'fastify';
import { errorCode } from './error-code.js';
import { addressFailure, endOnSignals } from './listening.js';
import type { Log } from './logging.js';

/** `type` is the content type, plain text unless given. */
export type PlainAnswer = { readonly status: number; readonly type?: string; readonly body: string };

/** What a handler of one path gets: the body as text. */
export type PlainRequest = (body: string) => Promise<PlainAnswer>;

export type PlainServerOptions = {
  readonly log: Log;
  readonly maxBodyBytes: number;
  /** Handlers of POST requests by path. */
  readonly post: Readonly<Record<string, PlainRequest>>;
  /** Handlers of GET requests by path. */
  readonly get?: Readonly<Record<string, () => Promise<PlainAnswer>>>;
};

const TEXT = 'text/plain; charset=utf-8';

/** Builds the server, ready for `servePlain` or for `inject` in tests. `GET /health` answers 200. */
export function plainServer({ log, maxBodyBytes, post, get = {} }: PlainServerOptions): FastifyInstance {
  const server = fastify({ logger: false, bodyLimit: maxBodyBytes, return503OnClosing: false });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    const text = textOf(body);
    if (text === undefined) done(Object.assign(new Error('body'), { code: 'not_utf8', statusCode: 400 }));
    else done(null, text);
  });
  server.setErrorHandler((error: { readonly statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? PROBLEMS.internal.status;
    if (status >= PROBLEMS.internal.status) log.error('request.failed', { code: errorCode(error) });
    return reply.code(status).type(TEXT).send('');
  });
  server.get('/health', (_request, reply) => reply.type(TEXT).send('ok\n'));
  for (const [path, handle] of Object.entries(post)) {
    server.post(path, async (request, reply) => {
      return send(reply, await handle(typeof request.body === 'string' ? request.body : ''));
    });
  }
  for (const [path, handle] of Object.entries(get)) {
    server.get(path, async (_request, reply) => send(reply, await handle()));
  }
  return server;
}

function send(reply: FastifyReply, { status, type, body }: PlainAnswer): FastifyReply {
  return reply
    .code(status)
    .type(type ?? TEXT)
    .header('cache-control', 'no-store')
    .send(body);
}

/** Bytes that are not UTF-8 are never taken for other text. */
function textOf(body: string | Buffer): string | undefined {
  try {
    return typeof body === 'string'
      ? body
      : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return undefined;
  }
}

/**
 * Listens, says `ready` with the port, and ends on SIGTERM or SIGINT after the requests in flight.
 * @returns the port.
 * @throws StartupError with exit code 4 when the address cannot be had.
 */
export async function servePlain(
  server: FastifyInstance,
  { log, host, port }: { readonly log: Log; readonly host: string; readonly port: number },
): Promise<number> {
  try {
    await server.listen({ host, port });
  } catch (err) {
    throw addressFailure(err, host, port);
  }
  const address = server.server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  endOnSignals({ getHttpServer: () => server.server, close: () => server.close() }, log);
  log.info('ready', { port: bound });
  return bound;
}
