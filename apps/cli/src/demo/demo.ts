/** `safe-conduct demo`: the main job, end to end, on a temporary stack; any failure ends it with a code. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ApiClient, ApiProblem } from '@app/api-client';
import { DEFAULT_POLICY, parsePolicy, type Policy, type ResponseTime } from '@app/casework';
import {
  accept,
  type Accepted,
  acknowledge,
  type ActResult,
  awaitProof,
  checkOpenings,
  clearIntervention,
  type ClientDeps,
  confirm,
  connect,
  decideScope,
  dispute,
  draftIntervention,
  listCases,
  type MailboxView,
  message,
  openCase,
  openCaseAttachment,
  type OpenedCase,
  openMailbox,
  type PreparedReport,
  prepareReport,
  reply,
  responseTimesFromLedger,
  route,
  sendIntervention,
  type Service,
  type StaffSession,
  startTriage,
  submitReport,
  unlock,
} from '@app/client';
import { encodeWords, makeReporterCode } from '@app/crypto/seal';
import { Invariant, parseCanonicalJson, toHex } from '@app/encoding';
import type { Openings, ResponseTime as StoredTime } from '@app/contracts';
import { apiOf, makeDeps } from '../client.js';
import { fsckAndCollect } from '../commands/fsck.js';
import { receiptFile, verifyReceiptFile } from '../commands/receipts.js';
import { readMembers, readTrust } from '../stack/evaluation-files.js';
import { type Stack, startStack } from '../stack/stack.js';
import { type Invented, inventedReports } from './reports.js';

const CI_BYTES = 1_000_000;
const PAGE = 4_096;
/** The demonstration's own, published targets: what is days in earnest takes seconds here. */
const TRIAGE_SECONDS = 25;
const OTHER_SECONDS = 90;

export type DemoOptions = { readonly ci?: boolean; readonly size: string };

type Case = {
  readonly invented: Invented;
  readonly code: Uint8Array<ArrayBuffer>;
  readonly prepared: PreparedReport;
  readonly accepted: Accepted;
};

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

export async function demo(options: DemoOptions): Promise<void> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'sc-demo-'));
  const deps = await makeDeps(process.env);
  let stack: Stack | undefined;
  try {
    stack = await startStack({
      deps,
      dataDir,
      publicPort: 0,
      staffPort: 0,
      organisation: 'Demonstration organisation',
      policy: demoPolicy(),
      env: process.env,
      onStep: (step) => process.stderr.write(`  starting ${step}\n`),
    });
    const size = options.ci === true ? CI_BYTES : Number(options.size);
    await play(deps, dataDir, stack, size);
  } finally {
    await stack?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function demoPolicy(): Policy {
  const all = (seconds: number) => ({ P1: seconds, P2: seconds, P3: seconds, P4: seconds });
  const { targets } = DEFAULT_POLICY;
  return {
    ...DEFAULT_POLICY,
    name: 'Demonstration policy: clocks run in seconds',
    tick_seconds: 1,
    targets: {
      ...targets,
      C1: { urgent: OTHER_SECONDS, other: OTHER_SECONDS },
      C3: all(TRIAGE_SECONDS),
      C5: all(OTHER_SECONDS),
      C6: all(OTHER_SECONDS),
      C7: all(OTHER_SECONDS),
    },
  };
}

async function play(deps: ClientDeps, dataDir: string, stack: Stack, largeBytes: number): Promise<void> {
  const trust = readTrust(stack.trustFile);
  say('ACCELERATED CLOCK: this stack publishes a POLICY whose deadlines are seconds, not days.\n');
  const service = await connect(deps, apiOf(stack.publicUrl), trust);
  const { keyset } = service.directory;
  say(`KEYSET version ${String(keyset.version)} verified against the pinned roots: ${toHex(keyset.hash)}`);

  const cases: Case[] = [];
  for (const invented of inventedReports(largeBytes, (n) => deps.random.bytes(n))) {
    cases.push(await submit(service, dataDir, stack, invented));
  }
  const [first, second, left] = cases;
  if (!first || !second || !left) throw new Invariant('three reports');

  const staff = await staffSessions(deps, dataDir, stack);
  for (const one of [first, second]) await handle(staff, one);
  await answer(service, first, 'confirm');
  await answer(service, second, 'dispute');
  await lapse(service, staff, left);
  await prove(stack, staff);
}

async function submit(service: Service, dataDir: string, stack: Stack, invented: Invented): Promise<Case> {
  say(`\n${invented.title}`);
  const code = makeReporterCode(service.deps.random);
  const preparation = await prepareReport(service, { report: invented.report, files: invented.files, code });
  if (!preparation.ok) throw new Invariant(`report: ${JSON.stringify(preparation.problems)}`);
  const { prepared } = preparation;
  say(`  sealed here; the 12 words: ${encodeWords(code, 'en').join(' ')}`);
  const accepted = await submitReport(service, prepared, (progress) => {
    if (progress.step === 'uploading' && process.stderr.isTTY) {
      process.stderr.write(
        `\r  uploading part ${String(progress.sentParts)} of ${String(progress.totalParts)}   `,
      );
    }
  });
  say(`  promise checked: in the ledger within ${String(accepted.promise.maxDelaySeconds)} s`);
  const witness = await awaitProof(service, prepared.mailbox, accepted);
  say(
    `  entry ${String(witness.index)}, seen by ${witness.names.join(' and ')} at ${utc(witness.quorumTime)}`,
  );
  const file = path.join(dataDir, `receipt-${String(witness.index)}.tlog-proof`);
  writeFileSync(file, receiptFile(witness.proofText, witness.entry), { mode: 0o600 });
  await verifyReceiptFile(file, stack.trustFile);
  say('  receipt verified offline');
  return { invented, code, prepared, accepted };
}

type Staff = Readonly<Record<'focal' | 'official' | 'second' | 'oversight', StaffSession>> & {
  readonly focals: readonly StaffSession[];
};

async function staffSessions(deps: ClientDeps, dataDir: string, stack: Stack): Promise<Staff> {
  const trust = readTrust(stack.trustFile);
  const members = readMembers(dataDir);
  const sessionOf = async (name: string): Promise<StaffSession> => {
    const member = members.find((m) => m.name === name);
    if (member === undefined) throw new Invariant(`no member ${name}`);
    return unlock(await connect(deps, apiOf(stack.staffUrl), trust), member.subject, member.words);
  };
  const focals = [await sessionOf('focal-1'), await sessionOf('focal-2')];
  return {
    focals,
    focal: focals[0] as StaffSession,
    official: await sessionOf('official'),
    second: await sessionOf('official-second'),
    oversight: await sessionOf('oversight'),
  };
}

/** Triage by whom the queue gave the case, hand-over, and a first intervention cleared by a second officer. */
async function handle(staff: Staff, one: Case): Promise<void> {
  const id = one.accepted.receipt.casePseudonym;
  say(`\nCase ${id}`);
  const focal = await assignedTo(staff, id);
  await done(focal, id, 'acknowledged', (c) =>
    acknowledge(c, { text: 'Your report has arrived and is being read.' }),
  );
  const opened = await openCase(focal, id);
  const attachment = opened.attachments[0];
  if (attachment === undefined) throw new Invariant('no attachment');
  const files = await openCaseAttachment(opened, attachment);
  say(`  opened by the focal point, with ${files.map((f) => f.name).join(', ')}`);
  await done(focal, id, 'triage started', startTriage);
  await done(focal, id, 'in scope, priority P2', (c) =>
    decideScope(c, {
      scope: 'SC-A',
      act: true,
      link: true,
      credibility: 'SINGLE_SOURCE',
      likelihood: 'high',
      severity: 'high',
      priority: 'P2',
    }),
  );
  await done(focal, id, 'written to the reporter', (c) =>
    message(c, 'We will pass this to the senior official.', true),
  );
  await done(focal, id, 'routed and re-sealed to the senior official', (c) =>
    route(c, 'Please raise this soon.'),
  );
  await done(staff.official, id, 'accepted', accept);
  await done(staff.official, id, 'first intervention drafted', (c) =>
    draftIntervention(
      c,
      { intervention: 'NOTE_VERBALE', channel: 'STATE', level: '3' },
      'Draft note verbale.',
    ),
  );
  await done(staff.second, id, 'cleared by a second officer', (c) => clearIntervention(c, 1));
  await done(staff.official, id, 'recorded as sent under consent K5', (c) => sendIntervention(c, 1));
}

async function assignedTo(staff: Staff, id: string): Promise<StaffSession> {
  for (;;) {
    for (const session of staff.focals) {
      const { cases } = await listCases(session);
      if (cases.some((c) => c.casePseudonym === id && c.assignedToMe)) return session;
    }
    await staff.focal.service.deps.sleep(200);
  }
}

async function done(
  session: StaffSession,
  id: string,
  what: string,
  act: (opened: OpenedCase) => Promise<ActResult>,
): Promise<void> {
  const result = await act(await openCase(session, id));
  if (!result.ok) throw new Invariant(`${what}: ${result.refusal.code}`);
  say(`  ${what} (event ${String(result.event.opening.eventNumber)})`);
}

async function answer(service: Service, one: Case, kind: 'confirm' | 'dispute'): Promise<void> {
  let view = await openMailbox(service, one.code);
  say(
    `\nThe reporter logs in with the words: ${view.status.status}, ${String(view.conversation.length)} messages`,
  );
  await reply(view, one.invented.reply);
  say('  replied');
  view = await openMailbox(service, one.code);
  const sent = view.history.events.find((e) => e.event.type === 'INTERVENTION_SENT');
  if (sent === undefined) throw new Invariant('nothing sent');
  const number = sent.opening.eventNumber;
  if (kind === 'confirm') await confirm(view, number);
  else await dispute(view, number, one.invented.reply);
  say(`  ${kind === 'confirm' ? 'confirmed' : 'disputed'} event ${String(number)}`);
}

/** Nobody touches the third case: the worker records the lapse and delivers the sealed box by itself (T21). */
async function lapse(service: Service, staff: Staff, left: Case): Promise<void> {
  say('\nThe third case is left alone until its triage deadline lapses');
  for (;;) {
    const view = await openMailbox(service, left.code);
    const escalated = view.lapses.find((l) => l.type === 'ESCALATED');
    if (escalated !== undefined) {
      say(`  escalated by itself at ${utc(escalated.at)}`);
      await untilProven(view);
      break;
    }
    await service.deps.sleep(1_000);
  }
  const opened = await openCase(staff.official, left.accepted.receipt.casePseudonym);
  if (opened.report === undefined) throw new Invariant('the official cannot read the escalated case');
  say('  the senior official opened it with the delivered box');
}

/** Waits until the newest event of a case stands under a witnessed checkpoint. */
async function untilProven({ service, mailbox, history }: MailboxView): Promise<void> {
  const params = { event: history.last.opening.eventNumber };
  for (;;) {
    try {
      await mailbox.api.call('mailboxProof', { params });
      return;
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.code !== 'not_ready') throw error;
      await service.deps.sleep(500);
    }
  }
}

/** From outside: the whole ledger, every opening, and the times recomputed from them alone. */
async function prove(stack: Stack, staff: Staff): Promise<void> {
  say('\nVerified from outside');
  const { report, entries } = await fsckAndCollect(stack.publicUrl, stack.trustFile);
  if (report.findings.length > 0) throw new Invariant(JSON.stringify(report.findings));
  say(`  fsck: ${String(report.size)} entries, nothing wrong`);
  const { api } = staff.oversight.service;
  const fromLedger = await timesFromLedger(api, report.size, entries);
  const { times } = await api.call('responseTimes', {});
  say('  response times, from the ledger alone:');
  for (const time of fromLedger) {
    checkSame(time, times);
    say(`    ${row(time.casePseudonym, time.clock, time.grossSeconds, time.targetSeconds, time.lapsedAt)}`);
  }
  if (fromLedger.length !== times.length) throw new Invariant('ledger and database differ in number');
  say(`  ${String(times.length)} times equal those of the database to the second.`);
}

type LedgerTime = { readonly casePseudonym: string } & ResponseTime;

/** Every response time, recomputed from openings that were checked against the ledger's entries. */
async function timesFromLedger(
  api: ApiClient,
  size: number,
  entries: ReadonlyMap<number, Uint8Array<ArrayBuffer>>,
): Promise<LedgerTime[]> {
  const openings: Openings['openings'] = [];
  for (let from = 0; from < size; from += PAGE) {
    const to = Math.min(size, from + PAGE);
    openings.push(...(await api.call('openings', { query: { from, to } })).openings);
  }
  const histories = checkOpenings(entries, openings);
  const policies = new Map<string, Policy>();
  for (const { policyHash } of histories) {
    const body = await api.call('policy', { params: { hash: policyHash } });
    policies.set(policyHash, parsePolicy(parseCanonicalJson(body, 'policy')));
  }
  return responseTimesFromLedger(histories, policies).flatMap(({ casePseudonym, times }) =>
    times.map((time) => ({ casePseudonym, ...time })),
  );
}

/** The database has the same clock, to the second. */
function checkSame(time: LedgerTime, stored: readonly StoredTime[]): void {
  const own = [time.casePseudonym, time.clock, time.instance, time.startedAt].join(' ');
  const same = stored.find((t) => [t.casePseudonym, t.clock, t.instance, t.startedAt].join(' ') === own);
  const values = [time.stoppedAt, time.grossSeconds, time.lapsedAt].map((value) => value ?? null);
  const theirs = [same?.stoppedAt, same?.grossSeconds, same?.lapsedAt];
  if (values.some((value, i) => value !== theirs[i]))
    throw new Invariant(`ledger and database differ: ${own}`);
}

function row(id: string, clock: string, gross?: number, target?: number, lapsedAt?: number): string {
  const took = gross === undefined ? 'running' : `${String(gross)} s`;
  const due = target === undefined ? 'no target' : `target ${String(target)} s`;
  const late = lapsedAt === undefined ? '' : `, LAPSED at ${utc(lapsedAt)}`;
  return `${id.slice(0, 8)}  ${clock.padEnd(4)} ${took.padStart(8)}  ${due}${late}`;
}

function utc(time: number): string {
  return `${new Date(time * 1000).toISOString().slice(11, 19)} UTC`;
}
