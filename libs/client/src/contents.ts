/** Opening what a case holds: every file committed by its event, every author known, nothing taken on trust. */
import {
  applyConsentChange,
  type CaseEvent,
  type ConsentAnswer,
  type ConsentChange,
  decisionOf,
  encodeConsentMatrix,
  type EventName,
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
  type CodeListing,
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
    } else if (!eventOf(history, 1).items.has(hash) && !bringsCode(event, hash)) refuse('box_grant');
    seeds.set(seedKey(stored.compartment, stored.epoch), opened);
  }
  return seeds;
}

/** A box without GRANT beside an invitation or a new code, whose object lists it ({@link checkCodeBoxes}). */
function bringsCode({ event, items }: VerifiedEvent, boxHash: string): boolean {
  return (event.type === 'PERSON_INVITED' || event.type === 'CODE_CHANGED') && items.has(boxHash);
}

/**
 * Every box without GRANT that came after the report is listed by the signed object beside it.
 * @throws {VerificationError} `box_unlisted`.
 */
export function checkCodeBoxes(
  history: History,
  entries: readonly Entry[],
  boxes: readonly StoredBox[],
): void {
  for (const { box, eventNumber, grant } of boxes) {
    const hash = toHex(sha256(fromBase64(box, 'box')));
    if (grant !== undefined || !bringsCode(eventOf(history, eventNumber), hash)) continue;
    const beside = entries.find(
      (entry) => orderOf(entry) === eventNumber && entry.object.kind === 'handover',
    );
    const listed = beside && parseText(beside.object.body).code?.boxes;
    if (listed?.includes(hash) !== true) refuse('box_unlisted');
  }
}

/**
 * Opens every object there is a key for, oldest first.
 * @param own - content key and compartment of the code in use, where a reporter looks; whoever submitted is otherwise
 * known by the first report object, a person affected by her invitation.
 * @throws {VerificationError} `object_uncommitted`, `object_author`, `object_sequence`, `object_missing` for a message
 * that was left out, as `openObject`.
 */
export async function openObjects(
  service: Service,
  history: History,
  seeds: Seeds,
  threadId: Bytes,
  objects: readonly StoredObject[],
  own?: { readonly key: Bytes; readonly compartment: number },
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
  checkReporters(entries, own);
  checkSequence(entries);
  if (newestSeed(seeds, MAIN) !== undefined) checkNothingHidden(history, seeds, objects);
  return entries;
}

const MAIN = 0;
const IDENTITY = 1;
/** Acts of staff that are nothing but a message to the reporter. */
const SPOKEN: readonly EventName[] = [
  'ACKNOWLEDGED',
  'INFO_REQUESTED',
  'CONSENT_ASKED',
  'CLOSED_OUT_OF_SCOPE',
  'REPLY',
];

/** Whoever may read `main` is shown what the reporter said, and what was said to her, whole. */
function checkNothingHidden(history: History, seeds: Seeds, objects: readonly StoredObject[]): void {
  const shown = new Set(objects.map(({ eventNumber }) => eventNumber));
  for (const verified of history.events) {
    const { event, opening, items } = verified;
    const speaks = event.actor === 'reporter' ? !ANSWERS.includes(event.type) : SPOKEN.includes(event.type);
    const isHidden = speaks && items.size > 0 && !shown.has(opening.eventNumber);
    if (isHidden && !isElsewhere(history, seeds, verified)) refuse('object_missing');
  }
}

/**
 * Whether what an act of a reporter brought may be in the extract of a person affected, to which this party has no key.
 * A message does not say whose it is.
 */
function isElsewhere(history: History, seeds: Seeds, { event, opening }: VerifiedEvent): boolean {
  if (event.actor !== 'reporter') return false;
  const unread = unreadPersons(history, seeds, opening.eventNumber);
  if (ANSWERS.includes(event.type)) return unread.get(personOf(event)) === 'joined';
  if (OWN_ACTS.includes(event.type)) return unread.has(personOf(event));
  return [...unread.values()].includes('joined');
}

/**
 * Consents, and the acts whose codes say who did them. Records of consent that are left out are an alarm of their own
 * (checkConsents).
 */
const ANSWERS: readonly EventName[] = ['CONSENT', 'WITHDRAW', 'CONSENT_ANSWERED'];
const OWN_ACTS: readonly EventName[] = [
  'PERSON_INVITED',
  'PERSON_JOINED',
  'CODE_CHANGED',
  'MAILBOX_CLOSED',
  'REOPENED',
];

function personOf({ detail }: CaseEvent): number {
  return 'person' in detail ? (detail.person ?? 0) : 0;
}

/** Persons whose extract this party has no key to, up to an event. */
function unreadPersons(
  { events }: History,
  seeds: Seeds,
  upTo: number,
): ReadonlyMap<number, 'invited' | 'joined'> {
  const unread = new Map<number, 'invited' | 'joined'>();
  for (const { event } of events.slice(0, upTo)) {
    if (event.type === 'PERSON_INVITED' && newestSeed(seeds, event.detail.compartment) === undefined)
      unread.set(event.detail.person, 'invited');
    if (event.type === 'PERSON_JOINED' && unread.has(event.detail.person))
      unread.set(event.detail.person, 'joined');
  }
  return unread;
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

/**
 * Whoever submitted signs what is in `main` and `identity`, a person affected what is in her extract, each with the key
 * of the code she had then: the report's own, the one her invitation names, or the one her last code change names.
 * @see libs/crypto SPEC.md §13.4
 */
function checkReporters(
  entries: readonly Entry[],
  own: { readonly key: Bytes; readonly compartment: number } | undefined,
): void {
  const keys: ReporterKeys = new Map();
  for (const entry of entries) {
    if (entry.event.event.type === 'PERSON_INVITED') keys.set(homeOf(entry), invitedBy(entry, keys));
    else if (entry.object.author === 'reporter') keys.set(homeOf(entry), signerAfter(entry, keys));
  }
  const last = own && keys.get(own.compartment);
  if (own !== undefined && last !== undefined && !bytesEqual(last.key, own.key)) refuse('object_author');
}

type ReporterKey = { readonly person: number; readonly key: Bytes };
/** Who signs in a compartment; `main` stands for `identity` too. */
type ReporterKeys = Map<number, ReporterKey>;

function homeOf({ compartment }: Entry): number {
  return compartment <= IDENTITY ? MAIN : compartment;
}

/** The key an invitation names, if staff or whoever submitted made it. */
function invitedBy(entry: Entry, keys: ReporterKeys): ReporterKey {
  const { object, event: of } = entry;
  const submitter = keys.get(MAIN)?.key;
  const isInviter =
    object.author === 'staff' || submitter === undefined || bytesEqual(object.authorPublicKey, submitter);
  const listing = codeOf(entry);
  const person = personOf(of.event);
  const isNew = !keys.has(homeOf(entry)) && homeOf(entry) !== MAIN;
  if (!isInviter || !isNew || listing?.person !== person) return refuse('object_author');
  return { person, key: fromHex(listing.contentKey, 'content_key', 32) };
}

/** Whoever signs in this compartment after this object: she who signed it, or the key she hands on to. */
function signerAfter(entry: Entry, keys: ReporterKeys): ReporterKey {
  const { object, event: of } = entry;
  const first = homeOf(entry) === MAIN ? { person: 0, key: object.authorPublicKey } : undefined;
  const known = keys.get(homeOf(entry)) ?? first;
  if (known === undefined || !bytesEqual(object.authorPublicKey, known.key)) return refuse('object_author');
  if (of.event.type !== 'CODE_CHANGED') return known;
  const listing = codeOf(entry);
  if (listing === undefined || personOf(of.event) !== known.person) return refuse('object_author');
  return { ...known, key: fromHex(listing.contentKey, 'content_key', 32) };
}

/** What a handover says of a new code. */
function codeOf({ object }: Entry): CodeListing | undefined {
  return object.kind === 'handover' ? parseText(object.body).code : undefined;
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

/**
 * The next number of an author, and the file her next object follows.
 * @param unseen - how many objects of hers, such as invitations, she cannot read back.
 */
export function nextInSequence(
  entries: readonly Entry[],
  authorPublicKey: Bytes,
  unseen = 0,
): { readonly seq: number; readonly prev: Bytes } {
  const own = entries.filter(({ object }) => bytesEqual(object.authorPublicKey, authorPublicKey));
  const seq = own.reduce((highest, { object }) => Math.max(highest, object.seq), 0) + 1 + unseen;
  return { seq, prev: entries.at(-1)?.object.hash ?? new Uint8Array(32) };
}

/** The report as it was submitted; `identity` only for those who hold that key. */
export type Report = { readonly main: ReportEnvelope; readonly identity?: ReportEnvelope };

/**
 * Finds the signed report and holds the server's codes against it: the first boxes, the exclusions, and the consents
 * of the report with every signed change since.
 * @param firstBoxes - the boxes without GRANT that this party was given with the report.
 * @param unread - what to do with a grant whose record is in an extract that this party has no key to.
 * @throws {VerificationError} `object_missing`, `box_unlisted`, `consent_mismatch`.
 * @see libs/casework SPEC.md §3
 */
export function checkReportCodes(
  history: History,
  entries: readonly Entry[],
  firstBoxes: readonly StoredBox[],
  unread: { readonly seeds: Seeds; readonly grants: 'taken' | 'refused' },
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
  checkConsents(history, entries, main, unread);
  if (identity !== undefined && identity.consents !== main.consents) refuse('consent_mismatch');
  return { main, ...(identity && { identity }) };
}

function checkConsents(
  history: History,
  entries: readonly Entry[],
  main: ReportEnvelope,
  unread: { readonly seeds: Seeds; readonly grants: 'taken' | 'refused' },
): void {
  const submitted = history.events[0]?.event;
  const isSame =
    submitted?.type === 'SUBMITTED' &&
    submitted.detail.consents === main.consents &&
    submitted.detail.exclusions.join() === main.exclusions.join();
  if (!isSame) refuse('consent_mismatch');
  let signed = parseConsentMatrix(main.consents, 'report.consents');
  for (const verified of history.events) {
    const { event, opening } = verified;
    if (event.type !== 'CONSENT' && event.type !== 'WITHDRAW' && event.type !== 'CONSENT_ANSWERED') continue;
    const record = entries.find(
      (entry) => orderOf(entry) === opening.eventNumber && entry.object.kind === 'consent',
    );
    signed = applyConsentChange(
      signed,
      record === undefined
        ? unreadChange(history, verified, event.detail, unread)
        : parseConsentRecord(record.object.body),
    );
  }
  if (encodeConsentMatrix(signed) !== encodeConsentMatrix(history.state.consents)) refuse('consent_mismatch');
}

/** A change that the codes alone tell, because its record is where this party cannot read. */
function unreadChange(
  history: History,
  verified: VerifiedEvent,
  change: ConsentChange,
  { seeds, grants }: { readonly seeds: Seeds; readonly grants: 'taken' | 'refused' },
): ConsentChange {
  const isTaken = grants === 'taken' || change.code === 'r' || change.code === 'w';
  return isTaken && isElsewhere(history, seeds, verified) ? change : refuse('consent_mismatch');
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

/** An event by its number. @throws {VerificationError} `object_uncommitted` if there is none. */
export function eventOf(history: History, eventNumber: number): VerifiedEvent {
  return history.events[eventNumber - 1] ?? refuse('object_uncommitted');
}

/** Identifiers of 16 bytes, as text on the wire. */
export function idOf(text: string): Bytes {
  return fromHex(text, 'id', 16);
}
