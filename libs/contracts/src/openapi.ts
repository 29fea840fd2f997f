/**
 * The OpenAPI 3.1 description of one surface, made from the route table and the registry of problems alone: what it
 * says is what servers check and clients send. `docs/api` holds it as files.
 */
import { z } from 'zod';
import { IDEMPOTENCY_KEY_HEADER } from './headers.js';
import { PROBLEM_CODES, type ProblemCode, PROBLEMS, problemType } from './problems.js';
import type { Repeat, Route } from './route.js';
import { MAILBOX_SIGNATURE_HEADER, type RouteName, ROUTES, SESSION_PROOF_HEADER } from './routes.js';
import * as wire from './wire-names.js';

/** The version of both surfaces; the major number is the one in the paths. */
export const API_VERSION = '1.0.0';

export type Surface = 'public' | 'staff';
type JsonObject = Readonly<Record<string, unknown>>;

const WHEREVER: readonly ProblemCode[] = ['too_many_requests', 'not_ready', 'unavailable', 'internal'];
const WITH_BODY: readonly ProblemCode[] = ['malformed_json', 'unsupported_media_type', 'body_too_large'];
const BY_AUTH: Readonly<Record<Route['auth'], readonly ProblemCode[]>> = {
  none: [],
  mailbox: ['unauthorized', 'nonce_expired'],
  session: ['unauthorized'],
};

/** Every problem a route can answer: its own, and those that follow from its form; in the order of the registry. */
export function problemsOf(route: Route): ProblemCode[] {
  const checked = route.params ?? route.query ?? route.body;
  const codes = new Set<ProblemCode>([
    ...WHEREVER,
    ...BY_AUTH[route.auth],
    ...(route.method === 'GET' ? [] : WITH_BODY),
    ...(checked === undefined ? [] : (['invalid_request'] as const)),
    ...(route.repeat === 'key' ? (['idempotency_key_missing', 'idempotency_key_reused'] as const) : []),
    ...(route.tag === 'required' ? (['precondition_required', 'case_moved'] as const) : []),
    ...(route.work === true ? (['work_required'] as const) : []),
    ...(route.problems ?? []),
  ]);
  return PROBLEM_CODES.filter((code) => codes.has(code));
}

/** The routes of a surface, by name. */
export function routesOf(surface: Surface): [RouteName, Route][] {
  const all = Object.entries(ROUTES) as [RouteName, Route][];
  return all.filter(([, route]) => route.surface === surface || route.surface === 'both');
}

/** The document, as plain JSON. */
export function openApiDocument(surface: Surface): JsonObject {
  const routes = routesOf(surface);
  const schemas = wireSchemas(routes);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of routes) {
    const path = route.path.replace(/:([a-z]+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(name, route, schemas);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: `Safe Conduct: the ${surface} surface`,
      version: API_VERSION,
      description: ABOUT[surface],
      license: { name: 'AGPL-3.0-or-later', identifier: 'AGPL-3.0-or-later' },
    },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: { ...schemas.byName, Problem: PROBLEM }, securitySchemes: SECURITY[surface] },
  };
}

const ABOUT: Readonly<Record<Surface, string>> = {
  public:
    'What a participant’s client says to intake. Everything sealed stays sealed: the server carries it and cannot read it.',
  staff: 'What the desk’s clients say to the desk: sealed cases, and every act as a signed statement.',
};

const SECURITY: Readonly<Record<Surface, JsonObject>> = {
  public: {
    mailbox: {
      type: 'apiKey',
      in: 'header',
      name: MAILBOX_SIGNATURE_HEADER,
      description:
        '`mailbox.key.nonce.signature`: a signature of the mailbox key over origin, method, path with query, mailbox, body hash and a single-use nonce (libs/crypto SPEC.md, mailbox requests).',
    },
  },
  staff: {
    session: {
      type: 'http',
      scheme: 'bearer',
      description: `The token of \`openSession\`, with \`${SESSION_PROOF_HEADER}: time.signature\`: a signature of the device key over token, method, path with query, body hash and time (libs/crypto SPEC.md, session challenge). It ends with its time, unused, with \`closeSession\` and with the certificate.`,
    },
  },
};

const PROBLEM: JsonObject = {
  type: 'object',
  description: 'RFC 9457. Title and status depend on the code alone; nothing of the request is repeated.',
  properties: {
    type: { type: 'string', enum: PROBLEM_CODES.map(problemType) },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: PROBLEM_CODES },
    instance: { type: 'string', pattern: '^urn:uuid:' },
  },
  required: ['type', 'title', 'status', 'code', 'instance'],
};

const REPEATS: Readonly<Record<Repeat, string>> = {
  key: 'Sent again with the same `Idempotency-Key` and the same content it gets its first answer, for a day, and has no second effect.',
  content: 'Sent again it is known by its content and has no second effect.',
  harmless: 'It changes nothing that anybody else sees, and may be sent again.',
  secret: 'Its answer is a secret that is kept nowhere: sent again it is refused.',
};

type WireSchemas = {
  readonly byName: JsonObject;
  /** The schema of a body or an answer, as a reference where it has a name. */
  of(schema: z.ZodType, io: 'input' | 'output'): unknown;
};

/** Named schemas become components; whatever has no name is written out where it stands. */
function wireSchemas(routes: readonly (readonly [RouteName, Route])[]): WireSchemas {
  const names = new Map(Object.entries(wire).map(([name, schema]) => [schema as z.ZodType, name]));
  for (const [name, route] of routes) {
    const stem = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
    if (isSchema(route.body) && !names.has(route.body)) names.set(route.body, `${stem}Request`);
    if (isSchema(route.response) && !names.has(route.response)) names.set(route.response, `${stem}Answer`);
  }
  const asked = converted(names, 'input');
  const answered = converted(names, 'output');
  const of = (schema: z.ZodType, io: 'input' | 'output'): unknown => {
    const name = names.get(schema);
    if (name === undefined) return tidy(z.toJSONSchema(schema, { io }));
    return { $ref: `#/components/schemas/${name}` };
  };
  const byName: Record<string, unknown> = {};
  for (const [, { body, response }] of routes) {
    for (const [schema, from, io] of [
      [body, asked, 'input'],
      [response, answered, 'output'],
    ] as const) {
      if (isSchema(schema)) collect((of(schema, io) as { $ref: string }).$ref, from, byName);
    }
  }
  return { byName: sorted(byName), of };
}

function converted(names: ReadonlyMap<z.ZodType, string>, io: 'input' | 'output'): JsonObject {
  const registry = z.registry<{ id: string }>();
  for (const [schema, id] of names) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io, uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, tidy(schema)]));
}

/** Takes a component and all it refers to. A component that is both asked for and answered has one form. */
function collect(ref: string, from: JsonObject, into: Record<string, unknown>): void {
  const name = ref.replace('#/components/schemas/', '');
  if (name in into) return;
  into[name] = from[name];
  for (const [, inner] of JSON.stringify(from[name]).matchAll(/"\$ref":"([^"]+)"/g)) {
    collect(inner ?? '', from, into);
  }
}

function tidy(schema: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema' && key !== '$id'));
}

function sorted(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function operation(name: RouteName, route: Route, schemas: WireSchemas): JsonObject {
  return {
    operationId: name,
    summary: route.summary,
    ...(route.repeat && { description: REPEATS[route.repeat] }),
    security: route.auth === 'none' ? [] : [{ [route.auth]: [] }],
    parameters: [
      ...parametersIn('path', route.params),
      ...parametersIn('query', route.query),
      ...headersOf(route),
    ],
    ...(route.body !== undefined && {
      requestBody: {
        required: true,
        content:
          route.body === 'bytes'
            ? { 'application/octet-stream': {} }
            : { 'application/json': { schema: schemas.of(route.body, 'input') } },
      },
    }),
    responses: { ...success(route, schemas), ...refusals(problemsOf(route)) },
  };
}

function parametersIn(place: 'path' | 'query', schema: z.ZodType | undefined): JsonObject[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' });
  return Object.entries(properties).map(([name, of]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: of,
  }));
}

function headersOf({ repeat, tag, response }: Route): JsonObject[] {
  const header = (name: string, required: boolean, description: string, schema: JsonObject = {}) => ({
    name,
    in: 'header',
    required,
    description,
    schema: { type: 'string', ...schema },
  });
  return [
    ...(repeat === 'key'
      ? [
          header(
            IDEMPOTENCY_KEY_HEADER,
            true,
            '16 random bytes that stand for this one request and its repeats.',
            { pattern: '^"[0-9a-f]{32}"$' },
          ),
        ]
      : []),
    ...(tag === 'required'
      ? [header('if-match', true, 'The `ETag` of the case that the signed statement is about.')]
      : []),
    ...(response === 'events'
      ? [header('last-event-id', false, 'The id of the hint that was heard last, to go on from there.')]
      : []),
    ...(tag === 'answered' ? [header('if-none-match', false, 'The `ETag` of the file at hand.')] : []),
  ];
}

const HINTS =
  'Server-sent events until the session ends: `case`, whose id is the case, a hyphen and the number of its event, and `queue`. They carry no content; a comment shows at least every 15 seconds that the connection lives.';
const STREAM: JsonObject = { 'text/event-stream': { schema: { type: 'string' } } };

function success(route: Route, schemas: WireSchemas): JsonObject {
  const { response } = route;
  if (response === 'none') return { '204': { description: 'Done.' } };
  if (response === 'events') return { '200': { description: HINTS, content: STREAM } };
  const content =
    response === 'bytes'
      ? { 'application/octet-stream': {} }
      : response === 'text'
        ? { 'text/plain': { schema: { type: 'string' } } }
        : { 'application/json': { schema: schemas.of(response, 'output') } };
  if (route.tag !== 'answered') return { '200': { description: 'Done.', content } };
  const headers = {
    etag: { description: 'The state of the case and its file.', schema: { type: 'string' } },
  };
  return {
    '200': { description: 'Done.', headers, content },
    '304': { description: 'The file at hand is the newest.', headers },
  };
}

/** One response for each status, naming the codes behind it. */
function refusals(codes: readonly ProblemCode[]): JsonObject {
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code].status))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => {
      const here = codes.filter((code) => PROBLEMS[code].status === status);
      return [
        String(status),
        {
          description: here.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
          content: {
            'application/problem+json': {
              schema: {
                allOf: [{ $ref: '#/components/schemas/Problem' }],
                properties: { code: { enum: here } },
              },
            },
          },
        },
      ];
    }),
  );
}

function isSchema(part: Route['body'] | Route['response']): part is z.ZodType {
  return part !== undefined && typeof part !== 'string';
}
