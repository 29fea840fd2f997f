/** What a call of a route takes and gives, as types over the route table. */
import type { z } from 'zod';
import type { RouteName, ROUTES } from './routes.js';

type Table = typeof ROUTES;
type InputOf<S> = S extends z.ZodType ? z.input<S> : never;

/** What a caller gives for a route: `params`, `query` and `body`, each only where the route has it. */
export type RouteRequest<N extends RouteName> = (Table[N] extends { readonly params: infer S }
  ? { readonly params: InputOf<S> }
  : unknown) &
  (Table[N] extends { readonly query: infer S } ? { readonly query: InputOf<S> } : unknown) &
  (Table[N] extends { readonly body: infer S }
    ? { readonly body: S extends 'bytes' ? Uint8Array<ArrayBuffer> : InputOf<S> }
    : unknown);

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
