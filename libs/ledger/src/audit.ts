/** The ledger against itself: what start-up demands, and what an audit of the database finds. */
import { parseKeysetLeafBody, parseLeaf, PUBLIC_LEAF_CLASS } from '@app/crypto/verify';
import { type Bytes, bytesEqual, Invariant, ParseError, toHex } from '@app/encoding';
import { LogBatchRow, LogCheckpointRow, LogCosignatureRow, LogQuorumRow, type Tx } from '@app/persistence';
import {
  appendToFrontier,
  FileMissing,
  frontierFromTiles,
  frontierRoot,
  leafHash,
  parseCheckpoint,
  parseEntryBundle,
  parseNote,
  prefixReader,
  rootFromTiles,
} from '@app/tlog';
import { auditCase, type CaseFindingCode } from './audit-case.js';
import { deriveEntries } from './entries.js';
import { LedgerFault } from './fault.js';
import { newestCheckpoint, newestHead } from './publisher.js';
import { CHECKPOINT_FILE, type LedgerStore, logSource, type Published, readPublished } from './store.js';

/**
 * Refuses to go on if the parts of the ledger contradict each other: head, frontier, newest batch, newest signed
 * checkpoint, published checkpoint with its cosignatures, and the right edge of the tiles. Cheap: a few rows and a few files. Missing files
 * are no contradiction, because the publisher makes them anew.
 * @throws {LedgerFault} `state_mismatch`, `checkpoint_mismatch`, `files_mismatch`.
 */
export async function startUpAudit(tx: Tx, store: LedgerStore): Promise<void> {
  // Before the snapshot that the first query takes: what is published then is in it, whoever publishes meanwhile.
  const published = await publishedOrFault(store);
  await checkHead(tx);
  const signed = await newestCheckpoint(tx);
  if (signed !== undefined) {
    const checkpoint = parseCheckpoint(parseNote(signed.note).body);
    if (checkpoint.size !== signed.size) throw new LedgerFault('checkpoint_mismatch', { index: signed.size });
    await checkAgainstBatch(tx, checkpoint);
    await checkRightEdge(store, checkpoint);
  }
  if (published === undefined) return;
  // What is published was signed before: anything newer comes from another database.
  if (published.size > (signed?.size ?? 0))
    throw new LedgerFault('checkpoint_mismatch', { index: published.size });
  await checkAgainstBatch(tx, published);
  await checkNotes(tx, published);
}

/** What is published is, to the byte, the checkpoint as signed and cosignatures as stored. */
async function checkNotes(tx: Tx, { size, note }: { size: number; note: string }): Promise<void> {
  const signed = (await tx.findOneBy(LogCheckpointRow, { size }))?.note;
  const quorum = (await tx.findOneBy(LogQuorumRow, { size }))?.note;
  const lines = (await tx.findBy(LogCosignatureRow, { size })).map(({ line }) => line);
  const isWhole = signed !== undefined && quorum === note && note.startsWith(signed);
  const added = isWhole ? note.slice(signed.length).split('\n').slice(0, -1) : [];
  if (!isWhole || added.some((line) => !lines.includes(line)))
    throw new LedgerFault('checkpoint_mismatch', { index: size });
}

async function checkHead(tx: Tx): Promise<void> {
  const head = await newestHead(tx);
  const [batch] = await tx.find(LogBatchRow, { order: { sizeAfter: 'DESC' }, take: 1 });
  const newest =
    batch === undefined ? { size: 0, root: head.root } : { size: batch.sizeAfter, root: batch.root };
  if (newest.size !== head.size || !bytesEqual(newest.root, head.root))
    throw new LedgerFault('state_mismatch', { index: head.size });
}

type TreeHead = { readonly size: number; readonly root: Bytes };

async function checkAgainstBatch(tx: Tx, { size, root }: TreeHead): Promise<void> {
  const batch = await tx.findOneBy(LogBatchRow, { sizeAfter: size });
  if (batch === null || !bytesEqual(batch.root, root))
    throw new LedgerFault('checkpoint_mismatch', { index: size });
}

async function checkRightEdge(store: LedgerStore, { size, root }: TreeHead): Promise<void> {
  try {
    if (!bytesEqual(await rootFromTiles(size, logSource(store)), root))
      throw new LedgerFault('files_mismatch', { index: size });
  } catch (error) {
    if (error instanceof FileMissing) return;
    throw error instanceof ParseError ? new LedgerFault('files_mismatch', { index: size }) : error;
  }
}

async function publishedOrFault(store: LedgerStore): Promise<Published | undefined> {
  try {
    return await readPublished(store);
  } catch (error) {
    throw error instanceof ParseError ? new LedgerFault('files_mismatch', { path: CHECKPOINT_FILE }) : error;
  }
}

/**
 * Beside those of a case:
 * - `entry_mismatch`: the database's entry is not the bundle's. `entries_missing`, `entries_malformed`: no bundle.
 * - `batches_broken`: the entries cannot be derived: a batch or a cover key is missing.
 * - `batch_root_mismatch`: the root stored for a size is not that of the entries.
 * - `checkpoint_altered`: a stored checkpoint is of another root, or is not the one that its quorum was made of.
 * - `keyset_mismatch`: the KEYSET that an entry announces is not stored, or otherwise than hashed.
 */
export type DatabaseFindingCode =
  | CaseFindingCode
  | 'entry_mismatch'
  | 'entries_missing'
  | 'entries_malformed'
  | 'batches_broken'
  | 'batch_root_mismatch'
  | 'checkpoint_altered'
  | 'keyset_mismatch';

/** `index` in the ledger, or the case and event number, whichever says where. */
export type DatabaseFinding = {
  readonly code: DatabaseFindingCode;
  readonly index?: number;
  readonly casePseudonym?: string;
  readonly eventNumber?: number;
  /** Of the table `cases`. */
  readonly column?: string;
};

const TILE_WIDTH = 256;

/** Indexes of entries: [from, to), `to` at most the published size. */
export type EntryRange = { readonly from: number; readonly to: number };

/**
 * Compares the database with the public files and with itself: entries [from, to) against their bundles, and every
 * case that has an event there from its first event to its last.
 * @returns no findings if all agrees. Says nothing of the tree: that is `auditTree`'s.
 */
export async function auditDatabase(
  tx: Tx,
  store: LedgerStore,
  range: EntryRange,
): Promise<DatabaseFinding[]> {
  const findings = await auditEntries(tx, store, range);
  for (let after: Uint8Array | undefined; ;) {
    const page = await auditCases(tx, range, after);
    findings.push(...page.findings);
    if (page.last === undefined) return findings;
    after = page.last;
  }
}

/** The first half of `auditDatabase`: the database's entries against the bundles. */
export async function auditEntries(
  tx: Tx,
  store: LedgerStore,
  range: EntryRange,
): Promise<DatabaseFinding[]> {
  const findings: DatabaseFinding[] = [];
  const published = (await readPublished(store))?.size ?? 0;
  if (range.from < 0 || range.to > published || range.from > range.to) throw new Invariant('audit range');
  for (let start = range.from; start < range.to; start = start - (start % TILE_WIDTH) + TILE_WIDTH) {
    const end = Math.min(range.to, start - (start % TILE_WIDTH) + TILE_WIDTH);
    findings.push(...(await auditBundle(tx, store, { start, end, published })));
  }
  // Roots and what entries announce mean nothing where the entries are wrong already.
  if (findings.length > 0) return findings;
  return [...(await auditRoots(tx, store, { ...range, published })), ...(await auditKeysets(tx, range))];
}

/** Every KEYSET that an entry of the range announces is there, as it was hashed. */
async function auditKeysets(tx: Tx, { from, to }: EntryRange): Promise<DatabaseFinding[]> {
  const entries: { seq: number; entry: Buffer }[] = await tx.query(
    `select s.seq, o.entry from log_outbox o join log_sequence s on s.outbox_id = o.id
     where o.case_pseudonym is null and s.seq >= $1 and s.seq < $2 order by s.seq`,
    [from, to],
  );
  const announced = entries.flatMap(({ seq, entry }) => {
    const leaf = parseLeaf(entry);
    return leaf.class === PUBLIC_LEAF_CLASS.keyset ? [{ seq, ...parseKeysetLeafBody(leaf.body) }] : [];
  });
  const stored: { version: number; hash: Buffer }[] = await tx.query(
    'select version, hash from keysets where hash = any($1) and sha256(bytes) = hash',
    [announced.map(({ hash }) => Buffer.from(hash))],
  );
  const whole = new Set(stored.map(({ version, hash }) => `${String(version)} ${toHex(hash)}`));
  return announced
    .filter(({ version, hash }) => !whole.has(`${String(version)} ${toHex(hash)}`))
    .map(({ seq }) => ({ code: 'keyset_mismatch', index: seq }));
}

/** Every stored size in (from, to]: its root against the entries, and its checkpoint against the root and the quorum. */
async function auditRoots(
  tx: Tx,
  store: LedgerStore,
  { from, to, published }: EntryRange & { readonly published: number },
): Promise<DatabaseFinding[]> {
  const sizes: SizeRow[] = await tx.query(
    `select b.size_after as size, b.root, c.note, q.note as quorum,
            (select array_agg(s.line) from log_cosignatures s where s.size = b.size_after) as lines
     from log_batches b left join log_checkpoints c on c.size = b.size_after left join log_quorums q on q.size = b.size_after
     where b.size_after > $1 and b.size_after <= $2 order by b.size_after`,
    [from, to],
  );
  const source = logSource(store);
  const findings: DatabaseFinding[] = [];
  let frontier = await frontierFromTiles(from - (from % TILE_WIDTH), prefixReader(source, published));
  for (const row of sizes) {
    while (frontier.size < row.size) {
      const bundle = Math.floor(frontier.size / TILE_WIDTH);
      const width = Math.min(TILE_WIDTH, published - bundle * TILE_WIDTH);
      const entries = parseEntryBundle(await source.readEntries(bundle, width), width);
      const [start, end] = [frontier.size % TILE_WIDTH, Math.min(row.size - bundle * TILE_WIDTH, width)];
      frontier = appendToFrontier(frontier, entries.slice(start, end).map(leafHash));
    }
    if (!sameBytes(frontierRoot(frontier), row.root))
      findings.push({ code: 'batch_root_mismatch', index: row.size });
    else if (isAltered(row)) findings.push({ code: 'checkpoint_altered', index: row.size });
  }
  return findings;
}

type SizeRow = {
  readonly size: number;
  readonly root: Buffer;
  readonly note: string | null;
  readonly quorum: string | null;
  readonly lines: readonly string[] | null;
};

/** A published note is the signed one with cosignatures, each of which is stored by itself too. */
function isAltered({ size, root, note, quorum, lines }: SizeRow): boolean {
  if (note === null) return quorum !== null;
  try {
    const checkpoint = parseCheckpoint(parseNote(note).body);
    if (checkpoint.size !== size || !sameBytes(checkpoint.root, root)) return true;
  } catch (error) {
    if (error instanceof ParseError) return true;
    throw error;
  }
  if (quorum === null) return false;
  const added = quorum.startsWith(note) ? quorum.slice(note.length).split('\n').slice(0, -1) : [''];
  return added.some((line) => !(lines ?? []).includes(line));
}

/** Cases audited at a time. */
const CASE_PAGE = 100;

/**
 * The second half, a page at a time: whole cases that have an event in the range, in the order of their pseudonyms.
 * @param after - `last` of the page before.
 * @returns `last` is undefined when no more cases are left.
 */
export async function auditCases(
  tx: Tx,
  range: EntryRange,
  after: Uint8Array = new Uint8Array(0),
): Promise<{ findings: DatabaseFinding[]; count: number; last?: Uint8Array }> {
  const cases: { case_pseudonym: Buffer }[] = await tx.query(
    `select distinct o.case_pseudonym from log_outbox o join log_sequence s on s.outbox_id = o.id
     where o.case_pseudonym > $3 and s.seq >= $1 and s.seq < $2 order by o.case_pseudonym limit $4`,
    [range.from, range.to, Buffer.from(after), CASE_PAGE],
  );
  const last = cases.at(-1)?.case_pseudonym;
  const findings: DatabaseFinding[] = [];
  for (const { case_pseudonym } of [...cases, ...(last === undefined ? await casesWithoutEvents(tx) : [])]) {
    const casePseudonym = toHex(case_pseudonym);
    findings.push(...(await auditCase(tx, case_pseudonym)).map((found) => ({ ...found, casePseudonym })));
  }
  return { findings, count: cases.length, ...(last !== undefined && { last }) };
}

/** Rows that no event made. */
function casesWithoutEvents(tx: Tx): Promise<{ case_pseudonym: Buffer }[]> {
  return tx.query(
    `select pseudonym as case_pseudonym from cases c
     where not exists (select 1 from log_outbox o where o.case_pseudonym = c.pseudonym) order by pseudonym`,
  );
}

async function auditBundle(
  tx: Tx,
  store: LedgerStore,
  span: { start: number; end: number; published: number },
): Promise<DatabaseFinding[]> {
  const { start, end, published } = span;
  const bundle = Math.floor(start / TILE_WIDTH);
  const width = Math.min(TILE_WIDTH, published - bundle * TILE_WIDTH);
  try {
    const entries = parseEntryBundle(await logSource(store).readEntries(bundle, width), width);
    const derived = await deriveEntries(tx, start, end);
    return derived
      .filter(({ index, entry }) => !sameBytes(entry, entries[index % TILE_WIDTH]))
      .map(({ index }) => ({ code: 'entry_mismatch', index }));
  } catch (error) {
    if (error instanceof FileMissing) return [{ code: 'entries_missing', index: start }];
    if (error instanceof ParseError) return [{ code: 'entries_malformed', index: start }];
    if (error instanceof LedgerFault) return [{ code: 'batches_broken', index: start }];
    throw error;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && bytesEqual(a, b);
}
