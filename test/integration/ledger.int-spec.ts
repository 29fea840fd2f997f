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
import { openings, announcedKeyset, proofFor, readPublished, receiptFor, receiptsOf } from '@app/ledger';
import { parsePolicy, verifyTlogProof } from '@app/tlog';
import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { withdrawK3 } from '../support/case-maker.js';
import { START, TICK } from '../support/ledger-stage.js';
import { eachLedger, intake, openCase, organisation, stage } from '../support/ledger-tests.js';
import { auditStored, expectSound } from '../support/sound.js';

eachLedger();

const openConsented = async (): Promise<Uint8Array> =>
  fromHex((await openCase({ consented: true })).pseudonym, 'case', 16);

const policy = () => parsePolicy(organisation.keyset.tlogPolicy);

describe('a case in the ledger', () => {
  it('is proven by a tlog-proof that holds offline, and opens as what happened', async () => {
    const pseudonym = await openConsented();
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
    const pseudonym = await openConsented();
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
      for (let i = 0; i < cases; i += 1) await openConsented();
      sizes.push(await stage.tick());
    }
    expect(sizes).toEqual([8, 16, 24, 32, 48]);
  });

  it('keeps the events of a case in order, whatever places they get', async () => {
    const pseudonym = await openConsented();
    await withdrawK3(intake, toHex(pseudonym));
    await stage.tick();
    const [first, second] = await intake.work.read((tx) => receiptsOf(tx, pseudonym));
    expect(second!.index!).toBeGreaterThan(first!.index!);
  });

  it('opens every class 0 leaf, cover by the key of its day, and no public one', async () => {
    await openConsented();
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
      await Promise.all(Array.from({ length: 5 }, () => openConsented()));
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

  it('is whole again when all its files were lost while the newest tree had no quorum', async () => {
    await openConsented();
    const published = await stage.tick();
    await stage.publisher().publish();
    for (const witness of stage.witnesses) await witness.stop();
    await stage.tick();
    expect(await stage.publisher().publish()).toMatchObject({ published });
    const proof = await proofFor(stage.store, 0);
    rmSync(path.join(stage.ledgerDir, 'tile'), { recursive: true });
    await expect(proofFor(stage.store, 0)).rejects.toMatchObject({ code: 'not_ready' });
    rmSync(stage.ledgerDir, { recursive: true });
    expect(await proofFor(stage.store, 0)).toBeNull();
    expect(await stage.publisher().publish()).toMatchObject({ published });
    expect(await proofFor(stage.store, 0)).toEqual(proof);
    expect(await stage.audit()).toMatchObject({ size: published, findings: [] });
    for (const witness of stage.witnesses) await witness.start();
    const size = await stage.tick();
    expect(await stage.publisher().publish()).toEqual({ published: size, problems: [] });
    await expectSound(stage, size);
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
    expect(await auditStored(stage)).toEqual([]);
  }, 60_000);
});

const announced = () => intake.work.read((tx) => announcedKeyset(tx, stage.store));
