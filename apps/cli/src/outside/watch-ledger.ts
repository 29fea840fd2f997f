/** Reads what is new in a ledger for a watcher, and keeps what she remembers in a folder of hers. */
import path from 'node:path';
import {
  isNews,
  keysetEntry,
  type PublishedLedger,
  startWatch,
  type Trust,
  type Watch,
  type WatchAlarm,
  watchAges,
  watchEntry,
  watchRoles,
} from '@app/client';
import { type SignatureVerifier, verifyKeyset } from '@app/crypto/verify';
import { type Bytes, encodeUtf8, type Instant, ParseError } from '@app/encoding';
import { FileError, readFileStrict, writeFileDurable, writeImmutable } from '@app/platform';
import { auditFrom, logFiles, parsePolicy, verifyCheckpoint } from '@app/tlog';
import { z } from 'zod';
import { CliError } from '../errors.js';
import { followOn, LogMisbehaved } from './evidence.js';
import { readingAhead } from './ledger-files.js';

const STATE_MAX_BYTES = 8_000_000;
const KEYSET_MAX_BYTES = 8_388_608;
/** So much reading an interruption may cost. */
const SAVE_EVERY = 65_536;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const alarmSchema = z.object({
  code: z.string(),
  subject: z.string(),
  index: z.number().optional(),
  detail: z.string().optional(),
  role: z.string().optional(),
});
const stateSchema = z.strictObject({
  version: z.literal(1),
  /** The signed note that entries [0, entries) were read under; null before the first. */
  checkpoint: z.string().nullable(),
  entries: z.int().min(0),
  watch: z.object({
    keyset: z
      .object({
        version: z.number(),
        rootVersion: z.number(),
        hash,
        expires: z.number(),
        loggedAt: z.number(),
      })
      .nullable(),
    known: z.array(hash),
    open: z.array(alarmSchema),
  }),
});
export type WatchState = Omit<z.infer<typeof stateSchema>, 'watch'> & { readonly watch: Watch };

/** What a watcher keeps. */
export class WatchFolder {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** @throws {ParseError} `bad_state`. */
  async read(): Promise<WatchState> {
    try {
      const text = Buffer.from(await readFileStrict(this.#at('watch.json'), STATE_MAX_BYTES)).toString(
        'utf8',
      );
      return stateSchema.parse(JSON.parse(text)) as WatchState;
    } catch (error) {
      if (error instanceof FileError && error.code === 'file_missing')
        return { version: 1, checkpoint: null, entries: 0, watch: startWatch() };
      if (error instanceof z.ZodError || error instanceof SyntaxError)
        throw new ParseError('bad_state', 'watch.json');
      throw error;
    }
  }

  async write(state: WatchState): Promise<void> {
    await writeFileDurable(this.#at('watch.json'), encodeUtf8(`${JSON.stringify(state)}\n`));
  }

  async keepEvidence(notes: ReadonlyMap<string, string>): Promise<void> {
    for (const [name, text] of notes) await writeImmutable(this.#at('evidence', name), encodeUtf8(text));
  }

  /** Every KEYSET that was named is kept, whether it holds or not. */
  async keepKeyset(keysetHash: string, bytes: Uint8Array): Promise<void> {
    await writeImmutable(this.#at('keysets', `${keysetHash}.bin`), bytes);
  }

  keyset(keysetHash: string): Promise<Bytes> {
    return readFileStrict(this.#at('keysets', `${keysetHash}.bin`), KEYSET_MAX_BYTES);
  }

  #at(...names: string[]): string {
    return path.join(this.folder, ...names);
  }
}

export type WatchParts = {
  readonly verifier: SignatureVerifier;
  readonly trust: Trust;
  readonly ledger: PublishedLedger;
  /** Resolves to undefined if the service has no KEYSET of that hash. */
  readonly keyset: (hash: string) => Promise<Bytes | undefined>;
  readonly folder: WatchFolder;
  readonly roles: readonly string[];
  /** Hashes that were told out of band. */
  readonly known: readonly string[];
  readonly now: () => Instant;
  readonly onProgress?: (done: number, total: number) => void;
};

export type WatchReport = {
  readonly entries: number;
  readonly keysetVersion: number | null;
  readonly witnessedAt: Instant;
  readonly alarms: readonly WatchAlarm[];
};

/**
 * One round: reads what the ledger has grown by, and judges it.
 *
 * @throws {VerificationError} as `verifyCheckpoint`; `consistency_unproven`.
 * @throws {LogMisbehaved} after both checkpoints were kept in `evidence/`.
 * @throws {LogUnreadable} the connection was lost; the next round goes on.
 * @throws {CliError} files of the ledger are wrong.
 */
export async function watchLedger(parts: WatchParts): Promise<WatchReport> {
  const { verifier, trust, ledger, folder } = parts;
  const policy = parsePolicy(trust.policy);
  const state = await folder.read();
  const note = await ledger.checkpoint();
  const { checkpoint, quorumTime } = verifyCheckpoint(note, policy, verifier);
  const source = logFiles((file) => ledger.read(file));
  if (state.checkpoint !== null) {
    const kept = verifyCheckpoint(state.checkpoint, policy, verifier).checkpoint;
    await followOn({ note: state.checkpoint, checkpoint: kept }, { note, checkpoint }, source).catch(
      async (error: unknown) => {
        if (error instanceof LogMisbehaved) await folder.keepEvidence(error.notes);
        throw error;
      },
    );
  }
  const reader = new Reader(parts, state, { note, quorumTime });
  const { size, findings } = await auditFrom(
    state.entries,
    checkpoint,
    readingAhead(source, checkpoint.size),
    {
      onEntry: (index, entry) => reader.take(index, entry),
      onProgress: (done, total) => parts.onProgress?.(done, total),
    },
  );
  if (findings.length > 0)
    throw new CliError(
      'ledger_damaged',
      `${String(findings.length)} files of the ledger are wrong; fsck names them.`,
    );
  const watch = await reader.end();
  const alarms = [...watch.open, ...watchAges(watch, quorumTime, parts.now())];
  return { entries: size, keysetVersion: watch.keyset?.version ?? null, witnessedAt: quorumTime, alarms };
}

class Reader {
  readonly #parts: WatchParts;
  readonly #note: string;
  readonly #quorumTime: Instant;
  #watch: Watch;
  #next: number;

  constructor(parts: WatchParts, state: WatchState, under: { note: string; quorumTime: Instant }) {
    this.#parts = parts;
    this.#note = under.note;
    this.#quorumTime = under.quorumTime;
    this.#watch = { ...state.watch, known: [...new Set([...state.watch.known, ...parts.known])] };
    this.#next = state.entries;
  }

  /** Takes the next entry; after a gap nothing is remembered any more. */
  async take(index: number, entry: Uint8Array): Promise<void> {
    if (index !== this.#next) return;
    const named = keysetEntry(index, entry);
    if (named !== undefined) {
      const { verifier, trust, roles } = this.#parts;
      const bytes = isNews(this.#watch, named) ? await this.#fetched(named.hash) : undefined;
      const judge = { verifier, rootset: trust.rootset, roles };
      this.#watch = watchEntry(this.#watch, named, bytes, this.#quorumTime, judge);
    }
    this.#next = index + 1;
    if (this.#next % SAVE_EVERY === 0) await this.#save();
  }

  /** Looks at the roles as they are now: some may be watched only since this round. */
  async end(): Promise<Watch> {
    const { keyset } = this.#watch;
    if (keyset !== null) {
      const { verifier, trust, folder, roles } = this.#parts;
      const bytes = await folder.keyset(keyset.hash);
      const current = verifyKeyset(verifier, bytes, { rootset: trust.rootset, now: keyset.loggedAt });
      this.#watch = watchRoles(this.#watch, current, roles);
    }
    await this.#save();
    return this.#watch;
  }

  async #fetched(keysetHash: string): Promise<Bytes | undefined> {
    const bytes = await this.#parts.keyset(keysetHash);
    if (bytes !== undefined) await this.#parts.folder.keepKeyset(keysetHash, bytes);
    return bytes;
  }

  #save(): Promise<void> {
    const state = { version: 1, checkpoint: this.#note, entries: this.#next, watch: this.#watch } as const;
    return this.#parts.folder.write(state);
  }
}
