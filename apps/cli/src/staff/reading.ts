/** `staff list` and `staff open`: the queue, and one case with everything that this officer can open and verify. */
import { ACT_LABELS, checkRoutable, ENG_LABELS, REPORT_QUESTIONS } from '@app/casework';
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
import { Keyboard, print, say, utc, when } from '../terminal.js';
import { allCases, caseOf, identify, type StaffOptions, withOfficers } from './identity.js';

export async function list(options: StaffOptions): Promise<void> {
  const people = await identify(new Keyboard(), options);
  const { cases, now } = await withOfficers(options, people, async ({ session }) => ({
    cases: await allCases(session),
    now: session.service.deps.now(),
  }));
  const rows = cases.toSorted((a, b) => (a.nextDeadline ?? Infinity) - (b.nextDeadline ?? Infinity));
  const lines = rows.map((row) => {
    const due = row.nextDeadline === null ? 'nothing due' : dueText(row.nextDeadline, now);
    const isDueSoon =
      row.warnAt !== null && row.warnAt <= now && row.nextDeadline !== null && row.nextDeadline > now;
    const marks = [
      ...(isDueSoon ? ['DUE SOON'] : []),
      ...(row.assignedToMe ? ['yours'] : []),
      ...(row.declaredUrgent === 'yes' ? ['declared urgent'] : []),
      ...(row.escalated ? ['ESCALATED'] : []),
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
    ...section('Report', reportLines(opened)),
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

function reportLines(opened: OpenedCase): string[] {
  const report = reportOf(opened);
  if (report === null) return ['  Your office has no key to the report.'];
  const note =
    opened.fullReport === undefined
      ? ['  Without the answers that tell who speaks: your office has no key to them.']
      : [];
  const sections = [...new Set(REPORT_QUESTIONS.map(({ section }) => section))];
  return [...note, ...sections.flatMap((section) => sectionLines(section, report))];
}

/** The answers of one section, in the order of the questions. */
function sectionLines(section: string, report: Json): string[] {
  const answers = (report as Readonly<Record<string, Json>>)[section] ?? [];
  const items = (Array.isArray(answers) ? answers : [answers]) as readonly Readonly<Record<string, Json>>[];
  return items.flatMap((item, i) => {
    const lines = REPORT_QUESTIONS.filter((question) => question.section === section).flatMap(({ field }) => {
      const text = answerText(item[field]);
      return text === '' || field === 'matrix' ? [] : [`    ${field}: ${text}`];
    });
    const title = items.length > 1 ? `${section} ${String(i + 1)}` : section;
    return lines.length === 0 ? [] : [`  ${title}`, ...lines];
  });
}

const LABELS: Readonly<Record<string, string>> = { ...ENG_LABELS, ...ACT_LABELS };

function answerText(answer: Json | undefined): string {
  if (Array.isArray(answer)) return answer.map(answerText).join(', ');
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer ?? '').replaceAll('"', '');
  const label = Object.hasOwn(LABELS, text) ? ` (${String(LABELS[text])})` : '';
  return `${shown(text)}${label}`.replaceAll('\n', '\n      ');
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
    certificate,
  }: OpenedCase['conversation'][number]): string => {
    const role = keyset.roles.find(
      ({ id }) => certificate !== undefined && toHex(id) === toHex(certificate.roleId),
    );
    const who = from === 'reporter' ? 'the reporter' : (role?.name ?? 'staff');
    const subject = about === undefined ? '' : ` about event ${String(about)}`;
    return `  ${String(eventNumber).padStart(3)}  ${utc(at)}, ${who}, ${kind}${subject}${below(text)}`;
  };
}

function interventionLines({ history }: OpenedCase): string[] {
  return history.state.interventions.map(
    ({ number, kind, channel, level, state }) =>
      `  ${String(number)}  ${kind} through ${channel} at level ${level}: ${state}`,
  );
}

/** What the report lacks for each channel: only a client that opened it can tell (libs/casework SPEC.md §8.2). */
function gapsOf({ fullReport, history }: OpenedCase, channel: 'SENIOR' | 'STATE', now: number) {
  if (fullReport === undefined) return [];
  const assessed = history.events.findLast(({ event }) => event.type === 'SCOPED')?.event.at;
  return checkRoutable(fullReport, channel, {
    consents: history.state.consents,
    now,
    ...(assessed !== undefined && { riskAssessedAt: assessed }),
  });
}

function gapLines(opened: OpenedCase, now: number): string[] {
  return (['SENIOR', 'STATE'] as const).flatMap((channel) => {
    const gaps = gapsOf(opened, channel, now).map(({ field, code }) => `question ${field} (${code})`);
    const name = channel === 'SENIOR' ? 'the senior official' : 'the State concerned';
    return gaps.length === 0 ? [] : ['', `Lacking before it can go to ${name}: ${gaps.join(', ')}`];
  });
}

/** Tells what the report lacks, before it goes anywhere: the officer decides. */
export function warnOfGaps(opened: OpenedCase, channel: 'SENIOR' | 'STATE'): void {
  const gaps = gapsOf(opened, channel, opened.session.service.deps.now());
  if (gaps.length > 0)
    say(
      `Note: the report lacks what this channel asks for: ${gaps.map(({ field, code }) => `question ${field} (${code})`).join(', ')}.`,
    );
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
    conversation: conversation.map(({ from, kind, text, about, at, eventNumber }) => ({
      eventNumber,
      at,
      from,
      kind,
      text,
      about: about ?? null,
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
    lacking: { SENIOR: gapsOf(opened, 'SENIOR', now), STATE: gapsOf(opened, 'STATE', now) },
  };
}
