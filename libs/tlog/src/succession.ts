/** Whether one checkpoint of a log follows on another (SPEC.md §12): what every keeper of a checkpoint asks. */
import { bytesEqual, VerificationError } from '@app/encoding';
import type { Checkpoint } from './checkpoint.js';
import { refuse } from './codes.js';
import { HASH_BYTES, type Hash } from './hash.js';
import { verifyConsistency } from './proof.js';
import { TILE_WIDTH, hashesAtLevel } from './tile.js';
import { consistencyProof, rootFromTiles, type TileReader } from './tile-tree.js';

type TreeHead = Pick<Checkpoint, 'size' | 'root'>;

/**
 * Checks that a log has only grown.
 *
 * @param kept - a tree head that was verified earlier; `shown` is verified too, and of the same log.
 * @param reader - tiles of `shown`; they are believed only as far as they fold to its root.
 * @throws {VerificationError} `log_rolled_back`: `shown` is smaller. `log_forked`: `shown` is another tree, and the
 *   two signed checkpoints prove it. `consistency_unproven`: the tiles are not those of `shown`, so that nothing
 *   follows from them.
 * @throws {ParseError} `bad_length` for a tile that is not `width * 32` bytes; what the reader throws.
 * @see SPEC.md §12
 */
export async function checkSuccession(kept: TreeHead, shown: TreeHead, reader: TileReader): Promise<void> {
  if (shown.size < kept.size) refuse('log_rolled_back');
  if (shown.size === kept.size) {
    if (!bytesEqual(shown.root, kept.root)) refuse('log_forked');
    return;
  }
  const proof = await consistencyProof(kept.size, shown.size, reader);
  if (isProven(kept, shown, proof)) return;
  // The tiles may be wrong, or the trees: where the tiles prove some other old root, it is the trees.
  const root = await rootFromTiles(kept.size, prefixReader(reader, shown.size));
  refuse(isProven({ size: kept.size, root }, shown, proof) ? 'log_forked' : 'consistency_unproven');
}

function isProven(kept: TreeHead, shown: TreeHead, proof: readonly Hash[]): boolean {
  try {
    verifyConsistency(kept.size, kept.root, shown.size, shown.root, proof);
    return true;
  } catch (error) {
    if (error instanceof VerificationError) return false;
    throw error;
  }
}

/** The tiles of any smaller tree, cut out of those of the tree of `size` entries. */
export function prefixReader(reader: TileReader, size: number): TileReader {
  return {
    readTile: async ({ level, index, width }) => {
      const present = Math.min(TILE_WIDTH, hashesAtLevel(level, size) - index * TILE_WIDTH);
      return (await reader.readTile({ level, index, width: present })).slice(0, width * HASH_BYTES);
    },
  };
}
