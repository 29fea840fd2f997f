/**
 * What is about to be signed, in words: everything in the bytes and nothing else (SPEC.md §6.5).
 *
 * One fact to a line. Fingerprints are SHA-256 in lower-case hexadecimal, in groups of five characters; instants are a
 * UTC date with the seconds since 1970.
 */
import { type Instant, toHex } from '@app/encoding';
import {
  CAPABILITY,
  type Capability,
  type Certificate,
  isCapable,
  parseCertificate,
  type RoleEpoch,
} from './certificate.js';
import { sha256 } from './hazmat/hash.js';
import type { Keyset } from './keyset.js';
import {
  type EpochsSigner,
  parseEpochsPart,
  parseKeysetFile,
  parseRootPart,
  type Revocation,
  type Role,
  type RootPart,
} from './keyset-format.js';
import { parseRootset, type Rootset, type RootSignature } from './rootset.js';

/** The listing of a verified KEYSET. @see SPEC.md §6.5 */
export function describeKeyset(keyset: Keyset): string {
  const revocations = keyset.certificates.flatMap(({ serial, revokedAt }) =>
    revokedAt === undefined ? [] : [{ serial, at: revokedAt }],
  );
  return textOf([
    `KEYSET version ${String(keyset.version)}, root part version ${String(keyset.rootVersion)}`,
    `file         ${inGroups(keyset.hash)}`,
    ...directoryLines({ ...keyset, revocations }, keyset.rootset, keyset.epochs),
  ]);
}

/**
 * The listing of a KEYSET file whose signatures nobody has checked, with who is said to have signed it.
 * @throws {ParseError} and {VerificationError} `suite_unsupported`, as the parsers of its parts.
 */
export function describeKeysetFile(bytes: Uint8Array): string {
  const file = parseKeysetFile(bytes);
  return [
    textOf(['KEYSET, its signatures not checked', `file         ${inGroups(sha256(bytes))}`]),
    describeRootPart(file.rootPart),
    textOf([`signed by    ${describeRoots(file.rootSignatures)}`]),
    describeEpochsPart(file.epochsPart),
    textOf([...file.epochsSignatures.map(({ signer }) => `signed by    ${describeSigner(signer)}`)]),
  ].join('\n');
}

/** The listing of a root part. @throws as `parseRootPart`. @see SPEC.md §6.2 */
export function describeRootPart(bytes: Uint8Array): string {
  const part = parseRootPart(bytes);
  return textOf([
    `ROOT PART version ${String(part.rootVersion)}`,
    `fingerprint  ${inGroups(sha256(bytes))}`,
    ...directoryLines(part, parseRootset(part.rootset), []),
  ]);
}

/** The listing of an EPOCHS part. @throws as `parseEpochsPart`. @see SPEC.md §6.3 */
export function describeEpochsPart(bytes: Uint8Array): string {
  const part = parseEpochsPart(bytes);
  return textOf([
    `EPOCHS PART of KEYSET version ${String(part.version)}`,
    `fingerprint  ${inGroups(sha256(bytes))}`,
    `issued       ${describeInstant(part.issued)}`,
    `root part    ${inGroups(part.rootPartHash)}`,
    ...part.epochs.flatMap((epoch) => [`role ${toHex(epoch.roleId)}`, ...epochLines(epoch)]),
  ]);
}

/** The listing of a certificate, or of a request, which is one without signatures. @see SPEC.md §5.1 */
export function describeCertificate(bytes: Uint8Array): string {
  const certificate = parseCertificate(bytes);
  const isRequest = certificate.signatures.length === 0;
  return textOf([
    isRequest ? 'CERTIFICATE REQUEST, not signed' : 'CERTIFICATE',
    `fingerprint  ${inGroups(certificate.hash)}`,
    `role ${toHex(certificate.roleId)}`,
    ...certificateLines(certificate),
  ]);
}

/** The listing of a ROOTSET. @throws as `parseRootset`. @see SPEC.md §4.1 */
export function describeRootset(bytes: Uint8Array): string {
  const rootset = parseRootset(bytes);
  return textOf([
    `ROOTSET version ${String(rootset.version)}`,
    `fingerprint  ${inGroups(sha256(bytes))}`,
    ...rootLines(rootset),
  ]);
}

/** A SHA-256 as people compare it: groups of five characters. */
export function inGroups(hash: Uint8Array): string {
  return toHex(hash).replace(/.{5}(?=.)/g, '$& ');
}

/** `2026-11-24T00:00:00Z (1795478400)`; after H. Hinnant's `civil_from_days`: pure libraries have no Date. */
export function describeInstant(at: Instant): string {
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

type DirectoryView = Omit<RootPart<Certificate>, 'rootset'> | (Omit<Keyset, 'rootset'> & RevocationList);
type RevocationList = { readonly revocations: readonly Revocation[] };

function directoryLines(view: DirectoryView, rootset: Rootset, epochs: readonly RoleEpoch[]): string[] {
  return [
    `log origin   ${visible(view.origin)}`,
    `issued       ${describeInstant(view.issued)}`,
    `expires      ${describeInstant(view.expires)}`,
    `least suite  ${String(view.minSuite)}`,
    `log key      ${visible(view.logVkey)}`,
    `promise key  ${fingerprint(view.promisePublicKey)}`,
    `POLICY       ${inGroups(view.policyHash)}`,
    ...rootLines(rootset),
    ...view.roles.flatMap((role) => roleLines(role, view, epochs)),
    ...strayRevocations(view),
    'log policy',
    ...view.tlogPolicy
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => `  ${visible(line)}`),
  ];
}

function rootLines(rootset: Rootset): string[] {
  return [
    `roots        ${String(rootset.threshold)} of ${String(rootset.publicKeys.length)} must sign`,
    ...rootset.publicKeys.map((key, i) => `  root ${String(i)}     ${fingerprint(key)}`),
  ];
}

function roleLines(role: Role, view: DirectoryView, epochs: readonly RoleEpoch[]): string[] {
  const id = toHex(role.id);
  const revokedAt = new Map(view.revocations.map(({ serial, at }) => [toHex(serial), at]));
  return [
    `role ${id} ${role.kind}: ${visible(role.name)}`,
    ...view.certificates
      .filter((c) => toHex(c.roleId) === id)
      .flatMap((c) => certificateLines(c, revokedAt.get(toHex(c.serial)))),
    ...epochs.filter((e) => toHex(e.roleId) === id).flatMap(epochLines),
  ];
}

function certificateLines(c: Certificate, revokedAt?: Instant): string[] {
  return [
    `  holder ${toHex(c.subjectId)} (${describeCapabilities(c.capabilities)})`,
    `    valid       ${describeInstant(c.notBefore)} to ${describeInstant(c.notAfter)}`,
    ...(revokedAt === undefined ? [] : [`    REVOKED     ${describeInstant(revokedAt)}`]),
    `    certificate ${inGroups(c.hash)}`,
    `    signing     ${fingerprint(c.signingPublicKey)}`,
    `    encryption  ${fingerprint(c.kemPublicKey)}`,
    `    serial      ${toHex(c.serial)}`,
    ...(c.signatures.length === 0 ? [] : [`    signed by   ${describeRoots(c.signatures)}`]),
  ];
}

function epochLines(e: RoleEpoch): string[] {
  return [
    `  epoch ${String(e.epoch)}`,
    `    valid       ${describeInstant(e.notBefore)} to ${describeInstant(e.notAfter)}`,
    `    encryption  ${fingerprint(e.kemPublicKey)}`,
    `    made by     ${inGroups(e.holderCertificateHash)}`,
    `    follows     ${e.previousHash.every((byte) => byte === 0) ? 'none, the first' : inGroups(e.previousHash)}`,
  ];
}

/** Revoked serials that no listed certificate has. */
function strayRevocations(view: DirectoryView): string[] {
  const listed = new Set(view.certificates.map(({ serial }) => toHex(serial)));
  return view.revocations
    .filter(({ serial }) => !listed.has(toHex(serial)))
    .map(({ serial, at }) => `revoked serial ${toHex(serial)} ${describeInstant(at)}`);
}

function describeRoots(signatures: readonly RootSignature[]): string {
  if (signatures.length === 0) return 'nobody';
  return signatures.map(({ rootIndex }) => `root ${String(rootIndex)}`).join(', ');
}

function describeSigner(signer: EpochsSigner): string {
  return signer.kind === 'root'
    ? `root ${String(signer.rootIndex)}`
    : `holder with certificate ${inGroups(signer.certificateHash)}`;
}

function describeCapabilities(bits: number): string {
  const names = (Object.keys(CAPABILITY) as Capability[]).filter((c) => isCapable({ capabilities: bits }, c));
  return names.length === 0 ? 'no capability' : names.join(', ');
}

function fingerprint(key: Uint8Array): string {
  return inGroups(sha256(key));
}

/** Characters that show nothing, or change the order of what is shown, are written out. */
function visible(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${(c.codePointAt(0) as number).toString(16)}}`);
}

function textOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
