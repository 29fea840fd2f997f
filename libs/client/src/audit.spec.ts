import { beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_POLICY, responseTimes } from '@app/casework';
import { makeReporterCode, nobleSealing } from '@app/crypto/seal';
import { nobleSigning } from '@app/crypto/sign';
import {
  encodeKeysetLeafBody,
  encodePublicLeaf,
  encodeRecoveryLeafBody,
  nobleVerifier,
} from '@app/crypto/verify';
import { toHex } from '@app/encoding';
import { countingRandom, NOW } from '../test/fake-office.js';
import { FakeService, report } from '../test/fake-service.js';
import {
  announcedKeysets,
  checkOpenings,
  type CollectedLedger,
  collectLedger,
  connect,
  ledgerOverHttp,
  openMailbox,
  prepareReport,
  reply,
  responseTimesFromLedger,
  submitReport,
} from './index.js';

const verifier = nobleVerifier();
const providers = { signing: nobleSigning(), verifier, sealing: nobleSealing() };

const codeOf = (act: () => unknown): string => {
  try {
    act();
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('the audit from outside', () => {
  let fake: FakeService;
  let ledger: CollectedLedger;
  const collect = () =>
    collectLedger(verifier, fake.trust(), fake.ledger.checkpoint, ledgerOverHttp(fake.api()));

  beforeAll(async () => {
    fake = await FakeService.make(providers, DEFAULT_POLICY);
    const service = await connect(fake.deps(), fake.api(), fake.trust());
    for (const name of ['one', 'two']) {
      const code = makeReporterCode(countingRandom(name));
      const preparation = await prepareReport(service, { report: report(), files: [], code });
      if (!preparation.ok) throw new Error('problems');
      await submitReport(service, preparation.prepared);
      fake.now += 60;
      await reply(await openMailbox(service, code), 'more');
    }
    ledger = await collect();
  });

  it('collects a whole ledger without findings', () => {
    expect(ledger.report.findings).toEqual([]);
    expect(ledger.entries.size).toBe(fake.ledger.entries.length);
  });

  it('names a file that was changed', async () => {
    const path = [...fake.ledger.files.keys()].findLast((name) => name.startsWith('tile/entries/')) ?? '';
    const good = fake.ledger.files.get(path);
    fake.ledger.files.set(path, good?.map((byte, i) => (i === 20 ? byte ^ 1 : byte)) ?? new Uint8Array(0));
    expect((await collect()).report.findings).toMatchObject([{ code: 'entries_mismatch', path }]);
    if (good !== undefined) fake.ledger.files.set(path, good);
  });

  it('computes every case and its times from openings alone', () => {
    const histories = checkOpenings(ledger.entries, fake.ledger.openings);
    const policies = new Map([[toHex(fake.keyset.policyHash), DEFAULT_POLICY]]);
    const times = responseTimesFromLedger(histories, policies);
    expect(times.map(({ casePseudonym }) => casePseudonym)).toEqual(
      fake.cases.map(({ pseudonym }) => toHex(pseudonym)),
    );
    expect(times.map((one) => one.state)).toEqual(fake.cases.map(({ state }) => state));
    expect(times.map((one) => one.times)).toEqual(fake.cases.map(({ state }) => responseTimes(state)));
    expect(codeOf(() => responseTimesFromLedger(histories, new Map()))).toBe('policy_mismatch');
  });

  const at = (type: number): number =>
    fake.ledger.openings.findIndex(
      (o) => o !== null && Uint8Array.from(Buffer.from(o.opening, 'base64'))[1] === type,
    );

  it('lets openings be gone only where the ledger announced them as lost, and only so many', () => {
    const index = at(255);
    const body = encodeRecoveryLeafBody({ start: index, end: index + 1, lost: 1 });
    const leaf = encodePublicLeaf({ class: 6, time: NOW, body });
    const entries = new Map([...ledger.entries, [ledger.entries.size, leaf]]);
    const openings = [...fake.ledger.openings, null];
    expect(checkOpenings(entries, openings.with(index, null))).toHaveLength(2);
    const other = openings.findIndex((o, i) => o !== null && i !== index);
    expect(codeOf(() => checkOpenings(entries, openings.with(other, null)))).toBe('opening_missing');
    const fewer = encodeRecoveryLeafBody({ start: 0, end: ledger.entries.size, lost: 1 });
    entries.set(ledger.entries.size, encodePublicLeaf({ class: 6, time: NOW, body: fewer }));
    const two = openings.with(index, null).with(other, null);
    expect(codeOf(() => checkOpenings(entries, two))).toBe('opening_missing');
  });

  it('misses an opening, of a case or of cover', () => {
    for (const index of [at(1), at(255)]) {
      const withheld = fake.ledger.openings.with(index, null);
      expect(codeOf(() => checkOpenings(ledger.entries, withheld))).toBe('opening_missing');
    }
    expect(codeOf(() => checkOpenings(ledger.entries, fake.ledger.openings.slice(0, -1)))).toBe(
      'opening_missing',
    );
  });

  it('refuses an opening of another entry', () => {
    const swapped = fake.ledger.openings.with(at(1), fake.ledger.openings[at(37)] ?? null);
    expect(codeOf(() => checkOpenings(ledger.entries, swapped))).toBe('opening_commitment');
    const given = fake.ledger.openings.with(0, fake.ledger.openings[at(1)] ?? null);
    expect(codeOf(() => checkOpenings(ledger.entries, given))).toBe('index_mismatch');
  });

  it('finds a gap in a case', () => {
    const entries = new Map([...ledger.entries].filter(([index]) => index !== at(1)));
    expect(codeOf(() => checkOpenings(entries, fake.ledger.openings))).toBe('receipt_chain');
  });

  it('reads the KEYSETs the ledger announced, and alarms on a version that falls or has two hashes', () => {
    expect(announcedKeysets(ledger.entries)).toEqual([
      { version: 1, hash: toHex(fake.keyset.hash), at: NOW },
    ]);
    const leaf = (version: number, fill: number) => {
      const body = encodeKeysetLeafBody({ version, hash: new Uint8Array(32).fill(fill), path: '/k' });
      return encodePublicLeaf({ class: 1, time: NOW, body });
    };
    const of = (...leaves: Uint8Array<ArrayBuffer>[]) =>
      new Map(leaves.map((entry, index) => [index, entry]));
    expect(codeOf(() => announcedKeysets(of(leaf(2, 1), leaf(1, 2))))).toBe('keyset_rolled_back');
    expect(codeOf(() => announcedKeysets(of(leaf(2, 1), leaf(2, 2))))).toBe('keyset_two_hashes');
    expect(announcedKeysets(of(leaf(2, 1), leaf(2, 1), leaf(3, 2)))).toHaveLength(3);
  });
});
