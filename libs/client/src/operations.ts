/** How the service does its work: what the administrator acts on, and what oversight is shown. */
import type { AlarmPage, DeadLetterPage, Delays, RouteRequest } from '@app/contracts';
import { toHex } from '@app/encoding';
import type { Service } from './service.js';
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
  const idempotencyKey = drawKey(service);
  await service.api.call('redriveDeadLetter', { idempotencyKey, params: { letter } });
}

/** Lays the job aside for good. Errors as `redriveDeadLetter`. */
export async function discardDeadLetter(
  { service }: StaffSession,
  letter: string,
  reason: RouteRequest<'discardDeadLetter'>['body']['reason'],
): Promise<void> {
  const idempotencyKey = drawKey(service);
  await service.api.call('discardDeadLetter', { idempotencyKey, params: { letter }, body: { reason } });
}

function drawKey({ deps }: Service): string {
  return toHex(deps.random.bytes(16));
}

export type AlarmRow = AlarmPage['alarms'][number];

/** Every alarm ever raised, the oldest first: for oversight. @throws {ApiProblem} `not_found` for anybody else. */
export async function listAlarms({ service }: StaffSession): Promise<readonly AlarmRow[]> {
  const alarms: AlarmRow[] = [];
  for (let after = 0; ;) {
    const page = await service.api.call('alarms', { query: { after, limit: 100 } });
    alarms.push(...page.alarms);
    if (page.next === null) return alarms;
    after = page.next;
  }
}

/** How late lapses of the last so many seconds were recorded: for oversight. Errors as `listAlarms`. */
export function delaysSince({ service }: StaffSession, seconds: number): Promise<Delays> {
  const now = service.deps.now();
  return service.api.call('delays', { query: { from: Math.max(0, now - seconds), to: now + 1 } });
}
