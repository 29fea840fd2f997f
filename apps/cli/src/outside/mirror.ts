/**
 * A verified copy of a log: nothing that was not held against a signed, witnessed root is ever under its checkpoint.
 *
 * Files come first and the checkpoint last, so a copy that is interrupted anywhere is a whole copy of an earlier size;
 * the files it got further are found in place by the next run, verified again, and not fetched again.
 */
import type { PublishedLedger, Trust } from '@app/client';
import type { SignatureVerifier } from '@app/crypto/verify';
import { type Bytes, decodeUtf8, encodeUtf8, VerificationError } from '@app/encoding';
import {
  auditFrom,
  type AuditFinding,
  encodeEntryBundle,
  encodeVkey,
  entriesPath,
  growTiles,
  type Hash,
  leafHash,
  logFiles,
  parsePolicy,
  type Policy,
  tilePath,
  tilesForGrowth,
  verifyCheckpoint,
} from '@app/tlog';
import type { CopyFiles } from './copy-files.js';
import { followOn, type Held, LogMisbehaved } from './evidence.js';
import { readingAhead } from './ledger-files.js';

const CHECKPOINT = 'checkpoint';
const TILE_WIDTH = 256;
/** Leaf hashes kept at a time: whole tiles of levels 0 and 1. */
const CHUNK = TILE_WIDTH ** 2;

export type MirrorParts = {
  readonly verifier: SignatureVerifier;
  readonly trust: Trust;
  readonly log: PublishedLedger;
  readonly copy: CopyFiles;
  readonly onProgress?: (done: number, total: number, bytes: number) => void;
};

export type MirrorReport = {
  /** Sizes of the copy before and after. */
  readonly from: number;
  readonly size: number;
  /** Bytes fetched. */
  readonly bytes: number;
  /** By the witnesses' clocks; seconds. */
  readonly witnessedAt: number;
  /** Files of the log that are wrong, or of the copy; with any, the copy stayed at its size. */
  readonly findings: readonly (AuditFinding & { readonly at: 'log' | 'copy' })[];
};

/**
 * Brings a copy up to the log's newest checkpoint.
 *
 * @throws {VerificationError} as `verifyCheckpoint`, of the log's checkpoint or the copy's; `consistency_unproven`.
 * @throws {LogMisbehaved} after both checkpoints were kept in `evidence/`.
 * @throws {LogUnreadable} the connection was lost, or a file of the copy cannot be read.
 */
export async function updateMirror(parts: MirrorParts): Promise<MirrorReport> {
  const { verifier, trust, log, copy } = parts;
  const policy = parsePolicy(trust.policy);
  const kept = await keptCheckpoint(copy, policy, verifier);
  const note = await log.checkpoint();
  const { checkpoint, quorumTime } = verifyCheckpoint(note, policy, verifier);
  const shown: Held = { note, checkpoint };
  const from = kept?.checkpoint.size ?? 0;
  const counted = countedReads(parts);
  if (kept !== undefined) await succeed(kept, shown, parts);
  const before = { from, bytes: 0, witnessedAt: quorumTime, findings: [] };
  if (kept !== undefined && checkpoint.size === from) return { ...before, size: from };
  const writer = new CopyWriter(copy, from);
  const source = readingAhead(logFiles(counted.read), checkpoint.size);
  const { findings } = await auditFrom(writer.size, checkpoint, source, {
    onEntry: (index, entry) => writer.add(index, entry),
    onProgress: (done, total) => parts.onProgress?.(done, total, counted.bytes()),
  });
  if (findings.length > 0) {
    const placed = await Promise.all(findings.map((finding) => place(finding, copy)));
    return { ...before, size: from, bytes: counted.bytes(), findings: placed };
  }
  await writer.finish();
  await writeKeys(copy, policy);
  // Crash here: the copy is whole at its old size, and everything for the new one is in place.
  await copy.replace(CHECKPOINT, encodeUtf8(note));
  await removePartials(copy, from, checkpoint.size);
  return { ...before, size: checkpoint.size, bytes: counted.bytes() };
}

async function keptCheckpoint(
  copy: CopyFiles,
  policy: Policy,
  verifier: SignatureVerifier,
): Promise<Held | undefined> {
  const bytes = await copy.read(CHECKPOINT);
  if (bytes === undefined) return undefined;
  const note = decodeUtf8(bytes, CHECKPOINT);
  return { note, checkpoint: verifyCheckpoint(note, policy, verifier).checkpoint };
}

async function succeed(kept: Held, shown: Held, { copy, log }: MirrorParts): Promise<void> {
  // Each log of the policy has a copy of its own.
  if (kept.checkpoint.origin !== shown.checkpoint.origin) throw new VerificationError('checkpoint_origin');
  try {
    // The log's own tiles: those of the copy could not tell that the log's have changed.
    await followOn(
      kept,
      shown,
      logFiles((path) => log.read(path)),
    );
  } catch (error) {
    if (error instanceof LogMisbehaved) {
      for (const [name, text] of error.notes) await copy.writeImmutable(`evidence/${name}`, encodeUtf8(text));
    }
    throw error;
  }
}

type Read = (path: string) => Promise<Bytes | undefined>;

/** What the copy has is not fetched again. */
function countedReads({ copy, log }: MirrorParts): { read: Read; bytes: () => number } {
  let bytes = 0;
  return {
    read: async (path) => {
      const present = await copy.read(path);
      if (present !== undefined) return present;
      const fetched = await log.read(path);
      bytes += fetched?.length ?? 0;
      return fetched;
    },
    bytes: () => bytes,
  };
}

async function place(finding: AuditFinding, copy: CopyFiles): Promise<MirrorReport['findings'][number]> {
  const isOwn = finding.path !== CHECKPOINT && (await copy.read(finding.path)) !== undefined;
  return { ...finding, at: isOwn ? 'copy' : 'log' };
}

/** Writes bundles as they become whole, and tiles a chunk at a time. */
class CopyWriter {
  readonly #copy: CopyFiles;
  #bundle: Bytes[] = [];
  #hashes: Hash[] = [];
  #isBroken = false;
  /** Entries whose tiles are written; at first, those of the whole bundles that the copy has. */
  size: number;

  constructor(copy: CopyFiles, from: number) {
    this.#copy = copy;
    this.size = from - (from % TILE_WIDTH);
  }

  /** Takes the next entry; after a gap nothing more is written. */
  async add(index: number, entry: Bytes): Promise<void> {
    this.#isBroken ||= index !== this.size + this.#hashes.length;
    if (this.#isBroken) return;
    this.#bundle.push(entry);
    this.#hashes.push(leafHash(entry));
    if (this.#bundle.length === TILE_WIDTH) await this.#writeBundle();
    if ((index + 1) % CHUNK === 0) await this.#writeTiles();
  }

  async finish(): Promise<void> {
    if (this.#bundle.length > 0) await this.#writeBundle();
    if (this.#hashes.length > 0) await this.#writeTiles();
  }

  async #writeBundle(): Promise<void> {
    const index = Math.ceil((this.size + this.#hashes.length) / TILE_WIDTH) - 1;
    const file = entriesPath(index, this.#bundle.length);
    await this.#copy.writeImmutable(file, encodeEntryBundle(this.#bundle));
    this.#bundle = [];
  }

  async #writeTiles(): Promise<void> {
    const own = logFiles((path) => this.#copy.read(path));
    for (const { tile, bytes } of await growTiles(this.size, this.#hashes, own)) {
      await this.#copy.writeImmutable(tilePath(tile), bytes);
    }
    this.size += this.#hashes.length;
    this.#hashes = [];
  }
}

/** `log.vkey` and `witness.vkeys`, for tools that take keys from files; they come from what was pinned. */
async function writeKeys(copy: CopyFiles, { logs, witnesses }: Policy): Promise<void> {
  const files = { 'log.vkey': logs, 'witness.vkeys': witnesses.map(({ key }) => key) };
  for (const [file, keys] of Object.entries(files)) {
    const bytes = encodeUtf8(keys.map((key) => `${encodeVkey(key)}\n`).join(''));
    const present = await copy.read(file);
    if (present === undefined || !Buffer.from(present).equals(bytes)) await copy.replace(file, bytes);
  }
}

/** Removes the partial files that the new size has no use for. */
async function removePartials(copy: CopyFiles, from: number, size: number): Promise<void> {
  for (const { level, index, width } of tilesForGrowth(from, size)) {
    const full = { level, index, width: TILE_WIDTH };
    const folders = [tilePath(full), ...(level === 0 ? [entriesPath(index, TILE_WIDTH)] : [])];
    for (const folder of folders) await removeOtherWidths(copy, `${folder}.p`, width);
  }
}

async function removeOtherWidths(copy: CopyFiles, folder: string, width: number): Promise<void> {
  const names = await copy.list(folder);
  if (names.length === 0) return;
  if (width === TILE_WIDTH) return copy.remove(folder);
  for (const name of names.filter((other) => other !== String(width))) await copy.remove(`${folder}/${name}`);
}
