/** One byte flipped in a file, a row or an answer, and put back. */
import { readFileSync, writeFileSync } from 'node:fs';
import type pg from 'pg';

/** Flips the lowest bit of the byte in the middle. */
export function flipped(bytes: Uint8Array): Buffer {
  const changed = Buffer.from(bytes);
  const at = Math.floor(changed.length / 2);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

/** Does `work` while a file is one byte another. */
export async function withFlippedFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  const original = readFileSync(file);
  writeFileSync(file, flipped(original));
  try {
    return await work();
  } finally {
    writeFileSync(file, original);
  }
}

/** A value of a row, and the row by its place in the table. */
export type Cell = {
  readonly table: string;
  readonly column: string;
  /** SQL that is true of one row. */
  readonly where: string;
  /** SQL of the changed value; the middle byte of a binary one by default. */
  readonly changed?: string;
};

/**
 * Does `work` while one value of the database is another: changed by the owner, with triggers and constraints off.
 * @throws Error if it is not exactly one row.
 */
export async function withChangedCell<T>(owner: pg.Client, cell: Cell, work: () => Promise<T>): Promise<T> {
  const { table, column, where } = cell;
  await owner.query('set session_replication_role = replica');
  const found = await owner.query<{ place: string; value: unknown }>(
    `select ctid::text as place, ${column} as value from ${table} where ${where} limit 1`,
  );
  const [row] = found.rows;
  if (row === undefined) throw new Error(`no row of ${table} where ${where}`);
  const middle = `octet_length(${column}) / 2`;
  const changed = cell.changed ?? `set_byte(${column}, ${middle}, get_byte(${column}, ${middle}) # 1)`;
  const moved = await owner.query<{ place: string }>(
    `update ${table} set ${column} = ${changed} where ctid = $1::tid returning ctid::text as place`,
    [row.place],
  );
  try {
    return await work();
  } finally {
    const value =
      typeof row.value === 'object' && !Buffer.isBuffer(row.value) ? JSON.stringify(row.value) : row.value;
    await owner.query(`update ${table} set ${column} = $1 where ctid = $2::tid`, [
      value,
      moved.rows[0]?.place,
    ]);
    await owner.query('set session_replication_role = origin');
  }
}
