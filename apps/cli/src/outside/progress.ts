/** One line that says how far a long check is and how long it will take. */

export type Step = {
  readonly done: number;
  readonly total: number;
  /** Entries that were passed before this run began. */
  readonly from: number;
  readonly elapsedMs: number;
  readonly bytes?: number;
};

/** `  41 %  820000 of 2000000 entries, 52000 a second, 23 s left`; with `bytes` what was fetched. */
export function progressLine({ done, total, from, elapsedMs, bytes }: Step): string {
  const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
  const rate = elapsedMs > 0 ? ((done - from) / elapsedMs) * 1000 : 0;
  const left = rate > 0 ? `, ${duration((total - done) / rate)} left` : '';
  const fetched = bytes === undefined ? '' : `, ${size(bytes)}`;
  return `  ${String(percent)} %  ${String(done)} of ${String(total)} entries${fetched}, ${String(Math.round(rate))} a second${left}`;
}

/** `1.2 MB`; decimal units. */
export function size(bytes: number): string {
  if (bytes < 1_000) return `${String(bytes)} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return bytes < 1_000_000_000
    ? `${(bytes / 1_000_000).toFixed(1)} MB`
    : `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}

function duration(seconds: number): string {
  if (seconds < 90) return `${String(Math.ceil(seconds))} s`;
  return seconds < 5_400 ? `${String(Math.round(seconds / 60))} min` : `${(seconds / 3_600).toFixed(1)} h`;
}

const TERMINAL_MS = 250;
const LOG_MS = 10_000;

/** Shows steps on standard error: often and in place on a terminal, seldom and line by line elsewhere. */
export class ProgressDisplay {
  readonly #isTerminal = process.stderr.isTTY;
  readonly #began = performance.now();
  #shownAt = this.#began;
  #from: number | undefined;

  show(done: number, total: number, bytes?: number): void {
    this.#from ??= done;
    const now = performance.now();
    if (now - this.#shownAt < (this.#isTerminal ? TERMINAL_MS : LOG_MS)) return;
    this.#shownAt = now;
    const step = { done, total, from: this.#from, elapsedMs: now - this.#began };
    const line = progressLine({ ...step, ...(bytes !== undefined && { bytes }) });
    process.stderr.write(this.#isTerminal ? `\r\u001b[K${line}` : `${line}\n`);
  }

  /** Clears the line on a terminal. */
  end(): void {
    if (this.#isTerminal) process.stderr.write('\r\u001b[K');
  }
}
