/** `safe-conduct inbox`: the reporter's mailbox. Everything shown was verified; what does not hold ends the command. */
import { ApiProblem } from '@app/api-client';
import {
  type CaseAct,
  checkFollowUp,
  type ConsentScope,
  decide,
  type FollowUp,
  isConsentCode,
  levelsOf,
  LISTS,
  SCOPES,
} from '@app/casework';
import {
  type Accepted,
  awaitProof,
  changeConsent,
  confirm,
  describeRefusal,
  dispute,
  findProof,
  GIVEN_BY,
  type GivenBy,
  type MailboxMessage,
  type MailboxView,
  openMailbox,
  openMailboxAttachment,
  reply,
} from '@app/client';
import type { Bytes } from '@app/encoding';
import {
  attachmentLines,
  attachmentRows,
  below,
  clockLines,
  clockRows,
  consentLine,
  eventLines,
  eventRows,
  saveFiles,
  shown,
} from '../case-text.js';
import { followUpLines } from '../report-text.js';
import { connectTo, type ServiceOptions } from '../connecting.js';
import { CliError, explaining, usage } from '../errors.js';
import { Keyboard, listed, print, say, utc, when, withoutLosing } from '../terminal.js';
import { readJson } from './report-file.js';
import { type AttachOptions, readAttachments } from './attachments.js';
import { writeReceipt } from './submit.js';
import { askCode } from './words.js';

export type InboxOptions = ServiceOptions & { readonly wordsFile?: string; readonly json?: boolean };
export type TextOptions = InboxOptions & { readonly textFile?: string };

const UNCERTAIN =
  'It may have arrived all the same: look with "safe-conduct inbox show" before you send it again.';

/** The mailbox of a code. @throws {CliError} `not_found`. */
export async function open(code: Bytes, options: InboxOptions): Promise<MailboxView> {
  const service = await connectTo(options);
  try {
    return await openMailbox(service, code);
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.code !== 'not_found') throw error;
    throw new CliError(
      'not_found',
      'These words open no mailbox here, or none any more; check each of them.',
    );
  }
}

const STATUS: Readonly<Record<MailboxView['status']['status'], string>> = {
  received: 'received',
  being_read: 'being read by the focal point',
  with_senior_official: 'with the senior official',
  action_taken: 'action taken',
  closed: 'closed',
  erased: 'erased: nothing of what was said is kept any more',
};

export async function show(options: InboxOptions): Promise<void> {
  const view = await open(await askCode(new Keyboard(), options.wordsFile), options);
  const now = view.service.deps.now();
  const { status, history, conversation, attachments, lapses } = view;
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines];
  const text = [
    `Case ${view.casePseudonym}: ${STATUS[status.status]}.`,
    ...waitingLines(view),
    `Consents that hold: ${consentLine(history.state)}.`,
    ...section('Deadlines', clockLines(history.state, now)),
    ...section(
      'Missed deadlines',
      lapses.map(
        ({ at, type }) =>
          `  ${type === 'LAPSED' ? 'a deadline lapsed' : 'the case went up by itself'} ${utc(at)}`,
      ),
    ),
    ...section('Messages', conversation.map(messageText)),
    ...section('Attachments', attachmentLines(attachments)),
    ...section('Events (the number is what "confirm" and "dispute" take)', eventLines(history)),
  ];
  print(viewOf(view, now), options.json, text.join('\n'));
}

function waitingLines({ status }: MailboxView): string[] {
  if (status.waitingFor === 'information')
    return ['The office waits for information from you: safe-conduct inbox reply'];
  if (status.waitingFor !== 'consent') return [];
  return [
    `The office asks for your consent ${String(status.asked)}: safe-conduct inbox consent ${String(status.asked)} …`,
  ];
}

function messageText(message: MailboxMessage): string {
  const { from, kind, text, about, at, eventNumber, followUp, witness } = message;
  const added =
    followUp === undefined
      ? ''
      : followUpLines(followUp)
          .map((line) => `\n    ${line}`)
          .join('');
  const subject = about === undefined ? '' : ` about event ${String(about)}`;
  const seen =
    witness === undefined ? '' : `, seen by ${listed(witness.names)} at ${utc(witness.quorumTime)}`;
  const who = from === 'reporter' ? 'you' : 'the office';
  return `  ${String(eventNumber).padStart(3)}  ${utc(at)}, ${who}, ${kind}${subject}${seen}${below(text)}${added}`;
}

function viewOf(view: MailboxView, now: number) {
  const { status, history, conversation, attachments, lapses } = view;
  return {
    casePseudonym: view.casePseudonym,
    status: status.status,
    waitingFor: status.waitingFor ?? null,
    asked: status.asked ?? null,
    clocks: clockRows(history.state, now),
    lapses,
    messages: conversation.map(({ from, kind, text, about, at, eventNumber, followUp, witness }) => ({
      eventNumber,
      at,
      from,
      kind,
      text,
      about: about ?? null,
      followUp: followUp ?? null,
      witnessedAt: witness?.quorumTime ?? null,
      witnesses: witness?.names ?? [],
    })),
    attachments: attachmentRows(attachments),
    events: eventRows(history),
  };
}

export async function sendReply(
  options: TextOptions & AttachOptions & { readonly followUp?: string },
): Promise<void> {
  const keyboard = new Keyboard();
  const added = options.followUp === undefined ? undefined : await readFollowUp(options.followUp);
  const { files } = await readAttachments(options);
  const code = await askCode(keyboard, options.wordsFile);
  const given = await keyboard.text('Your message.', options.textFile);
  const send = async (text: string): Promise<Sent> => {
    const view = await open(code, options);
    return act(view, { kind: 'reporter_message' }, () => reply(view, text, files, added));
  };
  await tellRecorded(await withoutLosing(given, send), options);
}

/** Further acts and corrections in a file. @throws {CliError} `follow_up_invalid` with every problem's place. */
async function readFollowUp(file: string): Promise<FollowUp> {
  const checked = checkFollowUp(await readJson(file));
  if (checked.ok) return checked.followUp;
  const told = checked.problems.map(({ path, code }) => `${path} (${code})`).join(', ');
  throw new CliError('follow_up_invalid', `${file} was not sent: ${told}. See libs/casework SPEC.md §8.6.`);
}

export async function answerEvent(
  kind: 'confirm' | 'dispute',
  number: string,
  options: TextOptions & { readonly withText?: boolean },
): Promise<void> {
  const event = eventNumber(number);
  const keyboard = new Keyboard();
  const code = await askCode(keyboard, options.wordsFile);
  const hasText = kind === 'dispute' || options.textFile !== undefined || options.withText === true;
  const given = hasText
    ? await keyboard.text('What you want to say about it.', options.textFile)
    : { text: '' };
  const send = async (text: string): Promise<Sent> => {
    const view = await open(code, options);
    if (view.history.events[event - 1]?.event.actor === 'reporter')
      throw new CliError(
        'event_not_of_office',
        `Event ${String(event)} is one of your own. Nothing was sent.`,
      );
    return act(view, { kind, event }, () => (kind === 'confirm' ? confirm : dispute)(view, event, text));
  };
  await tellRecorded(await withoutLosing(given, send), options);
}

export type ConsentOptions = InboxOptions & {
  readonly person: string;
  readonly givenBy: string;
  readonly whyNot?: string;
  readonly risksExplained?: boolean;
  readonly explainedBy?: string;
  readonly understands?: string;
};

/** The text of the questions the command asks; it rises when their meaning changes. */
const CONSENT_TEXT_VERSION = 'command-1';
const ANSWERS: Readonly<Record<string, string>> = { refuse: 'r', withdraw: 'w', grant: 'g' };

export async function setConsent(scopeText: string, answer: string, options: ConsentOptions): Promise<void> {
  const scope = SCOPES.find((known) => known === scopeText);
  if (scope === undefined) throw usage(`The scopes are ${SCOPES.join(', ')}.`);
  const givenBy = GIVEN_BY.find((known) => known === options.givenBy);
  if (givenBy === undefined) throw usage(`--given-by is one of ${GIVEN_BY.join(', ')}.`);
  const whyNotPerson = codeOf(LISTS.WHY_NOT, '--why-not', options.whyNot);
  const explainedBy = codeOf(LISTS.EXPLAINED_BY, '--explained-by', options.explainedBy);
  const understands = codeOf(LISTS.YES_NO, '--understands', options.understands);
  const view = await open(await askCode(new Keyboard(), options.wordsFile), options);
  const change = consentChange(view, scope, answer, Number(options.person));
  const record = {
    ...change,
    givenBy: givenBy satisfies GivenBy,
    ...(whyNotPerson !== undefined && { whyNotPerson }),
    risksExplained: options.risksExplained === true,
    ...(explainedBy !== undefined && { explainedBy }),
    ...(understands !== undefined && { understands }),
    textVersion: CONSENT_TEXT_VERSION,
  };
  const sent = await act(view, { kind: 'consent_change', ...change }, () => changeConsent(view, record));
  await tellRecorded(sent, options);
}

function codeOf<C extends string>(
  list: readonly C[],
  name: string,
  given: string | undefined,
): C | undefined {
  if (given === undefined) return undefined;
  const found = list.find((code) => code === given);
  if (found === undefined) throw usage(`${name} is one of ${list.join(', ')}.`);
  return found;
}

/** The last person's answer also holds for the rows that only repeat hers; a person affected answers for herself. */
function consentChange(view: MailboxView, scope: ConsentScope, answer: string, person: number) {
  const code = ANSWERS[answer] ?? answer;
  if (!isConsentCode(scope, code) || code === 'n')
    throw usage(`${scope} is answered by refuse, withdraw or ${levelsOf(scope).join(', ') || 'grant'}.`);
  if (view.person > 0) {
    const through = view.through === undefined ? {} : { through: view.through };
    return { person: view.person, ...through, scope, code };
  }
  const last = lastPerson(view);
  if (!Number.isInteger(person) || person < 1 || person > last)
    throw usage(`--person is a number from 1 to ${String(last)}: as many persons as the report names.`);
  return { person, ...(person === last && { through: 8 }), scope, code };
}

function lastPerson({ report }: MailboxView): number {
  const { persons } = (report?.main.report ?? {}) as { readonly persons?: readonly unknown[] };
  return Math.max(1, persons?.length ?? 1);
}

/** An accepted act, and the mailbox that asks for its proof. */
export type Sent = { readonly view: MailboxView; readonly accepted: Accepted };

/** Asks the rules first, then acts. */
export async function act(view: MailboxView, asked: CaseAct, send: () => Promise<Accepted>): Promise<Sent> {
  checkAllowed(view, asked);
  return { view, accepted: await explaining({ unreachable: UNCERTAIN, internal: UNCERTAIN }, send) };
}

/**
 * Waits until the witnessed ledger has it.
 * @param more - what else there is to tell, to scripts and to people.
 */
export async function tellRecorded(
  { view, accepted }: Sent,
  options: InboxOptions,
  more: { readonly row: object; readonly lines: readonly string[] } = { row: {}, lines: [] },
): Promise<void> {
  say(`Accepted as event ${String(accepted.opening.eventNumber)}.`);
  const hint = { unreachable: 'What you sent was accepted; only the proof was not seen yet.' };
  const witness = await explaining(hint, () => awaitProof(view.service, view.mailbox, accepted));
  const result = {
    event: accepted.opening.eventNumber,
    type: accepted.event.type,
    recordedAt: accepted.opening.serverTime,
    witnessedAt: witness.quorumTime,
    witnesses: witness.names,
    ...more.row,
  };
  const recorded = `Recorded as event ${String(result.event)}, seen by ${listed(witness.names)} at ${when(witness.quorumTime)}.`;
  print(result, options.json, [recorded, ...more.lines].join('\n'));
}

/** @throws {CliError} the rules' own code, before anything is sent. */
function checkAllowed({ service, history, policy, person }: MailboxView, act: CaseAct): void {
  const now = Math.max(service.deps.now(), history.state.lastEventAt);
  const decision = decide(history.state, act, { now, actor: { kind: 'reporter', person }, policy });
  if (!decision.ok)
    throw new CliError(decision.refusal.code, `${describeRefusal(decision.refusal.code)} Nothing was sent.`);
}

export async function saveAttachments(
  numbers: readonly string[],
  options: InboxOptions & { readonly out: string },
): Promise<void> {
  const view = await open(await askCode(new Keyboard(), options.wordsFile), options);
  const wanted = numbers.length === 0 ? view.attachments.map((_, i) => i + 1) : numbers.map(eventNumber);
  const saved: string[] = [];
  for (const number of wanted) {
    const attachment = view.attachments[number - 1];
    if (attachment === undefined)
      throw new CliError('attachment_unknown', `There is no attachment ${String(number)}.`);
    saved.push(...(await saveFiles(options.out, await openMailboxAttachment(view, attachment))));
  }
  const text =
    saved.length === 0 ? 'There are no attachments.' : saved.map((file) => `Saved ${shown(file)}`).join('\n');
  print({ saved }, options.json, text);
}

export async function saveReceipt(
  number: string,
  options: InboxOptions & { readonly out: string },
): Promise<void> {
  const wanted = eventNumber(number);
  const view = await open(await askCode(new Keyboard(), options.wordsFile), options);
  const event = view.history.events[wanted - 1];
  if (event === undefined) throw new CliError('event_unknown', describeRefusal('event_unknown'));
  const witness = await findProof(view.service, view.mailbox, event);
  if (witness === undefined)
    throw new CliError(
      'not_ready',
      'The witnessed ledger does not have this event yet; try again in a minute.',
    );
  const written = await writeReceipt(options.out, witness);
  print(
    { event: wanted, entry: witness.index, witnessedAt: witness.quorumTime, file: options.out },
    options.json,
    written,
  );
}

function eventNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw usage('The number must be a whole number, as "inbox show" lists it.');
  return Number(text);
}
