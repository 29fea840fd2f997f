import type { Instant } from '@app/encoding';
import type { JobAlarm } from '@app/jobs';
import type { Tx, UnitOfWork } from '@app/persistence';
import { errorCode, type Log } from '@app/platform';

/** Each says what a person must look at; the subject says where. */
export type AlarmCode =
  | 'keyset_refused'
  | 'directory_malformed'
  | 'ledger_fault'
  | 'assignment_impossible'
  | 'escalation_blocked'
  | 'document_refused'
  | 'clock_lapsed'
  | 'retention_due'
  | JobAlarm;

/** Raises an alarm; the same code and subject are raised once. */
export async function raiseAlarm(tx: Tx, code: AlarmCode, subject: string, now: Instant): Promise<void> {
  await tx.query('insert into alarms (code, subject, raised_at) values ($1, $2, $3) on conflict do nothing', [
    code,
    subject,
    now,
  ]);
}

/** Raises an alarm of its own transaction: for what was found out by a transaction that is undone. */
export async function raiseAlarmNow(
  { work, log, now }: { readonly work: UnitOfWork; readonly log: Log; readonly now: Instant },
  code: AlarmCode,
  subject: string,
): Promise<void> {
  log.error('alarm', { code: `${code}:${subject}` });
  try {
    await work.run((tx) => raiseAlarm(tx, code, subject, now));
  } catch (error) {
    log.error('alarm.unrecorded', { code: errorCode(error) });
  }
}
