import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  BadGatewayException,
  Body,
  Controller,
  Get,
  Header,
  Module,
  NotFoundException,
  Param,
  Post,
  SerializeOptions,
} from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { z } from 'zod';
import { makeLogger } from './logging.js';
import { Refused } from './refused.js';
import { createServer, serve } from './server.js';

const SECRET = 'name-of-a-witness';
const thingSchema = z.strictObject({
  name: z.string().max(10),
  list: z.array(z.strictObject({ n: z.int() })),
});
const answerSchema = z.object({ ok: z.boolean() });

const FAILURES: Record<string, () => unknown> = {
  refused: () => new Refused('out_of_date', { revision: 4 }),
  slow: () => new Refused('too_many_requests', { retryAfterSeconds: 30 }),
  anonymous: () => new Refused('unauthorized'),
  bytes: () =>
    Object.assign(new Error(SECRET), { name: 'ParseError', code: 'bad_magic', where: 'certificate.key' }),
  proof: () => Object.assign(new Error(SECRET), { name: 'VerificationError', code: 'bad_signature' }),
  database: () => new Error('wrapped', { cause: Object.assign(new Error(SECRET), { code: 'ECONNREFUSED' }) }),
  deadlock: () =>
    Object.assign(new Error(SECRET), { name: 'QueryFailedError', driverError: { code: '40P01' } }),
  socket: () => Object.assign(new Error(SECRET), { code: 'ENOENT', syscall: 'connect' }),
  pool: () => new Error('timeout exceeded when trying to connect'),
  file: () => Object.assign(new Error(SECRET), { code: 'ENOENT', syscall: 'open' }),
  gone: () => new NotFoundException(SECRET),
  odd: () => new BadGatewayException(SECRET),
  unknown: () => new Error(SECRET),
  text: () => SECRET,
};

@Controller()
class TestController {
  @Post('things')
  @SerializeOptions({ schema: answerSchema })
  make(@Body({ schema: thingSchema }) body: unknown): unknown {
    return { ok: true, leaked: body };
  }

  @Get('wrong')
  @SerializeOptions({ schema: answerSchema })
  wrong(): unknown {
    return { ok: SECRET };
  }

  @Post('raw')
  @Header('cache-control', 'private')
  raw(@Body({ schema: z.instanceof(Buffer) }) body: Buffer): unknown {
    return { size: body.length };
  }

  @Get('fail/:how')
  fail(@Param('how', { schema: z.string() }) how: string): never {
    throw FAILURES[how]?.();
  }
}

@Module({ controllers: [TestController] })
class TestModule {}

const lines: string[] = [];
const log = makeLogger('test', { write: (line) => lines.push(line) });
let app: NestFastifyApplication;
let healthy = true;

beforeAll(async () => {
  app = await createServer(TestModule, {
    log,
    bodyLimitBytes: 1000,
    rawBodies: { 'application/octet-stream': 4096 },
    csp: { 'form-action': "'self'" },
    checkHealth: () => (healthy ? Promise.resolve() : Promise.reject(new Error(SECRET))),
    landing: () => ({
      kind: 'public',
      organisation: 'The Office',
      keysetFingerprint: 'ab12',
      keysetVersion: 1,
      ledgerSize: 0,
      now: 0,
    }),
  });
});

afterAll(() => app.close());

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';

async function post(body: string | Buffer, type = 'application/json', url = '/things') {
  return app.inject({ method: 'POST', url, payload: body, headers: { 'content-type': type } });
}

function summary(response: { statusCode: number; body: string }) {
  const { instance, title, type, ...rest } = JSON.parse(response.body) as Record<string, unknown>;
  expect(instance).toMatch(new RegExp(`^urn:uuid:${UUID}$`));
  expect(typeof title).toBe('string');
  expect(type).toBe(
    rest.code === 'internal' ? 'about:blank' : `urn:safe-conduct:problem:${String(rest.code)}`,
  );
  expect(rest.status).toBe(response.statusCode);
  expect(response.body).not.toContain(SECRET);
  return rest;
}

describe('a request body', () => {
  it('is checked on the way in and stripped on the way out', async () => {
    const response = await post('{"name":"a","list":[]}');
    expect([response.statusCode, response.json()]).toEqual([201, { ok: true }]);
  });

  it.each([
    ['not JSON', `{"name": ${SECRET}`, 'malformed_json', undefined],
    ['nothing', '', 'malformed_json', undefined],
    ['a prototype', '{"__proto__":{"a":1}}', 'malformed_json', undefined],
    ['a missing field', '{"list":[]}', 'invalid_request', '/name'],
    ['a wrong type, deep', '{"name":"a","list":[{"n":1},{"n":"x"}]}', 'invalid_request', '/list/1/n'],
    ['an unknown key', `{"name":"a","list":[],"${SECRET}":1}`, 'invalid_request', ''],
    ['a long value', `{"name":"${SECRET}","list":[]}`, 'invalid_request', '/name'],
    ['no object', '7', 'invalid_request', ''],
  ])('that holds %s is refused', async (_what, body, code, pointer) => {
    const response = await post(body);
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(summary(response)).toEqual({ status: 400, code, ...(pointer === undefined ? {} : { pointer }) });
  });

  it('that is not UTF-8 is refused', async () => {
    expect(summary(await post(Buffer.from('{"name":"\xff","list":[]}', 'latin1'))).code).toBe(
      'malformed_json',
    );
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'nonsense'])(
    'of type %s is refused',
    async (type) => {
      expect(summary(await post('a=b', type))).toEqual({ status: 415, code: 'unsupported_media_type' });
    },
  );

  it('of a raw type has its own limit', async () => {
    const fits = await post(Buffer.alloc(4096), 'application/octet-stream', '/raw');
    expect([fits.json(), fits.headers['cache-control']]).toEqual([{ size: 4096 }, 'private']);
    const over = await post(Buffer.alloc(4097), 'application/octet-stream', '/raw');
    expect(summary(over)).toEqual({ status: 413, code: 'body_too_large' });
  });

  it('over the limit is refused by its announced length', async () => {
    expect(summary(await post(' '.repeat(1001)))).toEqual({ status: 413, code: 'body_too_large' });
  });
});

describe('a failure becomes a problem', () => {
  it.each([
    ['refused', { status: 409, code: 'out_of_date', revision: 4 }],
    ['bytes', { status: 400, code: 'malformed_bytes', pointer: '/certificate/key', reason: 'bad_magic' }],
    ['proof', { status: 422, code: 'statement_invalid' }],
    ['database', { status: 503, code: 'unavailable' }],
    ['deadlock', { status: 503, code: 'unavailable' }],
    ['socket', { status: 503, code: 'unavailable' }],
    ['pool', { status: 503, code: 'unavailable' }],
    ['file', { status: 500, code: 'internal' }],
    ['gone', { status: 404, code: 'not_found' }],
    ['odd', { status: 500, code: 'internal' }],
    ['unknown', { status: 500, code: 'internal' }],
    ['text', { status: 500, code: 'internal' }],
  ])('%s', async (how, expected) => {
    expect(summary(await app.inject(`/fail/${how}`))).toEqual(expected);
  });

  it('with the headers its status asks for', async () => {
    expect((await app.inject('/fail/slow')).headers['retry-after']).toBe('30');
    expect((await app.inject('/fail/anonymous')).headers['www-authenticate']).toBe('SafeConduct');
  });

  it('when a response does not fit its schema', async () => {
    expect(summary(await app.inject('/wrong'))).toEqual({ status: 500, code: 'internal' });
  });

  it.each([
    ['/nowhere', 404, 'not_found'],
    ['/%ff', 400, 'invalid_request'],
    [`/fail/${'x'.repeat(500)}`, 404, 'not_found'],
  ])('at the address %s', async (url, status, code) => {
    const response = await app.inject(url);
    expect(summary(response)).toEqual({ status, code });
    expect(response.headers['content-security-policy']).toContain("default-src 'none'");
  });
});

describe('every response', () => {
  it.each(['/health', '/', '/style.css', '/nowhere', '/fail/unknown', '/%ff'])(
    'of %s has the security headers',
    async (url) => {
      const { headers } = await app.inject({
        url,
        headers: { 'x-request-id': 'mine', 'request-id': 'mine' },
      });
      expect(headers['content-security-policy']).toBe(
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; " +
          "form-action 'self'; require-trusted-types-for 'script'; trusted-types 'none'",
      );
      expect(headers).toMatchObject({
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
      });
      expect(headers['permissions-policy']).toContain('geolocation=()');
      expect(headers.server).toBeUndefined();
      expect(headers['x-powered-by']).toBeUndefined();
      expect(JSON.stringify(headers)).not.toContain('mine');
    },
  );

  it('of /health says only whether the process can serve', async () => {
    expect((await app.inject('/health')).json()).toEqual({ status: 'ok' });
    healthy = false;
    expect(summary(await app.inject('/health'))).toEqual({ status: 503, code: 'not_ready' });
    healthy = true;
  });
});

it('logs the template of a route, never its path, its sender or a message', async () => {
  lines.length = 0;
  await app.inject({
    url: `/fail/unknown?q=${SECRET}`,
    remoteAddress: '203.0.113.9',
    headers: { 'user-agent': SECRET },
  });
  await app.inject(`/${SECRET}`);
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(entries.map(({ event, route, status, code }) => ({ event, route, status, code }))).toEqual([
    { event: 'request.failed', route: undefined, status: undefined, code: 'Error' },
    { event: 'request', route: '/fail/:how', status: 500, code: undefined },
    { event: 'request', route: 'none', status: 404, code: undefined },
  ]);
  expect(entries[0]?.requestId).toBe(entries[1]?.requestId);
  expect(lines.join('')).not.toMatch(/203\.0\.113\.9|127\.0\.0\.1|name-of-a-witness/);
});

describe('over a real connection', () => {
  let port: number;

  beforeAll(async () => {
    const before = process.listeners('SIGTERM').length;
    port = await serve(app, { log, host: '127.0.0.1', port: 0 });
    expect(process.listeners('SIGTERM').length).toBe(before + 1);
  });

  it('reports the port it got', () => {
    const ready = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .find(({ event }) => event === 'ready');
    expect(port).toBeGreaterThan(0);
    expect(ready?.port).toBe(port);
  });

  it('refuses 100 MB before reading it, announced or not', async () => {
    const announced = await upload(port, { 'content-length': String(100 * 2 ** 20) });
    const chunked = await upload(port, {});
    expect([announced.status, chunked.status]).toEqual([413, 413]);
    expect(announced.sentBytes).toBeLessThan(10 * 2 ** 20);
    expect(chunked.sentBytes).toBeLessThan(10 * 2 ** 20);
  });

  it('answers what is not HTTP with a problem and closes', async () => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.write('\x16\x03\x01 hello\r\n\r\n');
    await once(socket, 'close');
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(head).toContain("content-security-policy: default-src 'none'");
    expect(JSON.parse(body)).toMatchObject({ status: 400, code: 'invalid_request' });
  });
});

async function upload(
  port: number,
  headers: Record<string, string>,
): Promise<{ status: number; sentBytes: number }> {
  const chunk = Buffer.alloc(64 * 1024, 0x20);
  return new Promise((resolve, reject) => {
    let sentBytes = 0;
    const request = httpRequest({
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/things',
      headers: { 'content-type': 'application/json', ...headers },
    });
    let answered = false;
    request.on('response', (response) => {
      answered = true;
      resolve({ status: response.statusCode ?? 0, sentBytes });
      request.destroy();
    });
    request.on('error', (err) => {
      if (!answered) reject(err);
    });
    const feed = (): void => {
      if (answered || sentBytes >= 100 * 2 ** 20) return;
      sentBytes += chunk.length;
      if (request.write(chunk)) setImmediate(feed);
      else request.once('drain', feed);
    };
    feed();
  });
}
