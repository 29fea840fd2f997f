import { type CaseState, decide, RULES } from '@app/casework';
import { isCapable, type Keyset, type KeysetCertificate } from '@app/crypto/verify';
import { compareBytes, fromHex, type Instant, toHex } from '@app/encoding';
import { caseForUpdate, type LedgerServices, recordEvent } from '@app/ledger';
import type { Tx } from '@app/persistence';
import { raiseAlarm } from '../alarms.js';
import type { DirectoryService } from '../directory/directory.service.js';
import { loadsOf } from './cases.queries.js';
import { decided } from './decided.js';

const ASSIGNMENT_LOCK = 0x5afec0d4;

/** Gives cases to the members of the role they are addressed to, evenly. */
export class AssignService {
  readonly #services: LedgerServices;
  readonly #directory: DirectoryService;

  constructor(services: LedgerServices, directory: DirectoryService) {
    this.#services = services;
    this.#directory = directory;
  }

  /**
   * Gives a case to the member with the fewest open cases, unless it has been given or has moved on. If nobody is
   * left, raises an alarm; the watch asks again.
   */
  async assign(pseudonym: string): Promise<void> {
    const { work, directory, random, clock } = this.#services;
    const { tickSeconds } = await this.#directory.inForce();
    await work.run(async (tx) => {
      const row = await caseForUpdate(tx, fromHex(pseudonym, 'case', 16));
      if (row?.assignee !== null) return;
      if (RULES.ASSIGNED.moves[row.state.phase] === undefined) return;
      const now = Math.max(clock.now(), row.state.lastEventAt);
      const members = eligible(await directory.currentKeyset(tx), row.state, now);
      const { policy } = await directory.policy(row.policyHash, tx);
      // Two assignments at once would both see the same loads. From here on to the commit they wait for each other.
      await tx.query('select pg_advisory_xact_lock($1)', [ASSIGNMENT_LOCK]);
      const chosen = await leastLoaded(tx, members);
      if (chosen === undefined) {
        await raiseAlarm(tx, 'assignment_impossible', pseudonym, now);
        return;
      }
      const act = { kind: 'assign', role: row.state.role } as const;
      const { event, next } = decided(decide(row.state, act, { now, actor: { kind: 'system' }, policy }));
      const recorded = { row, event, next, payload: { items: [] }, assignee: chosen.subjectId };
      await recordEvent(tx, recorded, { random, tickSeconds });
    });
  }
}

/** In date, not revoked, able to triage; neither excluded by the reporter nor recused, in person or as an office. */
function eligible(keyset: Keyset, state: CaseState, now: Instant): readonly KeysetCertificate[] {
  if (state.excludedRoles.includes(state.role) || state.recusedRoles.includes(state.role)) return [];
  const recused = keyset.certificates
    .filter(({ hash }) => state.recusedOfficers.includes(toHex(hash)))
    .map(({ subjectId }) => toHex(subjectId));
  return keyset.certificates.filter(
    (certificate) =>
      toHex(certificate.roleId) === state.role &&
      certificate.notBefore <= now &&
      now <= certificate.notAfter &&
      (certificate.revokedAt === undefined || certificate.revokedAt > now) &&
      isCapable(certificate, 'triage') &&
      !recused.includes(toHex(certificate.subjectId)),
  );
}

async function leastLoaded(
  tx: Tx,
  certificates: readonly KeysetCertificate[],
): Promise<KeysetCertificate | undefined> {
  const loads = await loadsOf(
    tx,
    certificates.map(({ subjectId }) => subjectId),
  );
  const loadOf = ({ subjectId }: KeysetCertificate): number => loads.get(toHex(subjectId)) ?? 0;
  return [...certificates].sort((a, b) => loadOf(a) - loadOf(b) || compareBytes(a.hash, b.hash))[0];
}
