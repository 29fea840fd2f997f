/** `staff list` and `staff open`: the queue, and one case with everything that this officer can open and verify. */
import {
  type Channel,
  CHANNEL,
  checkRoutable,
  effectiveConsent,
  isUntriaged,
  type ReportProblem,
  scopeOfChannel,
} from '@app/casework';
import { openCase, openCaseAttachment, type OpenedCase } from '@app/client';
import { type Json, toHex } from '@app/encoding';
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
import { followUpLines, reportLines, suggestionLine } from '../report-text.js';
import { Keyboard, print, say, utc, when } from '../terminal.js';
import { allCases, caseOf, identify, type StaffOptions, withOfficers } from './identity.js';

export async function list(options: StaffOptions): Promise<void> {
  const people = await identify(new Keyboard(), options);
  const { cases, now } = await withOfficers(options, people, async ({ session }) => ({
    cases: await allCases(session),
    now: session.service.deps.now(),
  }));
  const place = (row: (typeof cases)[number]): number => row.nextDeadline ?? Infinity;
  const rows = cases.toSorted((a, b) => Number(a.quarantined) - Number(b.quarantined) || place(a) - place(b));
  const lines = rows.map((row) => {
    const due = row.nextDeadline === null ? 'nothing due' : dueText(row.nextDeadline, now);
    const isDueSoon =
      row.warnAt !== null && row.warnAt <= now && row.nextDeadline !== null && row.nextDeadline > now;
    const marks = [
      ...(isDueSoon ? ['DUE SOON'] : []),
      ...(row.assignedToMe ? ['yours'] : []),
      ...(row.declaredUrgent === 'yes' ? ['declared urgent'] : []),
      ...(row.escalated ? ['ESCALATED'] : []),
      ...(row.quarantined ? ['came in a flood'] : []),
    ];
    return [row.casePseudonym, row.priority ?? '--', row.phase, due, ...marks].join('  ');
  });
  print({ cases: rows }, options.json, lines.length === 0 ? 'No cases.' : lines.join('\n'));
}

function dueText(deadline: number, now: number): string {
  return deadline <= now ? `OVERDUE since ${when(deadline)}` : `next due ${when(deadline)}`;
}

export async function open(
  given: string,
  options: StaffOptions & { readonly saveAttachments?: string },
): Promise<void> {
  const people = await identify(new Keyboard(), options);
  await withOfficers(options, people, async ({ session }) => {
    const opened = await openCase(session, await caseOf(session, given));
    const dir = options.saveAttachments;
    const saved = dir === undefined ? [] : await save(opened, dir);
    const now = session.service.deps.now();
    print(
      { ...rowsOf(opened, now), saved },
      options.json,
      [...linesOf(opened, now), ...savedLines(saved)].join('\n'),
    );
  });
}

async function save(opened: OpenedCase, dir: string): Promise<string[]> {
  const saved: string[] = [];
  for (const attachment of opened.attachments) {
    saved.push(...(await saveFiles(dir, await openCaseAttachment(opened, attachment))));
  }
  return saved;
}

function savedLines(saved: readonly string[]): string[] {
  return saved.length === 0 ? [] : ['', ...saved.map((file) => `Saved ${shown(file)}`)];
}

function linesOf(opened: OpenedCase, now: number): string[] {
  const { history, conversation, attachments } = opened;
  const { state } = history;
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines];
  return [
    `Case ${opened.casePseudonym}: ${state.phase}${state.priority === undefined ? '' : `, ${state.priority}`}; declared urgent: ${state.declaredUrgent}.`,
    `Consents that hold: ${consentLine(state)}.`,
    ...section('Report', textOfReport(opened)),
    ...section('Conversation', conversation.map(messageText(opened))),
    ...section('Attachments', attachmentLines(attachments)),
    ...section('Interventions', interventionLines(opened)),
    ...section('Deadlines', clockLines(state, now)),
    ...section('History', eventLines(history)),
    ...gapLines(opened, now),
  ];
}

function reportOf({ fullReport, report }: OpenedCase): Json {
  return fullReport ?? report?.main.report ?? null;
}

function textOfReport(opened: OpenedCase): string[] {
  const report = reportOf(opened);
  if (report === null) return ['  Your office has no key to the report.'];
  const note =
    opened.fullReport === undefined
      ? ['  Without the answers that tell who speaks: your office has no key to them.']
      : [];
  const suggestion =
    opened.currentReport !== undefined && isUntriaged(opened.history.state.phase)
      ? [`  ${suggestionLine(opened.currentReport)}`]
      : [];
  return [...note, ...reportLines(report), ...suggestion];
}

function messageText({ session }: OpenedCase) {
  const { keyset } = session.service.directory;
  return ({
    from,
    kind,
    text,
    about,
    at,
    eventNumber,
    followUp,
    certificate,
  }: OpenedCase['conversation'][number]): string => {
    const role = keyset.roles.find(
      ({ id }) => certificate !== undefined && toHex(id) === toHex(certificate.roleId),
    );
    const who = from === 'reporter' ? 'the reporter' : (role?.name ?? 'staff');
    const subject = about === undefined ? '' : ` about event ${String(about)}`;
    const added =
      followUp === undefined
        ? ''
        : followUpLines(followUp)
            .map((line) => `\n    ${line}`)
            .join('');
    return `  ${String(eventNumber).padStart(3)}  ${utc(at)}, ${who}, ${kind}${subject}${below(text)}${added}`;
  };
}

function interventionLines({ history }: OpenedCase): string[] {
  return history.state.interventions.map(
    ({ number, kind, channel, level, state }) =>
      `  ${String(number)}  ${kind} through ${channel} at level ${level}: ${state}`,
  );
}

/** What the report lacks for each channel: only a client that opened it can tell (libs/casework SPEC.md §8.2). */
function gapsOf(
  { currentReport, consentAnswers, history }: OpenedCase,
  channel: Channel,
  now: number,
): readonly ReportProblem[] {
  if (currentReport === undefined) return [];
  const assessed = history.events.findLast(({ event }) => event.type === 'SCOPED')?.event.at;
  return checkRoutable(currentReport, channel, {
    consents: history.state.consents,
    now,
    answers: consentAnswers,
    ...(assessed !== undefined && { riskAssessedAt: assessed }),
  });
}

const CHANNEL_NAMES: Readonly<Record<Channel, string>> = {
  SENIOR: 'the senior official',
  STATE: 'the State concerned',
  SP: 'Special Procedures',
  TB: 'a treaty body',
  HRC: 'the Human Rights Council',
  PUBLIC: 'a public report',
  PLATFORM: 'the platform or partner',
  PROT: 'a protection organisation',
  DIG: 'a digital helpline',
};

function gapText(gaps: readonly ReportProblem[]): string {
  return gaps.map(({ field, path, code }) => `question ${field} at ${path} (${code})`).join(', ');
}

/** For the two channels of every case, and for those there is consent for. */
function gapLines(opened: OpenedCase, now: number): string[] {
  const { consents } = opened.history.state;
  const asked = CHANNEL.filter(
    (channel) =>
      channel === 'SENIOR' ||
      channel === 'STATE' ||
      effectiveConsent(consents, scopeOfChannel(channel)).granted,
  );
  return asked.flatMap((channel) => {
    const gaps = gapsOf(opened, channel, now);
    return gaps.length === 0
      ? []
      : ['', `Lacking before it can go to ${CHANNEL_NAMES[channel]}: ${gapText(gaps)}`];
  });
}

/** Tells what the report lacks, before it goes anywhere: the officer decides. */
export function warnOfGaps(opened: OpenedCase, channel: Channel): void {
  const gaps = gapsOf(opened, channel, opened.session.service.deps.now());
  if (gaps.length > 0) say(`Note: the report lacks what this channel asks for: ${gapText(gaps)}.`);
}

function rowsOf(opened: OpenedCase, now: number) {
  const { history, conversation, attachments, casePseudonym } = opened;
  const { state } = history;
  return {
    casePseudonym,
    phase: state.phase,
    priority: state.priority ?? null,
    declaredUrgent: state.declaredUrgent,
    report: reportOf(opened),
    isWholeReport: opened.fullReport !== undefined,
    currentReport: opened.currentReport ?? null,
    conversation: conversation.map(({ from, kind, text, about, at, eventNumber, followUp }) => ({
      eventNumber,
      at,
      from,
      kind,
      text,
      about: about ?? null,
      followUp: followUp ?? null,
    })),
    attachments: attachmentRows(attachments),
    interventions: state.interventions.map(({ number, kind, channel, level, state: at }) => ({
      number,
      kind,
      channel,
      level,
      state: at,
    })),
    clocks: clockRows(state, now),
    events: eventRows(history),
    lacking: Object.fromEntries(CHANNEL.map((channel) => [channel, gapsOf(opened, channel, now)])),
  };
}
