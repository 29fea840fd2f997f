/** `staff refer`, and what a mechanism sees and says of its extracts: `referrals`, `referral`, `note-referral`. */
import { MECHANISM, NOTED, type ReportProblem } from '@app/casework';
import { listReferrals, noteReferral, openReferral, refer, type StaffSession } from '@app/client';
import type { ReferralSummary } from '@app/contracts';
import { CliError, explaining, usage } from '../errors.js';
import { Keyboard, print, when, withoutLosing } from '../terminal.js';
import { actWithText, oneOf, roleOf, type TextOptions } from './acting.js';
import { identify, type StaffOptions, withOfficers } from './identity.js';

const NOT_YOURS = {
  unreachable: 'It is not known whether it was recorded: look at the referral before you try again.',
  case_moved: 'Somebody acted in the case meanwhile; try again.',
  not_found: 'Check the case, and that you sign in for the office it was referred to.',
};

export function staffRefer(
  given: string,
  channelText: string,
  options: TextOptions & { readonly to: string },
): Promise<void> {
  const channel = oneOf('The channel', MECHANISM, channelText);
  return actWithText(given, options, 'Referred', 'All that the office will read.', async (c, text) => {
    const result = await refer(c, channel, roleOf(c, options.to), text);
    if ('problems' in result) throw new CliError('not_routable', lackOf(result.problems));
    return result;
  });
}

function lackOf(problems: readonly ReportProblem[]): string {
  const lacking = problems.map(({ field, path, code }) => `question ${field} at ${path} (${code})`);
  return `The report may not go there yet: ${lacking.join(', ')}. Nothing was recorded.`;
}

export async function staffReferrals(options: StaffOptions): Promise<void> {
  const people = await identify(new Keyboard(), options);
  const referrals = await withOfficers(options, people, ({ session }) =>
    explaining(NOT_YOURS, () => listReferrals(session)),
  );
  const lines = referrals.map(lineOf);
  print({ referrals }, options.json, lines.length === 0 ? 'Nothing was referred.' : lines.join('\n'));
}

export async function staffReferral(given: string, options: StaffOptions): Promise<void> {
  const people = await identify(new Keyboard(), options);
  const { summary, texts } = await withOfficers(options, people, ({ session }) =>
    explaining(NOT_YOURS, async () => openReferral(session, await referredCase(session, given))),
  );
  const said = texts.flatMap(({ text, at }) => ['', `${when(at)}:`, text]);
  print({ ...summary, texts }, options.json, [lineOf(summary), ...said].join('\n'));
}

export async function staffNoteReferral(
  given: string,
  noteText: string,
  options: TextOptions,
): Promise<void> {
  const note = oneOf('The note', NOTED, noteText);
  const keyboard = new Keyboard();
  const people = await identify(keyboard, options);
  const record = (text?: string): Promise<void> =>
    withOfficers(options, people, async ({ session }) => {
      const { receipt, opening, event } = await explaining(NOT_YOURS, async () =>
        noteReferral(await openReferral(session, await referredCase(session, given)), note, text),
      );
      const { casePseudonym } = receipt;
      const row = { casePseudonym, event: opening.eventNumber, type: event.type };
      print(row, options.json, `Noted. Event ${String(row.event)} of case ${casePseudonym}.`);
    });
  if (options.textFile === undefined) return record();
  await withoutLosing(await keyboard.text('', options.textFile), record);
}

/** By its identifier, or the beginning of one that was referred. @throws {CliError} `case_unknown`, `case_ambiguous`. */
async function referredCase(session: StaffSession, given: string): Promise<string> {
  if (/^[0-9a-f]{32}$/.test(given)) return given;
  if (!/^[0-9a-f]{1,31}$/.test(given))
    throw usage('A case is named by 32 characters, 0 to 9 and a to f, or the first of them.');
  const all = await listReferrals(session);
  const [first, ...others] = all.filter(({ casePseudonym }) => casePseudonym.startsWith(given));
  if (first === undefined)
    throw new CliError('case_unknown', `No case that was referred to you begins with ${given}.`);
  if (others.length > 0)
    throw new CliError('case_ambiguous', `Several cases begin with ${given}; give more of it.`);
  return first.casePseudonym;
}

function lineOf({ casePseudonym, channel, noted, erased }: ReferralSummary): string {
  return `${casePseudonym}  ${channel}  ${noted ?? 'not noted yet'}${erased ? '  erased' : ''}`;
}
