import {
  awaitProof,
  type ClientDeps,
  connect,
  listCases,
  openCase,
  openRootSeed,
  openStaffVault,
  prepareReport,
  type StaffSession,
  submitReport,
  unlock,
} from '@app/client';
import { staffFileSchema } from '@app/contracts';
import { decodeWords, makeReporterCode, nobleSealing } from '@app/crypto/seal';
import { verifyRelease } from '@app/crypto/verify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { apiOf, makeDeps } from '../../apps/cli/src/client.js';
import { inventedReports } from '../../apps/cli/src/demo/reports.js';
import { readTrust } from '../../apps/cli/src/stack/evaluation-files.js';
import { editDraft, Gathering, safeConduct } from '../support/ceremony.js';
import { refusals } from '../support/ceremony-refusals.js';
import { until } from '../support/until.js';

const ORIGIN = 'cases.example.org/audit/1';
const SEATS = ['focal-1', 'focal-2', 'official', 'official-second', 'oversight'];
const ROOTS = ['root-0', 'root-1', 'root-2'];
const SERVERS = [
  ['log', 'log', ORIGIN],
  ['promise', 'promise', undefined],
  ['witness', 'witness-1', `${ORIGIN}/witness-1`],
  ['witness', 'witness-2', `${ORIGIN}/witness-2`],
] as const;

const people = new Gathering();

/** A seat's keys, certified by two roots who were told the fingerprint. */
async function seat(name: string, stick = people.stick): Promise<void> {
  mkdirSync(people.own(name, '.'), { recursive: true });
  const { fingerprint } = await people.step(
    name,
    ['staff-key', name, '--words', people.own(name, 'words')],
    stick,
  );
  for (const root of ROOTS.slice(0, 2))
    await people.step(
      root,
      ['sign', `${name}.request`, ...people.asRoot(root), '--expect', String(fingerprint)],
      stick,
    );
  await people.step('coordinator', ['certificate', name], stick);
}

/** From the root part to the directory: roots 0 and 2 sign, then holders. */
async function finish(
  epochsBy: readonly string[],
  signers: readonly string[],
  stick = people.stick,
): Promise<void> {
  const { fingerprint } = await people.step('coordinator', ['root-part'], stick);
  for (const root of ['root-0', 'root-2'])
    await people.step(
      root,
      ['sign', 'root-part.bin', ...people.asRoot(root), '--expect', String(fingerprint)],
      stick,
    );
  for (const name of epochsBy)
    await people.step(name, ['epoch', name, '--words', people.own(name, 'words')], stick);
  const epochs = await people.step('coordinator', ['epochs'], stick);
  for (const name of signers)
    await people.step(
      name,
      ['sign', 'epochs.bin', ...people.asSeat(name), '--expect', String(epochs.fingerprint)],
      stick,
    );
  await people.step('coordinator', ['keyset'], stick);
  await people.step('coordinator', ['directory'], stick);
}

describe('a key ceremony by files', () => {
  let deps: ClientDeps;
  let rootsetFingerprint: string;

  beforeAll(async () => {
    deps = await makeDeps({});
    for (const name of ['coordinator', 'operator', ...ROOTS])
      mkdirSync(people.own(name, '.'), { recursive: true });
    for (const name of ROOTS)
      await people.step(name, [
        'root-key',
        name,
        '--secret',
        people.own(name, 'key'),
        '--words',
        people.own(name, 'words'),
      ]);
    rootsetFingerprint = String((await people.step('coordinator', ['rootset', ...ROOTS])).fingerprint);
    for (const [kind, name, keyName] of SERVERS) {
      const named = keyName === undefined ? [] : ['--key-name', keyName];
      await people.step('operator', [
        'service-key',
        kind,
        name,
        '--secret',
        people.own('operator', `${name}.key`),
        ...named,
      ]);
    }
    await people.step('coordinator', ['draft']);
    editDraft(people.stick, (draft) => {
      draft.policy.tick_seconds = 1;
    });
    await people.step('coordinator', ['plan']);
    for (const name of SEATS) await seat(name);
    await finish(['focal-1', 'official', 'oversight'], ['focal-1', 'official']);
  }, 300_000);

  afterAll(() => people.remove());

  it('makes a directory that holds from outside', async () => {
    const args = ['ceremony', 'verify', path.join(people.stick, 'directory'), '--expect', rootsetFingerprint];
    const verified = await safeConduct(people.home, args);
    expect(verified).toMatchObject({ code: 0, stderr: '' });
    expect(verified.stdout).toContain('The directory holds.');
    const other = await safeConduct(people.home, [...args.slice(0, -1), '0'.repeat(64)]);
    expect(other.code).toBe(1);
    expect(other.stderr).toContain('(fingerprint_differs)');
  }, 30_000);

  it('leaves every secret with its owner alone', async () => {
    const sealing = nobleSealing();
    const everywhere = (bytes: Uint8Array): Buffer[] => [
      Buffer.from(bytes),
      ...(['hex', 'base64', 'base64url'] as const).map((form) =>
        Buffer.from(Buffer.from(bytes).toString(form).replace(/=+$/, '')),
      ),
    ];
    for (const name of ROOTS) {
      const code = decodeWords(people.words(name));
      const seed = await openRootSeed(
        sealing,
        new Uint8Array(readFileSync(people.own(name, 'key'))),
        code,
        name,
      );
      expect(people.holding(everywhere(seed))).toEqual([]);
      expect(people.holding(everywhere(code))).toEqual([]);
      expect(people.holding([people.words(name)])).toEqual([people.own(name, 'words')]);
      expect(people.holding([readFileSync(people.own(name, 'key'))])).toEqual([people.own(name, 'key')]);
    }
    const staff = path.join(people.stick, 'directory', 'staff.json');
    const { vaults } = staffFileSchema.parse(JSON.parse(readFileSync(staff, 'utf8')));
    for (const [i, name] of SEATS.entries()) {
      const code = decodeWords(people.words(name));
      const keyring = await openStaffVault(sealing, vaults[i]!, code, name);
      for (const secret of [code, keyring.signingSeed, keyring.kemSeed])
        expect(people.holding(everywhere(secret))).toEqual([]);
      expect(people.holding([people.words(name)])).toEqual([people.own(name, 'words')]);
    }
    for (const [, name] of SERVERS) {
      const file = people.own('operator', `${name}.key`);
      const seed = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex');
      expect(people.holding(everywhere(seed))).toEqual([file]);
    }
    const owned = [...ROOTS, ...SEATS].flatMap((name) => [people.own(name, 'words')]);
    for (const file of [...owned, ...ROOTS.map((name) => people.own(name, 'key'))])
      expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
  }, 60_000);

  it.each([
    ['plan.json', 'seat focal-1, holder '],
    ['rootset.bin', 'roots        2 of 3 must sign'],
    ['root-1.public', 'PUBLIC KEY of kind root'],
    ['witness-2.public', 'PUBLIC KEY of kind witness'],
    ['focal-1.request', 'CERTIFICATE REQUEST, not signed'],
    ['focal-1.certificate', 'signed by   root 0, root 1'],
    ['focal-1.vault', 'sealed under words that only its owner has'],
    ['focal-1.request.root-0.signature', 'SIGNATURE over a file of kind certificate'],
    ['official.epoch', 'EPOCH 1 of role'],
    ['root-part.bin', 'ROOT PART version 1'],
    ['epochs.bin', 'EPOCHS PART of KEYSET version 1'],
    ['keyset.bin', 'KEYSET, its signatures not checked'],
  ])(
    'shows %s in words',
    async (file, line) => {
      const shown = await safeConduct(people.stick, ['ceremony', 'inspect', file]);
      expect(shown).toMatchObject({ code: 0, stderr: '' });
      expect(shown.stdout).toContain(line);
    },
    30_000,
  );

  it.each(refusals(people))(
    'refuses %s in one sentence and writes nothing',
    async (_name, spoil, args, code, says) => {
      const stick = people.copy('spoilt');
      try {
        spoil(stick);
        const before = people.files();
        const ended = await safeConduct(stick, ['ceremony', ...args()]);
        expect(ended).toMatchObject({ code, stdout: '' });
        expect(ended.stderr).toContain(says);
        expect(ended.stderr).not.toMatch(/\n\s+at /);
        expect(people.files()).toEqual(before);
      } finally {
        rmSync(stick, { recursive: true });
      }
    },
    30_000,
  );

  it('makes a release of a page, which two roots sign and one alone does not', async () => {
    const stick = people.copy('release');
    const page = path.resolve('dist/apps/reporter-web');
    const made = await people.step('coordinator', ['release', page, 'directory', '--number', '1'], stick);
    expect(String(made.listing)).toContain('file         /trust.json');
    const expected = ['--expect', String(made.sha256)];
    const sign = (root: string) =>
      people.step(root, ['sign', 'release-1.manifest', ...people.asRoot(root), ...expected], stick);
    await sign('root-0');
    const short = await safeConduct(stick, ['ceremony', 'publish', 'release-1.manifest']);
    expect([short.code, short.stderr]).toEqual([1, expect.stringContaining('(signatures_short)')]);
    await sign('root-2');
    await people.step('coordinator', ['publish', 'release-1.manifest'], stick);
    const document = new Uint8Array(readFileSync(path.join(stick, '000001.json')));
    const { rootset } = readTrust(path.join(stick, 'directory', 'trust.json'));
    const release = verifyRelease(deps.verifier, document, { rootset, origin: ORIGIN });
    const assets = readdirSync(path.join(page, 'assets')).map((name) => `/assets/${name}`);
    expect(release.number).toBe(1);
    expect([...release.files.keys()].sort()).toEqual(['/', '/icon.svg', '/trust.json', ...assets].sort());
    rmSync(stick, { recursive: true });
  }, 60_000);

  it('refuses the key of somebody who is no root', async () => {
    const stick = people.copy('spoilt');
    const own = (file: string): string => people.own('coordinator', file);
    const made = ['root-key', 'stranger', '--secret', own('stranger.key'), '--words', own('stranger.words')];
    expect((await safeConduct(stick, ['ceremony', ...made])).code).toBe(0);
    const key = ['--root-key', own('stranger.key'), '--words', own('stranger.words')];
    const signed = await safeConduct(stick, [
      'ceremony',
      'sign',
      'root-part.bin',
      ...key,
      '--expect',
      people.fingerprint('root-part.bin'),
    ]);
    expect(signed.stderr).toContain('(signer_unknown)');
    expect(signed.code).toBe(1);
    rmSync(stick, { recursive: true });
  }, 30_000);

  it('changes the organisation: one holder leaves, another comes and opens what was there', async () => {
    const stick = path.join(people.home, 'second-stick');
    mkdirSync(stick);
    cpSync(people.stick, people.own('coordinator', 'first'), { recursive: true });
    const first = people.own('coordinator', 'first');
    await people.step('coordinator', ['change', first, path.join(first, 'directory')], stick);
    editDraft(stick, ({ seats }) => {
      seats.find(({ name }) => name === 'focal-1')!.revoked = true;
      seats.push({
        name: 'focal-3',
        role: 'Reprisals focal point',
        capabilities: ['epoch', 'triage', 'clear'],
      });
    });
    await people.step('coordinator', ['plan'], stick);
    await seat('focal-3', stick);
    await finish(['focal-2'], ['focal-2', 'official'], stick);
    const verified = await people.step(
      'coordinator',
      ['verify', 'directory', '--expect', rootsetFingerprint],
      stick,
    );
    expect(verified).toMatchObject({ version: 2, rootVersion: 2 });
    const { epochBoxes } = staffFileSchema.parse(
      JSON.parse(readFileSync(path.join(stick, 'directory/staff.json'), 'utf8')),
    );
    const vault = JSON.parse(readFileSync(path.join(stick, 'focal-3.vault'), 'utf8')) as {
      vault: { certificateHash: string };
    };
    const hers = epochBoxes.filter((box) => box.certificateHash === vault.vault.certificateHash);
    expect(hers.map(({ epoch }) => epoch).sort()).toEqual([1, 2]);
    expect(readdirSync(stick)).not.toContain('official.epoch');
    const gone = await safeConduct(stick, [
      'ceremony',
      'sign',
      'epochs.bin',
      ...people.asSeat('focal-1'),
      '--expect',
      people.fingerprint('epochs.bin', stick),
    ]);
    expect(gone).toMatchObject({ code: 1 });
    expect(gone.stderr).toContain('(seat_not_in_force)');
  }, 180_000);

  describe('and the servers that run on it', () => {
    let stack: ChildProcess;
    const origins: string[] = [];

    beforeAll(async () => {
      const data = people.own('operator', 'data');
      mkdirSync(path.join(data, 'keys'), { recursive: true });
      cpSync(path.join(people.stick, 'directory'), path.join(data, 'directory'), { recursive: true });
      for (const [, name] of SERVERS)
        cpSync(people.own('operator', `${name}.key`), path.join(data, 'keys', `${name}.key`));
      const args = [path.resolve('apps/cli/bin/safe-conduct.mjs'), 'start', '--data', data, '--port', '0'];
      stack = spawn(process.execPath, args, {
        env: { PATH: process.env.PATH, HOME: process.env.HOME },
        stdio: 'pipe',
      });
      let said = '';
      const keep = (chunk: Buffer): void => {
        said += chunk.toString();
        origins.splice(0, 2, ...(said.match(/http:\/\/(127\.0\.0\.1|localhost):\d+/g) ?? []).slice(0, 2));
      };
      stack.stdout!.on('data', keep);
      stack.stderr!.on('data', keep);
      await until(() => {
        if (stack.exitCode !== null) throw new Error(said);
        return Promise.resolve(said.includes('Ctrl-C'));
      }, 120_000);
    }, 150_000);

    afterAll(async () => {
      if (stack.exitCode === null) {
        stack.kill('SIGTERM');
        await once(stack, 'exit');
      }
    }, 60_000);

    it('take a report that a focal point opens with her own words', async () => {
      const trust = readTrust(path.join(people.stick, 'directory', 'trust.json'));
      const [publicUrl, staffUrl] = origins as [string, string];
      const service = await connect(deps, apiOf(publicUrl), trust);
      const [invented] = inventedReports(1_000, (n) => deps.random.bytes(n));
      const code = makeReporterCode(deps.random);
      const preparation = await prepareReport(service, {
        report: invented!.report,
        files: invented!.files,
        code,
      });
      if (!preparation.ok) throw new Error(JSON.stringify(preparation.problems));
      const accepted = await submitReport(service, preparation.prepared, () => undefined);
      const witness = await awaitProof(service, preparation.prepared.mailbox, accepted);
      expect(witness.names).toHaveLength(2);

      const plan = JSON.parse(readFileSync(path.join(people.stick, 'plan.json'), 'utf8')) as {
        seats: { name: string; subject: string }[];
      };
      const sessions: StaffSession[] = [];
      for (const name of ['focal-1', 'focal-2']) {
        const { subject } = plan.seats.find((s) => s.name === name)!;
        sessions.push(await unlock(await connect(deps, apiOf(staffUrl), trust), subject, people.words(name)));
      }
      const id = accepted.receipt.casePseudonym;
      let assigned: StaffSession | undefined;
      await until(async () => {
        for (const session of sessions) {
          const { cases } = await listCases(session);
          if (cases.some((c) => c.casePseudonym === id && c.assignedToMe)) assigned = session;
        }
        return assigned !== undefined;
      }, 30_000);
      const opened = await openCase(assigned!, id);
      expect(opened.fullReport).toEqual(invented!.report);
    }, 90_000);
  });
});
