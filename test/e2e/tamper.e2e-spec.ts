import {
  connect,
  openCase,
  openCaseAttachment,
  openMailbox,
  openMailboxAttachment,
  submitReport,
} from '@app/client';
import { nobleVerifier } from '@app/crypto/verify';
import {
  auditDatabase,
  type LedgerServices,
  openLedgerServices,
  readPublished,
  startUpAudit,
} from '@app/ledger';
import { systemClock, systemRandom } from '@app/platform';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { checkLedger, type FsckReport } from '../../apps/cli/src/outside/fsck.js';
import { ledgerInFolder } from '../../apps/cli/src/outside/ledger-files.js';
import { caseAt, pseudonymOf } from '../../apps/cli/src/demo/job.js';
import { prove } from '../../apps/cli/src/demo/proof-steps.js';
import { signIn } from '../../apps/cli/src/demo/staff-steps.js';
import { STEPS } from '../../apps/cli/src/demo/steps.js';
import { readTrust } from '../../apps/cli/src/stack/evaluation-files.js';
import { type Fetch, type Stage, startStage } from '../support/stage.js';
import { type Cell, flipped, withChangedCell, withFlippedFile } from '../support/tamper.js';

const LIMIT_MS = 420_000;
const CLI = 'apps/cli/bin/safe-conduct.mjs';
/** The update that staff wrote to the reporter. */
const EVENT = 6;

let stage: Stage;
let owner: pg.Client;
let services: LedgerServices;
/** What comes back is changed by this before the client sees it. */
let lie: ((url: string, answer: Buffer) => Buffer) | undefined;

const lying: Fetch = async (url, init) => {
  const answer = await fetch(url, init);
  if (lie === undefined) return answer;
  const bytes = Buffer.from(await answer.arrayBuffer());
  return new Response(new Uint8Array(lie(url, bytes)), { status: answer.status });
};

beforeAll(async () => {
  stage = await startStage({ lapseSeconds: 5, fetch: lying });
  for (const step of STEPS) await stage.job.run(step);
  // The ledger stands still from here on: what is changed stays changed until it is put back.
  await stage.stack.processes.find(({ name }) => name === 'worker')?.stop();
  owner = new pg.Client({ connectionString: stage.stack.databaseUrl });
  await owner.connect();
  services = await openLedgerServices({
    name: 'audit',
    databaseUrl: stage.stack.databaseUrl,
    rootsetFile: path.join(stage.dataDir, 'directory', 'rootset.bin'),
    ledgerDir: stage.stack.ledgerDir,
    clock: systemClock,
    random: systemRandom,
  });
}, LIMIT_MS);

afterAll(async () => {
  await services.close();
  await owner.end();
  await stage.stop();
}, LIMIT_MS);

/** Everybody who looks, each in their own way. */
const LOOKS = {
  /** The reporter, with her words, at everything she may see. */
  reporter: async () => {
    const view = await openMailbox(await stage.job.service(), caseAt(stage.job, 0).code);
    for (const attachment of view.attachments) await openMailboxAttachment(view, attachment);
  },
  /** The official, at the case that was handed to her. */
  official: async () => {
    const opened = await openCase(stage.job.staff.official, pseudonymOf(caseAt(stage.job, 0)));
    for (const attachment of opened.attachments) await openCaseAttachment(opened, attachment);
  },
  /** Oversight: fsck, every opening, the times. */
  oversight: () => prove(stage.job),
  /** Whoever connects. */
  client: () => connect(stage.job.deps, stage.api(stage.stack.publicUrl), stage.job.options.trust),
  /** Staff who come to work. */
  staff: () => signIn(stage.job),
  /** The worker when it starts. */
  start: () => services.work.read((tx) => startUpAudit(tx, services.store)),
  /** The audit of the database. */
  audit: async () => {
    const to = (await readPublished(services.store))?.size ?? 0;
    const [found] = await services.work.read((tx) => auditDatabase(tx, services.store, { from: 0, to }));
    if (found !== undefined) throw Object.assign(new Error('wrong'), { code: found.code });
  },
} as const;
type Look = keyof typeof LOOKS;

async function fsck(folder: string, trustFile: string): Promise<FsckReport> {
  const trust = readTrust(trustFile);
  return checkLedger({ verifier: nobleVerifier(), trust, ledger: ledgerInFolder(folder), folder });
}

/** The code with which somebody refuses what they see; `holds` if they see nothing wrong. */
async function verdict(look: Look): Promise<string> {
  try {
    await LOOKS[look]();
    return 'holds';
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    return code ?? message;
  }
}

describe('a ledger file with one byte flipped', () => {
  const files = (): string[] =>
    readdirSync(path.join(stage.stack.ledgerDir, 'tile'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(stage.stack.ledgerDir, path.join(entry.parentPath, entry.name)));

  it(
    'is named by fsck, whichever tile, partial tile or bundle it is, and no other is',
    async () => {
      const { ledgerDir, trustFile } = stage.stack;
      expect((await fsck(ledgerDir, trustFile)).findings).toEqual([]);
      // Older partial files are there as well: a reader with an older checkpoint still needs them.
      const current = await currentFiles();
      expect(files()).toEqual(expect.arrayContaining(current));
      expect(files().length).toBeGreaterThan(current.length);
      for (const file of files()) {
        const { findings } = await withFlippedFile(path.join(ledgerDir, file), () =>
          fsck(ledgerDir, trustFile),
        );
        expect(findings.map((finding) => finding.path)).toEqual([file]);
      }
      expect((await fsck(ledgerDir, trustFile)).findings).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'makes the command end with 1 and name it',
    async () => {
      const { ledgerDir, trustFile } = stage.stack;
      const isCurrent = new Set((await currentFiles()).map((file) => file));
      const chosen = [...isCurrent, files().find((file) => !isCurrent.has(file)) ?? ''];
      for (const file of chosen) {
        const ended = await withFlippedFile(path.join(ledgerDir, file), () =>
          run('fsck', ledgerDir, trustFile),
        );
        expect(ended.code).toBe(1);
        expect(ended.stdout).toContain(file);
      }
      const ended = await withFlippedFile(path.join(ledgerDir, 'checkpoint'), () =>
        run('fsck', ledgerDir, trustFile),
      );
      expect(ended).toMatchObject({ code: 1, stdout: '' });
      expect(ended.stderr).toMatch(/^safe-conduct: The file checkpoint does not hold\./);
      expect(ended.stderr).toMatch(/\((signature_invalid|quorum_missing|log_signature_missing)\)|Malformed/);
      expect(await run('fsck', ledgerDir, trustFile)).toMatchObject({ code: 0 });
    },
    LIMIT_MS,
  );

  it.each(['log.vkey', 'witness.vkeys'])('or a line changed in %s, is named as well', async (file) => {
    const { ledgerDir, trustFile } = stage.stack;
    const finding = { code: 'keys_mismatch', path: file };
    const at = path.join(ledgerDir, file);
    const flippedKey = await withFlippedFile(at, () => fsck(ledgerDir, trustFile));
    expect(flippedKey.findings).toEqual([finding]);
    const whole = readFileSync(at, 'utf8');
    for (const changed of ['', whole.trimEnd(), `${whole}${whole}`, `${whole}\n`, `${whole}x`]) {
      // A log that was succeeded by itself: the same key twice is no other key.
      if (file === 'log.vkey' && changed === `${whole}${whole}`) continue;
      writeFileSync(at, changed);
      expect([changed, (await fsck(ledgerDir, trustFile)).findings]).toEqual([changed, [finding]]);
    }
    writeFileSync(at, whole);
  });

  /** One tile, one partial tile and one bundle that the checkpoint stands on. */
  async function currentFiles(): Promise<string[]> {
    const { size } = await fsck(stage.stack.ledgerDir, stage.stack.trustFile);
    const width = size % 256;
    const edge = `${String(Math.floor(size / 256)).padStart(3, '0')}.p/${String(width)}`;
    const full = size >= 256 ? ['tile/0/000', 'tile/entries/000', 'tile/1/000.p/1'] : [];
    return [...full, ...(width > 0 ? [`tile/0/${edge}`, `tile/entries/${edge}`] : [])];
  }
});

type Row = readonly [
  table: string,
  column: string,
  where: keyof typeof WHERE,
  look: Look,
  code: string,
  changed?: string,
];

const WHERE = {
  event: () => `${ofCase()} and event_number = ${String(EVENT)}`,
  payload: () => `outbox_id = (select id from log_outbox where ${WHERE.event()})`,
  own: () => `${ofCase()} and role_id is null`,
  granted: () => `${ofCase()} and grant_record is not null`,
  part: () => `blob_id in (select blob_id from case_blobs where ${ofCase()})`,
  head: () => `pseudonym = '\\x${pseudonymOf(caseAt(stage.job, 0))}'`,
  submitted: () => `${ofCase()} and event_number = 1`,
  newest: () => 'size = (select max(size) from log_quorums)',
  newestBatch: () => 'size_after = (select max(size_after) from log_batches)',
  firstBatch: () => 'start = 0',
  official: () => `certificate_hash = '\\x${stage.job.staff.official.actor.certificate}'`,
  any: () => 'true',
} as const;

function ofCase(): string {
  return `case_pseudonym = '\\x${pseudonymOf(caseAt(stage.job, 0))}'`;
}

const SIGNED_BYTE =
  "overlay(note placing case when substr(note, length(note) - 10, 1) = 'A' then 'B' else 'A' end from length(note) - 10 for 1)";
/** The third consent code of the first person. */
const CONSENT_AT = `position('"consents":"'::bytea in opening) + 13`;
const CONSENT_BYTE = `set_byte(opening, ${CONSENT_AT}, get_byte(opening, ${CONSENT_AT}) # 1)`;
/**
 * The last byte of `issued` in the root part (libs/crypto/SPEC.md §6.1, §6.2). The middle of a KEYSET is in somebody's key,
 * where chance decides whether the changed one is a key at all.
 */
const ISSUED_BYTE =
  'set_byte(bytes, 26 + get_byte(bytes, 14), get_byte(bytes, 26 + get_byte(bytes, 14)) # 1)';
const LINE_BYTE = SIGNED_BYTE.replaceAll('note', 'line');

/** The first place that no event has: a cover entry's. */
const FIRST_COVER = `(select min(i) from generate_series(0, (select max(seq) from log_sequence)) i
  where i not in (select seq from log_sequence))`;

/** Everything the server keeps that somebody relies on: who notices, and with which code. */
const ROWS: readonly Row[] = [
  ['log_outbox', 'entry', 'event', 'reporter', 'opening_commitment'],
  ['log_outbox', 'random', 'event', 'oversight', 'opening_commitment'],
  ['log_outbox', 'opening', 'event', 'official', 'not_zero'],
  // The consent codes of the submission are in its detail.
  ['log_outbox', 'opening', 'submitted', 'reporter', 'opening_commitment', CONSENT_BYTE],
  ['log_outbox', 'event_number', 'event', 'reporter', 'receipt_mismatch', '99'],
  ['event_payloads', 'payload_random', 'payload', 'reporter', 'receipt_mismatch'],
  ['event_payloads', 'statement', 'payload', 'official', 'statement_signature'],
  ['event_payloads', 'signature', 'payload', 'official', 'statement_signature'],
  ['event_payloads', 'statement_hash', 'payload', 'reporter', 'receipt_mismatch'],
  ['event_payloads', 'signature_hash', 'payload', 'official', 'receipt_mismatch'],
  ['event_payloads', 'items', 'payload', 'reporter', 'receipt_mismatch'],
  ['log_sequence', 'seq', 'payload', 'reporter', 'inclusion_invalid', FIRST_COVER],
  ['log_batches', 'root', 'newestBatch', 'start', 'state_mismatch'],
  ['log_batches', 'at', 'firstBatch', 'oversight', 'opening_commitment', 'at + 1'],
  ['log_cover_keys', 'key', 'any', 'oversight', 'opening_commitment'],
  ['log_state', 'root', 'any', 'start', 'state_mismatch'],
  ['log_state', 'frontier', 'any', 'start', 'state_mismatch'],
  ['log_checkpoints', 'note', 'newest', 'start', 'checkpoint_mismatch', SIGNED_BYTE],
  ['log_cosignatures', 'line', 'newest', 'start', 'checkpoint_mismatch', LINE_BYTE],
  ['log_quorums', 'note', 'newest', 'start', 'checkpoint_mismatch', SIGNED_BYTE],
  ['objects', 'file', 'event', 'reporter', 'object_uncommitted'],
  ['objects', 'file', 'event', 'official', 'object_uncommitted'],
  ['objects', 'author', 'event', 'reporter', 'object_author', "'reporter'"],
  ['objects', 'event_number', 'event', 'reporter', 'object_uncommitted', '7'],
  ['boxes', 'box', 'own', 'reporter', 'object_uncommitted'],
  ['boxes', 'box', 'granted', 'official', 'object_uncommitted'],
  ['boxes', 'grant_record', 'granted', 'official', 'certificate_unknown'],
  ['blob_parts', 'bytes', 'part', 'reporter', 'blob_parts'],
  ['blob_parts', 'bytes', 'part', 'official', 'blob_parts'],
  ['cases', 'last_commitment', 'head', 'reporter', 'state_mismatch'],
  ['cases', 'event_number', 'head', 'reporter', 'state_mismatch', 'event_number - 1'],
  ['cases', 'state', 'head', 'audit', 'case_state_mismatch', `jsonb_set(state, '{consents,0,K3}', '"n"')`],
  ['cases', 'phase', 'head', 'audit', 'case_state_mismatch', "'CLOSED'"],
  ['cases', 'escalated', 'head', 'audit', 'case_state_mismatch', 'not escalated'],
  ['cases', 'role_id', 'head', 'audit', 'case_state_mismatch'],
  ['cases', 'routed_to', 'head', 'audit', 'case_state_mismatch', 'null'],
  ['cases', 'assignee', 'head', 'audit', 'case_state_mismatch', 'null'],
  ['cases', 'next_deadline', 'head', 'audit', 'case_state_mismatch', '1'],
  ['cases', 'received_at', 'head', 'audit', 'case_state_mismatch', 'received_at + 1'],
  ['cases', 'policy_hash', 'head', 'audit', 'policy_mismatch'],
  ['cases', 'mailbox_id', 'head', 'audit', 'mailbox_mismatch'],
  ['cases', 'mailbox_key', 'head', 'audit', 'mailbox_mismatch'],
  ['cases', 'submission_hash', 'head', 'audit', 'mailbox_mismatch'],
  ['policies', 'body', 'any', 'audit', 'policy_mismatch', "replace(body, '600', '601')"],
  ['keysets', 'bytes', 'any', 'audit', 'keyset_mismatch', ISSUED_BYTE],
  ['keysets', 'bytes', 'any', 'client', 'keyset_signatures_short', ISSUED_BYTE],
  ['policies', 'body', 'any', 'reporter', 'policy_mismatch', "replace(body, '600', '601')"],
  ['staff_vaults', 'keyring', 'official', 'staff', 'open_failed'],
  ['epoch_boxes', 'box', 'official', 'staff', 'open_failed'],
];

describe('a row changed by the owner of the database', () => {
  it(
    'everything holds before',
    async () => {
      for (const look of Object.keys(LOOKS) as Look[])
        expect([look, await verdict(look)]).toEqual([look, 'holds']);
    },
    LIMIT_MS,
  );

  it.each(ROWS.map((row, i) => [`${row[0]}.${row[1]}`, row[3], row[4], i] as const))(
    '%s: the %s says %s (%i)',
    async (_name, look, code, i) => {
      const [table, column, where, , , changed] = ROWS[i] as Row;
      const cell: Cell = { table, column, where: WHERE[where](), ...(changed !== undefined && { changed }) };
      expect(await withChangedCell(owner, cell, () => verdict(look))).toBe(code);
    },
    LIMIT_MS,
  );

  it(
    'the times of the database are held against the ledger',
    async () => {
      const cell: Cell = {
        table: 'cases',
        column: 'state',
        where: WHERE.head(),
        changed: `jsonb_set(state, '{clocks,0,startedAt}', '1')`,
      };
      const said = await withChangedCell(owner, cell, () => verdict('oversight'));
      expect(said).toContain('ledger and database differ');
    },
    LIMIT_MS,
  );

  it(
    'fsck names the case, its last event and the column',
    async () => {
      const { ledgerDir, trustFile, databaseUrl } = stage.stack;
      const compare = () => run('fsck', ledgerDir, trustFile, { DATABASE_URL: databaseUrl }, '--database');
      expect(await compare()).toMatchObject({ code: 0 });
      const cell: Cell = { table: 'cases', column: 'phase', where: WHERE.head(), changed: "'CLOSED'" };
      const ended = await withChangedCell(owner, cell, compare);
      expect(ended.code).toBe(1);
      const at = `case ${pseudonymOf(caseAt(stage.job, 0))} event \\d+ column phase`;
      expect(ended.stdout).toMatch(new RegExp(`^1 wrong:\ndatabase: case_state_mismatch ${at}\n$`));
    },
    LIMIT_MS,
  );

  it(
    'everything holds when all is put back',
    async () => {
      for (const look of Object.keys(LOOKS) as Look[])
        expect([look, await verdict(look)]).toEqual([look, 'holds']);
    },
    LIMIT_MS,
  );
});

type Json = { [name: string]: Json } & string;

/** Flips a byte of a base64 member of an answer. */
function flipMember(answer: Buffer, ...at: readonly string[]): Buffer {
  const json = JSON.parse(answer.toString('utf8')) as Json;
  const [last, ...way] = [...at].reverse() as [string, ...string[]];
  const holder = way.reverse().reduce<Json>((node, name) => node[name] as Json, json);
  holder[last] = flipped(Buffer.from(holder[last] as string, 'base64')).toString('base64') as Json;
  return Buffer.from(JSON.stringify(json));
}

describe('an answer with one byte flipped', () => {
  const again = async () => {
    const { prepared } = caseAt(stage.job, 0);
    if (prepared === undefined) throw new Error('nothing prepared');
    await submitReport(await stage.job.service(), prepared);
  };

  it.each([
    ['the promise', ['promise', 'signature'], 'promise_signature'],
    ['the opening of the receipt', ['receipt', 'random'], 'opening_commitment'],
    ['the entry of the receipt', ['receipt', 'entry'], 'opening_commitment'],
  ] as const)('%s is refused by the reporter', async (_what, at, code) => {
    lie = (url, answer) => (url.endsWith('/threads') ? flipMember(answer, ...at) : answer);
    try {
      await expect(again()).rejects.toMatchObject({ code });
    } finally {
      lie = undefined;
    }
    await again();
  });

  it('the state of the mailbox is refused by the reporter', async () => {
    lie = (url, answer) => (url.endsWith('/mailbox') ? flipMember(answer, 'state', 'signature') : answer);
    try {
      expect(await verdict('reporter')).toBe('mailbox_state_signature');
    } finally {
      lie = undefined;
    }
    expect(await verdict('reporter')).toBe('holds');
  });
});

async function run(
  verb: string,
  target: string,
  trust: string,
  more: NodeJS.ProcessEnv = {},
  ...flags: readonly string[]
) {
  const args = [CLI, verb, target, '--trust', trust, ...flags];
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...more };
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, args, { env })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}
