/** Every failure of a request as one RFC 9457 problem, by the registry in contracts; nothing of the input is echoed. */
import { PROBLEMS, problemType, type ProblemCode } from '@app/contracts';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorChain, errorCode, type ErrorLink } from './error-code.js';
import type { Log } from './logging.js';
import { Refused } from './refused.js';

type Reply = Pick<FastifyReply, 'code' | 'header' | 'send' | 'sent'>;

/** Any error as the refusal a client sees. */
export function refusalFor(err: unknown): Refused {
  if (err instanceof Refused) return err;
  const chain = errorChain(err);
  const [first] = chain;
  if (first?.name === 'ParseError') return malformedBytes(first);
  if (first?.name === 'VerificationError')
    return new Refused(BY_VERIFICATION.get(first.code) ?? 'statement_invalid');
  if (chain.some(isInfrastructure)) return new Refused('unavailable');
  return new Refused(BY_STATUS.get(statusOf(err)) ?? 'internal');
}

/** Answers with a problem; `requestId` is ours and ties the answer to the log. */
export function sendProblem(reply: Reply, refused: Refused, requestId: string): void {
  const { status } = PROBLEMS[refused.code];
  const { retryAfterSeconds } = refused.extensions;
  if (status === 401) void reply.header('www-authenticate', 'SafeConduct');
  if (typeof retryAfterSeconds === 'number') void reply.header('retry-after', String(retryAfterSeconds));
  // Fastify adds a charset, which this type does not have, to a string but not to bytes.
  void reply
    .code(status)
    .header('cache-control', 'no-store')
    .header('content-type', 'application/problem+json')
    .send(Buffer.from(JSON.stringify(problemBody(refused, requestId))));
}

export function problemBody({ code, extensions }: Refused, requestId: string): Record<string, unknown> {
  const { status, title } = PROBLEMS[code];
  return { ...extensions, type: problemType(code), title, status, code, instance: `urn:uuid:${requestId}` };
}

/** The one filter: everything Nest and Fastify throw while serving a request ends here. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly log: Log;

  constructor(log: Log) {
    this.log = log;
  }

  catch(err: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const refused = refusalFor(err);
    if (PROBLEMS[refused.code].status >= 500) {
      this.log.error('request.failed', { requestId: request.id, code: errorCode(err) });
    }
    if (!reply.sent) sendProblem(reply, refused, request.id);
  }
}

type SchemaIssue = { readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined };

/** The refusal for the first issue of a Standard Schema; a name the client chose itself ends the pointer. */
export function invalidRequest(issues: readonly SchemaIssue[]): Refused {
  const segments = (issues[0]?.path ?? []).map((segment) =>
    String(typeof segment === 'object' ? segment.key : segment),
  );
  const foreign = segments.findIndex((segment) => !SEGMENT.test(segment));
  return new Refused('invalid_request', {
    pointer: pointerOf(foreign < 0 ? segments : segments.slice(0, foreign)),
  });
}

const SEGMENT = /^[A-Za-z0-9_-]{1,40}$/;

/** Failed checks whose cause the sender can mend; any other is one opaque answer. */
const BY_VERIFICATION = new Map<unknown, ProblemCode>([
  ['sealed_malformed', 'sealed_malformed'],
  ['sealed_wrong_recipient_type', 'sealed_malformed'],
  ['sealed_wrong_class', 'wrong_size_class'],
  ['suite_unsupported', 'suite_unsupported'],
]);

const BY_STATUS = new Map<number, ProblemCode>([
  [400, 'invalid_request'],
  [401, 'unauthorized'],
  [404, 'not_found'],
  [405, 'not_found'],
  [413, 'body_too_large'],
  [414, 'not_found'],
  [415, 'unsupported_media_type'],
  [429, 'too_many_requests'],
  [503, 'unavailable'],
]);

const SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENOSPC',
  'EDQUOT',
  'EMFILE',
]);

/** PostgreSQL: connection lost, resources, shutting down or cancelled, conflicts that outlived the retries. */
const SQLSTATES = /^(08...|53...|57P0.|57014|55P03|40001|40P01)$/;

function malformedBytes(err: ErrorLink): Refused {
  const where = 'where' in err && typeof err.where === 'string' ? err.where : '';
  const reason = typeof err.code === 'string' ? { reason: err.code } : {};
  return new Refused('malformed_bytes', {
    pointer: pointerOf(where === '' ? [] : where.split('.')),
    ...reason,
  });
}

// RFC 6901 §3: ~ and / inside a name are written ~0 and ~1.
function pointerOf(segments: readonly string[]): string {
  return segments.map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function isInfrastructure(link: ErrorLink): boolean {
  const code = typeof link.code === 'string' ? link.code : '';
  if (SYSTEM_CODES.has(code) || SQLSTATES.test(code)) return true;
  if (code === 'ENOENT') return 'syscall' in link && link.syscall === 'connect';
  // The pool of pg gives these two without a code.
  return (
    code === '' &&
    /^(timeout exceeded when trying to connect|Connection terminated)/.test(String(link.message))
  );
}

function statusOf(err: unknown): number {
  if (err instanceof HttpException) return err.getStatus();
  if (typeof err !== 'object' || err === null || !('code' in err) || !('statusCode' in err)) return 500;
  return String(err.code).startsWith('FST_ERR_') ? Number(err.statusCode) : 500;
}
