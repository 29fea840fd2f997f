/**
 * What custodians do: hold, review, erase. They are shown no event of a case, so nothing is decided here; they sign for
 * the case as the service says it stands, and whoever replays its openings finds an erasure that was not allowed.
 */
import { type ActOf, type CaseAct, type CaseEvent, parseDetail } from '@app/casework';
import type { RetentionCase } from '@app/contracts';
import type { Json } from '@app/encoding';
import { placeTold, recordAct } from './acts.js';
import type { VerifiedEvent } from './history.js';
import type { StaffSession } from './staff-session.js';

/** Every case with something to decide now, or within so many days, the oldest day first. */
export async function listRetention(
  { service }: StaffSession,
  days: number,
): Promise<readonly RetentionCase[]> {
  const cases: RetentionCase[] = [];
  for (let after: string | undefined; ;) {
    const page = await service.api.call('retention', {
      query: { days, ...(after !== undefined && { after }) },
    });
    cases.push(...page.cases);
    if (page.next === null) return cases;
    after = page.next;
  }
}

/** One case, whether it has a day or not. @param casePseudonym - hex. @throws {ApiProblem} `not_found`. */
export function retentionOf({ service }: StaffSession, casePseudonym: string): Promise<RetentionCase> {
  return service.api.call('retentionCase', { params: { case: casePseudonym } });
}

/**
 * Keeps a case from being erased; ending that needs a second custodian. Errors as `perform`, and `not_allowed_now` with
 * the reason.
 */
export function setLegalHold(
  session: StaffSession,
  found: RetentionCase,
  on: boolean,
  second?: StaffSession,
): Promise<VerifiedEvent> {
  return sign(session, found, 'LEGAL_HOLD', { kind: 'legal_hold', on }, second);
}

/** Decides after a yearly review whether a case is kept for another one. Errors as {@link setLegalHold}. */
export function reviewRetention(
  session: StaffSession,
  found: RetentionCase,
  decision: ActOf<'review_retention'>['decision'],
  second: StaffSession,
): Promise<VerifiedEvent> {
  return sign(session, found, 'RETENTION_REVIEWED', { kind: 'review_retention', decision }, second);
}

/** Erases everything that is sealed in a case, for good. Errors as {@link setLegalHold}. */
export function eraseCase(
  session: StaffSession,
  found: RetentionCase,
  reason: ActOf<'erase'>['reason'],
  second: StaffSession,
): Promise<VerifiedEvent> {
  const moves = { from: found.phase, to: 'ERASED' };
  return sign(session, found, 'ERASED', { kind: 'erase', reason }, second, moves);
}

type Custody = ActOf<'legal_hold'> | ActOf<'review_retention'> | ActOf<'erase'>;

function sign(
  session: StaffSession,
  found: RetentionCase,
  type: 'LEGAL_HOLD' | 'RETENTION_REVIEWED' | 'ERASED',
  unsigned: Custody,
  second?: StaffSession,
  moves: Readonly<Record<string, Json>> = {},
): Promise<VerifiedEvent> {
  const act: CaseAct = { ...unsigned, ...(second && { second: second.actor.certificate }) };
  const { kind: _, ...fields } = act;
  const detail = parseDetail(type, { ...moves, ...fields, by: session.actor.certificate });
  const event = { type, at: session.service.deps.now(), actor: 'staff', detail } as CaseEvent;
  return recordAct(placeTold(session, found), { act, event }, {}, second);
}
