/** What the server can check of a report it cannot read: shapes, codes, and that the codes agree. */
import { effectiveConsent, parseConsentMatrix } from '@app/casework';
import type { CompartmentKey, KeyBox, ProblemCode, SealedObject, Submission } from '@app/contracts';
import { checkSealedShape, type Keyset } from '@app/crypto/verify';
import { fromBase64, fromHex, type Instant, toHex } from '@app/encoding';
import { Refused } from '@app/platform';

const SUITE = 1;
const MAIN = 0;
/** Roles that may hold a held-back escalation box. */
const ESCALATION_KINDS = new Set(['senior_official', 'alternate', 'ethics']);

function demand(holds: boolean, code: ProblemCode): void {
  if (!holds) throw new Refused(code);
}

/** @throws {Refused} `suite_unsupported`, `out_of_date` (role epoch), `codes_mismatch`, `consent_missing`. */
export function checkSubmission(submission: Submission, keyset: Keyset, now: Instant): void {
  demand(submission.suite === SUITE && submission.suite >= keyset.minSuite, 'suite_unsupported');
  checkRole(submission, keyset, now);
  checkCompartments(submission);
  checkEscalation(submission, keyset, now);
  submission.objects.forEach((object) => checkObject(object, submission.compartments));
}

/** The sealed file of an object has the form and size class of this protocol. */
export function checkObject(
  object: SealedObject,
  compartments: readonly { compartment: number; epoch: number }[],
): void {
  demand(
    compartments.some((c) => c.compartment === object.compartment && c.epoch === object.epoch),
    'codes_mismatch',
  );
  checkSealedShape(fromBase64(object.file, 'object.file'), ['object']);
}

/**
 * Boxes without GRANT that come after the report, listed by the object beside them: one for each compartment to a code,
 * and one to the epoch in force of each role that has the case, where those are given.
 * @throws {Refused} `codes_mismatch`, `out_of_date` (role epoch).
 */
export function checkFirstBoxes(
  boxes: readonly KeyBox[],
  compartments: readonly CompartmentKey[],
  to?: { readonly roles: readonly string[]; readonly keyset: Keyset; readonly now: Instant },
): void {
  const isOne = (box: KeyBox): boolean =>
    box.grant === undefined &&
    compartments.some((c) => c.compartment === box.compartment && c.epoch === box.epoch);
  demand(boxes.every(isOne), 'codes_mismatch');
  const targets = boxes.map(({ compartment, epoch, recipient }) => {
    return [compartment, epoch, recipient.kind === 'role' ? recipient.role : ''].join(' ');
  });
  demand(new Set(targets).size === targets.length, 'codes_mismatch');
  for (const { compartment } of compartments) {
    const isThere = boxes.some((b) => b.compartment === compartment && b.recipient.kind === 'reporter');
    demand(isThere, 'codes_mismatch');
  }
  const offices = boxes.flatMap(({ recipient }) => (recipient.kind === 'role' ? [recipient] : []));
  demand(offices.length === (to?.roles.length ?? 0), 'codes_mismatch');
  for (const { role, roleEpoch } of offices) {
    demand(to?.roles.includes(role) === true, 'codes_mismatch');
    demand(to !== undefined && epochInForce(to.keyset, role, roleEpoch, to.now), 'out_of_date');
  }
  boxes.forEach(checkBox);
}

function checkRole(submission: Submission, keyset: Keyset, now: Instant): void {
  const role = keyset.roles.find((r) => toHex(r.id) === submission.role);
  demand(role?.kind === 'focal_point' && !submission.exclusions.includes(submission.role), 'codes_mismatch');
  demand(epochInForce(keyset, submission.role, submission.roleEpoch, now), 'out_of_date');
}

function checkCompartments(submission: Submission): void {
  const { compartments, boxes } = submission;
  const numbers = compartments.map((c) => c.compartment);
  demand(numbers.includes(MAIN) && new Set(numbers).size === numbers.length, 'codes_mismatch');
  demand(
    compartments.every((c) => c.compartment <= 1 && c.epoch === 1),
    'codes_mismatch',
  );
  demand(
    boxes.every((box) => isFirstBox(box, submission)),
    'codes_mismatch',
  );
  const targets = boxes.map((b) => `${String(b.compartment)} ${b.recipient.kind}`);
  demand(new Set(targets).size === targets.length, 'codes_mismatch');
  // Every compartment opens for the addressed role and for the reporter herself.
  demand(targets.length === 2 * compartments.length, 'codes_mismatch');
  boxes.forEach(checkBox);
}

/** The reporter's first boxes carry no GRANT: the signed report lists them (libs/crypto SPEC.md). */
function isFirstBox(box: KeyBox, submission: Submission): boolean {
  const known = submission.compartments.some(
    (c) => c.compartment === box.compartment && c.epoch === box.epoch,
  );
  if (!known || box.grant !== undefined) return false;
  const { recipient } = box;
  return (
    recipient.kind === 'reporter' ||
    (recipient.role === submission.role && recipient.roleEpoch === submission.roleEpoch)
  );
}

function checkEscalation(submission: Submission, keyset: Keyset, now: Instant): void {
  const { escalation } = submission;
  if (escalation === null) return;
  const { recipient } = escalation;
  demand(
    effectiveConsent(parseConsentMatrix(submission.consents, 'consents'), 'K3').granted,
    'consent_missing',
  );
  demand(escalation.compartment === MAIN && escalation.epoch === 1, 'codes_mismatch');
  if (recipient.kind !== 'role' || submission.exclusions.includes(recipient.role)) {
    throw new Refused('codes_mismatch');
  }
  const role = keyset.roles.find((r) => toHex(r.id) === recipient.role);
  demand(role !== undefined && ESCALATION_KINDS.has(role.kind), 'codes_mismatch');
  demand(epochInForce(keyset, recipient.role, recipient.roleEpoch, now), 'out_of_date');
  checkBox(escalation);
}

function checkBox(box: KeyBox): void {
  checkSealedShape(fromBase64(box.box, 'box'), ['key_box']);
}

function epochInForce(keyset: Keyset, role: string, epoch: number, now: Instant): boolean {
  const id = fromHex(role, 'role', 16);
  return keyset.epochs.some(
    (e) => toHex(e.roleId) === toHex(id) && e.epoch === epoch && e.notBefore <= now && now < e.notAfter,
  );
}
