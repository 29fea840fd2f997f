/** Numbering: the one place where the ledger grows. Everything public is derived afterwards from what it commits. */
import { bytesEqual, type Bytes, type Instant } from '@app/encoding';
import { LogBatchRow, LogStateRow, type Tx, type UnitOfWork } from '@app/persistence';
import type { Random } from '@app/platform';
import {
  appendToFrontier,
  emptyFrontier,
  encodeFrontier,
  type Frontier,
  frontierRoot,
  leafHash,
  parseFrontier,
} from '@app/tlog';
import { floorTo } from './append.js';
import { dayOf, deriveCover } from './entries.js';
import { LedgerFault } from './fault.js';

export type SequencerDeps = {
  readonly work: UnitOfWork;
  readonly random: Random;
  readonly tickSeconds: number;
};

/** Growth is a multiple of this, whatever happened: what the public sees does not tell how much. */
const COVER_MULTIPLE = 8;
/** Most events of one tick; the others wait for the next. A multiple of COVER_MULTIPLE. */
const BATCH_MAX = 1024;

/** Gives waiting entries their places. Any number of them may run at once, in any number of processes. */
export class Sequencer {
  readonly #deps: SequencerDeps;

  constructor(deps: SequencerDeps) {
    this.#deps = deps;
  }

  /**
   * One tick: numbers the waiting entries and fills with cover, at least 8 entries in all, in one transaction.
   * @returns the size of the tree after it.
   * @throws {LedgerFault} `state_mismatch` if the head contradicts itself; nothing is written then.
   */
  tick(now: Instant): Promise<{ size: number }> {
    const { random, tickSeconds } = this.#deps;
    const at = floorTo(now, tickSeconds);
    return this.#deps.work.run(async (tx) => {
      const before = await headForUpdate(tx);
      const waiting = await waitingEntries(tx);
      const count = Math.max(1, Math.ceil(waiting.length / COVER_MULTIPLE)) * COVER_MULTIPLE;
      const coverKey = await coverKeyOf(tx, dayOf(at), random);
      const places = scatter(waiting.length, count, random);
      const events = new Map(waiting.map((row, i) => [places[i], row.entry]));
      const hashes = Array.from({ length: count }, (_, i) =>
        leafHash(events.get(i) ?? deriveCover(coverKey, before.size + i, at).entry),
      );
      const after = appendToFrontier(before, hashes);
      await insertSequence(
        tx,
        waiting.map(({ id }) => id),
        places.map((place) => before.size + place),
      );
      const root = Buffer.from(frontierRoot(after));
      await tx.insert(LogBatchRow, { sizeAfter: after.size, start: before.size, at, root });
      const frontier = Buffer.from(encodeFrontier(after));
      await tx.update(LogStateRow, { one: true }, { size: after.size, root, frontier });
      // Crash here: nothing happened. After the commit: the tree has grown, and nobody outside knows it yet.
      return { size: after.size };
    });
  }
}

/** The head of the tree as stored. @throws {LedgerFault} `state_mismatch` if it contradicts itself. */
export function parseHead(row: Pick<LogStateRow, 'size' | 'root' | 'frontier'>): Frontier & { root: Bytes } {
  const frontier = parseFrontier(row.frontier);
  const root = frontierRoot(frontier);
  if (frontier.size !== row.size || !bytesEqual(root, row.root))
    throw new LedgerFault('state_mismatch', { index: row.size });
  return { ...frontier, root };
}

/** The row's lock is what makes sequencers take turns. */
export async function headForUpdate(tx: Tx): Promise<Frontier> {
  const empty = { root: frontierRoot(emptyFrontier), frontier: encodeFrontier(emptyFrontier) };
  await tx.query(
    'insert into log_state (one, size, root, frontier) values (true, 0, $1, $2) on conflict do nothing',
    [Buffer.from(empty.root), Buffer.from(empty.frontier)],
  );
  const rows: LogStateRow[] = await tx.query('select size, root, frontier from log_state for update');
  if (rows[0] === undefined) throw new LedgerFault('state_mismatch');
  return parseHead(rows[0]);
}

/** Order of commit does not matter, and neither do gaps in the identity: what is visible and unnumbered is taken. */
function waitingEntries(tx: Tx): Promise<{ id: number; entry: Buffer }[]> {
  return tx.query(
    `select o.id, o.entry from log_outbox o
     where not exists (select 1 from log_sequence s where s.outbox_id = o.id) order by o.id limit $1`,
    [BATCH_MAX],
  );
}

async function coverKeyOf(tx: Tx, day: number, random: Random): Promise<Buffer> {
  await tx.query('insert into log_cover_keys (day, key) values ($1, $2) on conflict do nothing', [
    day,
    Buffer.from(random.bytes(32)),
  ]);
  const rows: { key: Buffer }[] = await tx.query('select key from log_cover_keys where day = $1', [day]);
  if (rows[0] === undefined) throw new LedgerFault('cover_key_missing');
  return rows[0].key;
}

async function insertSequence(tx: Tx, ids: readonly number[], indices: readonly number[]): Promise<void> {
  await tx.query(
    'insert into log_sequence (outbox_id, seq) select * from unnest($1::bigint[], $2::bigint[])',
    [ids, indices],
  );
}

/**
 * Places for `taken` entries among `count`, ascending, each choice as likely as any other: an entry's place then
 * tells its owner nothing of how many others came in the same tick.
 */
function scatter(taken: number, count: number, random: Random): number[] {
  const draws = Array.from({ length: count }, (_, place) => ({
    place,
    draw: random.bytes(8),
  }));
  const shuffled = draws.sort((a, b) => Buffer.compare(a.draw, b.draw));
  return shuffled
    .slice(0, taken)
    .map(({ place }) => place)
    .sort((a, b) => a - b);
}
