/** Due dates of a case that has just begun, by the response times its entry commits to. */
import { type ClockId, replay } from '@app/casework';
import { type Accepted, loadPolicy, type Service } from '@app/client';

/** When a clock of a report that was just recorded runs out, if it has a target. */
export async function dueDateOf(
  service: Service,
  accepted: Accepted,
  id: ClockId,
): Promise<number | undefined> {
  const policy = await loadPolicy(service.api, accepted.opening.policyHash);
  return replay([accepted.event], policy).clocks.find((clock) => clock.id === id)?.dueAt;
}
