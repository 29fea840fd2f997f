/** Opening what a case holds: every file committed by its event, every author known, nothing taken on trust. */
import {
  applyConsentChange,
  type ConsentAnswer,
  decisionOf,
  encodeConsentMatrix,
  type EventName,
  type FollowUp,
  parseConsentMatrix,
} from '@app/casework';
import type { StoredBox, StoredObject } from '@app/contracts';
import {
  type BoxPurpose,
  type OpenedKeyBox,
  type OpenedObject,
  openKeyBox,
  openObject,
} from '@app/crypto/seal';
import {
  type Keyset,
  type KeysetCertificate,
  sha256,
  usableCertificate,
  verifyGrant,
} from '@app/crypto/verify';
import { type Bytes, bytesEqual, fromBase64, fromHex, type Instant, toHex } from '@app/encoding';
import { refuse } from './deps.js';
import {
  type AttachedBlob,
  parseAttachmentIndex,
  parseConsentRecord,
  parseReportEnvelope,
  parseText,
  type ReportEnvelope,
} from './envelope.js';
import type { History, VerifiedEvent } from './history.js';
import type { Service } from './service.js';

/** An object opened, with the event that brought it. */
export type Entry = {
  readonly object: OpenedObject;
  readonly compartment: number;
  readonly epoch: number;
  readonly event: VerifiedEvent;
  /** Absent for the reporter. */
  readonly certificate?: KeysetCertificate;
};

/** Compartment keys by compartment and epoch. */
export type Seeds = ReadonlyMap<string, OpenedKeyBox>;

export function seedKey(compartment: number, epoch: number): string {
  return `${String(compartment)}/${String(epoch)}`;
}

/** The newest epoch of a compartment for which there is a key. */
export function newestSeed(seeds: Seeds, compartment: number): OpenedKeyBox | undefined {
  return [...seeds.values()]
    .filter((seed) => seed.compartment === compartment)
    .reduce<OpenedKeyBox | undefined>((a, b) => (a && a.epoch > b.epoch ? a : b), undefined);
}

/** One box and the key that opens it. */
export type BoxToOpen = {
  readonly stored: StoredBox;
  readonly purpose: BoxPurpose;
  readonly recipientSeed: Bytes;
};

/**
 * Opens key boxes that events commit to. A box that came after the report has a GRANT of a certified officer; the
 * first ones are compared with the signed report by {@link checkListing}.
 * @throws {VerificationError} `object_uncommitted`, `box_grant`, as `openKeyBox` and `verifyGrant`.
 */
export async function openBoxes(
  { deps, directory }: Service,
  history: History,
  threadId: Bytes,
  boxes: readonly BoxToOpen[],
): Promise<Seeds> {
  const seeds = new Map<string, OpenedKeyBox>();
  for (const { stored, purpose, recipientSeed } of boxes) {
    const box = fromBase64(stored.box, 'box');
    const event = eventOf(history, stored.eventNumber);
    const hash = toHex(sha256(box));
    // A held-back box was committed with the report and is delivered by a later event.
    const committed = history.events.some(
      (e) => e.opening.eventNumber <= stored.eventNumber && e.items.has(hash),
    );
    if (!committed) refuse('object_uncommitted');
    const opened = await openKeyBox(deps.sealing, recipientSeed, box, {
      purpose,
      scopeId: threadId,
      epoch: stored.epoch,
      compartment: stored.compartment,
    });
    if (stored.grant !== undefined) {
      const record = fromBase64(stored.grant, 'box.grant');
      const { grant, certificate } = verifyGrant(
        deps.verifier,
        directory.keyset,
        record,
        event.opening.serverTime,
      );
      const isForThisBox =
        bytesEqual(grant.boxHash, sha256(box)) &&
        bytesEqual(grant.scopeId, threadId) &&
        grant.compartment === stored.compartment &&
        grant.epoch === stored.epoch &&
        bytesEqual(sha256(certificate.signingPublicKey), opened.granterKeyHash);
      if (!isForThisBox) refuse('box_grant');
    } else if (!eventOf(history, 1).items.has(hash)) refuse('box_grant');
    seeds.set(seedKey(stored.compartment, stored.epoch), opened);
  }
  return seeds;
}

/**
 * Opens every object there is a key for, oldest first.
 * @param reporterKey - her content key, if known beforehand; else the first report object tells it.
 * @throws {VerificationError} `object_uncommitted`, `object_author`, `object_sequence`, `object_missing` for a message
 * that was left out, as `openObject`.
 */
export async function openObjects(
  service: Service,
  history: History,
  seeds: Seeds,
  threadId: Bytes,
  objects: readonly StoredObject[],
  reporterKey?: Bytes,
): Promise<Entry[]> {
  const { deps } = service;
  const entries: Entry[] = [];
  for (const stored of objects) {
    const seed = seeds.get(seedKey(stored.compartment, stored.epoch));
    if (seed === undefined) continue;
    const file = fromBase64(stored.file, 'object.file');
    const event = eventOf(history, stored.eventNumber);
    if (!event.items.has(toHex(sha256(file)))) refuse('object_uncommitted');
    const object = await openObject(deps.sealing, deps.verifier, seed.seed, file, { threadId });
    const isOfActor = object.author === event.event.actor && object.author === stored.author;
    if (!isOfActor) refuse('object_author');
    const entry = { object, compartment: stored.compartment, epoch: stored.epoch, event };
    entries.push(
      object.author === 'staff'
        ? { ...entry, certificate: await certificateOf(service, object, event.opening.serverTime) }
        : entry,
    );
  }
  entries.sort((a, b) => orderOf(a) - orderOf(b) || a.object.seq - b.object.seq);
  checkReporter(entries, reporterKey);
  checkSequence(entries);
  if (newestSeed(seeds, MAIN) !== undefined) checkNothingHidden(history, objects);
  return entries;
}

const MAIN = 0;
/** Acts of staff that are nothing but a message to the reporter. */
const SPOKEN: readonly EventName[] = [
  'ACKNOWLEDGED',
  'INFO_REQUESTED',
  'CONSENT_ASKED',
  'CLOSED_OUT_OF_SCOPE',
  'REPLY',
];

/** Consent records that are left out are an alarm of their own (checkConsents). */
const CONSENTS: readonly EventName[] = ['CONSENT', 'WITHDRAW', 'CONSENT_ANSWERED'];

/** Whoever may read `main` is shown what the reporter said, and what was said to her, whole. */
function checkNothingHidden(history: History, objects: readonly StoredObject[]): void {
  const shown = new Set(objects.map(({ eventNumber }) => eventNumber));
  for (const { event, opening, items } of history.events) {
    const speaks = event.actor === 'reporter' ? !CONSENTS.includes(event.type) : SPOKEN.includes(event.type);
    if (speaks && items.size > 0 && !shown.has(opening.eventNumber)) refuse('object_missing');
  }
}

function orderOf(entry: Entry): number {
  return entry.event.opening.eventNumber;
}

/** The certificate that signed, usable when it did by the KEYSET it named, and not revoked since for that time. */
async function certificateOf(
  { archive, directory }: Service,
  object: OpenedObject,
  at: Instant,
): Promise<KeysetCertificate> {
  const named = await archive.at(object.keysetHash, at);
  const certificate = signerOf(named, object.authorPublicKey) ?? refuse('object_author');
  const current: Keyset =
    directory.keyset.certificate(certificate.hash) === undefined ? named : directory.keyset;
  return usableCertificate(current, certificate.hash, at);
}

function signerOf(keyset: Keyset, publicKey: Bytes): KeysetCertificate | undefined {
  return keyset.certificates.find((certificate) => bytesEqual(certificate.signingPublicKey, publicKey));
}

function checkReporter(entries: readonly Entry[], known: Bytes | undefined): void {
  const hers = entries.filter(({ object }) => object.author === 'reporter');
  const key = known ?? hers[0]?.object.authorPublicKey;
  if (hers.some(({ object }) => key === undefined || !bytesEqual(object.authorPublicKey, key)))
    refuse('object_author');
}

/** A number used twice, or one that falls, shows that objects were exchanged or reordered. */
function checkSequence(entries: readonly Entry[]): void {
  const last = new Map<string, number>();
  for (const { object } of entries) {
    const author = toHex(object.authorPublicKey);
    if (object.seq <= (last.get(author) ?? 0)) refuse('object_sequence');
    last.set(author, object.seq);
  }
}

/** The next number of an author, and the file her next object follows. */
export function nextInSequence(
  entries: readonly Entry[],
  authorPublicKey: Bytes,
): { readonly seq: number; readonly prev: Bytes } {
  const own = entries.filter(({ object }) => bytesEqual(object.authorPublicKey, authorPublicKey));
  const seq = own.reduce((highest, { object }) => Math.max(highest, object.seq), 0) + 1;
  return { seq, prev: entries.at(-1)?.object.hash ?? new Uint8Array(32) };
}

/** The report as it was submitted; `identity` only for those who hold that key. */
export type Report = { readonly main: ReportEnvelope; readonly identity?: ReportEnvelope };

/**
 * Finds the signed report and holds the server's codes against it: the first boxes, the exclusions, and the consents
 * of the report with every signed change since.
 * @param firstBoxes - the boxes without GRANT that this party was given.
 * @throws {VerificationError} `object_missing`, `box_unlisted`, `consent_mismatch`.
 * @see libs/casework SPEC.md §3
 */
export function checkReportCodes(
  history: History,
  entries: readonly Entry[],
  firstBoxes: readonly StoredBox[],
): Report {
  const envelopes = entries
    .filter(({ object, event }) => object.kind === 'report' && event.opening.eventNumber === 1)
    .map(({ object, compartment }) => ({ compartment, envelope: parseReportEnvelope(object.body) }));
  const main = envelopes.find(
    ({ compartment, envelope }) => compartment === 0 && envelope.part === 'main',
  )?.envelope;
  const identity = envelopes.find(({ compartment }) => compartment === 1)?.envelope;
  if (main === undefined || (identity !== undefined && identity.part !== 'identity'))
    return refuse('object_missing');
  for (const { box } of firstBoxes) {
    const hash = toHex(sha256(fromBase64(box, 'box')));
    if (!main.boxes.some((listing) => listing.sha256 === hash)) refuse('box_unlisted');
  }
  checkConsents(history, entries, main);
  if (identity !== undefined && identity.consents !== main.consents) refuse('consent_mismatch');
  return { main, ...(identity && { identity }) };
}

function checkConsents(history: History, entries: readonly Entry[], main: ReportEnvelope): void {
  const submitted = history.events[0]?.event;
  const isSame =
    submitted?.type === 'SUBMITTED' &&
    submitted.detail.consents === main.consents &&
    submitted.detail.exclusions.join() === main.exclusions.join();
  if (!isSame) refuse('consent_mismatch');
  let signed = parseConsentMatrix(main.consents, 'report.consents');
  for (const { event, opening } of history.events) {
    if (!CONSENTS.includes(event.type)) continue;
    const record = entries.find(
      (entry) => orderOf(entry) === opening.eventNumber && entry.object.kind === 'consent',
    );
    if (record === undefined) refuse('consent_mismatch');
    signed = applyConsentChange(signed, parseConsentRecord(record.object.body));
  }
  if (encodeConsentMatrix(signed) !== encodeConsentMatrix(history.state.consents)) refuse('consent_mismatch');
}

/** Who gave which consent after the report, oldest first: the signed records, one for each person and scope. */
export function consentAnswersOf(entries: readonly Entry[]): ConsentAnswer[] {
  return entries
    .filter(({ object }) => object.kind === 'consent')
    .flatMap(({ object, event }) => {
      const record = parseConsentRecord(object.body);
      const { person: first, through = first, scope, code } = record;
      const answer = {
        scope,
        decision: decisionOf(code),
        given_by: record.givenBy,
        ...(record.whyNotPerson !== undefined && { why_not_person: record.whyNotPerson }),
        ...(record.risksExplained && {
          risks_explained: { by: record.explainedBy ?? 'OTHER', text_version: record.textVersion },
        }),
        ...(record.understands !== undefined && { understands: record.understands }),
        given_at: new Date(event.opening.serverTime * 1_000).toISOString().slice(0, 10),
      } as const;
      return Array.from({ length: through - first + 1 }, (_, i) => ({ ...answer, person: first + i }));
    });
}

/** One line of the conversation. */
export type Message = {
  readonly from: 'reporter' | 'staff';
  readonly kind: 'message' | 'dispute' | 'note' | 'handover';
  readonly text: string;
  /** The event it confirms or disputes, if any. */
  readonly about?: number;
  readonly eventNumber: number;
  readonly at: Instant;
  readonly blobs: readonly AttachedBlob[];
  /** What the reporter adds to her report, or corrects in it. */
  readonly followUp?: FollowUp;
  readonly certificate?: KeysetCertificate;
};

/** Messages, notes and disputes, oldest first. */
export function conversationOf(entries: readonly Entry[]): Message[] {
  return entries.flatMap(({ object, event, certificate }): Message[] => {
    const { kind, author } = object;
    if (kind !== 'message' && kind !== 'dispute' && kind !== 'note' && kind !== 'handover') return [];
    const { text, event: about, blobs = [], followUp } = parseText(object.body);
    return [
      {
        from: author,
        kind,
        text,
        ...(about !== undefined && { about }),
        eventNumber: event.opening.eventNumber,
        at: event.opening.serverTime,
        blobs,
        ...(followUp !== undefined && author === 'reporter' && { followUp }),
        ...(certificate && { certificate }),
      },
    ];
  });
}

/** Every attachment a signed object of this case names, with the compartment its key is in. */
export type Attachment = AttachedBlob & { readonly compartment: number; readonly epoch: number };

export function attachmentsOf(entries: readonly Entry[]): Attachment[] {
  return entries.flatMap(({ object, compartment, epoch }) => {
    const blobs =
      object.kind === 'attachment_index'
        ? parseAttachmentIndex(object.body).blobs
        : object.kind === 'message'
          ? (parseText(object.body).blobs ?? [])
          : [];
    return blobs.map((blob) => ({ ...blob, compartment, epoch }));
  });
}

/** An event by its number. @throws {VerificationError} `object_uncommitted` if there is none. */
export function eventOf(history: History, eventNumber: number): VerifiedEvent {
  return history.events[eventNumber - 1] ?? refuse('object_uncommitted');
}

/** Identifiers of 16 bytes, as text on the wire. */
export function idOf(text: string): Bytes {
  return fromHex(text, 'id', 16);
}
