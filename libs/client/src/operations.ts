/** What the administrator does: operations of the service, nothing of a case. */
import type { DeadLetterPage, RouteRequest } from '@app/contracts';
import type { StaffSession } from './staff-session.js';

/** Jobs that failed for good, the oldest first; `next` goes into the next call's `after`. */
export function listDeadLetters(
  { service }: StaffSession,
  query: RouteRequest<'deadLetters'>['query'],
): Promise<DeadLetterPage> {
  return service.api.call('deadLetters', { query });
}

/** Lets the job run again. @throws {ApiProblem} `not_found`, `not_allowed_now` if the letter was settled before. */
export async function redriveDeadLetter({ service }: StaffSession, letter: string): Promise<void> {
  await service.api.call('redriveDeadLetter', { params: { letter } });
}

/** Lays the job aside for good. Errors as `redriveDeadLetter`. */
export async function discardDeadLetter(
  { service }: StaffSession,
  letter: string,
  reason: RouteRequest<'discardDeadLetter'>['body']['reason'],
): Promise<void> {
  await service.api.call('discardDeadLetter', { params: { letter }, body: { reason } });
}
