/** Partial files that a newer checkpoint does not need any more, and a reader with an older one still does. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { bytesEqual, ParseError } from '@app/encoding';
import {
  type AuditFinding,
  encodeEntryBundle,
  entriesPath,
  type LogSource,
  parseEntryBundle,
  parseTilePath,
  tilePath,
} from '@app/tlog';

const TILE_WIDTH = 256;
const HASH_BYTES = 32;

type Parsed = ReturnType<typeof parseTilePath>;

/**
 * Holds every older partial tile and bundle of a folder to the beginning of the file that replaced it. Files that the
 * checkpoint does not cover yet are left alone.
 * @param size - of the checkpoint.
 * @param found - what is wrong already; a file that replaced another and is wrong itself proves nothing.
 */
export async function auditPartials(
  folder: string,
  size: number,
  source: LogSource,
  found: readonly AuditFinding[],
): Promise<AuditFinding[]> {
  const findings: AuditFinding[] = [];
  const blamed = new Set(found.map((finding) => finding.path));
  for (const file of await filesBelow(folder, 'tile')) {
    const older = parsed(file);
    const width = older && currentWidth(older, size);
    if (older === undefined || width === undefined || widthOf(older) >= width) continue;
    if (blamed.has(pathOf(older, width))) continue;
    const isTile = older.kind === 'tile';
    const present = await read(source, older, widthOf(older));
    const expected = await beginning(source, older, width);
    if (present === undefined || !bytesEqual(present, expected))
      findings.push({ code: isTile ? 'tile_mismatch' : 'entries_mismatch', path: file });
  }
  return findings;
}

async function filesBelow(folder: string, sub: string): Promise<string[]> {
  const entries = await readdir(path.join(folder, sub), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .map((file) => file.split(path.sep).join('/'))
    .sort();
}

function parsed(file: string): Parsed | undefined {
  try {
    return parseTilePath(file);
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

function widthOf(of: Parsed): number {
  return of.kind === 'tile' ? of.tile.width : of.width;
}

function pathOf(of: Parsed, width: number): string {
  return of.kind === 'tile' ? tilePath({ ...of.tile, width }) : entriesPath(of.index, width);
}

/** The width under a checkpoint of this size; undefined if it does not reach as far. */
function currentWidth(of: Parsed, size: number): number | undefined {
  const [level, index] = of.kind === 'tile' ? [of.tile.level, of.tile.index] : [0, of.index];
  const width = Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH);
  return width > 0 ? width : undefined;
}

async function read(source: LogSource, of: Parsed, width: number): Promise<Uint8Array | undefined> {
  try {
    return of.kind === 'tile'
      ? await source.readTile({ ...of.tile, width })
      : await source.readEntries(of.index, width);
  } catch {
    return undefined;
  }
}

/** What the older file must hold, cut out of the one that replaced it. */
async function beginning(source: LogSource, older: Parsed, width: number): Promise<Uint8Array> {
  const width0 = widthOf(older);
  if (older.kind === 'tile')
    return (await source.readTile({ ...older.tile, width })).slice(0, width0 * HASH_BYTES);
  const entries = parseEntryBundle(await source.readEntries(older.index, width), width);
  return encodeEntryBundle(entries.slice(0, width0));
}
