import { beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_POLICY } from '@app/casework';
import { nobleSealing } from '@app/crypto/seal';
import { nobleSigning } from '@app/crypto/sign';
import {
  encodeKeysetLeafBody,
  encodePublicLeaf,
  type Keyset,
  nobleVerifier,
  sha256,
  verifyKeyset,
} from '@app/crypto/verify';
import { type Bytes, toHex } from '@app/encoding';
import { NOW } from '../test/fake-office.js';
import { FakeService } from '../test/fake-service.js';
import {
  acceptHash,
  connect,
  holderOf,
  isNews,
  keysetEntry,
  renewEpochs,
  startWatch,
  unlock,
  type Watch,
  watchAges,
  watchEntry,
  watchRoles,
} from './index.js';

const DAY = 86_400;
const verifier = nobleVerifier();
const providers = { signing: nobleSigning(), verifier, sealing: nobleSealing() };

let fake: FakeService;
let first: Keyset;
let second: Keyset;
let rootset: Bytes;

beforeAll(async () => {
  fake = await FakeService.make(providers, DEFAULT_POLICY);
  rootset = fake.trust().rootset;
  first = fake.keyset;
  const holders = fake.org.staff.map(({ keyring }) => holderOf(fake.deps(), first, keyring));
  const renewal = await renewEpochs(fake.deps(), first, holders, NOW + DAY);
  second = verifyKeyset(verifier, renewal.keyset, { rootset, now: NOW + DAY });
});

const entryOf = (version: number, hash: string, at: number, index: number) => ({ version, hash, at, index });
const naming = (keyset: Keyset, at: number, index: number) =>
  entryOf(keyset.version, toHex(keyset.hash), at, index);
const codes = ({ open }: Watch): string[] => open.map(({ code }) => code);

type Named = { readonly entry: ReturnType<typeof entryOf>; readonly bytes?: Uint8Array };

/** Goes through entries as a reader of the ledger does: a KEYSET is fetched only where it is news. */
function follow(
  named: readonly Named[],
  roles: readonly string[] = [],
  known: readonly string[] = [],
): Watch {
  return named.reduce(
    (watch, { entry, bytes }) =>
      watchEntry(watch, entry, isNews(watch, entry) ? bytes : undefined, entry.at + 60, {
        verifier,
        rootset,
        roles,
      }),
    startWatch(known),
  );
}

const one = (at = NOW, index = 0): Named => ({ entry: naming(first, at, index), bytes: first.bytes });
const two = (at = NOW + DAY, index = 9): Named => ({ entry: naming(second, at, index), bytes: second.bytes });

describe('entries of KEYSETs', () => {
  it('are told from all others, and read', () => {
    const hash = new Uint8Array(32).fill(7);
    const body = encodeKeysetLeafBody({ version: 3, hash, path: '/keyset/07' });
    expect(keysetEntry(5, encodePublicLeaf({ class: 1, time: NOW, body }))).toEqual(
      entryOf(3, toHex(hash), NOW, 5),
    );
    expect(keysetEntry(5, encodePublicLeaf({ class: 4, time: NOW, body }))).toBeUndefined();
    for (const entry of fake.ledger.entries) expect(keysetEntry(0, entry) === undefined).toBe(entry[1] !== 1);
  });

  it('of an honest log raise nothing, however often they are logged again', () => {
    const watch = follow([one(), one(NOW + DAY / 2, 4), two(), two(NOW + 2 * DAY, 20)]);
    expect(watch.open).toEqual([]);
    expect(watch.keyset).toMatchObject({ version: 2, hash: toHex(second.hash), loggedAt: NOW + 2 * DAY });
  });

  const cases: [string, () => Named[], string[]][] = [
    ['a version that falls', () => [one(), two(), one(NOW + 2 * DAY, 12)], ['keyset_rolled_back']],
    [
      'one version with two hashes',
      () => [one(), { entry: entryOf(1, 'ee'.repeat(32), NOW, 3) }],
      ['keyset_two_hashes'],
    ],
    ['a KEYSET that nobody hands out', () => [one(), { entry: two().entry }], ['keyset_withheld']],
    [
      'another KEYSET than the one named',
      () => [one(), { ...two(), bytes: first.bytes }],
      ['keyset_withheld'],
    ],
    [
      'a KEYSET of other roots, or cut',
      () => {
        const bytes = second.bytes.slice(0, -1);
        return [one(), { entry: entryOf(2, hashOf(bytes), NOW + DAY, 9), bytes }];
      },
      ['keyset_refused'],
    ],
    [
      'a KEYSET under another version than its own',
      () => [one(), { ...two(), entry: { ...two().entry, version: 7 } }],
      ['keyset_refused'],
    ],
    [
      'the same, again and again, once',
      () => [one(), two(), one(NOW + 2 * DAY, 12), one(NOW + 3 * DAY, 13)],
      ['keyset_rolled_back'],
    ],
  ];
  it.each(cases)('raise an alarm on %s', (_, named, expected) => {
    expect(codes(follow(named()))).toEqual(expected);
  });

  it('that are refused leave the one that held in force', () => {
    const watch = follow([one(), { entry: two().entry }]);
    expect(watch.keyset?.version).toBe(1);
    expect(codes(watch)).toEqual(['keyset_withheld']);
    expect(follow([one(), { entry: two().entry }, two(NOW + DAY + 60, 11)]).keyset?.version).toBe(2);
  });

  it('are not believed to be later than the witnesses saw them', () => {
    const trust = { verifier, rootset, roles: [] };
    const early = watchEntry(startWatch(), one(NOW + 301).entry, first.bytes, NOW, trust);
    expect(codes(early)).toEqual(['keyset_leaf_early']);
    expect(codes(watchEntry(startWatch(), one(NOW + 300).entry, first.bytes, NOW, trust))).toEqual([]);
  });
});

describe('a watched role', () => {
  const role = (): string => toHex(first.roleByKind('focal_point')!.id);
  const hashesOf = (keyset: Keyset): string[] =>
    [...keyset.certificates, ...keyset.epochs]
      .filter(({ roleId }) => toHex(roleId) === role())
      .map(({ hash }) => toHex(hash));

  it('raises every certificate and epoch that was not announced', () => {
    const watch = follow([one()], [role()]);
    expect(watch.open.map(({ subject }) => subject)).toEqual(hashesOf(first));
    expect(new Set(codes(watch))).toEqual(new Set(['certificate_unannounced', 'epoch_unannounced']));
  });

  it('is silent about what is known, and about other roles', () => {
    expect(follow([one()], [role()], hashesOf(first)).open).toEqual([]);
    const watch = follow([one(), two()], [role()], hashesOf(first));
    const added = hashesOf(second).filter((hash) => !hashesOf(first).includes(hash));
    expect(added).toHaveLength(1);
    expect(watch.open).toEqual([{ code: 'epoch_unannounced', subject: added[0], role: role() }]);
  });

  it('is silent again once each was accepted, and not before', () => {
    let watch = follow([one()], [role()]);
    expect(acceptHash(watch, 'ff'.repeat(32))).toBeUndefined();
    for (const hash of hashesOf(first)) {
      expect(watch.open.some(({ subject }) => subject === hash)).toBe(true);
      watch = acceptHash(watch, hash)!;
    }
    expect(watch.open).toEqual([]);
    expect(watchRoles(watch, first, [role()]).open).toEqual([]);
    expect(watchRoles(startWatch(), first, [role()]).open).toHaveLength(hashesOf(first).length);
  });

  it('is looked at when its own staff unlock, if they remember anything', async () => {
    const member = fake.org.staff.find(({ roleKind }) => roleKind === 'focal_point')!;
    const service = await connect(fake.deps(), fake.api(), fake.trust());
    const news = async (remembered?: ReadonlySet<string>) =>
      (await unlock(service, member.subject, member.words.join(' '), remembered)).unannounced;
    expect(await news()).toBeUndefined();
    expect(await news(new Set(hashesOf(first)))).toEqual([]);
    expect((await news(new Set()))?.map(({ subject }) => subject)).toEqual(hashesOf(first));
  });
});

describe('time', () => {
  const at = (now: number, quorumTime: number): string[] =>
    watchAges(follow([one()]), quorumTime, now).map(({ code }) => code);

  it.each([
    [7 * DAY, 7 * DAY, []],
    [7 * DAY + 1, 7 * DAY, ['keyset_leaf_stale']],
    [7 * DAY, -1, ['witness_stale']],
    [7 * DAY + 1, 0, ['witness_stale', 'keyset_leaf_stale']],
  ])('%i s after the entry, with a quorum at %i s', (now, quorum, expected) => {
    expect(at(NOW + now, NOW + quorum)).toEqual(expected);
  });

  it('makes a KEYSET run out, and a log without one is stale', () => {
    expect(at(first.expires, first.expires)).toEqual(['keyset_leaf_stale', 'keyset_expired']);
    expect(watchAges(startWatch(), NOW, NOW)).toEqual([{ code: 'keyset_leaf_stale', subject: '' }]);
  });
});

function hashOf(bytes: Uint8Array): string {
  return toHex(sha256(bytes));
}
