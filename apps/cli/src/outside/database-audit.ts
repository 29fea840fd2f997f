/** `fsck --database`: runs the built audit of the database as a process and reads what it finds, line by line. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { CliError } from '../errors.js';
import type { FsckState } from './fsck.js';

/** The built servers stand beside the built command. */
const BUILT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../..');
const AUDIT = [path.join(BUILT, 'apps/worker/src/audit.js')];

const lineSchema = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('finding'),
    code: z.string(),
    index: z.number().optional(),
    path: z.string().optional(),
    casePseudonym: z.string().optional(),
    eventNumber: z.number().optional(),
    column: z.string().optional(),
  }),
  z.object({ event: z.literal('entries'), done: z.number(), total: z.number() }),
  z.object({ event: z.literal('cases'), after: z.string(), count: z.number() }),
  z.object({ event: z.literal('end') }),
]);
export type DatabaseFinding = Omit<Extract<z.infer<typeof lineSchema>, { event: 'finding' }>, 'event'>;

/** How far an audit is: entries [from, to) were compared up to `entries`, and their cases up to `after`. */
export type DatabaseProgress = NonNullable<FsckState['database']>;

export type DatabaseAudit = {
  /** Of a role that may read, such as sc_audit. */
  readonly databaseUrl: string;
  readonly ledgerDir: string;
  /** What is to be done, and what of it is done. */
  readonly progress: DatabaseProgress;
  readonly onProgress: (progress: DatabaseProgress, cases: number) => Promise<void>;
  /** The program and its first arguments, after Node's own. */
  readonly program?: readonly string[];
};

/**
 * Compares database and files.
 * @throws CliError with the sentence of the process; what it had reported before counts as done.
 */
export async function auditDatabase(audit: DatabaseAudit): Promise<DatabaseFinding[]> {
  let progress = audit.progress;
  let cases = 0;
  let hasEnded = false;
  const findings: DatabaseFinding[] = [];
  const child = spawn(process.execPath, [...(audit.program ?? AUDIT)], {
    env: { PATH: process.env.PATH ?? '', ...settings(audit) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let sentence = '';
  child.stderr.on('data', (chunk: Buffer) => (sentence = `${sentence}${chunk.toString()}`.slice(-600)));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  for await (const text of createInterface({ input: child.stdout })) {
    const line = lineSchema.parse(JSON.parse(text));
    if (line.event === 'end') hasEnded = true;
    else if (line.event === 'finding') {
      const { event: _, ...finding } = line;
      findings.push(finding);
    } else {
      if (line.event === 'cases') cases += line.count;
      progress =
        line.event === 'entries' ? { ...progress, entries: line.done } : { ...progress, after: line.after };
      // What was found must be found again by whoever goes on.
      if (findings.length === 0) await audit.onProgress(progress, cases);
    }
  }
  const code = await ended;
  if (code !== 0 || !hasEnded)
    throw new CliError(
      'audit_failed',
      sentence.trim() === '' ? 'The audit of the database was interrupted.' : sentence.trim(),
    );
  return findings;
}

function settings({ databaseUrl, ledgerDir, progress }: DatabaseAudit): Record<string, string> {
  const { from, to, entries, after } = progress;
  return {
    SAFE_CONDUCT_DATABASE_URL: databaseUrl,
    SAFE_CONDUCT_LEDGER_DIR: path.resolve(ledgerDir),
    SAFE_CONDUCT_AUDIT_FROM: String(from),
    SAFE_CONDUCT_AUDIT_TO: String(to),
    SAFE_CONDUCT_AUDIT_ENTRIES_DONE: String(entries),
    ...(after !== undefined && { SAFE_CONDUCT_AUDIT_CASES_DONE: after }),
  };
}
