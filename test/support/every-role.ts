/** The evaluation organisation with a seat for every kind of role, another office of focal points, and a revocation. */
import type { Capability, RoleKind } from '@app/casework';
import {
  finishCertificate,
  finishKeyset,
  holderOf,
  makeRootPart,
  makeStaffMember,
  signAsRoot,
} from '@app/client';
import { nobleSealing } from '@app/crypto/seal';
import { makeSigner, nobleSigning } from '@app/crypto/sign';
import { certificateBodyBytes, parseCertificate, TAG } from '@app/crypto/verify';
import type { Bytes, Instant } from '@app/encoding';
import { systemRandom } from '@app/platform';
import type { TestOrganisation } from './organisation.js';

const deps = { signing: nobleSigning(), sealing: nobleSealing(), random: systemRandom };

/** Everything but the making of epochs, so that nothing but the kind of the role stands in their way. */
const CAPABILITIES: readonly Capability[] = [
  ...(['triage', 'decide', 'draft', 'clear', 'oversee', 'erase', 'administer', 'refer'] as const),
];
const MORE = {
  'other-focal': 'focal_point',
  ethics: 'ethics',
  mechanism: 'mechanism',
  custodian: 'custodian',
  administrator: 'administrator',
} as const satisfies Record<string, RoleKind>;

export type EveryRole = {
  /** The KEYSET after the organisation's first; the certificate of `focal-2` is revoked in it. */
  readonly keyset: Bytes;
  /** Certificate hashes by the name of the seat. */
  readonly certificates: ReadonlyMap<string, Buffer>;
};

export async function withEveryRole(organisation: TestOrganisation, now: Instant): Promise<EveryRole> {
  const { made, keyset } = organisation;
  const roots = made.rootSeeds
    .slice(0, 2)
    .map((seed, rootIndex) => ({ rootIndex, signer: makeSigner(deps.signing, seed) }));
  const certificates = new Map(made.staff.map((s) => [s.name, Buffer.from(s.certificateHash, 'hex')]));
  const roles = [...keyset.roles];
  const bytes = keyset.certificates.map((certificate) => certificate.bytes);
  for (const [name, kind] of Object.entries(MORE)) {
    const id = systemRandom.bytes(16);
    roles.push({ id, kind, name: `Another office: ${name}` });
    const seat = {
      name,
      roleId: id,
      subjectId: systemRandom.bytes(16),
      capabilities: CAPABILITIES,
      notBefore: now,
      notAfter: now + 86_400,
    };
    const { request } = await makeStaffMember(deps, seat, 'en');
    const body = certificateBodyBytes(parseCertificate(request));
    const certificate = finishCertificate(
      body,
      roots.map((root) => signAsRoot(root, TAG.certificate, body)),
    );
    bytes.push(certificate.bytes);
    certificates.set(name, Buffer.from(certificate.hash));
  }
  const member = (of: string) => made.staff.find(({ name }) => name === of)!;
  const { serial } = keyset.certificate(member('focal-2').keyring.certificateHash)!;
  const part = makeRootPart({
    ...keyset,
    rootVersion: keyset.rootVersion + 1,
    issued: now,
    rootset: made.rootset,
    roles,
    certificates: bytes,
    revocations: [{ serial, at: now }],
  });
  const signatures = roots.map((root) => signAsRoot(root, TAG.keyset, part));
  const [first, second] = ['focal-1', 'official'].map((of) => holderOf(deps, keyset, member(of).keyring));
  const next = finishKeyset({ bytes: part, signatures }, keyset.epochs, keyset.version + 1, now, [
    first!,
    second!,
  ]);
  return { keyset: next, certificates };
}
