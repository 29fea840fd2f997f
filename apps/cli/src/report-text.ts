/** A report in words, for those who may read it: questions and codes by their English labels. */
import {
  checkReport,
  type ConsentAnswer,
  ENGLISH,
  type FollowUp,
  labelOf,
  type ListName,
  placeOf,
  questionLabel,
  type ReportBody,
  REPORT_QUESTIONS,
  type ReportQuestion,
  suggestedPriority,
} from '@app/casework';
import type { Json } from '@app/encoding';
import { shown } from './case-text.js';

type JsonObject = Readonly<Record<string, Json>>;

/**
 * Every answer, in the order of the questions; what is no report is shown as it is.
 * @param given - the whole report, or `main` alone; of any version.
 */
export function reportLines(given: Json): string[] {
  const checked = checkReport(given);
  if (!checked.ok)
    return shown(JSON.stringify(given, null, 2))
      .split('\n')
      .map((line) => `  ${line}`);
  const report = checked.report as unknown as Json;
  return Object.entries(ENGLISH.sections).flatMap(([section, title]) => {
    const answers = (report as JsonObject)[section] ?? [];
    const rows = (Array.isArray(answers) ? answers : [answers]) as readonly JsonObject[];
    return rows.flatMap((row, i) =>
      rowLines(section, row, rows.length > 1 ? `${title} ${String(i + 1)}` : title),
    );
  });
}

/** The matrix is told apart, as the consents that hold. */
function rowLines(section: string, row: JsonObject, title: string): string[] {
  const lines = REPORT_QUESTIONS.filter((question) => question.section === section).flatMap((question) => {
    const answer = row[question.field];
    if (answer === undefined || question.kind === 'consents') return [];
    const label = questionLabel(ENGLISH, section, question.field);
    return [`    ${label}: ${answerText(question, answer).replaceAll('\n', '\n      ')}`];
  });
  return lines.length === 0 ? [] : [`  ${title}`, ...lines];
}

function answerText({ kind, list }: ReportQuestion, answer: Json): string {
  if (kind === 'records')
    return (answer as unknown as readonly ConsentAnswer[]).map((one) => `\n${recordText(one)}`).join('');
  if (kind === 'date') return dateText(answer as JsonObject);
  if (kind === 'yes_no') return answer === true ? 'yes' : 'no';
  const texts = (Array.isArray(answer) ? answer : [answer]) as readonly Json[];
  return texts.map((text) => codeText(list, plain(text))).join(', ');
}

function plain(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}

function codeText(list: ListName | undefined, code: string): string {
  const label = list === undefined ? code : labelOf(ENGLISH, list, code);
  return label === code ? shown(code) : `${shown(code)} (${label})`;
}

function dateText({ value, precision }: JsonObject): string {
  const exactness = labelOf(ENGLISH, 'DP', plain(precision));
  return value === undefined ? exactness : `${shown(plain(value))} (${exactness})`;
}

function recordText(answer: ConsentAnswer): string {
  const { person, scope, decision, given_by, why_not_person, risks_explained, understands, given_at } =
    answer;
  const word = (list: ListName, code: string | undefined): string =>
    code === undefined ? '' : labelOf(ENGLISH, list, code);
  const parts = [
    `person ${String(person)}, ${scope}: ${decision.replace('_', ' ')}`,
    given_by && `by ${word('GIVEN_BY', given_by)}`,
    why_not_person && `not by the person: ${word('WHY_NOT', why_not_person)}`,
    risks_explained
      ? `risks explained by ${word('EXPLAINED_BY', risks_explained.by)}`
      : 'risks not explained',
    understands && `understands the risk: ${understands}`,
    given_at && `on ${given_at}`,
  ];
  return parts.filter((part) => part !== undefined && part !== '').join(', ');
}

/** What a message adds to a report, or corrects in it. */
export function followUpLines({ acts = [], corrections = [] }: FollowUp): string[] {
  return [
    ...acts.flatMap((act) => rowLines('acts', act as unknown as JsonObject, 'Further act')),
    ...corrections.map((correction) => {
      const question = REPORT_QUESTIONS.find(
        ({ section, field }) => section === correction.section && field === correction.field,
      );
      const { value } = correction;
      const now = value === undefined || question === undefined ? 'taken back' : answerText(question, value);
      return `  Corrected ${placeOf(correction)}: ${now}`;
    }),
  ];
}

/** What the report itself suggests for triage. */
export function suggestionLine(report: ReportBody): string {
  const { priority, reasons } = suggestedPriority(report);
  const why = reasons.map(({ code, path }) => `${labelOf(ENGLISH, 'P1_REASON', code)} (${path})`);
  return `The report suggests ${priority}${why.length === 0 ? '' : `: ${why.join('; ')}`}.`;
}
