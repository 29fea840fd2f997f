/** Sealed material in requests and answers: what the server carries and cannot read. */
import { z } from 'zod';
import {
  base64Of,
  base64UpTo,
  eventNumberSchema,
  GRANT_BYTES,
  hashSchema,
  idSchema,
  instantSchema,
  MAILBOX_BYTES,
  KEY_BOX_BYTES,
  OBJECT_MAX_BYTES,
  PART_BYTES,
  signatureSchema,
} from './primitives.js';

/** main 0, identity 1, internal 2, extract/n 16 + n (libs/crypto SPEC). */
export const compartmentSchema = z.int().min(0).max(255);
export const epochSchema = z.int().min(1).max(0xffffffff);

/** A compartment's public key, from which everyone can seal to it. */
export const compartmentKeySchema = z.strictObject({
  compartment: compartmentSchema,
  epoch: epochSchema,
  publicKey: base64Of(1216),
});
export type CompartmentKey = z.infer<typeof compartmentKeySchema>;

/** A key box to a role epoch, or to the reporter's own key when `role` is absent. */
export const keyBoxSchema = z.strictObject({
  compartment: compartmentSchema,
  epoch: epochSchema,
  recipient: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('role'), role: idSchema, roleEpoch: epochSchema }),
    z.strictObject({ kind: z.literal('reporter') }),
  ]),
  box: base64Of(KEY_BOX_BYTES),
  /** The signed GRANT record; absent for the reporter's own first boxes, which the report lists. */
  grant: base64Of(GRANT_BYTES).optional(),
});
export type KeyBox = z.infer<typeof keyBoxSchema>;

export const sealedObjectSchema = z.strictObject({
  compartment: compartmentSchema,
  epoch: epochSchema,
  file: base64UpTo(OBJECT_MAX_BYTES),
});
export type SealedObject = z.infer<typeof sealedObjectSchema>;

/** A mailbox that an act opens: its identifier and the key that signs its requests. */
export const newMailboxSchema = base64Of(MAILBOX_BYTES);

/** An object as the server returns it: `id` is SHA-256 of the file. */
export const storedObjectSchema = z.object({
  id: hashSchema,
  compartment: compartmentSchema,
  epoch: epochSchema,
  author: z.enum(['reporter', 'staff']),
  eventNumber: eventNumberSchema,
  file: base64UpTo(OBJECT_MAX_BYTES),
});
export type StoredObject = z.infer<typeof storedObjectSchema>;

export const storedBoxSchema = z.object({ ...keyBoxSchema.shape, eventNumber: eventNumberSchema });
export type StoredBox = z.infer<typeof storedBoxSchema>;

/** A stored attachment; `sha256` lists its parts in order, 1 MiB each but the last. */
export const storedBlobSchema = z.object({
  id: idSchema,
  length: z.int().min(1),
  sha256: z.array(hashSchema),
  eventNumber: eventNumberSchema,
});
export type StoredBlob = z.infer<typeof storedBlobSchema>;

/** What every accepted act returns: all that is needed to recompute the leaf (libs/crypto SPEC, events). */
export const eventReceiptSchema = z.object({
  casePseudonym: idSchema,
  eventNumber: eventNumberSchema,
  entry: base64Of(44),
  random: base64Of(32),
  opening: base64Of(512),
  payloadRandom: base64Of(32),
  /** SHA-256 of the signed statement and of its signature; zeros where nobody signed. */
  statementHash: hashSchema,
  signatureHash: hashSchema,
  /** SHA-256 of the objects, boxes and GRANTs, in the order of the request. */
  items: z.array(hashSchema),
});
export type EventReceipt = z.infer<typeof eventReceiptSchema>;

/** The Signed Submission Promise: this entry will be in the ledger within `maxDelaySeconds`. */
export const promiseSchema = z.object({
  time: instantSchema,
  maxDelaySeconds: z.int().min(1),
  signature: signatureSchema,
});
export type Promised = z.infer<typeof promiseSchema>;

/** A C2SP tlog-proof and the entry it proves. */
export const proofSchema = z.object({ entry: base64UpTo(PART_BYTES), proof: z.string() });
export type LedgerProof = z.infer<typeof proofSchema>;

/**
 * The sealed items of a request in the order in which an event commits to their SHA-256 hashes: objects,
 * key boxes, the escalation box, GRANT records, the mailbox it opens. Base64 as sent.
 */
export function sealedItems(request: {
  readonly objects: readonly SealedObject[];
  readonly boxes: readonly KeyBox[];
  readonly escalation?: KeyBox | null;
  readonly mailbox?: string | undefined;
}): string[] {
  const boxes = request.escalation ? [...request.boxes, request.escalation] : request.boxes;
  return [
    ...request.objects.map((o) => o.file),
    ...boxes.map((b) => b.box),
    ...boxes.flatMap((b) => (b.grant ? [b.grant] : [])),
    ...(request.mailbox === undefined ? [] : [request.mailbox]),
  ];
}
