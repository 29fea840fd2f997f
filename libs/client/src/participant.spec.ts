import { beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_POLICY } from '@app/casework';
import { type ApiProblem } from '@app/api-client';
import { makeReporterCode, nobleSealing, sodiumSealing } from '@app/crypto/seal';
import { nobleSigning, sodiumSigning } from '@app/crypto/sign';
import { nobleVerifier, sodiumVerifier } from '@app/crypto/verify';
import type { SubmissionReceipt } from '@app/contracts';
import { encodeUtf8, toBase64, toHex } from '@app/encoding';
import { countingRandom, type Providers } from '../test/fake-office.js';
import { FakeService, report } from '../test/fake-service.js';
import {
  awaitProof,
  connect,
  encodePackage,
  parsePackage,
  type PreparedReport,
  prepareReport,
  type Progress,
  type Service,
  submitReport,
  unpackReport,
} from './index.js';

const noble: Providers = { signing: nobleSigning(), verifier: nobleVerifier(), sealing: nobleSealing() };
const sodium = async (): Promise<Providers> => ({
  signing: await sodiumSigning(),
  verifier: await sodiumVerifier(),
  sealing: await sodiumSealing(),
});

const FILES = [{ name: 'letter.pdf', data: encodeUtf8('x'.repeat(1_200_000)) }];

async function start(providers: Providers = noble): Promise<{ fake: FakeService; service: Service }> {
  const fake = await FakeService.make(providers, DEFAULT_POLICY);
  return { fake, service: await connect(fake.deps(), fake.api(), fake.trust()) };
}

async function prepared(
  service: Service,
  change: Partial<Parameters<typeof prepareReport>[1]> = {},
): Promise<PreparedReport> {
  const code = makeReporterCode(countingRandom('code'));
  const preparation = await prepareReport(service, { report: report(), files: [], code, ...change });
  if (!preparation.ok) throw new Error(JSON.stringify(preparation.problems));
  return preparation.prepared;
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'accepted',
    (error: unknown) => (error as { code: string }).code,
  );

describe('preparing a report', () => {
  let service: Service;
  beforeAll(async () => {
    ({ service } = await start());
  });

  const roleOf = (kind: string): string => {
    const found = service.directory.keyset.roles.find((role) => role.kind === kind);
    return found === undefined ? '' : toHex(found.id);
  };
  const recipient = ({ submission }: PreparedReport): string | undefined => {
    const to = submission.escalation?.recipient;
    return to?.kind === 'role' ? to.role : undefined;
  };

  it('names every problem instead of sealing', async () => {
    const { consent, ...rest } = report();
    const broken = { ...rest, consent, acts: [] } as never;
    const preparation = await prepareReport(service, { report: broken, files: [], code: new Uint8Array(16) });
    expect(preparation).toEqual({
      ok: false,
      problems: [{ field: '5.1', path: 'acts[0].what', code: 'missing' }],
    });
  });

  it('seals both compartments to the focal point and to the reporter', async () => {
    const { submission } = await prepared(service);
    expect(submission.boxes.map(({ compartment, recipient: { kind } }) => [compartment, kind])).toEqual([
      [0, 'role'],
      [0, 'reporter'],
      [1, 'role'],
      [1, 'reporter'],
    ]);
    expect(submission.role).toBe(roleOf('focal_point'));
    expect(submission.objects.map(({ compartment }) => compartment)).toEqual([0, 1]);
  });

  it('holds a box back for the senior official with K3', async () => {
    expect(recipient(await prepared(service))).toBe(roleOf('senior_official'));
  });

  it.each(['n', 'r', 'w'])('makes no such box with K3 %s', async (k3) => {
    expect((await prepared(service, { report: report({}, { K3: k3 }) })).submission.escalation).toBeNull();
  });

  it('passes over an excluded office', async () => {
    const { consent } = report();
    const exclusions = [roleOf('senior_official')];
    const excluding = report({ consent: { ...consent, exclusions } });
    const ready = await prepared(service, { report: excluding });
    expect(recipient(ready)).toBe(roleOf('alternate'));
    expect(ready.submission.exclusions).toEqual(exclusions);
  });

  it('passes over the senior official where UN personnel is alleged', async () => {
    const alleging = report({ perpetrators: [{ kind: 'UN_PERSONNEL' }] });
    expect(recipient(await prepared(service, { report: alleging }))).toBe(roleOf('alternate'));
  });

  it('refuses when no office is left', async () => {
    const { consent } = report();
    const excluding = report({ consent: { ...consent, exclusions: [roleOf('focal_point')] } });
    expect(await codeOf(prepared(service, { report: excluding }))).toBe('role_missing');
  });
});

describe.each([['noble'], ['sodium']])('submitting with %s', (name) => {
  it('uploads, checks the promise and gets a witnessed proof', async () => {
    const { fake, service } = await start(name === 'noble' ? noble : await sodium());
    fake.isTicking = false;
    const ready = await prepared(service, { files: FILES, originals: FILES });
    const progress: Progress[] = [];
    const accepted = await submitReport(service, ready, (step) => progress.push(step));
    const totalBytes = ready.blobs.reduce((sum, { sealed }) => sum + sealed.length, 0);
    expect(progress.at(-2)).toEqual({
      step: 'uploading',
      sentParts: 4,
      totalParts: 4,
      sentBytes: totalBytes,
      totalBytes,
    });
    expect(progress.at(-1)).toEqual({ step: 'submitting' });
    expect(accepted.event.type).toBe('SUBMITTED');
    const witness = await awaitProof(service, ready.mailbox, accepted);
    expect(witness.names).toEqual(['witness-1', 'witness-2']);
    expect(witness.quorumTime).toBe(fake.now);
    expect(witness.proofText).toContain('c2sp.org/tlog-proof@v1');
  });
});

describe('lost connections', () => {
  it('sends only the parts that did not arrive', async () => {
    const { fake, service } = await start();
    const ready = await prepared(service, { files: [{ name: 'a', data: new Uint8Array(3_000_000) }] });
    fake.lose.set('putPart', { times: 7, when: 'before' });
    await submitReport(service, ready);
    const blob = [...fake.blobs.values()][0];
    expect(blob?.parts.size).toBe(4);
    expect(fake.requests.filter((route) => route === 'putPart')).toHaveLength(4 + 7);
  });

  it('makes one case of a submission whose answer was lost', async () => {
    const { fake, service } = await start();
    fake.lose.set('submit', { times: 2, when: 'after' });
    const accepted = await submitReport(service, await prepared(service));
    expect(fake.cases).toHaveLength(1);
    expect(accepted.opening.eventNumber).toBe(1);
  });

  it('lets the same report be submitted again with the same answer', async () => {
    const { service } = await start();
    const ready = await prepared(service);
    const first = await submitReport(service, ready);
    expect(await submitReport(service, ready)).toEqual(first);
    expect(first.event.type).toBe('SUBMITTED');
  });

  it('gives up on a service that stays away', async () => {
    const { fake, service } = await start();
    const ready = await prepared(service);
    fake.lose.set('submit', { times: 99, when: 'before' });
    expect(await codeOf(submitReport(service, ready))).toBe('unreachable');
  });
});

describe('a service that lies about the submission', () => {
  const flip = (text: string): string => (text.startsWith('A') ? `B${text.slice(1)}` : `A${text.slice(1)}`);
  const lies: [string, (answer: SubmissionReceipt) => SubmissionReceipt, string][] = [
    [
      'another random',
      (a) => ({ ...a, receipt: { ...a.receipt, random: flip(a.receipt.random) } }),
      'opening_commitment',
    ],
    [
      'another payload',
      (a) => ({ ...a, receipt: { ...a.receipt, payloadRandom: flip(a.receipt.payloadRandom) } }),
      'receipt_mismatch',
    ],
    [
      'another item',
      (a) => ({ ...a, receipt: { ...a.receipt, items: a.receipt.items.toReversed() } }),
      'receipt_mismatch',
    ],
    ['another number', (a) => ({ ...a, receipt: { ...a.receipt, eventNumber: 2 } }), 'receipt_mismatch'],
    [
      'another signature',
      (a) => ({ ...a, promise: { ...a.promise, signature: toBase64(new Uint8Array(64)) } }),
      'promise_signature',
    ],
    [
      'another time',
      (a) => ({ ...a, promise: { ...a.promise, time: a.promise.time + 1 } }),
      'promise_signature',
    ],
    [
      'another delay',
      (a) => ({ ...a, promise: { ...a.promise, maxDelaySeconds: 6_000 } }),
      'promise_signature',
    ],
  ];
  it.each(lies)('is caught with %s', async (_, lie, code) => {
    const { fake, service } = await start();
    fake.tamper.set('submit', lie);
    expect(await codeOf(submitReport(service, await prepared(service)))).toBe(code);
  });

  it('is caught when its clock is elsewhere', async () => {
    const { fake, service } = await start();
    const pkg = parsePackage(encodePackage(service, await prepared(service)));
    const slow: Service = { ...service, deps: { ...service.deps, now: () => fake.now - 601 } };
    const code = makeReporterCode(countingRandom('code'));
    const memory = { earlier: [], keep: () => Promise.resolve() };
    const ready = await unpackReport(slow, pkg, code, memory);
    expect(await codeOf(submitReport(slow, ready))).toBe('promise_time');
  });

  it('is caught when the ledger never shows the entry', async () => {
    const { fake, service } = await start();
    fake.isTicking = false;
    const ready = await prepared(service);
    const accepted = await submitReport(service, ready);
    const waiting: Service = {
      ...service,
      deps: { ...service.deps, sleep: () => Promise.resolve(void (fake.now += 60)) },
    };
    expect(await codeOf(awaitProof(waiting, ready.mailbox, accepted))).toBe('proof_overdue');
  });

  it('is caught when it proves another entry', async () => {
    const { fake, service } = await start();
    const ready = await prepared(service);
    const accepted = await submitReport(service, ready);
    const other = toBase64(fake.ledger.entries[0] ?? new Uint8Array(0));
    fake.tamper.set('mailboxProof', (answer: { proof: string }) => ({ ...answer, entry: other }));
    expect(await codeOf(awaitProof(service, ready.mailbox, accepted))).toBe('proof_mismatch');
  });

  it('passes on what the service refuses', async () => {
    const { service } = await start();
    const ready = await prepared(service);
    await submitReport(service, ready);
    const other = await prepared(service, { report: report({ safety: { declared_urgent: 'yes' } }) });
    await expect(submitReport(service, other)).rejects.toMatchObject({
      code: 'id_taken',
    } satisfies Partial<ApiProblem>);
  });
});
