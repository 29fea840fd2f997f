/** Sealing a report: everything that happens before the first byte leaves the device. */
import {
  checkReport,
  effectiveConsent,
  parseConsentMatrix,
  type ReportBody,
  type ReportProblem,
  splitReport,
} from '@app/casework';
import type { KeyBox, SealedObject, Submission } from '@app/contracts';
import {
  type ArchiveFile,
  COMPARTMENT,
  deriveReporterKeys,
  digestBlob,
  type ObjectKind,
  type ReporterKeys,
  sealAttachment,
  sealKeyBox,
  sealObject,
} from '@app/crypto/seal';
import { makeSigner, type Signer } from '@app/crypto/sign';
import { type Keyset, type Role, type RoleEpoch, sha256 } from '@app/crypto/verify';
import { type Bytes, type Json, toBase64, toHex } from '@app/encoding';
import { type ClientDeps, refuse } from './deps.js';
import {
  type AttachedBlob,
  type BoxListing,
  indexJson,
  type ReportEnvelope,
  reportJson,
} from './envelope.js';
import { type MailboxApi, withMailbox } from './mailbox-requests.js';
import type { Service } from './service.js';

const SUITE = 1;
/** Compartments begin with their first epoch. */
const FIRST_EPOCH = 1;

/** What the reporter filled in and chose. */
export type ReportInput = {
  readonly report: ReportBody;
  /** Stripped copies, for everybody who may read the facts. */
  readonly files: readonly ArchiveFile[];
  /** Untouched originals, for those alone who may know who speaks. */
  readonly originals?: readonly ArchiveFile[];
  /** 16 bytes of the reporter's code. */
  readonly code: Bytes;
};

/** A sealed file under way, to be sent in parts. */
export type SealedBlob = { readonly id: string; readonly sealed: Bytes };

/** A report ready to be sent, as often as it takes: the same bytes every time. */
export type PreparedReport = {
  /** Remembers what it signed, so that the answer to an earlier attempt is recognised. */
  readonly mailbox: MailboxApi;
  readonly submission: Submission;
  readonly blobs: readonly SealedBlob[];
};

export type Preparation =
  | { readonly ok: true; readonly prepared: PreparedReport }
  | { readonly ok: false; readonly problems: readonly ReportProblem[] };

type Compartment = { readonly number: number; readonly seed: Bytes; readonly publicKey: Bytes };

type Listed = { readonly box: KeyBox; readonly listing: BoxListing };

/**
 * Seals a report to the focal point's role and to the reporter herself, and, with consent K3, a held-back copy of the
 * `main` key to the senior official's role; that office is passed over if she excludes it or the alleged perpetrator
 * is UN personnel.
 *
 * @returns the problems, if the report is not one that can be submitted.
 * @throws {VerificationError} `role_missing`, `epoch_expired`.
 * @throws {ParseError} `object_too_large`.
 * @see libs/crypto SPEC.md §11
 * Security: the held-back box is withheld by the server, not by cryptography.
 */
export async function prepareReport(service: Service, input: ReportInput): Promise<Preparation> {
  const checked = checkReport(input.report);
  if (!checked.ok) return checked;
  const { report } = checked;
  const { deps, directory } = service;
  const keys = deriveReporterKeys(input.code, deps.signing, deps.sealing);
  const draft: Draft = {
    deps,
    keyset: directory.keyset,
    keys,
    signer: makeSigner(deps.signing, keys.contentSigSeed),
    threadId: deps.random.bytes(16),
    main: makeCompartment(deps, COMPARTMENT.main),
    identity: makeCompartment(deps, COMPARTMENT.identity),
    exclusions: report.consent.exclusions ?? [],
  };
  const focal = focalRole(draft);
  const focalEpoch = draft.keyset.currentEpoch(focal.id, deps.now());
  const boxes = await firstBoxes(draft, focalEpoch);
  const escalation = await escalationBox(draft, report);
  const sealed = await sealContents(draft, input, report, [...boxes, ...(escalation ? [escalation] : [])]);
  const submission: Submission = {
    suite: SUITE,
    threadId: toHex(draft.threadId),
    mailboxId: toHex(keys.mailboxId),
    mailboxKey: toHex(keys.mailboxPublicKey),
    role: toHex(focal.id),
    roleEpoch: focalEpoch.epoch,
    declaredUrgent: report.safety.declared_urgent,
    consents: report.consent.matrix,
    exclusions: [...draft.exclusions],
    compartments: [draft.main, draft.identity].map(({ number, publicKey }) => ({
      compartment: number,
      epoch: FIRST_EPOCH,
      publicKey: toBase64(publicKey),
    })),
    boxes: boxes.map(({ box }) => box),
    escalation: escalation?.box ?? null,
    objects: sealed.objects,
    blobs: sealed.blobs.map(({ id }) => id),
  };
  return { ok: true, prepared: { mailbox: withMailbox(service, keys), submission, blobs: sealed.blobs } };
}

type Draft = {
  readonly deps: ClientDeps;
  readonly keyset: Keyset;
  readonly keys: ReporterKeys;
  readonly signer: Signer;
  readonly threadId: Bytes;
  readonly main: Compartment;
  readonly identity: Compartment;
  readonly exclusions: readonly string[];
};

function makeCompartment({ random, sealing }: ClientDeps, number: number): Compartment {
  const seed = random.bytes(32);
  return { number, seed, publicKey: sealing.publicKey(seed) };
}

function focalRole({ keyset, exclusions }: Draft): Role {
  const role = keyset.roles.find((r) => r.kind === 'focal_point' && !exclusions.includes(toHex(r.id)));
  return role ?? refuse('role_missing');
}

async function firstBoxes(draft: Draft, focalEpoch: RoleEpoch): Promise<Listed[]> {
  const boxes: Listed[] = [];
  for (const compartment of [draft.main, draft.identity]) {
    boxes.push(await listedBox(draft, compartment, 'role', focalEpoch));
    boxes.push(await listedBox(draft, compartment, 'reporter'));
  }
  return boxes;
}

async function escalationBox(draft: Draft, report: ReportBody): Promise<Listed | undefined> {
  if (!effectiveConsent(parseConsentMatrix(report.consent.matrix, 'report.consents'), 'K3').granted)
    return undefined;
  const role = escalationRole(draft, report);
  if (role === undefined) return undefined;
  return listedBox(draft, draft.main, 'escalation', draft.keyset.currentEpoch(role.id, draft.deps.now()));
}

/** The office the held-back box is for: never one that may be concerned itself. */
function escalationRole({ keyset, exclusions }: Draft, report: ReportBody): Role | undefined {
  const isUnPersonnel = report.perpetrators?.some(({ kind }) => kind === 'UN_PERSONNEL') ?? false;
  const kinds = isUnPersonnel ? ['ethics', 'alternate'] : ['senior_official', 'alternate', 'ethics'];
  return kinds
    .flatMap((kind) => keyset.roles.filter((role) => role.kind === kind))
    .find((role) => !exclusions.includes(toHex(role.id)));
}

async function listedBox(
  { deps, keys, threadId }: Draft,
  compartment: Compartment,
  purpose: BoxListing['purpose'],
  to?: RoleEpoch,
): Promise<Listed> {
  const box = await sealKeyBox(deps.sealing, to?.kemPublicKey ?? keys.kemPublicKey, keys.contentPublicKey, {
    purpose,
    compartment: compartment.number,
    epoch: FIRST_EPOCH,
    scopeId: threadId,
    seed: compartment.seed,
  });
  const role = to && { role: toHex(to.roleId), roleEpoch: to.epoch };
  return {
    box: {
      compartment: compartment.number,
      epoch: FIRST_EPOCH,
      recipient: role ? { kind: 'role', ...role } : { kind: 'reporter' },
      box: toBase64(box),
    },
    listing: {
      compartment: compartment.number,
      purpose,
      ...(role && { role: role.role, role_epoch: role.roleEpoch }),
      sha256: toHex(sha256(box)),
    },
  };
}

type Contents = { readonly objects: SealedObject[]; readonly blobs: SealedBlob[] };

/** Both halves of the report and the attachments, each object naming the one before. */
async function sealContents(
  draft: Draft,
  input: ReportInput,
  report: ReportBody,
  boxes: readonly Listed[],
): Promise<Contents> {
  const halves = splitReport(report);
  const envelope = (part: 'main' | 'identity'): Json => {
    const body: ReportEnvelope = {
      format: 1,
      part,
      consents: report.consent.matrix,
      exclusions: draft.exclusions,
      boxes: boxes.map(({ listing }) => listing),
      report: halves[part],
    };
    return reportJson(body);
  };
  const attached = await sealFiles(draft, draft.main, input.files);
  const originals = await sealFiles(draft, draft.identity, input.originals ?? []);
  const write = objectWriter(draft);
  const objects = [
    await write(draft.main, 'report', envelope('main')),
    await write(draft.identity, 'report', envelope('identity')),
  ];
  if (attached)
    objects.push(await write(draft.main, 'attachment_index', indexJson({ blobs: [attached.index] })));
  if (originals) {
    objects.push(await write(draft.identity, 'attachment_index', indexJson({ blobs: [originals.index] })));
  }
  return { objects, blobs: [attached, originals].flatMap((one) => (one ? [one.blob] : [])) };
}

/** Seals one object after the other: each counts on and names the file before it. */
function objectWriter({ deps, keyset, signer, threadId }: Draft) {
  let seq = 0;
  let prev: Bytes = new Uint8Array(32);
  return async (to: Compartment, kind: ObjectKind, body: Json): Promise<SealedObject> => {
    seq += 1;
    const header = {
      kind,
      threadId,
      author: 'reporter' as const,
      seq,
      prev,
      time: deps.now(),
      keysetHash: keyset.hash,
    };
    const file = await sealObject(deps.sealing, signer, to.publicKey, header, body);
    prev = sha256(file);
    return { compartment: to.number, epoch: FIRST_EPOCH, file: toBase64(file) };
  };
}

async function sealFiles(
  { deps }: Draft,
  to: Compartment,
  files: readonly ArchiveFile[],
): Promise<{ readonly blob: SealedBlob; readonly index: AttachedBlob } | undefined> {
  return files.length === 0 ? undefined : sealBlob(deps, to.publicKey, files);
}

/** One sealed archive, and what the index says of it. @param publicKey - of the compartment. */
export async function sealBlob(
  deps: ClientDeps,
  publicKey: Bytes,
  files: readonly ArchiveFile[],
): Promise<{ readonly blob: SealedBlob; readonly index: AttachedBlob }> {
  const sealed = await sealAttachment(deps.sealing, publicKey, files);
  const id = toHex(deps.random.bytes(16));
  const names = files.map(({ name, data }) => ({ name, sizeBytes: data.length }));
  return { blob: { id, sealed }, index: { id, ...digestBlob(sealed), files: names } };
}
