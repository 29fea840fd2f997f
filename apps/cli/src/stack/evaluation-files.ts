/** The evaluation organisation on disk: made once, by a machine, with every key in one folder. */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Policy } from '@app/casework';
import { type ClientDeps, directoryFiles, evaluationCeremony, type Trust } from '@app/client';
import { fromBase64, ParseError, toHex } from '@app/encoding';
import { parseVkey } from '@app/tlog';
import { z } from 'zod';

/** Two of them make the quorum, so that one may be away. */
export const WITNESS_NAMES = ['witness-1', 'witness-2', 'witness-3'];
const SECRET = { mode: 0o600 };

const staffSchema = z.array(
  z.object({
    name: z.string(),
    role: z.string(),
    roleKind: z.string(),
    subject: z.string(),
    certificateHash: z.string(),
    words: z.string(),
  }),
);
export type EvaluationMember = z.infer<typeof staffSchema>[number];

const trustSchema = z.object({ rootset: z.string(), policy: z.string() });

/** Makes the organisation unless it is there; a half-written one from a crash is made anew. */
export async function ensureOrganisation(
  deps: ClientDeps,
  dataDir: string,
  origin: string,
  policy: Policy,
): Promise<boolean> {
  if (existsSync(path.join(dataDir, 'directory'))) return false;
  const keys = path.join(dataDir, 'keys');
  mkdirSync(keys, { recursive: true, mode: 0o700 });
  const makeSeed = (name: string): Uint8Array<ArrayBuffer> => {
    const seed = deps.random.bytes(32);
    writeFileSync(path.join(keys, `${name}.key`), `${toHex(seed)}\n`, SECRET);
    return deps.signing.publicKey(seed);
  };
  const logPublicKey = makeSeed('log');
  const promisePublicKey = makeSeed('promise');
  const witnesses = WITNESS_NAMES.map((name) => ({
    name: `${origin}/${name}`,
    publicKey: makeSeed(name),
  }));
  const input = { origin, logPublicKey, promisePublicKey, witnesses, policy, now: deps.now() };
  const made = await evaluationCeremony(deps, input);
  made.rootSeeds.forEach((seed, i) => {
    writeFileSync(path.join(keys, `root-${String(i + 1)}.key`), `${toHex(seed)}\n`, SECRET);
  });
  const members: EvaluationMember[] = made.staff.map((member) => ({
    name: member.name,
    role: member.role,
    roleKind: member.roleKind,
    subject: member.subject,
    certificateHash: member.certificateHash,
    words: member.words.join(' '),
  }));
  writeFileSync(path.join(keys, 'staff.json'), JSON.stringify(members, null, 2), SECRET);
  writePublicFiles(
    dataDir,
    directoryFiles({
      rootset: made.rootset,
      keyset: made.keyset,
      policyText: made.policyText,
      staff: { vaults: made.staff.map((member) => member.vault), epochBoxes: [...made.epochBoxes] },
      trust: { rootset: made.rootset, policy: made.logPolicyText },
      logVkey: made.logVkey,
    }),
  );
  return true;
}

/** All files or none: the folder gets its name when it is complete. */
export function writePublicFiles(dataDir: string, files: Readonly<Record<string, Uint8Array>>): void {
  const draft = path.join(dataDir, 'directory.new');
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(path.join(draft, name), bytes);
  chmodSync(draft, 0o755);
  renameSync(draft, path.join(dataDir, 'directory'));
}

/** The origin of the log, which outlives the name of the folder; an organisation may come from a ceremony. */
export function readOrigin(dataDir: string): string {
  return parseVkey(readFileSync(path.join(dataDir, 'directory', 'log.vkey'), 'utf8').trimEnd()).name;
}

/** The evaluation staff with their unlock secrets; nobody for an organisation that was not made here. */
/** The witnesses whose keys are here: all of an evaluation organisation's, perhaps fewer of one made elsewhere. */
export function witnessesOf(dataDir: string): string[] {
  return WITNESS_NAMES.filter((name) => existsSync(path.join(dataDir, 'keys', `${name}.key`)));
}

export function readMembers(dataDir: string): EvaluationMember[] {
  if (!existsSync(path.join(dataDir, 'keys', 'staff.json'))) return [];
  return staffSchema.parse(JSON.parse(readFileSync(path.join(dataDir, 'keys', 'staff.json'), 'utf8')));
}

/**
 * What a client pins out of band: the ROOTSET and the log's policy.
 * @throws {ParseError} `trust_malformed`.
 */
export function readTrust(file: string): Trust {
  const text = readFileSync(file, 'utf8');
  try {
    const { rootset, policy } = trustSchema.parse(JSON.parse(text));
    return { rootset: fromBase64(rootset, 'trust.rootset'), policy };
  } catch {
    throw new ParseError('trust_malformed', 'trust');
  }
}
