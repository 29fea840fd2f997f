/** What the reporters do: seal and submit, come back with the words, answer; and the report nobody touches. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { ApiProblem } from '@app/api-client';
import {
  awaitProof,
  confirm,
  dispute,
  encodeReceipt,
  type MailboxView,
  openCase,
  openMailbox,
  prepareReport,
  reply,
  submitReport,
} from '@app/client';
import { encodeWords } from '@app/crypto/seal';
import { Invariant, toHex } from '@app/encoding';
import { verifyReceiptFile } from '../commands/receipts.js';
import { type Job, type JobCase, missing, pseudonymOf, utc } from './job.js';
import { listed } from '../terminal.js';

/** A deadline further off than this is not waited for. */
const AWAITED_SECONDS = 180;

export async function verifyDirectory(job: Job): Promise<void> {
  const { keyset } = (await job.service()).directory;
  job.say(
    `KEYSET version ${String(keyset.version)} verified against the pinned roots: ${toHex(keyset.hash)}`,
  );
}

/** Sealed once; sent as often as it takes until there is a promise, then a proof. */
export async function submit(job: Job, one: JobCase): Promise<void> {
  const service = await job.service();
  job.say(`\n${one.invented.title}`);
  one.prepared ??= await sealed(job, one);
  job.say(`  sealed here; the 12 words: ${encodeWords(one.code, 'en').join(' ')}`);
  one.accepted ??= await submitReport(service, one.prepared, (progress) => {
    if (progress.step !== 'uploading') return;
    job.options.progress(`uploading part ${String(progress.sentParts)} of ${String(progress.totalParts)}`);
  });
  const { accepted } = one;
  job.say(`  promise checked: in the ledger within ${String(accepted.promise.maxDelaySeconds)} s`);
  const witness = await awaitProof(service, one.prepared.mailbox, accepted);
  job.say(`  entry ${String(witness.index)}, seen by ${listed(witness.names)} at ${utc(witness.quorumTime)}`);
  const file = path.join(job.options.receiptDir, `receipt-${String(witness.index)}.tlog-proof`);
  writeFileSync(file, encodeReceipt(witness), { mode: 0o600 });
  await verifyReceiptFile(file, job.options.trustFile);
  job.say('  receipt verified offline');
}

async function sealed(job: Job, { invented, code }: JobCase) {
  const { report, files } = invented;
  const preparation = await prepareReport(await job.service(), { report, files, code });
  if (!preparation.ok) throw new Invariant(`report: ${JSON.stringify(preparation.problems)}`);
  return preparation.prepared;
}

/** She comes back with her words alone, reads, replies, and says whether what was recorded is so. */
export async function answer(job: Job, one: JobCase, kind: 'CONFIRM' | 'DISPUTE'): Promise<void> {
  const service = await job.service();
  const text = one.invented.reply;
  let view = await openMailbox(service, one.code);
  if (!didEvent(view, 'REPORTER_MSG')) {
    job.say(
      `\nThe reporter logs in with the words: ${view.status.status}, ${String(view.conversation.length)} messages`,
    );
    await reply(view, text);
    view = await openMailbox(service, one.code);
  }
  job.say('  replied');
  const sent = view.history.events.find(({ event }) => event.type === 'INTERVENTION_SENT');
  const number = sent?.opening.eventNumber ?? missing('an intervention that was sent');
  if (!didEvent(view, kind)) {
    await (kind === 'CONFIRM' ? confirm(view, number) : dispute(view, number, text));
  }
  job.say(`  ${kind === 'CONFIRM' ? 'confirmed' : 'disputed'} event ${String(number)}`);
}

function didEvent({ history }: MailboxView, type: 'REPORTER_MSG' | 'CONFIRM' | 'DISPUTE'): boolean {
  return history.events.some(({ event }) => event.type === type);
}

/** Nobody touches the case: the worker records the lapse and delivers the sealed box by itself (T21). */
export async function lapse(job: Job, one: JobCase): Promise<void> {
  const service = await job.service();
  const first = await openMailbox(service, one.code);
  const due = first.history.state.clocks.find(({ id }) => id === 'C3')?.dueAt ?? missing('a triage deadline');
  const now = job.deps.now();
  if (due - now > AWAITED_SECONDS) {
    job.say(
      `\nThe third case is left alone. Its published triage deadline is ${utc(due, now)}, too far off to wait for:\n` +
        '  LEFT OUT here: the lapse and the escalation without any hand on it. Nothing else is left out.',
    );
    return;
  }
  job.say('\nThe third case is left alone until its triage deadline lapses');
  const [view, at] = await job.until(`waiting for the deadline at ${utc(due)}`, async () => {
    const seen = await openMailbox(service, one.code);
    const escalated = seen.lapses.find(({ type }) => type === 'ESCALATED');
    return escalated && ([seen, escalated.at] as const);
  });
  job.say(`  escalated by itself at ${utc(at)}`);
  await untilProven(job, view);
  const opened = await openCase(job.staff.official, pseudonymOf(one));
  if (opened.report === undefined) throw new Invariant('the official cannot read the escalated case');
  job.say('  the senior official opened it with the delivered box');
}

/** Waits until the newest event of a case stands under a witnessed checkpoint. */
export async function untilProven(job: Job, { mailbox, history }: MailboxView): Promise<void> {
  const params = { event: history.last.opening.eventNumber };
  await job.until('waiting for the witnesses', async () => {
    try {
      return await mailbox.api.call('mailboxProof', { params });
    } catch (error) {
      if (error instanceof ApiProblem && error.code === 'not_ready') return undefined;
      throw error;
    }
  });
}
