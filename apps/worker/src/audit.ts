/**
 * The audit of the database, as a step of its own: the ledger's rows against the public files and against each other.
 *
 * Prints JSON lines: `{"event":"finding","code":…}`, `{"event":"entries","done":n}`, `{"event":"cases","after":…}`
 * after each part that is done, and `{"event":"end"}`. A later run goes on after the last part that was reported.
 * Exit code 0 whatever was found: what was found is on the lines.
 */
import { fromHex, toHex } from '@app/encoding';
import {
  auditCases,
  auditEntries,
  type DatabaseFinding,
  diskStore,
  LedgerFault,
  readPublished,
  startUpAudit,
} from '@app/ledger';
import { connect, UnitOfWork } from '@app/persistence';
import { EXIT, loadConfig, runMain, StartupError } from '@app/platform';
import { z } from 'zod';

const index = z.coerce.number().int().min(0).describe('the number of an entry');

const auditConfigSchema = z.object({
  SAFE_CONDUCT_DATABASE_URL: z.string().startsWith('postgres').describe('a PostgreSQL URL, as sc_audit'),
  SAFE_CONDUCT_LEDGER_DIR: z.string().min(1).describe("the folder of the ledger's public files"),
  SAFE_CONDUCT_AUDIT_FROM: index.default(0),
  SAFE_CONDUCT_AUDIT_TO: index.optional(),
  SAFE_CONDUCT_AUDIT_ENTRIES_DONE: index.optional(),
  SAFE_CONDUCT_AUDIT_CASES_DONE: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .describe('the pseudonym of a case')
    .optional(),
});

/** Entries compared in one snapshot of the database. */
const STEP = 16_384;

await runMain(async () => {
  const config = loadConfig(auditConfigSchema, process.env);
  const store = diskStore(config.SAFE_CONDUCT_LEDGER_DIR);
  const source = await connect({ url: config.SAFE_CONDUCT_DATABASE_URL, poolSize: 1, name: 'audit' });
  const work = new UnitOfWork(source, () => 0);
  try {
    const published = (await readPublished(store))?.size ?? 0;
    const range = { from: config.SAFE_CONDUCT_AUDIT_FROM, to: config.SAFE_CONDUCT_AUDIT_TO ?? published };
    if (range.to > published || range.from > range.to)
      throw new StartupError('The range to audit is not in the published ledger.', EXIT.configuration);
    await reportFault(() => work.read((tx) => startUpAudit(tx, store)));
    const resumed = config.SAFE_CONDUCT_AUDIT_ENTRIES_DONE ?? range.from;
    for (let from = Math.max(resumed, range.from); from < range.to;) {
      const to = Math.min(range.to, from - (from % STEP) + STEP);
      const part = { from, to };
      report(await work.read((tx) => auditEntries(tx, store, part)));
      print({ event: 'entries', done: to, total: range.to });
      from = to;
    }
    const done = config.SAFE_CONDUCT_AUDIT_CASES_DONE;
    let after = done === undefined ? undefined : fromHex(done, 'case', 16);
    for (;;) {
      const page = await work.read((tx) => auditCases(tx, range, after));
      report(page.findings);
      if (page.last === undefined) break;
      after = new Uint8Array(page.last);
      print({ event: 'cases', after: toHex(after), count: page.count });
    }
    print({ event: 'end' });
  } finally {
    await source.destroy();
  }
});

async function reportFault(audit: () => Promise<void>): Promise<void> {
  try {
    await audit();
  } catch (error) {
    if (!(error instanceof LedgerFault)) throw error;
    print({ event: 'finding', code: error.code, ...error.where });
  }
}

function report(findings: readonly DatabaseFinding[]): void {
  for (const finding of findings) print({ event: 'finding', ...finding });
}

function print(line: Readonly<Record<string, string | number>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
