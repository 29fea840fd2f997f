/** `staff retention`, `legal-hold`, `review-retention`, `erase`: custodians, who see a day and no case. */
import { KEEP } from '@app/casework';
import {
  eraseCase,
  listRetention,
  retentionOf,
  reviewRetention,
  setLegalHold,
  type StaffSession,
  type VerifiedEvent,
} from '@app/client';
import type { RetentionCase } from '@app/contracts';
import { CliError, explaining, usage } from '../errors.js';
import { Keyboard, print, when } from '../terminal.js';
import { oneOf } from './acting.js';
import { identify, type Officers, type StaffOptions, withOfficers } from './identity.js';

const NOT_NOW = {
  unreachable: 'It is not known whether it was recorded: look at the case before you try again.',
  internal: 'Look at the case before you try again.',
  case_moved: 'Somebody acted in the case meanwhile; look at its day again.',
  not_found: 'Check the case, and that you sign in as custodian.',
  not_allowed_now: 'Look at the day of the case, at its hold, and at what was withdrawn.',
};

const ALL_DAYS = 3_660;

export async function staffRetention(options: StaffOptions & { readonly days: string }): Promise<void> {
  const days = /^(0|[1-9][0-9]{0,3})$/.test(options.days) ? Number(options.days) : ALL_DAYS + 1;
  if (days > ALL_DAYS) throw usage(`--days is a whole number from 0 to ${String(ALL_DAYS)}.`);
  const people = await identify(new Keyboard(), options);
  const cases = await withOfficers(options, people, ({ session }) =>
    explaining(NOT_NOW, () => listRetention(session, days)),
  );
  const lines = cases.map(lineOf);
  print({ cases }, options.json, lines.length === 0 ? 'No case is due.' : lines.join('\n'));
}

export function staffLegalHold(given: string, onText: string, options: StaffOptions): Promise<void> {
  const on = oneOf('Say', ['on', 'off'] as const, onText) === 'on';
  return custody(given, options, on ? 'Held' : 'The hold is over', ({ session, second }, found) => {
    if (!on && second === undefined) throw usage('Ending a hold needs a second custodian: --second-subject.');
    return setLegalHold(session, found, on, on ? undefined : second);
  });
}

export function staffReviewRetention(
  given: string,
  decisionText: string,
  options: StaffOptions,
): Promise<void> {
  const decision = oneOf('The decision', KEEP, decisionText);
  return custody(given, options, 'Reviewed', (officers, found) =>
    reviewRetention(officers.session, found, decision, secondOf(officers)),
  );
}

export function staffErase(given: string, reasonText: string, options: StaffOptions): Promise<void> {
  const reason = oneOf('The reason', ['withdrawn', 'retention'] as const, reasonText);
  return custody(given, options, 'Erased', (officers, found) =>
    eraseCase(officers.session, found, reason, secondOf(officers)),
  );
}

function secondOf({ second }: Officers): StaffSession {
  if (second === undefined) throw usage('Two custodians must sign: name the other with --second-subject.');
  return second;
}

async function custody(
  given: string,
  options: StaffOptions,
  what: string,
  run: (officers: Officers, found: RetentionCase) => Promise<VerifiedEvent>,
): Promise<void> {
  const people = await identify(new Keyboard(), options);
  const { receipt, opening, event } = await withOfficers(options, people, (officers) =>
    explaining(NOT_NOW, async () => run(officers, await foundCase(officers.session, given))),
  );
  const row = {
    casePseudonym: receipt.casePseudonym,
    event: opening.eventNumber,
    type: event.type,
    recordedAt: opening.serverTime,
  };
  print(row, options.json, `${what}. Event ${String(row.event)} of case ${row.casePseudonym}.`);
}

/** By its whole identifier, or the beginning of one in the list. @throws {CliError} `case_unknown`, `case_ambiguous`. */
async function foundCase(session: StaffSession, given: string): Promise<RetentionCase> {
  if (/^[0-9a-f]{32}$/.test(given)) return retentionOf(session, given);
  if (!/^[0-9a-f]{1,31}$/.test(given))
    throw usage('A case is named by 32 characters, 0 to 9 and a to f, or the first of them.');
  const all = await listRetention(session, ALL_DAYS);
  const [first, ...others] = all.filter(({ casePseudonym }) => casePseudonym.startsWith(given));
  if (first === undefined)
    throw new CliError('case_unknown', `No case that has a day begins with ${given}; give all of it.`);
  if (others.length > 0)
    throw new CliError('case_ambiguous', `Several cases begin with ${given}; give more of it.`);
  return first;
}

const DUE = { withdrawn: 'withdrawn', erase: 'may be erased from', review: 'to be reviewed from' } as const;

function lineOf({ casePseudonym, phase, due, legalHold }: RetentionCase): string {
  const day = due === null ? '' : `  ${DUE[due.kind]} ${when(due.at)}`;
  return `${casePseudonym}  ${phase}${day}${legalHold ? '  legal hold' : ''}`;
}
