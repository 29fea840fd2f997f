/**
 * The plan of an organisation's keys, and what follows from it alone: who may be certified as what, and the root part.
 * Whoever signs compares with the plan, whose fingerprint is read aloud, and not with the word of whoever assembled.
 */
import type { Capability, Policy } from '@app/casework';
import {
  canonicalJson,
  type Bytes,
  bytesEqual,
  encodeUtf8,
  type Instant,
  ParseError,
  toHex,
} from '@app/encoding';
import { encodeRootPart } from '@app/crypto/sign';
import {
  type Certificate,
  type Keyset,
  KEYSET_CLOCK_SKEW_SECONDS,
  parseRootPart,
  parseRootset,
  type Role,
  sha256,
} from '@app/crypto/verify';
import { ALGORITHM_COSIGNATURE, ALGORITHM_ED25519, parsePolicy, parseVkey } from '@app/tlog';
import { capabilityBits } from './ceremony.js';
import { CeremonyError } from './ceremony-errors.js';

/** One person's place in one role for a time; one certificate belongs to it. A successor gets a seat of her own. */
export type Seat = {
  /** A label such as `focal-1`; in no signed file. */
  readonly name: string;
  /** 16 bytes. */
  readonly roleId: Bytes;
  /** 16 bytes. */
  readonly subjectId: Bytes;
  readonly capabilities: readonly Capability[];
  readonly notBefore: Instant;
  readonly notAfter: Instant;
  /** Its certificate is void from then on. A revoked seat stays in the plan. */
  readonly revokedAt?: Instant;
};

export type Plan = {
  /** Origin line of the log. */
  readonly origin: string;
  /** Bytes of the ROOTSET. */
  readonly rootset: Bytes;
  readonly roles: readonly Role[];
  readonly seats: readonly Seat[];
  readonly logVkey: string;
  readonly promisePublicKey: Bytes;
  readonly witnessVkeys: readonly string[];
  /** How many witnesses must cosign, 1 … number of witnesses. */
  readonly quorum: number;
  readonly policy: Policy;
  readonly minSuite: number;
  /** When the root part runs out. */
  readonly expires: Instant;
};

/**
 * Checks that the plan can become a KEYSET that people can report to.
 * @param previous - the KEYSET in force, at a change.
 * @throws {CeremonyError} the codes that begin with `plan_`. @throws {ParseError} of the ROOTSET.
 */
export function checkPlan(plan: Plan, now: Instant, previous?: Keyset): void {
  parseRootset(plan.rootset);
  const labels = [plan.roles.map((r) => r.name), plan.roles.map((r) => toHex(r.id))];
  labels.push(
    plan.seats.map((s) => s.name),
    plan.seats.map((s) => toHex(s.subjectId)),
  );
  const isUnique = labels.every((list) => new Set(list).size === list.length);
  if (!isUnique || !plan.roles.some((role) => role.kind === 'focal_point'))
    throw new CeremonyError('plan_roles');
  if (plan.expires <= now) throw new CeremonyError('plan_dates', 'the root part');
  for (const seat of plan.seats) checkSeat(plan, seat, now);
  for (const role of plan.roles) {
    const holders = seatsInForce(plan, role.id, now);
    if (!holders.some(({ capabilities }) => capabilities.includes('epoch')))
      throw new CeremonyError('plan_holders', role.name);
  }
  checkKeys(plan);
  for (const { subjectId } of previous?.certificates ?? []) {
    if (!plan.seats.some((seat) => bytesEqual(seat.subjectId, subjectId)))
      throw new CeremonyError('plan_seat_lost', toHex(subjectId));
  }
}

function checkSeat(plan: Plan, seat: Seat, now: Instant): void {
  if (!plan.roles.some((role) => bytesEqual(role.id, seat.roleId)))
    throw new CeremonyError('plan_seat_role', seat.name);
  const isOver = seat.revokedAt !== undefined;
  if (seat.notAfter <= seat.notBefore || (seat.notAfter <= now && !isOver))
    throw new CeremonyError('plan_dates', `the seat ${seat.name}`);
}

function checkKeys(plan: Plan): void {
  try {
    const log = parseVkey(plan.logVkey);
    if (log.name !== plan.origin)
      throw new CeremonyError('plan_keys', 'the log key is not named as the log origin');
    const isRight = plan.witnessVkeys.every((vkey) => parseVkey(vkey).algorithm === ALGORITHM_COSIGNATURE);
    if (log.algorithm !== ALGORITHM_ED25519 || !isRight)
      throw new CeremonyError('plan_keys', 'a key has another purpose');
    parsePolicy(tlogPolicyOf(plan));
  } catch (error) {
    if (error instanceof ParseError) throw new CeremonyError('plan_keys', error.message);
    throw error;
  }
}

/** Seats of a role that are neither revoked nor over. */
export function seatsInForce(plan: Plan, roleId: Uint8Array, now: Instant): readonly Seat[] {
  return plan.seats.filter(
    (seat) => bytesEqual(seat.roleId, roleId) && seat.revokedAt === undefined && seat.notAfter > now,
  );
}

/** @throws {CeremonyError} `seat_unknown`. */
export function seatNamed(plan: Plan, name: string): Seat {
  const seat = plan.seats.find((s) => s.name === name);
  if (seat === undefined) throw new CeremonyError('seat_unknown', name);
  return seat;
}

/**
 * The seat that a certificate or request was made for.
 * @throws {CeremonyError} `seat_unknown`; `request_not_planned` if anything differs from the plan.
 */
export function seatOf(plan: Plan, certificate: Certificate): Seat {
  const seat = plan.seats.find((s) => bytesEqual(s.subjectId, certificate.subjectId));
  if (seat === undefined) throw new CeremonyError('seat_unknown', toHex(certificate.subjectId));
  const isEqual =
    bytesEqual(seat.roleId, certificate.roleId) &&
    capabilityBits(seat.capabilities) === certificate.capabilities &&
    seat.notBefore === certificate.notBefore &&
    seat.notAfter === certificate.notAfter;
  if (!isEqual) throw new CeremonyError('request_not_planned', seat.name);
  return seat;
}

/** The C2SP tlog-policy that clients pin. */
export function tlogPolicyOf(plan: Pick<Plan, 'logVkey' | 'witnessVkeys' | 'quorum'>): string {
  const names = plan.witnessVkeys.map((_, i) => `witness-${String(i + 1)}`);
  const threshold = plan.quorum === names.length ? 'all' : String(plan.quorum);
  const lines = [
    `log ${plan.logVkey}`,
    ...plan.witnessVkeys.map((key, i) => `witness ${String(names[i])} ${key}`),
    `group witnesses ${threshold} ${names.join(' ')}`,
    'quorum witnesses',
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** Canonical JSON of the response times: what is hashed and published. */
export function policyTextOf(plan: Pick<Plan, 'policy'>): string {
  return canonicalJson(plan.policy);
}

/**
 * The root part: it follows from the plan and one certificate for each seat, so that everybody can make it anew and
 * compare. A revoked seat whose certificate was never made is left out.
 * @throws {CeremonyError} `certificate_missing`, `certificate_twice`, and those of `seatOf`.
 */
export function rootPartOf(
  plan: Plan,
  certificates: readonly Certificate[],
  { rootVersion, issued }: { readonly rootVersion: number; readonly issued: Instant },
): Bytes {
  const bySeat = new Map<string, Certificate>();
  for (const certificate of certificates) {
    const { name } = seatOf(plan, certificate);
    const other = bySeat.get(name);
    if (other !== undefined && !bytesEqual(other.hash, certificate.hash))
      throw new CeremonyError('certificate_twice', name);
    bySeat.set(name, certificate);
  }
  const seated = plan.seats.flatMap((seat) => {
    const certificate = bySeat.get(seat.name);
    if (certificate === undefined && seat.revokedAt === undefined)
      throw new CeremonyError('certificate_missing', seat.name);
    return certificate === undefined ? [] : [{ seat, certificate }];
  });
  return encodeRootPart({
    ...plan,
    rootVersion,
    issued,
    certificates: seated.map(({ certificate }) => certificate.bytes),
    revocations: seated.flatMap(({ seat, certificate }) =>
      seat.revokedAt === undefined ? [] : [{ serial: certificate.serial, at: seat.revokedAt }],
    ),
    tlogPolicy: tlogPolicyOf(plan),
    policyHash: sha256(encodeUtf8(policyTextOf(plan))),
  });
}

/**
 * Whether a root part says what the plan says and nothing else, and is the next one, of no later date than today.
 * @throws {CeremonyError} `root_part_not_planned`, and those of `rootPartOf`.
 */
export function checkRootPart(
  plan: Plan,
  bytes: Uint8Array,
  expected: { readonly rootVersion: number; readonly now: Instant },
): void {
  const part = parseRootPart(bytes);
  const isNext =
    part.rootVersion === expected.rootVersion && part.issued <= expected.now + KEYSET_CLOCK_SKEW_SECONDS;
  if (!isNext || !bytesEqual(rootPartOf(plan, part.certificates, part), bytes))
    throw new CeremonyError('root_part_not_planned');
}
