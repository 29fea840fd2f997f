import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something holds; fails if it does not in time. */
export async function until(holds: () => boolean | Promise<boolean>, ms = 30_000): Promise<void> {
  for (const end = performance.now() + ms; !(await holds());) {
    if (performance.now() > end) throw new Error('did not happen in time');
    await sleep(20);
  }
}
