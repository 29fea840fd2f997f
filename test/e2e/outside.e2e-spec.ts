/** Whoever trusts neither operator nor officials: the commands of the outside, as processes. */
import { nobleVerifier } from '@app/crypto/verify';
import { httpWitness } from '@app/ledger';
import {
  type Checkpoint,
  consistencyProof,
  type Hash,
  logFiles,
  openNote,
  parseCheckpoint,
  parseNote,
  parseVkey,
} from '@app/tlog';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ledgerInFolder } from '../../apps/cli/src/outside/ledger-files.js';
import { EvaluationStack, run, Running } from '../support/command.js';
import { json, outcome } from '../support/command-stage.js';
import { LogServer } from '../support/log-server.js';

const PREFIX = '/public/audit';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sc-outside-e2e-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('beside a running organisation', () => {
  let stack: EvaluationStack;
  let proxy: Server;

  beforeAll(async () => {
    stack = await EvaluationStack.start(path.join(folder, 'data'));
    proxy = createServer((request, response) => {
      const { url = '' } = request;
      if (!url.startsWith(`${PREFIX}/`)) return void response.writeHead(404).end('not here');
      void fetch(stack.publicUrl + url.slice(PREFIX.length)).then(async (answer) => {
        response.writeHead(answer.status).end(new Uint8Array(await answer.arrayBuffer()));
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  }, 180_000);
  afterAll(async () => {
    proxy.closeAllConnections();
    proxy.close();
    await stack.stop();
  }, 60_000);

  type Shown = Checkpoint & { readonly note: string };
  const shown = async (): Promise<Shown> => {
    const note = await (await fetch(`${stack.publicUrl}/checkpoint`)).text();
    return { note, ...parseCheckpoint(parseNote(note).body) };
  };
  const grownBeyond = async (size: number): Promise<Shown> => {
    for (;;) {
      const now = await shown();
      if (now.size > size) return now;
    }
  };

  it('a witness cosigns, is killed, and remembers what it signed', async () => {
    const home = path.join(folder, 'witness');
    const args = ['witness', '--log', path.join(stack.data, 'directory', 'log.vkey')];
    args.push('--name', 'me.example/w', '--data', home, '--port', '0');
    const listening = /Listening at (\S+) for \S+\./;
    const source = logFiles((file) => ledgerInFolder(path.join(stack.data, 'ledger')).read(file));

    let witness = await Running.start(args, listening);
    try {
      const [, first = ''] = await witness.says(listening);
      const key = parseVkey((await witness.says(/^ {2}(me\.example\/w\+\S+)$/m))[1]!);
      const older = await shown();
      const ask = (url: string, { note }: Shown, oldSize = 0, proof: Hash[] = []) =>
        httpWitness(url).addCheckpoint({ note, oldSize, proof });
      const cosigned = await ask(first, older);
      expect(cosigned).toMatchObject({ kind: 'cosigned', lines: [expect.anything()] });
      const line = cosigned.kind === 'cosigned' ? `${cosigned.lines[0]!}\n` : '';
      expect(openNote(`${older.note}${line}`, [key], nobleVerifier()).verified).toEqual([key]);
      await witness.says(new RegExp(`has ${String(older.size)} entries .*; cosigned\\.`));
      expect(outcome(await run(args))).toEqual([1, 'witness_running']);

      expect(await witness.end('SIGKILL')).toBeNull();
      witness = await Running.start(args, listening);
      const [, url = ''] = await witness.says(listening);
      // The process that the killed command left behind does not sign beside the new one.
      expect(await ask(first, older)).toEqual({ kind: 'away' });
      expect(await ask(url, older)).toEqual({ kind: 'other_size', size: older.size });
      const newer = await grownBeyond(older.size);
      expect(await ask(url, newer, older.size)).toEqual({ kind: 'refused' });
      const proof = await consistencyProof(older.size, newer.size, source);
      expect(await ask(url, newer, older.size, proof)).toMatchObject({ kind: 'cosigned' });
      expect(await ask(url, older, older.size)).toEqual({ kind: 'other_size', size: newer.size });

      expect(await witness.end()).toBe(0);
      expect(existsSync(path.join(home, 'pids'))).toBe(false);
    } finally {
      await witness.end('SIGTERM');
    }
  }, 180_000);

  it('a watch raises its alarm for keys that nobody announced, until they are accepted', async () => {
    const state = path.join(folder, 'watch');
    // Served below a path, as by a proxy that has other things to serve.
    const url = `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}${PREFIX}/`;
    const watch = ['watch', url, '--trust', stack.trust, '--state', state];
    expect((await run(watch)).code).toBe(0);
    const offices = await json<{ offices: { id: string }[] }>([
      ...['offices', '--service', stack.publicUrl, '--trust', stack.trust],
    ]);
    const role = offices.offices[0]!.id;
    const alarmed = await run([...watch, '--role', role]);
    expect(alarmed.code).toBe(1);
    expect(alarmed.stdout).toMatch(/^ALARM certificate_unannounced: /m);
    const raised = await run([...watch, '--role', role, '--json']);
    expect(raised.code).toBe(1);
    const alarms = raised.stdout
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as { event: string; subject: string })
      .filter(({ event }) => event === 'alarm');
    for (const { subject } of alarms)
      expect((await run(['watch', 'accept', subject, '--state', state])).code).toBe(0);
    expect((await run([...watch, '--role', role])).code).toBe(0);
  }, 180_000);
});

describe('a log below a path of a server of files', () => {
  let log: LogServer;

  beforeEach(async () => {
    log = new LogServer();
    log.prefix = PREFIX;
    await log.grow(300, 1_000);
    await log.start();
  });
  afterEach(() => log.stop());

  const trustFile = (): string => {
    const file = path.join(folder, 'trust.json');
    writeFileSync(file, log.trustJson());
    return file;
  };

  it('is mirrored and checked', async () => {
    const copy = path.join(folder, 'copy');
    const trust = ['--trust', trustFile()];
    expect(await run(['mirror', `${log.url}${PREFIX}`, copy, ...trust])).toMatchObject({ code: 0 });
    for (const ledger of [`${log.url}${PREFIX}`, `${log.url}${PREFIX}//`, copy])
      expect(await run(['fsck', ledger, ...trust])).toMatchObject({ code: 0 });
    expect((await run(['fsck', log.url, ...trust])).code).toBe(1);
    for (const wrong of ['?a=b', '#a', '/a b'])
      expect(outcome(await run(['fsck', `${log.url}${wrong}`, ...trust]))).toEqual([2, 'usage']);
  }, 60_000);

  it('is mirrored into a folder by one at a time, also after one was killed', async () => {
    const copy = path.join(folder, 'one-at-a-time');
    const args = ['mirror', `${log.url}${PREFIX}`, copy, '--trust', trustFile()];
    const first = await Running.start([...args, '--follow', '1'], /^300 entries/);
    const refused = await run(args);
    expect(outcome(refused)).toEqual([1, 'folder_in_use']);
    expect(refused.stderr).toContain(`The process ${String(first.child.pid)} keeps a mirror in `);
    expect(await first.end('SIGKILL')).toBeNull();
    expect(await run(args)).toMatchObject({ code: 0 });
    expect(readdirSync(copy).filter((name) => name.startsWith('.'))).toEqual([]);
  }, 60_000);
});
