/** Cases as intake makes them, without the sealed files: real rows, real events, the role of intake. */
import {
  type Actor,
  type CaseAct,
  decide,
  encodeConsentMatrix,
  type EventName,
  makeConsentMatrix,
  parseEventType,
} from '@app/casework';
import { parseOpening } from '@app/crypto/verify';
import { fromHex, toHex } from '@app/encoding';
import { caseForUpdate, type LedgerServices, type Payload } from '@app/ledger';
import { type CaseRow, EscalationBoxRow, type Tx } from '@app/persistence';
import { randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';

export type CaseOptions = {
  readonly role: string;
  readonly urgent?: boolean;
  /** Grants K3 by name. */
  readonly consented?: boolean;
  /** The office the held-back box is for. */
  readonly boxFor?: string;
  readonly exclusions?: readonly string[];
};

export const BOX_BYTES = 1_787;

/** @param intake - opened with intake's database role. @returns the pseudonym and the bytes of the held-back box. */
export async function openTestCase(
  intake: LedgerServices,
  options: CaseOptions,
): Promise<{ readonly pseudonym: string; readonly box: Buffer }> {
  const pseudonym = randomBytes(16);
  const box = randomBytes(BOX_BYTES);
  const K3 = options.consented === true ? 'N' : 'n';
  await intake.work.run(async (tx) => {
    const { policy, hash } = await intake.directory.currentPolicy(tx);
    const decision = decide(
      undefined,
      {
        kind: 'submit',
        declared_urgent: options.urgent === true ? 'yes' : 'no',
        consents: encodeConsentMatrix(makeConsentMatrix([{ K1: 'g', K2: 'g', K3 }])),
        role: options.role,
        exclusions: options.exclusions ?? [],
        escalation: options.boxFor !== undefined,
      },
      { now: intake.clock.now(), actor: { kind: 'reporter' }, policy },
    );
    if (!decision.ok) throw new Error(decision.refusal.code);
    const opened = {
      row: {
        pseudonym,
        threadId: randomBytes(16),
        mailboxId: randomBytes(16),
        mailboxKey: randomBytes(32),
        submissionHash: randomBytes(32),
        roleId: Buffer.from(fromHex(options.role, 'role', 16)),
        policyHash: Buffer.from(hash),
      },
      event: decision.event,
      next: decision.next,
      payload: { items: [] },
    };
    await intake.appender.openCase(tx, opened, policy);
    if (options.boxFor === undefined) return;
    await tx.insert(EscalationBoxRow, {
      casePseudonym: pseudonym,
      compartment: 0,
      epoch: 1,
      roleId: Buffer.from(fromHex(options.boxFor, 'role', 16)),
      roleEpoch: 1,
      box,
    });
  });
  return { pseudonym: toHex(pseudonym), box };
}

/** The reporter withdraws K3: the event and the undelivered box in one transaction, as intake does it. */
export async function withdrawK3(
  intake: LedgerServices,
  pseudonym: string,
  beforeCommit: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const act = { kind: 'consent_change', person: 1, through: 8, scope: 'K3', code: 'w' } as const;
  await actInCase(intake, pseudonym, act, {}, async (tx, row) => {
    await tx.query('select take_escalation_box($1)', [row.mailboxId]);
    await beforeCommit();
  });
}

/**
 * Records an act as a server does that asks nobody: at the time its clock says, by whom it says.
 * @param said - the actor (the reporter if left out), what the event is to commit to, and who has the case then.
 */
export async function actInCase(
  services: LedgerServices,
  pseudonym: string,
  act: CaseAct,
  said: {
    readonly actor?: Actor;
    readonly payload?: Payload;
    readonly assignee?: Uint8Array | null;
  } = {},
  afterwards: (tx: Tx, row: CaseRow) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  await services.work.run(async (tx) => {
    const row = await caseForUpdate(tx, fromHex(pseudonym, 'case', 16));
    if (row === null) throw new Error('no such case');
    const { policy } = await services.directory.policy(row.policyHash, tx);
    const { actor = { kind: 'reporter' }, payload = { items: [] }, ...given } = said;
    const decision = decide(row.state, act, { now: services.clock.now(), actor, policy });
    if (!decision.ok) throw new Error(decision.refusal.code);
    const { event, next } = decision;
    await services.appender.recordEvent(tx, { row, event, next, payload, ...given });
    await afterwards(tx, row);
  });
}

export type OpenedEvent = { readonly type: EventName; readonly at: number; readonly detail: unknown };

/** The events of a case as its openings tell them, in order. */
export async function eventsIn(source: DataSource, pseudonym: string): Promise<OpenedEvent[]> {
  const rows = await source.query<{ opening: Buffer }[]>(
    'select opening from log_outbox where case_pseudonym = $1 order by event_number',
    [Buffer.from(pseudonym, 'hex')],
  );
  return rows.map(({ opening }) => {
    const { type, serverTime, detail } = parseOpening(opening);
    return { type: parseEventType(type), at: serverTime, detail };
  });
}
