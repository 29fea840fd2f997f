/** One report from the form to the witnessed ledger. */
import { type ClockId, effectiveConsent, parseConsentMatrix, type ReportBody, replay } from '@app/casework';
import {
  awaitProof,
  encodeReceipt,
  loadPolicy,
  type Accepted,
  type PreparedReport,
  prepareReport,
  type Service,
  submitReport,
} from '@app/client';
import { makeReporterCode } from '@app/crypto/seal';
import { inGroups } from '@app/crypto/verify';
import { Invariant, toHex } from '@app/encoding';
import type { Calls, Json, Office, Recorded } from '../protocol.js';
import { deps, service, shownCode, verifiedService } from './session.js';

let prepared: PreparedReport | undefined;
let accepted: Accepted | undefined;

export async function connectToOffice(acceptStale: boolean): Promise<Office> {
  const { directory, api } = await verifiedService(acceptStale);
  const { keyset, witnesses, witnessedAt, freshness } = directory;
  const { organisation } = await api.call('info', {});
  const nameOf = (...kinds: readonly string[]): string | undefined =>
    keyset.roles.find(({ kind }) => kinds.includes(kind))?.name;
  const escalation = nameOf('senior_official');
  return {
    organisation,
    recipient: nameOf('focal_point') ?? '',
    ...(escalation !== undefined && { escalation }),
    isStale: freshness === 'witnesses_silent',
    witnesses: witnesses.length,
    witnessedAt,
    fingerprint: inGroups(keyset.hash),
  };
}

/** Seals the report to a code that is made here; sealing again makes another code. */
export async function seal(report: Json, language: string): Promise<Calls['seal']['answer']> {
  const verified = await service();
  const code = makeReporterCode(deps.random);
  const made = await prepareReport(verified, { report: report as unknown as ReportBody, files: [], code });
  if (!made.ok)
    return { problems: made.problems.map(({ path, code: problem }) => ({ path, code: problem })) };
  prepared = made.prepared;
  accepted = undefined;
  return { code: shownCode(code, language), to: sealedTo(verified, made.prepared) };
}

function sealedTo({ directory }: Service, { submission }: PreparedReport): string[] {
  const { role, escalation, consents } = submission;
  const nameOf = (id: string): string =>
    directory.keyset.roles.find((one) => toHex(one.id) === id)?.name ?? '';
  const isHeld =
    escalation?.recipient.kind === 'role' &&
    effectiveConsent(parseConsentMatrix(consents, 'consents'), 'K3').granted;
  return [
    nameOf(role),
    ...(isHeld && escalation.recipient.kind === 'role' ? [nameOf(escalation.recipient.role)] : []),
  ];
}

/** May be called as often as it takes: what arrived is not sent twice, and the report is recorded once. */
export async function send(): Promise<Recorded> {
  if (prepared === undefined) throw new Invariant('nothing was sealed');
  const verified = await service();
  accepted ??= await submitReport(verified, prepared);
  const witness = await awaitProof(verified, prepared.mailbox, accepted);
  const acknowledgeBy = await dueAt(verified, accepted, 'C1');
  const { time, maxDelaySeconds } = accepted.promise;
  return {
    recordedAt: accepted.opening.serverTime,
    promisedBy: time + maxDelaySeconds,
    witnesses: witness.names.length,
    witnessedAt: witness.quorumTime,
    ...(acknowledgeBy !== undefined && { acknowledgeBy }),
    proof: encodeReceipt(witness),
  };
}

/** By the response times the entry itself commits to. */
async function dueAt(
  { api }: Service,
  { opening, event }: Accepted,
  id: ClockId,
): Promise<number | undefined> {
  const policy = await loadPolicy(api, opening.policyHash);
  return replay([event], policy).clocks.find((clock) => clock.id === id)?.dueAt;
}
