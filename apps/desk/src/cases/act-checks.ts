/** What the desk checks of an act besides the decision itself: signatures, boxes, and that they say one thing. */
import {
  type ActKind,
  type CaseAct,
  type CaseEvent,
  type CaseState,
  effectiveConsent,
  EVENT_TYPES,
  PERMISSIONS,
} from '@app/casework';
import type { CaseTag, CompartmentKey, KeyBox, ProblemCode, SealedObject } from '@app/contracts';
import {
  checkSealedShape,
  checkSignature,
  hashItems,
  isCapable,
  type Keyset,
  sha256,
  type SignatureVerifier,
  TAG,
  usableCertificate,
  verifyGrant,
  verifyStatement,
} from '@app/crypto/verify';
import {
  type Bytes,
  bytesEqual,
  canonicalJson,
  fromBase64,
  fromHex,
  type Instant,
  toHex,
} from '@app/encoding';
import type { CaseRow } from '@app/persistence';
import { Refused } from '@app/platform';
import type { Staff } from '../session/staff.guard.js';

const MAIN = 0;
const IDENTITY = 1;
const INTERNAL = 2;
/** How far a staff member's clock may be from the server's, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 600;

function demand(holds: boolean, code: ProblemCode): asserts holds {
  if (!holds) throw new Refused(code);
}

/** Everything a check needs to know besides its own subject. */
export type ActContext = {
  readonly verifier: SignatureVerifier;
  readonly keyset: Keyset;
  readonly staff: Staff;
  readonly row: CaseRow;
  readonly now: Instant;
};

/**
 * The case stands where the request says it does: the one check for it, before anything is decided.
 * @throws {Refused} `case_moved`.
 */
export function checkPresent(row: CaseRow, tag: CaseTag): void {
  demand(tag.eventNumber === row.eventNumber && tag.commitment === toHex(row.lastCommitment), 'case_moved');
}

/**
 * The statement says exactly what the server decided, about this case as `checkPresent` found it.
 * @throws {Refused} `codes_mismatch` if it is about another state than `If-Match` names, `statement_invalid` otherwise.
 */
export function checkStatement(
  { verifier, keyset, staff, row, now }: ActContext,
  event: CaseEvent,
  items: readonly Bytes[],
  signed: { readonly statement: Bytes; readonly signature: Bytes },
): void {
  const { statement } = verifyStatement(verifier, keyset, signed.statement, signed.signature, now);
  demand(
    toHex(statement.certificateHash) === staff.actor.certificate &&
      bytesEqual(statement.casePseudonym, row.pseudonym),
    'statement_invalid',
  );
  demand(
    statement.expectedEventNumber === row.eventNumber + 1 &&
      bytesEqual(statement.previousCommitment, row.lastCommitment),
    'codes_mismatch',
  );
  demand(
    statement.type === EVENT_TYPES[event.type] &&
      canonicalJson(statement.detail) === canonicalJson(event.detail) &&
      bytesEqual(statement.itemsHash, hashItems(items)) &&
      bytesEqual(statement.policyHash, row.policyHash) &&
      Math.abs(statement.claimedTime - now) <= CLOCK_TOLERANCE_SECONDS,
    'statement_invalid',
  );
}

/** Acts of custodians, who have a word in every case and see into none. */
export function isCustody(kind: ActKind): boolean {
  return PERMISSIONS[kind].staff?.desk === 'none';
}

/** Two-person rule: another officer of the same role, able to clear or to erase, signed the same statement. */
export function checkSecondOfficer(
  { verifier, keyset, staff, now }: ActContext,
  act: CaseAct,
  statement: Bytes,
  second: { readonly certificateHash: string; readonly signature: string } | undefined,
): void {
  demand(('second' in act ? act.second : undefined) === second?.certificateHash, 'statement_invalid');
  if (second === undefined) return;
  const certificate = usableCertificate(keyset, fromHex(second.certificateHash, 'second', 32), now);
  const same = bytesEqual(certificate.subjectId, staff.certificate.subjectId);
  const ofRole =
    bytesEqual(certificate.roleId, staff.certificate.roleId) &&
    isCapable(certificate, isCustody(act.kind) ? 'erase' : 'clear');
  demand(ofRole && !same, 'statement_invalid');
  const signature = fromBase64(second.signature, 'second.signature', 64);
  checkSignature(
    verifier,
    TAG.second,
    certificate.signingPublicKey,
    statement,
    signature,
    'statement_signature',
  );
}

/** Objects are sealed to a compartment this case has or gets with this act. */
export function checkObjects(
  objects: readonly SealedObject[],
  compartments: readonly { compartment: number; epoch: number }[],
): void {
  for (const { compartment, epoch, file } of objects) {
    demand(
      compartments.some((c) => c.compartment === compartment && c.epoch === epoch),
      'codes_mismatch',
    );
    checkSealedShape(fromBase64(file, 'object.file'), ['object']);
  }
}

/**
 * What may come with an act: nothing from custodians; from a mechanism, objects in its extract; with a referral the
 * extract, something in it, a key of it for the mechanism, and no key of anything else; with a succession keys for the
 * new epoch of the officer's own role; with a note something in `internal`, and keys of that for her own role.
 * @throws {Refused} `codes_mismatch`.
 */
export function checkBrought(
  { row, staff }: Pick<ActContext, 'row' | 'staff'>,
  act: CaseAct,
  brought: Brought,
): void {
  demand(fits(act, brought, staff.actor.roleId, row.state.referrals), 'codes_mismatch');
}

function fits(
  act: CaseAct,
  { compartments, boxes, objects }: Brought,
  own: string,
  referrals: CaseState['referrals'],
): boolean {
  const keys = [...compartments, ...boxes];
  const isAllIn = (only?: number): boolean =>
    [...keys, ...objects].every(({ compartment }) => compartment === only);
  if (isCustody(act.kind)) return keys.length + objects.length === 0;
  switch (act.kind) {
    case 'note_referral':
      return keys.length === 0 && isAllIn(referrals.find(({ number }) => number === act.number)?.compartment);
    case 'refer':
      return isAllIn(act.compartment) && isExtractFor(act.role, { compartments, boxes, objects });
    case 'write_note':
      return isAllIn(INTERNAL) && objects.length > 0 && areFor(own, boxes);
    case 'succession':
      return areBoxesAlone({ compartments, boxes, objects }) && areFor(own, boxes, act.epoch);
    default:
      return true;
  }
}

function isExtractFor(role: string, { compartments, boxes, objects }: Brought): boolean {
  const reachesIt = boxes.some(({ recipient }) => isOf(recipient, role));
  return reachesIt && compartments.length === 1 && objects.length > 0;
}

function areBoxesAlone({ compartments, boxes, objects }: Brought): boolean {
  return boxes.length > 0 && compartments.length + objects.length === 0;
}

function areFor(role: string, boxes: readonly KeyBox[], epoch?: number): boolean {
  return boxes.every(({ recipient }) => isOf(recipient, role, epoch));
}

function isOf(recipient: KeyBox['recipient'], role: string, epoch?: number): boolean {
  if (recipient.kind !== 'role' || recipient.role !== role) return false;
  return epoch === undefined || recipient.roleEpoch === epoch;
}

type Brought = {
  readonly compartments: readonly CompartmentKey[];
  readonly boxes: readonly KeyBox[];
  readonly objects: readonly SealedObject[];
};

/** What an act brings that makes a person's mailbox. */
type Invitation = {
  readonly compartments: readonly CompartmentKey[];
  readonly boxes: readonly KeyBox[];
  readonly mailbox?: string | undefined;
};

/**
 * An invitation, and nothing else, brings a mailbox, the extract of its person, and a box of its key to her code; the
 * box has no GRANT, the object beside it lists it.
 * @returns the boxes that go to offices.
 * @throws {Refused} `codes_mismatch`.
 */
export function checkInvitation(act: CaseAct, brought: Invitation): readonly KeyBox[] {
  const hers = brought.boxes.filter(({ recipient }) => recipient.kind === 'reporter');
  const isInvitation = act.kind === 'invite_person';
  demand((brought.mailbox !== undefined) === isInvitation, 'codes_mismatch');
  demand(hers.length === (isInvitation ? 1 : 0), 'codes_mismatch');
  if (isInvitation) {
    const isMade = brought.compartments.every(({ compartment }) => compartment === act.compartment);
    const isHers = hers.every(({ compartment, grant }) => compartment === act.compartment && !grant);
    demand(isMade && brought.compartments.length === 1 && isHers, 'codes_mismatch');
    hers.forEach(({ box }) => {
      checkSealedShape(fromBase64(box, 'box'), ['key_box']);
    });
  }
  return brought.boxes.filter(({ recipient }) => recipient.kind === 'role');
}

/**
 * A box goes to a role epoch in force, under a GRANT by the acting officer, and never further than consent.
 * @throws {Refused} `codes_mismatch`, `consent_missing`, `statement_invalid` (GRANT).
 */
export function checkBoxes(context: ActContext, boxes: readonly KeyBox[], next: CaseState): void {
  for (const box of boxes) {
    const { recipient } = box;
    demand(recipient.kind === 'role' && box.grant !== undefined, 'codes_mismatch');
    const sealed = fromBase64(box.box, 'box');
    checkSealedShape(sealed, ['key_box']);
    const epoch = context.keyset.epochs.find(
      (e) => toHex(e.roleId) === recipient.role && e.epoch === recipient.roleEpoch,
    );
    demand(
      epoch !== undefined && epoch.notBefore <= context.now && context.now < epoch.notAfter,
      'out_of_date',
    );
    const { grant } = verifyGrant(
      context.verifier,
      context.keyset,
      fromBase64(box.grant, 'grant'),
      context.now,
    );
    demand(
      bytesEqual(grant.boxHash, sha256(sealed)) &&
        bytesEqual(grant.scopeId, context.row.threadId) &&
        grant.compartment === box.compartment &&
        grant.epoch === box.epoch &&
        bytesEqual(grant.recipientHash, epoch.hash) &&
        toHex(grant.granterCertificateHash) === context.staff.actor.certificate,
      'statement_invalid',
    );
    checkReach(box.compartment, recipient.role, next);
  }
}

/**
 * Beyond the focal point's role, `main` needs K3 and `identity` needs K3 at the named level. An extract goes to the
 * office it was made for, whose consent the referral itself needed.
 */
function checkReach(compartment: number, role: string, next: CaseState): void {
  if (role === next.role) return;
  if (next.referrals.some((of) => of.role === role && of.compartment === compartment)) return;
  demand(role === next.routedTo || role === next.escalatedTo, 'codes_mismatch');
  if (compartment > IDENTITY) return;
  const consent = effectiveConsent(next.consents, 'K3');
  demand(consent.granted && (compartment === MAIN || consent.level === 'N'), 'consent_missing');
}
