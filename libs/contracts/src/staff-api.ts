/** The staff origin: what the desk's clients say to the desk. */
import { z } from 'zod';
import {
  base64Of,
  base64UpTo,
  eventNumberSchema,
  hashSchema,
  idSchema,
  instantSchema,
  KEY_BOX_BYTES,
  signatureSchema,
} from './primitives.js';
import { caseEventSchema } from './public-api.js';
import {
  compartmentKeySchema,
  epochSchema,
  eventReceiptSchema,
  keyBoxSchema,
  newMailboxSchema,
  sealedObjectSchema,
  storedBlobSchema,
  storedBoxSchema,
  storedObjectSchema,
} from './sealed.js';

const KEYRING_MAX_BYTES = 65_536;

export const vaultRequestSchema = z.strictObject({ subject: idSchema, authKey: base64Of(32) });
export const vaultSchema = z.object({ keyring: base64UpTo(KEYRING_MAX_BYTES), certificateHash: hashSchema });

export const challengeSchema = z.object({ nonce: hashSchema, expires: instantSchema });
export const sessionRequestSchema = z.strictObject({
  certificateHash: hashSchema,
  nonce: hashSchema,
  signature: signatureSchema,
});
/** The token is sent once, as `Authorization: Bearer`; the server keeps its hash. */
export const sessionSchema = z.object({ token: hashSchema, expires: instantSchema });

export const caseSummarySchema = z.object({
  casePseudonym: idSchema,
  phase: z.string(),
  priority: z.string().nullable(),
  declaredUrgent: z.string(),
  escalated: z.boolean(),
  role: idSchema,
  assignedToMe: z.boolean(),
  eventNumber: eventNumberSchema,
  receivedAt: instantSchema,
  nextDeadline: instantSchema.nullable(),
});
export type CaseSummary = z.infer<typeof caseSummarySchema>;

export const caseListQuerySchema = z.strictObject({
  after: idSchema.optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});
export const caseListSchema = z.object({ cases: z.array(caseSummarySchema), next: idSchema.nullable() });
export type CaseList = z.infer<typeof caseListSchema>;

export const caseFileSchema = z.object({
  casePseudonym: idSchema,
  threadId: idSchema,
  policyHash: hashSchema,
  events: z.array(caseEventSchema),
  compartments: z.array(compartmentKeySchema),
  boxes: z.array(storedBoxSchema),
  objects: z.array(storedObjectSchema),
  blobs: z.array(storedBlobSchema),
  /** What staff signed for each of their events, so that the next officer need not believe the server. */
  statements: z
    .array(
      z.object({ eventNumber: eventNumberSchema, statement: base64UpTo(1_024), signature: signatureSchema }),
    )
    .optional(),
});
export type CaseFile = z.infer<typeof caseFileSchema>;

/** One signed act. `act` is an act of libs/casework; everything else is what it brings with it. */
export const staffActSchema = z.strictObject({
  act: z.looseObject({ kind: z.string().max(40) }),
  statement: base64UpTo(1_024),
  signature: signatureSchema,
  /** The second officer's signature over the same statement, where the act needs two. */
  second: z.strictObject({ certificateHash: hashSchema, signature: signatureSchema }).optional(),
  compartments: z.array(compartmentKeySchema).max(2).default([]),
  boxes: z.array(keyBoxSchema).max(8).default([]),
  objects: z.array(sealedObjectSchema).max(4).default([]),
  /** Of the person invited. */
  mailbox: newMailboxSchema.optional(),
});
export type StaffAct = z.input<typeof staffActSchema>;

export const staffActReceiptSchema = z.object({ receipt: eventReceiptSchema });

/** A role epoch's seed, boxed to one holder's certificate key. */
export const epochBoxSchema = z.strictObject({
  role: idSchema,
  epoch: epochSchema,
  certificateHash: hashSchema,
  box: base64Of(KEY_BOX_BYTES),
});
export const epochBoxesSchema = z.object({ boxes: z.array(epochBoxSchema) });
export type EpochBox = z.infer<typeof epochBoxSchema>;

/** What the staff server stores of one member: nothing in it opens without her words. */
export const staffVaultSchema = z.strictObject({
  subject: idSchema,
  authHash: hashSchema,
  certificateHash: hashSchema,
  keyring: base64UpTo(KEYRING_MAX_BYTES),
});
export type StaffVault = z.infer<typeof staffVaultSchema>;

/** `staff.json`: what a key ceremony made for the members of staff, sealed to each of them. */
export const staffFileSchema = z.strictObject({
  vaults: z.array(staffVaultSchema),
  epochBoxes: z.array(epochBoxSchema),
});
export type StaffFile = z.infer<typeof staffFileSchema>;

export const keysetPublicationSchema = z.strictObject({
  keyset: base64UpTo(1_048_576),
  boxes: z.array(epochBoxSchema).max(64),
});

export const openingsQuerySchema = z.strictObject({
  from: z.coerce.number().int().min(0),
  to: z.coerce.number().int().min(0),
});
/** Openings of leaves [from, to): every class-0 leaf, cover included; null for a public leaf. */
export const openingsSchema = z.object({
  from: z.int(),
  openings: z.array(z.object({ random: base64Of(32), opening: base64Of(512) }).nullable()),
});
export type Openings = z.infer<typeof openingsSchema>;

/** Cosigned checkpoints with sizes in (after, upTo]. */
export const checkpointsQuerySchema = z.strictObject({
  after: z.coerce.number().int().min(0),
  upTo: z.coerce.number().int().min(0),
});
/** By rising size; `next` goes into the next call's `after`, null after the last. */
export const checkpointsSchema = z.object({ notes: z.array(z.string()), next: z.int().nullable() });
export type CheckpointPage = z.infer<typeof checkpointsSchema>;

/**
 * All that an accredited auditor needs, in one file: every entry with its opening, the history of cosigned
 * checkpoints, and the POLICY documents as canonical JSON. Strictly confidential (libs/tlog/SPEC.md §11).
 */
export const auditBundleSchema = z.strictObject({
  version: z.literal(1),
  entries: z.array(base64UpTo(65_535)),
  openings: openingsSchema.shape.openings,
  checkpoints: z.array(z.string()),
  policies: z.array(z.string()),
});
export type AuditBundle = z.infer<typeof auditBundleSchema>;

export const responseTimeSchema = z.object({
  casePseudonym: idSchema,
  clock: z.string(),
  instance: z.int(),
  startedAt: instantSchema,
  stoppedAt: instantSchema.nullable(),
  grossSeconds: z.int().nullable(),
  targetSeconds: z.int().nullable(),
  lapsedAt: instantSchema.nullable(),
});
export const responseTimesSchema = z.object({ times: z.array(responseTimeSchema) });
export type ResponseTime = z.infer<typeof responseTimeSchema>;
