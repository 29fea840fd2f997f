/** `staff oversight`: how late the worker recorded what was missed, and what people were to look at. */
import { type AlarmRow, delaysSince, listAlarms } from '@app/client';
import { usage } from '../errors.js';
import { Keyboard, print, when } from '../terminal.js';
import { identify, type StaffOptions, withOfficers } from './identity.js';

const DAY = 86_400;

export async function oversightDelays(options: StaffOptions & { readonly days: string }): Promise<void> {
  const days = /^[1-9][0-9]{0,3}$/.test(options.days) ? Number(options.days) : undefined;
  if (days === undefined) throw usage('--days is a whole number from 1 to 9999.');
  const people = await identify(new Keyboard(), options);
  const delays = await withOfficers(options, people, ({ session }) => delaysSince(session, days * DAY));
  const { count, maxSeconds, p50Seconds, p95Seconds } = delays;
  const said =
    count === 0
      ? `No lapse was recorded in the last ${String(days)} days.`
      : `${String(count)} lapses were recorded in the last ${String(days)} days, half of them within ${String(p50Seconds)} s ` +
        `of the missed target, 95 of 100 within ${String(p95Seconds)} s, all within ${String(maxSeconds)} s.`;
  print(delays, options.json, said);
}

export async function oversightAlarms(options: StaffOptions): Promise<void> {
  const people = await identify(new Keyboard(), options);
  const alarms = await withOfficers(options, people, ({ session }) => listAlarms(session));
  const line = ({ raisedAt, code, subject }: AlarmRow): string => `${when(raisedAt)}  ${code}  ${subject}`;
  print({ alarms }, options.json, alarms.length === 0 ? 'No alarms.' : alarms.map(line).join('\n'));
}
