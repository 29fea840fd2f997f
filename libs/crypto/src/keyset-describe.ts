import { type Instant, toHex } from '@app/encoding';
import { CAPABILITY, type Capability, isCapable } from './certificate.js';
import { sha256 } from './hazmat/hash.js';
import type { Keyset } from './keyset.js';

/**
 * A listing for the people who are about to sign: every role, person, key and date, one to a line.
 * Fingerprints are SHA-256 in lower-case hexadecimal, in groups of five characters; instants are seconds since
 * 1970 with their UTC date.
 * @see SPEC.md §6.5
 */
export function describeKeyset(keyset: Keyset): string {
  const lines = [
    `KEYSET version ${String(keyset.version)}, root part version ${String(keyset.rootVersion)}`,
    `log origin   ${keyset.origin}`,
    `issued       ${describeInstant(keyset.issued)}`,
    `expires      ${describeInstant(keyset.expires)}`,
    `least suite  ${String(keyset.minSuite)}`,
    `file         ${inGroups(keyset.hash)}`,
    `log key      ${keyset.logVkey}`,
    `promise key  ${fingerprint(keyset.promisePublicKey)}`,
    `POLICY       ${inGroups(keyset.policyHash)}`,
    `roots        ${String(keyset.rootset.threshold)} of ${String(keyset.rootset.publicKeys.length)}`,
    ...keyset.rootset.publicKeys.map((key, i) => `  root ${String(i)}     ${fingerprint(key)}`),
    ...keyset.roles.flatMap((role) => [
      `role ${toHex(role.id)} ${role.kind}: ${role.name}`,
      ...describeHolders(keyset, role.id),
      ...describeEpochs(keyset, role.id),
    ]),
    'log policy',
    ...keyset.tlogPolicy
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => `  ${line}`),
  ];
  return `${lines.join('\n')}\n`;
}

function describeHolders(keyset: Keyset, roleId: Uint8Array): string[] {
  const id = toHex(roleId);
  return keyset.certificates
    .filter((c) => toHex(c.roleId) === id)
    .flatMap((c) => [
      `  holder ${toHex(c.subjectId)} (${describeCapabilities(c.capabilities)})`,
      `    valid       ${describeInstant(c.notBefore)} to ${describeInstant(c.notAfter)}`,
      ...(c.revokedAt === undefined ? [] : [`    REVOKED     ${describeInstant(c.revokedAt)}`]),
      `    certificate ${inGroups(c.hash)}`,
      `    signing     ${fingerprint(c.signingPublicKey)}`,
      `    encryption  ${fingerprint(c.kemPublicKey)}`,
    ]);
}

function describeEpochs(keyset: Keyset, roleId: Uint8Array): string[] {
  const id = toHex(roleId);
  return keyset.epochs
    .filter((e) => toHex(e.roleId) === id)
    .flatMap((e) => [
      `  epoch ${String(e.epoch)}`,
      `    valid       ${describeInstant(e.notBefore)} to ${describeInstant(e.notAfter)}`,
      `    encryption  ${fingerprint(e.kemPublicKey)}`,
      `    made by     ${inGroups(e.holderCertificateHash)}`,
    ]);
}

function describeCapabilities(bits: number): string {
  const names = (Object.keys(CAPABILITY) as Capability[]).filter((c) => isCapable({ capabilities: bits }, c));
  return names.length === 0 ? 'no capability' : names.join(', ');
}

function fingerprint(key: Uint8Array): string {
  return inGroups(sha256(key));
}

function inGroups(hash: Uint8Array): string {
  return toHex(hash).replace(/.{5}(?=.)/g, '$& ');
}

/** Days to a civil date, after H. Hinnant's `civil_from_days`: pure libraries have no Date. */
function describeInstant(at: Instant): string {
  const days = Math.floor(at / 86_400);
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const two = (n: number): string => String(n).padStart(2, '0');
  const ofDay = at - days * 86_400;
  const clock = [Math.floor(ofDay / 3600), Math.floor((ofDay % 3600) / 60), ofDay % 60].map(two).join(':');
  return `${String(year)}-${two(month)}-${two(day)}T${clock}Z (${String(at)})`;
}
