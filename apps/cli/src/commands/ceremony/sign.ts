/** Looking before signing, and signing: what is signed is what was shown, and what the plan says. */
import path from 'node:path';
import {
  type CarriedSignature,
  CeremonyError,
  checkEpochsPart,
  checkRootPart,
  type Countersigner,
  describePlan,
  type Seat,
  seatOf,
  type Signed,
  signCarried,
} from '@app/client';
import {
  certificateBodyBytes,
  describeCertificate,
  describeEpochsPart,
  describeKeysetFile,
  describeRootPart,
  describeRootset,
  inGroups,
  parseCertificate,
  parseRelease,
  sha256,
} from '@app/crypto/verify';
import { type Bytes, bytesEqual, decodeUtf8, toHex } from '@app/encoding';
import { parseVkey } from '@app/tlog';
import { InvalidArgumentError } from 'commander';
import {
  encodeSignature,
  KEY_KINDS,
  keyBytes,
  parseEpoch,
  parsePublicKey,
  parseSignature,
  parseVault,
} from './carried-files.js';
import { refuseExisting } from './folder.js';
import { type Ceremony, type Outcome, outcome } from './outcome.js';
import { openHolder, openRoot } from './people.js';
import { parsePlan } from './plan-file.js';
import { describeRelease } from './release.js';
import { nextVersion, PLAN, readCertificates, readPlan, readPrevious, readSignedRootPart } from './state.js';
import { ask } from './words.js';

const BINARY: Readonly<Record<string, (bytes: Bytes) => string>> = {
  RPR1: describeRootset,
  RPC1: describeCertificate,
  RPKR: describeRootPart,
  RPKE: describeEpochsPart,
  RPKS: describeKeysetFile,
  // How the canonical JSON of a manifest begins; the other texts of a ceremony are laid out in lines.
  '{"fi': describeRelease,
};

const TEXTS: Readonly<Record<string, (text: string, name: string, bytes: Bytes) => string>> = {
  plan: (text, name, bytes) => describePlan(parsePlan(text, name), bytes),
  signature: (text, name) => describeSignature(parseSignature(text, name)),
  epoch: (text, name) => {
    const { epoch, boxes } = parseEpoch(text, name);
    return [
      `EPOCH ${String(epoch.epoch)} of role ${toHex(epoch.roleId)}`,
      `fingerprint  ${inGroups(epoch.hash)}`,
      `made by      ${inGroups(epoch.holderCertificateHash)}`,
      ...boxes.map((box) => `box of epoch ${String(box.epoch)} for certificate ${box.certificateHash}`),
    ].join('\n');
  },
  vault: (text, name) => {
    const { subject, certificateHash } = parseVault(text, name);
    return `VAULT of ${subject}, sealed under words that only its owner has\nfor certificate ${certificateHash}`;
  },
};

/** Any file of a ceremony in words. @throws {CeremonyError} `file_malformed`. */
export async function inspect({ folder }: Ceremony, file: string): Promise<Outcome> {
  const name = path.basename(file);
  const bytes = await folder.read(file);
  const planned = await plannedAs(folder, bytes);
  const listing = describeFile(bytes, name).trimEnd();
  return outcome({ file: name, sha256: toHex(sha256(bytes)), listing }, [listing, ...planned]);
}

function describeFile(bytes: Bytes, name: string): string {
  const binary = BINARY[magicOf(bytes)];
  if (binary !== undefined) return binary(bytes);
  const text = decodeUtf8(bytes, name);
  if (KEY_KINDS.some((kind) => text.startsWith(`${kind} `))) return describePublicKey(text, name);
  const kind = kindOf(text);
  const describe = kind === undefined ? undefined : TEXTS[kind];
  if (describe === undefined) throw new CeremonyError('file_malformed', name);
  return describe(text, name, bytes);
}

function kindOf(text: string): string | undefined {
  try {
    const { file } = JSON.parse(text) as { file?: unknown };
    return typeof file === 'string' && Object.hasOwn(TEXTS, file) ? file : undefined;
  } catch {
    return undefined;
  }
}

function describePublicKey(text: string, name: string): string {
  const { kind, key } = parsePublicKey(text, name);
  const isBare = kind === 'root' || kind === 'promise';
  const fingerprint = isBare ? [`fingerprint  ${inGroups(sha256(keyBytes(key)))}`] : [];
  return [`PUBLIC KEY of kind ${kind}`, `public       ${key}`, ...fingerprint].join('\n');
}

function describeSignature({ signs, hash, by }: CarriedSignature): string {
  const signer =
    by.kind === 'root'
      ? `root ${String(by.rootIndex)}`
      : `holder with certificate ${inGroups(by.certificateHash)}`;
  return [
    `SIGNATURE over a file of kind ${signs}`,
    `signed       ${inGroups(hash)}`,
    `signed by    ${signer}`,
  ].join('\n');
}

/** The names that the plan in the folder has for what a file identifies by number. */
async function plannedAs(folder: Ceremony['folder'], bytes: Bytes): Promise<string[]> {
  if (!folder.has(PLAN)) return [];
  const { roles, seats } = await readPlan(folder);
  const roleName = (id: Bytes): string =>
    roles.filter((role) => bytesEqual(role.id, id)).map(({ name }) => name)[0] ?? 'unknown';
  const seatLine = (seat: Seat): string =>
    `  holder ${toHex(seat.subjectId)} is the seat ${seat.name}, ${roleName(seat.roleId)}`;
  switch (magicOf(bytes)) {
    case 'RPC1': {
      const { subjectId } = parseCertificate(bytes);
      return ['in the plan', ...seats.filter((seat) => bytesEqual(seat.subjectId, subjectId)).map(seatLine)];
    }
    case 'RPKR':
      return ['in the plan', ...seats.map(seatLine)];
    case 'RPKE':
      return ['in the plan', ...roles.map(({ id, name }) => `  role ${toHex(id)} is ${name}`)];
    default:
      return [];
  }
}

function magicOf(bytes: Bytes): string {
  return String.fromCharCode(...bytes.subarray(0, 4));
}

export type SignOptions = {
  readonly rootKey?: string;
  readonly seat?: string;
  readonly words?: string;
  readonly expect?: string;
};

/** Shows a file, asks for its fingerprint, and signs it as a root officer or as a holder. */
export async function sign(ceremony: Ceremony, file: string, options: SignOptions): Promise<Outcome> {
  const { folder } = ceremony;
  if ((options.rootKey === undefined) === (options.seat === undefined))
    throw new InvalidArgumentError('Sign with either --root-key FILE or --seat NAME.');
  const name = path.basename(file);
  const bytes = await folder.read(file);
  const signed = await signableOf(ceremony, bytes, name);
  const fingerprint = sha256(signed.message);
  process.stderr.write(`${describeFile(bytes, name)}${(await plannedAs(folder, bytes)).join('\n')}\n`);
  await confirm(fingerprint, name, options.expect);
  const by = await signerOf(ceremony, options);
  const carried = signCarried(by, signed.signs, signed.message);
  const signer = 'rootIndex' in by ? `root-${String(by.rootIndex)}` : String(options.seat);
  const output = `${name}.${signer}.signature`;
  refuseExisting(folder.at(output));
  await folder.write(output, encodeSignature(carried));
  return outcome({ file: output, signs: signed.signs, fingerprint: toHex(fingerprint) }, [
    `Signed: ${output}`,
  ]);
}

/** What in a file is signed, once it is as it must be. */
async function signableOf({ deps, folder }: Ceremony, bytes: Bytes, name: string): Promise<Signed> {
  const plan = await readPlan(folder);
  switch (magicOf(bytes)) {
    case 'RPC1': {
      const certificate = parseCertificate(bytes);
      const seat = seatOf(plan, certificate);
      if (seat.revokedAt !== undefined || seat.notAfter <= deps.now())
        throw new CeremonyError('seat_not_in_force', seat.name);
      return { signs: 'certificate', message: certificateBodyBytes(certificate), name };
    }
    case 'RPKR': {
      const previous = await readPrevious(deps, folder);
      const rootVersion = (previous?.keyset.rootVersion ?? 0) + 1;
      checkRootPart(plan, bytes, { rootVersion, now: deps.now() });
      await readCertificates(deps, folder, plan, previous);
      return { signs: 'root-part', message: bytes, name };
    }
    case 'RPKE': {
      const previous = await readPrevious(deps, folder);
      const root = await readSignedRootPart(deps, folder, plan, previous);
      const expected = { version: nextVersion(previous), now: deps.now() };
      checkEpochsPart(deps.verifier, root.bytes, bytes, expected);
      return { signs: 'epochs', message: bytes, name };
    }
    case '{"fi':
      if (parseRelease(bytes).origin !== parseVkey(plan.logVkey).name)
        throw new CeremonyError('file_malformed', name);
      return { signs: 'release', message: bytes, name };
    default:
      throw new CeremonyError('file_malformed', name);
  }
}

/** The fingerprint comes from outside: read aloud, or on paper; a script brings the whole of it. */
async function confirm(fingerprint: Bytes, name: string, expected: string | undefined): Promise<void> {
  const groups = inGroups(fingerprint);
  if (expected !== undefined) {
    if (expected.replace(/\s/g, '') !== toHex(fingerprint))
      throw new CeremonyError('fingerprint_differs', name);
    return;
  }
  if (!process.stdin.isTTY)
    throw new InvalidArgumentError('Without a terminal, say which file is meant: --expect FINGERPRINT.');
  const typed = await ask(
    'Type the first five characters of the fingerprint that was read aloud, to sign: ',
    {
      isShown: true,
    },
  );
  if (typed.trim() !== groups.slice(0, 5)) throw new CeremonyError('not_confirmed', name);
}

async function signerOf(ceremony: Ceremony, { rootKey, seat, words }: SignOptions): Promise<Countersigner> {
  const { deps, folder } = ceremony;
  const plan = await readPlan(folder);
  if (rootKey !== undefined) return openRoot(ceremony, plan, rootKey, words);
  const previous = await readPrevious(deps, folder);
  const certificates = await readCertificates(deps, folder, plan, previous);
  return openHolder(ceremony, { plan, previous, certificates }, String(seat), words);
}
