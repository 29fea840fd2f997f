/** Publishing: makes public, step by step, what the sequencer has committed. */
import type { SignatureVerifier } from '@app/crypto/verify';
import { type Bytes, bytesEqual, ParseError, VerificationError } from '@app/encoding';
import {
  LogCheckpointRow,
  LogCosignatureRow,
  LogQuorumRow,
  type Tx,
  type UnitOfWork,
} from '@app/persistence';
import { type Clock, sha256 } from '@app/platform';
import {
  consistencyProof,
  emptyRoot,
  encodeEntryBundle,
  encodeVkey,
  entriesPath,
  FileMissing,
  growTiles,
  leafHash,
  openNote,
  parseCheckpoint,
  parseNote,
  parsePolicy,
  parseVkey,
  type Policy,
  rootFromTiles,
  tilePath,
  tilesForGrowth,
  verifyCheckpoint,
} from '@app/tlog';
import { deriveEntries } from './entries.js';
import { LedgerFault } from './fault.js';
import type { CheckpointSigner, CosignAnswer, SignAnswer, Witness } from './remotes.js';
import { parseHead } from './sequencer.js';
import {
  CHECKPOINT_FILE,
  type LedgerStore,
  logSource,
  readPublished,
  removePartials,
  replaceText,
} from './store.js';

/** Who is trusted to sign and to witness: a KEYSET has both. */
export type LedgerTrust = { readonly logVkey: string; readonly tlogPolicy: string };

export type PublisherDeps = {
  readonly work: UnitOfWork;
  readonly store: LedgerStore;
  readonly signer: CheckpointSigner;
  readonly witnesses: readonly Witness[];
  readonly trust: () => Promise<LedgerTrust>;
  readonly verifier: SignatureVerifier;
  readonly clock: Clock;
};

/**
 * What kept a step from being complete; each passes by itself when the party comes back.
 *
 * `signer_unusable`: its answer is no signature by the log's key. `overtaken`: another publisher has a newer tree
 * signed. `cosignature_invalid`: a witness's answer holds none of its own. `quorum_missing`: too few witnesses for now.
 */
export type PublishProblem =
  | 'signer_away'
  | 'signer_unusable'
  | 'overtaken'
  | 'witness_away'
  | 'witness_refused'
  | 'cosignature_invalid'
  | 'quorum_missing';

export type PublishReport = {
  /** The size of the published checkpoint; 0 before the first. */
  readonly published: number;
  readonly problems: readonly PublishProblem[];
};

type Head = { readonly size: number; readonly root: Bytes };

const TILE_WIDTH = 256;
/** Entries written at a time: whole tiles of levels 0 and 1. */
const CHUNK = TILE_WIDTH ** 2;

/** Publishes the newest tree. Any number may run at once; each step is idempotent. */
export class Publisher {
  readonly #deps: PublisherDeps;
  /** The size each witness is thought to know, in the order of `deps.witnesses`; a 409 corrects it. */
  readonly #knownTo: number[];

  constructor(deps: PublisherDeps) {
    this.#deps = deps;
    this.#knownTo = deps.witnesses.map(() => 0);
  }

  /**
   * Asks signer and witnesses, before anything is added, whether they know more than this database: then it was
   * restored from a backup, and what it added would fork the log. Who is away is asked again at its next answer.
   * @throws {LedgerFault} `signer_ahead`, `fork_refused`, `witness_ahead`.
   */
  async meetParties(): Promise<void> {
    const last = await this.#deps.work.read(newestCheckpoint);
    if (last === undefined) return;
    const { size, root } = parseCheckpoint(parseNote(last.note).body);
    const answer = await this.#deps.signer.sign({ size, root, oldSize: size, proof: [] });
    if (answer.kind === 'refused') throw new LedgerFault('fork_refused');
    if (answer.kind === 'other_size') await this.#expectOvertaken(answer.size, 'signer_ahead');
    const request = { oldSize: size, proof: [], note: last.note };
    const known = await Promise.all(this.#deps.witnesses.map((witness) => witness.addCheckpoint(request)));
    for (const witness of known) {
      if (witness.kind === 'other_size') await this.#expectOvertaken(witness.size, 'witness_ahead');
    }
  }

  /**
   * Writes the files, has the newest tree signed and witnessed, and moves the checkpoint file forward.
   *
   * After a crash or a failure at any step the next call goes on from what is stored; a signer or witness that is
   * away delays the newest size and loses nothing.
   * @throws {LedgerFault} `files_mismatch`, `signer_ahead`, `fork_refused`, `witness_ahead`, `state_mismatch`: a
   * person must look.
   */
  async publish(): Promise<PublishReport> {
    const { work, store } = this.#deps;
    const trust = await this.#deps.trust();
    const policy = parsePolicy(trust.tlogPolicy);
    await writeKeys(store, trust, policy);
    const head = await work.read(newestHead);
    await this.#writeFiles(head);
    // Crash here: files that no checkpoint covers yet; the next call finds them in place.
    const published = await this.#publishQuorum();
    // What had its quorum before a crash is out now, and its files are in place whatever became of them.
    if (head.size <= published) return { published, problems: [] };
    const signed = await this.#signed(head, trust);
    if (typeof signed !== 'object') return { published, problems: [signed] };
    // Crash here: the checkpoint is stored, and signing it again gives the same bytes.
    const problems = await this.#witness(head, signed.note, policy);
    // Crash here: the cosignatures are stored; the quorum is counted again.
    if (!(await this.#quorum(head, signed.note, policy))) {
      return { published, problems: [...problems, 'quorum_missing'] };
    }
    // Crash here: the quorum is stored; the next call begins by publishing it.
    return { published: await this.#publishQuorum(), problems };
  }

  /** Tiles and bundles up to the head, durable, and checked against its root. */
  async #writeFiles(head: Head): Promise<void> {
    const source = logSource(this.#deps.store);
    const from = await this.#writtenSize();
    // Made anew: what is published needs the files of its own right edge until the head has its quorum.
    const edge = from === 0 ? Math.min(await this.#deps.work.read(newestQuorumSize), head.size) : from;
    await this.#writeChunks(from, edge);
    await this.#writeChunks(edge, head.size);
    const root = await rootFromTiles(head.size, source);
    if (!bytesEqual(root, head.root)) throw new LedgerFault('files_mismatch');
  }

  /** A chunk ends where whole tiles do, so that only the last one leaves partial files. */
  async #writeChunks(from: number, to: number): Promise<void> {
    for (let start = from; start < to; start = nextChunk(start)) {
      await this.#writeChunk(start, Math.min(nextChunk(start), to));
    }
  }

  async #writeChunk(start: number, end: number): Promise<void> {
    const { work, store } = this.#deps;
    const aligned = start - (start % TILE_WIDTH);
    const derived = await work.read((tx) => deriveEntries(tx, aligned, end));
    const entries = derived.map(({ entry }) => entry);
    const added = entries.slice(start - aligned).map(leafHash);
    for (const { tile, bytes } of await growTiles(start, added, logSource(store))) {
      await store.writeImmutable(tilePath(tile), bytes);
    }
    for (let offset = 0; offset < entries.length; offset += TILE_WIDTH) {
      const bundle = entries.slice(offset, offset + TILE_WIDTH);
      const file = entriesPath((aligned + offset) / TILE_WIDTH, bundle.length);
      await store.writeImmutable(file, encodeEntryBundle(bundle));
    }
  }

  /** The last size that was signed, whose files were durable before; 0 if they are gone, and all are made anew. */
  async #writtenSize(): Promise<number> {
    const last = await this.#deps.work.read(newestCheckpoint);
    if (last === undefined) return 0;
    const { root } = parseCheckpoint(parseNote(last.note).body);
    try {
      const written = await rootFromTiles(last.size, logSource(this.#deps.store));
      if (!bytesEqual(written, root)) throw new LedgerFault('files_mismatch');
      return last.size;
    } catch (error) {
      if (error instanceof FileMissing) return 0;
      throw error instanceof ParseError ? new LedgerFault('files_mismatch') : error;
    }
  }

  /** The stored checkpoint of the head, or a new one from the signer. */
  async #signed(head: Head, trust: LedgerTrust): Promise<{ note: string } | PublishProblem> {
    const stored = await this.#deps.work.read((tx) => checkpointOf(tx, head.size));
    if (stored !== undefined) return stored;
    const last = await this.#deps.work.read(newestCheckpoint);
    const answer = await this.#askSigner(head, last?.size ?? 0);
    if (answer.kind === 'other_size' && answer.size > head.size) {
      await this.#expectOvertaken(answer.size, 'signer_ahead');
      return 'overtaken';
    }
    if (answer.kind === 'refused') throw new LedgerFault('fork_refused');
    if (answer.kind !== 'signed') return 'signer_away';
    if (!isSignedHead(answer.note, head, trust, this.#deps.verifier)) return 'signer_unusable';
    await this.#deps.work.run((tx) =>
      tx
        .createQueryBuilder()
        .insert()
        .into(LogCheckpointRow)
        .values({ size: head.size, note: answer.note, signedAt: this.#deps.clock.now() })
        .orIgnore()
        .execute(),
    );
    return { note: answer.note };
  }

  /** A party knows a larger tree: one that this database holds by now, or one that it has lost. */
  async #expectOvertaken(knownSize: number, fault: 'signer_ahead' | 'witness_ahead'): Promise<void> {
    const { size } = await this.#deps.work.read(newestHead);
    if (knownSize > size) throw new LedgerFault(fault);
  }

  async #askSigner(head: Head, guess: number): Promise<SignAnswer> {
    const ask = async (oldSize: number): Promise<SignAnswer> => {
      const proof = await consistencyProof(oldSize, head.size, logSource(this.#deps.store), sha256);
      return this.#deps.signer.sign({ ...head, oldSize, proof });
    };
    const answer = await ask(guess);
    return answer.kind === 'other_size' && answer.size <= head.size ? ask(answer.size) : answer;
  }

  /** Asks every witness at once and stores each cosignature that verifies. */
  async #witness(head: Head, note: string, policy: Policy): Promise<PublishProblem[]> {
    const outcomes = await Promise.all(
      this.#deps.witnesses.map(async (witness, i) => {
        const answer = await this.#askWitness(witness, i, head, note);
        if (answer.kind === 'refused') return 'witness_refused';
        if (answer.kind !== 'cosigned') return 'witness_away';
        this.#knownTo[i] = head.size;
        const valid = cosignaturesIn(answer.lines, note, policy, this.#deps.verifier);
        await this.#storeCosignatures(head.size, valid);
        return valid.length === 0 ? 'cosignature_invalid' : undefined;
      }),
    );
    return outcomes.filter((outcome) => outcome !== undefined);
  }

  async #askWitness(witness: Witness, i: number, head: Head, note: string): Promise<CosignAnswer> {
    const ask = async (oldSize: number): Promise<CosignAnswer> => {
      const proof = await consistencyProof(oldSize, head.size, logSource(this.#deps.store), sha256);
      return witness.addCheckpoint({ oldSize, proof, note });
    };
    const answer = await ask(this.#knownTo[i] ?? 0);
    if (answer.kind !== 'other_size') return answer;
    if (answer.size <= head.size) return ask(answer.size);
    await this.#expectOvertaken(answer.size, 'witness_ahead');
    return { kind: 'away' };
  }

  async #storeCosignatures(size: number, valid: readonly Cosigned[]): Promise<void> {
    if (valid.length === 0) return;
    await this.#deps.work.run((tx) =>
      tx
        .createQueryBuilder()
        .insert()
        .into(LogCosignatureRow)
        .values(valid.map(({ witness, line }) => ({ size, witness, line })))
        .orIgnore()
        .execute(),
    );
  }

  /** Stores the quorum of a size once its cosignatures make one. */
  #quorum({ size }: Head, note: string, policy: Policy): Promise<boolean> {
    return this.#deps.work.run(async (tx) => {
      const rows = await tx.find(LogCosignatureRow, { where: { size }, order: { witness: 'ASC' } });
      const whole = `${note}${rows.map(({ line }) => `${line}\n`).join('')}`;
      const witnessedAt = quorumTimeOf(whole, policy, this.#deps.verifier);
      if (witnessedAt === undefined) return false;
      await tx
        .createQueryBuilder()
        .insert()
        .into(LogQuorumRow)
        .values({ size, note: whole, witnessedAt })
        .orIgnore()
        .execute();
      return true;
    });
  }

  /** Moves the checkpoint file to the newest quorum; the lock on the head keeps it from ever going back. */
  #publishQuorum(): Promise<number> {
    const { work, store } = this.#deps;
    return work.run(async (tx) => {
      await tx.query('select 1 from log_state for update');
      const [newest] = await tx.find(LogQuorumRow, { order: { size: 'DESC' }, take: 1 });
      const present = (await readPublished(store))?.size ?? 0;
      if (newest === undefined || newest.size <= present) return present;
      await store.replace(CHECKPOINT_FILE, Buffer.from(newest.note, 'utf8'));
      await removePartials(store, tilesForGrowth(present, newest.size));
      return newest.size;
    });
  }
}

type Cosigned = { readonly witness: string; readonly line: string };

/** The head of the tree as committed; size 0 before the first tick. @throws {LedgerFault} `state_mismatch`. */
export async function newestHead(tx: Tx): Promise<Head> {
  const rows: { size: number; root: Buffer; frontier: Buffer }[] = await tx.query(
    'select size, root, frontier from log_state',
  );
  return rows[0] === undefined ? { size: 0, root: emptyRoot() } : parseHead(rows[0]);
}

/** The checkpoint signed last. */
export async function newestCheckpoint(tx: Tx): Promise<LogCheckpointRow | undefined> {
  const [row] = await tx.find(LogCheckpointRow, { order: { size: 'DESC' }, take: 1 });
  return row;
}

/** 0 before the first quorum. */
async function newestQuorumSize(tx: Tx): Promise<number> {
  const [newest] = await tx.find(LogQuorumRow, { order: { size: 'DESC' }, take: 1 });
  return newest?.size ?? 0;
}

async function checkpointOf(tx: Tx, size: number): Promise<{ note: string } | undefined> {
  return (await tx.findOneBy(LogCheckpointRow, { size })) ?? undefined;
}

/** `log.vkey` and `witness.vkeys`, for whoever checks the ledger by hand. */
async function writeKeys(store: LedgerStore, trust: LedgerTrust, policy: Policy): Promise<void> {
  await replaceText(store, 'log.vkey', `${trust.logVkey}\n`);
  const lines = policy.witnesses.map(({ key }) => `${encodeVkey(key)}\n`);
  await replaceText(store, 'witness.vkeys', lines.join(''));
}

function isSignedHead(note: string, head: Head, trust: LedgerTrust, verifier: SignatureVerifier): boolean {
  const key = parseVkey(trust.logVkey);
  const body = verified(() => openNote(note, [key], verifier).body);
  if (body === undefined) return false;
  const { origin, size, root } = parseCheckpoint(body);
  return origin === key.name && size === head.size && bytesEqual(root, head.root);
}

/** The lines that are cosignatures of this note by witnesses of the policy. */
function cosignaturesIn(
  lines: readonly string[],
  note: string,
  policy: Policy,
  verifier: SignatureVerifier,
): Cosigned[] {
  const { body } = parseNote(note);
  return lines.flatMap((line) =>
    policy.witnesses
      .filter(({ key }) => verified(() => openNote(`${body}\n${line}\n`, [key], verifier)) !== undefined)
      .map(({ name }) => ({ witness: name, line })),
  );
}

function quorumTimeOf(note: string, policy: Policy, verifier: SignatureVerifier): number | undefined {
  return verified(() => verifyCheckpoint(note, policy, verifier).quorumTime);
}

/** The result of a verification, or undefined where it failed. */
function verified<T>(verify: () => T): T | undefined {
  try {
    return verify();
  } catch (error) {
    if (error instanceof VerificationError || error instanceof ParseError) return undefined;
    throw error;
  }
}

function nextChunk(start: number): number {
  return start - (start % CHUNK) + CHUNK;
}
