import type { LogFields } from '@app/platform';

export type Report = (event: string, fields: LogFields) => void;

const QUIET_MS = 10_000;
const REMEMBERED = 1_000;

/**
 * Passes the first report of a kind, then at most one in ten seconds with the number of those held back: a store
 * that is down must not fill the disk with the news of it.
 */
export function throttled(report: Report, nowMs: () => number = () => performance.now()): Report {
  const kinds = new Map<string, { since: number; held: number }>();
  return (event, fields) => {
    const kind = [event, fields.queue, fields.code].join('|');
    const seen = kinds.get(kind);
    const now = nowMs();
    if (seen !== undefined && now - seen.since < QUIET_MS) {
      seen.held += 1;
      return;
    }
    if (kinds.size >= REMEMBERED) kinds.clear();
    kinds.set(kind, { since: now, held: 0 });
    report(event, seen === undefined || seen.held === 0 ? fields : { ...fields, count: seen.held });
  };
}
