import { readMembers, readTrust } from '../../apps/cli/src/stack/evaluation-files.js';
import { makeApiClient } from '@app/api-client';
import {
  type ClientDeps,
  connect,
  holderOf,
  parsePackage,
  renewEpochs,
  type StaffSession,
  unlock,
} from '@app/client';
import { decodeWords, encodeWords, nobleSealing } from '@app/crypto/seal';
import { assembleKeyset, nobleSigning, parseKeysetFile } from '@app/crypto/sign';
import { nobleVerifier } from '@app/crypto/verify';
import { toBase64, toHex } from '@app/encoding';
import { systemRandom } from '@app/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Ran, run } from '../support/command.js';
import { CommandStage, json, outcome, type Sealed } from '../support/command-stage.js';
import { TestOrganisation } from '../support/organisation.js';
import { until } from '../support/until.js';
import { aQuorum } from '../support/quorum.js';

const SEEN = aQuorum() as unknown;

const DAY = 86_400;

let stage: CommandStage;

beforeAll(async () => {
  stage = await CommandStage.open();
}, 180_000);

afterAll(async () => {
  await stage.close();
}, 60_000);

beforeEach(() => {
  stage.meddler.rest();
});

describe('a KEYSET that does not hold', () => {
  const alter = (change: (bytes: Buffer) => Uint8Array): void => {
    stage.meddler.meddle = ({ path: wanted }) => (wanted === '/keyset' ? change : undefined);
  };
  const sealThroughMeddler = async (
    env: Record<string, string> = {},
    more: string[] = [],
  ): Promise<[Ran, string]> => {
    const report = stage.example();
    const out = stage.fresh('package');
    return [await run(['seal', report, ...stage.meddled(), '--out', out, ...more], { env }), out];
  };
  const expectRefused = ([ran, out]: [Ran, string], code: string): void => {
    expect(outcome(ran)).toEqual([1, code]);
    expect(ran.stdout).toBe('');
    expect(existsSync(out)).toBe(false);
    expect(stage.meddler.seen.filter(({ method }) => method !== 'GET')).toEqual([]);
  };

  it('stops sealing when other roots signed it', async () => {
    const other = await TestOrganisation.make(Math.floor(Date.now() / 1000));
    alter(() => other.made.keyset);
    expectRefused(await sealThroughMeddler(), 'keyset_wrong_roots');
  }, 60_000);

  it('stops sealing when one root signature is missing', async () => {
    alter((bytes) => {
      const file = parseKeysetFile(new Uint8Array(bytes));
      return assembleKeyset({ ...file, rootSignatures: file.rootSignatures.slice(1) });
    });
    expectRefused(await sealThroughMeddler(), 'keyset_signatures_short');
  }, 60_000);

  it('stops sealing when a byte was changed', async () => {
    alter((bytes) => bytes.map((byte, i) => (i === 60 ? byte ^ 1 : byte)));
    const [ran, out] = await sealThroughMeddler();
    expect(ran.code).toBe(1);
    expect(existsSync(out)).toBe(false);
  }, 60_000);

  it.each([
    [4_000 * DAY, 'keyset_expired'],
    [-2 * DAY, 'keyset_not_yet_valid'],
    [31 * DAY, 'witness_too_old'],
    [8 * DAY, 'witness_stale'],
  ])(
    'stops sealing %d seconds from its time',
    async (seconds, code) => {
      expectRefused(await sealThroughMeddler({ SAFE_CONDUCT_CLOCK_OFFSET_SECONDS: String(seconds) }), code);
    },
    60_000,
  );

  it('goes on with silent witnesses when that was chosen, and says so', async () => {
    const env = { SAFE_CONDUCT_CLOCK_OFFSET_SECONDS: String(8 * DAY) };
    const [ran, out] = await sealThroughMeddler(env, ['--accept-silent-witnesses']);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain('You chose to go on.');
    expect(existsSync(out)).toBe(true);
  }, 60_000);

  it('stops a submission when an older one is shown than the report was sealed under', async () => {
    const old = Buffer.from(await (await fetch(`${stage.stack.publicUrl}/keyset`)).arrayBuffer());
    await publishNext();
    const sealed = await stage.seal();
    alter(() => old);
    const ran = await run(['submit', sealed.dir, ...stage.meddled(), '--words-file', sealed.wordsFile]);
    expect(outcome(ran)).toEqual([1, 'keyset_rolled_back']);
    expect(readdirSync(sealed.dir)).toEqual(['report.sealed']);
    expect(stage.meddler.seen.filter(({ method }) => method !== 'GET')).toEqual([]);
    stage.meddler.rest();
    expect(await stage.submit(sealed)).toMatchObject({ witnesses: SEEN });
  }, 240_000);

  /** Publishes the next version of the KEYSET, as the stack does when its epochs are due. */
  async function publishNext(): Promise<void> {
    const deps: ClientDeps = {
      signing: nobleSigning(),
      verifier: nobleVerifier(),
      sealing: nobleSealing(),
      random: systemRandom,
      now: () => Math.floor(Date.now() / 1000),
      sleep: pause,
    };
    const api = makeApiClient({ baseUrl: stage.stack.staffUrl, sleep: pause });
    const desk = await connect(deps, api, readTrust(stage.stack.trust));
    const sessions: StaffSession[] = [];
    for (const { subject, words } of readMembers(stage.stack.data))
      sessions.push(await unlock(desk, subject, words));
    const { keyset } = desk.directory;
    const holders = sessions.map((session) => holderOf(deps, keyset, session.keyring));
    const next = await renewEpochs(deps, keyset, holders, deps.now());
    const body = { keyset: toBase64(next.keyset), boxes: [...next.epochBoxes] };
    await sessions[0]!.service.api.call('publishKeyset', {
      idempotencyKey: toHex(deps.random.bytes(16)),
      body,
    });
    // The service answers `not_ready` until witnesses have seen the new one; a busy machine takes its time.
    const isNew = async (): Promise<boolean> => {
      const seen = await connect(deps, api, readTrust(stage.stack.trust)).catch(() => undefined);
      return seen?.directory.keyset.version === keyset.version + 1;
    };
    await until(isNew, 120_000);
  }
});

describe('words that are not right', () => {
  let sealed: Sealed;
  beforeAll(async () => {
    sealed = await stage.seal();
  }, 60_000);

  const mistyped: [string, (words: string[]) => string, string][] = [
    ['one too few', (words) => words.slice(1).join(' '), 'word_count'],
    ['two exchanged', (words) => swapped(words).join(' '), 'words_checksum'],
    ['one in no list', (words) => ['qqqqqqqq', ...words.slice(1)].join(' '), 'word_unknown'],
    ['one letter off', (words) => [`${words[0]!}x`, ...words.slice(1)].join(' '), 'word_unknown'],
    ['39 digits', () => '1'.repeat(39), 'digits_count'],
    ['nothing', () => '', 'word_count'],
  ];
  /** Two neighbours exchanged so that the checksum notices: one exchange in sixteen it does not. */
  const swapped = (words: readonly string[]): string[] => {
    const tries = words.map((word, i) => words.with(i, words[(i + 1) % 12]!).with((i + 1) % 12, word));
    const isCaught = (text: readonly string[]): boolean => {
      try {
        decodeWords(text.join(' '));
        return false;
      } catch {
        return true;
      }
    };
    return tries.find(isCaught)!;
  };

  it.each(mistyped)(
    'are caught before any request: %s',
    async (_, mistype, code) => {
      const ran = await run(['submit', sealed.dir, ...stage.meddled()], {
        input: `${mistype(sealed.words)}\n`,
      });
      expect(outcome(ran)).toEqual([1, code]);
      expect(stage.meddler.seen).toEqual([]);
    },
    60_000,
  );

  it('are answered with the position and the nearest word of the list', async () => {
    const words = sealed.words.with(6, `${sealed.words[6]!}x`);
    const { stderr } = await run(['inbox', 'show', ...stage.meddled()], { input: `${words.join(' ')}\n` });
    expect(stderr).toBe(
      `safe-conduct: Word 7 is in no list; the nearest word is "${sealed.words[6]!}". (word_unknown)\n`,
    );
  }, 60_000);

  it('of somebody else open no mailbox and send no package', async () => {
    const others = `${encodeWords(new Uint8Array(randomBytes(16)), 'en').join(' ')}\n`;
    expect(outcome(await run(['inbox', 'show', ...stage.direct()], { input: others }))).toEqual([
      1,
      'not_found',
    ]);
    const ran = await run(['submit', sealed.dir, ...stage.meddled()], { input: others });
    expect(outcome(ran)).toEqual([1, 'package_wrong_code']);
    expect(stage.meddler.seen.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(readdirSync(sealed.dir)).toEqual(['report.sealed']);
  }, 60_000);
});

describe('connections that are lost', () => {
  const isPart = ({ path: wanted }: { path: string }): boolean => wanted.includes('/parts/');
  let big: string;
  beforeAll(() => {
    big = stage.at('long-recording.bin');
    writeFileSync(big, randomBytes(5_000_000));
  });

  it('in the middle of parts are made good by itself', async () => {
    const sealed = await stage.seal([big]);
    let cuts = 0;
    stage.meddler.meddle = (seen) => (isPart(seen) && ++cuts % 2 === 1 && cuts < 6 ? 'during' : undefined);
    expect(await stage.submit(sealed, stage.meddled())).toMatchObject({
      witnesses: SEEN,
    });
    expect(cuts).toBeGreaterThan(6);
  }, 60_000);

  it('with the process: the next one sends only what did not arrive', async () => {
    const sealed = await stage.seal([big]);
    const before = await stage.caseCount();
    const args = ['submit', sealed.dir, ...stage.meddled(), '--words-file', sealed.wordsFile];
    let stored = 0;
    // Two parts arrive; all later ones are held up until the process is gone.
    stage.meddler.meddle = (seen) => (isPart(seen) && ++stored > 2 ? 'during' : undefined);
    const killed = await run(args, {
      meanwhile: async (child) => {
        await until(() => stored > 2);
        child.kill('SIGKILL');
      },
    });
    expect(killed.code).toBeNull();
    expect(await stage.caseCount()).toBe(before);
    stage.meddler.rest();
    await stage.submit(sealed, stage.meddled());
    const whole = parsePackage(new Uint8Array(readFileSync(path.join(sealed.dir, 'report.sealed'))));
    const parts = Math.ceil(whole.blobs[0]!.sealed.length / 1_048_576);
    expect(stage.meddler.seen.filter(isPart)).toHaveLength(parts - 2);
    expect(await stage.caseCount()).toBe(before + 1);
  }, 90_000);

  it('after the report was accepted: the next attempt gets the same receipt, and there is one case', async () => {
    const sealed = await stage.seal();
    const before = await stage.caseCount();
    stage.meddler.meddle = ({ path: wanted }) => (wanted === '/v1/threads' ? 'after' : undefined);
    const lost = await run(['submit', sealed.dir, ...stage.meddled(), '--words-file', sealed.wordsFile]);
    expect(outcome(lost)).toEqual([1, 'unreachable']);
    expect(lost.stderr).toContain('Run the same command again');
    expect(await stage.caseCount()).toBe(before + 1);
    const first = await stage.submit(sealed);
    const second = await stage.submit(sealed, stage.meddled().with(1, stage.stack.publicUrl));
    expect(second).toMatchObject({ casePseudonym: first.casePseudonym, entry: first.entry });
    expect(await stage.caseCount()).toBe(before + 1);
  }, 90_000);

  it('lose no text: it is shown again, or it is where it was', async () => {
    const sealed = await stage.seal();
    await stage.submit(sealed);
    stage.meddler.meddle = ({ path: wanted }) => (wanted === '/v1/mailbox/acts' ? 'during' : undefined);
    const reply = ['inbox', 'reply', ...stage.meddled()];
    const typed = await run(reply, { input: `${sealed.words.join(' ')}\nThe words I wrote.\n` });
    expect(outcome(typed)).toEqual([1, 'unreachable']);
    expect(typed.stderr).toContain('\nThe words I wrote.\n');
    expect(typed.stderr).toContain('look with "safe-conduct inbox show" before you send it again');
    const file = stage.write('text', 'From a file.');
    const fromFile = await run([...reply, '--text-file', file, '--words-file', sealed.wordsFile]);
    expect(fromFile.stderr).toContain(`Your text is where it was, in ${file}.`);
    expect(fromFile.stderr).not.toContain('From a file.');
    const { messages } = await json<{ messages: unknown[] }>([
      'inbox',
      'show',
      ...stage.direct(),
      '--words-file',
      sealed.wordsFile,
    ]);
    expect(messages).toEqual([]);
  }, 90_000);
});
