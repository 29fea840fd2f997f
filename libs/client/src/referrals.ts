/**
 * Extracts for other United Nations offices. Whoever refers writes what the office is to know into a compartment of its
 * own; the office opens that and nothing else, and is shown no event of the case.
 */
import {
  type ActOf,
  type Channel,
  checkRoutable,
  effectiveConsent,
  parseDetail,
  type ReportProblem,
} from '@app/casework';
import type { KeyBox, ReferralSummary } from '@app/contracts';
import { openKeyBox, type OpenedKeyBox, openObject, sealObject } from '@app/crypto/seal';
import { sha256, usableCertificate, verifyGrant } from '@app/crypto/verify';
import { bytesEqual, fromBase64, type Instant, toBase64, toHex } from '@app/encoding';
import { type ActResult, grantBox, perform, placeTold, recordAct, write } from './acts.js';
import type { OpenedCase } from './case-file.js';
import { idOf } from './contents.js';
import { refuse } from './deps.js';
import { parseText, textJson } from './envelope.js';
import type { VerifiedEvent } from './history.js';
import { nextExtract } from './invitation.js';
import { roleSeedKey, type StaffSession } from './staff-session.js';

/** What a report still lacks before it may go to an office (libs/casework SPEC.md §8.2), or the case's own refusal. */
export type ReferResult = ActResult | { readonly ok: false; readonly problems: readonly ReportProblem[] };

/**
 * Gives a mechanism an extract. Consent for the channel is checked here in the opened report and its records, and by
 * the service in its codes.
 * @param roleId - hex, of a mechanism.
 * @throws {VerificationError} `role_missing`; `no_access` without the whole report; `epoch_expired`.
 */
export async function refer(
  opened: OpenedCase,
  channel: ActOf<'refer'>['channel'],
  roleId: string,
  text: string,
): Promise<ReferResult> {
  const { session, history } = opened;
  const { deps, directory } = session.service;
  const role = directory.keyset.roles.find(({ id, kind }) => toHex(id) === roleId && kind === 'mechanism');
  if (role === undefined) return refuse('role_missing');
  const problems = gapsFor(opened, channel, deps.now());
  if (problems.length > 0) return { ok: false, problems };
  const seed = deps.random.bytes(32);
  const publicKey = deps.sealing.publicKey(seed);
  const key = { compartment: nextExtract(history.state), epoch: 1, seed, publicKey };
  const { compartment, epoch } = key;
  const boxes: KeyBox[] = [];
  for (const reader of readersOf(opened, roleId))
    boxes.push(await grantBox(opened, key, directory.keyset.currentEpoch(idOf(reader), deps.now())));
  return perform(
    opened,
    { kind: 'refer', channel, role: roleId, target: 'mechanism', compartment },
    {
      compartments: [{ compartment, epoch, publicKey: toBase64(publicKey) }],
      boxes,
      objects: [await write(opened, 'handover', { text }, key)],
    },
  );
}

/** What stands against a channel in the report as it is now. @throws {VerificationError} `no_access` without it. */
export function gapsFor(opened: OpenedCase, channel: Channel, now: Instant): readonly ReportProblem[] {
  const { currentReport, consentAnswers, history } = opened;
  const { risk, consents } = history.state;
  return checkRoutable(currentReport ?? refuse('no_access'), channel, {
    consents,
    now,
    answers: consentAnswers,
    ...(risk !== undefined && { riskAssessedAt: risk.at }),
  });
}

/** The mechanism, the office that has the case, and the official's if it may know the names that an extract can hold. */
function readersOf({ session, history }: OpenedCase, mechanism: string): readonly string[] {
  const { consents, role, routedTo } = history.state;
  const isNamed = effectiveConsent(consents, 'K3').level === 'N';
  const official = isNamed && routedTo !== undefined ? [routedTo] : [];
  return [...new Set([mechanism, role, session.actor.roleId, ...official])];
}

/** Everything the mechanism of this session was referred. @throws {ApiProblem} `not_found` for anybody else. */
export async function listReferrals({ service }: StaffSession): Promise<readonly ReferralSummary[]> {
  const referrals: ReferralSummary[] = [];
  for (let after: string | undefined; ;) {
    const page = await service.api.call('referrals', { query: after === undefined ? {} : { after } });
    referrals.push(...page.referrals);
    if (page.next === null) return referrals;
    after = page.next;
  }
}

/** An extract as its mechanism opened it. */
export type OpenedReferral = {
  readonly session: StaffSession;
  readonly summary: ReferralSummary;
  readonly threadId: Uint8Array<ArrayBuffer>;
  /** Absent once the case was erased. */
  readonly key?: OpenedKeyBox;
  /** Oldest first; `by` is a role of the KEYSET, hex. */
  readonly texts: readonly { readonly text: string; readonly by: string; readonly at: Instant }[];
  /** Of this member's own objects so far. */
  readonly ownSeq: number;
  readonly lastHash: Uint8Array<ArrayBuffer>;
};

/**
 * Fetches an extract and opens it with the box of the role. Whoever gave it, and whoever wrote in it, must have a
 * certificate in force now: without the events there is no witnessed time to judge an older one by.
 * @throws {ApiProblem} `not_found`. @throws {VerificationError} `box_grant`, `no_access`, `object_author`, as `openKeyBox`,
 * `verifyGrant` and `openObject`.
 */
export async function openReferral(session: StaffSession, casePseudonym: string): Promise<OpenedReferral> {
  const { deps, directory, api } = session.service;
  const {
    boxes,
    objects,
    compartment,
    threadId: thread,
    ...summary
  } = await api.call('referralFile', {
    params: { case: casePseudonym },
  });
  const threadId = idOf(thread);
  const lastHash = new Uint8Array(32);
  if (summary.erased) return { session, summary, threadId, texts: [], ownSeq: 0, lastHash };
  const key = await extractKey(session, threadId, compartment, boxes);
  const texts: OpenedReferral['texts'][number][] = [];
  let [ownSeq, last] = [0, lastHash];
  for (const { file, epoch } of objects) {
    if (epoch !== key.epoch) return refuse('no_access');
    const object = await openObject(deps.sealing, deps.verifier, key.seed, fromBase64(file, 'object.file'), {
      threadId,
    });
    const signer = directory.keyset.certificates.find(({ signingPublicKey }) =>
      bytesEqual(signingPublicKey, object.authorPublicKey),
    );
    if (object.author !== 'staff' || signer === undefined) return refuse('object_author');
    const by = usableCertificate(directory.keyset, signer.hash, deps.now());
    if (bytesEqual(by.hash, session.certificate.hash)) ownSeq = Math.max(ownSeq, object.seq);
    texts.push({ text: parseText(object.body).text, by: toHex(by.roleId), at: object.time });
    last = object.hash;
  }
  return { session, summary, threadId, key, texts, ownSeq, lastHash: last };
}

async function extractKey(
  session: StaffSession,
  threadId: Uint8Array<ArrayBuffer>,
  compartment: number,
  boxes: readonly KeyBox[],
): Promise<OpenedKeyBox> {
  const { deps, directory } = session.service;
  for (const { recipient, grant, epoch, box } of boxes) {
    if (recipient.kind !== 'role' || recipient.role !== session.actor.roleId || grant === undefined) continue;
    const seed = session.roleSeeds.get(roleSeedKey(recipient.role, recipient.roleEpoch));
    if (seed === undefined) continue;
    const sealed = fromBase64(box, 'box');
    const place = { scopeId: threadId, epoch, compartment };
    const opened = await openKeyBox(deps.sealing, seed, sealed, { purpose: 'role', ...place });
    const record = fromBase64(grant, 'box.grant');
    const { grant: said, certificate } = verifyGrant(deps.verifier, directory.keyset, record, deps.now());
    const isForThisBox =
      bytesEqual(said.boxHash, sha256(sealed)) &&
      bytesEqual(said.scopeId, threadId) &&
      said.compartment === compartment &&
      said.epoch === epoch &&
      bytesEqual(sha256(certificate.signingPublicKey), opened.granterKeyHash);
    return isForThisBox ? opened : refuse('box_grant');
  }
  return refuse('no_access');
}

/**
 * Records what the mechanism did with its extract, and may say more in it. Errors as `perform`, and `not_allowed_now`
 * with the reason: the mechanism knows too little of the case to decide before.
 */
export async function noteReferral(
  opened: OpenedReferral,
  note: ActOf<'note_referral'>['note'],
  text?: string,
): Promise<VerifiedEvent> {
  const { session, summary } = opened;
  const { number } = summary;
  const detail = parseDetail('REFERRAL_NOTED', { role: session.actor.roleId, number, note });
  const at = session.service.deps.now();
  const objects = text === undefined ? [] : [await noteOf(opened, text)];
  const event = { type: 'REFERRAL_NOTED', at, actor: 'staff', detail } as const;
  return recordAct(
    placeTold(session, summary),
    { act: { kind: 'note_referral', number, note }, event },
    { objects },
  );
}

async function noteOf({ session, threadId, key, ownSeq, lastHash }: OpenedReferral, text: string) {
  const { deps, directory } = session.service;
  const { compartment, epoch, publicKey } = key ?? refuse('no_access');
  const fields = {
    kind: 'note' as const,
    threadId,
    author: 'staff' as const,
    seq: ownSeq + 1,
    prev: lastHash,
    time: deps.now(),
    keysetHash: directory.keyset.hash,
  };
  const file = await sealObject(deps.sealing, session.signer, publicKey, fields, textJson({ text }));
  return { compartment, epoch, file: toBase64(file) };
}
