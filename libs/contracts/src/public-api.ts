/** The public origin: what a participant's client says to intake. */
import { z } from 'zod';
import {
  base64UpTo,
  eventNumberSchema,
  hashSchema,
  idSchema,
  instantSchema,
  signatureSchema,
} from './primitives.js';
import {
  compartmentKeySchema,
  epochSchema,
  eventReceiptSchema,
  keyBoxSchema,
  newMailboxSchema,
  promiseSchema,
  sealedObjectSchema,
  storedBlobSchema,
  storedBoxSchema,
  storedObjectSchema,
} from './sealed.js';

export const infoSchema = z.object({
  organisation: z.string(),
  origin: z.string(),
  time: instantSchema,
  keysetVersion: z.int(),
  keysetHash: hashSchema,
  policyHash: hashSchema,
  ledgerSize: z.int(),
  witnessedAt: instantSchema.nullable(),
  maxAttachmentBytes: z.int(),
});
export type Info = z.infer<typeof infoSchema>;

export const noncesRequestSchema = z.strictObject({ count: z.int().min(1).max(64) });
/**
 * `work`: the zero bits that a request which stores something new costs now; 0 at rest, and never more than a weak phone
 * does in a few seconds (libs/crypto SPEC.md §9.3).
 */
export const noncesSchema = z.object({
  nonces: z.array(idSchema),
  expires: instantSchema,
  work: z.int().min(0).max(7),
});

export const blobReservationSchema = z.strictObject({ length: z.int().min(1) });
export const blobStatusSchema = z.object({ length: z.int(), parts: z.array(z.int()) });
export type BlobStatus = z.infer<typeof blobStatusSchema>;

/** 8 person rows x 13 scopes, one code each (libs/casework SPEC, consent matrix). */
export const consentMatrixSchema = z.string().regex(/^[nrwgNP123]{104}$/);

export const submissionSchema = z.strictObject({
  suite: z.int().min(0).max(255),
  threadId: idSchema,
  mailboxId: idSchema,
  mailboxKey: hashSchema,
  role: idSchema,
  roleEpoch: epochSchema,
  declaredUrgent: z.enum(['yes', 'no', 'unsure']),
  consents: consentMatrixSchema,
  /** Roles that must not see this report. */
  exclusions: z.array(idSchema).max(3),
  compartments: z.array(compartmentKeySchema).min(1).max(2),
  boxes: z.array(keyBoxSchema).min(2).max(4),
  /** The held-back escalation box: the `main` seed for the senior official's role epoch (consent K3). */
  escalation: keyBoxSchema.nullable(),
  objects: z.array(sealedObjectSchema).min(1).max(4),
  blobs: z.array(idSchema).max(8),
});
export type Submission = z.infer<typeof submissionSchema>;

export const submissionReceiptSchema = z.object({ receipt: eventReceiptSchema, promise: promiseSchema });
export type SubmissionReceipt = z.infer<typeof submissionReceiptSchema>;

/** Place of a person affected in the report. */
const personSchema = z.int().min(1).max(8);
/**
 * `after`: the last event of anybody with a code, as the writer saw the case. What she seals is numbered, so two acts of
 * one view would carry one number.
 */
const reporterObject = { object: sealedObjectSchema, after: eventNumberSchema };

/** What the holder of a receipt code may do with her case. */
export const mailboxActSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('message'), ...reporterObject, blobs: z.array(idSchema).max(8) }),
  z.strictObject({ kind: z.literal('confirm'), ...reporterObject, eventNumber: eventNumberSchema }),
  z.strictObject({ kind: z.literal('dispute'), ...reporterObject, eventNumber: eventNumberSchema }),
  z.strictObject({
    kind: z.literal('consent'),
    ...reporterObject,
    person: personSchema,
    /** Up to and including this row (libs/casework SPEC, consent matrix). */
    through: personSchema.optional(),
    scope: z.string().max(8),
    code: z.string().length(1),
  }),
  /** A code of her own for a person affected. The object, sealed to her extract, is what is said about her. */
  z.strictObject({
    kind: z.literal('invite'),
    ...reporterObject,
    person: personSchema,
    compartment: compartmentKeySchema,
    boxes: z.array(keyBoxSchema).min(2).max(4),
    mailbox: newMailboxSchema,
  }),
  z.strictObject({ kind: z.literal('join'), ...reporterObject }),
  z.strictObject({
    kind: z.literal('change_code'),
    ...reporterObject,
    boxes: z.array(keyBoxSchema).min(1).max(8),
    mailbox: newMailboxSchema,
  }),
  z.strictObject({ kind: z.literal('close'), ...reporterObject }),
  z.strictObject({ kind: z.literal('reopen'), ...reporterObject }),
]);
export type MailboxAct = z.infer<typeof mailboxActSchema>;

/** A promise-key signature over the mailbox's latest event: what the server claims is the newest state. */
export const mailboxStateSchema = z.object({
  eventNumber: eventNumberSchema,
  commitment: hashSchema,
  time: instantSchema,
  signature: signatureSchema,
});
export type MailboxState = z.infer<typeof mailboxStateSchema>;

export const caseEventSchema = z.object({
  ...eventReceiptSchema.shape,
  /** Null, as the two hashes, and `items` empty, once the case was erased: the commitment stands and opens no more. */
  payloadRandom: eventReceiptSchema.shape.payloadRandom.nullable(),
  statementHash: hashSchema.nullable(),
  signatureHash: hashSchema.nullable(),
  /** Position in the ledger, or null until it is sequenced. */
  index: z.int().nullable(),
});
export type CaseEventRecord = z.infer<typeof caseEventSchema>;

export const mailboxSchema = z.object({
  threadId: idSchema,
  casePseudonym: idSchema,
  state: mailboxStateSchema,
  events: z.array(caseEventSchema),
  compartments: z.array(compartmentKeySchema),
  boxes: z.array(storedBoxSchema),
  objects: z.array(storedObjectSchema),
  /** Objects too large for a fixed-size answer: fetch each by its id. */
  more: z.array(hashSchema),
  blobs: z.array(storedBlobSchema),
  /** Spaces, so that every answer has the same length whatever it holds. */
  padding: z.string(),
});
export type Mailbox = z.infer<typeof mailboxSchema>;

/** The padded length of a mailbox answer, in bytes of JSON; doubles until the events fit. */
export const MAILBOX_ANSWER_BYTES = 24_576;

export const keysetBytesSchema = base64UpTo(1_048_576);
