import { exampleReport } from '../../apps/cli/src/participant/example.js';
import { decodeWords } from '@app/crypto/seal';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run, type RunOptions } from '../support/command.js';
import { CommandStage, json, outcome, type Recorded, type Sealed } from '../support/command-stage.js';
import { aQuorum } from '../support/quorum.js';

const SEEN = aQuorum() as unknown;

const BIG = randomBytes(3_000_000);

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

describe('the whole path, by commands alone', () => {
  let sealed: Sealed;
  let recorded: Recorded;
  type Shown = {
    status: string;
    messages: { from: string; text: string; about: number | null; witnessedAt: number | null }[];
    events: { number: number; type: string }[];
  };
  const inbox = <T>(verb: string, more: readonly string[] = [], options: RunOptions = {}): Promise<T> =>
    json<T>(['inbox', verb, ...more, ...stage.direct(), '--words-file', sealed.wordsFile], options);

  it('seals a report into a package that shows nothing, for its owner alone', async () => {
    const big = stage.at('recording.bin');
    writeFileSync(big, BIG);
    sealed = await stage.seal([big]);
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
    const receipt = stage.at('receipt.tlog-proof');
    const args = [
      'submit',
      sealed.dir,
      ...stage.direct(),
      '--words-file',
      sealed.wordsFile,
      '--receipt',
      receipt,
    ];
    recorded = await json<Recorded>(args);
    expect(recorded).toMatchObject({
      witnesses: SEEN,
      acknowledgeBy: expect.any(Number) as unknown,
    });
    const verified = await json<{ index: number }>(['verify', receipt, '--trust', stage.stack.trust]);
    expect(verified.index).toBe(recorded.entry);
    expect(await stage.caseCount()).toBe(1);
  }, 60_000);

  it('submits it again, in words for people: the same entry, one case', async () => {
    const again = await run(['submit', sealed.dir, ...stage.direct()], {
      input: `${sealed.words.join(' ')}\n`,
    });
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(
      /^Recorded, seen by (witness-\d and witness-\d|witness-1, witness-2, and witness-3) at [-\d: ]+ UTC \(.* your time\)\. It must be acknowledged by /,
    );
    expect(again.stdout).toContain(`Case ${recorded.casePseudonym}, entry ${String(recorded.entry)} `);
    expect(await stage.caseCount()).toBe(1);
  }, 60_000);

  it('is worked on by staff, up to an intervention recorded as sent', async () => {
    const id = recorded.casePseudonym;
    const focal = await stage.assignedTo(id);
    const short = id.slice(0, 6);
    const saved = stage.at('saved');
    const opened = await stage.staff<{ report: { acts: { what: string }[] } }>(focal, [
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
    for (const [who, args, , text] of acts)
      types.push((await stage.staff<{ type: string }>(who, args, text)).type);
    expect(types).toEqual(acts.map(([, , type]) => type));
  }, 120_000);

  it('shows dead letters to the administrator alone, and alarms to oversight alone', async () => {
    const letters = ['dead-letters', 'list'];
    expect(await stage.staff('administrator', letters)).toEqual({ letters: [] });
    expect(await stage.staff('administrator', ['list'])).toEqual({ cases: [] });
    const { staffUrl, data } = stage.stack;
    const as = (who: string): string[] => ['--service', staffUrl, '--as', who, '--data', data];
    const letter = randomBytes(16).toString('hex');
    for (const [who, args] of [
      ['focal-1', letters],
      ['oversight', ['dead-letters', 'redrive', letter]],
      ['administrator', ['dead-letters', 'redrive', letter]],
      ['administrator', ['dead-letters', 'discard', letter, 'obsolete']],
    ] as const)
      expect(outcome(await run(['staff', ...args, ...as(who)]))).toEqual([1, 'not_found']);
    const odd = ['staff', 'dead-letters', 'discard', letter, 'because', ...as('administrator')];
    expect(outcome(await run(odd))).toEqual([2, 'usage']);
    expect(await stage.staff('oversight', ['oversight', 'alarms'])).toEqual({ alarms: [] });
    expect(await stage.staff('oversight', ['oversight', 'delays', '--days', '7'])).toMatchObject({
      count: 0,
    });
    const alarms = await run(['staff', 'oversight', 'alarms', ...as('administrator')]);
    expect(outcome(alarms)).toEqual([1, 'not_found']);
    const short = ['staff', 'dead-letters', 'redrive', 'ab', ...as('administrator')];
    expect(outcome(await run(short))).toEqual([1, 'letter_unknown']);
  }, 60_000);

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
    const out = stage.at('mine');
    for (const name of ['recording.bin', 'recording (2).bin']) {
      await inbox('attachment', ['--out', out]);
      expect(readFileSync(path.join(out, name)).equals(BIG)).toBe(true);
    }
    const receipt = stage.at('third.tlog-proof');
    await inbox('receipt', ['3', '--out', receipt]);
    expect(outcome(await run(['verify', receipt, '--trust', stage.stack.trust]))).toEqual([0, undefined]);
  }, 60_000);

  it.each<[string, string[], string]>([
    ['what is done already', ['triage'], 'not_in_this_state'],
    ['what another office decides', ['return', 'RISK'], 'not_permitted'],
  ])(
    'refuses staff %s, in one sentence with its code',
    async (_, [verb, ...more], code) => {
      const args = ['staff', verb!, recorded.casePseudonym, ...more];
      const ran = await run([
        ...args,
        '--service',
        stage.stack.staffUrl,
        '--as',
        'focal-1',
        '--data',
        stage.stack.data,
      ]);
      expect(outcome(ran)).toEqual([1, code]);
      expect(ran.stdout).toBe('');
    },
    60_000,
  );
});

describe('what is not as it should be on this side', () => {
  it('a report: each problem with its field and the cure, and nothing sealed', async () => {
    const example = exampleReport('en') as Record<string, unknown>;
    const report = stage.write(
      'report.json',
      JSON.stringify({ ...example, acts: [{ types: ['B99'], from: 'spring' }], concerned: { stat: 'FRA' } }),
    );
    const out = stage.fresh('package');
    const ran = await run(['seal', report, ...stage.meddled(), '--out', out]);
    expect(outcome(ran)).toEqual([1, 'report_invalid']);
    for (const told of [
      'concerned: take out stat; known are state, reason (unknown_field)',
      'concerned.state (question 6.4): an answer is needed (missing)',
      'acts[0].what (question 5.1): an answer is needed (missing)',
      'acts[0].types (question 5.2): use one of A01,',
      'acts[0].from (question 5.4): write a date as {',
    ])
      expect(ran.stderr).toContain(told);
    expect(existsSync(out)).toBe(false);
    expect(stage.meddler.seen).toEqual([]);
  }, 60_000);

  it('a package that was damaged', async () => {
    const sealed = await stage.seal();
    const file = path.join(sealed.dir, 'report.sealed');
    writeFileSync(file, readFileSync(file).subarray(0, -1));
    const args = ['submit', sealed.dir, ...stage.meddled(), '--words-file', sealed.wordsFile];
    expect(outcome(await run(args))).toEqual([1, 'package_malformed']);
    expect(stage.meddler.seen).toEqual([]);
  }, 60_000);

  it('a folder that is there already is left as it was', async () => {
    const sealed = await stage.seal();
    const report = stage.example();
    const before = readFileSync(path.join(sealed.dir, 'report.sealed'));
    const ran = await run(['seal', report, ...stage.meddled(), '--out', sealed.dir]);
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
      const ran = await run(args.map((arg) => (arg === 'TRUST' ? stage.stack.trust : arg)));
      expect(outcome(ran)).toEqual([exit, code]);
    },
    60_000,
  );

  it('a trust file of another kind, without a word of it', async () => {
    const file = stage.write('trust.json', 'A SECRET NOTE');
    const ran = await run(['offices', '--service', stage.meddler.url, '--trust', file]);
    expect(outcome(ran)).toEqual([1, 'trust_malformed']);
    expect(ran.stderr).not.toContain('SECRET');
    expect(stage.meddler.seen).toEqual([]);
  }, 60_000);
});
