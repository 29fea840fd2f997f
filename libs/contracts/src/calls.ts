/** What a call of a route takes and gives, as types over the route table. */
import type { z } from 'zod';
import type { RouteName, ROUTES } from './routes.js';

type Table = typeof ROUTES;
type InputOf<S> = S extends z.ZodType ? z.input<S> : never;

/**
 * What a caller gives for a route, each only where the route has it: `params`, `query` and `body`; `idempotencyKey`, 16
 * random bytes in hex that stand for this one act and are kept for its repeats; `ifMatch`, the tag of the case it is for.
 */
export type RouteRequest<N extends RouteName> = (Table[N] extends { readonly params: infer S }
  ? { readonly params: InputOf<S> }
  : unknown) &
  (Table[N] extends { readonly query: infer S } ? { readonly query: InputOf<S> } : unknown) &
  (Table[N] extends { readonly body: infer S }
    ? { readonly body: S extends 'bytes' ? Uint8Array<ArrayBuffer> : InputOf<S> }
    : unknown) &
  (Table[N] extends { readonly repeat: 'key' } ? { readonly idempotencyKey: string } : unknown) &
  (Table[N] extends { readonly tag: 'required' } ? { readonly ifMatch: string } : unknown);

/** What a route answers with. */
export type RouteResponse<N extends RouteName> = Table[N]['response'] extends infer S
  ? S extends z.ZodType
    ? z.output<S>
    : S extends 'bytes'
      ? Uint8Array<ArrayBuffer>
      : S extends 'text'
        ? string
        : undefined
  : never;

/** The routes whose answers carry a tag. */
export type TaggedRoute = {
  [N in RouteName]: Table[N] extends { readonly tag: 'answered' } ? N : never;
}[RouteName];
