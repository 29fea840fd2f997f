import { type CaseAct, type CaseState, type Clock, decide, dueClocks, owesEscalation } from '@app/casework';
import { sha256 } from '@app/crypto/verify';
import { fromHex, type Instant, toHex } from '@app/encoding';
import { caseForUpdate, type LedgerServices, recordEvent } from '@app/ledger';
import { BoxRow, type CaseRow, EscalationBoxRow, type Tx } from '@app/persistence';
import { raiseAlarm } from '../alarms.js';
import type { DirectoryService } from '../directory/directory.service.js';
import { isQuarantined } from './cases.queries.js';
import { decided } from './decided.js';

type Step = { readonly tx: Tx; readonly row: CaseRow; readonly now: Instant; readonly tickSeconds: number };

/**
 * Records that targets were missed, and what follows from it. The lock on the case decides between a lapse and a
 * withdrawal of the same moment: whichever comes second sees the first.
 */
export class LapseService {
  readonly #services: LedgerServices;
  readonly #directory: DirectoryService;

  constructor(services: LedgerServices, directory: DirectoryService) {
    this.#services = services;
    this.#directory = directory;
  }

  /** Every lapse that is due in one case, and the end of a hold, each once and with its true time, however late. */
  async lapse(pseudonym: string): Promise<void> {
    const { tickSeconds } = await this.#directory.inForce();
    await this.#services.work.run(async (tx) => {
      while (await this.#next(tx, fromHex(pseudonym, 'case', 16), tickSeconds));
    });
  }

  /** @returns whether there may be more to do. */
  async #next(tx: Tx, pseudonym: Uint8Array, tickSeconds: number): Promise<boolean> {
    const row = await caseForUpdate(tx, pseudonym);
    if (row === null) return false;
    // Read with the lock in hand; another machine's clock may be ahead of this one.
    const now = Math.max(this.#services.clock.now(), row.state.lastEventAt);
    const step = { tx, row, now, tickSeconds };
    const due = firstDue(row.state, now);
    if (due !== undefined) {
      await this.#record(step, { kind: 'lapse', clock: due.id, instance: due.instance }, []);
      await tell(step, due);
      return true;
    }
    if (row.state.hold !== undefined && row.state.hold.until <= now) {
      await this.#record(step, { kind: 'resume' }, []);
      return true;
    }
    if (owesEscalation(row.state)) await this.#escalate(step);
    return false;
  }

  /** T21: the held-back box goes to the office it is sealed to, together with the event, or not at all. */
  async #escalate(step: Step): Promise<void> {
    const { tx, row, now } = step;
    const held = await tx.findOneBy(EscalationBoxRow, { casePseudonym: row.pseudonym });
    const recipient = held === null ? {} : { role: toHex(held.roleId) };
    const quarantined = await isQuarantined(tx, row.pseudonym);
    const act: CaseAct = { kind: 'escalate', quarantined, ...recipient };
    const { event } = decided(await this.#decide(step, act));
    const delivers = event.type === 'ESCALATED' && event.detail.delivered;
    if (held === null || !delivers) {
      if (held !== null) await raiseAlarm(tx, 'escalation_blocked', toHex(row.pseudonym), now);
      await this.#record(step, act, []);
      return;
    }
    const id = sha256(held.box);
    await this.#record(step, act, [id]);
    const { casePseudonym, compartment, epoch, roleId, roleEpoch, box } = held;
    await tx.insert(BoxRow, {
      ...{ id: Buffer.from(id), casePseudonym, compartment, epoch, roleId, roleEpoch, box },
      grantRecord: null,
      eventNumber: row.eventNumber + 1,
    });
    await tx.delete(EscalationBoxRow, { casePseudonym });
  }

  async #record(step: Step, act: CaseAct, items: readonly Uint8Array[]): Promise<void> {
    const { tx, row, tickSeconds } = step;
    const { event, next } = decided(await this.#decide(step, act));
    await recordEvent(
      tx,
      { row, event, next, payload: { items } },
      { random: this.#services.random, tickSeconds },
    );
  }

  async #decide({ tx, row, now }: Step, act: CaseAct): Promise<ReturnType<typeof decide>> {
    const { policy } = await this.#services.directory.policy(row.policyHash, tx);
    return decide(row.state, act, { now, actor: { kind: 'system' }, policy });
  }
}

/** What came of nobody's act is told to people, and how late this process was with it, with the event or not at all. */
async function tell({ tx, row, now }: Step, { id, instance, dueAt }: Clock): Promise<void> {
  await tx.query(
    'insert into lapse_delays (case_pseudonym, clock, instance, due_at, recorded_at) values ($1, $2, $3, $4, $5)',
    [row.pseudonym, id, instance, dueAt, now],
  );
  await raiseAlarm(tx, 'clock_lapsed', `${toHex(row.pseudonym)}:${id}:${String(instance)}`, now);
}

function firstDue(state: CaseState, now: Instant): Clock | undefined {
  return [...dueClocks(state, now)].sort((a, b) => (a.dueAt ?? now) - (b.dueAt ?? now))[0];
}
