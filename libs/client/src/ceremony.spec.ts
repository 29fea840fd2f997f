import { DEFAULT_POLICY } from '@app/casework';
import { decodeWords, nobleSealing, sealKeyBox } from '@app/crypto/seal';
import { makeSigner, nobleSigning, parseKeysetFile } from '@app/crypto/sign';
import {
  type Certificate,
  certificateBodyBytes,
  nobleVerifier,
  parseCertificate,
  parseRootPart,
  sha256,
  TAG,
  verifyKeyset,
} from '@app/crypto/verify';
import { type Bytes, decodeUtf8, encodeUtf8, toBase64, toHex } from '@app/encoding';
import { ALGORITHM_COSIGNATURE, ALGORITHM_ED25519 } from '@app/tlog';
import { describe, expect, it } from '@jest/globals';
import {
  epochsToKeep,
  finishCertificate,
  finishKeyset,
  handOnEpochs,
  type Holder,
  holderOf,
  makeRoleEpoch,
  makeRootset,
  type RootSigner,
  signAsRoot,
} from './ceremony.js';
import { describePlan } from './ceremony-describe.js';
import { checkDirectory, type DirectoryContent, directoryFiles } from './ceremony-directory.js';
import { CeremonyError } from './ceremony-errors.js';
import {
  makeRootKey,
  makeStaffMember,
  openRootSeed,
  openStaffVault,
  type StaffMember,
} from './ceremony-people.js';
import {
  checkPlan,
  checkRootPart,
  type Plan,
  policyTextOf,
  rootPartOf,
  type Seat,
  seatOf,
  tlogPolicyOf,
} from './ceremony-plan.js';
import { checkEpochsPart, rootSignaturesOver, type Signed, signCarried } from './ceremony-signatures.js';
import { vkeyOf } from './evaluation.js';

const NOW = 1_800_000_000;
const YEAR = 366 * 86_400;
const filled = (n: number, length = 32): Bytes => new Uint8Array(length).fill(n);
let drawn = 0;
const deps = {
  signing: nobleSigning(),
  sealing: nobleSealing(),
  random: { bytes: (n: number): Bytes => Uint8Array.from(sha256(filled(++drawn)).subarray(0, n)) },
};
const verifier = nobleVerifier();
const roots = [1, 2, 3].map((n, rootIndex): RootSigner => ({
  rootIndex,
  signer: makeSigner(deps.signing, filled(n)),
}));
const rootset = makeRootset(
  roots.map(({ signer }) => signer.publicKey),
  2,
);
const publicKey = (n: number): Bytes => deps.signing.publicKey(filled(n));
const seatAt = (n: number, name: string, role: number, capabilities: Seat['capabilities']): Seat => ({
  name,
  roleId: filled(role, 16),
  subjectId: filled(n, 16),
  capabilities,
  notBefore: NOW - 10,
  notAfter: NOW + YEAR,
});
const SEATS = [
  seatAt(0x11, 'focal-1', 0xa1, ['epoch', 'triage']),
  seatAt(0x12, 'focal-2', 0xa1, ['triage']),
  seatAt(0x13, 'official', 0xa2, ['epoch', 'decide']),
] as const;
const PLAN: Plan = {
  origin: 'log.example',
  rootset,
  roles: [
    { id: filled(0xa1, 16), kind: 'focal_point', name: 'Focal point' },
    { id: filled(0xa2, 16), kind: 'senior_official', name: 'Official' },
  ],
  seats: SEATS,
  logVkey: vkeyOf('log.example', ALGORITHM_ED25519, publicKey(0x4c)),
  promisePublicKey: publicKey(0x50),
  witnessVkeys: ['w1', 'w2', 'w3'].map((name, i) => vkeyOf(name, ALGORITHM_COSIGNATURE, publicKey(0x57 + i))),
  quorum: 2,
  policy: DEFAULT_POLICY,
  minSuite: 1,
  expires: NOW + YEAR,
};

const codeOf = async (act: () => unknown): Promise<string> => {
  try {
    await act();
  } catch (error) {
    if (error instanceof CeremonyError) return error.code;
    throw error;
  }
  return 'ok';
};

type Person = { readonly member: StaffMember; readonly certificate: Certificate; readonly holder: Holder };
async function person(seat: Seat): Promise<Person> {
  const member = await makeStaffMember(deps, seat, 'en');
  const body = certificateBodyBytes(parseCertificate(member.request));
  const certificate = finishCertificate(
    body,
    roots.slice(1).map((root) => signAsRoot(root, TAG.certificate, body)),
  );
  return { member, certificate, holder: holderOf(deps, { certificate: () => certificate }, member.keyring) };
}
const people = Promise.all(SEATS.map(person));

async function organisation() {
  const [focal, second, official] = (await people) as [Person, Person, Person];
  const certificates = [focal, second, official].map(({ certificate }) => certificate);
  const rootPart = rootPartOf(PLAN, certificates, { rootVersion: 1, issued: NOW });
  const epochs = [
    await makeRoleEpoch(deps, focal.holder, certificates.slice(0, 2), NOW),
    await makeRoleEpoch(deps, official.holder, certificates.slice(2), NOW),
  ];
  const keyset = finishKeyset(
    { bytes: rootPart, signatures: roots.slice(0, 2).map((root) => signAsRoot(root, TAG.keyset, rootPart)) },
    epochs.map(({ epoch }) => epoch),
    1,
    NOW,
    [focal.holder, official.holder],
  );
  return { focal, second, official, certificates, rootPart, epochs, keyset };
}
const made = organisation();

describe('a plan', () => {
  const seats = (change: Partial<Seat>): Partial<Plan> => ({
    seats: [{ ...SEATS[0], ...change }, SEATS[1], SEATS[2]],
  });
  it.each<[string, Partial<Plan>, string]>([
    ['that holds', {}, 'ok'],
    ['without a focal point', { roles: PLAN.roles.slice(1), seats: SEATS.slice(2) }, 'plan_roles'],
    ['with one role twice', { roles: [...PLAN.roles, PLAN.roles[0]!] }, 'plan_roles'],
    ['with one seat name twice', seats({ name: 'focal-2' }), 'plan_roles'],
    ['with one person twice', seats({ subjectId: SEATS[1].subjectId }), 'plan_roles'],
    ['with a seat in no role', seats({ roleId: filled(0, 16) }), 'plan_seat_role'],
    ['that has expired', { expires: NOW }, 'plan_dates'],
    ['with a seat that is over', seats({ notAfter: NOW }), 'plan_dates'],
    ['with dates in the wrong order', seats({ notBefore: NOW + YEAR }), 'plan_dates'],
    ['with nobody to make epochs', seats({ capabilities: ['triage'] }), 'plan_holders'],
    ['whose only maker of epochs is revoked', seats({ revokedAt: NOW }), 'plan_holders'],
    ['with the key of another log', { origin: 'other.example' }, 'plan_keys'],
    ['with a log key for a witness', { witnessVkeys: [PLAN.logVkey], quorum: 1 }, 'plan_keys'],
    ['with more to cosign than there are', { quorum: 4 }, 'plan_keys'],
    ['with a key that is none', { logVkey: 'log.example+0+x' }, 'plan_keys'],
  ])('%s: %#', async (_name, change, code) => {
    expect(await codeOf(() => checkPlan({ ...PLAN, ...change }, NOW))).toBe(code);
  });

  it('keeps every seat that was ever certified', async () => {
    const { keyset } = await made;
    const before = verifyKeyset(verifier, keyset, { rootset, now: NOW });
    expect(await codeOf(() => checkPlan(PLAN, NOW, before))).toBe('ok');
    const without = { ...PLAN, seats: [SEATS[0], SEATS[2]] };
    expect(await codeOf(() => checkPlan(without, NOW, before))).toBe('plan_seat_lost');
  });

  it('is shown with everything in it', () => {
    const bytes = encodeUtf8('plan');
    const listing = describePlan(PLAN, bytes);
    expect(listing).toContain('2 of 3 must cosign');
    expect(listing).toContain('  C8  60 d\n');
    expect(listing).toContain('P1 1 d, P2 3 d');
    const revoked = { ...SEATS[1], revokedAt: NOW };
    const changes: Partial<Plan>[] = [
      { origin: 'x' },
      { rootset: makeRootset([publicKey(9)], 1) },
      { roles: [{ ...PLAN.roles[0]!, kind: 'ethics' }, PLAN.roles[1]!] },
      { seats: [SEATS[0], revoked, SEATS[2]] },
      seats({ capabilities: ['epoch'] }),
      seats({ notAfter: NOW + 1 }),
      { logVkey: 'y' },
      { promisePublicKey: filled(1) },
      { witnessVkeys: ['z'] },
      { quorum: 3 },
      { minSuite: 2 },
      { expires: NOW + 1 },
      { policy: { ...DEFAULT_POLICY, note: 'slower' } },
    ];
    for (const change of changes) expect(describePlan({ ...PLAN, ...change }, bytes)).not.toBe(listing);
  });
});

describe('what follows from the plan', () => {
  it('is a root part that everybody can make anew', async () => {
    const { rootPart, certificates } = await made;
    const expected = { rootVersion: 1, now: NOW };
    expect(await codeOf(() => checkRootPart(PLAN, rootPart, expected))).toBe('ok');
    expect(rootPartOf(PLAN, [...certificates].reverse(), { rootVersion: 1, issued: NOW })).toEqual(rootPart);
    const later = { ...PLAN, expires: PLAN.expires + 1 };
    for (const refused of [
      () => checkRootPart(later, rootPart, expected),
      () => checkRootPart(PLAN, rootPart, { rootVersion: 2, now: NOW }),
      () => checkRootPart(PLAN, rootPart, { rootVersion: 1, now: NOW - 301 }),
    ])
      expect(await codeOf(refused)).toBe('root_part_not_planned');
  });

  it('needs one certificate for each seat in force', async () => {
    const { certificates } = await made;
    const of = (plan: Plan, some: readonly Certificate[]) => () =>
      rootPartOf(plan, some, { rootVersion: 1, issued: NOW });
    expect(await codeOf(of(PLAN, certificates.slice(1)))).toBe('certificate_missing');
    const again = await person(SEATS[0]);
    expect(await codeOf(of(PLAN, [...certificates, again.certificate]))).toBe('certificate_twice');
    const gone = { ...PLAN, seats: [{ ...SEATS[0], revokedAt: NOW }, SEATS[1], SEATS[2]] };
    expect(parseRootPart(of(gone, certificates)()).revocations).toEqual([
      { serial: certificates[0]!.serial, at: NOW },
    ]);
    expect(parseRootPart(of(gone, certificates.slice(1))()).revocations).toEqual([]);
  });

  it.each<[string, Partial<Seat>, string]>([
    ['the seat', {}, 'ok'],
    ['another role', { roleId: filled(0xa2, 16) }, 'request_not_planned'],
    ['another capability', { capabilities: ['epoch'] }, 'request_not_planned'],
    ['an earlier beginning', { notBefore: NOW - 11 }, 'request_not_planned'],
    ['a later end', { notAfter: NOW + YEAR + 1 }, 'request_not_planned'],
    ['somebody else', { subjectId: filled(9, 16) }, 'seat_unknown'],
  ])('judges a request for %s', async (_name, change, code) => {
    const { request } = await makeStaffMember(deps, { ...SEATS[0], ...change }, 'en');
    expect(await codeOf(() => seatOf(PLAN, parseCertificate(request)))).toBe(code);
  });
});

describe('signatures that were carried', () => {
  const message = filled(7, 100);
  const signed: Signed = { signs: 'root-part', message, name: 'root-part.bin' };
  const by = (index: number, of = message) => signCarried(roots[index]!, 'root-part', of);
  const forged = { ...by(0), by: { kind: 'root' as const, rootIndex: 1 } };
  const stranger = { ...by(0), by: { kind: 'root' as const, rootIndex: 3 } };
  it.each([
    ['two roots', [by(0), by(2)], 'ok'],
    ['three', [by(0), by(1), by(2)], 'ok'],
    ['one', [by(0)], 'signatures_short'],
    ['one twice', [by(0), by(0)], 'signatures_short'],
    ['one over something else', [by(0), by(1, filled(8, 100))], 'signatures_short'],
    [
      'one over something of another kind',
      [by(0), signCarried(roots[1]!, 'certificate', message)],
      'signatures_short',
    ],
    ['one in the name of another', [by(0), forged], 'signature_wrong'],
    ['one of no root', [by(0), by(1), stranger], 'signer_unknown'],
  ])('%s', async (_name, carried, code) => {
    expect(await codeOf(() => rootSignaturesOver(verifier, rootset, signed, carried))).toBe(code);
  });

  it('are not made by a holder for a root', async () => {
    const { focal } = await made;
    expect(await codeOf(() => signCarried(focal.holder, 'root-part', message))).toBe('signer_unknown');
    expect(signCarried(focal.holder, 'epochs', message).by).toEqual({
      kind: 'holder',
      certificateHash: focal.certificate.hash,
    });
  });
});

describe('an EPOCHS part before it is signed', () => {
  it('is the next, belongs to the root part, and has an epoch in date for each role', async () => {
    const { rootPart, keyset } = await made;
    const { epochsPart } = parseKeysetFile(keyset);
    const judge = (root: Bytes, version: number, now: number) =>
      codeOf(() => checkEpochsPart(verifier, root, epochsPart, { version, now }));
    expect(await judge(rootPart, 1, NOW)).toBe('ok');
    expect(await judge(rootPart, 2, NOW)).toBe('epochs_not_planned');
    expect(await judge(rootPart, 1, NOW + YEAR)).toBe('epochs_not_planned');
    const { certificates } = await made;
    const other = rootPartOf(PLAN, certificates, { rootVersion: 2, issued: NOW });
    expect(await judge(other, 1, NOW)).toBe('epochs_not_planned');
  });

  it('leaves out epochs that are over or whose maker is revoked', async () => {
    const { certificates, epochs } = await made;
    const all = epochs.map(({ epoch }) => epoch);
    const revoked = certificates.map((c, i) => (i === 0 ? { ...c, revokedAt: NOW } : c));
    expect(epochsToKeep(all, certificates, NOW)).toEqual(all);
    expect(epochsToKeep(all, revoked, NOW)).toEqual([all[1]]);
    expect(epochsToKeep(all, revoked, NOW - 1)).toEqual(all);
    expect(epochsToKeep(all, certificates, NOW + YEAR)).toEqual([]);
  });

  it('goes with boxes that hand earlier epochs on to newcomers', async () => {
    const { focal, certificates, epochs } = await made;
    const [epoch] = epochs;
    const all = epochs.map((one) => one.epoch);
    const newcomer = await person(seatAt(0x19, 'focal-3', 0xa1, ['triage']));
    const holders = [...certificates.slice(0, 2), newcomer.certificate];
    const handed = await handOnEpochs(deps.sealing, focal.holder, all, holders, epoch!.boxes);
    expect(handed.map((box) => box.certificateHash)).toEqual([toHex(newcomer.certificate.hash)]);
    const lies = await sealKeyBox(
      deps.sealing,
      focal.certificate.kemPublicKey,
      focal.certificate.signingPublicKey,
      {
        purpose: 'staffHolder',
        compartment: 0,
        epoch: 1,
        scopeId: SEATS[0].roleId,
        seed: filled(1),
      },
    );
    const swapped = epoch!.boxes.map((box) => ({ ...box, box: toBase64(lies) }));
    await expect(handOnEpochs(deps.sealing, focal.holder, all, holders, swapped)).rejects.toMatchObject({
      code: 'box_wrong_key',
    });
  });
});

describe('what a person keeps', () => {
  it('opens with her words alone', async () => {
    const root = await makeRootKey(deps, 'fr');
    const code = decodeWords(root.words.join(' '));
    const seed = await openRootSeed(deps.sealing, root.file, code, 'root-0');
    expect(deps.signing.publicKey(seed)).toEqual(root.publicKey);
    expect(await codeOf(() => openRootSeed(deps.sealing, root.file, filled(1, 16), 'root-0'))).toBe(
      'words_wrong',
    );
    const { focal } = await made;
    const hers = decodeWords(focal.member.words.join(' '));
    const opened = await openStaffVault(deps.sealing, focal.member.vault, hers, 'focal-1');
    expect(opened).toEqual(focal.member.keyring);
    expect(await codeOf(() => openStaffVault(deps.sealing, focal.member.vault, code, 'focal-1'))).toBe(
      'words_wrong',
    );
  });
});

describe('a directory', () => {
  async function content(): Promise<DirectoryContent> {
    const { keyset, epochs, focal, second, official } = await made;
    return {
      rootset,
      keyset,
      policyText: policyTextOf(PLAN),
      staff: {
        vaults: [focal, second, official].map(({ member }) => member.vault),
        epochBoxes: epochs.flatMap(({ boxes }) => boxes),
      },
      trust: { rootset, policy: tlogPolicyOf(PLAN) },
      logVkey: PLAN.logVkey,
    };
  }

  it('is six files', async () => {
    const files = directoryFiles(await content());
    expect(Object.keys(files).sort()).toEqual(
      ['keyset.bin', 'log.vkey', 'policy.json', 'rootset.bin', 'staff.json', 'trust.json'].sort(),
    );
    expect(decodeUtf8(files['log.vkey']!, 'vkey')).toBe(`${PLAN.logVkey}\n`);
  });

  it.each<[string, (c: DirectoryContent) => DirectoryContent, string]>([
    ['that holds', (c) => c, 'ok'],
    [
      'with another rootset.bin',
      (c) => ({ ...c, rootset: makeRootset([publicKey(9)], 1) }),
      'directory_differs',
    ],
    [
      'with other witnesses in trust.json',
      (c) => ({ ...c, trust: { ...c.trust, policy: 'x' } }),
      'directory_differs',
    ],
    ['with another log.vkey', (c) => ({ ...c, logVkey: 'x' }), 'directory_differs'],
    [
      'with another POLICY',
      (c) => ({ ...c, policyText: policyTextOf({ policy: { ...DEFAULT_POLICY, version: 2 } }) }),
      'directory_differs',
    ],
    [
      'without a vault',
      (c) => ({ ...c, staff: { ...c.staff, vaults: c.staff.vaults.slice(1) } }),
      'directory_differs',
    ],
    [
      'without a box',
      (c) => ({ ...c, staff: { ...c.staff, epochBoxes: c.staff.epochBoxes.slice(1) } }),
      'directory_differs',
    ],
  ])('%s', async (_name, change, code) => {
    const changed = change(await content());
    expect(await codeOf(() => checkDirectory(verifier, changed, NOW))).toBe(code);
  });
});
