export type EmbeddedPostgresCode =
  | 'data_directory_unwritable'
  | 'data_directory_newer'
  | 'disk_full'
  | 'binaries_missing'
  | 'did_not_start'
  | 'not_allowed'
  | 'unreachable';

/** The database cannot be offered; `message` is one sentence an operator can act on. */
export class EmbeddedPostgresError extends Error {
  readonly code: EmbeddedPostgresCode;

  constructor(code: EmbeddedPostgresCode, sentence: string) {
    super(sentence);
    this.name = 'EmbeddedPostgresError';
    this.code = code;
  }
}

const UNWRITABLE = new Set(['EACCES', 'EEXIST', 'EISDIR', 'ENOENT', 'ENOTDIR', 'EPERM', 'EROFS']);

/** Names the cause of a file-system failure below `home`; anything else is a defect and is thrown as it is. */
export function homeFailure(home: string, err: unknown): EmbeddedPostgresError {
  if (err instanceof EmbeddedPostgresError) return err;
  const errno = errnoOf(err);
  if (errno === undefined) throw err;
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return diskFull(home);
  if (UNWRITABLE.has(errno)) return unwritable(home);
  return new EmbeddedPostgresError(
    'did_not_start',
    `The embedded PostgreSQL in ${home} did not start (${errno}).`,
  );
}

/** Names the cause from what `initdb` or `postgres` printed (they run with LC_ALL=C). */
export function serverFailure(home: string, output: string): EmbeddedPostgresError {
  if (/No space left on device|Disk quota exceeded|Check free disk space/.test(output)) return diskFull(home);
  if (/Permission denied|Read-only file system|wrong ownership|could not create directory/.test(output)) {
    return unwritable(home);
  }
  if (/database files are incompatible|was initialized by PostgreSQL version/.test(output)) {
    return new EmbeddedPostgresError(
      'data_directory_newer',
      `The database in ${home} was made by another version of PostgreSQL; run the release that made it.`,
    );
  }
  const reason = lastReason(output);
  return new EmbeddedPostgresError(
    'did_not_start',
    `The embedded PostgreSQL in ${home} did not start${reason === '' ? '' : ` (${reason})`}.`,
  );
}

export function errnoOf(err: unknown): string | undefined {
  if (typeof err !== 'object' || err === null || !('code' in err)) return undefined;
  return typeof err.code === 'string' ? err.code : undefined;
}

function diskFull(home: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'disk_full',
    `The disk that holds ${home} is full; free some space and start again.`,
  );
}

export function unwritable(home: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'data_directory_unwritable',
    `The database folder ${home} cannot be written; choose another folder or correct its owner and permissions.`,
  );
}

function lastReason(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const reason = lines.findLast((line) => /FATAL|PANIC|error:/.test(line)) ?? lines.at(-1) ?? '';
  return reason.replace(/^.*?(FATAL|PANIC|error|initdb|postgres):\s*/, '').trim();
}
