/** Doing something once, or again and again until somebody ends it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem, Unreachable } from '@app/api-client';
import { LogUnreadable } from '@app/tlog';
import { InvalidArgumentError } from 'commander';
import { sentenceOfFailure } from './failures.js';

/** A number of seconds on the command line. */
export function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d{1,7}$/.test(text) || value < 1)
    throw new InvalidArgumentError('a whole number of seconds, from 1');
  return value;
}

/**
 * Runs `round` once; with `every`, again after so many seconds until SIGINT or SIGTERM, which ends it after the round
 * at hand. A connection that is lost does not end it.
 */
export async function following(every: number | undefined, round: () => Promise<void>): Promise<void> {
  if (every === undefined) return round();
  const ending = new AbortController();
  const end = (): void => {
    ending.abort();
  };
  process.once('SIGINT', end).once('SIGTERM', end);
  try {
    while (!ending.signal.aborted) {
      await round().catch((error: unknown) => {
        if (!isPassing(error)) throw error;
        process.stderr.write(`${sentenceOfFailure(error)}\n`);
      });
      await sleep(every * 1000, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end);
  }
}

function isPassing(error: unknown): boolean {
  const cause = error instanceof LogUnreadable ? error.cause : error;
  return cause instanceof Unreachable || (cause instanceof ApiProblem && cause.status >= 429);
}
