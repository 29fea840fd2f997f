/** The staff origin: what the desk's clients say to the desk. */
import { z } from 'zod';
import {
  base64Of,
  base64UpTo,
  cursorOf,
  eventNumberSchema,
  hashSchema,
  idSchema,
  instantSchema,
  KEY_BOX_BYTES,
  limitUpTo,
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

/** `code` is the second factor of a password. */
export const vaultRequestSchema = z.strictObject({
  subject: idSchema,
  authKey: base64Of(32),
  code: z
    .string()
    .regex(/^[0-9]{6}$/)
    .optional(),
});
/** A list of eight unlockers (libs/crypto SPEC.md §11.7). */
const UNLOCKERS_MAX_BYTES = 32_768;
/** `unlockers` is null as a ceremony made the vault; `nonce` opens one session. */
export const vaultSchema = z.object({
  keyring: base64UpTo(KEYRING_MAX_BYTES),
  unlockers: base64UpTo(UNLOCKERS_MAX_BYTES).nullable(),
  certificateHash: hashSchema,
  nonce: hashSchema,
  expires: instantSchema,
});
export const vaultChangeSchema = z.strictObject({
  keyring: base64UpTo(KEYRING_MAX_BYTES),
  unlockers: base64UpTo(UNLOCKERS_MAX_BYTES),
});

export const sessionRequestSchema = z.strictObject({
  certificateHash: hashSchema,
  nonce: hashSchema,
  /** The key that will sign the requests of the session. */
  deviceKey: hashSchema,
  signature: signatureSchema,
});
/**
 * The token is sent once, as `Authorization: Bearer`; the server keeps its hash. `now` is the server's clock, by which
 * requests are signed; a session unused for `idleSeconds` is over.
 */
export const sessionSchema = z.object({
  token: hashSchema,
  now: instantSchema,
  expires: instantSchema,
  idleSeconds: z.int().min(1),
});

/** Those of the person who asks, last used first, at most 50. */
export const sessionsSchema = z.object({
  sessions: z.array(
    z.object({
      id: idSchema,
      openedAt: instantSchema,
      /** To the minute. */
      usedAt: instantSchema,
      expires: instantSchema,
      /** The one that asks. */
      current: z.boolean(),
    }),
  ),
});
export type SessionList = z.infer<typeof sessionsSchema>;

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
  /** From then on a deadline of the case is due soon. */
  warnAt: instantSchema.nullable(),
  /** Arrived in a flood, and nobody has taken it up yet. */
  quarantined: z.boolean(),
});
export type CaseSummary = z.infer<typeof caseSummarySchema>;

/** Bytes of a place in a list by time: seconds and a pseudonym. */
export const PLACE_CURSOR_BYTES = 24;
const flagSchema = z.enum(['true', 'false']);
const codeSchema = z.string().regex(/^[A-Z0-9_]{1,40}$/);
export const caseListQuerySchema = z.strictObject({
  after: cursorOf(PLACE_CURSOR_BYTES).optional(),
  limit: limitUpTo(100, 50),
  phase: codeSchema.optional(),
  priority: codeSchema.optional(),
  escalated: flagSchema.optional(),
  /** Whether the next deadline has passed. */
  overdue: flagSchema.optional(),
  /** Whether the case is assigned to the person who asks. */
  mine: flagSchema.optional(),
  /** Those that arrived in a flood, or, unless it is given, those that did not. */
  quarantined: flagSchema.default('false'),
});
export type CaseListQuery = z.input<typeof caseListQuerySchema>;
/** By next deadline, those without one last, then by pseudonym. */
export const caseListSchema = z.object({
  cases: z.array(caseSummarySchema),
  next: cursorOf(PLACE_CURSOR_BYTES).nullable(),
  /** Whether any case of the role is set apart as part of a flood. */
  anyQuarantined: z.boolean(),
});
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

export const retentionQuerySchema = z.strictObject({
  after: cursorOf(PLACE_CURSOR_BYTES).optional(),
  limit: limitUpTo(100, 50),
  /** Also what comes due within so many days. */
  days: z.coerce.number().int().min(0).max(3_660).default(30),
});
/** What two custodians sign for: codes and random identifiers, no event and no content. */
export const retentionCaseSchema = z.object({
  casePseudonym: idSchema,
  phase: z.string(),
  eventNumber: eventNumberSchema,
  /** Of the last event. */
  commitment: hashSchema,
  policyHash: hashSchema,
  /** `withdrawn`: may be erased since; `erase`, `review`: that day; null for a case that has no day. */
  due: z.object({ kind: z.enum(['withdrawn', 'erase', 'review']), at: instantSchema }).nullable(),
  legalHold: z.boolean(),
});
export type RetentionCase = z.infer<typeof retentionCaseSchema>;
/** By day, then by pseudonym; held ones too. */
export const retentionListSchema = z.object({
  cases: z.array(retentionCaseSchema),
  next: cursorOf(PLACE_CURSOR_BYTES).nullable(),
});
export type RetentionList = z.infer<typeof retentionListSchema>;

export const referralsQuerySchema = z.strictObject({ after: idSchema.optional(), limit: limitUpTo(100, 50) });
/** What a mechanism knows of a case: what it was given, and what its statement about it names. */
export const referralSchema = z.object({
  casePseudonym: idSchema,
  /** Within the case. */
  number: z.int().min(1),
  channel: z.string(),
  /** The last that was noted; null before. */
  noted: z.string().nullable(),
  /** Then nothing is left of the extract. */
  erased: z.boolean(),
  eventNumber: eventNumberSchema,
  /** Of the last event. */
  commitment: hashSchema,
  policyHash: hashSchema,
});
export type ReferralSummary = z.infer<typeof referralSchema>;
/** By pseudonym; `next` goes into the next call's `after`, null after the last. */
export const referralListSchema = z.object({ referrals: z.array(referralSchema), next: idSchema.nullable() });
export type ReferralList = z.infer<typeof referralListSchema>;
export const referralFileSchema = z.object({
  ...referralSchema.shape,
  threadId: idSchema,
  compartment: z.int().min(16).max(255),
  boxes: z.array(storedBoxSchema),
  objects: z.array(storedObjectSchema),
});
export type ReferralFile = z.infer<typeof referralFileSchema>;

export const staffActReceiptSchema = z.object({ receipt: eventReceiptSchema });

/** A role epoch's seed, boxed to one holder's certificate key. */
export const epochBoxSchema = z.strictObject({
  role: idSchema,
  epoch: epochSchema,
  certificateHash: hashSchema,
  box: base64Of(KEY_BOX_BYTES),
});
/** Bytes of a place among epoch boxes: a role and an epoch. */
export const EPOCH_BOX_CURSOR_BYTES = 20;
export const epochBoxesQuerySchema = z.strictObject({
  after: cursorOf(EPOCH_BOX_CURSOR_BYTES).optional(),
  limit: limitUpTo(100, 100),
});
/** By role and epoch. */
export const epochBoxesSchema = z.object({
  boxes: z.array(epochBoxSchema),
  next: cursorOf(EPOCH_BOX_CURSOR_BYTES).nullable(),
});
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
  limit: limitUpTo(1_000, 1_000),
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
/** `limit` counts cases; all clocks of a case are in one answer. */
export const responseTimesQuerySchema = z.strictObject({
  after: idSchema.optional(),
  limit: limitUpTo(500, 200),
});
/** By pseudonym. */
export const responseTimesSchema = z.object({
  times: z.array(responseTimeSchema),
  next: idSchema.nullable(),
});
export type ResponseTime = z.infer<typeof responseTimeSchema>;

/** A job that failed for good, as the administrator sees it: by a random id of its own, without what it was about. */
export const deadLetterSchema = z.object({
  id: idSchema,
  queue: z.string(),
  /** Names and codes of the last error. */
  error: z.string(),
  /** How often the last job ran. */
  attempts: z.int(),
  /** How many jobs about the same failed. */
  failures: z.int(),
  firstFailedAt: instantSchema,
  failedAt: instantSchema,
  state: z.enum(['open', 'redriven', 'discarded']),
  reason: z.string().nullable(),
  settledAt: instantSchema.nullable(),
});
export type DeadLetter = z.infer<typeof deadLetterSchema>;

export const deadLettersQuerySchema = z.strictObject({
  state: deadLetterSchema.shape.state.default('open'),
  after: idSchema.optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});
/** The oldest first; `next` goes into the next call's `after`, null after the last. */
export const deadLettersSchema = z.object({
  letters: z.array(deadLetterSchema),
  next: idSchema.nullable(),
});
export type DeadLetterPage = z.infer<typeof deadLettersSchema>;

/** Why a dead letter is laid aside. Codes: a free text could say what the letter must not. */
export const DISCARD_REASONS = ['done_otherwise', 'obsolete', 'defect'] as const;
export const deadLetterDiscardSchema = z.strictObject({ reason: z.enum(DISCARD_REASONS) });

/** Lapses recorded in [from, to). */
export const delaysQuerySchema = z.strictObject({
  from: z.coerce.number().int().min(0),
  to: z.coerce.number().int().min(0),
});
/** How late the worker recorded them: seconds between a target and its lapse in the ledger; null without any. */
export const delaysSchema = z.object({
  count: z.int(),
  maxSeconds: z.int().nullable(),
  p50Seconds: z.int().nullable(),
  p95Seconds: z.int().nullable(),
});
export type Delays = z.infer<typeof delaysSchema>;

export const alarmSchema = z.object({
  id: z.int(),
  code: z.string(),
  /** Says where to look: a case, a dead letter, or a code. */
  subject: z.string(),
  raisedAt: instantSchema,
});
export const alarmsQuerySchema = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(100).default(50),
});
/** In the order in which they were raised; `next` goes into the next call's `after`, null after the last. */
export const alarmsSchema = z.object({ alarms: z.array(alarmSchema), next: z.int().nullable() });
export type AlarmPage = z.infer<typeof alarmsSchema>;
