/**
 * One HTTP server as every process of ours runs it: Nest on Fastify, schemas in and out, problems for errors, security
 * headers on everything, nothing about who connects in any log, and a clean end.
 */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { openApiDocument, PROBLEMS, ROUTES, type Surface } from '@app/contracts';
import {
  StandardSchemaSerializerInterceptor,
  StandardSchemaValidationPipe,
  type DynamicModule,
  type Type,
} from '@nestjs/common';
import { NestFactory, Reflector } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errorCode } from './error-code.js';
import { securityHeaders, type ContentSecurityPolicy } from './headers.js';
import { LANDING_CSS, LANDING_ICON, renderLandingPage, type LandingFacts } from './landing.js';
import { addressFailure, endOnSignals } from './listening.js';
import type { Log } from './logging.js';
import { makeNestLogger } from './nest-logger.js';
import { addPage, type StaticPage } from './page.js';
import { invalidRequest, problemBody, ProblemFilter, refusalFor, sendProblem } from './problem.js';
import { Refused } from './refused.js';

export type CreateServerOptions = {
  readonly log: Log;
  /** Limit for JSON bodies. */
  readonly bodyLimitBytes: number;
  /** Content types that reach handlers as a Buffer, each with its own limit; all others but JSON are refused. */
  readonly rawBodies?: Readonly<Record<string, number>>;
  /** Directives that replace those of the default policy on this origin. */
  readonly csp?: ContentSecurityPolicy;
  /** Rejects while the process cannot serve; `/health` then answers 503. */
  readonly checkHealth?: () => Promise<void>;
  /** Whose description is answered at `/v1/openapi.json`; without it there is none. */
  readonly surface?: Surface;
  /** What stands at `/`; the facts then stand at {@link ABOUT}. */
  readonly page?: StaticPage;
  /** Facts for the page at `/`; without it there is none. */
  readonly landing?: () => LandingFacts | Promise<LandingFacts>;
};

const REQUEST_MS = 300_000;
const HEALTH = '/health';
const ABOUT = '/about';

/** Builds the application, ready for `serve` or for `inject` in tests. */
export async function createServer(
  module: Type | DynamicModule,
  options: CreateServerOptions,
): Promise<NestFastifyApplication> {
  const headers = securityHeaders(options.csp);
  const adapter = new FastifyAdapter({
    logger: false,
    trustProxy: false,
    bodyLimit: options.bodyLimitBytes,
    requestTimeout: REQUEST_MS,
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    // These two run before any hook: malformed URLs, and bytes that are not HTTP.
    frameworkErrors: (err: Error, request: FastifyRequest, reply: FastifyReply) => {
      sendProblem(reply.headers(headers), refusalFor(err), request.id);
    },
    clientErrorHandler: (_err, socket) => {
      refuseNonHttp(socket, headers);
    },
  });
  const instance = adapter.getInstance();
  instance.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(headers);
    done();
  });
  logResponses(instance, options.log);
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest declares its options as a class and documents a literal
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bodyParser: false,
    abortOnError: false,
    logger: makeNestLogger(options.log),
  });
  parseBodies(instance, options);
  addOwnPages(instance, options);
  app.useGlobalPipes(new StandardSchemaValidationPipe({ exceptionFactory: invalidRequest }));
  app.useGlobalInterceptors(new StandardSchemaSerializerInterceptor(app.get(Reflector)));
  app.useGlobalFilters(new ProblemFilter(options.log));
  await app.init();
  await instance.ready();
  return app;
}

export type ServeOptions = {
  readonly log: Log;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** How long requests in flight may take to end after a signal; then their connections are cut. */
  readonly drainMs?: number;
};

/**
 * Listens, says `ready` with the port in the log and to a parent process, and ends on SIGTERM or SIGINT: no new
 * connections, requests in flight end, then the shutdown hooks of the modules (database, queues), then exit code 0.
 * @returns the port.
 * @throws StartupError with exit code 4 when the address cannot be had.
 */
export async function serve(app: NestFastifyApplication, options: ServeOptions): Promise<number> {
  const { host, log } = options;
  try {
    await app.listen(options.port, host);
  } catch (err) {
    await app.close();
    throw addressFailure(err, host, options.port);
  }
  const address = app.getHttpServer().address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  endOnSignals(app, log, options.drainMs);
  log.info('ready', { port });
  process.send?.({ event: 'ready', port });
  return port;
}

function parseBodies(
  instance: FastifyInstance,
  { bodyLimitBytes, rawBodies = {} }: CreateServerOptions,
): void {
  instance.removeAllContentTypeParsers();
  const parse = instance.getDefaultJsonParser('error', 'error');
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  instance.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer', bodyLimit: bodyLimitBytes },
    (request: FastifyRequest & { rawBody?: Buffer }, body, done) => {
      // Signed requests are judged by their bytes, not by what they parse to.
      request.rawBody = body;
      const finish = (err: unknown, value?: unknown): void => {
        if (err) done(new Refused('malformed_json'));
        else done(null, value);
      };
      try {
        void parse(request, utf8.decode(body), finish);
      } catch (err) {
        finish(err);
      }
    },
  );
  for (const [type, bodyLimit] of Object.entries(rawBodies)) {
    instance.addContentTypeParser<Buffer>(type, { parseAs: 'buffer', bodyLimit }, (_request, body, done) => {
      done(null, body);
    });
  }
}

function addOwnPages(instance: FastifyInstance, options: CreateServerOptions): void {
  const { log, checkHealth, surface, landing, page } = options;
  instance.get(HEALTH, async () => {
    try {
      await checkHealth?.();
    } catch (err) {
      log.warn('health.failed', { code: errorCode(err) });
      throw new Refused('not_ready');
    }
    return { status: 'ok' };
  });
  if (surface !== undefined) {
    const description = openApiDocument(surface);
    instance.get(ROUTES.openApi.path, () => description);
  }
  if (page !== undefined) addPage(instance, page);
  if (landing === undefined) return;
  instance.get(page === undefined ? '/' : ABOUT, async (_request, reply) => {
    const document = renderLandingPage(await landing());
    return reply.header('content-type', 'text/html; charset=utf-8').send(document);
  });
  instance.get('/icon.svg', (_request, reply) =>
    reply.header('content-type', 'image/svg+xml').send(LANDING_ICON),
  );
  instance.get('/style.css', (_request, reply) =>
    reply.header('content-type', 'text/css; charset=utf-8').send(LANDING_CSS),
  );
}

/** The route's template, never its path; nothing about the other side. */
function logResponses(instance: FastifyInstance, log: Log): void {
  instance.addHook('onResponse', (request, reply, done) => {
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
    if (route !== HEALTH) {
      const { id: requestId, method } = request;
      log.info('request', {
        requestId,
        method,
        route,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      });
    }
    done();
  });
}

function refuseNonHttp(socket: Socket, headers: Readonly<Record<string, string>>): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { status } = PROBLEMS.invalid_request;
  const body = JSON.stringify(problemBody(new Refused('invalid_request'), randomUUID()));
  const all = {
    ...headers,
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
}
