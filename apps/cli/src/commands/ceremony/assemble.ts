/** Steps of the coordinator, who holds no secret: putting together what others made, and checking it as they would. */
import { cpSync } from 'node:fs';
import {
  CeremonyError,
  checkDirectory,
  checkEpochsPart,
  checkPlan,
  describePlan,
  type DirectoryContent,
  directoryFiles,
  epochsSignaturesOver,
  epochsToKeep,
  finishCertificate,
  makeEpochsPart,
  makeRootset,
  type Plan,
  policyTextOf,
  rootPartOf,
  rootSignaturesOver,
  seatNamed,
  seatOf,
  tlogPolicyOf,
} from '@app/client';
import type { StaffFile } from '@app/contracts';
import { assembleKeyset } from '@app/crypto/sign';
import {
  certificateBodyBytes,
  describeCertificate,
  describeEpochsPart,
  describeKeyset,
  describeRootPart,
  describeRootset,
  inGroups,
  type Keyset,
  parseCertificate,
  parseRootset,
  sha256,
  verifyKeyset,
} from '@app/crypto/verify';
import { encodeUtf8, toHex } from '@app/encoding';
import { writePublicFiles } from '../../stack/evaluation-files.js';
import { type KeyKind, keyBytes, parseEpoch, parsePublicKey, parseVault } from './carried-files.js';
import { Folder, refuseExisting } from './folder.js';
import { type Ceremony, type Outcome, outcome } from './outcome.js';
import {
  draftOf,
  encodePlan,
  exampleDraft,
  parseDraft,
  parsePlan,
  type PlanKeys,
  planOf,
} from './plan-file.js';
import {
  EPOCHS,
  KEYSET,
  nextVersion,
  PLAN,
  PREVIOUS,
  type Previous,
  readCertificates,
  readDirectory,
  readPlan,
  readPrevious,
  readSignatures,
  readSignedRootPart,
  ROOT_PART,
  ROOTSET,
  vaultOf,
} from './state.js';

const DRAFT = 'draft.json';
const DIRECTORY = 'directory';

/** ROOTSET of public keys, in the order of the names. */
export async function rootset(
  { folder }: Ceremony,
  names: readonly string[],
  options: { readonly threshold: number },
): Promise<Outcome> {
  const keys = await Promise.all(
    names.map(async (name) => {
      const { kind, key } = parsePublicKey(await folder.text(`${name}.public`), `${name}.public`);
      if (kind !== 'root') throw new CeremonyError('file_malformed', `${name}.public`);
      return keyBytes(key);
    }),
  );
  const bytes = makeRootset(keys, options.threshold);
  parseRootset(bytes);
  await folder.write(ROOTSET, bytes);
  return outcome({ fingerprint: toHex(sha256(bytes)) }, [describeRootset(bytes).trimEnd()]);
}

/** A draft to edit. */
export async function draft({ deps, folder }: Ceremony): Promise<Outcome> {
  await folder.write(DRAFT, exampleDraft(deps.now()));
  return outcome({ file: DRAFT }, [`Edit ${folder.at(DRAFT)}; then make the plan of it.`]);
}

/** A new folder to change an organisation in: what stays is carried over. */
export async function change({ folder }: Ceremony, earlier: string, directory: string): Promise<Outcome> {
  const from = new Folder(earlier);
  const plan = parsePlan(await from.text(PLAN), PLAN);
  await readDirectory(directory);
  refuseExisting(folder.at(PREVIOUS));
  await folder.write(DRAFT, draftOf(plan));
  for (const name of [ROOTSET, ...from.ending('.public')]) await folder.write(name, await from.read(name));
  cpSync(directory, folder.at(PREVIOUS), { recursive: true, errorOnExist: true });
  return outcome({ file: DRAFT }, [`Edit ${folder.at(DRAFT)}; then make the plan of it.`]);
}

/** The plan of the draft, the ROOTSET and the public keys in the folder. */
export async function plan({ deps, folder }: Ceremony): Promise<Outcome> {
  const now = deps.now();
  const made = planOf(
    parseDraft(await folder.text(DRAFT), DRAFT),
    await readKeys(folder),
    () => deps.random.bytes(16),
    now,
  );
  const previous = await readPrevious(deps, folder);
  checkPlan(made, now, previous?.keyset);
  refuseExisting(folder.at(PLAN));
  const text = encodePlan(made);
  await folder.write(PLAN, text);
  return outcome({ fingerprint: toHex(sha256(encodeUtf8(text))) }, [
    describePlan(made, encodeUtf8(text)).trimEnd(),
  ]);
}

async function readKeys(folder: Folder): Promise<PlanKeys> {
  const all = await Promise.all(
    folder.ending('.public').map(async (name) => parsePublicKey(await folder.text(name), name)),
  );
  const of = (kind: KeyKind): string[] => all.filter((one) => one.kind === kind).map(({ key }) => key);
  const one = (kind: KeyKind): string => {
    const [key, other] = of(kind);
    if (key === undefined || other !== undefined) throw new CeremonyError('key_missing', `${kind} key`);
    return key;
  };
  return {
    rootset: await folder.read(ROOTSET),
    logVkey: one('log'),
    promisePublicKey: keyBytes(one('promise')),
    witnessVkeys: of('witness'),
  };
}

/** The certificate of a seat, of its request and enough root signatures. */
export async function certificate({ deps, folder }: Ceremony, name: string): Promise<Outcome> {
  const planned = await readPlan(folder);
  seatNamed(planned, name);
  const file = `${name}.request`;
  const request = parseCertificate(await folder.read(file));
  if (seatOf(planned, request).name !== name) throw new CeremonyError('request_not_planned', name);
  const message = certificateBodyBytes(request);
  const signed = { signs: 'certificate', message, name: file } as const;
  const signatures = rootSignaturesOver(deps.verifier, planned.rootset, signed, await readSignatures(folder));
  const made = finishCertificate(message, signatures);
  await folder.write(`${name}.certificate`, made.bytes);
  return outcome({ seat: name, fingerprint: toHex(made.hash) }, [describeCertificate(made.bytes).trimEnd()]);
}

/** The root part of the plan and all certificates. */
export async function rootPart({ deps, folder }: Ceremony): Promise<Outcome> {
  const planned = await readPlan(folder);
  const previous = await readPrevious(deps, folder);
  const now = deps.now();
  checkPlan(planned, now, previous?.keyset);
  const certificates = await readCertificates(deps, folder, planned, previous);
  refuseExisting(folder.at(ROOT_PART));
  const rootVersion = (previous?.keyset.rootVersion ?? 0) + 1;
  const bytes = rootPartOf(planned, certificates, { rootVersion, issued: now });
  await folder.write(ROOT_PART, bytes);
  return outcome({ rootVersion, fingerprint: toHex(sha256(bytes)) }, [describeRootPart(bytes).trimEnd()]);
}

/** The EPOCHS part: the new epochs, and those of the KEYSET before that stay in force. */
export async function epochs({ deps, folder }: Ceremony): Promise<Outcome> {
  const planned = await readPlan(folder);
  const previous = await readPrevious(deps, folder);
  const root = await readSignedRootPart(deps, folder, planned, previous);
  const now = deps.now();
  const certificates = await readCertificates(deps, folder, planned, previous);
  const made = (await readEpochs(folder)).map(({ epoch }) => epoch);
  const kept = epochsToKeep(previous?.keyset.epochs ?? [], certificates, now);
  const version = nextVersion(previous);
  const bytes = makeEpochsPart(root.bytes, [...kept, ...made], version, now);
  checkEpochsPart(deps.verifier, root.bytes, bytes, { version, now });
  refuseExisting(folder.at(EPOCHS));
  await folder.write(EPOCHS, bytes);
  return outcome({ version, fingerprint: toHex(sha256(bytes)) }, [describeEpochsPart(bytes).trimEnd()]);
}

function readEpochs(folder: Folder): Promise<ReturnType<typeof parseEpoch>[]> {
  return Promise.all(folder.ending('.epoch').map(async (name) => parseEpoch(await folder.text(name), name)));
}

/** The KEYSET, verified as every client verifies it. */
export async function keyset({ deps, folder }: Ceremony): Promise<Outcome> {
  const planned = await readPlan(folder);
  const previous = await readPrevious(deps, folder);
  const root = await readSignedRootPart(deps, folder, planned, previous);
  const epochsPart = await folder.read(EPOCHS);
  const now = deps.now();
  checkEpochsPart(deps.verifier, root.bytes, epochsPart, { version: nextVersion(previous), now });
  const bytes = assembleKeyset({
    rootPart: root.bytes,
    rootSignatures: root.signatures,
    epochsPart,
    epochsSignatures: epochsSignaturesOver(epochsPart, await readSignatures(folder)),
  });
  const made = verifyKeyset(deps.verifier, bytes, {
    rootset: planned.rootset,
    now,
    ...(previous !== undefined && { previous: previous.keyset }),
  });
  await folder.write(KEYSET, bytes);
  return keysetOutcome(made);
}

function keysetOutcome(made: Keyset): Outcome {
  const { version, rootVersion, hash } = made;
  return outcome({ version, rootVersion, fingerprint: toHex(hash) }, [describeKeyset(made).trimEnd()]);
}

/** The folder that servers import and clients pin from. */
export async function directory({ deps, folder }: Ceremony): Promise<Outcome> {
  const planned = await readPlan(folder);
  const previous = await readPrevious(deps, folder);
  const bytes = await folder.read(KEYSET);
  const now = deps.now();
  const made = verifyKeyset(deps.verifier, bytes, { rootset: planned.rootset, now });
  const content: DirectoryContent = {
    rootset: planned.rootset,
    keyset: bytes,
    policyText: policyTextOf(planned),
    staff: await staffOf(folder, planned, previous, made),
    trust: { rootset: planned.rootset, policy: tlogPolicyOf(planned) },
    logVkey: planned.logVkey,
  };
  checkDirectory(deps.verifier, content, now);
  refuseExisting(folder.at(DIRECTORY));
  writePublicFiles(folder.path, directoryFiles(content));
  return outcome({ directory: folder.at(DIRECTORY), version: made.version }, [
    `Written: ${folder.at(DIRECTORY)}`,
  ]);
}

/** Vaults of everybody who is certified, and the boxes of all epochs so far. */
async function staffOf(
  folder: Folder,
  planned: Plan,
  previous: Previous | undefined,
  made: Keyset,
): Promise<StaffFile> {
  const vaults = await Promise.all(
    made.certificates.map(async (c) => {
      const file = `${seatOf(planned, c).name}.vault`;
      return vaultOf(previous?.content, c.subjectId) ?? parseVault(await folder.text(file), file);
    }),
  );
  const boxes = (await readEpochs(folder)).flatMap(({ boxes: of }) => of);
  return { vaults, epochBoxes: [...(previous?.content.staff.epochBoxes ?? []), ...boxes] };
}

/** A finished directory, checked from outside. */
export async function verify(
  { deps, folder }: Ceremony,
  at: string,
  options: { readonly expect?: string },
): Promise<Outcome> {
  const content = await readDirectory(folder.at(at));
  const roots = sha256(content.trust.rootset);
  if (options.expect !== undefined && options.expect.replace(/\s/g, '') !== toHex(roots))
    throw new CeremonyError('fingerprint_differs', 'the ROOTSET');
  const made = checkDirectory(deps.verifier, content, deps.now());
  const { facts, text } = keysetOutcome(made);
  return outcome({ ...facts, rootset: toHex(roots) }, [
    text,
    `The directory holds. ROOTSET ${inGroups(roots)}`,
  ]);
}
