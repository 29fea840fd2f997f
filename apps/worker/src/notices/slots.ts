import type { Instant } from '@app/encoding';

const DAY = 86_400;

/**
 * The slot that is current: the latest fixed time at or before `now`, today or the day before. Whatever was missed
 * before it is not made up for.
 * @param minutesOfDay - UTC.
 * @returns undefined if there are no times.
 */
export function currentSlot(minutesOfDay: readonly number[], now: Instant): Instant | undefined {
  const midnight = now - (now % DAY);
  const slots = [midnight - DAY, midnight].flatMap((day) => minutesOfDay.map((minute) => day + minute * 60));
  const begun = slots.filter((slot) => slot <= now);
  return begun.length === 0 ? undefined : Math.max(...begun);
}
