/** What the database keeps to, whatever the code of a process asks of it. */
import { connect, type DatabaseRole, sqlState } from '@app/persistence';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { database, eachLedger, openCase, stage } from '../support/ledger-tests.js';

eachLedger();

describe('what the database itself refuses', () => {
  const roles: readonly DatabaseRole[] = ['sc_intake', 'sc_desk', 'sc_worker', 'sc_audit'];
  const DENIED = '42501';
  const RESTRICTED = '23001';
  const appendOnly = [
    'log_outbox',
    'event_payloads',
    'log_sequence',
    'log_batches',
    'log_cover_keys',
    'log_checkpoints',
    'log_cosignatures',
    'log_quorums',
    'log_recovered',
    'published_documents',
    'lapse_delays',
    'keysets',
    'policies',
  ];

  async function codeAs(role: DatabaseRole | 'owner', sql: string): Promise<string> {
    const url = role === 'owner' ? database.ownerUrl : database.url(role);
    const source = await connect({ url, poolSize: 1, name: 'test' });
    try {
      await source.query(sql);
      return 'done';
    } catch (error) {
      return sqlState(error);
    } finally {
      await source.destroy();
    }
  }

  beforeEach(async () => {
    await openCase();
    await stage.tick();
    await stage.publisher().publish();
  });

  it.each(roles)('%s may change or delete nothing of the ledger', async (role) => {
    for (const table of appendOnly) {
      expect([table, await codeAs(role, `delete from ${table}`)]).toEqual([table, DENIED]);
      expect([table, await codeAs(role, `truncate ${table} cascade`)]).toEqual([table, DENIED]);
    }
    expect(await codeAs(role, `update log_outbox set entry = entry`)).toBe(DENIED);
    expect(await codeAs(role, `update log_checkpoints set note = ''`)).toBe(DENIED);
    expect(await codeAs(role, 'delete from log_state')).toBe(DENIED);
    expect(await codeAs(role, 'delete from cases')).toBe(DENIED);
    expect(await codeAs(role, 'update assignee_loads set open_cases = 0')).toBe(DENIED);
  });

  it('not even the owner does so by mistake', async () => {
    for (const table of appendOnly) {
      expect([table, await codeAs('owner', `truncate ${table} cascade`)]).toEqual([table, RESTRICTED]);
      const [filled] = await stage.owner.query<{ n: number }[]>(`select count(*)::int as n from ${table}`);
      const expected = filled!.n > 0 ? RESTRICTED : 'done';
      expect([table, await codeAs('owner', `delete from ${table}`)]).toEqual([table, expected]);
    }
    expect(await codeAs('owner', 'update log_state set size = size - 8')).toBe(RESTRICTED);
    expect(await codeAs('owner', 'delete from log_state')).toBe(RESTRICTED);
  });

  it.each([
    'objects',
    'boxes',
    'escalation_boxes',
    'blob_parts',
    'case_blobs',
    'log_cover_keys',
    'staff_vaults',
  ])('intake cannot read %s', async (table) => {
    expect(await codeAs('sc_intake', `select * from ${table}`)).toBe(DENIED);
  });

  it('an Idempotency-Key stands for what it first stood for, until it is swept away', async () => {
    const insert = `insert into idempotency_keys values (decode(repeat('aa', 32), 'hex'), decode(repeat('bb', 32), 'hex'), '{}', 0)`;
    expect(await codeAs('sc_intake', insert)).toBe(DENIED);
    expect(await codeAs('sc_desk', insert)).toBe('done');
    const change = `update idempotency_keys set effect = '{"event":2}'`;
    for (const role of roles) expect(await codeAs(role, change)).toBe(DENIED);
    expect(await codeAs('owner', change)).toBe(RESTRICTED);
    for (const role of ['sc_intake', 'sc_desk', 'sc_audit'] as const) {
      expect(await codeAs(role, 'delete from idempotency_keys')).toBe(DENIED);
    }
    expect(await codeAs('sc_worker', 'delete from idempotency_keys')).toBe('done');
  });

  it.each(['sc_intake', 'sc_desk', 'sc_audit'] as const)('%s cannot sequence or publish', async (role) => {
    expect(await codeAs(role, 'update log_state set size = size + 8')).toBe(DENIED);
    expect(await codeAs(role, 'insert into log_sequence select id, 1000 + id from log_outbox')).toBe(DENIED);
    expect(await codeAs(role, `insert into log_quorums values (8, 'x', 0)`)).toBe(DENIED);
  });

  it.each([
    ['sc_intake', `update cases set phase = 'CLOSED', event_number = event_number + 1`],
    ['sc_desk', `update cases set escalated = true, event_number = event_number + 1`],
    ['sc_worker', `update cases set assignee = null, event_number = event_number + 1`],
  ] as const)('a case changes under %s only with its entry', async (role, sql) => {
    expect(await codeAs(role, sql)).toBe(RESTRICTED);
    expect(await codeAs(role, sql.replace(', event_number = event_number + 1', ''))).toBe(RESTRICTED);
  });
});
