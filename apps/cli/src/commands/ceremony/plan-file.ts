/** `draft.json`, which a person writes, and `plan.json`, which follows from it with all identifiers and keys. */
import { CAP, DEFAULT_POLICY, parsePolicy, type Policy } from '@app/casework';
import { CeremonyError, type Plan, type Seat } from '@app/client';
import { hashSchema, idSchema } from '@app/contracts';
import { ROLE_KINDS } from '@app/crypto/verify';
import {
  type Bytes,
  fromBase64,
  fromHex,
  type Instant,
  type Json,
  ParseError,
  toBase64,
  toHex,
} from '@app/encoding';
import { z } from 'zod';
import { encodeJsonFile, parseJsonFile } from './carried-files.js';

const CAPABILITIES = Object.keys(CAP) as (keyof typeof CAP)[];
const DAY = 86_400;

const date = z.string().regex(/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?$/);
const label = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);
const line = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u);
const policy = z
  .custom<Json>((value) => value !== undefined)
  .transform((value, context): Policy => {
    try {
      return parsePolicy(value);
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
const seat = z.strictObject({
  name: label,
  role: line,
  capabilities: z.array(z.enum(CAPABILITIES)).min(1),
  subject: idSchema.optional(),
  from: date.optional(),
  until: date.optional(),
  revoked: z.union([z.literal(true), date]).optional(),
});
const role = z.strictObject({ name: line, kind: z.enum(ROLE_KINDS), id: idSchema.optional() });

const draftSchema = z.strictObject({
  origin: line,
  expires: date,
  certificates: z.strictObject({ from: date, until: date }),
  quorum: z.int().min(1).optional(),
  roles: z.array(role).min(1).max(64),
  seats: z.array(seat).min(1).max(256),
  policy,
});
export type Draft = z.infer<typeof draftSchema>;

const planSchema = z.strictObject({
  file: z.literal('plan'),
  origin: line,
  expires: date,
  minSuite: z.literal(1),
  quorum: z.int().min(1),
  rootset: z.string(),
  logVkey: z.string(),
  promiseKey: hashSchema,
  witnessVkeys: z.array(z.string()).min(1),
  roles: z.array(role.required()),
  seats: z.array(seat.required().extend({ revoked: date.optional() })),
  policy,
});

/** @throws {CeremonyError} `file_malformed`. */
export function parseDraft(text: string, name: string): Draft {
  return parseJsonFile(draftSchema, text, name);
}

/** Keys that the folder holds beside the draft. */
export type PlanKeys = Pick<Plan, 'rootset' | 'logVkey' | 'promisePublicKey' | 'witnessVkeys'>;

/** The plan of a draft: whatever has no identifier yet gets one. */
export function planOf(draft: Draft, keys: PlanKeys, makeId: () => Bytes, now: Instant): Plan {
  const roles = draft.roles.map(({ name, kind, id }) => ({ name, kind, id: idOf(id) ?? makeId() }));
  return {
    ...keys,
    origin: draft.origin,
    roles,
    seats: draft.seats.map((s): Seat => ({
      name: s.name,
      roleId: roleIdOf(roles, s.role, s.name),
      subjectId: idOf(s.subject) ?? makeId(),
      capabilities: s.capabilities,
      notBefore: instantOf(s.from ?? draft.certificates.from),
      notAfter: instantOf(s.until ?? draft.certificates.until),
      ...(s.revoked !== undefined && { revokedAt: s.revoked === true ? now : instantOf(s.revoked) }),
    })),
    quorum: draft.quorum ?? keys.witnessVkeys.length,
    policy: draft.policy,
    minSuite: 1,
    expires: instantOf(draft.expires),
  };
}

export function encodePlan(plan: Plan): string {
  return encodeJsonFile({
    file: 'plan',
    origin: plan.origin,
    expires: dateOf(plan.expires),
    minSuite: plan.minSuite,
    quorum: plan.quorum,
    rootset: toBase64(plan.rootset),
    logVkey: plan.logVkey,
    promiseKey: toHex(plan.promisePublicKey),
    witnessVkeys: plan.witnessVkeys,
    ...rolesAndSeats(plan),
    policy: plan.policy,
  });
}

/** @throws {CeremonyError} `file_malformed`, `plan_seat_role`. */
export function parsePlan(text: string, name: string): Plan {
  const { file: _, ...plan } = parseJsonFile(planSchema, text, name);
  const draft = { ...plan, certificates: { from: plan.expires, until: plan.expires } };
  const keys = {
    rootset: fromBase64(plan.rootset, 'plan.rootset'),
    logVkey: plan.logVkey,
    promisePublicKey: fromHex(plan.promiseKey, 'plan.promise_key', 32),
    witnessVkeys: plan.witnessVkeys,
  };
  return planOf(draft, keys, () => new Uint8Array(16), 0);
}

/** A plan as a draft again, to be changed: identifiers and dates stay. */
export function draftOf(plan: Plan): string {
  const { origin, quorum } = plan;
  const seats = plan.seats.filter((s) => s.revokedAt === undefined);
  const certificates = {
    from: dateOf(Math.max(...seats.map((s) => s.notBefore))),
    until: dateOf(Math.max(...seats.map((s) => s.notAfter))),
  };
  const expires = dateOf(plan.expires);
  return encodeJsonFile({
    origin,
    expires,
    certificates,
    quorum,
    ...rolesAndSeats(plan),
    policy: plan.policy,
  });
}

/** A draft to begin with: three roles, five seats, a year, and the default response times. */
export function exampleDraft(now: Instant): string {
  const midnight = now - (now % DAY);
  const in366Days = dateOf(midnight + 366 * DAY);
  const officer = ['epoch', 'triage', 'clear'];
  const official = ['epoch', 'triage', 'decide', 'draft', 'clear'];
  return encodeJsonFile({
    origin: 'cases.example.org/audit/1',
    expires: in366Days,
    certificates: { from: dateOf(midnight), until: in366Days },
    quorum: 2,
    roles: [
      { name: 'Reprisals focal point', kind: 'focal_point' },
      { name: 'Senior official', kind: 'senior_official' },
      { name: 'Oversight', kind: 'oversight' },
    ],
    seats: [
      { name: 'focal-1', role: 'Reprisals focal point', capabilities: officer },
      { name: 'focal-2', role: 'Reprisals focal point', capabilities: officer },
      { name: 'official', role: 'Senior official', capabilities: official },
      { name: 'official-second', role: 'Senior official', capabilities: official },
      { name: 'oversight', role: 'Oversight', capabilities: ['epoch', 'triage', 'oversee'] },
    ],
    policy: DEFAULT_POLICY,
  });
}

function rolesAndSeats(plan: Plan): object {
  return {
    roles: plan.roles.map(({ name, kind, id }) => ({ name, kind, id: toHex(id) })),
    seats: plan.seats.map((s) => ({
      name: s.name,
      role: plan.roles.find(({ id }) => toHex(id) === toHex(s.roleId))?.name,
      capabilities: s.capabilities,
      subject: toHex(s.subjectId),
      from: dateOf(s.notBefore),
      until: dateOf(s.notAfter),
      ...(s.revokedAt !== undefined && { revoked: dateOf(s.revokedAt) }),
    })),
  };
}

function roleIdOf(roles: Plan['roles'], name: string, of: string): Bytes {
  const found = roles.find((r) => r.name === name);
  if (found === undefined) throw new CeremonyError('plan_seat_role', of);
  return found.id;
}

function idOf(hex: string | undefined): Bytes | undefined {
  return hex === undefined ? undefined : fromHex(hex, 'plan.id', 16);
}

function dateOf(at: Instant): string {
  return new Date(at * 1000).toISOString().replace('.000', '');
}

function instantOf(text: string): Instant {
  const at = Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text) / 1000;
  if (!Number.isSafeInteger(at) || at < 0) throw new CeremonyError('file_malformed', 'A date in the plan');
  return at;
}
