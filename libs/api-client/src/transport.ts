/** One request and its answer: no redirects, a time limit, a size limit, and problems turned into `ApiProblem`. */
import { type Bytes, concatBytes, ParseError } from '@app/encoding';
import { PROBLEM_CODES, type ProblemCode, problemType } from '@app/contracts';
import { ApiProblem, Unreachable } from './errors.js';

/** The part of `fetch` that is used. */
export type Fetch = (
  url: string,
  init: {
    method: string;
    headers: Record<string, string>;
    body?: Bytes;
    redirect: 'error';
    signal: AbortSignal;
  },
) => Promise<FetchAnswer>;

export type FetchAnswer = {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: {
    getReader(): {
      read(): Promise<{ done: boolean; value?: Uint8Array<ArrayBuffer> | undefined }>;
      cancel(): Promise<void>;
    };
  } | null;
};

/** A request ready to be sent; `body` is exactly the bytes that a signature over the request covers. */
export type OutgoingRequest = {
  readonly method: string;
  /** From the origin's root, with the query. */
  readonly pathWithQuery: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Bytes;
};

/** The answer to a conditional read: what is at hand is the newest. */
export class NotModified extends Error {}

const PROBLEM_MAX_BYTES = 65_536;

/**
 * Sends one request.
 * @param maxBytes - the longest answer that is read.
 * @returns the answer's body.
 * @throws {ApiProblem} the service refused. An answer that is no problem of ours is `not_found` for 404, else
 * `internal`.
 * @throws {NotModified} only to a request with `If-None-Match`.
 * @throws {Unreachable} nothing, or only a part, came back within `timeoutMs`.
 * @throws {ParseError} `answer_too_large`.
 */
export async function exchange(
  fetchOnce: Fetch,
  baseUrl: string,
  request: OutgoingRequest,
  limits: { readonly maxBytes: number; readonly timeoutMs: number },
): Promise<Bytes> {
  return readBody(await ask(fetchOnce, baseUrl, request, limits.timeoutMs), limits.maxBytes);
}

/** An answer whose body is still to be read. Errors as `exchange`. @param timeoutMs - for all of it. */
export async function ask(
  fetchOnce: Fetch,
  baseUrl: string,
  request: OutgoingRequest,
  timeoutMs: number,
): Promise<FetchAnswer> {
  const answer = await reached(
    fetchOnce(baseUrl + request.pathWithQuery, {
      method: request.method,
      headers: { ...request.headers },
      ...(request.body !== undefined && { body: request.body }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    }),
  );
  if (answer.status === 304) throw new NotModified();
  if (answer.ok) return answer;
  throw new ApiProblem(problemCode(await readBody(answer, PROBLEM_MAX_BYTES), answer.status));
}

async function readBody(answer: FetchAnswer, maxBytes: number): Promise<Bytes> {
  const reader = answer.body?.getReader();
  const parts: Bytes[] = [];
  let length = 0;
  while (reader !== undefined) {
    const { done, value } = await reached(reader.read());
    if (done || value === undefined) break;
    length += value.length;
    if (length > maxBytes) {
      void reader.cancel().catch(() => undefined);
      throw new ParseError('answer_too_large', 'api.answer');
    }
    parts.push(value);
  }
  return concatBytes(...parts);
}

/** Why a connection failed is not told: the reasons differ from browser to browser, the remedy does not. */
function reached<T>(promise: Promise<T>): Promise<T> {
  return promise.catch(() => {
    throw new Unreachable();
  });
}

/** What a server of files says without a problem of ours. */
const BY_STATUS = new Map<number, ProblemCode>([[404, 'not_found']]);

function problemCode(body: Bytes, status: number): ProblemCode {
  const other = BY_STATUS.get(status) ?? 'internal';
  try {
    const problem: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    const type =
      typeof problem === 'object' && problem !== null && 'type' in problem ? problem.type : undefined;
    return PROBLEM_CODES.find((code) => problemType(code) === type) ?? other;
  } catch {
    return other;
  }
}
