import { fromHex, toHex } from '@app/encoding';
import { startUpAudit } from '@app/ledger';
import { parseEntryBundle } from '@app/tlog';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openTestCase, withdrawK3 } from '../support/case-maker.js';
import { eachLedger, intake, openCase, organisation, stage } from '../support/ledger-tests.js';
import { auditStored } from '../support/sound.js';

eachLedger();

const audit = () => auditStored(stage);

/** Changes rows as someone with the power of the database's owner could, past every trigger. */
async function tamper(sql: string, table: string): Promise<void> {
  await stage.owner.query(`alter table ${table} disable trigger user`);
  await stage.owner.query(sql);
}

describe('the audit of the database', () => {
  let pseudonym: Uint8Array;

  beforeEach(async () => {
    pseudonym = fromHex((await openCase({ consented: true })).pseudonym, 'case', 16);
    await withdrawK3(intake, toHex(pseudonym));
    await openCase();
    await stage.tick();
    await stage.publisher().publish();
  });

  it('finds nothing where nothing is wrong', async () => {
    expect(await audit()).toEqual([]);
    await stage.worker.work.read((tx) => startUpAudit(tx, stage.store));
  });

  const flip = (column: string, at: number) =>
    `set ${column} = set_byte(${column}, ${String(at)}, 1 - get_byte(${column}, ${String(at)}) % 2)`;
  const second = 'where event_number = 2';

  it.each([
    [
      'an entry',
      'log_outbox',
      `update log_outbox ${flip('entry', 20)} ${second}`,
      ['entry_mismatch', 'opening_invalid', 'case_head_mismatch'],
    ],
    [
      'the random of an opening',
      'log_outbox',
      `update log_outbox ${flip('random', 0)} ${second}`,
      ['opening_invalid'],
    ],
    ['an opening', 'log_outbox', `update log_outbox ${flip('opening', 30)} ${second}`, ['opening_invalid']],
    [
      'a payload',
      'event_payloads',
      `update event_payloads ${flip('statement_hash', 0)} where outbox_id in (select id from log_outbox ${second})`,
      ['payload_mismatch', 'statement_mismatch'],
    ],
    [
      'a statement',
      'event_payloads',
      `update event_payloads set statement = 'x' where outbox_id in (select id from log_outbox ${second})`,
      ['statement_mismatch'],
    ],
    [
      'the last event',
      'cases',
      `update cases set event_number = 1 where event_number = 2`,
      ['case_head_mismatch'],
    ],
    [
      'the place of an event',
      'log_sequence',
      `delete from log_sequence where outbox_id in (select id from log_outbox ${second})`,
      ['entry_mismatch'],
    ],
    ['a cover key', 'log_cover_keys', `delete from log_cover_keys`, ['batches_broken']],
    [
      'the root of an older size',
      'log_batches',
      `update log_batches ${flip('root', 0)} where start = 0`,
      ['batch_root_mismatch'],
    ],
    [
      'an older checkpoint',
      'log_checkpoints',
      `update log_checkpoints set note = replace(note, '8', '9') where size = 8`,
      ['checkpoint_altered'],
    ],
    [
      'an older cosignature',
      'log_cosignatures',
      `update log_cosignatures set line = line || 'A' where size = 8`,
      ['checkpoint_altered'],
    ],
  ])('finds that %s was changed', async (_, table, sql, codes) => {
    await stage.tick();
    await stage.publisher().publish();
    await tamper(sql, table);
    const found = await audit();
    expect(found.map(({ code }) => code).sort()).toEqual([...codes].sort());
  });

  it.each([
    ['state', `jsonb_set(state, '{consents,0,K3}', '"N"')`],
    ['state', `jsonb_set(state, '{targets,C3,P3}', '1')`],
    ['state', `jsonb_set(state, '{submittedAt}', '1e400')`],
    ['state', `jsonb_set(state, '{escalatedTo}', '"00"')`],
    ['state', `state - 'excludedRoles'`],
    ['phase', `'CLOSED'`],
    ['escalated', 'not escalated'],
    ['role_id', `'\\x${'01'.repeat(16)}'`],
    ['routed_to', `'\\x${'01'.repeat(16)}'`],
    ['assignee', `'\\x${'01'.repeat(16)}'`],
    ['next_deadline', 'next_deadline + 1'],
    ['next_deadline', 'null'],
    ['received_at', 'received_at - 1'],
  ])("names a case's %s, which the servers decide from: %s", async (column, changed) => {
    const of = `pseudonym = '\\x${toHex(pseudonym)}'`;
    await tamper(`update cases set ${column} = ${changed} where ${of}`, 'cases');
    const finding = { code: 'case_state_mismatch', casePseudonym: toHex(pseudonym), eventNumber: 2, column };
    expect(await audit()).toEqual([finding]);
  });

  it('finds that a KEYSET was changed, or exchanged, since its entry announced it', async () => {
    const codes = async () => (await audit()).map(({ code }) => code);
    const announced = await stage.owner.query<unknown[]>(
      `select 1 from log_outbox where case_pseudonym is null`,
    );
    expect(announced.length).toBeGreaterThan(0);
    expect(await codes()).toEqual([]);
    await tamper(`update keysets ${flip('bytes', 40)}`, 'keysets');
    expect(new Set(await codes())).toEqual(new Set(['keyset_mismatch']));
    await tamper(`update keysets set hash = sha256(bytes)`, 'keysets');
    expect(new Set(await codes())).toEqual(new Set(['keyset_mismatch']));
  });

  it('finds that the POLICY of a case was changed, or exchanged', async () => {
    const found = async () => (await audit()).map(({ code }) => code);
    await tamper(`update policies set body = replace(body, '600', '601')`, 'policies');
    expect(await found()).toEqual(['policy_mismatch', 'policy_mismatch']);
    await tamper(`update policies set body = replace(body, '601', '600')`, 'policies');
    expect(await found()).toEqual([]);
    const other = Buffer.alloc(32, 1);
    await stage.owner.query(`insert into policies select $1, 999, body, 1 from policies limit 1`, [other]);
    await stage.owner.query('alter table cases disable trigger user');
    await stage.owner.query('update cases set policy_hash = $1 where pseudonym = $2', [other, pseudonym]);
    expect(await audit()).toEqual([
      { code: 'policy_mismatch', casePseudonym: toHex(pseudonym), eventNumber: 2 },
    ]);
  });

  it('finds a held-back box that is gone, and one that was put back', async () => {
    const role = organisation.role('focal_point');
    const boxFor = organisation.role('senior_official');
    const held = await openTestCase(intake, { role, boxFor, consented: true });
    await stage.tick();
    await stage.publisher().publish();
    expect(await audit()).toEqual([]);
    await stage.owner.query('create table aside as select * from escalation_boxes');
    await stage.owner.query('delete from escalation_boxes');
    const finding = { code: 'escalation_box_mismatch', casePseudonym: held.pseudonym, eventNumber: 1 };
    expect(await audit()).toEqual([finding]);
    await withdrawK3(intake, held.pseudonym);
    expect(await audit()).toEqual([]);
    await stage.owner.query('insert into escalation_boxes select * from aside');
    expect(await audit()).toEqual([{ ...finding, eventNumber: 2 }]);
  });

  it('finds a case that no event made', async () => {
    await stage.owner.query('alter table cases disable trigger all');
    await stage.owner.query(`insert into cases select '\\x${'0f'.repeat(16)}', '\\x${'0f'.repeat(16)}',
      '\\x${'0f'.repeat(16)}', mailbox_key, submission_hash, role_id, policy_hash, state, phase, escalated, assignee,
      routed_to, event_number, last_commitment, next_deadline, received_at from cases limit 1`);
    const finding = { code: 'case_head_mismatch', casePseudonym: '0f'.repeat(16), eventNumber: 0 };
    expect(await audit()).toEqual([finding]);
  });

  it('finds an event taken out of a case', async () => {
    await tamper(
      'delete from event_payloads where outbox_id in (select id from log_outbox where event_number = 1)',
      'event_payloads',
    );
    await tamper(
      'delete from log_sequence where outbox_id in (select id from log_outbox where event_number = 1)',
      'log_sequence',
    );
    await tamper(
      `delete from log_outbox where event_number = 1 and case_pseudonym = '\\x${toHex(pseudonym)}'`,
      'log_outbox',
    );
    const codes = (await audit()).filter(({ casePseudonym }) => casePseudonym === toHex(pseudonym));
    expect(codes).toEqual(
      ['chain_broken', 'case_head_mismatch'].map((code) => expect.objectContaining({ code })),
    );
  });

  it('finds a changed bundle and names the entry', async () => {
    const file = path.join(stage.ledgerDir, 'tile/entries/000.p/8');
    const bytes = readFileSync(file);
    const entries = parseEntryBundle(bytes, 8);
    const offset = entries.slice(0, 5).reduce((sum, entry) => sum + 2 + entry.length, 0) + 2 + 13;
    bytes[offset] = bytes[offset]! ^ 1;
    writeFileSync(file, bytes);
    expect(await audit()).toEqual([{ code: 'entry_mismatch', index: 5 }]);
  });

  it.each([
    ['state_mismatch', 'log_state', `update log_state ${flip('root', 0)}`],
    ['state_mismatch', 'log_batches', `update log_batches ${flip('root', 0)}`],
    [
      'checkpoint_mismatch',
      'log_checkpoints',
      `delete from log_cosignatures; delete from log_quorums; delete from log_checkpoints`,
    ],
  ])('refuses to start with %s (%s)', async (code, table, sql) => {
    await tamper('select 1', 'log_cosignatures');
    await tamper('select 1', 'log_quorums');
    await tamper(sql, table);
    await expect(stage.worker.work.read((tx) => startUpAudit(tx, stage.store))).rejects.toMatchObject({
      code,
    });
  });

  it('refuses to start or to publish over a changed right edge', async () => {
    const file = path.join(stage.ledgerDir, 'tile/0/000.p/8');
    const bytes = readFileSync(file);
    bytes[0] = bytes[0]! ^ 1;
    writeFileSync(file, bytes);
    const start = stage.worker.work.read((tx) => startUpAudit(tx, stage.store));
    await expect(start).rejects.toMatchObject({ code: 'files_mismatch' });
    await stage.tick();
    await expect(stage.publisher().publish()).rejects.toMatchObject({ code: 'files_mismatch' });
  });
});
