/** A case told by the openings of its ledger entries alone, beside what the database says of it. */
import {
  ACTOR_CLASSES,
  type CaseEvent,
  type CaseState,
  nextDue,
  parseCaseEvent,
  type Policy,
  replay,
  type ResponseTime,
  responseTimes,
} from '@app/casework';
import { commitEvent, parseOpening } from '@app/crypto/verify';
import type { DataSource } from 'typeorm';

export type CaseTold = {
  readonly state: CaseState;
  readonly times: readonly ResponseTime[];
  readonly phase: string;
  readonly escalated: boolean;
  readonly eventNumber: number;
  readonly lastCommitment: string;
  readonly nextDeadline: number | null;
  /** Hex of the official's role it was routed or escalated to. */
  readonly official: string | null;
};

export type Replayed = {
  readonly events: readonly CaseEvent[];
  /** 1, 2, 3… and each opening names the commitment before it. */
  readonly unbroken: boolean;
  readonly byLedger: CaseTold;
  readonly byDatabase: CaseTold;
};

type Entry = { event_number: number; opening: Buffer; random: Buffer };
type Row = {
  state: CaseState;
  phase: string;
  escalated: boolean;
  event_number: number;
  last_commitment: Buffer;
  next_deadline: number | null;
  routed_to: Buffer | null;
};

/** @param source - with the rights of the owner. @param policy - the one in force at the first event. */
export async function replayed(source: DataSource, pseudonym: string, policy: Policy): Promise<Replayed> {
  const of = [Buffer.from(pseudonym, 'hex')];
  const entries = await source.query<Entry[]>(
    'select event_number, opening, random from log_outbox where case_pseudonym = $1 order by event_number, id',
    of,
  );
  const [row] = await source.query<Row[]>('select * from cases where pseudonym = $1', of);
  if (row === undefined) throw new Error('no such case');
  let previous = '0'.repeat(64);
  let unbroken = true;
  const events = entries.map(({ opening, random, event_number }, i) => {
    const { type, serverTime, actorClass, detail, ...of } = parseOpening(opening);
    const follows = Buffer.from(of.previousCommitment).toString('hex') === previous;
    unbroken &&= follows && event_number === i + 1 && of.eventNumber === i + 1;
    previous = Buffer.from(commitEvent(random, opening)).toString('hex');
    return parseCaseEvent(type, serverTime, ACTOR_CLASSES[actorClass], detail ?? {});
  });
  const state = replay(events, policy);
  return {
    events,
    unbroken,
    byLedger: {
      state: JSON.parse(JSON.stringify(state)) as CaseState,
      times: responseTimes(state),
      phase: state.phase,
      escalated: state.flags.escalated,
      eventNumber: entries.length,
      lastCommitment: previous,
      nextDeadline: nextDue(state) ?? null,
      official: state.routedTo ?? state.escalatedTo ?? null,
    },
    byDatabase: {
      state: row.state,
      times: responseTimes(row.state),
      phase: row.phase,
      escalated: row.escalated,
      eventNumber: row.event_number,
      lastCommitment: row.last_commitment.toString('hex'),
      nextDeadline: row.next_deadline,
      official: row.routed_to?.toString('hex') ?? null,
    },
  };
}
