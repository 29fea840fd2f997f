/** The text forms of bytes and times on the wire. Decoding is strict and belongs to `encoding`. */
import { z } from 'zod';

const hexOf = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${String(2 * bytes)}}$`));

const base64Length = (bytes: number): number => 4 * Math.ceil(bytes / 3);

/** Where a list goes on: what an answer gave as `next`. Its content is the server's own business. */
export const cursorOf = (bytes: number) => hexOf(bytes).describe('Opaque: the `next` of the page before.');
/** How many at most in one answer; a page may have fewer, and only `next` says whether there are more. */
export const limitUpTo = (most: number, usual: number) =>
  z.coerce.number().int().min(1).max(most).default(usual);
/** 16-byte identifier (case pseudonym, thread, mailbox, blob, role, subject, nonce), lower-case hex. */
export const idSchema = hexOf(16);
/** SHA-256 or a 32-byte key, lower-case hex. */
export const hashSchema = hexOf(32);
/** Base64 of exactly `bytes` bytes; canonical form is checked where it is decoded. */
export const base64Of = (bytes: number) => z.string().length(base64Length(bytes));
/** Base64 of at most `bytes` bytes. */
export const base64UpTo = (bytes: number) => z.string().min(4).max(base64Length(bytes));
export const signatureSchema = base64Of(64);
/** Whole seconds since 1970-01-01T00:00:00Z. */
export const instantSchema = z.int().min(0);
export const eventNumberSchema = z.int().min(1).max(0xffffffff);
/** One sealed object: bucket + 1,659 bytes (libs/crypto SPEC). */
export const OBJECT_MAX_BYTES = 65_536 + 1_659;
export const KEY_BOX_BYTES = 1_787;
export const GRANT_BYTES = 186;
/** mailbox_id(16) ‖ Ed25519 public key(32) of a mailbox. */
export const MAILBOX_BYTES = 48;
export const PART_BYTES = 1_048_576;

/** One part of an attachment, in a path. */
export const partParams = z.strictObject({ blob: idSchema, part: z.coerce.number().int().min(0).max(511) });
