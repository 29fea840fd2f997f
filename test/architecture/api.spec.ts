/**
 * The descriptions in docs/api are those that the route table makes. After a change of the contracts:
 * `SAFE_CONDUCT_WRITE_API=1 npm test -- test/architecture/api` writes them anew.
 */
import {
  API_VERSION,
  openApiDocument,
  PROBLEM_CODES,
  problemsOf,
  type Route,
  ROUTES,
  routesOf,
} from '@app/contracts';
import { describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, textOf } from './tree.js';

const SURFACES = ['public', 'staff'] as const;
const fileOf = (surface: string): string => `docs/api/${surface}.openapi.json`;

type Parameter = {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: object;
};
type Operation = {
  readonly operationId: string;
  readonly summary: string;
  readonly security: readonly Record<string, readonly string[]>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: object };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: object }>>;
};
type Document = {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, unknown>>;
    readonly securitySchemes: object;
  };
};

/** What JSON Schema 2020-12 calls the keywords that are in use; anything else is a slip of the generator. */
const KEYWORDS = new Set(
  (
    'type enum const properties required additionalProperties items minItems maxItems prefixItems minLength ' +
    'maxLength pattern format minimum maximum exclusiveMinimum default anyOf oneOf allOf description ' +
    'propertyNames $ref'
  ).split(' '),
);
const WITH_NAMES_BELOW = new Set(['properties']);
const WITH_SCHEMAS_BELOW = new Set([
  'items',
  'additionalProperties',
  'anyOf',
  'oneOf',
  'allOf',
  'propertyNames',
]);

function badKeywords(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(badKeywords);
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]: [string, unknown]) => {
    if (!KEYWORDS.has(key)) return [key];
    if (WITH_NAMES_BELOW.has(key)) return Object.values(value as object).flatMap(badKeywords);
    return WITH_SCHEMAS_BELOW.has(key) ? badKeywords(value) : [];
  });
}

function schemasOf(part: unknown): unknown[] {
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([key, value]: [string, unknown]) =>
    key === 'schema' ? [value] : schemasOf(value),
  );
}

describe.each(SURFACES)('the description of the %s surface', (surface) => {
  const document = openApiDocument(surface) as unknown as Document;
  const text = `${JSON.stringify(document, null, 2)}\n`;
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );

  it('is the one in docs/api', () => {
    if (process.env.SAFE_CONDUCT_WRITE_API === '1') {
      mkdirSync(join(ROOT, 'docs/api'), { recursive: true });
      writeFileSync(join(ROOT, fileOf(surface)), text);
    }
    expect(existsSync(join(ROOT, fileOf(surface)))).toBe(true);
    expect(textOf(fileOf(surface))).toBe(text);
  });

  it('has every route of the surface once, with its method, path and authorisation', () => {
    const expected = routesOf(surface).map(([name, route]) => [
      name,
      `${route.method.toLowerCase()} ${route.path.replace(/:([a-z]+)/g, '{$1}')}`,
      route.auth === 'none' ? [] : [route.auth],
    ]);
    const described = operations.map(({ path, method, operation }) => [
      operation.operationId,
      `${method} ${path}`,
      operation.security.flatMap((scheme) => Object.keys(scheme)),
    ]);
    expect(described).toEqual(expected);
    expect(operations.filter(({ operation }) => operation.summary === '')).toEqual([]);
    const schemes = Object.keys(document.components.securitySchemes);
    const used = operations.flatMap(({ operation }) => operation.security.flatMap((s) => Object.keys(s)));
    expect(new Set(used)).toEqual(new Set(schemes));
  });

  it('names every parameter of a path, required, and no other', () => {
    for (const { path, operation } of operations) {
      const named = operation.parameters.filter((parameter) => parameter.in === 'path');
      expect(named.map(({ name }) => name)).toEqual(
        [...path.matchAll(/\{([a-z]+)\}/g)].map(([, name]) => name),
      );
      expect(named.every(({ required }) => required)).toBe(true);
      const keys = operation.parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
      expect(new Set(keys).size).toBe(keys.length);
    }
  });

  it('describes what goes in and what comes out, problems included', () => {
    for (const { operation } of operations) {
      const route: Route = ROUTES[operation.operationId as keyof typeof ROUTES];
      expect(operation.requestBody !== undefined).toBe(route.body !== undefined);
      const told = Object.values(operation.responses)
        .flatMap(({ description }) => [...description.matchAll(/`([a-z_]+)`:/g)].map(([, code]) => code))
        .sort();
      expect(told).toEqual([...problemsOf(route)].sort());
      expect(Object.keys(operation.responses).some((status) => status.startsWith('2'))).toBe(true);
    }
  });

  it('refers to components that are there, and uses them all', () => {
    const refs = new Set(
      [...text.matchAll(/"\$ref": "#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name),
    );
    expect(refs).toEqual(new Set(Object.keys(document.components.schemas)));
  });

  it('keeps to JSON Schema', () => {
    const schemas = [...schemasOf(document.paths), ...Object.values(document.components.schemas)];
    expect(schemas.length).toBeGreaterThan(20);
    expect([...new Set(schemas.flatMap(badKeywords))]).toEqual([]);
    expect(text).not.toContain('"$schema"');
  });

  it('says a version whose major number is that of the paths', () => {
    expect(document.info.version).toBe(API_VERSION);
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    const majors = Object.keys(document.paths).flatMap((path) => /^\/v(\d+)\//.exec(path)?.[1] ?? []);
    expect(new Set(majors)).toEqual(new Set([API_VERSION.split('.')[0]]));
  });
});

describe('the route table', () => {
  it('says of every write, and of nothing else, why it may be repeated', () => {
    const wrong = Object.entries<Route>(ROUTES).filter(
      ([, { method, repeat }]) => (method === 'GET') !== (repeat === undefined),
    );
    expect(wrong).toEqual([]);
  });

  it('has a place for every problem', () => {
    const answered = new Set(Object.values<Route>(ROUTES).flatMap(problemsOf));
    expect(PROBLEM_CODES.filter((code) => !answered.has(code))).toEqual([]);
  });

  it('gives a component that is asked for and answered one form', () => {
    const [one, other] = SURFACES.map((surface) => openApiDocument(surface) as unknown as Document);
    const both = Object.entries(one!.components.schemas).filter(
      ([name]) => name in other!.components.schemas,
    );
    for (const [name, schema] of both) {
      expect([name, schema]).toEqual([name, other!.components.schemas[name]]);
    }
    expect(both.length).toBeGreaterThan(5);
  });
});
