/** The route table: one row per call, from which servers, clients and tests take their paths and schemas. */
import { z } from 'zod';
import type { Route } from './route.js';
import { hashSchema, idSchema, PART_BYTES, partParams } from './primitives.js';
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
import { STAFF_ROUTES } from './staff-routes.js';

const blobParams = z.strictObject({ blob: idSchema });

export const ROUTES = {
  openApi: {
    surface: 'both',
    method: 'GET',
    path: '/v1/openapi.json',
    auth: 'none',
    summary: 'This description of the surface (OpenAPI 3.1)',
    response: z.looseObject({ openapi: z.string() }),
  },
  info: {
    surface: 'both',
    method: 'GET',
    path: '/v1/info',
    auth: 'none',
    summary: 'What this instance is and what it stands on now',
    response: infoSchema,
  },
  keyset: {
    surface: 'both',
    method: 'GET',
    path: '/keyset',
    auth: 'none',
    summary: 'The KEYSET that the ledger announces now',
    response: 'bytes',
  },
  keysetByHash: {
    surface: 'both',
    method: 'GET',
    path: '/keyset/:hash',
    auth: 'none',
    summary: 'One KEYSET by its SHA-256',
    problems: ['not_found'],
    params: z.strictObject({ hash: hashSchema }),
    response: 'bytes',
  },
  keysetProof: {
    surface: 'both',
    method: 'GET',
    path: '/v1/keyset-proof',
    auth: 'none',
    summary: 'That the KEYSET is in the ledger',
    response: proofSchema,
  },
  policy: {
    surface: 'both',
    method: 'GET',
    path: '/policy/:hash',
    auth: 'none',
    summary: 'One POLICY by its SHA-256, as canonical JSON',
    problems: ['not_found'],
    params: z.strictObject({ hash: hashSchema }),
    response: 'text',
  },
  published: {
    surface: 'both',
    method: 'GET',
    path: '/published/:hash',
    auth: 'none',
    summary: 'A document that an entry of the ledger names by its SHA-256',
    problems: ['not_found'],
    params: z.strictObject({ hash: hashSchema }),
    response: 'bytes',
  },
  checkpoint: {
    surface: 'both',
    method: 'GET',
    path: '/checkpoint',
    auth: 'none',
    summary: 'The newest checkpoint with its cosignatures (C2SP tlog-checkpoint)',
    response: 'text',
  },
  nonces: {
    surface: 'public',
    method: 'POST',
    path: '/v1/nonces',
    auth: 'none',
    summary: 'Single-use nonces to sign requests with',
    repeat: 'harmless',
    body: noncesRequestSchema,
    response: noncesSchema,
  },
  reserveBlob: {
    surface: 'public',
    method: 'PUT',
    path: '/v1/blobs/:blob',
    auth: 'mailbox',
    work: true,
    summary: 'Announces a sealed attachment and its length',
    problems: ['wrong_size_class', 'id_taken'],
    repeat: 'content',
    params: blobParams,
    body: blobReservationSchema,
    response: blobStatusSchema,
  },
  blobStatus: {
    surface: 'public',
    method: 'GET',
    path: '/v1/blobs/:blob',
    auth: 'mailbox',
    summary: 'Which parts of an attachment are stored',
    problems: ['not_found'],
    params: blobParams,
    response: blobStatusSchema,
  },
  putPart: {
    surface: 'public',
    method: 'PUT',
    path: '/v1/blobs/:blob/parts/:part',
    auth: 'mailbox',
    summary: 'Stores one part of an attachment',
    problems: ['not_found', 'wrong_size_class', 'part_mismatch'],
    repeat: 'content',
    params: partParams,
    body: 'bytes',
    response: 'none',
  },
  getPart: {
    surface: 'public',
    method: 'GET',
    path: '/v1/blobs/:blob/parts/:part',
    auth: 'mailbox',
    summary: 'One part of an attachment of the own case',
    problems: ['not_found'],
    params: partParams,
    response: 'bytes',
  },
  submit: {
    surface: 'public',
    method: 'POST',
    path: '/v1/threads',
    auth: 'mailbox',
    work: true,
    summary: 'Submits a sealed report',
    problems: [
      'malformed_bytes',
      'suite_unsupported',
      'wrong_size_class',
      'sealed_malformed',
      'not_found',
      'id_taken',
      'out_of_date',
      'not_allowed_now',
      'consent_missing',
      'blob_incomplete',
      'codes_mismatch',
    ],
    repeat: 'content',
    body: submissionSchema,
    response: submissionReceiptSchema,
  },
  mailbox: {
    surface: 'public',
    method: 'GET',
    path: '/v1/mailbox',
    auth: 'mailbox',
    summary: 'The own case, in an answer of fixed size',
    problems: ['not_found'],
    response: mailboxSchema,
  },
  mailboxObject: {
    surface: 'public',
    method: 'GET',
    path: '/v1/mailbox/objects/:object',
    auth: 'mailbox',
    summary: 'One sealed object of the own case',
    problems: ['not_found'],
    params: z.strictObject({ object: hashSchema }),
    response: storedObjectSchema,
  },
  mailboxAct: {
    surface: 'public',
    method: 'POST',
    path: '/v1/mailbox/acts',
    auth: 'mailbox',
    summary: 'One act of the reporter in her own case',
    problems: [
      'case_moved',
      'malformed_bytes',
      'suite_unsupported',
      'wrong_size_class',
      'sealed_malformed',
      'not_found',
      'not_allowed_now',
      'blob_incomplete',
      'codes_mismatch',
    ],
    repeat: 'content',
    body: mailboxActSchema,
    response: submissionReceiptSchema,
  },
  mailboxProof: {
    surface: 'public',
    method: 'GET',
    path: '/v1/mailbox/proofs/:event',
    auth: 'mailbox',
    summary: 'That an event of the own case is in the ledger',
    problems: ['not_found'],
    params: z.strictObject({ event: z.coerce.number().int().min(1).max(0xffffffff) }),
    response: proofSchema,
  },
  ...STAFF_ROUTES,
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;

/** The largest JSON body any route accepts; a part is raw bytes of at most `PART_BYTES`. */
export const JSON_BODY_MAX_BYTES = PART_BYTES;

/** `time.signature` of a request of a session, beside its token: decimal and base64 (libs/crypto SPEC.md §9.2). */
export const SESSION_PROOF_HEADER = 'safe-conduct-session';
/**
 * Name of the header that carries the mailbox signature: `mailbox.key.nonce.signature`, hex x3 and base64, and the
 * counter of its work where that is asked for.
 */
export const MAILBOX_SIGNATURE_HEADER = 'safe-conduct-mailbox';

const WORK_ROUTES = [ROUTES.submit, ROUTES.reserveBlob];

/** Whether a request stores something new, and so costs work while a flood lasts. @param path - without a query. */
export function costsWork(method: string, path: string): boolean {
  return WORK_ROUTES.some(
    (route) =>
      route.method === method && new RegExp(`^${route.path.replace(/:[a-z]+/g, '[^/]+')}$`).test(path),
  );
}
