/** The form of a row of the route table. */
import type { z } from 'zod';
import type { ProblemCode } from './problems.js';

/**
 * What happens when a write is sent again:
 * - `key`: it carries an `Idempotency-Key`, and the same request under the same key gets its first answer;
 * - `content`: the request is known by what is in it, so that a repeat finds its own effect;
 * - `harmless`: it changes nothing that anybody else sees;
 * - `secret`: its answer is a secret, kept nowhere, so a repeat is refused and the client begins anew.
 */
export type Repeat = 'key' | 'content' | 'harmless' | 'secret';

export type Route = {
  readonly surface: 'public' | 'staff' | 'both';
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `:name` marks a parameter. */
  readonly path: string;
  /** Who must have signed: nobody, the mailbox key over the request, or a staff session. */
  readonly auth: 'none' | 'mailbox' | 'session';
  /** What it is for, in one line. */
  readonly summary: string;
  /** What it can answer besides the problems that follow from its form (`problemsOf`). */
  readonly problems?: readonly ProblemCode[];
  /** Why a write may be sent twice; every write says so, and nothing else does. */
  readonly repeat?: Repeat;
  /** The answer carries the case's `ETag` and `If-None-Match` is heard; or `If-Match` must name the case as it stands. */
  readonly tag?: 'answered' | 'required';
  /** While a flood lasts, the request must show work (libs/crypto SPEC.md §9.3). */
  readonly work?: true;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  /** A JSON body by its schema, or raw bytes. */
  readonly body?: z.ZodType | 'bytes';
  /** JSON by its schema, raw bytes, text, a stream of server-sent events, or nothing. */
  readonly response: z.ZodType | 'bytes' | 'text' | 'events' | 'none';
};
