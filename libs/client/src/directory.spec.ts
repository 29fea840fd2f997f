import { beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_POLICY, REFUSAL_CODES } from '@app/casework';
import { PROBLEM_CODES } from '@app/contracts';
import { nobleSealing } from '@app/crypto/seal';
import { makeSigner, nobleSigning } from '@app/crypto/sign';
import { nobleVerifier } from '@app/crypto/verify';
import { toBase64, toHex } from '@app/encoding';
import { countingRandom, NOW } from '../test/fake-office.js';
import { FakeService } from '../test/fake-service.js';
import {
  connect,
  describeRefusal,
  EPOCH_RENEWAL_SECONDS,
  EPOCH_SECONDS,
  type Holder,
  holderOf,
  loadDirectory,
  loadPolicy,
  renewEpochs,
  rolesDueForRenewal,
  type Trust,
  unlock,
} from './index.js';

const DAY = 86_400;
const providers = { signing: nobleSigning(), verifier: nobleVerifier(), sealing: nobleSealing() };

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'accepted',
    (error: unknown) => (error as { code: string }).code,
  );

describe('the directory', () => {
  let fake: FakeService;
  beforeEach(async () => {
    fake = await FakeService.make(providers, DEFAULT_POLICY);
  });

  const load = (options = {}, trust: Trust = fake.trust()) =>
    loadDirectory(fake.deps(), fake.api(), trust, options);

  it('is fresh just after the ceremony', async () => {
    const { keyset, freshness, witnesses, witnessedAt } = await load();
    expect([keyset.version, freshness, witnesses, witnessedAt]).toEqual([
      1,
      'fresh',
      ['witness-1', 'witness-2'],
      NOW,
    ]);
    expect(keyset.roles.map(({ kind }) => kind)).toEqual([
      'focal_point',
      'senior_official',
      'alternate',
      'oversight',
      'mechanism',
      'custodian',
      'administrator',
    ]);
  });

  /** Days since the KEYSET leaf, and since the witnesses' last cosignature. */
  const ages: [number, number, string][] = [
    [7, 7, 'fresh'],
    [7.1, 0, 'keyset_leaf_stale'],
    [7.1, 7.1, 'witness_stale'],
    [30, 30, 'witness_stale'],
    [30.1, 30.1, 'witness_too_old'],
    [20, 10, 'keyset_leaf_stale'],
  ];
  it.each(ages)(
    'with a leaf %p and a quorum %p days old is judged',
    async (leafDays, quorumDays, verdict) => {
      fake.ledger.publish(NOW + (leafDays - quorumDays) * DAY);
      fake.now = NOW + leafDays * DAY;
      const outcome = await load().then(
        ({ freshness }) => freshness as string,
        (error: unknown) => (error as { code: string }).code,
      );
      expect(outcome).toBe(verdict);
    },
  );

  it('goes on past silent witnesses only by choice', async () => {
    fake.now = NOW + 10 * DAY;
    expect((await load({ acceptStale: true })).freshness).toBe('witnesses_silent');
    fake.now = NOW + 31 * DAY;
    expect(await codeOf(load({ acceptStale: true }))).toBe('witness_too_old');
  });

  it('does not believe a leaf dated ahead of the witnesses', async () => {
    fake.ledger.appendKeyset(fake.keyset, NOW + 5 * DAY);
    await fake.ledger.tick(NOW);
    expect(await codeOf(load())).toBe('keyset_leaf_early');
  });

  it('tells a clock that is behind', async () => {
    fake.ledger.publish(NOW + 301);
    expect(await codeOf(load())).toBe('clock_behind');
  });

  it('wants a quorum of the pinned witnesses', async () => {
    fake.ledger.publish(NOW, fake.ledger.witnesses.slice(0, 1));
    expect(await codeOf(load())).toBe('quorum_missing');
  });

  it('wants witnesses at all', async () => {
    const { rootset, policy } = fake.trust();
    const lone = `${policy.split('\n')[0] ?? ''}\nquorum none\n`;
    expect(await codeOf(load({}, { rootset, policy: lone }))).toBe('trust_without_witnesses');
  });

  it('refuses a KEYSET of other roots', async () => {
    const other = await FakeService.make(
      { ...providers, signing: { ...providers.signing } },
      { ...DEFAULT_POLICY, note: 'other' },
    );
    other.tamper.set('keyset', () => fake.keyset.bytes);
    const trust = {
      ...fake.trust(),
      rootset: fake.org.rootset.map((byte, i) => (i === 20 ? byte ^ 1 : byte)),
    };
    expect(await codeOf(load({}, trust))).toBe('keyset_wrong_roots');
  });

  it('refuses a KEYSET that the ledger does not have', async () => {
    const renewed = await renewEpochs(fake.deps('renew'), fake.keyset, holders(fake), NOW);
    fake.tamper.set('keyset', () => renewed.keyset);
    expect(await codeOf(load())).toBe('keyset_not_in_log');
  });

  it('looks again when a renewal is announced between the two answers', async () => {
    const before = fake.keyset.bytes;
    const renewed = await renewEpochs(fake.deps('renew'), fake.keyset, holders(fake), NOW);
    fake.publish(renewed.keyset, renewed.epochBoxes);
    await fake.ledger.tick(NOW);
    let asked = 0;
    fake.tamper.set('keyset', (now) => (asked++ === 0 ? before : now));
    expect((await load()).keyset.version).toBe(2);
    fake.tamper.set('keyset', () => before);
    expect(await codeOf(load())).toBe('keyset_not_in_log');
  });

  it('refuses to go back', async () => {
    const { keyset } = await load();
    const previous = { version: 2, hash: keyset.hash, rootVersion: 1 };
    expect(await codeOf(load({ previous }))).toBe('keyset_rolled_back');
    const otherHash = { version: 1, hash: new Uint8Array(32), rootVersion: 1 };
    expect(await codeOf(load({ previous: otherHash }))).toBe('keyset_two_hashes');
  });

  it('takes response times only by their hash', async () => {
    const { keyset } = await load();
    expect(await loadPolicy(fake.api(), keyset.policyHash)).toEqual(DEFAULT_POLICY);
    fake.tamper.set('policy', (text: string) => text.replace('"version":1', '"version":2'));
    expect(await codeOf(loadPolicy(fake.api(), keyset.policyHash))).toBe('policy_mismatch');
  });

  it('has a sentence for its refusals', () => {
    expect(describeRefusal('witness_stale')).toMatch(/seven days/);
    for (const code of [...PROBLEM_CODES, ...REFUSAL_CODES])
      expect([code, describeRefusal(code)]).toEqual([code, expect.not.stringContaining(code)]);
    expect(describeRefusal('constructor')).toBe('Something that was checked does not hold (constructor).');
  });
});

function holders(fake: FakeService): Holder[] {
  return fake.org.staff.map((member) => holderOf(providers, fake.keyset, member.keyring));
}

describe('the evaluation organisation', () => {
  it('lets every member unlock with her words and hold the seeds of her role', async () => {
    const fake = await FakeService.make(providers, DEFAULT_POLICY);
    const service = await connect(fake.deps(), fake.api(), fake.trust());
    for (const member of fake.org.staff) {
      const session = await unlock(service, member.subject, member.words.join(' '));
      expect([...session.roleSeeds.keys()]).toEqual([`${session.actor.roleId}/1`]);
      expect(session.actor.roleKind).toBe(member.roleKind);
    }
  });

  it('shows no secret in what the servers get', async () => {
    const { org } = await FakeService.make(providers, DEFAULT_POLICY);
    const stored = JSON.stringify([
      org.staff.map(({ vault }) => vault),
      org.epochBoxes,
      toHex(org.keyset),
      org.policyText,
    ]);
    for (const { keyring } of org.staff) {
      for (const secret of [keyring.signingSeed, keyring.kemSeed]) {
        expect(stored).not.toContain(toHex(secret));
        expect(stored).not.toContain(toBase64(secret));
      }
    }
  });

  it('renews its epochs and goes on', async () => {
    const fake = await FakeService.make(providers, DEFAULT_POLICY);
    expect(rolesDueForRenewal(fake.keyset, NOW + EPOCH_RENEWAL_SECONDS - 1)).toHaveLength(0);
    fake.now = NOW + EPOCH_RENEWAL_SECONDS;
    expect(rolesDueForRenewal(fake.keyset, fake.now)).toHaveLength(7);
    const before = fake.keyset;
    const renewed = await renewEpochs(fake.deps('renew'), before, holders(fake), fake.now);
    fake.publish(renewed.keyset, renewed.epochBoxes);
    await fake.ledger.tick(fake.now);
    const service = await connect(fake.deps(), fake.api(), fake.trust(), {
      previous: { version: 1, hash: before.hash, rootVersion: 1 },
    });
    const { keyset } = service.directory;
    expect([keyset.version, keyset.epochs.length]).toEqual([2, 14]);
    const [focal] = keyset.roles;
    expect(focal && keyset.currentEpoch(focal.id, fake.now).epoch).toBe(2);
    expect(focal && before.epochs[0]?.hash).toEqual(keyset.epochs[7]?.previousHash);
    const [member] = fake.org.staff;
    const session = await unlock(service, member?.subject ?? '', member?.words.join(' ') ?? '');
    expect(session.roleSeeds.size).toBe(2);
  });

  it('drops epochs that ended, and gives no box to a holder whose certificate did', async () => {
    const fake = await FakeService.make(providers, DEFAULT_POLICY);
    const now = NOW + EPOCH_SECONDS;
    const renewed = await renewEpochs(fake.deps('renew'), fake.keyset, holders(fake), now);
    fake.now = now;
    expect(fake.publish(renewed.keyset).epochs.map(({ epoch }) => epoch)).toEqual([2, 2, 2, 2, 2, 2, 2]);
    expect(renewed.epochBoxes).toHaveLength(10);
    const late = await renewEpochs(fake.deps('renew'), fake.keyset, holders(fake), NOW + 3_660 * DAY);
    expect(late.epochBoxes).toHaveLength(0);
  });

  it('needs two persons for a renewal', async () => {
    const fake = await FakeService.make(providers, DEFAULT_POLICY);
    const [one] = holders(fake);
    if (one === undefined) throw new Error('no holder');
    const again: Holder = { ...one, signer: makeSigner(providers.signing, countingRandom('x').bytes(32)) };
    await expect(renewEpochs(fake.deps(), fake.keyset, [one, again], NOW)).rejects.toThrow('two holders');
  });
});
