/** What a write says about itself in headers: under which key it is repeated, and for which state of a case it is. */
import { IDEMPOTENCY_KEY_HEADER, type CaseTag, parseCaseTag, parseIdempotencyKey } from '@app/contracts';
import { sha256 } from '@app/crypto/verify';
import { concatBytes, encodeUtf8, fromHex } from '@app/encoding';
import type { OnceRequest } from '@app/persistence';
import { Refused } from '@app/platform';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Staff } from './session/staff.guard.js';

type WriteRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawBody?: Uint8Array;
  readonly staff?: Staff;
};

/** The key and the request that it stands for, of a staff member who passed `StaffGuard`. */
export type Repeatable = Omit<OnceRequest, 'now'>;

/** A key is its sender's: of her certificate, so that it outlives her session. */
export const RepeatableBy = createParamDecorator((_: unknown, context: ExecutionContext): Repeatable => {
  const { headers, method, url, rawBody, staff } = context.switchToHttp().getRequest<WriteRequest>();
  if (!staff) throw new Refused('unauthorized');
  const key = parseIdempotencyKey(headers[IDEMPOTENCY_KEY_HEADER]);
  if (key === undefined) throw new Refused('idempotency_key_missing');
  const certificate = fromHex(staff.actor.certificate, 'certificate', 32);
  return {
    keyHash: sha256(concatBytes(certificate, fromHex(key, 'idempotency_key', 16))),
    requestHash: sha256(concatBytes(encodeUtf8(`${method} ${url}\n`), new Uint8Array(rawBody ?? []))),
  };
});

/** The state of the case that a write is for. */
export const IfMatch = createParamDecorator((_: unknown, context: ExecutionContext): CaseTag => {
  const header = context.switchToHttp().getRequest<WriteRequest>().headers['if-match'];
  if (header === undefined) throw new Refused('precondition_required');
  const tag = typeof header === 'string' ? parseCaseTag(header) : undefined;
  if (tag === undefined) throw new Refused('invalid_request', { pointer: '' });
  return tag;
});

/** Whether a list of entity tags has this one (RFC 9110 §13.1.2: compared weakly). */
export function hasTag(header: string | undefined, tag: string): boolean {
  const tags = (header ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  return tags.includes(tag) || header?.trim() === '*';
}
