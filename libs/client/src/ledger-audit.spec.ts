import { beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_POLICY, responseTimes } from '@app/casework';
import { type AuditBundle, auditBundleSchema } from '@app/contracts';
import { makeReporterCode, nobleSealing } from '@app/crypto/seal';
import { nobleSigning } from '@app/crypto/sign';
import {
  commitEvent,
  encodeOpening,
  encodePublicLeaf,
  encodeRecoveryLeafBody,
  nobleVerifier,
  type Opening,
  parseOpening,
  PUBLIC_LEAF_CLASS,
} from '@app/crypto/verify';
import { type Bytes, fromBase64, toHex } from '@app/encoding';
import { FakeLedger } from '../test/fake-ledger.js';
import { countingRandom, NOW } from '../test/fake-office.js';
import { FakeService, report } from '../test/fake-service.js';
import {
  acknowledge,
  auditLedger,
  CLAIM_TOLERANCE_SECONDS,
  collectAuditBundle,
  collectLedger,
  connect,
  type LedgerAudit,
  ledgerOverHttp,
  openCase,
  prepareReport,
  type Service,
  submitReport,
  unlock,
  verifyBrokenPromise,
} from './index.js';

const verifier = nobleVerifier();
const providers = { signing: nobleSigning(), verifier, sealing: nobleSealing() };
const DAY = 86_400;

let fake: FakeService;
let service: Service;

async function submit(): Promise<Awaited<ReturnType<typeof submitReport>>> {
  const code = makeReporterCode(countingRandom(String(fake.cases.length)));
  const preparation = await prepareReport(service, { report: report(), files: [], code });
  if (!preparation.ok) throw new Error('problems');
  return submitReport(service, preparation.prepared);
}

async function collected(): Promise<AuditBundle> {
  const [, , , oversight] = fake.org.staff.map(({ subject, words }) => ({ subject, words: words.join(' ') }));
  if (oversight === undefined) throw new Error('no oversight');
  const session = await unlock(service, oversight.subject, oversight.words);
  const ledger = await collectLedger(
    verifier,
    fake.trust(),
    fake.ledger.checkpoint,
    ledgerOverHttp(fake.api()),
  );
  return collectAuditBundle(session.service, ledger);
}

const audit = (bundle: AuditBundle): LedgerAudit => auditLedger(verifier, fake.trust(), bundle);
const codes = (bundle: AuditBundle): string[] => audit(bundle).findings.map(({ code }) => code);

describe('the audit of a whole ledger from one file', () => {
  let bundle: AuditBundle;

  beforeAll(async () => {
    fake = await FakeService.make(providers, DEFAULT_POLICY);
    service = await connect(fake.deps(), fake.api(), fake.trust());
    fake.now += 60;
    const { receipt } = await submit();
    fake.now += 600;
    await fake.ledger.tick(fake.now);
    fake.now += 30;
    const [focal] = fake.org.staff;
    const session = await unlock(service, focal?.subject ?? '', focal?.words.join(' ') ?? '');
    await acknowledge(await openCase(session, receipt.casePseudonym), { text: 'Read.' });
    fake.now += 2 * DAY;
    fake.ledger.appendKeyset(fake.keyset, fake.now - DAY);
    await fake.ledger.tick(fake.now);
    await submit();
    bundle = await collected();
  }, 60_000);

  it('has nothing to find where all is well, and survives as a file', () => {
    const parsed = auditBundleSchema.parse(JSON.parse(JSON.stringify(bundle)));
    const { findings, size, witnessedAt, cases, keysets } = audit(parsed);
    expect(findings).toEqual([]);
    expect([size, witnessedAt]).toEqual([fake.ledger.entries.length, fake.now]);
    expect(cases.map(({ state }) => responseTimes(state))).toEqual(
      fake.cases.map(({ state }) => responseTimes(state)),
    );
    expect(keysets.map(({ version }) => version)).toEqual([1, 1]);
  });

  it('bounds every response time by what the witnesses saw', () => {
    const [first] = audit(bundle).cases;
    const answered = first?.times.find(({ clock }) => clock === 'C1');
    // Submitted at +60 between trees seen at +0 and +60; answered at +690 between trees seen at +660 and +690.
    expect(answered).toMatchObject({
      grossSeconds: 630,
      onTime: true,
      witnessed: { atLeast: 600, atMost: 690 },
      provenOnTime: true,
    });
    expect(first?.times.find(({ clock }) => clock === 'C3')).not.toHaveProperty('witnessed');
  });

  it('needs a checkpoint over exactly the entries', () => {
    expect(() => codes({ ...bundle, checkpoints: bundle.checkpoints.slice(0, -1) })).toThrow(
      'entries_uncovered',
    );
    expect(() => codes({ ...bundle, entries: bundle.entries.slice(0, -1) })).toThrow('entries_uncovered');
  });

  it('misses one opening, of an event or of cover', () => {
    const index = bundle.openings.findIndex((o) => o !== null);
    const event = bundle.openings.findIndex((o) => o !== null && fromBase64(o.opening, 'o')[1] === 1);
    expect(codes({ ...bundle, openings: bundle.openings.with(index, null) })).toContain('opening_missing');
    const { findings, cases } = audit({ ...bundle, openings: bundle.openings.with(event, null) });
    expect(findings.map(({ code }) => code)).toEqual(['opening_missing', 'receipt_chain']);
    expect(cases).toHaveLength(1);
  });

  it('wants the POLICY documents the ledger names', () => {
    expect(codes({ ...bundle, policies: [] })).toContain('policy_mismatch');
  });

  it('names what is malformed, and goes on', () => {
    const [first = ''] = bundle.checkpoints;
    expect(codes({ ...bundle, checkpoints: ['x', ...bundle.checkpoints] })).toContain('malformed');
    expect(codes({ ...bundle, checkpoints: [first, ...bundle.checkpoints] })).toContain('growth_irregular');
    const unsigned = first.replace(/\n— w.*/s, '\n');
    expect(codes({ ...bundle, checkpoints: [unsigned, ...bundle.checkpoints.slice(1)] })).toContain(
      'quorum_missing',
    );
    const openings = bundle.openings.with(0, { random: 'AAAA', opening: 'AAAA' });
    expect(codes({ ...bundle, openings })).toContain('index_mismatch');
  });
});

describe('a ledger whose server lies about times', () => {
  const pseudonym = new Uint8Array(16).fill(7);
  let ledger: FakeLedger;
  let policyHash: Bytes;
  const random = new Uint8Array(32).fill(9);

  const opening = (change: Partial<Opening>): Bytes => {
    const [one] = fake.cases;
    const real = parseOpening(fromBase64(one?.events[0]?.opening ?? '', 'opening'));
    return encodeOpening({ ...real, casePseudonym: pseudonym, ...change });
  };
  const bundleOf = async (): Promise<AuditBundle> => ({
    version: 1,
    entries: ledger.entries.map((entry) => Buffer.from(entry).toString('base64')),
    openings: ledger.openings,
    checkpoints: ledger.history(0, Infinity).map(({ note }) => note),
    policies: [await fake.api().call('policy', { params: { hash: toHex(policyHash) } })],
  });

  beforeAll(() => {
    policyHash = fake.keyset.policyHash;
  });

  /** POLICY and KEYSET, then one event claimed for `claimed` that came between +600 and +660. */
  async function withEvent(claimed: number, change: Partial<Opening> = {}): Promise<string[]> {
    ledger = new FakeLedger();
    ledger.appendKeyset(fake.keyset, NOW);
    ledger.appendPolicy({ version: 1, hash: policyHash }, NOW);
    await ledger.tick(NOW);
    await ledger.tick(NOW + 600);
    ledger.appendEvent(claimed, random, opening({ serverTime: claimed, ...change }));
    await ledger.tick(NOW + 660);
    return codes(await bundleOf());
  }

  it.each([
    [600 - CLAIM_TOLERANCE_SECONDS, []],
    [600 - CLAIM_TOLERANCE_SECONDS - 1, ['event_backdated']],
    [660 + CLAIM_TOLERANCE_SECONDS, []],
    [660 + CLAIM_TOLERANCE_SECONDS + 1, ['event_postdated']],
  ])('judges an event claimed for %p s', async (claimed, expected) => {
    expect(await withEvent(NOW + claimed)).toEqual(expected);
  });

  it('finds a POLICY that was not in the ledger before the event', async () => {
    const other = new Uint8Array(32).fill(1);
    expect(await withEvent(NOW + 630, { policyHash: other })).toEqual([
      'policy_not_logged',
      'policy_mismatch',
    ]);
    ledger = new FakeLedger();
    ledger.appendEvent(NOW, random, opening({ serverTime: NOW }));
    ledger.appendPolicy({ version: 1, hash: policyHash }, NOW);
    await ledger.tick(NOW);
    expect(codes(await bundleOf())).toEqual(['policy_not_logged']);
  });

  it('finds an entry off the beat, and cover that is not', async () => {
    ledger = new FakeLedger();
    ledger.appendPolicy({ version: 1, hash: policyHash }, NOW);
    const late = opening({ serverTime: NOW + 61 });
    const entry = ledger.appendEvent(NOW, random, late);
    expect(entry.subarray(12)).toEqual(commitEvent(random, late));
    const cover = opening({ type: 255, serverTime: NOW });
    ledger.appendEvent(NOW, random, cover);
    await ledger.tick(NOW);
    expect(codes(await bundleOf())).toEqual(['cover_invalid', 'tick_mismatch']);
  });

  it('names each opening that the ledger itself announced as lost', async () => {
    ledger = new FakeLedger();
    ledger.appendPolicy({ version: 1, hash: policyHash }, NOW);
    await ledger.tick(NOW);
    const body = encodeRecoveryLeafBody({ start: 0, end: 8, lost: 1 });
    ledger.append(encodePublicLeaf({ class: PUBLIC_LEAF_CLASS.recovery, time: NOW + 60, body }), null);
    await ledger.tick(NOW + 60);
    const good = await bundleOf();
    const index = good.openings.findIndex((opening) => opening !== null);
    const told = { ...good, openings: good.openings.with(index, null) };
    expect(audit(told).findings).toEqual([{ code: 'opening_lost', index }]);
    const second = good.openings.findIndex((opening, i) => opening !== null && i > index);
    expect(codes({ ...told, openings: told.openings.with(second, null) })).toContain('opening_missing');
  });

  it('finds a day without a KEYSET entry, unless it is the last', async () => {
    ledger = new FakeLedger();
    ledger.appendPolicy({ version: 1, hash: policyHash }, NOW);
    for (const day of [0, 1, 2]) {
      if (day === 0) ledger.appendKeyset(fake.keyset, NOW);
      await ledger.tick(NOW + day * DAY);
    }
    const { findings } = audit(await bundleOf());
    expect(findings).toEqual([{ code: 'keyset_leaf_missing', day: NOW + DAY - ((NOW + DAY) % DAY) }]);
  });

  it('finds a history of checkpoints with another root, or without a rise by eights', async () => {
    await withEvent(NOW + 630);
    const good = await bundleOf();
    const fork = new FakeLedger();
    await fork.tick(NOW);
    const checkpoints = [fork.checkpoint, ...good.checkpoints.slice(1)];
    expect(audit({ ...good, checkpoints }).findings).toContainEqual({
      code: 'checkpoint_forked',
      checkpoint: 0,
    });
    const swapped = [good.checkpoints[1] ?? '', good.checkpoints[0] ?? '', good.checkpoints[2] ?? ''];
    expect(codes({ ...good, checkpoints: swapped })).toContain('growth_irregular');
  });

  it('says nothing is proven of a case in the very first tree', async () => {
    ledger = new FakeLedger();
    ledger.appendPolicy({ version: 1, hash: policyHash }, NOW);
    const closing = opening({ serverTime: NOW });
    ledger.appendEvent(NOW, random, closing);
    await ledger.tick(NOW);
    const [one] = audit(await bundleOf()).cases;
    expect(one?.times.every((time) => !('provenOnTime' in time))).toBe(true);
  });
});

describe('a broken promise', () => {
  it('is shown by the promise and a later ledger without the entry', async () => {
    fake = await FakeService.make(providers, DEFAULT_POLICY);
    service = await connect(fake.deps(), fake.api(), fake.trust());
    fake.isTicking = false;
    const accepted = await submit();
    const ledger = () =>
      collectLedger(verifier, fake.trust(), fake.ledger.checkpoint, ledgerOverHttp(fake.api()));
    const early = await ledger();
    const judge = (of: typeof early, change = {}): string => {
      try {
        const promise = { ...accepted.promise, ...change };
        verifyBrokenPromise(verifier, fake.keyset, { entry: accepted.entry, promise }, of);
        return 'broken';
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(judge(early)).toBe('promise_not_due');
    fake.ledger.publish(fake.now + accepted.promise.maxDelaySeconds + 1);
    const late = await ledger();
    expect(judge(late)).toBe('broken');
    expect(judge(late, { maxDelaySeconds: 1 })).toBe('promise_signature');
    expect(judge({ ...late, entries: new Map([...late.entries].slice(1)) })).toBe('entries_uncovered');
    await fake.ledger.tick(fake.now + 700);
    expect(judge(await ledger())).toBe('promise_kept');
  });
});
