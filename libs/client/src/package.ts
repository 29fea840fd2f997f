/**
 * A sealed report as one file: kept, carried and sent later, as often as it takes, always as the same submission.
 * It opens nothing and holds no secret; the reporter's code is needed to send it.
 */
import { type Submission, submissionSchema } from '@app/contracts';
import {
  COMPARTMENT,
  checkBlob,
  deriveReporterKeys,
  type OpenedKeyBox,
  openKeyBox,
  type OpenedObject,
  openObject,
  type ReporterKeys,
} from '@app/crypto/seal';
import { sha256 } from '@app/crypto/verify';
import {
  type Bytes,
  bytesEqual,
  decodeUtf8,
  encodeUtf8,
  fromBase64,
  fromHex,
  type Json,
  ParseError,
  Reader,
  toBase64,
  toHex,
  Writer,
} from '@app/encoding';
import { refuse } from './deps.js';
import type { DirectoryOptions } from './directory.js';
import { parseAttachmentIndex, parseReportEnvelope, type ReportEnvelope } from './envelope.js';
import { type RequestMemory, type SignedRequest, withMailbox } from './mailbox-requests.js';
import type { PreparedReport, SealedBlob } from './prepare.js';
import type { Service } from './service.js';

const MAGIC = 'RPKG';
const VERSION = 1;
const MAX_SUBMISSION_BYTES = 1_048_576;

/** A package, taken apart. */
export type ReportPackage = {
  /** The service it was sealed for. */
  readonly origin: string;
  /** The KEYSET it was sealed under: an older one, shown at submission, is refused. */
  readonly keyset: NonNullable<DirectoryOptions['previous']>;
  readonly submission: Submission;
  readonly blobs: readonly SealedBlob[];
};

/**
 * The bytes of a package: `RPKG`, u8 version, u8-long origin, u32 version, hash and u32 root version of the KEYSET,
 * u32-long JSON of the submission, then of each attachment its identifier, u64 length and sealed bytes.
 */
export function encodePackage({ directory }: Service, prepared: PreparedReport): Bytes {
  const { origin, version, hash, rootVersion } = directory.keyset;
  const w = new Writer()
    .ascii(MAGIC)
    .u8(VERSION)
    .vec8(encodeUtf8(origin))
    .u32(version)
    .bytes(hash)
    .u32(rootVersion)
    .vec32(encodeUtf8(JSON.stringify(prepared.submission)))
    .u8(prepared.blobs.length);
  for (const { id, sealed } of prepared.blobs) {
    w.bytes(fromHex(id, 'blob', 16))
      .u64(sealed.length)
      .bytes(sealed);
  }
  return w.finish();
}

/**
 * Reads a package strictly. The submission keeps its very bytes, by which the service knows a repeat.
 * @throws {ParseError} struct codes; `version_unknown`; `not_json`; `bad_submission`.
 */
export function parsePackage(bytes: Uint8Array): ReportPackage {
  const r = new Reader(bytes, 'package');
  r.magic(MAGIC);
  if (r.u8() !== VERSION) throw new ParseError('version_unknown', 'package.version');
  const origin = decodeUtf8(r.vec8(), 'package.origin');
  const keyset = { version: r.u32(), hash: r.bytes(32), rootVersion: r.u32() };
  const submission = parseSubmission(decodeUtf8(r.vec32(MAX_SUBMISSION_BYTES), 'package.submission'));
  const blobs = Array.from({ length: r.u8() }, () => ({ id: toHex(r.bytes(16)), sealed: r.bytes(r.u64()) }));
  r.done();
  if (blobs.map(({ id }) => id).join() !== submission.blobs.join())
    throw new ParseError('bad_submission', 'package.blobs');
  return { origin, keyset, submission, blobs };
}

function parseSubmission(text: string): Submission {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch {
    throw new ParseError('not_json', 'package.submission');
  }
  const isWhole = submissionSchema.safeParse(json).success && JSON.stringify(json) === text;
  if (!isWhole) throw new ParseError('bad_submission', 'package.submission');
  return json as unknown as Submission;
}

/**
 * Makes a package ready to be sent again: the code must be the one it was sealed with, and everything in it must be
 * what that code signed.
 *
 * @param code - 16 bytes of the reporter's code.
 * @param memory - the requests signed for this package before.
 * @throws {VerificationError} `package_wrong_code`, `package_altered`; as `openObject` and `openKeyBox`.
 */
export async function unpackReport(
  service: Service,
  { origin, submission, blobs }: ReportPackage,
  code: Bytes,
  memory: RequestMemory,
): Promise<PreparedReport> {
  const keys = deriveReporterKeys(code, service.deps.signing, service.deps.sealing);
  const isOfCode =
    submission.mailboxId === toHex(keys.mailboxId) && submission.mailboxKey === toHex(keys.mailboxPublicKey);
  if (!isOfCode) refuse('package_wrong_code');
  if (origin !== service.directory.keyset.origin) refuse('package_altered');
  const seeds = await openOwnBoxes(service, submission, keys);
  const objects = await openOwnObjects(service, submission, keys, seeds);
  const envelopes = objects
    .filter(({ kind }) => kind === 'report')
    .map(({ body }) => parseReportEnvelope(body));
  const main = envelopes.find(({ part }) => part === 'main');
  if (main === undefined || !isAsSigned(submission, main)) return refuse('package_altered');
  checkBlobs(objects, blobs);
  return { mailbox: withMailbox(service, keys, memory), submission, blobs };
}

type OwnSeeds = ReadonlyMap<number, OpenedKeyBox>;

async function openOwnBoxes(
  { deps }: Service,
  { boxes, compartments, threadId }: Submission,
  keys: ReporterKeys,
): Promise<OwnSeeds> {
  const seeds = new Map<number, OpenedKeyBox>();
  for (const { compartment, epoch, recipient, box } of boxes) {
    if (recipient.kind !== 'reporter') continue;
    const scopeId = fromHex(threadId, 'package.thread_id', 16);
    const expected = { purpose: 'reporter' as const, scopeId, epoch, compartment };
    const opened = await openKeyBox(deps.sealing, keys.kemSeed, fromBase64(box, 'package.box'), expected);
    seeds.set(compartment, opened);
  }
  const isWhole = compartments.every(({ compartment, publicKey }) => {
    const opened = seeds.get(compartment);
    return opened !== undefined && toBase64(opened.publicKey) === publicKey;
  });
  return isWhole && seeds.has(COMPARTMENT.main) ? seeds : refuse('package_altered');
}

async function openOwnObjects(
  { deps }: Service,
  submission: Submission,
  keys: ReporterKeys,
  seeds: OwnSeeds,
): Promise<OpenedObject[]> {
  const opened: OpenedObject[] = [];
  const threadId = fromHex(submission.threadId, 'package.thread_id', 16);
  for (const { compartment, file } of submission.objects) {
    const { seed } = seeds.get(compartment) ?? refuse('package_altered');
    const bytes = fromBase64(file, 'package.object');
    const object = await openObject(deps.sealing, deps.verifier, seed, bytes, { threadId });
    if (!bytesEqual(object.authorPublicKey, keys.contentPublicKey)) refuse('package_altered');
    opened.push(object);
  }
  return opened;
}

/** The codes the service is told, and the boxes, are those of the signed report. */
function isAsSigned(submission: Submission, signed: ReportEnvelope): boolean {
  const { boxes, escalation, role, roleEpoch } = submission;
  const hashes = (escalation === null ? boxes : [...boxes, escalation]).map(({ box }) =>
    toHex(sha256(fromBase64(box, 'package.box'))),
  );
  const { safety } = signed.report as { readonly safety?: { readonly declared_urgent?: string } };
  return (
    hashes.join() === signed.boxes.map((listing) => listing.sha256).join() &&
    signed.boxes.some((listing) => listing.role === role && listing.role_epoch === roleEpoch) &&
    submission.consents === signed.consents &&
    submission.exclusions.join() === signed.exclusions.join() &&
    submission.declaredUrgent === safety?.declared_urgent
  );
}

/** @throws {VerificationError} `package_altered` for an attachment no index names; `blob_parts`. */
function checkBlobs(objects: readonly OpenedObject[], blobs: readonly SealedBlob[]): void {
  const listed = objects
    .filter(({ kind }) => kind === 'attachment_index')
    .flatMap(({ body }) => parseAttachmentIndex(body).blobs);
  if (listed.length !== blobs.length) refuse('package_altered');
  for (const { id, sealed } of blobs) {
    checkBlob(sealed, listed.find((digest) => digest.id === id) ?? refuse('package_altered'));
  }
}

/** One line a request: time, SHA-256 of the transcript and of its signature. */
export function encodeRequests(requests: readonly SignedRequest[]): string {
  return requests
    .map(
      ({ signedAt, statementHash, signatureHash }) =>
        `${String(signedAt)} ${statementHash} ${signatureHash}\n`,
    )
    .join('');
}

/** The inverse of {@link encodeRequests}. @throws {ParseError} `bad_line`. */
export function parseRequests(text: string): SignedRequest[] {
  if (text !== '' && !text.endsWith('\n')) throw new ParseError('bad_line', 'requests');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [, time, statementHash, signatureHash] =
        /^(0|[1-9]\d{0,14}) ([0-9a-f]{64}) ([0-9a-f]{64})$/.exec(line) ?? [];
      if (time === undefined || statementHash === undefined || signatureHash === undefined)
        throw new ParseError('bad_line', 'requests');
      return { signedAt: Number(time), statementHash, signatureHash };
    });
}
