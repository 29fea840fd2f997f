/** One attack, really carried out, and who catches it with which code. */
import {
  auditLedger,
  collectAuditBundle,
  collectLedger,
  type LedgerAudit,
  ledgerOverHttp,
} from '@app/client';
import { commitEvent } from '@app/crypto/verify';
import { leafHash, appendToFrontier, emptyFrontier, encodeFrontier, frontierRoot } from '@app/tlog';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { deriveEntries } from '../../../libs/ledger/src/entries.js';
import type { Lies, OfficeStage } from '../../support/office-stage.js';

export const NOT_CAUGHT = 'not caught';

export type Attack = {
  /** What the attacker does. */
  readonly attack: string;
  /** Who catches it; for what nobody can, the text and heading that say so. */
  readonly by: string | { readonly file: string; readonly heading: string };
  readonly code: string;
  readonly run: (office: OfficeStage) => Promise<string>;
};

/** The code with which something is refused. */
export async function refusal(outcome: Promise<unknown>): Promise<string> {
  try {
    await outcome;
    return NOT_CAUGHT;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined) throw error;
    return code;
  }
}

const TABLES = [
  'cases',
  'event_payloads',
  'log_outbox',
  'log_sequence',
  'log_batches',
  'log_state',
  'log_cosignatures',
  'log_quorums',
  'log_checkpoints',
  'keysets',
];

/** Changes rows with the rights of the database's owner, past every trigger. */
export async function tamper({ ledger }: OfficeStage, ...statements: string[]): Promise<void> {
  for (const table of TABLES) await ledger.owner.query(`alter table ${table} disable trigger all`);
  for (const sql of statements) await ledger.owner.query(sql);
}

/** Makes the tree anew from rows that were tampered with, and forgets everything signed above `kept` entries. */
export async function rebuildTree(office: OfficeStage, kept: number): Promise<void> {
  const { owner, worker } = office.ledger;
  await tamper(
    office,
    ...['log_cosignatures', 'log_quorums', 'log_checkpoints'].map(
      (table) => `delete from ${table} where size > ${String(kept)}`,
    ),
  );
  const batches = await owner.query<{ start: number; size_after: number }[]>(
    'select start::int, size_after::int from log_batches order by start',
  );
  let tree = emptyFrontier;
  for (const { start, size_after } of batches) {
    const derived = await worker.work.read((tx) => deriveEntries(tx, start, size_after));
    tree = appendToFrontier(
      tree,
      derived.map(({ entry }) => leafHash(entry)),
    );
    const root = Buffer.from(frontierRoot(tree)).toString('hex');
    const frontier = Buffer.from(encodeFrontier(tree)).toString('hex');
    await owner.query(`update log_batches set root = '\\x${root}' where start = ${String(start)}`);
    await owner.query(
      `update log_state set size = ${String(size_after)}, root = '\\x${root}', frontier = '\\x${frontier}'`,
    );
  }
  rmSync(office.ledger.ledgerDir, { recursive: true });
}

/** Puts the database back to where it held `size` entries, as a restored backup would. */
export async function restoreTo(office: OfficeStage, size: number): Promise<void> {
  const beyond = String(size);
  await tamper(
    office,
    `delete from log_sequence where seq >= ${beyond}`,
    `delete from log_batches where size_after > ${beyond}`,
  );
  await rebuildTree(office, size);
}

/** Takes away what the signer remembers. */
export function forgetSigner({ ledger }: OfficeStage): void {
  rmSync(path.join(ledger.folder, 'signer'), { recursive: true });
}

/** Takes away what the witnesses remember. */
export function forgetWitnesses({ ledger }: OfficeStage): void {
  for (const i of [0, 1]) rmSync(ledger.witnessStateDir(i), { recursive: true });
}

/** Dates the first event of a case ten minutes earlier, and commits to that, as if it had always been so. */
export async function rewriteFirstEvent(office: OfficeStage, pseudonym: string): Promise<void> {
  const [row] = await office.ledger.owner.query<
    { id: string; opening: Buffer; random: Buffer; entry: Buffer }[]
  >(
    `select id, opening, random, entry from log_outbox where event_number = 1 and case_pseudonym = '\\x${pseudonym}'`,
  );
  if (row === undefined) throw new Error('no event');
  const { opening, entry } = redated(row, -600);
  const set = `opening = '\\x${opening.toString('hex')}', entry = '\\x${entry.toString('hex')}'`;
  await tamper(office, `update log_outbox set ${set} where id = ${row.id}`);
}

function redated(
  { opening, random, entry }: { opening: Buffer; random: Buffer; entry: Buffer },
  seconds: number,
): { opening: Buffer; entry: Buffer } {
  const changed = Buffer.from(opening);
  changed.writeBigUInt64BE(changed.readBigUInt64BE(24) + BigInt(seconds), 24);
  const leaf = Buffer.from(entry);
  leaf.writeBigUInt64BE(leaf.readBigUInt64BE(4) + BigInt(seconds), 4);
  Buffer.from(commitEvent(random, changed)).copy(leaf, 12);
  return { opening: changed, entry: leaf };
}

/** What an oversight officer finds who fetches everything through the given server. */
export async function auditOf(office: OfficeStage, lies: Lies = {}): Promise<LedgerAudit> {
  const { verifier } = office.deps;
  const { service } = await office.session('oversight', lies);
  const checkpoint = await service.api.call('checkpoint', {});
  const ledger = await collectLedger(verifier, office.trust, checkpoint, ledgerOverHttp(service.api));
  return auditLedger(verifier, office.trust, await collectAuditBundle(service, ledger));
}

/** The codes of an audit, each once. */
export async function findings(office: OfficeStage, lies: Lies = {}): Promise<string> {
  const codes = (await auditOf(office, lies)).findings.map(({ code }) => code);
  return codes.length === 0 ? NOT_CAUGHT : [...new Set(codes)].join(', ');
}
