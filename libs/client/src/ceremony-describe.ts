/** The plan in words, as it is read aloud and compared before anybody makes or signs anything. */
import type { Policy } from '@app/casework';
import { describeInstant, describeRootset, inGroups, sha256 } from '@app/crypto/verify';
import { encodeUtf8, toHex } from '@app/encoding';
import { type Plan, policyTextOf, type Seat } from './ceremony-plan.js';

/** Everything in the plan. @param bytes - of the plan file, whose SHA-256 is its fingerprint. */
export function describePlan(plan: Plan, bytes: Uint8Array): string {
  const lines = [
    'PLAN of the keys of an organisation',
    `fingerprint  ${inGroups(sha256(bytes))}`,
    `log origin   ${plan.origin}`,
    `log key      ${plan.logVkey}`,
    `promise key  ${inGroups(sha256(plan.promisePublicKey))}`,
    `witnesses    ${String(plan.quorum)} of ${String(plan.witnessVkeys.length)} must cosign`,
    ...plan.witnessVkeys.map((vkey) => `  ${vkey}`),
    `least suite  ${String(plan.minSuite)}`,
    `root part expires ${describeInstant(plan.expires)}`,
    ...plan.roles.flatMap((role) => [
      `role ${toHex(role.id)} ${role.kind}: ${role.name}`,
      ...plan.seats.filter((seat) => toHex(seat.roleId) === toHex(role.id)).flatMap(seatLines),
    ]),
    ...policyLines(plan.policy),
    `  hash       ${inGroups(sha256(encodeUtf8(policyTextOf(plan))))}`,
  ];
  return `${lines.join('\n')}\n${describeRootset(plan.rootset)}`;
}

function seatLines(seat: Seat): string[] {
  return [
    `  seat ${seat.name}, holder ${toHex(seat.subjectId)} (${seat.capabilities.join(', ')})`,
    `    valid       ${describeInstant(seat.notBefore)} to ${describeInstant(seat.notAfter)}`,
    ...(seat.revokedAt === undefined ? [] : [`    REVOKED     ${describeInstant(seat.revokedAt)}`]),
  ];
}

function policyLines(policy: Policy): string[] {
  const { C1, C2, C3, C5, C6, C7, C8, C9 } = policy.targets;
  const row = (clock: string, of: Policy['targets']['C3']): string =>
    `  ${clock}  ${(['P1', 'P2', 'P3', 'P4'] as const).map((p) => `${p} ${duration(of[p])}`).join(', ')}`;
  return [
    `POLICY version ${String(policy.version)}: ${policy.name}`,
    `  C1  urgent ${duration(C1.urgent)}, other ${duration(C1.other)}`,
    ...Object.entries({ C2, C3, C5, C6, C7 }).map(([clock, of]) => row(clock, of)),
    `  C8  ${duration(C8)}`,
    row('C9', C9),
    `  in the ledger within ${duration(policy.max_promise_delay)}, one tick every ${duration(policy.tick_seconds)}`,
    ...(policy.note === undefined ? [] : [`  note: ${policy.note}`]),
  ];
}

const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
] as const;

/** In the largest unit that leaves no remainder. */
function duration(seconds: number): string {
  const [size, name] = UNITS.find(([unit]) => seconds % unit === 0) ?? [1, 's'];
  return `${String(seconds / size)} ${name}`;
}
