import { nobleVerifier, PUBLIC_LEAF_CLASS, encodeKeysetLeafBody } from '@app/crypto/verify';
import { toHex } from '@app/encoding';
import { appendPublicLeaf } from '@app/ledger';
import { connect, sqlState } from '@app/persistence';
import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { copyFiles } from '../../apps/cli/src/outside/copy-files.js';
import { auditDatabase, type DatabaseProgress } from '../../apps/cli/src/outside/database-audit.js';
import type { LogMisbehaved } from '../../apps/cli/src/outside/evidence.js';
import { checkLedger, readState } from '../../apps/cli/src/outside/fsck.js';
import { ledgerInFolder } from '../../apps/cli/src/outside/ledger-files.js';
import { updateMirror } from '../../apps/cli/src/outside/mirror.js';
import { WatchFolder, watchLedger } from '../../apps/cli/src/outside/watch-ledger.js';
import { LedgerStage, TICK } from '../support/ledger-stage.js';
import { database, eachLedger, openCase, organisation, server, stage } from '../support/ledger-tests.js';

const verifier = nobleVerifier();
const TS = ['--import', './test/support/ts-hooks.mjs'];

eachLedger();

const trust = () => ({ rootset: organisation.made.rootset, policy: organisation.keyset.tlogPolicy });
const ledger = () => ledgerInFolder(stage.ledgerDir);
/** Some minutes of a ledger, published. */
async function grow(ticks: number): Promise<number> {
  let size = 0;
  for (let i = 0; i < ticks; i += 1) size = await stage.tick();
  expect(await stage.publisher().publish()).toMatchObject({ published: size, problems: [] });
  return size;
}

describe('a ledger made by the real parts', () => {
  it('is mirrored, checked once, and from then on only where it grew', async () => {
    const first = await grow(40);
    const copy = path.join(stage.folder, 'copy');
    const mirror = () => updateMirror({ verifier, trust: trust(), log: ledger(), copy: copyFiles(copy) });
    expect(await mirror()).toMatchObject({ from: 0, size: first, findings: [] });
    const stateFile = path.join(stage.folder, 'fsck.json');
    const fsck = (full = false) =>
      checkLedger({ verifier, trust: trust(), ledger: ledgerInFolder(copy), stateFile, full });
    expect(await fsck()).toMatchObject({ from: 0, size: first, findings: [] });
    const second = await grow(40);
    expect(await mirror()).toMatchObject({ from: first, size: second, findings: [] });
    for (const file of ['log.vkey', 'witness.vkeys', 'checkpoint'])
      expect(readFileSync(path.join(copy, file))).toEqual(readFileSync(path.join(stage.ledgerDir, file)));

    const old = path.join(copy, 'tile/entries/000');
    const good = readFileSync(old);
    writeFileSync(
      old,
      Buffer.concat([good.subarray(0, 20), Buffer.from([good[20]! ^ 1]), good.subarray(21)]),
    );
    expect(await fsck()).toMatchObject({ from: first, size: second });
    expect((await fsck(true)).findings).toMatchObject([
      { code: 'entries_mismatch', path: 'tile/entries/000' },
    ]);
    expect((await readState(stateFile))?.verified).toBe(second);
  }, 60_000);

  it('is not followed by an fsck that remembers another one', async () => {
    await grow(5);
    const stateFile = path.join(stage.folder, 'fsck.json');
    await checkLedger({ verifier, trust: trust(), ledger: ledger(), stateFile });
    const kept = readFileSync(path.join(stage.ledgerDir, 'checkpoint'), 'utf8');
    const other = await LedgerStage.open(organisation, await server.makeDatabase());
    try {
      other.now = stage.now;
      await other.tick();
      for (let i = 0; i < 9; i += 1) await other.tick();
      await other.publisher().publish();
      const shown = readFileSync(path.join(other.ledgerDir, 'checkpoint'), 'utf8');
      const forked = ledgerInFolder(other.ledgerDir);
      const check = checkLedger({ verifier, trust: trust(), ledger: forked, stateFile });
      await expect(check).rejects.toMatchObject({ code: 'log_forked' });
      const { notes } = (await check.catch((error: unknown) => error)) as LogMisbehaved;
      expect([...notes.values()]).toEqual([kept, shown]);
      for (const [name, note] of notes)
        expect(readFileSync(path.join(`${stateFile}.evidence`, name), 'utf8')).toBe(note);
    } finally {
      await other.close();
    }
  }, 60_000);
});

describe('the database against the files', () => {
  const audit = async (size: number, begun: Partial<DatabaseProgress> = {}) => {
    const steps: DatabaseProgress[] = [];
    const findings = await auditDatabase({
      databaseUrl: database.url('sc_audit'),
      ledgerDir: stage.ledgerDir,
      progress: { from: 0, to: size, entries: 0, ...begun },
      onProgress: (progress) => Promise.resolve(void steps.push(progress)),
      program: [...TS, 'apps/worker/src/audit.ts'],
    });
    return { findings, steps };
  };

  /** Past every trigger, as somebody with the disk in her hands. */
  async function tamper(table: string, change: string, values: readonly unknown[] = []): Promise<void> {
    await stage.owner.query(`alter table ${table} disable trigger user`);
    await stage.owner.query(`update ${table} set ${change}`, [...values]);
  }

  it('agrees row by row, reports how far it is, and goes on from there', async () => {
    const cases = [await openCase(), await openCase()].map(({ pseudonym }) => pseudonym).sort();
    const size = await grow(6);
    const { findings, steps } = await audit(size);
    expect(findings).toEqual([]);
    expect(steps).toEqual([
      { from: 0, to: size, entries: size },
      { from: 0, to: size, entries: size, after: cases[1] },
    ]);
    expect((await audit(size, { entries: size, after: cases[1]! })).steps).toEqual([]);
  }, 60_000);

  it('names the entry, the case and the event of whatever was changed', async () => {
    const { pseudonym } = await openCase();
    const size = await grow(6);
    const [row] = await stage.owner.query<{ seq: number; id: number }[]>(
      'select s.seq, o.id from log_outbox o join log_sequence s on s.outbox_id = o.id where o.case_pseudonym is not null',
    );
    const event = { casePseudonym: pseudonym, eventNumber: 1 };
    await tamper('event_payloads', 'statement = $1 where outbox_id = $2', [randomBytes(8), row!.id]);
    const statement = { code: 'statement_mismatch', ...event };
    expect((await audit(size)).findings).toEqual([statement]);
    await tamper('cases', "next_deadline = null, state = jsonb_set(state, '{consents,0,K3}', '\"N\"')");
    const columns = ['state', 'next_deadline'].map((column) => ({
      code: 'case_state_mismatch',
      ...event,
      column,
    }));
    expect((await audit(size)).findings).toEqual([statement, ...columns]);
    await tamper('log_outbox', 'entry = set_byte(entry, 20, 255 - get_byte(entry, 20)) where id = $1', [
      row!.id,
    ]);
    const { findings, steps } = await audit(size);
    expect(findings.map(({ code }) => code)).toEqual([
      'entry_mismatch',
      'opening_invalid',
      'case_head_mismatch',
    ]);
    expect(findings[0]).toEqual({ code: 'entry_mismatch', index: row!.seq });
    // What was found must be found again: nothing counts as done.
    expect(steps).toEqual([]);
    await tamper('log_state', 'root = $1', [randomBytes(32)]);
    expect((await audit(size)).findings[0]).toEqual({ code: 'state_mismatch', index: size });
  }, 60_000);

  it('is read by a role that sees no content and writes nowhere', async () => {
    const source = await connect({ url: database.url('sc_audit'), poolSize: 1, name: 'test' });
    const codeOf = (sql: string): Promise<string> =>
      source.query(sql).then(
        () => 'done',
        (error: unknown) => sqlState(error),
      );
    for (const table of ['log_outbox', 'event_payloads', 'log_cover_keys', 'log_quorums'])
      expect([table, await codeOf(`select * from ${table}`)]).toEqual([table, 'done']);
    for (const table of [
      'cases',
      'objects',
      'boxes',
      'escalation_boxes',
      'blob_parts',
      'staff_vaults',
      'staff_sessions',
      'nonces',
    ])
      expect([table, await codeOf(`select * from ${table}`)]).toEqual([table, '42501']);
    expect(await codeOf('update cases set event_number = event_number + 1')).toBe('42501');
    await source.destroy();
  });

  it('cannot be reached, and says so in one sentence', async () => {
    const size = await grow(1);
    const run = auditDatabase({
      databaseUrl: 'postgres://sc_audit@127.0.0.1:9/none',
      ledgerDir: stage.ledgerDir,
      progress: { from: 0, to: size, entries: 0 },
      onProgress: () => Promise.resolve(),
      program: [...TS, 'apps/worker/src/audit.ts'],
    });
    await expect(run).rejects.toThrow(/^Start-up failed \(.*ECONNREFUSED/);
  }, 60_000);
});

describe('a server that reads the ledger', () => {
  it.each(['intake', 'desk'])(
    '%s does not start where files and database contradict each other',
    async (app) => {
      const size = await grow(3);
      await stage.owner.query('alter table log_batches disable trigger user');
      const wrong = [randomBytes(32), size];
      await stage.owner.query('update log_batches set root = $1 where size_after = $2', wrong);
      const key = path.join(stage.folder, 'promise.key');
      writeFileSync(key, `${'50'.repeat(32)}\n`);
      const child = spawn(process.execPath, [...TS, `apps/${app}/src/main.ts`], {
        env: {
          PATH: process.env.PATH,
          SAFE_CONDUCT_DATABASE_URL: database.url(`sc_${app}` as 'sc_intake' | 'sc_desk'),
          SAFE_CONDUCT_PORT: '0',
          SAFE_CONDUCT_ORGANISATION: 'Test',
          SAFE_CONDUCT_ROOTSET_FILE: path.join(stage.folder, 'directory', 'rootset.bin'),
          SAFE_CONDUCT_LEDGER_DIR: stage.ledgerDir,
          ...(app === 'intake' && { SAFE_CONDUCT_PROMISE_KEY_FILE: key }),
        },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let sentence = '';
      child.stderr.on('data', (chunk: Buffer) => (sentence += chunk.toString()));
      const [code] = (await once(child, 'close')) as [number | null];
      expect(sentence).toMatch(/^The ledger contradicts itself \((state|checkpoint)_mismatch\)/);
      expect(code).toBe(1);
    },
    60_000,
  );
});

describe('a watcher', () => {
  const keyset = async (hash: string) => {
    const rows = await stage.owner.query<{ bytes: Buffer }[]>('select bytes from keysets where hash = $1', [
      Buffer.from(hash, 'hex'),
    ]);
    return rows[0] && new Uint8Array(rows[0].bytes);
  };
  const watch = (roles: readonly string[] = []) =>
    watchLedger({
      verifier,
      trust: trust(),
      ledger: ledger(),
      keyset,
      folder: new WatchFolder(path.join(stage.folder, 'watch')),
      roles,
      known: [],
      now: () => stage.now,
    });

  it('follows the KEYSET through its versions, and tells a forged entry', async () => {
    await grow(3);
    expect(await watch()).toMatchObject({ keysetVersion: 1, alarms: [] });
    const renewed = await organisation.renewed(stage.now);
    await stage.worker.work.run((tx) =>
      stage.worker.directory.acceptKeyset(tx, renewed, { tickSeconds: TICK }),
    );
    const size = await grow(3);
    const role = organisation.role('focal_point');
    const report = await watch([role]);
    expect(report).toMatchObject({ keysetVersion: 2, entries: size });
    expect(new Set(report.alarms.map(({ code }) => code))).toEqual(
      new Set(['certificate_unannounced', 'epoch_unannounced']),
    );

    const forged = { version: 2, hash: new Uint8Array(32).fill(9), path: '/keyset/09' };
    await stage.worker.work.run((tx) =>
      appendPublicLeaf(
        tx,
        { class: PUBLIC_LEAF_CLASS.keyset, body: encodeKeysetLeafBody(forged), time: stage.now },
        { tickSeconds: TICK },
      ),
    );
    await grow(1);
    const alarm = { code: 'keyset_two_hashes', subject: toHex(forged.hash) };
    for (let round = 0; round < 2; round += 1)
      expect((await watch()).alarms).toContainEqual(expect.objectContaining(alarm));
  }, 60_000);

  it('tells when the ledger stands still', async () => {
    await grow(1);
    await watch();
    stage.now += 8 * 86_400;
    expect((await watch()).alarms.map(({ code }) => code)).toEqual(['witness_stale', 'keyset_leaf_stale']);
  }, 60_000);
});
