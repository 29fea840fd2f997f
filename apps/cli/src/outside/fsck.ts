/**
 * `safe-conduct fsck`: every file of a ledger against a signed, witnessed root; with a state file, only what is new
 * since the last run, after a proof that the ledger has only grown.
 */
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { PublishedLedger, Trust } from '@app/client';
import type { SignatureVerifier } from '@app/crypto/verify';
import { encodeUtf8, ParseError, VerificationError } from '@app/encoding';
import { FileError, readFileStrict, sha256, writeFileDurable, writeImmutable } from '@app/platform';
import {
  type AuditFinding,
  auditFrom,
  encodeVkey,
  logFiles,
  parsePolicy,
  type Policy,
  verifyCheckpoint,
} from '@app/tlog';
import { z } from 'zod';
import { CliError, failureOf } from '../errors.js';
import { followOn, type Held, LogMisbehaved } from './evidence.js';
import { readingAhead } from './ledger-files.js';
import { auditPartials } from './partials.js';

const STATE_MAX_BYTES = 1_100_000;
/** So much work an interruption may cost. */
const SAVE_EVERY_ENTRIES = 65_536;

const stateSchema = z.strictObject({
  version: z.literal(1),
  /** The signed note that the entries were held against. */
  checkpoint: z.string(),
  /** Entries [0, verified) and the tiles above them had no finding. */
  verified: z.int().min(0),
  /** How far `--database` came: of entries [from, to), and of the cases with an event among them. */
  database: z
    .strictObject({
      from: z.int().min(0),
      to: z.int().min(0),
      entries: z.int().min(0),
      after: z.string().optional(),
    })
    .optional(),
});
export type FsckState = z.infer<typeof stateSchema>;

export type FsckParts = {
  readonly verifier: SignatureVerifier;
  readonly trust: Trust;
  readonly ledger: PublishedLedger;
  /** Where the ledger is a folder: its older partial files are checked, too. */
  readonly folder?: string;
  /** Where the state is kept; without it everything is checked, every time. */
  readonly stateFile?: string;
  /** Does not look at what an earlier run verified. */
  readonly full?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
};

export type FsckReport = {
  readonly size: number;
  /** Entries that an earlier run had verified. */
  readonly from: number;
  /** By the witnesses' clocks; seconds. */
  readonly witnessedAt: number;
  readonly findings: readonly FsckFinding[];
};

/** `keys_mismatch`: a file that offers keys of the log or its witnesses, other than those that were pinned. */
export type FsckFinding = AuditFinding | { readonly code: 'keys_mismatch'; readonly path: string };

/**
 * Checks a ledger.
 *
 * @throws {CliError} with the code of `verifyCheckpoint` and the file that was refused.
 * @throws {VerificationError} `consistency_unproven`.
 * @throws {LogMisbehaved} after both checkpoints were kept beside the state.
 * @throws {LogUnreadable} the connection was lost, or a file cannot be read. A later run goes on from the state.
 * @throws {ParseError} the state file is not one.
 */
export async function checkLedger(parts: FsckParts): Promise<FsckReport> {
  const { verifier, ledger, stateFile } = parts;
  const policy = parsePolicy(parts.trust.policy);
  const note = await ledger.checkpoint();
  const { checkpoint, quorumTime } = naming('checkpoint', () => verifyCheckpoint(note, policy, verifier));
  const files = logFiles((file) => ledger.read(file));
  const state = parts.full === true ? undefined : await readState(stateFile);
  if (state !== undefined) await checkGrowth(parts, state, { note, checkpoint }, policy);
  const from = Math.min(state?.verified ?? 0, checkpoint.size);
  const saving = new Saving(stateFile, note, state);
  const { size, findings } = await auditFrom(from, checkpoint, readingAhead(files, checkpoint.size), {
    sha256,
    onProgress: (done, total, found) => {
      if (found === 0) saving.passed(done);
      parts.onProgress?.(done, total);
    },
  });
  const older = parts.folder === undefined ? [] : await auditPartials(parts.folder, size, files, findings);
  const keys = await auditKeys(ledger, checkpoint.origin, policy);
  const all = [...findings, ...older, ...keys];
  await saving.end(all.length === 0 ? size : undefined);
  return { size, from, witnessedAt: quorumTime, findings: all };
}

/** What is wrong with one file stops everything: the refusal says which file it is. */
function naming<T>(file: string, verify: () => T): T {
  try {
    return verify();
  } catch (error) {
    if (!(error instanceof VerificationError || error instanceof ParseError)) throw error;
    const { code, sentence } = failureOf(error);
    throw new CliError(code, `The file ${file} does not hold. ${sentence}`);
  }
}

/** `log.vkey` and `witness.vkeys` where there are any: tools take their keys from them. */
async function auditKeys(ledger: PublishedLedger, origin: string, policy: Policy): Promise<FsckFinding[]> {
  const own = policy.logs.filter(({ name }) => name === origin).map(encodeVkey);
  const log = await linesOf(ledger, 'log.vkey');
  const isLogs = log?.every((line) => own.includes(line)) === true && log.length > 0;
  const pinned = policy.witnesses.map(({ key }) => encodeVkey(key));
  const witnesses = await linesOf(ledger, 'witness.vkeys');
  const areWitnesses = isDeepStrictEqual(witnesses && [...witnesses].sort(), [...pinned].sort());
  const wrong = [
    ...(log === undefined || isLogs ? [] : ['log.vkey']),
    ...(witnesses === undefined || areWitnesses ? [] : ['witness.vkeys']),
  ];
  return wrong.map((file) => ({ code: 'keys_mismatch', path: file }));
}

/** The last line is ended, too. */
async function linesOf(ledger: PublishedLedger, file: string): Promise<string[] | undefined> {
  const bytes = await ledger.read(file);
  if (bytes === undefined) return undefined;
  const lines = Buffer.from(bytes).toString('utf8').split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : [];
}

/** The state of an earlier run; undefined if there is none. @throws {ParseError} `bad_state`. */
export async function readState(file: string | undefined): Promise<FsckState | undefined> {
  if (file === undefined) return undefined;
  try {
    const text = Buffer.from(await readFileStrict(file, STATE_MAX_BYTES)).toString('utf8');
    return stateSchema.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof FileError && error.code === 'file_missing') return undefined;
    if (error instanceof z.ZodError || error instanceof SyntaxError)
      throw new ParseError('bad_state', 'state');
    throw error;
  }
}

export async function writeState(file: string, state: FsckState): Promise<void> {
  await writeFileDurable(file, encodeUtf8(`${JSON.stringify(state)}\n`));
}

async function checkGrowth(
  { verifier, ledger, stateFile }: FsckParts,
  state: FsckState,
  shown: Held,
  policy: Policy,
): Promise<void> {
  const { checkpoint } = naming(stateFile ?? '', () => verifyCheckpoint(state.checkpoint, policy, verifier));
  const source = logFiles((file) => ledger.read(file));
  try {
    await followOn({ note: state.checkpoint, checkpoint }, shown, source);
  } catch (error) {
    if (error instanceof LogMisbehaved && stateFile !== undefined) {
      for (const [name, text] of error.notes)
        await writeImmutable(path.join(evidenceFolder(stateFile), name), encodeUtf8(text));
    }
    throw error;
  }
}

export function evidenceFolder(stateFile: string): string {
  return `${stateFile}.evidence`;
}

/** Keeps the state as the walk goes on; one write at a time. */
class Saving {
  readonly #file: string | undefined;
  readonly #note: string;
  readonly #database: FsckState['database'];
  #saved: number;
  #writing: Promise<void> = Promise.resolve();
  #isBusy = false;

  constructor(file: string | undefined, note: string, before: FsckState | undefined) {
    this.#file = file;
    this.#note = note;
    this.#database = before?.database;
    this.#saved = before?.verified ?? 0;
  }

  passed(verified: number): void {
    if (this.#isBusy || verified - this.#saved < SAVE_EVERY_ENTRIES) return;
    this.#isBusy = true;
    this.#writing = this.#write(verified)
      .catch(() => undefined)
      .finally(() => (this.#isBusy = false));
  }

  /** @param verified - undefined where something was found: then the state stays where it was right. */
  async end(verified: number | undefined): Promise<void> {
    await this.#writing;
    if (verified !== undefined) await this.#write(verified);
  }

  async #write(verified: number): Promise<void> {
    if (this.#file === undefined) return;
    const database = this.#database;
    await writeState(this.#file, {
      version: 1,
      checkpoint: this.#note,
      verified,
      ...(database !== undefined && { database }),
    });
    this.#saved = verified;
  }
}
