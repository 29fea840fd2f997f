/** A whole organisation made by a machine, for evaluation: every step of a ceremony, with all keys in one place. */
import { type Capability, type Policy } from '@app/casework';
import type { EpochBox } from '@app/contracts';
import { deriveVaultKeys, encodeWords, type Keyring, makeReporterCode, sealKeyring } from '@app/crypto/seal';
import { makeSigner } from '@app/crypto/sign';
import { type Certificate, type RoleKind, sha256, TAG } from '@app/crypto/verify';
import {
  type Bytes,
  canonicalJson,
  encodeUtf8,
  type Instant,
  Invariant,
  toBase64,
  toHex,
} from '@app/encoding';
import { ALGORITHM_COSIGNATURE, ALGORITHM_ED25519, deriveKeyId, encodeVkey } from '@app/tlog';
import {
  capabilityBits,
  certificateRequest,
  finishCertificate,
  finishKeyset,
  type Holder,
  makeRoleEpoch,
  makeRootPart,
  makeRootset,
  makeStaffKeys,
  type NewEpoch,
  type RootSigner,
  signAsRoot,
  type StaffKeys,
} from './ceremony.js';
import type { ClientDeps } from './deps.js';

/** An evaluation outlives whoever began it: what roots sign does not run out; role epochs do, and are renewed. */
const VALID_SECONDS = 10 * 366 * 86_400;
const THRESHOLD = 2;

const OFFICER: readonly Capability[] = ['epoch', 'triage', 'clear'];
const OFFICIAL: readonly Capability[] = ['epoch', 'triage', 'decide', 'draft', 'clear'];

type Seat = {
  readonly kind: RoleKind;
  readonly role: string;
  readonly name: string;
  readonly caps: readonly Capability[];
};

const SEATS: readonly Seat[] = [
  { kind: 'focal_point', role: 'Reprisals focal point', name: 'focal-1', caps: OFFICER },
  { kind: 'focal_point', role: 'Reprisals focal point', name: 'focal-2', caps: OFFICER },
  { kind: 'senior_official', role: 'Senior official', name: 'official', caps: OFFICIAL },
  { kind: 'senior_official', role: 'Senior official', name: 'official-second', caps: OFFICIAL },
  { kind: 'alternate', role: 'Alternate to the senior official', name: 'alternate', caps: OFFICIAL },
  { kind: 'oversight', role: 'Oversight', name: 'oversight', caps: ['epoch', 'triage', 'oversee'] },
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

/** What the staff server stores of one member: nothing in it opens without the words. */
export type Vault = {
  readonly subject: string;
  readonly authHash: string;
  readonly certificateHash: string;
  readonly keyring: string;
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
  readonly vault: Vault;
};

export type EvaluationOrganisation = {
  readonly rootset: Bytes;
  readonly rootSeeds: readonly Bytes[];
  readonly keyset: Bytes;
  readonly staff: readonly EvaluationStaff[];
  readonly epochBoxes: readonly EpochBox[];
  /** Canonical JSON of the response times. */
  readonly policyText: string;
  /** The tlog-policy that clients pin. */
  readonly logPolicyText: string;
  readonly logVkey: string;
  readonly witnessVkeys: readonly string[];
};

/** Makes the organisation: three roots of which two sign, six seats in four roles, first epochs, vaults. */
export async function evaluationCeremony(
  deps: Pick<ClientDeps, 'signing' | 'sealing' | 'random'>,
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
  const roles = SEATS.filter((seat, i) => SEATS.findIndex((other) => other.role === seat.role) === i).map(
    (seat) => ({ id: deps.random.bytes(16), kind: seat.kind, name: seat.role }),
  );
  const seated = SEATS.map((seat) => {
    const role = roles.find((r) => r.name === seat.role);
    if (role === undefined) throw new Invariant('a seat without a role');
    return seatPerson(deps, seat, role.id, roots, input.now);
  });
  const epochs = await Promise.all(roles.map((role) => firstEpoch(deps, role.name, seated, input.now)));
  const names = ledgerNames(input);
  const policyText = canonicalJson(input.policy);
  const rootPart = makeRootPart({
    origin: input.origin,
    rootVersion: 1,
    issued: input.now,
    expires: input.now + VALID_SECONDS,
    minSuite: 1,
    rootset,
    roles,
    certificates: seated.map((person) => person.holder.certificate.bytes),
    revocations: [],
    logVkey: names.logVkey,
    promisePublicKey: input.promisePublicKey,
    tlogPolicy: names.logPolicyText,
    policyHash: sha256(encodeUtf8(policyText)),
  });
  const [first, second] = seated;
  if (first === undefined || second === undefined) throw new Invariant('a KEYSET needs two signers');
  return {
    rootset,
    rootSeeds,
    keyset: finishKeyset(
      { bytes: rootPart, signatures: roots.map((root) => signAsRoot(root, TAG.keyset, rootPart)) },
      epochs.map((made) => made.epoch),
      1,
      input.now,
      [first.holder, second.holder],
    ),
    staff: await Promise.all(seated.map((person) => vaultFor(deps, person))),
    epochBoxes: epochs.flatMap((made) => made.boxes),
    policyText,
    ...names,
  };
}

type Seated = {
  readonly seat: Seat;
  readonly subjectId: Bytes;
  readonly keys: StaffKeys;
  readonly holder: Holder;
};

function seatPerson(
  deps: Pick<ClientDeps, 'signing' | 'sealing' | 'random'>,
  seat: Seat,
  roleId: Bytes,
  roots: readonly RootSigner[],
  now: Instant,
): Seated {
  const keys = makeStaffKeys(deps.random);
  const subjectId = deps.random.bytes(16);
  const body = certificateRequest(deps, keys, {
    roleId,
    subjectId,
    notBefore: now,
    notAfter: now + VALID_SECONDS,
    capabilities: capabilityBits(seat.caps),
  });
  const certificate: Certificate = finishCertificate(
    body,
    roots.map((root) => signAsRoot(root, TAG.certificate, body)),
  );
  const signer = makeSigner(deps.signing, keys.signingSeed);
  return { seat, subjectId, keys, holder: { certificate, signer, kemSeed: keys.kemSeed } };
}

function firstEpoch(
  deps: Pick<ClientDeps, 'sealing' | 'random'>,
  role: string,
  seated: readonly Seated[],
  now: Instant,
): Promise<NewEpoch> {
  const holders = seated.filter((person) => person.seat.role === role).map((person) => person.holder);
  const [maker] = holders;
  if (maker === undefined) throw new Invariant('a role without holders');
  return makeRoleEpoch(
    deps,
    maker,
    holders.map((holder) => holder.certificate),
    now,
  );
}

async function vaultFor(
  deps: Pick<ClientDeps, 'sealing' | 'random'>,
  { seat, subjectId, keys, holder }: Seated,
): Promise<EvaluationStaff> {
  const code = makeReporterCode(deps.random);
  const { authKey, vaultSeed } = deriveVaultKeys(code);
  const keyring: Keyring = { ...keys, roleSeeds: [], certificateHash: holder.certificate.hash };
  const sealed = await sealKeyring(deps.sealing, deps.sealing.publicKey(vaultSeed), keyring);
  const who = { subject: toHex(subjectId), certificateHash: toHex(holder.certificate.hash) };
  return {
    name: seat.name,
    role: seat.role,
    roleKind: seat.kind,
    ...who,
    words: encodeWords(code, 'en'),
    keyring,
    vault: { ...who, authHash: toHex(sha256(authKey)), keyring: toBase64(sealed) },
  };
}

function ledgerNames(
  input: EvaluationInput,
): Pick<EvaluationOrganisation, 'logPolicyText' | 'logVkey' | 'witnessVkeys'> {
  const vkey = (name: string, algorithm: number, publicKey: Bytes): string =>
    encodeVkey({ name, algorithm, publicKey, keyId: deriveKeyId(name, algorithm, publicKey) });
  const logVkey = vkey(input.origin, ALGORITHM_ED25519, input.logPublicKey);
  const witnessVkeys = input.witnesses.map((w) => vkey(w.name, ALGORITHM_COSIGNATURE, w.publicKey));
  const names = witnessVkeys.map((_, i) => `witness-${String(i + 1)}`);
  const majority = Math.floor(names.length / 2) + 1;
  const lines = [
    `log ${logVkey}`,
    ...witnessVkeys.map((key, i) => `witness ${String(names[i])} ${key}`),
    `group witnesses ${String(majority)} ${names.join(' ')}`,
    'quorum witnesses',
  ];
  return { logPolicyText: lines.map((line) => `${line}\n`).join(''), logVkey, witnessVkeys };
}
