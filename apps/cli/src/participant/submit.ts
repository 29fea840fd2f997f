/** `safe-conduct submit`: sends a package, as often as it takes, and waits until the witnessed ledger has it. */
import { existsSync, readFileSync } from 'node:fs';
import { dueDateOf } from './due.js';
import {
  type Accepted,
  awaitProof,
  encodeReceipt,
  type PreparedReport,
  type Progress,
  type Service,
  submitReport,
  unpackReport,
  type Witness,
} from '@app/client';
import { bytesEqual } from '@app/encoding';
import { writeImmutable } from '@app/platform';
import { parseTlogProof } from '@app/tlog';
import { connectTo, type ServiceOptions } from '../connecting.js';
import { CliError, explaining } from '../errors.js';
import { Keyboard, listed, print, progressLine, say, utc, when } from '../terminal.js';
import { keepPromise, readPackage, requestsOf } from './package-folder.js';
import { askCode } from './words.js';

export type SubmitOptions = ServiceOptions & {
  readonly wordsFile?: string;
  readonly receipt?: string;
  readonly json?: boolean;
};

const AGAIN =
  'Run the same command again: it goes on where it stopped, and the report is recorded once, however often you try.';
const SEAL_AGAIN =
  'Nothing was recorded. Seal the report again; the words of this package are then of no use.';

export async function submit(dir: string, options: SubmitOptions): Promise<void> {
  const sealed = await readPackage(dir);
  const code = await askCode(new Keyboard(), options.wordsFile);
  const service = await connectTo(options, sealed.keyset);
  const prepared = await unpackReport(service, sealed, code, await requestsOf(dir));
  const hints = {
    unreachable: `The package is as it was. ${AGAIN}`,
    unavailable: AGAIN,
    internal: AGAIN,
    too_many_requests: AGAIN,
    not_ready: AGAIN,
    disk_full: `The package is as it was. ${AGAIN}`,
    out_of_date: SEAL_AGAIN,
    part_mismatch: SEAL_AGAIN,
    file_not_permitted: 'The folder of the package must be writable: what is sent is noted there first.',
  };
  await explaining(hints, () => send(dir, service, prepared, options));
}

async function send(
  dir: string,
  service: Service,
  prepared: PreparedReport,
  options: SubmitOptions,
): Promise<void> {
  const accepted = await submitReport(service, prepared, showProgress);
  progressLine('');
  const { receipt, promise } = accepted;
  const kept = await keepPromise(dir, { receipt, promise });
  say(
    `Accepted. The service promised an entry in the ledger by ${utc(promise.time + promise.maxDelaySeconds)}.`,
  );
  say(`The promise is in ${kept}.`);
  const witness = await awaitProof(service, prepared.mailbox, accepted);
  const acknowledgeBy = await dueDateOf(service, accepted, 'C1');
  const due = acknowledgeBy === undefined ? '' : ` It must be acknowledged by ${when(acknowledgeBy)}.`;
  const receiptWritten =
    options.receipt === undefined ? undefined : await writeReceipt(options.receipt, witness);
  const text = [
    `Recorded, seen by ${listed(witness.names)} at ${when(witness.quorumTime)}.${due}`,
    `Case ${accepted.receipt.casePseudonym}, entry ${String(witness.index)} of the ledger.`,
    ...(receiptWritten === undefined ? [] : [receiptWritten]),
    'Your 12 words open your mailbox: safe-conduct inbox show',
  ];
  print(resultOf(accepted, witness, acknowledgeBy), options.json, text.join('\n'));
}

function resultOf(accepted: Accepted, witness: Witness, acknowledgeBy: number | undefined) {
  return {
    casePseudonym: accepted.receipt.casePseudonym,
    entry: witness.index,
    recordedAt: accepted.opening.serverTime,
    witnessedAt: witness.quorumTime,
    witnesses: witness.names,
    acknowledgeBy: acknowledgeBy ?? null,
  };
}

function showProgress(progress: Progress): void {
  if (progress.step === 'submitting') {
    progressLine('submitting');
    return;
  }
  const { sentBytes, totalBytes } = progress;
  const percent = Math.floor((100 * sentBytes) / totalBytes);
  progressLine(`uploading ${String(sentBytes)} of ${String(totalBytes)} bytes (${String(percent)} %)`);
}

/** Writes a receipt unless one of the same entry is there. @throws {CliError} `receipt_exists`. */
export async function writeReceipt(file: string, witness: Witness): Promise<string> {
  if (existsSync(file)) {
    if (isReceiptOf(file, witness)) return `The receipt was in ${file} already.`;
    throw new CliError(
      'receipt_exists',
      `It is recorded, but ${file} holds something else and was not overwritten.`,
    );
  }
  await writeImmutable(file, Buffer.from(encodeReceipt(witness)));
  return `Receipt: ${file}; "safe-conduct verify" checks it, offline.`;
}

function isReceiptOf(file: string, { entry, index }: Witness): boolean {
  try {
    const proof = parseTlogProof(readFileSync(file, 'utf8'));
    return proof.index === index && proof.extra !== undefined && bytesEqual(proof.extra, entry);
  } catch {
    return false;
  }
}
