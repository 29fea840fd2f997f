import {
  COVER_EVENT_TYPE,
  deriveCoverRandom,
  nobleVerifier,
  parseKeysetLeafBody,
  parseLeaf,
  parseOpening,
  PUBLIC_LEAF_CLASS,
  verifyOpening,
} from '@app/crypto/verify';
import { fromBase64, fromHex, toHex } from '@app/encoding';
import {
  auditDatabase,
  type LedgerServices,
  openings,
  announcedKeyset,
  proofFor,
  readPublished,
  receiptFor,
  receiptsOf,
  startUpAudit,
} from '@app/ledger';
import { parseEntryBundle, parsePolicy, verifyTlogProof } from '@app/tlog';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openTestCase, withdrawK3 } from '../support/case-maker.js';
import { startTestServer, type TestDatabase, type TestServer } from '../support/database.js';
import { LedgerStage, makeOrganisation, START, TICK } from '../support/ledger-stage.js';
import type { TestOrganisation } from '../support/organisation.js';

let server: TestServer;
let organisation: TestOrganisation;
let database: TestDatabase;
let stage: LedgerStage;
let intake: LedgerServices;

beforeAll(async () => {
  server = await startTestServer();
  organisation = await makeOrganisation();
}, 60_000);
afterAll(() => server.stop(), 30_000);

beforeEach(async () => {
  database = await server.makeDatabase();
  stage = await LedgerStage.open(organisation, database);
  intake = await stage.services('sc_intake');
});
afterEach(() => stage.close());

const openCase = async (): Promise<Uint8Array> => {
  const { pseudonym } = await openTestCase(intake, {
    role: organisation.role('focal_point'),
    consented: true,
  });
  return fromHex(pseudonym, 'case', 16);
};

const policy = () => parsePolicy(organisation.keyset.tlogPolicy);

describe('a case in the ledger', () => {
  it('is proven by a tlog-proof that holds offline, and opens as what happened', async () => {
    const pseudonym = await openCase();
    await withdrawK3(intake, toHex(pseudonym));
    const size = await stage.tick();
    expect(await stage.publisher().publish()).toEqual({ published: size, problems: [] });

    const receipts = await intake.work.read((tx) => receiptsOf(tx, pseudonym));
    expect(receipts.map(({ eventNumber }) => eventNumber)).toEqual([1, 2]);
    let previous = new Uint8Array(32);
    for (const receipt of receipts) {
      const entry = fromBase64(receipt.entry, 'entry');
      const found = await proofFor(stage.store, receipt.index!);
      expect(found?.entry).toEqual(entry);
      const proven = verifyTlogProof(found!.proof, entry, policy(), nobleVerifier());
      expect(proven).toMatchObject({ index: receipt.index, quorumTime: stage.now });
      const random = fromBase64(receipt.random, 'random');
      const opening = verifyOpening(entry, random, fromBase64(receipt.opening, 'opening'));
      expect(opening).toMatchObject({ eventNumber: receipt.eventNumber, serverTime: START });
      expect(opening.previousCommitment).toEqual(previous);
      const leaf = parseLeaf(entry);
      if (leaf.class !== 0) throw new Error('not a case leaf');
      expect(leaf.time).toBe(START - (START % TICK));
      previous = leaf.commitment;
    }
    expect((await stage.audit()).findings).toEqual([]);
  });

  it('has a receipt without an index until it is numbered, and no proof until it is published', async () => {
    const pseudonym = await openCase();
    const receipt = () => intake.work.read((tx) => receiptFor(tx, pseudonym, 1));
    expect((await receipt())?.index).toBeNull();
    await stage.tick();
    const { index } = (await receipt())!;
    expect(index).toBeGreaterThanOrEqual(0);
    expect(await proofFor(stage.store, index!)).toBeNull();
    expect(await intake.work.read((tx) => receiptFor(tx, pseudonym, 2))).toBeNull();
  });
});

describe('growth', () => {
  it('is eight entries a tick with nothing, one or eight events, and sixteen with nine', async () => {
    const sizes = [await stage.tick()];
    for (const cases of [0, 1, 8, 9]) {
      for (let i = 0; i < cases; i += 1) await openCase();
      sizes.push(await stage.tick());
    }
    expect(sizes).toEqual([8, 16, 24, 32, 48]);
  });

  it('keeps the events of a case in order, whatever places they get', async () => {
    const pseudonym = await openCase();
    await withdrawK3(intake, toHex(pseudonym));
    await stage.tick();
    const [first, second] = await intake.work.read((tx) => receiptsOf(tx, pseudonym));
    expect(second!.index!).toBeGreaterThan(first!.index!);
  });

  it('opens every class 0 leaf, cover by the key of its day, and no public one', async () => {
    await openCase();
    stage.now += 86_400;
    await stage.tick();
    const opened = await stage.worker.work.read((tx) => openings(tx, 0, 8));
    const types = opened.map((found) => (found === null ? null : parseOpening(found.opening).type));
    const count = (type: number | null) => types.filter((found) => found === type).length;
    // POLICY, the KEYSET's at import and the KEYSET's of the day; one SUBMITTED; the rest is cover.
    expect([count(null), count(1), count(COVER_EVENT_TYPE)]).toEqual([3, 1, 4]);
    const keys = await stage.owner.query<{ day: number; key: Buffer }[]>(
      'select day, key from log_cover_keys',
    );
    expect(keys.map(({ day }) => day)).toEqual([Math.floor(stage.now / 86_400)]);
    const cover = types.indexOf(COVER_EVENT_TYPE);
    expect(opened[cover]!.random).toEqual(deriveCoverRandom(keys[0]!.key, cover));
  });

  it('refuses openings of entries that are not there', async () => {
    await stage.tick();
    const beyond = stage.worker.work.read((tx) => openings(tx, 0, 9));
    await expect(beyond).rejects.toMatchObject({ code: 'batch_missing' });
  });

  it('loses, doubles and forks nothing when many sequence and publish at once', async () => {
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: 5 }, () => openCase()));
      stage.now += TICK;
      await Promise.all(Array.from({ length: 4 }, () => stage.sequencer().tick(stage.now)));
      await Promise.all([stage.publisher().publish(), stage.publisher().publish()]);
    }
    const size = await stage.tick();
    expect((await stage.publisher().publish()).published).toBe(size);
    const places = await stage.owner.query<{ seq: number }[]>('select seq from log_sequence');
    const waiting = await stage.owner.query<{ n: number }[]>('select count(*)::int as n from log_outbox');
    expect(new Set(places.map(({ seq }) => seq)).size).toBe(waiting[0]!.n);
    const batches = await stage.owner.query<{ start: number; size_after: number }[]>(
      'select start, size_after from log_batches order by start',
    );
    expect(batches.slice(1).map(({ start }) => start)).toEqual(
      batches.slice(0, -1).map(({ size_after }) => size_after),
    );
    expect((await stage.audit()).findings).toEqual([]);
  });
});

describe('what is published', () => {
  it('holds a KEYSET entry of each day, by which the KEYSET is proven fresh', async () => {
    for (const later of [0, 60, 86_400]) {
      stage.now += later;
      await stage.tick();
      await stage.publisher().publish();
    }
    const found = await proofFor(stage.store, (await announced())!.index);
    verifyTlogProof(found!.proof, found!.entry, policy(), nobleVerifier());
    const leaf = parseLeaf(found!.entry);
    if (leaf.class !== PUBLIC_LEAF_CLASS.keyset) throw new Error('not a KEYSET leaf');
    const { version, hash } = organisation.keyset;
    expect(parseKeysetLeafBody(leaf.body)).toEqual({ version, hash, path: `/keyset/${toHex(hash)}` });
    expect(leaf.time).toBe(stage.now);
    const leaves = await stage.owner.query<{ n: number }[]>(
      `select count(*)::int as n from log_outbox where case_pseudonym is null and substr(entry, 2, 1) = '\\x01'`,
    );
    expect(leaves[0]!.n).toBe(2);
  });

  it('announces a new KEYSET once its entry is witnessed, and the one before until then', async () => {
    await stage.tick();
    await stage.publisher().publish();
    const renewed = await organisation.renewed(stage.now);
    const { hash } = await stage.worker.work.run((tx) =>
      stage.worker.directory.acceptKeyset(tx, renewed, { tickSeconds: TICK }),
    );
    const before = organisation.keyset.hash;
    expect((await announced())?.hash).toEqual(before);
    await stage.sequencer().tick(stage.now + TICK);
    expect((await announced())?.hash).toEqual(before);
    await stage.publisher().publish();
    expect((await announced())?.hash).toEqual(hash);
  });

  it('names the keys of the log and of the witnesses', async () => {
    await stage.tick();
    await stage.publisher().publish();
    const text = (name: string) => readFileSync(path.join(stage.ledgerDir, name), 'utf8');
    expect(text('log.vkey')).toBe(`${organisation.keyset.logVkey}\n`);
    const names = text('witness.vkeys').trimEnd().split('\n');
    expect(names.map((line) => line.split('+')[0])).toEqual(['w1.example', 'w2.example']);
  });

  it('loses partial tiles a while after they have filled, and stays whole', async () => {
    for (let i = 0; i < 66; i += 1) {
      await stage.tick();
      if (i % 3 === 0) await stage.publisher().publish();
    }
    await stage.publisher().publish();
    expect((await readPublished(stage.store))?.size).toBe(528);
    const at = (file: string) => path.join(stage.ledgerDir, file);
    expect(existsSync(at('tile/entries/000.p'))).toBe(false);
    expect(existsSync(at('tile/0/000.p'))).toBe(false);
    expect(existsSync(at('tile/0/001.p'))).toBe(true);
    expect((await stage.audit()).findings).toEqual([]);
    expect(await audit()).toEqual([]);
  }, 60_000);
});

const announced = () => intake.work.read((tx) => announcedKeyset(tx, stage.store));

async function audit(): ReturnType<typeof auditDatabase> {
  const to = (await readPublished(stage.store))?.size ?? 0;
  return stage.worker.work.read((tx) => auditDatabase(tx, stage.store, { from: 0, to }));
}

/** Changes rows as someone with the power of the database's owner could, past every trigger. */
async function tamper(sql: string, table: string): Promise<void> {
  await stage.owner.query(`alter table ${table} disable trigger user`);
  await stage.owner.query(sql);
}

describe('the audit of the database', () => {
  let pseudonym: Uint8Array;

  beforeEach(async () => {
    pseudonym = await openCase();
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
