/** A case as one officer may see it: verified from its events up, opened with the boxes of her role. */
import { applyFollowUps, type ConsentAnswer, joinReport, type Policy, type ReportBody } from '@app/casework';
import { type CaseFile, caseTag, type StoredBox } from '@app/contracts';
import { type ArchiveFile, COMPARTMENT, openAttachment } from '@app/crypto/seal';
import { hashItems, type Opening, sha256, type Statement, verifyStatement } from '@app/crypto/verify';
import {
  type Bytes,
  bytesEqual,
  canonicalJson,
  concatBytes,
  fromBase64,
  fromHex,
  toHex,
} from '@app/encoding';
import {
  type BoxToOpen,
  checkCodeBoxes,
  checkReportCodes,
  consentAnswersOf,
  type Entry,
  idOf,
  openBoxes,
  openObjects,
  type Report,
  seedKey,
  type Seeds,
} from './contents.js';
import { type Attachment, attachmentsOf, conversationOf, type Message } from './conversation.js';
import { refuse } from './deps.js';
import { loadPolicy } from './directory.js';
import { type History, isErased, type VerifiedEvent, verifyHistory } from './history.js';
import { witnessedNow } from './service.js';
import { roleSeedKey, type StaffSession } from './staff-session.js';

/** An opened case. It goes stale with every act; open it again. */
export type OpenedCase = {
  readonly session: StaffSession;
  readonly casePseudonym: string;
  /** Of this file: what acts name as the state they are for. */
  readonly tag: string;
  readonly threadId: Bytes;
  readonly policy: Policy;
  readonly policyHash: Bytes;
  readonly history: History;
  readonly compartments: CaseFile['compartments'];
  /** Those of the officer's role that her seeds open. */
  readonly boxes: readonly StoredBox[];
  readonly seeds: Seeds;
  readonly entries: readonly Entry[];
  /** Absent without a box for `main`. */
  readonly report?: Report;
  /** The whole questionnaire, for those who hold both halves. */
  readonly fullReport?: ReportBody;
  /** The same with every later act and correction that fits it. */
  readonly currentReport?: ReportBody;
  /** Who gave which consent after the report, oldest first. */
  readonly consentAnswers: readonly ConsentAnswer[];
  readonly conversation: readonly Message[];
  readonly attachments: readonly Attachment[];
};

/**
 * Fetches a case and opens what the officer's role has boxes for.
 *
 * A held-back box is opened only after a routing event, or after an escalation whose deadline the witnesses' clocks
 * have passed.
 * @param casePseudonym - hex.
 * @throws {ApiProblem} `not_found`, also for cases of others.
 * @throws {VerificationError} the first thing that does not hold; `consent_mismatch` is an alarm: the server's consent
 * codes are not those that were signed.
 */
export async function openCase(session: StaffSession, casePseudonym: string): Promise<OpenedCase> {
  const file = await session.service.api.call('caseFile', { params: { case: casePseudonym } });
  return openFile(session, casePseudonym, file);
}

/** The case as it is now: the one given where nothing has changed, else opened anew. Errors as `openCase`. */
export async function reopenCase(opened: OpenedCase): Promise<OpenedCase> {
  const { session, casePseudonym, tag } = opened;
  const params = { case: casePseudonym };
  const file = await session.service.api.callIfChanged('caseFile', { params }, tag);
  return file === undefined ? opened : openFile(session, casePseudonym, file);
}

async function openFile(session: StaffSession, casePseudonym: string, file: CaseFile): Promise<OpenedCase> {
  const { service } = session;
  const threadId = idOf(file.threadId);
  const policyHash = fromHex(file.policyHash, 'policy_hash', 32);
  const policy = await loadPolicy(service.api, policyHash);
  const history = verifyHistory(file.events, policy);
  const isThisCase =
    history.last.receipt.casePseudonym === casePseudonym &&
    history.events.every(({ opening }) => opening.policyHash.every((byte, i) => byte === policyHash[i]));
  if (!isThisCase) refuse('state_mismatch');
  if (file.statements !== undefined) checkStatements(session, history, file.statements);
  const mine = await boxesToOpen(session, history, file.boxes);
  const seeds = await openBoxes(service, history, threadId, mine);
  const entries = await openObjects(service, history, seeds, threadId, file.objects);
  const given = mine.map(({ stored }) => stored);
  checkCodeBoxes(history, entries, given);
  const first = given.filter(({ grant, compartment }) => grant === undefined && isOfReport(compartment));
  // Whom a lapse alone brought the case has been given no extract of a person yet.
  const isByLapse =
    mine.some(({ purpose }) => purpose === 'escalation') &&
    !history.events.some(({ event }) => event.type === 'ROUTED');
  const unread = { seeds, grants: isByLapse ? 'taken' : 'refused' } as const;
  const report = seeds.has(seedKey(0, 1)) ? checkReportCodes(history, entries, first, unread) : undefined;
  const conversation = conversationOf(entries);
  const joined = report?.identity && joinReport(report.main.report, report.identity.report);
  return {
    session,
    casePseudonym,
    tag: tagOf(file, history),
    threadId,
    policy,
    policyHash,
    history,
    compartments: file.compartments,
    boxes: given,
    seeds,
    entries,
    ...(report && { report }),
    ...(joined?.ok === true && {
      fullReport: joined.report,
      currentReport: followedUp(joined.report, conversation),
    }),
    consentAnswers: consentAnswersOf(entries),
    conversation,
    attachments: attachmentsOf(entries),
  };
}

/** What does not fit the report (a row that is not there, a contradiction) stays a message and changes nothing. */
function followedUp(report: ReportBody, conversation: readonly Message[]): ReportBody {
  return conversation.reduce((before, { followUp }) => {
    const applied = followUp === undefined ? undefined : applyFollowUps(before, [followUp]);
    return applied?.ok === true ? applied.report : before;
  }, report);
}

function tagOf({ events }: CaseFile, { last }: History): string {
  const placed = events.filter(({ index }) => index !== null).length;
  return caseTag({ eventNumber: last.opening.eventNumber, commitment: toHex(last.commitment) }, placed);
}

/**
 * Every act of staff was signed, by a certificate usable then, about this case as it stood before.
 * @throws {VerificationError} `statement_missing`, `statement_mismatch`, as `verifyStatement`.
 */
function checkStatements(
  { service }: StaffSession,
  history: History,
  statements: NonNullable<CaseFile['statements']>,
): void {
  const { deps, directory } = service;
  for (const { event, opening, receipt } of history.events.filter(isShown)) {
    const shown = statements.find(({ eventNumber }) => eventNumber === opening.eventNumber);
    if (shown === undefined) return refuse('statement_missing');
    const bytes = fromBase64(shown.statement, 'statement');
    const signature = fromBase64(shown.signature, 'statement.signature', 64);
    const { statement } = verifyStatement(deps.verifier, directory.keyset, bytes, signature, event.at);
    const items = receipt.items.map((item) => fromHex(item, 'receipt.items', 32));
    const isOfThisEvent =
      toHex(sha256(bytes)) === receipt.statementHash &&
      toHex(sha256(signature)) === receipt.signatureHash &&
      isAbout(statement, opening, items);
    if (!isOfThisEvent) refuse('statement_mismatch');
  }
}

function isAbout(statement: Statement, opening: Opening, items: readonly Bytes[]): boolean {
  return (
    statement.type === opening.type &&
    canonicalJson(statement.detail) === canonicalJson(opening.detail ?? {}) &&
    statement.expectedEventNumber === opening.eventNumber &&
    bytesEqual(statement.casePseudonym, opening.casePseudonym) &&
    bytesEqual(statement.previousCommitment, opening.previousCommitment) &&
    bytesEqual(statement.itemsHash, hashItems(items)) &&
    bytesEqual(statement.policyHash, opening.policyHash)
  );
}

/** Whether a statement belongs to the event that can be shown: signed by staff, and not erased. */
function isShown({ event, receipt }: VerifiedEvent): boolean {
  return event.actor === 'staff' && !isErased(receipt);
}

/** Whether a compartment came with the report. */
function isOfReport(compartment: number): boolean {
  return compartment === COMPARTMENT.main || compartment === COMPARTMENT.identity;
}

/** The boxes of the officer's role, each with the seed of the epoch it is sealed to. */
async function boxesToOpen(
  session: StaffSession,
  history: History,
  boxes: readonly StoredBox[],
): Promise<BoxToOpen[]> {
  const opened: BoxToOpen[] = [];
  for (const stored of boxes) {
    const { recipient, grant, eventNumber } = stored;
    if (recipient.kind !== 'role' || recipient.role !== session.actor.roleId) continue;
    const recipientSeed = session.roleSeeds.get(roleSeedKey(recipient.role, recipient.roleEpoch));
    if (recipientSeed === undefined) continue;
    const isHeldBack = grant === undefined && eventNumber > 1 && isOfReport(stored.compartment);
    if (isHeldBack) await checkDelivery(session, history);
    opened.push({ stored, purpose: isHeldBack ? 'escalation' : 'role', recipientSeed });
  }
  return opened;
}

/**
 * The official's own check that a held-back box was due: holding back is the server's rule, this is hers.
 * @throws {VerificationError} `escalation_too_early`.
 */
async function checkDelivery({ service }: StaffSession, history: History): Promise<void> {
  if (history.events.some(({ event }) => event.type === 'ROUTED')) return;
  const escalated = history.events.some(({ event }) => event.type === 'ESCALATED' && event.detail.delivered);
  const now = await witnessedNow(service);
  const clocks = history.state.clocks.filter(({ id }) => id === 'C3');
  const isLapsed = clocks.some(({ dueAt }) => dueAt !== undefined && dueAt <= now);
  if (!escalated || !isLapsed) refuse('escalation_too_early');
}

/** Fetches, checks and opens one attachment. @throws {VerificationError} `blob_parts`, `no_access`. */
export async function openCaseAttachment(opened: OpenedCase, attachment: Attachment): Promise<ArchiveFile[]> {
  const { session, casePseudonym, seeds } = opened;
  const seed = seeds.get(seedKey(attachment.compartment, attachment.epoch)) ?? refuse('no_access');
  const parts: Bytes[] = [];
  for (const part of attachment.partHashes.keys()) {
    const params = { case: casePseudonym, blob: attachment.id, part };
    parts.push(await session.service.api.call('casePart', { params }));
  }
  return openAttachment(session.service.deps.sealing, seed.seed, concatBytes(...parts), attachment);
}
