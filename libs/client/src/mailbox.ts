/** The reporter's side after submission: reading, answering, consenting. Everything follows from her code alone. */
import {
  type ConsentChange,
  type FollowUp,
  type Policy,
  reporterStatus,
  type ReporterStatus,
  rolesWith,
  type ResponseTime,
  responseTimes,
} from '@app/casework';
import { ApiProblem } from '@app/api-client';
import {
  type KeyBox,
  type Mailbox,
  type MailboxAct,
  sealedItems,
  type SealedObject,
  type SubmissionReceipt,
} from '@app/contracts';
import {
  type ArchiveFile,
  deriveReporterKeys,
  type ObjectKind,
  openAttachment,
  type ReporterKeys,
  sealKeyBox,
  sealObject,
} from '@app/crypto/seal';
import { makeSigner } from '@app/crypto/sign';
import { verifyMailboxState } from '@app/crypto/verify';
import {
  type Bytes,
  bytesEqual,
  concatBytes,
  fromBase64,
  fromHex,
  type Instant,
  type Json,
  toBase64,
  toHex,
} from '@app/encoding';
import {
  checkCodeBoxes,
  checkReportCodes,
  type Entry,
  idOf,
  newestSeed,
  nextInSequence,
  openBoxes,
  openObjects,
  type Report,
  seedKey,
  type Seeds,
} from './contents.js';
import { type Attachment, attachmentsOf, conversationOf, type Message } from './conversation.js';
import { refuse } from './deps.js';
import { loadPolicy } from './directory.js';
import { consentJson, type ConsentRecord, parseConsentRecord, parseText, textJson } from './envelope.js';
import { type History, type VerifiedEvent, verifyHistory, verifyReceipt } from './history.js';
import {
  codeBox,
  type CompartmentSeed,
  type Invitee,
  type Inviter,
  listingOf,
  mailboxOf,
  makeInvitation,
} from './invitation.js';
import { type MailboxApi, withMailbox } from './mailbox-requests.js';
import { type Accepted, checkAccepted, findProof, uploadBlobs, type Witness } from './participant.js';
import { sealBlob } from './prepare.js';
import type { Service } from './service.js';

const MAIN = 0;
const TIME_TOLERANCE_SECONDS = 600;
/** How often an act is made anew because somebody was quicker. */
const ATTEMPTS = 8;

/** A case as the holder of a code sees it. */
export type MailboxView = {
  readonly service: Service;
  readonly mailbox: MailboxApi;
  readonly casePseudonym: string;
  readonly threadId: Bytes;
  readonly policy: Policy;
  readonly history: History;
  readonly status: ReporterStatus;
  readonly clocks: readonly ResponseTime[];
  /** When a target passed unmet, and whether the case went up by itself. */
  readonly lapses: readonly { readonly at: Instant; readonly type: 'LAPSED' | 'ESCALATED' }[];
  /** Whose code it is, unless the case was erased: 0 whoever submitted, else the person affected of that place in the report. */
  readonly person: number;
  /** The last row that repeats hers; absent for whoever submitted. */
  readonly through?: number;
  /** The compartment her own objects go to. */
  readonly home: number;
  /** Only whoever submitted reads it. */
  readonly report?: Report;
  readonly conversation: readonly MailboxMessage[];
  readonly attachments: readonly Attachment[];
  readonly entries: readonly Entry[];
  readonly seeds: Seeds;
};

/** A message; one of staff carries its place in the ledger, or nothing while the ledger does not have it yet. */
export type MailboxMessage = Message & { readonly witness?: Witness };

/**
 * Opens the mailbox of a code and checks all of it: the signed state, the chain of events, boxes, objects, authors,
 * consents, and that every event that brought a message of staff is in the witnessed ledger.
 *
 * @param code - 16 bytes.
 * @throws {ApiProblem} `not_found` for a code that opens nothing, or nothing any more.
 * @throws {VerificationError} the first thing that does not hold.
 * @see libs/crypto SPEC.md §8.2
 * Security: a service that also holds back the witnesses can show an older state that was true once.
 */
export async function openMailbox(service: Service, code: Bytes): Promise<MailboxView> {
  const keys = deriveReporterKeys(code, service.deps.signing, service.deps.sealing);
  return readMailbox(service, withMailbox(service, keys));
}

async function readMailbox(service: Service, mailbox: MailboxApi): Promise<MailboxView> {
  const { keys } = mailbox;
  const answer = await mailbox.api.call('mailbox', {});
  const threadId = idOf(answer.threadId);
  const { policy, history } = await verifiedHistory(service, keys, answer);
  const known = { service, mailbox, casePseudonym: answer.casePseudonym, threadId, policy, history };
  if (history.state.phase === 'ERASED') return { ...viewOf(known), ...NOTHING_KEPT };
  const boxes = answer.boxes.map((stored) => ({
    stored,
    purpose: 'reporter' as const,
    recipientSeed: keys.kemSeed,
  }));
  const seeds = await openBoxes(service, history, threadId, boxes);
  const objects = [...answer.objects];
  for (const object of answer.more)
    objects.push(await mailbox.api.call('mailboxObject', { params: { object } }));
  const home = seeds.has(seedKey(MAIN, 1)) ? MAIN : (answer.boxes[0]?.compartment ?? MAIN);
  const own = { key: keys.contentPublicKey, compartment: home };
  const entries = await openObjects(service, history, seeds, threadId, objects, own);
  checkCodeBoxes(history, entries, answer.boxes);
  const first = answer.boxes.filter(({ grant, eventNumber }) => grant === undefined && eventNumber === 1);
  const unread = { seeds, grants: 'taken' } as const;
  const report = home === MAIN ? checkReportCodes(history, entries, first, unread) : undefined;
  return {
    ...viewOf(known),
    ...whoseCode(history, entries, home),
    home,
    ...(report && { report }),
    conversation: await witnessed(service, mailbox, { history, policy }, conversationOf(entries)),
    attachments: attachmentsOf(entries),
    entries,
    seeds,
  };
}

/** Of an erased case: whose code it was is not known any more either. */
const NOTHING_KEPT = {
  person: 0,
  home: MAIN,
  conversation: [],
  attachments: [],
  entries: [],
  seeds: new Map(),
} as const;

/** What the events alone tell. */
function viewOf<T extends Pick<MailboxView, 'history'>>(of: T) {
  const { history } = of;
  return {
    ...of,
    status: reporterStatus(history.state),
    clocks: responseTimes(history.state),
    lapses: history.events.flatMap(({ event }) =>
      event.type === 'LAPSED' || event.type === 'ESCALATED' ? [{ at: event.at, type: event.type }] : [],
    ),
  };
}

/** Her place in the report, by the invitation that made the compartment. @throws {VerificationError} `object_missing`. */
function whoseCode(
  { events }: History,
  entries: readonly Entry[],
  home: number,
): Pick<MailboxView, 'person' | 'through'> {
  if (home === MAIN) return { person: 0 };
  const invited = events.find(
    ({ event }) => event.type === 'PERSON_INVITED' && event.detail.compartment === home,
  );
  const object = entries.find(({ event }) => event === invited)?.object ?? refuse('object_missing');
  const { person = 0, through } = parseText(object.body).code ?? {};
  return { person, ...(through !== undefined && { through }) };
}

async function verifiedHistory(
  service: Service,
  keys: ReporterKeys,
  { events, state, casePseudonym }: Mailbox,
): Promise<{ policy: Policy; history: History }> {
  const { deps, api, directory } = service;
  const commitment = fromHex(state.commitment, 'state.commitment', 32);
  const { origin, promisePublicKey } = directory.keyset;
  const signed = { ...state, origin, mailboxId: keys.mailboxId, commitment };
  verifyMailboxState(
    deps.verifier,
    promisePublicKey,
    signed,
    fromBase64(state.signature, 'state.signature', 64),
  );
  const [first] = events;
  if (first === undefined) return refuse('receipt_chain');
  const policy = await loadPolicy(api, verifyReceipt(first).opening.policyHash);
  const history = verifyHistory(events, policy);
  const isNewest =
    history.last.opening.eventNumber === state.eventNumber &&
    bytesEqual(history.last.commitment, commitment) &&
    history.last.receipt.casePseudonym === casePseudonym &&
    // An event dated ahead could wait for its place in the ledger as long as its author likes.
    history.last.opening.serverTime <= state.time + TIME_TOLERANCE_SECONDS &&
    Math.abs(state.time - deps.now()) <= TIME_TOLERANCE_SECONDS;
  return isNewest ? { policy, history } : refuse('state_mismatch');
}

async function witnessed(
  service: Service,
  mailbox: MailboxApi,
  { history, policy }: Pick<MailboxView, 'history' | 'policy'>,
  messages: readonly Message[],
): Promise<MailboxMessage[]> {
  const proofs = new Map<number, Witness | undefined>();
  for (const { from, eventNumber } of messages) {
    const event = history.events[eventNumber - 1];
    if (from !== 'staff' || event === undefined || proofs.has(eventNumber)) continue;
    proofs.set(eventNumber, await provenInTime(service, mailbox, event, policy));
  }
  return messages.map((message) => {
    const witness = proofs.get(message.eventNumber);
    return witness === undefined ? message : { ...message, witness };
  });
}

/**
 * The proof of any event of the case, at any later visit; `encodeReceipt` makes a file of it.
 * @returns undefined while the witnessed ledger does not have it yet.
 * @throws {VerificationError} as `findProof`; `proof_overdue` once a promise's longest delay has passed.
 */
export async function proofOfEvent(view: MailboxView, eventNumber: number): Promise<Witness | undefined> {
  const event = view.history.events[eventNumber - 1] ?? refuse('receipt_chain');
  return provenInTime(view.service, view.mailbox, event, view.policy);
}

async function provenInTime(
  service: Service,
  mailbox: MailboxApi,
  event: VerifiedEvent,
  policy: Policy,
): Promise<Witness | undefined> {
  const witness = await findProof(service, mailbox, event);
  const isOverdue = service.deps.now() > event.opening.serverTime + policy.max_promise_delay;
  return witness === undefined && isOverdue ? refuse('proof_overdue') : witness;
}

/**
 * A message to the office, with files, further acts and corrections if any. Errors as `submitReport`.
 * @param followUp - as `checkFollowUp` accepts it; whoever may read the facts of the report can read it.
 * @throws {VerificationError} `object_body` if `checkFollowUp` does not.
 */
export async function reply(
  view: MailboxView,
  text: string,
  files: readonly ArchiveFile[] = [],
  followUp?: FollowUp,
): Promise<Accepted> {
  const { service, mailbox } = view;
  const body = { text, ...(followUp !== undefined && { followUp }) };
  parseText(textJson(body));
  if (files.length === 0) {
    return act(view, async (now) => ({
      kind: 'message',
      object: await write(now, 'message', textJson(body)),
      blobs: [],
    }));
  }
  const home = newestSeed(view.seeds, view.home) ?? refuse('no_access');
  const { blob, index } = await sealBlob(service.deps, home.publicKey, files);
  await uploadBlobs(service, mailbox.api, [blob], () => undefined);
  const told = textJson({ ...body, blobs: [index] });
  return act(view, async (now) => ({
    kind: 'message',
    object: await write(now, 'message', told),
    blobs: [blob.id],
  }));
}

/** Says that what the office recorded as `eventNumber` is so. */
export async function confirm(view: MailboxView, eventNumber: number, text = ''): Promise<Accepted> {
  const body = textJson({ text, event: eventNumber });
  return act(view, async (now) => ({
    kind: 'confirm',
    object: await write(now, 'message', body),
    eventNumber,
  }));
}

/** Says that what the office recorded as `eventNumber` is not so. */
export async function dispute(view: MailboxView, eventNumber: number, text: string): Promise<Accepted> {
  const body = textJson({ text, event: eventNumber });
  return act(view, async (now) => ({
    kind: 'dispute',
    object: await write(now, 'dispute', body),
    eventNumber,
  }));
}

/** Grants, refuses or withdraws one consent. A withdrawal counts from the promise this returns. */
export async function changeConsent(
  view: MailboxView,
  record: ConsentChange & Omit<ConsentRecord, 'counter'>,
): Promise<Accepted> {
  const { person, through, scope, code } = record;
  return act(view, async (now) => {
    const earlier = now.entries.filter(
      ({ object }) => object.kind === 'consent' && parseConsentRecord(object.body).person === person,
    );
    const object = await write(now, 'consent', consentJson({ ...record, counter: earlier.length + 1 }));
    return { kind: 'consent', object, person, ...(through !== undefined && { through }), scope, code };
  });
}

/**
 * Gives a person affected a code of her own: an extract with what is said about her, which she and the offices that
 * have the case can read. From the moment she joins, only she answers for her row.
 * @throws {VerificationError} `no_access` for a view that is not the submitter's; `epoch_expired`.
 */
export async function invitePerson(view: MailboxView, invitee: Invitee): Promise<Accepted> {
  return act(view, (now) => invitation(now, invitee));
}

async function invitation(view: MailboxView, invitee: Invitee): Promise<Body> {
  const { service, threadId, history } = view;
  const { deps, directory } = service;
  const report = view.report?.main.report ?? refuse('no_access');
  const keys = view.mailbox.keys;
  const inviter: Inviter = {
    publicKey: keys.contentPublicKey,
    roleBoxes: async (key) => {
      const boxes: KeyBox[] = [];
      for (const role of rolesWith(history.state)) {
        const { roleId, epoch, kemPublicKey } = directory.keyset.currentEpoch(idOf(role), deps.now());
        const contents = { purpose: 'role', scopeId: threadId, ...key } as const;
        const box = await sealKeyBox(deps.sealing, kemPublicKey, keys.contentPublicKey, contents);
        const recipient = { kind: 'role', role: toHex(roleId), roleEpoch: epoch } as const;
        boxes.push({ compartment: key.compartment, epoch: key.epoch, recipient, box: toBase64(box) });
      }
      return boxes;
    },
    write: (to, body) => write(view, 'handover', textJson(body), to),
  };
  const made = await makeInvitation(deps, { threadId, state: history.state, report }, invitee, inviter);
  return { kind: 'invite', person: invitee.person, ...made };
}

/** The first act of a person who was invited: from now on she answers for herself. */
export async function join(view: MailboxView, text = ''): Promise<Accepted> {
  return act(view, async (now) => ({
    kind: 'join',
    object: await write(now, 'message', textJson({ text })),
  }));
}

/**
 * Seals what this code opens to another one, and closes the mailbox of this code for good.
 * @param code - 16 bytes.
 */
export async function changeCode(view: MailboxView, code: Bytes): Promise<Accepted> {
  const { deps } = view.service;
  const keys = deriveReporterKeys(code, deps.signing, deps.sealing);
  return act(view, async (now) => {
    const boxes: KeyBox[] = [];
    for (const seed of now.seeds.values())
      boxes.push(await codeBox(deps, now.threadId, seed, keys, now.mailbox.keys.contentPublicKey));
    const object = await write(now, 'handover', textJson({ text: '', code: listingOf(keys, boxes) }));
    return { kind: 'change_code', object, boxes, mailbox: mailboxOf(keys) };
  });
}

/** Closes the mailbox for good; what was said in it stays with the case. */
export async function closeMailbox(view: MailboxView, text = ''): Promise<Accepted> {
  return act(view, async (now) => ({
    kind: 'close',
    object: await write(now, 'message', textJson({ text })),
  }));
}

/** Opens a closed case again. */
export async function reopen(view: MailboxView, text: string): Promise<Accepted> {
  return act(view, async (now) => ({
    kind: 'reopen',
    object: await write(now, 'message', textJson({ text })),
  }));
}

/** Fetches, checks and opens one attachment. @throws {VerificationError} `blob_parts`, `no_access`. */
export async function openMailboxAttachment(
  view: MailboxView,
  attachment: Attachment,
): Promise<ArchiveFile[]> {
  const seed = view.seeds.get(seedKey(attachment.compartment, attachment.epoch)) ?? refuse('no_access');
  const parts: Bytes[] = [];
  for (const part of attachment.partHashes.keys()) {
    parts.push(await view.mailbox.api.call('getPart', { params: { blob: attachment.id, part } }));
  }
  return openAttachment(view.service.deps.sealing, seed.seed, concatBytes(...parts), attachment);
}

async function write(
  { service, mailbox, ...view }: MailboxView,
  kind: ObjectKind,
  body: Json,
  to: CompartmentSeed = newestSeed(view.seeds, view.home) ?? refuse('no_access'),
): Promise<SealedObject> {
  const { deps, directory } = service;
  const signer = makeSigner(deps.signing, mailbox.keys.contentSigSeed);
  const fields = {
    kind,
    threadId: view.threadId,
    author: 'reporter' as const,
    ...nextInSequence(view.entries, signer.publicKey, invitationsOf(view)),
    time: deps.now(),
    keysetHash: directory.keyset.hash,
  };
  const file = await sealObject(deps.sealing, signer, to.publicKey, fields, body);
  return { compartment: to.compartment, epoch: to.epoch, file: toBase64(file) };
}

/** How many objects whoever submitted wrote into extracts, which she does not read back. */
function invitationsOf({ history, home }: Pick<MailboxView, 'history' | 'home'>): number {
  const isHers = ({ event }: VerifiedEvent): boolean =>
    event.type === 'PERSON_INVITED' && event.actor === 'reporter';
  return home === MAIN ? history.events.filter(isHers).length : 0;
}

type WithoutPlace<A> = A extends MailboxAct ? Omit<A, 'after'> : never;
type Body = WithoutPlace<MailboxAct>;

/**
 * Does one act. What it seals is numbered after what is there: when somebody else with a code, or this one in another
 * place, was quicker, the mailbox is read again and the act made anew.
 */
async function act(view: MailboxView, make: (now: MailboxView) => Promise<Body>): Promise<Accepted> {
  for (let now = view, attempt = 1; ; attempt++) {
    const body: MailboxAct = { ...(await make(now)), after: now.history.state.heardEvent };
    try {
      return accepted(now, body, await now.mailbox.api.call('mailboxAct', { body }));
    } catch (error) {
      const isLate = error instanceof ApiProblem && error.code === 'case_moved';
      if (!isLate || attempt === ATTEMPTS) throw error;
      now = await readMailbox(now.service, now.mailbox);
    }
  }
}

function accepted(view: MailboxView, body: MailboxAct, answer: SubmissionReceipt): Accepted {
  const { boxes, mailbox } = { boxes: [], mailbox: undefined, ...body };
  const sent = sealedItems({ objects: [body.object], boxes, mailbox });
  const checked = checkAccepted(view.service, view.mailbox, answer, sent);
  const { last } = view.history;
  const { opening } = checked;
  const isNext = opening.eventNumber === last.opening.eventNumber + 1;
  const follows =
    bytesEqual(opening.casePseudonym, last.opening.casePseudonym) &&
    opening.eventNumber > last.opening.eventNumber &&
    (!isNext || bytesEqual(opening.previousCommitment, last.commitment));
  return follows ? checked : refuse('receipt_chain');
}
