import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_POLICY } from '@app/casework';
import { nobleSealing } from '@app/crypto/seal';
import { nobleSigning } from '@app/crypto/sign';
import { nobleVerifier } from '@app/crypto/verify';
import type { LogSource } from '@app/tlog';
import { FakeLedger } from '../test/fake-ledger.js';
import { NOW } from '../test/fake-office.js';
import { FakeService } from '../test/fake-service.js';
import {
  checkReceiptAgainst,
  Checkpoints,
  connect,
  encodeReceipt,
  LAG_SECONDS,
  ledgerOverHttp,
  type Service,
  type Trust,
} from './index.js';

const verifier = nobleVerifier();
const providers = { signing: nobleSigning(), verifier, sealing: nobleSealing() };
const YEAR = 365 * 86_400;

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'accepted',
    (error: unknown) => (error as { code: string }).code,
  );

let trust: Trust;
beforeAll(async () => {
  trust = (await FakeService.make(providers, DEFAULT_POLICY)).trust();
});

/** A ledger under the same keys; each label makes other entries. */
async function ledgerOf(label: number, ticks: number): Promise<FakeLedger> {
  const ledger = new FakeLedger();
  for (let i = 0; i < ticks; i += 1) {
    ledger.appendKeyset({ version: label, hash: new Uint8Array(32).fill(label) }, NOW + i);
    await ledger.tick(NOW + i * LAG_SECONDS);
  }
  return ledger;
}

describe('what a client remembers of the ledger', () => {
  let ledger: FakeLedger;
  let tilesRead: number;

  const sourceOf = (of: FakeLedger): LogSource => ({
    readTile: (tile) => {
      tilesRead += 1;
      return of.reader.readTile(tile);
    },
    readEntries: () => Promise.reject(new Error('no entries')),
  });
  const at = (ofLedger: FakeLedger, size: number): string => ofLedger.checkpoints.get(size) ?? '';
  const memory = (of = ledger) => new Checkpoints(verifier, trust, sourceOf(of));

  beforeEach(async () => {
    tilesRead = 0;
    ledger = await ledgerOf(1, 5);
  });

  it('follows a ledger that grows, and reads tiles only when it did', async () => {
    const seen = memory();
    expect(seen.newest).toBeUndefined();
    await seen.verify(at(ledger, 8));
    await seen.verify(at(ledger, 8));
    expect(tilesRead).toBe(0);
    await seen.verify(at(ledger, 24));
    expect(tilesRead).toBe(1);
    await seen.verify(at(ledger, 24));
    expect(tilesRead).toBe(1);
    expect(seen.newest).toBe(at(ledger, 24));
  });

  it('catches two trees of one size, and keeps both notes', async () => {
    const other = await ledgerOf(2, 5);
    const seen = memory();
    await seen.verify(at(ledger, 16));
    expect(await codeOf(seen.verify(at(other, 16)))).toBe('checkpoint_forked');
    expect(seen.conflict).toEqual([at(ledger, 16), at(other, 16)]);
    expect(seen.newest).toBe(at(ledger, 16));
  });

  it('catches a larger tree that does not continue, whatever tiles it is shown with', async () => {
    const other = await ledgerOf(2, 5);
    for (const tiles of [ledger, other]) {
      const seen = memory(tiles);
      await seen.verify(at(ledger, 16));
      expect(await codeOf(seen.verify(at(other, 32)))).toBe('checkpoint_forked');
    }
  });

  it('lets an answer lag a little, if it is of the same ledger', async () => {
    const other = await ledgerOf(2, 5);
    const seen = memory();
    await seen.verify(at(ledger, 40));
    await seen.verify(at(ledger, 32));
    expect(seen.newest).toBe(at(ledger, 40));
    expect(await codeOf(seen.verify(at(other, 32)))).toBe('checkpoint_forked');
    expect(await codeOf(seen.verify(at(ledger, 24)))).toBe('checkpoint_rolled_back');
  });

  it('compares concurrent answers one after the other', async () => {
    const other = await ledgerOf(2, 5);
    const seen = memory();
    const outcomes = await Promise.all([
      codeOf(seen.verify(at(ledger, 8))),
      codeOf(seen.verify(at(ledger, 24))),
      codeOf(seen.verify(at(other, 24))),
      codeOf(seen.verify(at(ledger, 16))),
    ]);
    expect(outcomes).toEqual(['accepted', 'accepted', 'checkpoint_forked', 'accepted']);
    expect(seen.newest).toBe(at(ledger, 24));
  });

  it('goes on from a checkpoint of an earlier session', async () => {
    const other = await ledgerOf(2, 5);
    const remembering = () => Checkpoints.remembering(verifier, trust, sourceOf(ledger), at(ledger, 24));
    await (await remembering()).verify(at(ledger, 40));
    expect(await codeOf((await remembering()).verify(at(other, 40)))).toBe('checkpoint_forked');
    expect(await codeOf((await remembering()).verify(at(ledger, 8)))).toBe('checkpoint_rolled_back');
    const forged = at(ledger, 24).replace('\n24\n', '\n32\n');
    const broken = Checkpoints.remembering(verifier, trust, sourceOf(ledger), forged);
    expect(await codeOf(broken)).toBe('signature_invalid');
  });
});

describe('a receipt kept for years', () => {
  let fake: FakeService;
  let service: Service;
  let receipt: string;

  beforeEach(async () => {
    fake = await FakeService.make(providers, DEFAULT_POLICY);
    service = await connect(fake.deps(), fake.api(), fake.trust());
    const entry = fake.ledger.entries[0];
    if (entry === undefined) throw new Error('no entry');
    receipt = encodeReceipt({ proofText: await fake.ledger.proof(0), entry });
  });

  it('is borne out by the ledger of today', async () => {
    for (let i = 1; i < 40; i += 1) await fake.ledger.tick(NOW + (i * YEAR) / 10);
    const checked = await checkReceiptAgainst(service, receipt);
    expect(checked.receipt).toMatchObject({ index: 0, quorumTime: NOW, checkpoint: { size: 8 } });
    expect(checked.present).toMatchObject({ quorumTime: NOW + 3.9 * YEAR, checkpoint: { size: 320 } });
  });

  it('is borne out although the partial tiles of its time are gone', async () => {
    for (let i = 1; i < 70; i += 1) await fake.ledger.tick(NOW + i * 60);
    for (const path of [...fake.ledger.files.keys()])
      if (/^tile\/(0|entries)\/000\.p\//.test(path)) fake.ledger.files.delete(path);
    const source = ledgerOverHttp(fake.api());
    expect(await source.readTile({ level: 0, index: 0, width: 8 })).toHaveLength(8 * 32);
    expect((await source.readEntries(0, 8)).length).toBeGreaterThan(8 * 44);
    expect((await checkReceiptAgainst(service, receipt)).present.checkpoint.size).toBe(560);
  });

  it('shows that today’s ledger is another one, or has lost what came after', async () => {
    for (let i = 1; i < 5; i += 1) await fake.ledger.tick(NOW + i * 60);
    const later = encodeReceipt({
      proofText: await fake.ledger.proof(0),
      entry: fake.ledger.entries[0] ?? new Uint8Array(0),
    });
    const other = await ledgerOf(2, 3);
    fake.tamper.set('checkpoint', () => other.checkpoint);
    for (const [path, bytes] of other.files) fake.ledger.files.set(path, bytes);
    const stranger = () => new Checkpoints(verifier, fake.trust(), ledgerOverHttp(fake.api()));
    const at = (checkpoints: Checkpoints, text: string) =>
      codeOf(checkReceiptAgainst({ ...service, checkpoints }, text));
    expect(await at(stranger(), receipt)).toBe('checkpoint_forked');
    for (const path of other.files.keys()) if (path.startsWith('tile/0/')) fake.ledger.files.delete(path);
    expect(await at(stranger(), receipt)).toBe('checkpoint_forked');
    expect(await at(stranger(), later)).toBe('checkpoint_rolled_back');
  });

  it('is no receipt without its entry', async () => {
    expect(await codeOf(checkReceiptAgainst(service, await fake.ledger.proof(0)))).toBe('receipt_mismatch');
  });
});
