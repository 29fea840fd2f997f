/** A whole organisation made by a machine, for evaluation: every step of a ceremony, with all keys in one place. */
import type { Capability, Policy } from '@app/casework';
import type { StaffFile, StaffVault } from '@app/contracts';
import type { Keyring } from '@app/crypto/seal';
import { makeSigner } from '@app/crypto/sign';
import { certificateBodyBytes, parseCertificate, type RoleKind, TAG } from '@app/crypto/verify';
import { type Bytes, type Instant, Invariant, toHex } from '@app/encoding';
import { ALGORITHM_COSIGNATURE, ALGORITHM_ED25519, deriveKeyId, encodeVkey } from '@app/tlog';
import {
  finishCertificate,
  finishKeyset,
  type Holder,
  holderOf,
  makeRoleEpoch,
  makeRootset,
  type NewEpoch,
  type RootSigner,
  signAsRoot,
} from './ceremony.js';
import { makeStaffMember, type StaffMember } from './ceremony-people.js';
import { type Plan, policyTextOf, rootPartOf, type Seat, tlogPolicyOf } from './ceremony-plan.js';
import type { ClientDeps } from './deps.js';

/** An evaluation outlives whoever began it: what roots sign does not run out; role epochs do, and are renewed. */
const VALID_SECONDS = 10 * 366 * 86_400;
const THRESHOLD = 2;

const OFFICER: readonly Capability[] = ['epoch', 'triage', 'clear'];
const OFFICIAL: readonly Capability[] = ['epoch', 'triage', 'decide', 'draft', 'clear'];
const MECHANISM: readonly Capability[] = ['epoch', 'refer'];
const CUSTODIAN: readonly Capability[] = ['epoch', 'erase'];

type EvaluationSeat = {
  readonly kind: RoleKind;
  readonly role: string;
  readonly name: string;
  readonly caps: readonly Capability[];
};

const SEATS: readonly EvaluationSeat[] = [
  { kind: 'focal_point', role: 'Reprisals focal point', name: 'focal-1', caps: OFFICER },
  { kind: 'focal_point', role: 'Reprisals focal point', name: 'focal-2', caps: OFFICER },
  { kind: 'senior_official', role: 'Senior official', name: 'official', caps: OFFICIAL },
  { kind: 'senior_official', role: 'Senior official', name: 'official-second', caps: OFFICIAL },
  { kind: 'alternate', role: 'Alternate to the senior official', name: 'alternate', caps: OFFICIAL },
  { kind: 'oversight', role: 'Oversight', name: 'oversight', caps: ['epoch', 'triage', 'oversee'] },
  { kind: 'mechanism', role: 'Special Procedures Branch', name: 'mechanism-sp', caps: MECHANISM },
  { kind: 'custodian', role: 'Custodians', name: 'custodian-1', caps: CUSTODIAN },
  { kind: 'custodian', role: 'Custodians', name: 'custodian-2', caps: CUSTODIAN },
  { kind: 'administrator', role: 'Administration', name: 'administrator', caps: ['epoch', 'administer'] },
];

export type EvaluationInput = {
  /** The log's origin line, which is also its key's name. */
  readonly origin: string;
  readonly logPublicKey: Bytes;
  readonly promisePublicKey: Bytes;
  /** Name of the witness's key and its Ed25519 key; a majority must cosign. */
  readonly witnesses: readonly { readonly name: string; readonly publicKey: Bytes }[];
  readonly policy: Policy;
  readonly now: Instant;
};

export type EvaluationStaff = {
  readonly name: string;
  readonly role: string;
  readonly roleKind: RoleKind;
  readonly subject: string;
  readonly certificateHash: string;
  /** Her unlock secret, shown once. */
  readonly words: readonly string[];
  readonly keyring: Keyring;
  readonly vault: StaffVault;
};

export type EvaluationOrganisation = {
  readonly rootset: Bytes;
  readonly rootSeeds: readonly Bytes[];
  readonly keyset: Bytes;
  readonly staff: readonly EvaluationStaff[];
  readonly epochBoxes: StaffFile['epochBoxes'];
  /** Canonical JSON of the response times. */
  readonly policyText: string;
  /** The tlog-policy that clients pin. */
  readonly logPolicyText: string;
  readonly logVkey: string;
  readonly witnessVkeys: readonly string[];
};

type MakingDeps = Pick<ClientDeps, 'signing' | 'sealing' | 'random'>;

/** Makes the organisation: three roots of which two sign, ten seats in seven roles, first epochs, vaults. */
export async function evaluationCeremony(
  deps: MakingDeps,
  input: EvaluationInput,
): Promise<EvaluationOrganisation> {
  const rootSeeds = [0, 1, 2].map(() => deps.random.bytes(32));
  const rootset = makeRootset(
    rootSeeds.map((seed) => deps.signing.publicKey(seed)),
    THRESHOLD,
  );
  const roots = rootSeeds
    .slice(0, THRESHOLD)
    .map((seed, rootIndex): RootSigner => ({ rootIndex, signer: makeSigner(deps.signing, seed) }));
  const plan = evaluationPlan(deps, input, rootset);
  const seated = await Promise.all(plan.seats.map((seat) => seatPerson(deps, seat, roots)));
  const holders = seated.map(({ holder }) => holder);
  const rootPart = rootPartOf(
    plan,
    holders.map(({ certificate }) => certificate),
    { rootVersion: 1, issued: input.now },
  );
  const epochs = await Promise.all(plan.roles.map(({ id }) => firstEpoch(deps, id, holders, input.now)));
  const [first, second] = holders;
  if (first === undefined || second === undefined) throw new Invariant('a KEYSET needs two signers');
  return {
    rootset,
    rootSeeds,
    keyset: finishKeyset(
      { bytes: rootPart, signatures: roots.map((root) => signAsRoot(root, TAG.keyset, rootPart)) },
      epochs.map((made) => made.epoch),
      1,
      input.now,
      [first, second],
    ),
    staff: seated.map(({ seat, member }, i) => described(SEATS[i] as EvaluationSeat, seat, member)),
    epochBoxes: epochs.flatMap((made) => made.boxes),
    policyText: policyTextOf(plan),
    logPolicyText: tlogPolicyOf(plan),
    logVkey: plan.logVkey,
    witnessVkeys: plan.witnessVkeys,
  };
}

function evaluationPlan({ random }: MakingDeps, input: EvaluationInput, rootset: Bytes): Plan {
  const names = [...new Set(SEATS.map((seat) => seat.role))];
  const roles = names.map((name) => {
    const kind = SEATS.find((seat) => seat.role === name)?.kind ?? 'focal_point';
    return { id: random.bytes(16), kind, name };
  });
  return {
    origin: input.origin,
    rootset,
    roles,
    seats: SEATS.map((seat) => ({
      name: seat.name,
      roleId: roles.find((role) => role.name === seat.role)?.id ?? random.bytes(16),
      subjectId: random.bytes(16),
      capabilities: seat.caps,
      notBefore: input.now,
      notAfter: input.now + VALID_SECONDS,
    })),
    logVkey: vkeyOf(input.origin, ALGORITHM_ED25519, input.logPublicKey),
    promisePublicKey: input.promisePublicKey,
    witnessVkeys: input.witnesses.map((w) => vkeyOf(w.name, ALGORITHM_COSIGNATURE, w.publicKey)),
    quorum: Math.floor(input.witnesses.length / 2) + 1,
    policy: input.policy,
    minSuite: 1,
    expires: input.now + VALID_SECONDS,
  };
}

/** A C2SP verifier key. */
export function vkeyOf(name: string, algorithm: number, publicKey: Bytes): string {
  return encodeVkey({ name, algorithm, publicKey, keyId: deriveKeyId(name, algorithm, publicKey) });
}

type Seated = { readonly seat: Seat; readonly member: StaffMember; readonly holder: Holder };

async function seatPerson(deps: MakingDeps, seat: Seat, roots: readonly RootSigner[]): Promise<Seated> {
  const member = await makeStaffMember(deps, seat, 'en');
  const body = certificateBodyBytes(parseCertificate(member.request));
  const certificate = finishCertificate(
    body,
    roots.map((root) => signAsRoot(root, TAG.certificate, body)),
  );
  return { seat, member, holder: holderOf(deps, { certificate: () => certificate }, member.keyring) };
}

function firstEpoch(
  deps: MakingDeps,
  roleId: Bytes,
  everybody: readonly Holder[],
  now: Instant,
): Promise<NewEpoch> {
  const holders = everybody.filter(({ certificate }) => toHex(certificate.roleId) === toHex(roleId));
  const [maker] = holders;
  if (maker === undefined) throw new Invariant('a role without holders');
  const certificates = holders.map((holder) => holder.certificate);
  return makeRoleEpoch(deps, maker, certificates, now);
}

function described({ role, kind }: EvaluationSeat, seat: Seat, member: StaffMember): EvaluationStaff {
  const { words, keyring, vault } = member;
  return {
    name: seat.name,
    role,
    roleKind: kind,
    subject: vault.subject,
    certificateHash: vault.certificateHash,
    words,
    keyring,
    vault,
  };
}
