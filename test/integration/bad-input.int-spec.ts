import { ApiProblem, makeApiClient } from '@app/api-client';
import { type PreparedReport, prepareReport, type Service, unlock } from '@app/client';
import type { Submission } from '@app/contracts';
import { makeReporterCode, nobleSealing } from '@app/crypto/seal';
import { makeSigner, nobleSigning } from '@app/crypto/sign';
import { nobleVerifier } from '@app/crypto/verify';
import { fromBase64, fromHex, toBase64, toHex } from '@app/encoding';
import type { LedgerServices } from '@app/ledger';
import { StaffVaultRow } from '@app/persistence';
import { makeLogger, systemRandom } from '@app/platform';
import { createServer } from '@app/platform/nest';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { inventedReports } from '../../apps/cli/src/demo/reports.js';
import { DeskConfig } from '../../apps/desk/src/config.js';
import { DeskModule } from '../../apps/desk/src/desk.module.js';
import { IntakeModule } from '../../apps/intake/src/intake.module.js';
import { PromiseSigner } from '../../apps/intake/src/promise-signer.js';
import { startTestServer, type TestDatabase, type TestServer } from '../support/database.js';
import { openTestServices, TestOrganisation } from '../support/organisation.js';

const NOW = 1_795_000_000;
const PART = 1_048_576;
const clock = { now: () => NOW, nowMs: () => NOW * 1_000 };
const signing = nobleSigning();
const deps = {
  signing,
  verifier: nobleVerifier(),
  sealing: nobleSealing(),
  random: systemRandom,
  now: clock.now,
  sleep: () => Promise.resolve(),
};
const NO_FLOOD = 1_000_000;
const folder = mkdtempSync(path.join(tmpdir(), 'sc-bad-input-'));

let server: TestServer;
let database: TestDatabase;
let organisation: TestOrganisation;
let opened: LedgerServices[];
let apps: NestFastifyApplication[];
let participant: Service;
let desk: Service;
let url: string;

beforeAll(async () => {
  server = await startTestServer();
  database = await server.makeDatabase();
  organisation = await TestOrganisation.make(NOW);
  organisation.write(folder);
  const open = (role: 'sc_intake' | 'sc_desk' | 'sc_worker') =>
    openTestServices(database.url(role), folder, clock);
  const [intake, staff, worker] = await Promise.all([open('sc_intake'), open('sc_desk'), open('sc_worker')]);
  opened = [worker];
  await worker.work.run(async (tx) => {
    await worker.directory.acceptPolicy(tx, organisation.made.policyText, { tickSeconds: 1 });
    await worker.directory.acceptKeyset(tx, organisation.made.keyset, { tickSeconds: 1 });
    for (const { vault } of organisation.made.staff) {
      await tx.insert(StaffVaultRow, {
        subjectId: Buffer.from(vault.subject, 'hex'),
        authHash: Buffer.from(vault.authHash, 'hex'),
        certificateHash: Buffer.from(vault.certificateHash, 'hex'),
        keyring: Buffer.from(vault.keyring, 'base64'),
      });
    }
  });
  const log = makeLogger('test', { write: () => undefined });
  const facts = { organisation: 'Test organisation', maxAttachmentBytes: 4 * PART };
  const promises = new PromiseSigner(makeSigner(signing, new Uint8Array(32).fill(0x50)), intake.directory);
  apps = [
    await createServer(IntakeModule.with(intake, facts, promises, NO_FLOOD), {
      log,
      bodyLimitBytes: PART,
      rawBodies: { 'application/octet-stream': PART },
    }),
    await createServer(DeskModule.with(staff, facts, new DeskConfig(staff.rootset)), {
      log,
      bodyLimitBytes: PART,
    }),
  ];
  const urls: string[] = [];
  for (const app of apps) {
    await app.listen(0, '127.0.0.1');
    urls.push(await app.getUrl());
  }
  const serviceAt = (baseUrl: string) =>
    ({
      deps,
      api: makeApiClient({ baseUrl }),
      directory: { keyset: organisation.keyset },
    }) as unknown as Service;
  url = urls[0]!;
  participant = serviceAt(url);
  desk = serviceAt(urls[1]!);
}, 60_000);

afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
  await Promise.all(opened.map((services) => services.close()));
  await database.drop();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function prepared(): Promise<PreparedReport> {
  const [invented] = inventedReports(1_000, (n) => systemRandom.bytes(n));
  const code = makeReporterCode(systemRandom);
  const made = await prepareReport(participant, { report: invented!.report, files: [], code });
  if (!made.ok) throw new Error(JSON.stringify(made.problems));
  return made.prepared;
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'accepted';
  } catch (error) {
    if (error instanceof ApiProblem) return error.code;
    throw error;
  }
}

/** How many cases and objects there are, asked as the owner: no process may count sealed objects. */
async function stored(): Promise<[number, number]> {
  const client = new pg.Client({ connectionString: database.ownerUrl });
  await client.connect();
  const count = async (table: string): Promise<number> => {
    const { rows } = await client.query<{ n: number }>(`select count(*)::int as n from ${table}`);
    return rows[0]!.n;
  };
  const counts: [number, number] = [await count('cases'), await count('objects')];
  await client.end();
  return counts;
}

const flipped = (base64: string, at: number): string => {
  const bytes = fromBase64(base64, 'file');
  bytes[at] = bytes[at]! ^ 1;
  return toBase64(bytes);
};

const firstObject = (s: Submission, file: (old: string) => string): Submission => ({
  ...s,
  objects: s.objects.map((o, i) => (i === 0 ? { ...o, file: file(o.file) } : o)),
});

describe('a submission that is not what it should be', () => {
  it.each<[string, (s: Submission) => Submission]>([
    ['suite_unsupported', (s) => ({ ...s, suite: 2 })],
    ['codes_mismatch', (s) => ({ ...s, mailboxId: '0'.repeat(32) })],
    ['codes_mismatch', (s) => ({ ...s, boxes: s.boxes.slice(0, 3) })],
    ['codes_mismatch', (s) => ({ ...s, exclusions: [s.role] })],
    ['out_of_date', (s) => ({ ...s, roleEpoch: 9, boxes: s.boxes.map((b) => withEpoch(b, 9)) })],
    ['consent_missing', (s) => ({ ...s, consents: 'n'.repeat(104) })],
    ['wrong_size_class', (s) => firstObject(s, (file) => toBase64(fromBase64(file, 'f').subarray(0, 5_000)))],
    ['wrong_size_class', (s) => firstObject(s, (f) => toBase64(new Uint8Array([...fromBase64(f, 'f'), 0])))],
    ['sealed_malformed', (s) => firstObject(s, (file) => flipped(file, 3))],
    ['malformed_bytes', (s) => firstObject(s, (file) => `${file.slice(0, -4)}!!!!`)],
    ['not_found', (s) => ({ ...s, blobs: ['ab'.repeat(16)] })],
    ['invalid_request', (s) => ({ ...s, consents: 'x' })],
  ])('is answered %s, and nothing is stored (%#)', async (code, change) => {
    const { mailbox, submission } = await prepared();
    const before = await stored();
    expect(await codeOf(mailbox.api.call('submit', { body: change(submission) }))).toBe(code);
    expect(await stored()).toEqual(before);
  });
});

function withEpoch(box: Submission['boxes'][number], roleEpoch: number): Submission['boxes'][number] {
  return box.recipient.kind === 'role' ? { ...box, recipient: { ...box.recipient, roleEpoch } } : box;
}

describe('a submission sent again', () => {
  it('gets the same answer and makes one case, however often and at once', async () => {
    const { mailbox, submission } = await prepared();
    const [cases, objects] = await stored();
    const send = () => mailbox.api.call('submit', { body: submission });
    const answers = await Promise.all([send(), send(), send()]);
    answers.push(await send());
    expect(new Set(answers.map((a) => JSON.stringify(a))).size).toBe(1);
    expect(await stored()).toEqual([cases + 1, objects + submission.objects.length]);
  });

  it('with other content under the same ids is id_taken', async () => {
    const one = await prepared();
    const other = await prepared();
    await one.mailbox.api.call('submit', { body: one.submission });
    const body = { ...other.submission, threadId: one.submission.threadId };
    expect(await codeOf(other.mailbox.api.call('submit', { body }))).toBe('id_taken');
  });
});

describe('an attachment', () => {
  const blob = 'cd'.repeat(16);
  // 64 KiB and 1.5 MiB as sealed files: header 1,627 + nonce 16 + 16 for each 64 KiB (libs/crypto SPEC.md §11.1).
  const length = 1_572_864 + 1_643 + 24 * 16;

  it('is taken in parts, each once, and refused by its own code otherwise', async () => {
    const { mailbox, submission } = await prepared();
    const { api } = mailbox;
    expect(await codeOf(api.call('reserveBlob', { params: { blob }, body: { length: 5 } }))).toBe(
      'wrong_size_class',
    );
    const huge = { params: { blob }, body: { length: 10 ** 9 } };
    expect(await codeOf(api.call('reserveBlob', huge))).toBe('body_too_large');
    await api.call('reserveBlob', { params: { blob }, body: { length } });
    const part = (fill: number) => new Uint8Array(PART).fill(fill);
    await api.call('putPart', { params: { blob, part: 0 }, body: part(1) });
    await api.call('putPart', { params: { blob, part: 0 }, body: part(1) });
    const other = api.call('putPart', { params: { blob, part: 0 }, body: part(2) });
    expect(await codeOf(other)).toBe('part_mismatch');
    expect(await api.call('blobStatus', { params: { blob } })).toEqual({ length, parts: [0] });
    const body = { ...submission, blobs: [blob] };
    expect(await codeOf(api.call('submit', { body }))).toBe('blob_incomplete');
    const foreign = await prepared();
    expect(await codeOf(foreign.mailbox.api.call('blobStatus', { params: { blob } }))).toBe('not_found');
  });
});

describe('requests', () => {
  const post = (type: string, body: string | Uint8Array<ArrayBuffer>): Promise<Response> =>
    fetch(`${url}/v1/nonces`, { method: 'POST', headers: { 'content-type': type }, body });

  it.each([
    ['malformed_json', 400, 'application/json', '{"count":'],
    ['invalid_request', 400, 'application/json', '{"count":1,"more":2}'],
    ['unsupported_media_type', 415, 'text/xml', '<count/>'],
  ])('are answered %s with %d', async (code, status, type, body) => {
    const answer = await post(type, body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ code, status });
  });

  it('without a signature, before there is a ledger or without a report have their codes', async () => {
    const { api } = participant;
    const unsigned = await fetch(`${url}/v1/mailbox`);
    expect([unsigned.status, await unsigned.json()]).toMatchObject([401, { code: 'unauthorized' }]);
    expect(await codeOf(api.call('checkpoint', {}))).toBe('not_ready');
    const { mailbox } = await prepared();
    expect(await codeOf(mailbox.api.call('mailbox', {}))).toBe('not_found');
  });
});

describe('a KEYSET sent to the desk', () => {
  it('is refused if it is not newer, and the attempt is an alarm', async () => {
    const member = organisation.made.staff.find((staff) => staff.name === 'focal-1')!;
    const session = await unlock(desk, member.subject, member.words.join(' '));
    const other = await TestOrganisation.make(NOW);
    const publish = (keyset: Uint8Array) =>
      codeOf(
        session.service.api.call('publishKeyset', {
          idempotencyKey: toHex(systemRandom.bytes(16)),
          body: { keyset: toBase64(keyset), boxes: [] },
        }),
      );
    expect(await publish(other.made.keyset)).toBe('keyset_refused');
    expect(await publish(fromHex('00', 'x'))).toBe('keyset_refused');
    const unsigned = await fetch(`${desk.api.baseUrl}/v1/cases`);
    expect([unsigned.status, await unsigned.json()]).toMatchObject([401, { code: 'unauthorized' }]);
  });
});
