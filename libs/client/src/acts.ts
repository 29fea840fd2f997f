/**
 * What staff do in a case. Each act is decided here first, by the same function as at the server, then signed as a
 * statement about the case as it was seen, and its entry is recomputed from the answer.
 */
import {
  type ActOf,
  type CaseAct,
  type CaseEvent,
  decide,
  EVENT_TYPES,
  effectiveConsent,
  type RefusalCode as DomainRefusal,
  rolesWith,
} from '@app/casework';
import {
  caseTag,
  type CompartmentKey,
  type EventReceipt,
  type KeyBox,
  sealedItems,
  type SealedObject,
} from '@app/contracts';
import { COMPARTMENT, type ObjectKind, sealKeyBox, sealObject } from '@app/crypto/seal';
import { encodeStatement, signGrant } from '@app/crypto/sign';
import { hashItems, type Role, type RoleEpoch, sha256, TAG } from '@app/crypto/verify';
import { type Bytes, bytesEqual, canonicalJson, fromBase64, fromHex, toBase64, toHex } from '@app/encoding';
import type { OpenedCase } from './case-file.js';
import { idOf, newestSeed, nextInSequence } from './contents.js';
import { refuse } from './deps.js';
import { type TextBody, textJson } from './envelope.js';
import { type VerifiedEvent, verifyReceipt } from './history.js';
import { type CompartmentSeed, type Invitee, type Inviter, makeInvitation } from './invitation.js';
import type { StaffSession } from './staff-session.js';

/** What an act came to: an event in the ledger's queue, or the reason why the case does not allow it. */
export type ActResult =
  | { readonly ok: true; readonly event: VerifiedEvent }
  | { readonly ok: false; readonly refusal: { readonly code: DomainRefusal } };

/** What an act brings along. */
export type Sealed = {
  readonly compartments?: readonly CompartmentKey[];
  readonly boxes?: readonly KeyBox[];
  readonly objects?: readonly SealedObject[];
  /** Of a person invited, as on the wire. */
  readonly mailbox?: string;
};

/**
 * Does one act.
 *
 * @param second - the session of the other officer, where the act needs two: she signs the same statement.
 * @throws {ApiProblem} `case_moved` if the case has moved on: open it again.
 * @throws {VerificationError} `statement_mismatch` if the entry commits to something else than what was signed;
 * `receipt_chain`; as `verifyReceipt`.
 * @see libs/crypto SPEC.md §10.1
 */
export async function perform(
  opened: OpenedCase,
  act: CaseAct,
  sealed: Sealed = {},
  second?: StaffSession,
): Promise<ActResult> {
  const { session, history, policy } = opened;
  const now = Math.max(session.service.deps.now(), history.state.lastEventAt);
  const decision = decide(history.state, act, { now, actor: session.actor, policy });
  if (!decision.ok) return decision;
  return {
    ok: true,
    event: await recordAct(placeOf(opened), { act, event: decision.event }, sealed, second),
  };
}

/** A case as somebody who signs for it knows it: where it stands, and under which POLICY. */
export type CasePlace = {
  readonly session: StaffSession;
  readonly casePseudonym: string;
  readonly eventNumber: number;
  /** Of the last event. */
  readonly commitment: Bytes;
  readonly policyHash: Bytes;
  readonly tag: string;
};

function placeOf({ session, casePseudonym, history, policyHash, tag }: OpenedCase): CasePlace {
  const { opening, commitment } = history.last;
  return { session, casePseudonym, eventNumber: opening.eventNumber, commitment, policyHash, tag };
}

/** Where the service says that a case stands, to those who are shown no event of it. */
export function placeTold(
  session: StaffSession,
  told: {
    readonly casePseudonym: string;
    readonly eventNumber: number;
    readonly commitment: string;
    readonly policyHash: string;
  },
): CasePlace {
  const { casePseudonym, eventNumber, commitment } = told;
  return {
    session,
    casePseudonym,
    eventNumber,
    commitment: fromHex(commitment, 'commitment', 32),
    policyHash: fromHex(told.policyHash, 'policy_hash', 32),
    tag: caseTag({ eventNumber, commitment }),
  };
}

/**
 * Signs for an event and sends it, whoever decided it. Errors as {@link perform}.
 * @param event - what the act will become, as the server will have it.
 */
export async function recordAct(
  place: CasePlace,
  { act, event }: { readonly act: CaseAct; readonly event: CaseEvent },
  sealed: Sealed = {},
  second?: StaffSession,
): Promise<VerifiedEvent> {
  const { deps, api } = place.session.service;
  const items = sealedItems({
    boxes: sealed.boxes ?? [],
    objects: sealed.objects ?? [],
    mailbox: sealed.mailbox,
  });
  const signed = signStatement(place, event, items);
  const { receipt } = await api.call('caseAct', {
    params: { case: place.casePseudonym },
    idempotencyKey: toHex(deps.random.bytes(16)),
    ifMatch: place.tag,
    body: {
      act,
      statement: toBase64(signed.statement),
      signature: toBase64(signed.signature),
      ...(second && {
        second: {
          certificateHash: second.actor.certificate,
          signature: toBase64(second.signer.sign(TAG.second, signed.statement)),
        },
      }),
      compartments: [...(sealed.compartments ?? [])],
      boxes: [...(sealed.boxes ?? [])],
      objects: [...(sealed.objects ?? [])],
      ...(sealed.mailbox !== undefined && { mailbox: sealed.mailbox }),
    },
  });
  return checkReceipt(place, event, signed, receipt);
}

type SignedStatement = {
  readonly statement: Bytes;
  readonly signature: Bytes;
  /** SHA-256 of what the act brings along, in order. */
  readonly hashes: readonly Bytes[];
};

function signStatement(place: CasePlace, event: CaseEvent, items: readonly string[]): SignedStatement {
  const { session, policyHash } = place;
  const { deps, directory } = session.service;
  const hashes = items.map((item) => sha256(fromBase64(item, 'item')));
  const statement = encodeStatement({
    origin: directory.keyset.origin,
    casePseudonym: idOf(place.casePseudonym),
    type: EVENT_TYPES[event.type],
    detail: event.detail,
    expectedEventNumber: place.eventNumber + 1,
    previousCommitment: place.commitment,
    itemsHash: hashItems(hashes),
    policyHash,
    claimedTime: deps.now(),
    certificateHash: session.certificate.hash,
  });
  return { statement, signature: session.signer.sign(TAG.act, statement), hashes };
}

/** The entry commits to the statement that was signed, and comes right after what was seen. */
function checkReceipt(
  { casePseudonym, eventNumber, commitment, policyHash }: CasePlace,
  expected: CaseEvent,
  { statement, signature, hashes }: SignedStatement,
  receipt: EventReceipt,
): VerifiedEvent {
  const verified = verifyReceipt(receipt);
  const { event, opening } = verified;
  const isWhatWasSigned =
    receipt.statementHash === toHex(sha256(statement)) &&
    receipt.signatureHash === toHex(sha256(signature)) &&
    receipt.items.join() === hashes.map(toHex).join() &&
    event.type === expected.type &&
    event.actor === 'staff' &&
    canonicalJson(event.detail) === canonicalJson(expected.detail) &&
    bytesEqual(opening.policyHash, policyHash);
  if (!isWhatWasSigned) refuse('statement_mismatch');
  const follows =
    toHex(opening.casePseudonym) === casePseudonym &&
    opening.eventNumber === eventNumber + 1 &&
    bytesEqual(opening.previousCommitment, commitment);
  return follows ? verified : refuse('receipt_chain');
}

/** Adds the second officer to an act that needs two signatures over one statement. */
export function withSecondOfficer(
  second: StaffSession,
): (
  opened: OpenedCase,
  act: Extract<CaseAct, { readonly second?: string }>,
  sealed?: Sealed,
) => Promise<ActResult> {
  return (opened, act, sealed) =>
    perform(opened, { ...act, second: second.actor.certificate }, sealed, second);
}

/** Acknowledges to the reporter, with a message in her mailbox; `exempt` says why there is none. */
export async function acknowledge(
  opened: OpenedCase,
  how: { readonly text: string } | { readonly exempt: 'asked' | 'unsafe' },
): Promise<ActResult> {
  if ('exempt' in how) return perform(opened, { kind: 'acknowledge', exempt: how.exempt });
  return perform(
    opened,
    { kind: 'acknowledge' },
    { objects: [await write(opened, 'message', { text: how.text })] },
  );
}

/** Writes to the reporter. @param feedback - whether it says what was or will be done (C9). */
export async function message(opened: OpenedCase, text: string, feedback = false): Promise<ActResult> {
  return perform(
    opened,
    { kind: 'message', feedback },
    { objects: [await write(opened, 'message', { text })] },
  );
}

export function startTriage(opened: OpenedCase): Promise<ActResult> {
  return perform(opened, { kind: 'start_triage' });
}

/** Asks the reporter for what is missing; the triage clock waits for her. */
export async function requestInformation(opened: OpenedCase, text: string): Promise<ActResult> {
  return perform(opened, { kind: 'request_info' }, { objects: [await write(opened, 'message', { text })] });
}

/** Asks the reporter for one consent. */
export async function askConsent(
  opened: OpenedCase,
  scope: ActOf<'ask_consent'>['scope'],
  text: string,
): Promise<ActResult> {
  return perform(
    opened,
    { kind: 'ask_consent', scope },
    { objects: [await write(opened, 'message', { text })] },
  );
}

/** The triage decision: the five-part test and the priority. `second` where a priority needs two officers. */
export function decideScope(
  opened: OpenedCase,
  test: Omit<ActOf<'scope'>, 'kind' | 'second'>,
  second?: StaffSession,
): Promise<ActResult> {
  const act: ActOf<'scope'> = { kind: 'scope', ...test };
  return second === undefined ? perform(opened, act) : withSecondOfficer(second)(opened, act);
}

/** Closes a submission that is out of scope, with a word to the reporter about where else to turn. */
export async function closeOutOfScope(
  opened: OpenedCase,
  reason: ActOf<'close_out_of_scope'>['reason'],
  text: string,
  second: StaffSession,
): Promise<ActResult> {
  const objects = [await write(opened, 'message', { text })];
  return withSecondOfficer(second)(opened, { kind: 'close_out_of_scope', reason }, { objects });
}

const TARGET_KINDS = ['senior_official', 'alternate', 'ethics'] as const;

/**
 * Hands the case over: the `main` key, and with consent K3 "named" the `identity` key, sealed to the official's
 * current role epoch under GRANTs, with the extracts of the persons who were invited, and a handover note, which the
 * reporter can read.
 * @param roleId - hex; the first official's role that the reporter did not exclude if left out.
 * @throws {VerificationError} `role_missing`, `no_access`, `epoch_expired`.
 */
export async function route(opened: OpenedCase, text: string, roleId?: string): Promise<ActResult> {
  const { session, history } = opened;
  const { keyset } = session.service.directory;
  const barred = [...history.state.excludedRoles, ...history.state.recusedRoles];
  const candidates: readonly Role[] = TARGET_KINDS.flatMap((kind) =>
    keyset.roles.filter((r) => r.kind === kind),
  );
  const role =
    candidates.find(({ id }) =>
      roleId === undefined ? !barred.includes(toHex(id)) : toHex(id) === roleId,
    ) ?? refuse('role_missing');
  const target = TARGET_KINDS.find((kind) => kind === role.kind);
  const act: ActOf<'route'> = { kind: 'route', role: toHex(role.id), ...(target && { target }) };
  return perform(opened, act, await handOver(opened, text, role));
}

/**
 * Hands the case to the alternate or the ethics office, past the official who has a conflict. As {@link route}.
 * @param roleId - hex.
 */
export async function divert(
  opened: OpenedCase,
  text: string,
  reason: ActOf<'divert'>['reason'],
  roleId: string,
): Promise<ActResult> {
  const { session, history } = opened;
  const role = session.service.directory.keyset.roles.find(({ id }) => toHex(id) === roleId);
  if (role === undefined) return refuse('role_missing');
  const target = (['alternate', 'ethics'] as const).find((kind) => kind === role.kind);
  const { routedTo } = history.state;
  const act: ActOf<'divert'> = {
    kind: 'divert',
    role: roleId,
    reason,
    ...(target && { target }),
    ...(routedTo !== undefined && { instead_of: routedTo }),
  };
  return perform(opened, act, await handOver(opened, text, role));
}

/** The keys an official is given with a case, and the note that goes with them. */
async function handOver(opened: OpenedCase, text: string, role: Role): Promise<Sealed> {
  const { session, history } = opened;
  const epoch = session.service.directory.keyset.currentEpoch(role.id, session.service.deps.now());
  const isNamed = effectiveConsent(history.state.consents, 'K3').level === 'N';
  const main = newestSeed(opened.seeds, COMPARTMENT.main) ?? refuse('no_access');
  const identity = isNamed ? newestSeed(opened.seeds, COMPARTMENT.identity) : undefined;
  const extracts = history.state.persons.flatMap(({ number, compartment }) => {
    const seed = number > 0 ? newestSeed(opened.seeds, compartment) : undefined;
    return seed === undefined ? [] : [seed];
  });
  const boxes: KeyBox[] = [];
  for (const seed of [main, ...(identity === undefined ? [] : [identity]), ...extracts])
    boxes.push(await grantBox(opened, seed, epoch));
  return { boxes, objects: [await write(opened, 'handover', { text })] };
}

export function accept(opened: OpenedCase): Promise<ActResult> {
  return perform(opened, { kind: 'accept' });
}

/** Gives the case back to the focal point. */
export function returnCase(opened: OpenedCase, reason: ActOf<'return'>['reason']): Promise<ActResult> {
  return perform(opened, { kind: 'return', reason });
}

/** Steps back from the case; `wholeRole` for the office as well. */
export function recuse(opened: OpenedCase, wholeRole = false): Promise<ActResult> {
  return perform(opened, { kind: 'recuse', whole_role: wholeRole });
}

/** Clears what another officer drafted. */
export function clearIntervention(opened: OpenedCase, number: number): Promise<ActResult> {
  return perform(opened, { kind: 'clear_intervention', number });
}

/** Records a cleared intervention as sent; consent is checked at this moment. */
export function sendIntervention(opened: OpenedCase, number: number): Promise<ActResult> {
  return perform(opened, { kind: 'send_intervention', number });
}

/**
 * Gives a person affected a code of her own, with an extract of what is said about her, sealed to her and to the
 * offices that have the case.
 * @throws {VerificationError} `no_access` without the report; `epoch_expired`.
 */
export async function invite(opened: OpenedCase, invitee: Invitee): Promise<ActResult> {
  const { session, threadId, history } = opened;
  const { deps, directory } = session.service;
  const report = opened.report?.main.report ?? refuse('no_access');
  const inviter: Inviter = {
    publicKey: session.signer.publicKey,
    roleBoxes: async (key) => {
      const boxes: KeyBox[] = [];
      for (const role of rolesWith(history.state))
        boxes.push(await grantBox(opened, key, directory.keyset.currentEpoch(idOf(role), deps.now())));
      return boxes;
    },
    write: (to, body) => write(opened, 'handover', body, to),
  };
  const made = await makeInvitation(deps, { threadId, state: history.state, report }, invitee, inviter);
  const { compartment, boxes, object, mailbox } = made;
  return perform(
    opened,
    { kind: 'invite_person', person: invitee.person, compartment: compartment.compartment },
    { compartments: [compartment], boxes, objects: [object], mailbox },
  );
}

/** Records what the State answered, or that it did not. */
export function recordStateReply(
  opened: OpenedCase,
  reply: Omit<ActOf<'state_reply'>, 'kind'>,
): Promise<ActResult> {
  return perform(opened, { kind: 'state_reply', ...reply });
}

/** A key box to a role epoch, with the GRANT that says who gave it. */
export async function grantBox(
  { session, threadId }: OpenedCase,
  key: CompartmentSeed,
  to: RoleEpoch,
): Promise<KeyBox> {
  const { sealing } = session.service.deps;
  const { compartment, epoch, seed } = key;
  const box = await sealKeyBox(sealing, to.kemPublicKey, session.signer.publicKey, {
    purpose: 'role',
    compartment,
    epoch,
    scopeId: threadId,
    seed,
  });
  const grant = signGrant(session.signer, {
    scopeId: threadId,
    compartment,
    epoch,
    boxHash: sha256(box),
    recipientHash: to.hash,
    granterCertificateHash: session.certificate.hash,
  });
  return {
    compartment,
    epoch,
    recipient: { kind: 'role', role: toHex(to.roleId), roleEpoch: to.epoch },
    box: toBase64(box),
    grant: toBase64(grant),
  };
}

export async function write(
  { session, threadId, entries, seeds }: OpenedCase,
  kind: ObjectKind,
  body: TextBody,
  to: CompartmentSeed = newestSeed(seeds, COMPARTMENT.main) ?? refuse('no_access'),
): Promise<SealedObject> {
  const { deps, directory } = session.service;
  const fields = {
    kind,
    threadId,
    author: 'staff' as const,
    ...nextInSequence(entries, session.signer.publicKey),
    time: deps.now(),
    keysetHash: directory.keyset.hash,
  };
  const file = await sealObject(deps.sealing, session.signer, to.publicKey, fields, textJson(body));
  return { compartment: to.compartment, epoch: to.epoch, file: toBase64(file) };
}
