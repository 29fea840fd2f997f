import { beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_POLICY } from '@app/casework';
import { makeReporterCode, nobleSealing } from '@app/crypto/seal';
import { nobleSigning } from '@app/crypto/sign';
import { nobleVerifier } from '@app/crypto/verify';
import { type Bytes, concatBytes, encodeUtf8, ParseError, toHex } from '@app/encoding';
import { countingRandom, type Providers } from '../test/fake-office.js';
import { FakeService, report } from '../test/fake-service.js';
import {
  connect,
  encodePackage,
  encodeRequests,
  openMailbox,
  parsePackage,
  parseRequests,
  type PreparedReport,
  prepareReport,
  type RequestMemory,
  type Service,
  type SignedRequest,
  submitReport,
  unpackReport,
} from './index.js';

const noble: Providers = { signing: nobleSigning(), verifier: nobleVerifier(), sealing: nobleSealing() };
const FILES = [{ name: 'letter.pdf', data: encodeUtf8('x'.repeat(70_000)) }];
const NO_MEMORY: RequestMemory = { earlier: [], keep: () => Promise.resolve() };
const CODE = makeReporterCode(countingRandom('code'));

async function start(): Promise<{ fake: FakeService; service: Service }> {
  const fake = await FakeService.make(noble, DEFAULT_POLICY);
  return { fake, service: await connect(fake.deps(), fake.api(), fake.trust()) };
}

async function sealed(service: Service, code = CODE): Promise<PreparedReport> {
  const preparation = await prepareReport(service, {
    report: report(),
    files: FILES,
    originals: FILES,
    code,
  });
  if (!preparation.ok) throw new Error(JSON.stringify(preparation.problems));
  return preparation.prepared;
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'accepted',
    (error: unknown) => (error as { code: string }).code,
  );

/** A memory that lives as long as a file would. */
class Journal implements RequestMemory {
  text = '';
  get earlier(): SignedRequest[] {
    return parseRequests(this.text);
  }
  readonly keep = (request: SignedRequest): Promise<void> => {
    this.text = encodeRequests([...this.earlier, request]);
    return Promise.resolve();
  };
}

describe('a package', () => {
  let service: Service;
  let prepared: PreparedReport;
  let bytes: Bytes;
  beforeAll(async () => {
    ({ service } = await start());
    prepared = await sealed(service);
    bytes = encodePackage(service, prepared);
  });

  it('comes back as it was', async () => {
    const parsed = parsePackage(bytes);
    expect(JSON.stringify(parsed.submission)).toBe(JSON.stringify(prepared.submission));
    expect(parsed.blobs).toEqual(prepared.blobs);
    const { version, hash, rootVersion, origin } = service.directory.keyset;
    expect(parsed).toMatchObject({ origin, keyset: { version, hash, rootVersion } });
    const again = await unpackReport(service, parsed, CODE, NO_MEMORY);
    expect(encodePackage(service, again)).toEqual(bytes);
  });

  it('shows nothing of the report or of the code', () => {
    const text = Buffer.from(bytes).toString('latin1');
    for (const word of ['Amina', 'session', 'only here', 'letter.pdf', toHex(CODE)])
      expect(text).not.toContain(word);
    expect(Buffer.from(bytes).includes(Buffer.from(CODE))).toBe(false);
  });

  it.each<[string, (whole: Bytes) => Bytes, string]>([
    ['another beginning', (b) => concatBytes(encodeUtf8('X'), b.subarray(1)), 'bad_magic'],
    [
      'another version',
      (b) => concatBytes(b.subarray(0, 4), new Uint8Array([2]), b.subarray(5)),
      'version_unknown',
    ],
    ['a byte too many', (b) => concatBytes(b, new Uint8Array(1)), 'trailing_bytes'],
    ['the end cut off', (b) => b.slice(0, -1), 'truncated'],
    ['nothing', () => new Uint8Array(0), 'truncated'],
  ])('is refused with %s', (_, change, code) => {
    expect(() => parsePackage(change(bytes))).toThrow(new RegExp(code));
  });

  it('is refused at every length but its own', () => {
    for (let length = 0; length < 60; length++)
      expect(() => parsePackage(bytes.slice(0, length))).toThrow(ParseError);
  });

  it.each<[string, (json: string) => string, string]>([
    ['no JSON', () => '{', 'not_json'],
    ['white space', (json) => ` ${json}`, 'bad_submission'],
    ['an unknown field', (json) => json.replace('{', '{"x":1,'), 'bad_submission'],
    ['other attachments', (json) => json.replace(/"blobs":\[[^\]]*\]/, '"blobs":[]'), 'bad_submission'],
  ])('is refused with %s in the submission', (_, change, code) => {
    const json = JSON.stringify(prepared.submission);
    const at = Buffer.from(bytes).indexOf(json);
    const changed = encodeUtf8(change(json));
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, changed.length);
    const whole = concatBytes(bytes.subarray(0, at - 4), length, changed, bytes.subarray(at + json.length));
    expect(() => parsePackage(whole)).toThrow(new RegExp(code));
  });

  it('does not open with another code', async () => {
    const other = makeReporterCode(countingRandom('other'));
    expect(await codeOf(unpackReport(service, parsePackage(bytes), other, NO_MEMORY))).toBe(
      'package_wrong_code',
    );
  });

  it.each<[string, (whole: ReturnType<typeof parsePackage>) => ReturnType<typeof parsePackage>, string]>([
    [
      'another urgency',
      (p) => ({ ...p, submission: { ...p.submission, declaredUrgent: 'yes' } }),
      'package_altered',
    ],
    [
      'other consents',
      (p) => ({ ...p, submission: { ...p.submission, consents: 'n'.repeat(104) } }),
      'package_altered',
    ],
    [
      'another role',
      (p) => ({ ...p, submission: { ...p.submission, role: '00'.repeat(16) } }),
      'package_altered',
    ],
    [
      'no held-back box',
      (p) => ({ ...p, submission: { ...p.submission, escalation: null } }),
      'package_altered',
    ],
    [
      'an object less',
      (p) => ({ ...p, submission: { ...p.submission, objects: p.submission.objects.slice(1) } }),
      'package_altered',
    ],
    ['an attachment less', (p) => ({ ...p, blobs: [] }), 'package_altered'],
    ['another service', (p) => ({ ...p, origin: 'other.example' }), 'package_altered'],
    [
      'another attachment',
      (p) => ({ ...p, blobs: p.blobs.map((b) => ({ ...b, sealed: new Uint8Array(9) })) }),
      'blob_parts',
    ],
  ])('is not sent with %s', async (_, change, code) => {
    expect(await codeOf(unpackReport(service, change(parsePackage(bytes)), CODE, NO_MEMORY))).toBe(code);
  });

  it('is not sent when somebody else sealed it for the same mailbox', async () => {
    const other = parsePackage(
      encodePackage(service, await sealed(service, makeReporterCode(countingRandom('x')))),
    );
    const { mailboxId, mailboxKey } = prepared.submission;
    const swapped = { ...other, submission: { ...other.submission, mailboxId, mailboxKey } };
    expect(await codeOf(unpackReport(service, swapped, CODE, NO_MEMORY))).not.toBe('accepted');
  });
});

describe('a package sent again by another process', () => {
  it('is the same submission, however late', async () => {
    const { fake, service } = await start();
    const pkg = parsePackage(encodePackage(service, await sealed(service)));
    const journal = new Journal();
    fake.lose.set('submit', { times: 99, when: 'after' });
    const first = await unpackReport(service, pkg, CODE, journal);
    expect(await codeOf(submitReport(service, first))).toBe('unreachable');
    expect(fake.cases).toHaveLength(1);
    fake.lose.clear();
    fake.now += 86_400;
    const accepted = await submitReport(service, await unpackReport(service, pkg, CODE, journal));
    expect(accepted.event.type).toBe('SUBMITTED');
    expect(fake.cases).toHaveLength(1);
  });

  it('is told apart from one that this copy never sent, and the mailbox opens all the same', async () => {
    const { service } = await start();
    const pkg = parsePackage(encodePackage(service, await sealed(service)));
    await submitReport(service, await unpackReport(service, pkg, CODE, NO_MEMORY));
    const copy = await unpackReport(service, pkg, CODE, NO_MEMORY);
    expect(await codeOf(submitReport(service, copy))).toBe('request_unknown');
    expect((await openMailbox(service, CODE)).status.status).toBe('received');
  });

  it('is not sent before its request is remembered', async () => {
    const { fake, service } = await start();
    const pkg = parsePackage(encodePackage(service, await sealed(service)));
    const keep = (): Promise<void> => Promise.reject(new Error('disk full'));
    await expect(
      submitReport(service, await unpackReport(service, pkg, CODE, { earlier: [], keep })),
    ).rejects.toThrow('disk full');
    expect(fake.cases).toHaveLength(0);
  });
});

describe('remembered requests', () => {
  const one = { signedAt: 1_795_000_000, statementHash: 'ab'.repeat(32), signatureHash: 'cd'.repeat(32) };
  const line = encodeRequests([one]);

  it('come back as they were', () => {
    expect(parseRequests(encodeRequests([]))).toEqual([]);
    expect(parseRequests(encodeRequests([one, { ...one, signedAt: 0 }]))).toEqual([
      one,
      { ...one, signedAt: 0 },
    ]);
  });

  it.each([
    line.slice(0, -1),
    line.toUpperCase(),
    `0${line}`,
    `${line}\n`,
    ` ${line}`,
    line.replace(' ', '  '),
  ])('are read strictly: %j', (text) => {
    expect(() => parseRequests(text)).toThrow('bad_line');
  });
});
