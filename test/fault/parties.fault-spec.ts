import { auditLedger, type LedgerAudit } from '@app/client';
import type { AuditBundle } from '@app/contracts';
import { nobleVerifier } from '@app/crypto/verify';
import { fromHex, toBase64 } from '@app/encoding';
import { openings, readPublished, receiptFor, Sequencer } from '@app/ledger';
import { systemRandom, writeFileDurable } from '@app/platform';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deriveEntries } from '../../libs/ledger/src/entries.js';
import { Fault, MODES } from '../support/fault.js';
import { TICK } from '../support/ledger-stage.js';
import { expectSound } from '../support/sound.js';
import { database, eachLedger, intake, openCase, organisation, stage } from '../support/ledger-tests.js';

const HOUR = 3_600;

eachLedger();
beforeEach(async () => {
  await stage.tick();
  await stage.publisher().publish();
}, 30_000);

/** The next tick publishes everything, under one history. */
async function expectRecovery(): Promise<void> {
  await openCase();
  const size = await stage.tick();
  expect(await stage.publisher().publish()).toEqual({ published: size, problems: [] });
  await expectSound(stage, size);
}

/** The files in which the parties keep what they signed last. */
const memories = (): [string, string][] => [
  ['signer_away', path.join(stage.folder, 'signer', 'signed')],
  ...[0, 1].map((i): [string, string] => {
    const folder = stage.witnessStateDir(i);
    return [
      'witness_away',
      path.join(
        folder,
        readdirSync(folder).find((name) => name.endsWith('.cosigned'))!,
      ),
    ];
  }),
];

describe('what signer and witnesses remember', () => {
  it.each(MODES)(
    'is written before they answer: a write that %s delays one publication',
    async (mode) => {
      for (const at of [1, 2, 3]) {
        await openCase();
        await stage.tick();
        const fault = new Fault(at, mode);
        stage.write = (...args) => fault.through(() => writeFileDurable(...args));
        const { problems } = await stage.publisher().publish();
        expect(problems).toContain(at === 1 ? 'signer_away' : 'witness_away');
        stage.write = writeFileDurable;
        await expectRecovery();
      }
    },
    60_000,
  );

  it('is not guessed when its file is torn: nothing is signed until it is whole again', async () => {
    for (const [problem, file] of memories()) {
      const whole = readFileSync(file);
      for (const torn of [whole.subarray(0, whole.length / 2), Buffer.alloc(0), Buffer.alloc(whole.length)]) {
        writeFileSync(file, torn);
        await stage.tick();
        const before = (await readPublished(stage.store))?.size;
        const report = await stage.publisher().publish();
        expect(report.published).toBe(before);
        expect(report.problems).toContain(problem);
      }
      writeFileSync(file, whole);
      await expectRecovery();
    }
  }, 60_000);

  it('may be an older copy: they sign on from there, and only the same history', async () => {
    for (const [, file] of memories()) {
      const copy = `${file}.copy`;
      cpSync(file, copy);
      await expectRecovery();
      await expectRecovery();
      writeFileSync(file, readFileSync(copy));
      rmSync(copy);
      await expectRecovery();
    }
  }, 60_000);
});

/** The audit of times, over everything that is published. */
async function audited(): Promise<LedgerAudit> {
  const { owner, worker } = stage;
  const notes = await owner.query<{ note: string }[]>('select note from log_quorums order by size');
  const size = (await readPublished(stage.store))?.size ?? 0;
  const [entries, opened] = await worker.work.read((tx) =>
    Promise.all([deriveEntries(tx, 0, size), openings(tx, 0, size)]),
  );
  const bundle: AuditBundle = {
    version: 1,
    entries: entries.map(({ entry }) => toBase64(entry)),
    openings: opened.map((o) => o && { random: toBase64(o.random), opening: toBase64(o.opening) }),
    checkpoints: notes.map(({ note }) => note),
    policies: [organisation.made.policyText],
  };
  return auditLedger(nobleVerifier(), { policy: organisation.made.logPolicyText }, bundle);
}

const codesOf = ({ findings }: LedgerAudit): string[] => [...new Set(findings.map(({ code }) => code))];

describe('a clock', () => {
  it('of the worker that jumps an hour, back or ahead, makes no fork and no gap, and the audit says so', async () => {
    for (const [jump, code] of [
      [-HOUR, 'event_backdated'],
      [HOUR, 'event_postdated'],
    ] as const) {
      const before = (await audited()).findings.length;
      stage.now += jump;
      stage.witnessesAhead -= jump;
      await expectRecovery();
      const found = (await audited()).findings.slice(before);
      expect(new Set(found.map((finding) => finding.code))).toContain(code);
      stage.now -= jump;
      stage.witnessesAhead += jump;
      await expectRecovery();
    }
    expect(codesOf(await audited()).sort()).toEqual(['event_backdated', 'event_postdated']);
  }, 60_000);

  it('of a witness that is set back an hour lets no later tree look older', async () => {
    stage.witnessesAhead = -HOUR;
    await expectRecovery();
    const times = await stage.owner.query<{ witnessed_at: number }[]>(
      'select witnessed_at from log_quorums order by size',
    );
    const [first, second] = times.map(({ witnessed_at }) => witnessed_at);
    expect(second).toBe(first);
    stage.witnessesAhead = 0;
    await expectRecovery();
    expect(codesOf(await audited())).toEqual([]);
  });

  it('differs between two workers that sequence and publish at once: one history all the same', async () => {
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: 5 }, () => openCase()));
      stage.now += TICK;
      await Promise.all([
        stage.sequencer().tick(stage.now),
        stage.sequencer().tick(stage.now - HOUR),
        stage.sequencer().tick(stage.now + HOUR),
        ...[0, -HOUR, HOUR].map((off) => {
          const clock = { now: () => stage.now + off, nowMs: () => (stage.now + off) * 1_000 };
          return stage.publisher({ clock }).publish();
        }),
      ]);
    }
    await expectRecovery();
    const batches = await stage.owner.query<{ at: number }[]>('select at from log_batches order by start');
    const times = batches.map(({ at }) => at);
    expect([...times].sort((a, b) => a - b)).not.toEqual(times);
  }, 60_000);

  it('set back over midnight needs no new cover key, and derives the same cover', async () => {
    const midnight = stage.now - (stage.now % 86_400) + 86_400;
    for (const now of [midnight + 30, midnight - 90, midnight + 60]) {
      await new Sequencer({ work: stage.worker.work, random: systemRandom, tickSeconds: TICK }).tick(now);
    }
    stage.now = midnight + 60;
    await expectRecovery();
    const keys = await stage.owner.query<{ n: number }[]>('select count(*)::int as n from log_cover_keys');
    expect(keys[0]!.n).toBe(2);
  });
});

describe('a worker that is killed', () => {
  it('at any moment leaves a ledger that goes on, with every event in it once', async () => {
    const pseudonyms: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      const child = spawn(
        process.execPath,
        ['--import', './test/support/ts-hooks.mjs', 'test/support/ticking-worker.ts'],
        {
          env: { PATH: process.env.PATH, TICKING_WORKER: JSON.stringify(settings()) },
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      await once(child.stdout, 'data');
      pseudonyms.push((await openCase()).pseudonym);
      await sleep(systemRandom.bytes(1)[0]);
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await expectRecovery();
    for (const pseudonym of pseudonyms) {
      const id = fromHex(pseudonym, 'case', 16);
      expect((await intake.work.read((tx) => receiptFor(tx, id, 1)))?.index).not.toBeNull();
    }
    expect(codesOf(await audited())).toEqual([]);
  }, 120_000);
});

const settings = () => ({
  databaseUrl: database.url('sc_worker'),
  rootsetFile: path.join(stage.folder, 'directory', 'rootset.bin'),
  ledgerDir: stage.ledgerDir,
  signer: stage.signer.url,
  witnesses: stage.witnesses.map(({ url }) => url),
  logVkey: organisation.keyset.logVkey,
  tlogPolicy: organisation.keyset.tlogPolicy,
  now: stage.now,
  tickSeconds: TICK,
});
