/** A database that was restored from a backup: the log is never forked, and there is a way back to it. */
import { nobleVerifier, parseLeaf, parseRecoveryLeafBody, PUBLIC_LEAF_CLASS } from '@app/crypto/verify';
import {
  auditDatabase,
  diskStore,
  httpSigner,
  httpWitness,
  type LedgerServices,
  logSource,
  openings,
  openLedgerServices,
  Publisher,
  readPublished,
  receiptFor,
  recoverFromMirror,
  Sequencer,
  startUpAudit,
} from '@app/ledger';
import { connect } from '@app/persistence';
import { systemRandom } from '@app/platform';
import { auditTree, parseEntryBundle, parsePolicy } from '@app/tlog';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DataSource } from 'typeorm';
import { backUp, restore } from '../support/backup.js';
import { openTestCase } from '../support/case-maker.js';
import { startTestServer, type TestDatabase, type TestServer } from '../support/database.js';
import { LedgerStage, makeOrganisation, PATIENCE_MS, TICK } from '../support/ledger-stage.js';
import type { TestOrganisation } from '../support/organisation.js';

let server: TestServer;
let organisation: TestOrganisation;
let database: TestDatabase;
let restoredDatabase: TestDatabase;
let stage: LedgerStage;
let restored: LedgerServices;
let owner: DataSource;
/** What happened: `kept` was numbered before the backup, `waiting` after it, `lost` came after it. */
let events: Record<'kept' | 'waiting' | 'lost', Buffer>;

const BACKED_UP = 16;
const PUBLISHED = 32;

beforeAll(async () => {
  server = await startTestServer();
  organisation = await makeOrganisation();
}, 60_000);
afterAll(() => server.stop(), 30_000);

beforeEach(async () => {
  database = await server.makeDatabase();
  restoredDatabase = await server.makeDatabase();
  stage = await LedgerStage.open(organisation, database);
  const intake = await stage.services('sc_intake');
  const openCase = async (): Promise<Buffer> => {
    const { pseudonym } = await openTestCase(intake, { role: organisation.role('focal_point') });
    return Buffer.from(pseudonym, 'hex');
  };
  await stage.tick();
  const kept = await openCase();
  expect(await stage.tick()).toBe(BACKED_UP);
  await stage.publisher().publish();
  cpSync(path.join(stage.folder, 'signer'), path.join(stage.folder, 'signer-then'), { recursive: true });
  const waiting = await openCase();
  const backup = await backUp(database.ownerUrl);
  const lost = await openCase();
  await stage.tick();
  expect(await stage.tick()).toBe(PUBLISHED);
  await stage.publisher().publish();
  cpSync(stage.ledgerDir, path.join(stage.folder, 'mirror'), { recursive: true });
  await restore(backup, restoredDatabase.ownerUrl);
  restored = await openLedgerServices({
    name: 'test',
    databaseUrl: restoredDatabase.url('sc_worker'),
    rootsetFile: path.join(stage.folder, 'directory', 'rootset.bin'),
    ledgerDir: path.join(stage.folder, 'ledger-restored'),
    clock: stage.clock,
    random: systemRandom,
  });
  owner = await connect({ url: restoredDatabase.ownerUrl, poolSize: 2, name: 'test' });
  events = { kept, waiting, lost };
});

afterEach(async () => {
  await restored.close();
  await owner.destroy();
  await restoredDatabase.drop();
  await stage.close();
});

function publisher(): Publisher {
  return new Publisher({
    work: restored.work,
    store: restored.store,
    signer: httpSigner(stage.signer.url, PATIENCE_MS),
    witnesses: stage.witnesses.map(({ url }) => httpWitness(url, PATIENCE_MS)),
    trust: () => Promise.resolve(organisation.keyset),
    verifier: nobleVerifier(),
    clock: stage.clock,
  });
}

async function tick(): Promise<number> {
  stage.now += TICK;
  const sequencer = new Sequencer({ work: restored.work, random: systemRandom, tickSeconds: TICK });
  return (await sequencer.tick(stage.now)).size;
}

const policy = () => parsePolicy(organisation.keyset.tlogPolicy);

const recover = (mirror = path.join(stage.folder, 'mirror')) =>
  owner.transaction((tx) =>
    recoverFromMirror(tx, {
      mirror: diskStore(mirror),
      policy: policy(),
      verifier: nobleVerifier(),
      now: stage.now,
    }),
  );

/** The signer's memory goes back in time as well, as it never should. */
async function restoreSigner(): Promise<void> {
  await stage.signer.stop();
  cpSync(path.join(stage.folder, 'signer-then'), path.join(stage.folder, 'signer'), { recursive: true });
  await stage.signer.start();
}

const signed = (): string => readFileSync(path.join(stage.folder, 'signer', 'signed'), 'utf8');

async function allEntries(size: number): Promise<Uint8Array[]> {
  return parseEntryBundle(await logSource(restored.store).readEntries(0, size), size);
}

describe('a restored database', () => {
  it('is told by the signer, before anything is added to it', async () => {
    const before = signed();
    await expect(publisher().meetParties()).rejects.toMatchObject({ code: 'signer_ahead' });
    expect(signed()).toBe(before);
  });

  it('is told by the witnesses when the memory of the signer was restored with it', async () => {
    await restoreSigner();
    const before = signed();
    await expect(publisher().meetParties()).rejects.toMatchObject({ code: 'witness_ahead' });
    expect(signed()).toBe(before);
  });

  it('publishes nothing although everybody was away when it started', async () => {
    for (const party of [stage.signer, ...stage.witnesses]) await party.stop();
    await publisher().meetParties();
    for (const party of [stage.signer, ...stage.witnesses]) await party.start();
    await tick();
    await expect(publisher().publish()).rejects.toMatchObject({ code: 'signer_ahead' });
    await restoreSigner();
    await expect(publisher().publish()).rejects.toMatchObject({ code: 'witness_ahead' });
    expect((await readPublished(restored.store))?.size).toBe(BACKED_UP);
  });

  it('goes on as one log after recovery from a mirror, which says what is lost', async () => {
    const recovered = await recover();
    expect(recovered).toEqual({ from: BACKED_UP, to: PUBLISHED, linked: 1, cover: 14, lost: 1 });

    await restored.work.read((tx) => startUpAudit(tx, restored.store));
    await publisher().meetParties();
    const size = await tick();
    expect(await publisher().publish()).toEqual({ published: size, problems: [] });
    const note = (await readPublished(restored.store))?.note ?? '';
    // The signer and both witnesses took it for what follows on the tree they had: one log.
    expect(await auditTree(note, policy(), nobleVerifier(), logSource(restored.store))).toMatchObject({
      size,
      findings: [],
    });
    const rows = await restored.work.read((tx) => auditDatabase(tx, restored.store, { from: 0, to: size }));
    expect(rows).toEqual([]);

    const receipt = (pseudonym: Buffer) => restored.work.read((tx) => receiptFor(tx, pseudonym, 1));
    expect((await receipt(events.kept))?.index).toBeLessThan(BACKED_UP);
    expect((await receipt(events.waiting))?.index).toBeGreaterThanOrEqual(BACKED_UP);
    expect(await receipt(events.lost)).toBeNull();

    const opened = await restored.work.read((tx) => openings(tx, 0, size));
    const entries = await allEntries(size);
    const unopened = entries.filter((entry, i) => parseLeaf(entry).class === 0 && opened[i] === null);
    expect(unopened).toHaveLength(1);
    const announced = entries
      .map((entry) => parseLeaf(entry))
      .flatMap((leaf) =>
        leaf.class === PUBLIC_LEAF_CLASS.recovery ? [parseRecoveryLeafBody(leaf.body)] : [],
      );
    expect(announced).toEqual([{ start: BACKED_UP, end: PUBLISHED, lost: 1 }]);
  });

  it('is not brought back once something was added to it, nor by a mirror that has nothing new', async () => {
    await tick();
    await expect(recover()).rejects.toMatchObject({ code: 'recovery_foreign' });
    await expect(recover(path.join(stage.folder, 'nowhere'))).rejects.toMatchObject({
      code: 'recovery_behind',
    });
    await tick();
    await expect(recover()).rejects.toMatchObject({ code: 'recovery_behind' });
  });

  it('believes no mirror whose entries are not those of its witnessed checkpoint', async () => {
    const bundle = path.join(stage.folder, 'mirror', 'tile', 'entries', '000.p', String(PUBLISHED));
    const bytes = readFileSync(bundle);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(bundle, bytes);
    await expect(recover()).rejects.toMatchObject({ code: 'recovery_foreign' });
  });
});
