/** The acts of staff: each opens the case, says what it does, signs it, and tells the event it became. */
import {
  type ActOf,
  CHANNEL,
  type InterventionKind,
  INT,
  INT_CHANNELS,
  LEVELS,
  type OosCode,
  PRI,
  RETURN,
  RISK,
  RSP,
  SCOPE,
  SCOPES,
  VER,
} from '@app/casework';
import {
  accept,
  acknowledge,
  type ActResult,
  askConsent,
  clearIntervention,
  closeOutOfScope,
  decideScope,
  describeRefusal,
  draftIntervention,
  message,
  openCase,
  type OpenedCase,
  perform,
  recordStateReply,
  recuse,
  requestInformation,
  returnCase,
  route,
  sendIntervention,
  startTriage,
  withSecondOfficer,
  writeNote,
} from '@app/client';
import { toHex } from '@app/encoding';
import { CliError, explaining, usage } from '../errors.js';
import { Keyboard, print, withoutLosing } from '../terminal.js';
import { caseOf, identify, type Officers, type StaffOptions, withOfficers } from './identity.js';
import { warnOfGaps } from './reading.js';

export type TextOptions = StaffOptions & { readonly textFile?: string };

const REPEAT = {
  unreachable: 'It is not known whether the act was recorded: open the case before you try again.',
  internal: 'Open the case before you try again.',
  case_moved: 'Open the case, look at what changed, and try again.',
  out_of_date: 'Open the case again, and try again.',
  not_found: 'Check the case, and that it is with your office.',
};

/** What an act came to, and what else there is to tell of it, to scripts and to people. */
type Done = ActResult & { readonly told?: { readonly row: object; readonly lines: readonly string[] } };

/** One act without a text. */
export async function act(
  given: string,
  options: StaffOptions,
  what: string,
  run: (opened: OpenedCase, officers: Officers) => Promise<Done>,
): Promise<void> {
  const people = await identify(new Keyboard(), options);
  await withOfficers(options, people, async (officers) => {
    const opened = await openGiven(officers, given);
    await record(options, what, () => run(opened, officers));
  });
}

/** One act with a text, which is not lost whatever happens. */
export async function actWithText(
  given: string,
  options: TextOptions,
  what: string,
  prompt: string,
  run: (opened: OpenedCase, text: string, officers: Officers) => Promise<Done>,
): Promise<void> {
  const keyboard = new Keyboard();
  const people = await identify(keyboard, options);
  const written = await keyboard.text(prompt, options.textFile);
  await withoutLosing(written, (text) =>
    withOfficers(options, people, async (officers) => {
      const opened = await openGiven(officers, given);
      await record(options, what, () => run(opened, text, officers));
    }),
  );
}

async function openGiven({ session }: Officers, given: string): Promise<OpenedCase> {
  return explaining({ not_found: REPEAT.not_found }, async () =>
    openCase(session, await caseOf(session, given)),
  );
}

async function record(options: StaffOptions, what: string, run: () => Promise<Done>): Promise<void> {
  const result = await explaining(REPEAT, run);
  if (!result.ok) {
    const { code } = result.refusal;
    throw new CliError(code, `${describeRefusal(code)} Nothing was recorded.`);
  }
  const { opening, receipt, event } = result.event;
  const row = {
    casePseudonym: receipt.casePseudonym,
    event: opening.eventNumber,
    type: event.type,
    recordedAt: opening.serverTime,
    ...result.told?.row,
  };
  const recorded = `${what}. Event ${String(row.event)} of case ${row.casePseudonym}.`;
  print(row, options.json, [recorded, ...(result.told?.lines ?? [])].join('\n'));
}

export function staffNote(given: string, options: TextOptions): Promise<void> {
  return actWithText(given, options, 'Noted', 'What your office should know.', writeNote);
}

export function staffAcknowledge(
  given: string,
  options: TextOptions & { readonly exempt?: string },
): Promise<void> {
  const { exempt } = options;
  if (exempt === undefined)
    return actWithText(given, options, 'Acknowledged', 'What the reporter is told.', (c, text) =>
      acknowledge(c, { text }),
    );
  const reason = oneOf('--exempt', ['asked', 'unsafe'] as const, exempt);
  return act(given, options, 'Acknowledged without a message', (c) => acknowledge(c, { exempt: reason }));
}

export function staffTriage(given: string, options: StaffOptions): Promise<void> {
  return act(given, options, 'Triage started', startTriage);
}

export function staffMessage(
  given: string,
  options: TextOptions & { readonly feedback?: boolean },
): Promise<void> {
  const isFeedback = options.feedback === true;
  return actWithText(given, options, 'Written to the reporter', 'Your message to the reporter.', (c, text) =>
    message(c, text, isFeedback),
  );
}

export function staffAskInfo(given: string, options: TextOptions): Promise<void> {
  return actWithText(given, options, 'Information asked for', 'What you need to know.', requestInformation);
}

export function staffAskConsent(given: string, scopeText: string, options: TextOptions): Promise<void> {
  const scope = oneOf('The scope', SCOPES, scopeText);
  return actWithText(given, options, 'Consent asked for', 'What the consent is for.', (c, text) =>
    askConsent(c, scope, text),
  );
}

export type DecideOptions = StaffOptions & {
  readonly scope: string;
  readonly act?: boolean;
  readonly link?: boolean;
  readonly credibility: string;
  readonly likelihood: string;
  readonly severity: string;
  readonly priority: string;
};

export function staffDecide(given: string, options: DecideOptions): Promise<void> {
  const test = {
    scope: oneOf('--scope', SCOPE, options.scope),
    act: options.act === true,
    link: options.link === true,
    credibility: oneOf('--credibility', VER, options.credibility),
    likelihood: oneOf('--likelihood', RISK, options.likelihood),
    severity: oneOf('--severity', RISK, options.severity),
    priority: oneOf('--priority', PRI, options.priority),
  };
  return act(given, options, 'Decided: in scope', (c, { second }) => decideScope(c, test, second));
}

export function staffReprioritise(given: string, priorityText: string, options: StaffOptions): Promise<void> {
  const priority = oneOf('The priority', PRI, priorityText);
  const wanted: ActOf<'reprioritise'> = { kind: 'reprioritise', priority };
  return act(given, options, `Priority set to ${priority}`, (c, { second }) =>
    second === undefined ? perform(c, wanted) : withSecondOfficer(second)(c, wanted),
  );
}

/** @param reason - why triage closes it. */
export function staffCloseOutOfScope(given: string, reason: OosCode, options: TextOptions): Promise<void> {
  if (options.secondAs === undefined && options.secondSubject === undefined)
    throw new CliError(
      'second_officer_required',
      `${describeRefusal('second_officer_required')} Name her with --second-subject.`,
    );
  return actWithText(
    given,
    options,
    'Closed as out of scope',
    'Where else the reporter can turn.',
    (c, text, { second }) => {
      if (second === undefined)
        throw new CliError('second_officer_required', describeRefusal('second_officer_required'));
      return closeOutOfScope(c, reason, text, second);
    },
  );
}

export function staffRoute(given: string, options: TextOptions & { readonly to?: string }): Promise<void> {
  return actWithText(
    given,
    options,
    'Handed over',
    'The handover note; the reporter can read it.',
    (c, text) => {
      warnOfGaps(c, 'SENIOR');
      return route(c, text, options.to === undefined ? undefined : roleOf(c, options.to));
    },
  );
}

/** An office by its identifier, the beginning of it, or its name. */
export function roleOf({ session }: OpenedCase, given: string): string {
  const { roles } = session.service.directory.keyset;
  const found = roles.filter(({ id, name }) => name === given || toHex(id).startsWith(given));
  const [first, ...others] = found;
  if (first === undefined || others.length > 0)
    throw new CliError(
      'role_unknown',
      `--to names ${String(found.length)} offices; "safe-conduct offices" lists them.`,
    );
  return toHex(first.id);
}

export function staffAccept(given: string, options: StaffOptions): Promise<void> {
  return act(given, options, 'Accepted', accept);
}

export function staffReturn(given: string, reasonText: string, options: StaffOptions): Promise<void> {
  const reason = oneOf('The reason', RETURN, reasonText);
  return act(given, options, 'Returned to the focal point', (c) => returnCase(c, reason));
}

export function staffRecuse(
  given: string,
  options: StaffOptions & { readonly wholeRole?: boolean },
): Promise<void> {
  const wholeRole = options.wholeRole === true;
  return act(given, options, 'Stepped back from the case', (c) => recuse(c, wholeRole));
}

/** Acts that carry nothing but themselves. */
export function staffPlain(
  kind: 'info_received' | 'stop_asking' | 'resume' | 'monitor' | 'review' | 'reopen',
  what: string,
) {
  return (given: string, options: StaffOptions): Promise<void> =>
    act(given, options, what, (c) => perform(c, { kind }));
}

export type DraftOptions = TextOptions & { readonly channel?: string; readonly level: string };

export function staffDraft(given: string, kindText: string, options: DraftOptions): Promise<void> {
  const intervention = oneOf('The kind', INT, kindText);
  const draft = {
    intervention,
    channel: oneOf('--channel', CHANNEL, options.channel ?? onlyChannelOf(intervention)),
    level: oneOf('--level', LEVELS, options.level),
  };
  return actWithText(
    given,
    options,
    'Intervention drafted',
    'The draft; it stays in your office.',
    (c, text) => draftIntervention(c, draft, text),
  );
}

function onlyChannelOf(kind: InterventionKind): string {
  const [channel, ...others] = INT_CHANNELS[kind];
  if (others.length > 0) throw usage(`--channel is needed: ${INT_CHANNELS[kind].join(' or ')}.`);
  return channel;
}

export function staffClear(given: string, number: string, options: StaffOptions): Promise<void> {
  return act(given, options, 'Intervention cleared', (c) => clearIntervention(c, whole(number)));
}

export function staffSend(given: string, number: string, options: StaffOptions): Promise<void> {
  return act(given, options, 'Intervention recorded as sent', (c) => {
    const wanted = whole(number);
    const channel = c.history.state.interventions[wanted - 1]?.channel;
    if (channel !== undefined) warnOfGaps(c, channel);
    return sendIntervention(c, wanted);
  });
}

export function staffStateReply(
  given: string,
  number: string,
  responseText: string,
  options: StaffOptions & { readonly complete?: boolean },
): Promise<void> {
  const reply = {
    number: whole(number),
    response: oneOf('The response', RSP, responseText),
    complete: options.complete === true,
  };
  return act(given, options, "The State's reply recorded", (c) => recordStateReply(c, reply));
}

/** @throws {CliError} wrong usage, with the list. */
export function oneOf<const T extends readonly string[]>(what: string, list: T, given: string): T[number] {
  const found = list.find((code) => code === given);
  if (found === undefined) throw usage(`${what} is one of ${list.join(', ')}.`);
  return found;
}

export function whole(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text))
    throw usage('The number of an intervention is a whole number, as "staff open" lists it.');
  return Number(text);
}
