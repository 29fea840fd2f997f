import { exampleReport } from '../../apps/cli/src/participant/example.js';
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
import { toBase64 } from '@app/encoding';
import { systemRandom } from '@app/platform';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EvaluationStack, type Ran, run, type RunOptions } from '../support/command.js';
import { Meddler } from '../support/meddler.js';
import { TestOrganisation } from '../support/organisation.js';
import { until } from '../support/until.js';

const DAY = 86_400;
const BIG = randomBytes(3_000_000);

let folder: string;
let stack: EvaluationStack;
let meddler: Meddler;
let made = 0;

const at = (...parts: string[]): string => path.join(folder, ...parts);
const fresh = (name: string): string => at(`${name}-${String(++made)}`);

function write(name: string, content: string | Uint8Array): string {
  const file = fresh(name);
  writeFileSync(file, content, { mode: 0o600 });
  return file;
}

/** To the service itself; `toMeddler` goes through the one between. */
const service = (): string[] => ['--service', stack.publicUrl, '--trust', stack.trust];
const toMeddler = (): string[] => ['--service', meddler.url, '--trust', stack.trust];

/** What a run comes to: its exit code and the code of its sentence. */
function outcome({ code, stderr }: Ran): [number | null, string | undefined] {
  return [code, /^safe-conduct: .*\(([a-z_]+)\)$/m.exec(stderr)?.[1]];
}

async function json<T>(args: readonly string[], options: RunOptions = {}): Promise<T> {
  const ran = await run([...args, '--json'], options);
  if (ran.code !== 0) throw new Error(`${args.slice(0, 3).join(' ')}: ${ran.stderr}`);
  return JSON.parse(ran.stdout) as T;
}

type Sealed = { readonly dir: string; readonly words: string[]; readonly wordsFile: string };

async function seal(attach: readonly string[] = []): Promise<Sealed> {
  const dir = fresh('package');
  const report = write('report.json', JSON.stringify(exampleReport('en')));
  const files = attach.length === 0 ? [] : ['--attach', ...attach];
  const { words } = await json<{ words: string[] }>(['seal', report, ...service(), '--out', dir, ...files]);
  return { dir, words, wordsFile: write('words', words.join(' ')) };
}

type Recorded = { readonly casePseudonym: string; readonly entry: number; readonly witnesses: string[] };

function submit({ dir, wordsFile }: Sealed, to = service()): Promise<Recorded> {
  return json<Recorded>(['submit', dir, ...to, '--words-file', wordsFile]);
}

async function staff<T>(who: string, args: readonly string[], input?: string): Promise<T> {
  const options = ['--service', stack.staffUrl, '--as', who, '--data', stack.data];
  return json<T>(['staff', ...args, ...options], input === undefined ? {} : { input });
}

type Listed = { readonly cases: { readonly casePseudonym: string; readonly assignedToMe: boolean }[] };

async function caseCount(): Promise<number> {
  return (await staff<Listed>('focal-1', ['list'])).cases.length;
}

async function assignedTo(id: string): Promise<string> {
  for (;;) {
    for (const who of ['focal-1', 'focal-2']) {
      const { cases } = await staff<Listed>(who, ['list']);
      if (cases.some((one) => one.casePseudonym === id && one.assignedToMe)) return who;
    }
  }
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'sc-cli-e2e-'));
  stack = await EvaluationStack.start(at('data'));
  meddler = await Meddler.start(stack.publicUrl);
}, 180_000);

afterAll(async () => {
  await meddler.stop();
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

beforeEach(() => {
  meddler.rest();
});

describe('the whole path, by commands alone', () => {
  let sealed: Sealed;
  let recorded: Recorded;
  type Shown = {
    status: string;
    messages: { from: string; text: string; about: number | null; witnessedAt: number | null }[];
    events: { number: number; type: string }[];
  };
  const inbox = <T>(verb: string, more: readonly string[] = [], options: RunOptions = {}): Promise<T> =>
    json<T>(['inbox', verb, ...more, ...service(), '--words-file', sealed.wordsFile], options);

  it('seals a report into a package that shows nothing, for its owner alone', async () => {
    const big = at('recording.bin');
    writeFileSync(big, BIG);
    sealed = await seal([big]);
    expect(sealed.words).toHaveLength(12);
    expect(readdirSync(sealed.dir)).toEqual(['report.sealed']);
    expect(statSync(sealed.dir).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(sealed.dir, 'report.sealed')).mode & 0o777).toBe(0o600);
    const bytes = readFileSync(path.join(sealed.dir, 'report.sealed'));
    for (const told of [
      'Invented',
      'neighbours',
      'recording.bin',
      ...sealed.words.filter((w) => w.length > 5),
    ])
      expect(bytes.includes(told)).toBe(false);
    expect(bytes.includes(Buffer.from(decodeWords(sealed.words.join(' '))))).toBe(false);
    expect(bytes.includes(BIG.subarray(1_000, 1_032))).toBe(false);
  }, 60_000);

  it('submits it, waits for the witnesses and writes a receipt that verifies offline', async () => {
    const receipt = at('receipt.tlog-proof');
    const args = ['submit', sealed.dir, ...service(), '--words-file', sealed.wordsFile, '--receipt', receipt];
    recorded = await json<Recorded>(args);
    expect(recorded).toMatchObject({
      witnesses: ['witness-1', 'witness-2'],
      acknowledgeBy: expect.any(Number) as unknown,
    });
    const verified = await json<{ index: number }>(['verify', receipt, '--trust', stack.trust]);
    expect(verified.index).toBe(recorded.entry);
    expect(await caseCount()).toBe(1);
  }, 60_000);

  it('submits it again, in words for people: the same entry, one case', async () => {
    const again = await run(['submit', sealed.dir, ...service()], { input: `${sealed.words.join(' ')}\n` });
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(
      /^Recorded, seen by witness-1 and witness-2 at [-\d: ]+ UTC \(.* your time\)\. It must be acknowledged by /,
    );
    expect(again.stdout).toContain(`Case ${recorded.casePseudonym}, entry ${String(recorded.entry)} `);
    expect(await caseCount()).toBe(1);
  }, 60_000);

  it('is worked on by staff, up to an intervention recorded as sent', async () => {
    const id = recorded.casePseudonym;
    const focal = await assignedTo(id);
    const short = id.slice(0, 6);
    const saved = at('saved');
    const opened = await staff<{ report: { acts: { what: string }[] } }>(focal, [
      'open',
      short,
      '--save-attachments',
      saved,
    ]);
    expect(opened.report.acts[0]?.what).toContain('neighbours');
    expect(readFileSync(path.join(saved, 'recording.bin')).equals(BIG)).toBe(true);
    const test = ['--scope', 'SC-A', '--act', '--link', '--credibility', 'SINGLE_SOURCE'];
    const risk = ['--likelihood', 'high', '--severity', 'high', '--priority', 'P2'];
    const acts: [string, string[], string, string?][] = [
      [focal, ['acknowledge', short], 'ACKNOWLEDGED', 'It has arrived.'],
      [focal, ['triage', short], 'TRIAGE_STARTED'],
      [focal, ['decide', short, ...test, ...risk], 'SCOPED'],
      [focal, ['route', short], 'ROUTED', 'Please raise this soon.'],
      ['official', ['accept', short], 'ACCEPTED'],
      [
        'official',
        ['intervene', 'draft', short, 'NOTE_VERBALE', '--level', '3'],
        'INTERVENTION_DRAFTED',
        'A draft.',
      ],
      ['official-second', ['intervene', 'clear', short, '1'], 'INTERVENTION_CLEARED'],
      ['official', ['intervene', 'send', short, '1'], 'INTERVENTION_SENT'],
    ];
    const types: string[] = [];
    for (const [who, args, , text] of acts) types.push((await staff<{ type: string }>(who, args, text)).type);
    expect(types).toEqual(acts.map(([, , type]) => type));
  }, 120_000);

  it('comes back to the reporter, who replies and confirms', async () => {
    const shown = await inbox<Shown>('show');
    expect(shown.status).toBe('action_taken');
    expect(shown.messages.map(({ text }) => text)).toEqual(['It has arrived.', 'Please raise this soon.']);
    expect(shown.messages.every(({ witnessedAt }) => witnessedAt !== null)).toBe(true);
    const sent = shown.events.find(({ type }) => type === 'INTERVENTION_SENT')!.number;
    await inbox('reply', [], { input: 'They have stopped.\nThank you.\n' });
    expect(await inbox('confirm', [String(sent)])).toMatchObject({ type: 'CONFIRM' });
    const after = await inbox<Shown>('show');
    expect(after.messages.slice(2).map(({ from, text, about }) => [from, text, about])).toEqual([
      ['reporter', 'They have stopped.\nThank you.', null],
      ['reporter', '', sent],
    ]);
  }, 60_000);

  it('changes a consent, saves an attachment twice without overwriting, and writes a receipt of any event', async () => {
    expect(await inbox('consent', ['K5', 'withdraw'])).toMatchObject({ type: 'WITHDRAW' });
    const out = at('mine');
    for (const name of ['recording.bin', 'recording (2).bin']) {
      await inbox('attachment', ['--out', out]);
      expect(readFileSync(path.join(out, name)).equals(BIG)).toBe(true);
    }
    const receipt = at('third.tlog-proof');
    await inbox('receipt', ['3', '--out', receipt]);
    expect(outcome(await run(['verify', receipt, '--trust', stack.trust]))).toEqual([0, undefined]);
  }, 60_000);

  it.each<[string, string[], string]>([
    ['what is done already', ['triage'], 'not_in_this_state'],
    ['what another office decides', ['return', 'RISK'], 'not_permitted'],
  ])(
    'refuses staff %s, in one sentence with its code',
    async (_, [verb, ...more], code) => {
      const args = ['staff', verb!, recorded.casePseudonym, ...more];
      const ran = await run([...args, '--service', stack.staffUrl, '--as', 'focal-1', '--data', stack.data]);
      expect(outcome(ran)).toEqual([1, code]);
      expect(ran.stdout).toBe('');
    },
    60_000,
  );
});

describe('a KEYSET that does not hold', () => {
  const alter = (change: (bytes: Buffer) => Uint8Array): void => {
    meddler.meddle = ({ path: wanted }) => (wanted === '/keyset' ? change : undefined);
  };
  const sealThroughMeddler = async (
    env: Record<string, string> = {},
    more: string[] = [],
  ): Promise<[Ran, string]> => {
    const report = write('report.json', JSON.stringify(exampleReport('en')));
    const out = fresh('package');
    return [await run(['seal', report, ...toMeddler(), '--out', out, ...more], { env }), out];
  };
  const expectRefused = ([ran, out]: [Ran, string], code: string): void => {
    expect(outcome(ran)).toEqual([1, code]);
    expect(ran.stdout).toBe('');
    expect(existsSync(out)).toBe(false);
    expect(meddler.seen.filter(({ method }) => method !== 'GET')).toEqual([]);
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
    [400 * DAY, 'keyset_expired'],
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
    const old = Buffer.from(await (await fetch(`${stack.publicUrl}/keyset`)).arrayBuffer());
    await publishNext();
    const sealed = await seal();
    alter(() => old);
    const ran = await run(['submit', sealed.dir, ...toMeddler(), '--words-file', sealed.wordsFile]);
    expect(outcome(ran)).toEqual([1, 'keyset_rolled_back']);
    expect(readdirSync(sealed.dir)).toEqual(['report.sealed']);
    expect(meddler.seen.filter(({ method }) => method !== 'GET')).toEqual([]);
    meddler.rest();
    expect(await submit(sealed)).toMatchObject({ witnesses: ['witness-1', 'witness-2'] });
  }, 120_000);

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
    const api = makeApiClient({ baseUrl: stack.staffUrl, sleep: pause });
    const desk = await connect(deps, api, readTrust(stack.trust));
    const sessions: StaffSession[] = [];
    for (const { subject, words } of readMembers(stack.data))
      sessions.push(await unlock(desk, subject, words));
    const { keyset } = desk.directory;
    const holders = sessions.map((session) => holderOf(deps, keyset, session.keyring));
    const next = await renewEpochs(deps, keyset, holders, deps.now());
    const body = { keyset: toBase64(next.keyset), boxes: [...next.epochBoxes] };
    await sessions[0]!.service.api.call('publishKeyset', { body });
    await until(async () => {
      const info = await api.call('info', {});
      const proof = await connect(deps, api, readTrust(stack.trust)).catch(() => undefined);
      return (
        info.keysetVersion === keyset.version + 1 && proof?.directory.keyset.version === info.keysetVersion
      );
    });
  }
});

describe('words that are not right', () => {
  let sealed: Sealed;
  beforeAll(async () => {
    sealed = await seal();
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
      const ran = await run(['submit', sealed.dir, ...toMeddler()], { input: `${mistype(sealed.words)}\n` });
      expect(outcome(ran)).toEqual([1, code]);
      expect(meddler.seen).toEqual([]);
    },
    60_000,
  );

  it('are answered with the position and the nearest word of the list', async () => {
    const words = sealed.words.with(6, `${sealed.words[6]!}x`);
    const { stderr } = await run(['inbox', 'show', ...toMeddler()], { input: `${words.join(' ')}\n` });
    expect(stderr).toBe(
      `safe-conduct: Word 7 is in no list; the nearest word is "${sealed.words[6]!}". (word_unknown)\n`,
    );
  }, 60_000);

  it('of somebody else open no mailbox and send no package', async () => {
    const others = `${encodeWords(new Uint8Array(randomBytes(16)), 'en').join(' ')}\n`;
    expect(outcome(await run(['inbox', 'show', ...service()], { input: others }))).toEqual([1, 'not_found']);
    const ran = await run(['submit', sealed.dir, ...toMeddler()], { input: others });
    expect(outcome(ran)).toEqual([1, 'package_wrong_code']);
    expect(meddler.seen.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(readdirSync(sealed.dir)).toEqual(['report.sealed']);
  }, 60_000);
});

describe('connections that are lost', () => {
  const isPart = ({ path: wanted }: { path: string }): boolean => wanted.includes('/parts/');
  let big: string;
  beforeAll(() => {
    big = at('long-recording.bin');
    writeFileSync(big, randomBytes(5_000_000));
  });

  it('in the middle of parts are made good by itself', async () => {
    const sealed = await seal([big]);
    let cuts = 0;
    meddler.meddle = (seen) => (isPart(seen) && ++cuts % 2 === 1 && cuts < 6 ? 'during' : undefined);
    expect(await submit(sealed, toMeddler())).toMatchObject({ witnesses: ['witness-1', 'witness-2'] });
    expect(cuts).toBeGreaterThan(6);
  }, 60_000);

  it('with the process: the next one sends only what did not arrive', async () => {
    const sealed = await seal([big]);
    const before = await caseCount();
    const args = ['submit', sealed.dir, ...toMeddler(), '--words-file', sealed.wordsFile];
    let stored = 0;
    // Two parts arrive; all later ones are held up until the process is gone.
    meddler.meddle = (seen) => (isPart(seen) && ++stored > 2 ? 'during' : undefined);
    const killed = await run(args, {
      meanwhile: async (child) => {
        await until(() => stored > 2);
        child.kill('SIGKILL');
      },
    });
    expect(killed.code).toBeNull();
    expect(await caseCount()).toBe(before);
    meddler.rest();
    await submit(sealed, toMeddler());
    const whole = parsePackage(new Uint8Array(readFileSync(path.join(sealed.dir, 'report.sealed'))));
    const parts = Math.ceil(whole.blobs[0]!.sealed.length / 1_048_576);
    expect(meddler.seen.filter(isPart)).toHaveLength(parts - 2);
    expect(await caseCount()).toBe(before + 1);
  }, 90_000);

  it('after the report was accepted: the next attempt gets the same receipt, and there is one case', async () => {
    const sealed = await seal();
    const before = await caseCount();
    meddler.meddle = ({ path: wanted }) => (wanted === '/v1/threads' ? 'after' : undefined);
    const lost = await run(['submit', sealed.dir, ...toMeddler(), '--words-file', sealed.wordsFile]);
    expect(outcome(lost)).toEqual([1, 'unreachable']);
    expect(lost.stderr).toContain('Run the same command again');
    expect(await caseCount()).toBe(before + 1);
    const first = await submit(sealed);
    const second = await submit(sealed, toMeddler().with(1, stack.publicUrl));
    expect(second).toMatchObject({ casePseudonym: first.casePseudonym, entry: first.entry });
    expect(await caseCount()).toBe(before + 1);
  }, 90_000);

  it('lose no text: it is shown again, or it is where it was', async () => {
    const sealed = await seal();
    await submit(sealed);
    meddler.meddle = ({ path: wanted }) => (wanted === '/v1/mailbox/acts' ? 'during' : undefined);
    const reply = ['inbox', 'reply', ...toMeddler()];
    const typed = await run(reply, { input: `${sealed.words.join(' ')}\nThe words I wrote.\n` });
    expect(outcome(typed)).toEqual([1, 'unreachable']);
    expect(typed.stderr).toContain('\nThe words I wrote.\n');
    expect(typed.stderr).toContain('look with "safe-conduct inbox show" before you send it again');
    const file = write('text', 'From a file.');
    const fromFile = await run([...reply, '--text-file', file, '--words-file', sealed.wordsFile]);
    expect(fromFile.stderr).toContain(`Your text is where it was, in ${file}.`);
    expect(fromFile.stderr).not.toContain('From a file.');
    const { messages } = await json<{ messages: unknown[] }>([
      'inbox',
      'show',
      ...service(),
      '--words-file',
      sealed.wordsFile,
    ]);
    expect(messages).toEqual([]);
  }, 90_000);
});

describe('what is not as it should be on this side', () => {
  it('a report: each problem with its field and the cure, and nothing sealed', async () => {
    const example = exampleReport('en') as Record<string, unknown>;
    const report = write(
      'report.json',
      JSON.stringify({ ...example, acts: [{ types: ['B99'], from: 'spring' }], concerned: { stat: 'FRA' } }),
    );
    const out = fresh('package');
    const ran = await run(['seal', report, ...toMeddler(), '--out', out]);
    expect(outcome(ran)).toEqual([1, 'report_invalid']);
    for (const told of [
      'concerned: take out stat; known are state, reason (unknown_field)',
      'concerned.state (question 6.4): an answer is needed (missing)',
      'acts[0].what (question 5.1): an answer is needed (missing)',
      'acts[0].types (question 5.2): use one of A01,',
      'acts[0].from or acts[0].to (question 5.4): write a date as 2026,',
    ])
      expect(ran.stderr).toContain(told);
    expect(existsSync(out)).toBe(false);
    expect(meddler.seen).toEqual([]);
  }, 60_000);

  it('a package that was damaged', async () => {
    const sealed = await seal();
    const file = path.join(sealed.dir, 'report.sealed');
    writeFileSync(file, readFileSync(file).subarray(0, -1));
    const args = ['submit', sealed.dir, ...toMeddler(), '--words-file', sealed.wordsFile];
    expect(outcome(await run(args))).toEqual([1, 'package_malformed']);
    expect(meddler.seen).toEqual([]);
  }, 60_000);

  it('a folder that is there already is left as it was', async () => {
    const sealed = await seal();
    const report = write('report.json', JSON.stringify(exampleReport('en')));
    const before = readFileSync(path.join(sealed.dir, 'report.sealed'));
    const ran = await run(['seal', report, ...toMeddler(), '--out', sealed.dir]);
    expect(outcome(ran)).toEqual([1, 'package_exists']);
    expect(readFileSync(path.join(sealed.dir, 'report.sealed')).equals(before)).toBe(true);
  }, 60_000);

  it.each<[string, string[], number, string | undefined]>([
    ['an unknown option', ['inbox', 'show', '--word', 'secret'], 2, undefined],
    ['words as an argument', ['submit', 'package', 'abandon'], 2, undefined],
    ['no service', ['seal', 'report.json'], 2, 'usage'],
    ['no origin', ['offices', '--service', 'report.example', '--trust', 'TRUST'], 2, 'usage'],
    ['a file that is not there', ['verify', 'nowhere', '--trust', 'TRUST'], 1, 'file_missing'],
    ['nobody who acts', ['staff', 'list', '--service', 'http://localhost:1'], 2, 'usage'],
    ['help', ['inbox', '--help'], 0, undefined],
  ])(
    '%s has its exit code',
    async (_, args, exit, code) => {
      const ran = await run(args.map((arg) => (arg === 'TRUST' ? stack.trust : arg)));
      expect(outcome(ran)).toEqual([exit, code]);
    },
    60_000,
  );

  it('a trust file of another kind, without a word of it', async () => {
    const file = write('trust.json', 'A SECRET NOTE');
    const ran = await run(['offices', '--service', meddler.url, '--trust', file]);
    expect(outcome(ran)).toEqual([1, 'trust_malformed']);
    expect(ran.stderr).not.toContain('SECRET');
    expect(meddler.seen).toEqual([]);
  }, 60_000);
});
