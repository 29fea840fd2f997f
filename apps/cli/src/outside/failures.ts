/** What can go wrong at the outside edge, each in one sentence with what to do. */
import { ApiProblem, Unreachable } from '@app/api-client';
import { describeRefusal } from '@app/client';
import { FileError } from '@app/platform';
import { LogUnreadable } from '@app/tlog';
import { CliError, failureOf } from '../errors.js';
import { LogMisbehaved } from './evidence.js';

const DISK = new Map<string, [string, string]>([
  [
    'ENOSPC',
    [
      'disk_full',
      'The disk is full: free some space, then run the same command again; it goes on from there.',
    ],
  ],
  ['EDQUOT', ['disk_full', 'The disk quota is used up: free some space, then run the same command again.']],
  ['EROFS', ['file_not_permitted', 'The folder cannot be written to; choose another one.']],
  ['EACCES', ['file_not_permitted', 'A file or folder may not be read or written by this account.']],
]);
const LOST = 'The connection was lost: run the same command again; it goes on from there.';

/** The error as a sentence for the person at the keyboard; what is no failure of the outside stays as it is. */
export function explained(error: unknown): unknown {
  const cause = error instanceof LogUnreadable ? error.cause : error;
  return known(cause) ?? cause;
}

function known(cause: unknown): CliError | undefined {
  if (cause instanceof LogMisbehaved) return new CliError(cause.code, describeRefusal(cause.code));
  if (cause instanceof Unreachable || (cause instanceof ApiProblem && cause.status >= 429))
    return new CliError('unreachable', LOST);
  if (cause instanceof FileError && cause.code === 'immutable_conflict')
    return new CliError(
      cause.code,
      `A file that must never change holds something else (${cause.message}): move it away as evidence, then run the same command again.`,
    );
  const code = (cause as { code?: unknown } | undefined)?.code;
  const disk = typeof code === 'string' ? DISK.get(code) : undefined;
  return disk && new CliError(...disk);
}

export function sentenceOfFailure(error: unknown): string {
  return failureOf(explained(error)).sentence;
}

/** Runs an action of the command line, with its failures explained. */
export function explaining<A extends unknown[]>(
  action: (...args: A) => Promise<void>,
): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args);
    } catch (error) {
      throw explained(error);
    }
  };
}

/** Prints a misbehaviour as JSON for scripts before the error goes on its way. */
export function reportMisbehaviour(error: unknown, folder: string, json: boolean | undefined): void {
  if (!(error instanceof LogMisbehaved)) return;
  const evidence = [...error.notes.keys()].map((name) => `${folder}/${name}`);
  if (json === true) process.stdout.write(`${JSON.stringify({ refused: error.code, evidence })}\n`);
  else process.stderr.write(`Both signed checkpoints were kept: ${evidence.join(' and ')}.\n`);
}
