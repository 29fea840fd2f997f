/** `staff dead-letters`: what the administrator sees of jobs that failed for good, and does about them. */
import { discardDeadLetter, listDeadLetters, redriveDeadLetter, type StaffSession } from '@app/client';
import { type DeadLetter, DISCARD_REASONS } from '@app/contracts';
import { CliError, explaining, usage } from '../errors.js';
import { Keyboard, print, when } from '../terminal.js';
import { identify, type StaffOptions, withOfficers } from './identity.js';

const STATES = ['open', 'redriven', 'discarded'] as const;

const NOT_NOW = {
  not_found: 'Check the letter, and that you sign in as administrator.',
  not_allowed_now: 'It was settled before, or is of another version of the service; list the letters again.',
};

export async function deadLettersList(options: StaffOptions & { readonly state: string }): Promise<void> {
  const state = STATES.find((one) => one === options.state);
  if (state === undefined) throw usage(`--state is one of ${STATES.join(', ')}.`);
  const letters = await asAdministrator(options, (session) => allLetters(session, state));
  const lines = letters.map(lineOf);
  print({ letters }, options.json, lines.length === 0 ? 'No dead letters.' : lines.join('\n'));
}

export async function deadLettersRedrive(given: string, options: StaffOptions): Promise<void> {
  const letter = await asAdministrator(options, async (session) => {
    const id = await letterOf(session, given);
    await redriveDeadLetter(session, id);
    return id;
  });
  print({ letter, state: 'redriven' }, options.json, `${letter} runs again.`);
}

export async function deadLettersDiscard(
  given: string,
  reasonText: string,
  options: StaffOptions,
): Promise<void> {
  const reason = DISCARD_REASONS.find((one) => one === reasonText);
  if (reason === undefined) throw usage(`The reason is one of ${DISCARD_REASONS.join(', ')}.`);
  const letter = await asAdministrator(options, async (session) => {
    const id = await letterOf(session, given);
    await discardDeadLetter(session, id, reason);
    return id;
  });
  print({ letter, state: 'discarded', reason }, options.json, `${letter} is laid aside.`);
}

async function asAdministrator<T>(
  options: StaffOptions,
  work: (session: StaffSession) => Promise<T>,
): Promise<T> {
  const people = await identify(new Keyboard(), options);
  return withOfficers(options, people, ({ session }) => explaining(NOT_NOW, () => work(session)));
}

async function allLetters(session: StaffSession, state: DeadLetter['state']): Promise<readonly DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (let after: string | undefined; ;) {
    const page = await listDeadLetters(session, { state, ...(after !== undefined && { after }) });
    letters.push(...page.letters);
    if (page.next === null) return letters;
    after = page.next;
  }
}

/** An open letter by its identifier or the beginning of it. @throws {CliError} `letter_unknown`, `letter_ambiguous`. */
async function letterOf(session: StaffSession, given: string): Promise<string> {
  if (/^[0-9a-f]{32}$/.test(given)) return given;
  if (!/^[0-9a-f]{1,31}$/.test(given))
    throw usage('A dead letter is named by 32 characters, 0 to 9 and a to f, or the first of them.');
  const [first, ...others] = (await allLetters(session, 'open')).filter(({ id }) => id.startsWith(given));
  if (first === undefined) throw new CliError('letter_unknown', `No open letter begins with ${given}.`);
  if (others.length > 0)
    throw new CliError('letter_ambiguous', `Several letters begin with ${given}; give more of it.`);
  return first.id;
}

function lineOf({ id, queue, error, attempts, failures, failedAt, state, reason }: DeadLetter): string {
  const settled = state === 'open' ? '' : `  ${state}${reason === null ? '' : ` (${reason})`}`;
  const counted = `${String(attempts)} attempts, failed ${String(failures)} times, last ${when(failedAt)}`;
  return `${id}  ${queue}  ${error}  ${counted}${settled}`;
}
