/** Two signed checkpoints that contradict each other prove that a log misbehaved: both are kept, always. */
import { sha256 } from '@app/crypto/verify';
import { encodeUtf8, toHex, VerificationError } from '@app/encoding';
import { checkSuccession, type Checkpoint, type LogSource, parseCheckpoint, parseNote } from '@app/tlog';

/** A checkpoint that was verified, with its note. */
export type Held = { readonly note: string; readonly checkpoint: Checkpoint };

/** The two notes of a log that was caught: what to keep, under which names. */
export class LogMisbehaved extends Error {
  readonly code: 'log_forked' | 'log_rolled_back';
  readonly notes: ReadonlyMap<string, string>;

  constructor(code: LogMisbehaved['code'], kept: string, shown: string) {
    super(code);
    this.name = 'LogMisbehaved';
    this.code = code;
    this.notes = new Map([kept, shown].map((note) => [evidenceName(note), note]));
  }
}

/**
 * Holds a new checkpoint against the one kept.
 * @throws {LogMisbehaved} with both notes. @throws {VerificationError} `consistency_unproven`.
 */
export async function followOn(kept: Held, shown: Held, source: LogSource): Promise<void> {
  try {
    await checkSuccession(kept.checkpoint, shown.checkpoint, source);
  } catch (error) {
    const code = error instanceof VerificationError ? String(error.code) : undefined;
    if (code !== 'log_forked' && code !== 'log_rolled_back') throw error;
    throw new LogMisbehaved(code, kept.note, shown.note);
  }
}

/** `<size>-<first 16 digits of the note's SHA-256>.checkpoint`: the same note is the same file. */
function evidenceName(note: string): string {
  const { size } = parseCheckpoint(parseNote(note).body);
  return `${String(size)}-${toHex(sha256(encodeUtf8(note))).slice(0, 16)}.checkpoint`;
}
