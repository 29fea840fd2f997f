/** The typed client of both origins: every path, body and answer follows the route table of `contracts`. */
import { type Bytes, decodeUtf8, encodeUtf8, Invariant, ParseError } from '@app/encoding';
import {
  type DeskHint,
  IDEMPOTENCY_KEY_HEADER,
  idempotencyKey,
  type ProblemCode,
  type Route,
  type RouteName,
  type RouteRequest,
  type RouteResponse,
  ROUTES,
  type TaggedRoute,
} from '@app/contracts';
import { ApiProblem, Unreachable } from './errors.js';
import { readHints } from './hints.js';
import { ask, exchange, type Fetch, NotModified, type OutgoingRequest } from './transport.js';

/**
 * Makes the headers that show who is asking. Called anew for each attempt, so that a nonce is used once.
 * @param auth - whose authorisation the route wants; never `none`.
 * @param refusedFor - why this very request was refused just now: `step_up_required`.
 */
export type Authorize = (
  request: OutgoingRequest,
  auth: 'mailbox' | 'session',
  refusedFor?: ProblemCode,
) => Promise<Readonly<Record<string, string>>>;

export type ApiClientOptions = {
  /** An origin without a path, such as `https://report.example.org`. */
  readonly baseUrl: string;
  /** A path such as `/audit` that a proxy takes away before the service sees it; no signature covers it. */
  readonly prefix?: string;
  readonly fetch?: Fetch;
  readonly authorize?: Authorize;
  /** Waits between attempts; without it nothing is tried twice. */
  readonly sleep?: (ms: number) => Promise<void>;
  readonly timeoutMs?: number;
};

export interface ApiClient {
  readonly baseUrl: string;
  /**
   * Calls a route.
   *
   * Reads, and writes that have one effect however often they are sent (`repeat` in the route table; one under an
   * `Idempotency-Key` keeps its key), are tried again, up to {@link MAX_ATTEMPTS} times in all, when the service was not
   * reached or asked to wait; everything else is sent once, unless its nonce had expired.
   * @throws {ApiProblem} the service refused.
   * @throws {Unreachable} it could not be reached.
   * @throws {ParseError} `bad_answer`, `answer_too_large`: it answered something else than the contract says.
   */
  call<N extends RouteName>(route: N, request: RouteRequest<N>): Promise<RouteResponse<N>>;
  /** As `call`, unless what the tag names is still the newest: then undefined. */
  callIfChanged<N extends TaggedRoute>(
    route: N,
    request: RouteRequest<N>,
    tag: string,
  ): Promise<RouteResponse<N> | undefined>;
  /**
   * What happens at the desk, as hints, until the service ends the stream or the caller leaves the loop; one attempt.
   * @param lastId - the id of the hint heard last, to go on from there.
   */
  hints(lastId?: string): AsyncGenerator<DeskHint, void>;
  /** A file of the ledger by its path below the origin, such as `tile/0/000`. Errors as `call`. */
  readFile(path: string): Promise<Bytes>;
  /** The same client, authorised otherwise. */
  authorizedBy(authorize: Authorize): ApiClient;
}

export const MAX_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 200;
const TIMEOUT_MS = 60_000;
/** Longer than any session. */
const STREAM_MS = 3_600_000;
const JSON_MAX_BYTES = 33_554_432;
const BYTES_MAX_BYTES = 8_388_608;
const TEXT_MAX_BYTES = 1_048_576;

/**
 * Makes a client of one origin.
 * @throws {Invariant} if `baseUrl` is not an origin, or `prefix` not a path.
 */
export function makeApiClient(options: ApiClientOptions): ApiClient {
  if (!/^https?:\/\/[^/?#]+$/.test(options.baseUrl)) throw new Invariant('base url is not an origin');
  const { prefix = '' } = options;
  if (!/^(?:\/[^/?#\s]+)*$/.test(prefix)) throw new Invariant('prefix is not a path');
  const send = (
    route: Pick<Route, 'auth'>,
    request: OutgoingRequest,
    maxBytes: number,
    repeatable: boolean,
  ) =>
    attempt(
      options,
      route.auth,
      repeatable,
      (headers) =>
        exchange(
          fetchOf(options),
          options.baseUrl + prefix,
          { ...request, headers },
          {
            maxBytes,
            timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
          },
        ),
      request,
    );
  const callRoute = async (name: RouteName, request: LooseRequest): Promise<unknown> => {
    const route: Route = ROUTES[name];
    // A session that is gone cannot be asked a second time to end it.
    const repeatable = route.repeat !== 'secret' && route.method !== 'DELETE';
    return readAnswer(
      route,
      await send(route, outgoing(route, request), maxBytesOf(route), repeatable),
      name,
    );
  };
  return {
    baseUrl: options.baseUrl,
    call: async (name, request) =>
      (await callRoute(name, request as LooseRequest)) as RouteResponse<typeof name>,
    callIfChanged: async (name, request, tag) => {
      try {
        return (await callRoute(name, { ...(request as LooseRequest), ifNoneMatch: tag })) as RouteResponse<
          typeof name
        >;
      } catch (error) {
        if (error instanceof NotModified) return undefined;
        throw error;
      }
    },
    hints: (lastId) => listen(options, lastId),
    readFile: (path) =>
      send(
        { auth: 'none' },
        { method: 'GET', pathWithQuery: `/${path}`, headers: {} },
        BYTES_MAX_BYTES,
        true,
      ),
    authorizedBy: (authorize) => makeApiClient({ ...options, authorize }),
  };
}

function fetchOf(options: ApiClientOptions): Fetch {
  return options.fetch ?? ((url, init) => fetch(url, init));
}

async function* listen(
  options: ApiClientOptions,
  lastId: string | undefined,
): AsyncGenerator<DeskHint, void> {
  const { path, method, auth } = ROUTES.events;
  const plain = { method, pathWithQuery: path, headers: {} };
  const headers = {
    ...(await authorization(options, auth, plain)),
    ...(lastId !== undefined && { 'last-event-id': lastId }),
  };
  yield* readHints(await ask(fetchOf(options), options.baseUrl, { ...plain, headers }, STREAM_MS));
}

/** Authorises and sends, again if that is safe; the last error is the one that is thrown. */
async function attempt(
  options: ApiClientOptions,
  auth: Route['auth'],
  repeatable: boolean,
  sendWith: (headers: Readonly<Record<string, string>>) => Promise<Bytes>,
  request: OutgoingRequest,
): Promise<Bytes> {
  let refusedFor: ProblemCode | undefined;
  for (let made = 1; ; made++) {
    try {
      return await sendWith({
        ...request.headers,
        ...(await authorization(options, auth, request, refusedFor)),
      });
    } catch (error) {
      // Refused before anything happened; a fresh session is asked for once.
      if (isStepUp(error) && refusedFor === undefined) {
        refusedFor = 'step_up_required';
        continue;
      }
      if (options.sleep === undefined || made >= MAX_ATTEMPTS || !isWorthRepeating(error, repeatable))
        throw error;
      await options.sleep(FIRST_PAUSE_MS * 2 ** (made - 1));
    }
  }
}

async function authorization(
  options: ApiClientOptions,
  auth: Route['auth'],
  request: OutgoingRequest,
  refusedFor?: ProblemCode,
): Promise<Readonly<Record<string, string>>> {
  if (auth === 'none') return {};
  if (options.authorize === undefined) throw new Invariant('route needs an authorised client');
  return options.authorize(request, auth, refusedFor);
}

function isStepUp(error: unknown): boolean {
  return error instanceof ApiProblem && error.code === 'step_up_required';
}

function isWorthRepeating(error: unknown, repeatable: boolean): boolean {
  if (error instanceof Unreachable) return repeatable;
  if (!(error instanceof ApiProblem)) return false;
  // A request with a used or late nonce was refused before anything happened.
  if (error.code === 'nonce_expired' || error.code === 'work_required') return true;
  return repeatable && ['unavailable', 'not_ready', 'too_many_requests'].includes(error.code);
}

type LooseRequest = {
  readonly idempotencyKey?: string;
  readonly ifMatch?: string;
  readonly ifNoneMatch?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
};

function outgoing(route: Route, request: LooseRequest): OutgoingRequest {
  const path = route.path.replace(/:([a-z]+)/g, (_, name: string) => text(request.params?.[name]));
  const query = Object.entries(request.query ?? {})
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${encodeURIComponent(key)}=${text(value)}`)
    .join('&');
  const at = { method: route.method, pathWithQuery: query === '' ? path : `${path}?${query}` };
  const headers = {
    ...(request.idempotencyKey !== undefined && {
      [IDEMPOTENCY_KEY_HEADER]: idempotencyKey(request.idempotencyKey),
    }),
    ...(request.ifMatch !== undefined && { 'if-match': request.ifMatch }),
    ...(request.ifNoneMatch !== undefined && { 'if-none-match': request.ifNoneMatch }),
  };
  if (route.body === undefined) return { ...at, headers };
  const type = route.body === 'bytes' ? 'application/octet-stream' : 'application/json';
  const body = route.body === 'bytes' ? (request.body as Bytes) : encodeUtf8(JSON.stringify(request.body));
  return { ...at, headers: { 'content-type': type, ...headers }, body };
}

function text(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string' || value === '') throw new Invariant('missing parameter of a route');
  // WHATWG URL §1.3: fetch would encode an apostrophe in a query, and what is signed must be what is sent.
  return encodeURIComponent(value).replaceAll("'", '%27');
}

function maxBytesOf(route: Route): number {
  if (route.response === 'bytes') return BYTES_MAX_BYTES;
  return route.response === 'text' ? TEXT_MAX_BYTES : JSON_MAX_BYTES;
}

function readAnswer(route: Route, answer: Bytes, name: string): unknown {
  if (route.response === 'bytes') return answer;
  if (route.response === 'none' || route.response === 'events') return undefined;
  const content = decodeUtf8(answer, `api.${name}`);
  if (route.response === 'text') return content;
  const parsed = route.response.safeParse(parseJson(content));
  if (!parsed.success) throw new ParseError('bad_answer', `api.${name}`);
  return parsed.data;
}

function parseJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
