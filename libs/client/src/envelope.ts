/** The bodies of sealed objects: what the signed JSON inside each kind of object says. */
import {
  checkFollowUp,
  type CodeOf,
  type ConsentChange,
  type ConsentCode,
  type FollowUp,
  isConsentChange,
  LISTS,
  SCOPES,
} from '@app/casework';
import type { BlobDigest } from '@app/crypto/seal';
import { fromHex, type Json, toHex } from '@app/encoding';

import { refuse } from './deps.js';

type JsonObject = Readonly<Record<string, Json>>;

/** A first box, as the signed report lists it: so that no server can add a recipient. */
export type BoxListing = {
  readonly compartment: number;
  readonly purpose: 'role' | 'reporter' | 'escalation';
  /** Role and its epoch, hex and number; absent for the reporter's own. */
  readonly role?: string;
  readonly role_epoch?: number;
  /** SHA-256 of the box, hex. */
  readonly sha256: string;
};

/** Body of a report object, one for each half of the report. */
export type ReportEnvelope = {
  readonly format: 1;
  readonly part: 'main' | 'identity';
  /** The codes the server was told: a difference is an alarm. */
  readonly consents: string;
  readonly exclusions: readonly string[];
  readonly boxes: readonly BoxListing[];
  readonly report: Json;
};

/** Body of an attachment index: the only place where names and types of files stand. */
export type AttachmentIndex = { readonly blobs: readonly AttachedBlob[] };
export type AttachedBlob = BlobDigest & {
  /** 16 bytes, hex. */
  readonly id: string;
  readonly files: readonly { readonly name: string; readonly sizeBytes: number }[];
};

/** Body of a message, of a note and of a handover. */
export type TextBody = {
  readonly text: string;
  readonly event?: number;
  readonly blobs?: readonly AttachedBlob[];
  /** Further acts and corrections; only in messages of the reporter. */
  readonly followUp?: FollowUp;
  /** Only in the handover beside an invitation or a new code. */
  readonly code?: CodeListing;
};

/** What a new code is for: the next reporter's objects of this compartment are signed with its key. */
export type CodeListing = {
  /** The person invited, and the last row that repeats hers; absent where a code is changed. */
  readonly person?: number;
  readonly through?: number;
  /** Ed25519, hex. */
  readonly contentKey: string;
  /** SHA-256 of the boxes without GRANT that come with it, hex. */
  readonly boxes: readonly string[];
};

/** Who speaks for the person a consent is about. */
export const GIVEN_BY = LISTS.GIVEN_BY;
export type GivenBy = CodeOf<'GIVEN_BY'>;

/** Body of a consent object. */
export type ConsentRecord = ConsentChange & {
  readonly givenBy: GivenBy;
  /** Why somebody else speaks for her. */
  readonly whyNotPerson?: CodeOf<'WHY_NOT'>;
  readonly risksExplained: boolean;
  readonly explainedBy?: CodeOf<'EXPLAINED_BY'>;
  /** Whether who answered can understand the risk. */
  readonly understands?: CodeOf<'YES_NO'>;
  readonly textVersion: string;
  /** 1, 2, 3 … among this person's records. */
  readonly counter: number;
};

export function reportJson(envelope: ReportEnvelope): Json {
  return { ...envelope, boxes: envelope.boxes.map((box) => ({ ...box })) };
}

/** @throws {VerificationError} `object_body`. */
export function parseReportEnvelope(body: Json): ReportEnvelope {
  const { format, part, consents, exclusions, boxes, report } = asObject(body);
  const isKnown = format === 1 && (part === 'main' || part === 'identity') && typeof consents === 'string';
  if (!isKnown || report === undefined) return malformed();
  return {
    format,
    part,
    consents,
    exclusions: asList(exclusions).map(asText),
    boxes: asList(boxes).map(parseListing),
    report,
  };
}

export function indexJson(index: AttachmentIndex): Json {
  return { blobs: index.blobs.map(blobJson) };
}

/** @throws {VerificationError} `object_body`. */
export function parseAttachmentIndex(body: Json): AttachmentIndex {
  return { blobs: asList(asObject(body).blobs).map(parseBlob) };
}

export function textJson(body: TextBody): Json {
  return {
    text: body.text,
    ...(body.event !== undefined && { event: body.event }),
    ...(body.blobs !== undefined && body.blobs.length > 0 && { blobs: body.blobs.map(blobJson) }),
    ...(body.followUp !== undefined && { follow_up: body.followUp as unknown as Json }),
    ...(body.code !== undefined && { code: codeJson(body.code) }),
  };
}

/** @throws {VerificationError} `object_body`. */
export function parseText(body: Json): TextBody {
  const { text, event, blobs, follow_up: added, code } = asObject(body);
  return {
    text: asText(text),
    ...(event !== undefined && { event: asWhole(event) }),
    ...(blobs !== undefined && { blobs: asList(blobs).map(parseBlob) }),
    ...(added !== undefined && { followUp: parseFollowUp(added) }),
    ...(code !== undefined && { code: parseCode(code) }),
  };
}

function codeJson({ person, through, contentKey, boxes }: CodeListing): Json {
  return {
    ...(person !== undefined && { person }),
    ...(through !== undefined && { through }),
    content_key: contentKey,
    boxes,
  };
}

function parseCode(json: Json): CodeListing {
  const { person, through, content_key, boxes } = asObject(json);
  return {
    ...(person !== undefined && { person: asWhole(person) }),
    ...(through !== undefined && { through: asWhole(through) }),
    contentKey: toHex(hexBytes(content_key, 32)),
    boxes: asList(boxes).map(asText),
  };
}

function parseFollowUp(json: Json): FollowUp {
  const checked = checkFollowUp(json);
  return checked.ok ? checked.followUp : malformed();
}

export function consentJson(record: ConsentRecord): Json {
  return {
    person: record.person,
    ...(record.through !== undefined && { through: record.through }),
    scope: record.scope,
    code: record.code,
    given_by: record.givenBy,
    ...(record.whyNotPerson !== undefined && { why_not_person: record.whyNotPerson }),
    risks_explained: record.risksExplained,
    ...(record.explainedBy !== undefined && { explained_by: record.explainedBy }),
    ...(record.understands !== undefined && { understands: record.understands }),
    text_version: record.textVersion,
    counter: record.counter,
  };
}

/** @throws {VerificationError} `object_body`. */
export function parseConsentRecord(body: Json): ConsentRecord {
  const json = asObject(body);
  const scope = SCOPES.find((known) => known === json.scope);
  const givenBy = GIVEN_BY.find((known) => known === json.given_by);
  if (scope === undefined || givenBy === undefined) return malformed();
  const change = {
    person: asWhole(json.person),
    ...(json.through !== undefined && { through: asWhole(json.through) }),
    scope: scope,
    code: asText(json.code) as ConsentCode,
  };
  if (!isConsentChange(change)) return malformed();
  const whyNotPerson = optionalCode(LISTS.WHY_NOT, json.why_not_person);
  const explainedBy = optionalCode(LISTS.EXPLAINED_BY, json.explained_by);
  const understands = optionalCode(LISTS.YES_NO, json.understands);
  return {
    ...change,
    givenBy,
    ...(whyNotPerson !== undefined && { whyNotPerson }),
    ...(explainedBy !== undefined && { explainedBy }),
    ...(understands !== undefined && { understands }),
    risksExplained: json.risks_explained === true,
    textVersion: asText(json.text_version),
    counter: asWhole(json.counter),
  };
}

function blobJson(blob: AttachedBlob): Json {
  return {
    id: blob.id,
    size: blob.sizeBytes,
    parts: blob.partHashes.map(toHex),
    files: blob.files.map((file) => ({ name: file.name, size: file.sizeBytes })),
  };
}

function parseBlob(json: Json): AttachedBlob {
  const { id, size, parts, files } = asObject(json);
  return {
    id: toHex(hexBytes(id, 16)),
    sizeBytes: asWhole(size),
    partHashes: asList(parts).map((part) => hexBytes(part, 32)),
    files: asList(files).map((file) => {
      const { name, size: sizeBytes } = asObject(file);
      return { name: asText(name), sizeBytes: asWhole(sizeBytes) };
    }),
  };
}

function parseListing(json: Json): BoxListing {
  const { compartment, purpose, role, role_epoch, sha256 } = asObject(json);
  if (purpose !== 'role' && purpose !== 'reporter' && purpose !== 'escalation') return malformed();
  return {
    compartment: asWhole(compartment),
    purpose,
    ...(role !== undefined && { role: asText(role) }),
    ...(role_epoch !== undefined && { role_epoch: asWhole(role_epoch) }),
    sha256: asText(sha256),
  };
}

function optionalCode<C extends string>(list: readonly C[], value: Json | undefined): C | undefined {
  if (value === undefined) return undefined;
  return list.find((known) => known === value) ?? malformed();
}

function hexBytes(value: Json | undefined, length: number): ReturnType<typeof fromHex> {
  try {
    return fromHex(asText(value), 'object.body', length);
  } catch {
    return malformed();
  }
}

function asObject(value: Json | undefined): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return malformed();
  return value as JsonObject;
}

function asList(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : malformed();
}

function asText(value: Json | undefined): string {
  return typeof value === 'string' ? value : malformed();
}

function asWhole(value: Json | undefined): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : malformed();
}

function malformed(): never {
  return refuse('object_body');
}
