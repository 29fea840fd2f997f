/** The route table: one row per call, from which servers, clients and tests take their paths and schemas. */
import type { z } from 'zod';
import { z as zod } from 'zod';
import { hashSchema, idSchema, PART_BYTES } from './primitives.js';
import {
  blobReservationSchema,
  blobStatusSchema,
  infoSchema,
  mailboxActSchema,
  mailboxSchema,
  noncesRequestSchema,
  noncesSchema,
  submissionReceiptSchema,
  submissionSchema,
} from './public-api.js';
import { proofSchema, storedObjectSchema } from './sealed.js';
import {
  alarmsQuerySchema,
  alarmsSchema,
  caseFileSchema,
  caseListQuerySchema,
  caseListSchema,
  challengeSchema,
  checkpointsQuerySchema,
  checkpointsSchema,
  deadLetterDiscardSchema,
  deadLettersQuerySchema,
  deadLettersSchema,
  delaysQuerySchema,
  delaysSchema,
  epochBoxesSchema,
  keysetPublicationSchema,
  openingsQuerySchema,
  openingsSchema,
  responseTimesSchema,
  sessionRequestSchema,
  sessionSchema,
  staffActReceiptSchema,
  staffActSchema,
  vaultRequestSchema,
  vaultSchema,
} from './staff-api.js';

export type Route = {
  readonly surface: 'public' | 'staff' | 'both';
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `:name` marks a parameter. */
  readonly path: string;
  /** Who must have signed: nobody, the mailbox key over the request, or a staff session. */
  readonly auth: 'none' | 'mailbox' | 'session';
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  /** A JSON body by its schema, or raw bytes. */
  readonly body?: z.ZodType | 'bytes';
  /** JSON by its schema, raw bytes, text, or nothing. */
  readonly response: z.ZodType | 'bytes' | 'text' | 'none';
};

const blobParams = zod.strictObject({ blob: idSchema });
const partParams = zod.strictObject({ blob: idSchema, part: zod.coerce.number().int().min(0).max(511) });
const caseParams = zod.strictObject({ case: idSchema });
const letterParams = zod.strictObject({ letter: idSchema });

export const ROUTES = {
  info: { surface: 'both', method: 'GET', path: '/v1/info', auth: 'none', response: infoSchema },
  keyset: { surface: 'both', method: 'GET', path: '/keyset', auth: 'none', response: 'bytes' },
  keysetByHash: {
    surface: 'both',
    method: 'GET',
    path: '/keyset/:hash',
    auth: 'none',
    params: zod.strictObject({ hash: hashSchema }),
    response: 'bytes',
  },
  keysetProof: {
    surface: 'both',
    method: 'GET',
    path: '/v1/keyset-proof',
    auth: 'none',
    response: proofSchema,
  },
  policy: {
    surface: 'both',
    method: 'GET',
    path: '/policy/:hash',
    auth: 'none',
    params: zod.strictObject({ hash: hashSchema }),
    response: 'text',
  },
  published: {
    surface: 'both',
    method: 'GET',
    path: '/published/:hash',
    auth: 'none',
    params: zod.strictObject({ hash: hashSchema }),
    response: 'bytes',
  },
  checkpoint: { surface: 'both', method: 'GET', path: '/checkpoint', auth: 'none', response: 'text' },
  nonces: {
    surface: 'public',
    method: 'POST',
    path: '/v1/nonces',
    auth: 'none',
    body: noncesRequestSchema,
    response: noncesSchema,
  },
  reserveBlob: {
    surface: 'public',
    method: 'PUT',
    path: '/v1/blobs/:blob',
    auth: 'mailbox',
    params: blobParams,
    body: blobReservationSchema,
    response: blobStatusSchema,
  },
  blobStatus: {
    surface: 'public',
    method: 'GET',
    path: '/v1/blobs/:blob',
    auth: 'mailbox',
    params: blobParams,
    response: blobStatusSchema,
  },
  putPart: {
    surface: 'public',
    method: 'PUT',
    path: '/v1/blobs/:blob/parts/:part',
    auth: 'mailbox',
    params: partParams,
    body: 'bytes',
    response: 'none',
  },
  getPart: {
    surface: 'public',
    method: 'GET',
    path: '/v1/blobs/:blob/parts/:part',
    auth: 'mailbox',
    params: partParams,
    response: 'bytes',
  },
  submit: {
    surface: 'public',
    method: 'POST',
    path: '/v1/threads',
    auth: 'mailbox',
    body: submissionSchema,
    response: submissionReceiptSchema,
  },
  mailbox: {
    surface: 'public',
    method: 'GET',
    path: '/v1/mailbox',
    auth: 'mailbox',
    response: mailboxSchema,
  },
  mailboxObject: {
    surface: 'public',
    method: 'GET',
    path: '/v1/mailbox/objects/:object',
    auth: 'mailbox',
    params: zod.strictObject({ object: hashSchema }),
    response: storedObjectSchema,
  },
  mailboxAct: {
    surface: 'public',
    method: 'POST',
    path: '/v1/mailbox/acts',
    auth: 'mailbox',
    body: mailboxActSchema,
    response: submissionReceiptSchema,
  },
  mailboxProof: {
    surface: 'public',
    method: 'GET',
    path: '/v1/mailbox/proofs/:event',
    auth: 'mailbox',
    params: zod.strictObject({ event: zod.coerce.number().int().min(1).max(0xffffffff) }),
    response: proofSchema,
  },
  vault: {
    surface: 'staff',
    method: 'POST',
    path: '/v1/session/vault',
    auth: 'none',
    body: vaultRequestSchema,
    response: vaultSchema,
  },
  challenge: {
    surface: 'staff',
    method: 'POST',
    path: '/v1/session/challenge',
    auth: 'none',
    response: challengeSchema,
  },
  openSession: {
    surface: 'staff',
    method: 'POST',
    path: '/v1/session',
    auth: 'none',
    body: sessionRequestSchema,
    response: sessionSchema,
  },
  closeSession: {
    surface: 'staff',
    method: 'DELETE',
    path: '/v1/session',
    auth: 'session',
    response: 'none',
  },
  epochBoxes: {
    surface: 'staff',
    method: 'GET',
    path: '/v1/epoch-boxes',
    auth: 'session',
    response: epochBoxesSchema,
  },
  publishKeyset: {
    surface: 'staff',
    method: 'POST',
    path: '/v1/keysets',
    auth: 'session',
    body: keysetPublicationSchema,
    response: 'none',
  },
  cases: {
    surface: 'staff',
    method: 'GET',
    path: '/v1/cases',
    auth: 'session',
    query: caseListQuerySchema,
    response: caseListSchema,
  },
  caseFile: {
    surface: 'staff',
    method: 'GET',
    path: '/v1/cases/:case',
    auth: 'session',
    params: caseParams,
    response: caseFileSchema,
  },
  casePart: {
    surface: 'staff',
    method: 'GET',
    path: '/v1/cases/:case/blobs/:blob/parts/:part',
    auth: 'session',
    params: zod.strictObject({ ...caseParams.shape, ...partParams.shape }),
    response: 'bytes',
  },
  caseAct: {
    surface: 'staff',
    method: 'POST',
    path: '/v1/cases/:case/acts',
    auth: 'session',
    params: caseParams,
    body: staffActSchema,
    response: staffActReceiptSchema,
  },
  openings: {
    surface: 'staff',
    method: 'GET',
    path: '/v1/oversight/openings',
    auth: 'session',
    query: openingsQuerySchema,
    response: openingsSchema,
  },
  checkpoints: {
    surface: 'staff',
    method: 'GET',
    path: '/v1/oversight/checkpoints',
    auth: 'session',
    query: checkpointsQuerySchema,
    response: checkpointsSchema,
  },
  responseTimes: {
    surface: 'staff',
    method: 'GET',
    path: '/v1/oversight/response-times',
    auth: 'session',
    response: responseTimesSchema,
  },
  delays: {
    surface: 'staff',
    method: 'GET',
    path: '/v1/oversight/delays',
    auth: 'session',
    query: delaysQuerySchema,
    response: delaysSchema,
  },
  alarms: {
    surface: 'staff',
    method: 'GET',
    path: '/v1/oversight/alarms',
    auth: 'session',
    query: alarmsQuerySchema,
    response: alarmsSchema,
  },
  deadLetters: {
    surface: 'staff',
    method: 'GET',
    path: '/v1/operations/dead-letters',
    auth: 'session',
    query: deadLettersQuerySchema,
    response: deadLettersSchema,
  },
  redriveDeadLetter: {
    surface: 'staff',
    method: 'POST',
    path: '/v1/operations/dead-letters/:letter/redrive',
    auth: 'session',
    params: letterParams,
    response: 'none',
  },
  discardDeadLetter: {
    surface: 'staff',
    method: 'POST',
    path: '/v1/operations/dead-letters/:letter/discard',
    auth: 'session',
    params: letterParams,
    body: deadLetterDiscardSchema,
    response: 'none',
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;

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

/** The largest JSON body any route accepts; a part is raw bytes of at most `PART_BYTES`. */
export const JSON_BODY_MAX_BYTES = PART_BYTES;

/** Name of the header that carries the mailbox signature: `mailbox.key.nonce.signature`, hex x3 and base64. */
export const MAILBOX_SIGNATURE_HEADER = 'safe-conduct-mailbox';
