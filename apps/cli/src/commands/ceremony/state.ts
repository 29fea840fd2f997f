/** What the folder of a ceremony holds so far, read and checked: nothing in it is believed because it lies there. */
import {
  type CarriedSignature,
  CeremonyError,
  checkCertificate,
  type ClientDeps,
  type DirectoryContent,
  type Judged,
  type Plan,
  rootSignaturesOver,
  seatOf,
  type SignedRootPart,
} from '@app/client';
import { staffFileSchema } from '@app/contracts';
import { parseKeysetFile } from '@app/crypto/sign';
import {
  certificateBodyBytes,
  type Keyset,
  parseCertificate,
  parseEpochsPart,
  parseRootPart,
  verifyKeyset,
} from '@app/crypto/verify';
import { type Bytes, toHex } from '@app/encoding';
import path from 'node:path';
import { readTrust } from '../../stack/evaluation-files.js';
import { parseJsonFile, parseSignature } from './carried-files.js';
import { Folder } from './folder.js';
import { parsePlan } from './plan-file.js';

export const PLAN = 'plan.json';
export const ROOTSET = 'rootset.bin';
export const ROOT_PART = 'root-part.bin';
export const EPOCHS = 'epochs.bin';
export const KEYSET = 'keyset.bin';
export const PREVIOUS = 'previous';

export async function readPlan(folder: Folder): Promise<Plan> {
  return parsePlan(await folder.text(PLAN), PLAN);
}

export async function readSignatures(folder: Folder): Promise<readonly CarriedSignature[]> {
  return Promise.all(
    folder.ending('.signature').map(async (name) => parseSignature(await folder.text(name), name)),
  );
}

/** A directory in force: its KEYSET was checked as of its own date, for it may run out while its successor is made. */
export type Previous = { readonly keyset: Keyset; readonly content: DirectoryContent };

/** The directory that this ceremony changes, if it changes one: a copy in `previous/`. */
export async function readPrevious(deps: ClientDeps, folder: Folder): Promise<Previous | undefined> {
  if (!folder.has(PREVIOUS)) return undefined;
  const content = await readDirectory(folder.at(PREVIOUS));
  const file = parseKeysetFile(content.keyset);
  const now = Math.max(parseRootPart(file.rootPart).issued, parseEpochsPart(file.epochsPart).issued);
  return { content, keyset: verifyKeyset(deps.verifier, content.keyset, { rootset: content.rootset, now }) };
}

export async function readDirectory(at: string): Promise<DirectoryContent> {
  const folder = new Folder(at);
  return {
    rootset: await folder.read(ROOTSET),
    keyset: await folder.read(KEYSET),
    policyText: (await folder.text('policy.json')).trimEnd(),
    staff: parseJsonFile(staffFileSchema, await folder.text('staff.json'), 'staff.json'),
    trust: readTrust(path.join(at, 'trust.json')),
    logVkey: (await folder.text('log.vkey')).trimEnd(),
  };
}

/**
 * All certificates there are, each with enough root signatures and as the plan says, with the plan's revocations.
 * @throws {CeremonyError} `signatures_short`, `signature_wrong`, `seat_unknown`, `request_not_planned`.
 */
export async function readCertificates(
  deps: ClientDeps,
  folder: Folder,
  plan: Plan,
  previous: Previous | undefined,
): Promise<readonly Judged[]> {
  const files = await Promise.all(folder.ending('.certificate').map((name) => folder.read(name)));
  const all = [...(previous?.keyset.certificates ?? []).map(({ bytes }) => bytes), ...files];
  const byHash = new Map<string, Judged>();
  for (const bytes of all) {
    const certificate = parseCertificate(bytes);
    const { name, revokedAt } = seatOf(plan, certificate);
    const body = certificateBodyBytes(certificate);
    checkCertificate(deps.verifier, plan.rootset, certificate, body, `the certificate of ${name}`);
    byHash.set(toHex(certificate.hash), { ...certificate, ...(revokedAt !== undefined && { revokedAt }) });
  }
  return [...byHash.values()];
}

/** The root part that this ceremony goes by, with its root signatures: its own, or the one in force. */
export async function readSignedRootPart(
  deps: ClientDeps,
  folder: Folder,
  plan: Plan,
  previous: Previous | undefined,
): Promise<SignedRootPart> {
  if (folder.has(ROOT_PART)) {
    const bytes = await folder.read(ROOT_PART);
    const signed = { signs: 'root-part', message: bytes, name: ROOT_PART } as const;
    const carried = await readSignatures(folder);
    return { bytes, signatures: rootSignaturesOver(deps.verifier, plan.rootset, signed, carried) };
  }
  if (previous === undefined) throw new CeremonyError('key_missing', ROOT_PART);
  const { rootPart, rootSignatures } = parseKeysetFile(previous.content.keyset);
  return { bytes: rootPart, signatures: rootSignatures };
}

/** The version that the next KEYSET has. */
export function nextVersion(previous: Previous | undefined): number {
  return (previous?.keyset.version ?? 0) + 1;
}

/** A seat's vault, made in this ceremony or in an earlier one. */
export function vaultOf(
  content: DirectoryContent | undefined,
  subjectId: Bytes,
): DirectoryContent['staff']['vaults'][number] | undefined {
  return content?.staff.vaults.find(({ subject }) => subject === toHex(subjectId));
}
