/** What a report still lacks before it may go through a channel (SPEC.md §8.2): checks only a client can make. */
import type { Instant, Json } from '@app/encoding';
import { type ConsentMatrix, effectiveConsent, type Level, scopeOfChannel } from '../consent.js';
import type { Channel } from '../vocabularies.js';
import { personsOf, problem, type ReportProblem } from './check.js';
import { type ConsentAnswer, consentGaps } from './consent-answers.js';
import { isCollective } from './facts.js';
import { isRepeated, type Questions, type ReportBody, SECTIONS } from './questions.js';

/** What the content check of a channel needs to know beside the report. */
export type RouteContext = {
  /** The consents that hold now. */
  readonly consents: ConsentMatrix;
  readonly now: Instant;
  /** When staff last assessed the risk. */
  readonly riskAssessedAt?: Instant;
  /** Records of consent that came after the report, oldest first. */
  readonly answers?: readonly ConsentAnswer[];
};

const RISK_AGE_SECONDS = 7 * 24 * 3_600;
/** Support goes where it is asked for, whatever else the report says. */
const SUPPORT: readonly Channel[] = ['PROT', 'DIG'];
/** Levels at which the persons affected are named. */
const NAMED: readonly (Level | undefined)[] = ['3', 'N'];
const TREATY_BODIES = ['TB-REV', 'TB-PET', 'TB-INQ'];
const COUNCIL_BODIES = ['HRC', 'HRC-IM', 'UPR', 'FOR'];

/**
 * What a report still lacks before it can go through a channel: answers, names to the consented level, consent with
 * its records, a fresh assessment of the risk.
 * @returns every problem; nothing missing: an empty list.
 * @see SPEC.md §8.2
 */
export function checkRoutable(
  report: ReportBody,
  channel: Channel,
  ctx: RouteContext,
): readonly ReportProblem[] {
  const consent = consentProblems(report, channel, ctx);
  if (SUPPORT.includes(channel)) return consent;
  return [
    ...unansweredFor(report, channel),
    ...relationProblems(report),
    ...nameProblems(report, channel, ctx),
    ...stateProblems(report, channel),
    ...(EXTRA[channel]?.(report) ?? []),
    ...consent,
    ...(channel === 'STATE' ? riskProblems(ctx) : []),
  ];
}

/** Questions whose own rules decide. */
const RULED = ['2.2'];

/** Of fields that share a number one answer is enough, in every row. */
function unansweredFor(report: ReportBody, channel: Channel): readonly ReportProblem[] {
  return Object.entries(SECTIONS).flatMap(([name, questions]) => {
    const groups = new Map<string, string[]>();
    for (const [key, { id, spec }] of Object.entries(questions)) {
      if (spec.for?.includes(channel)) groups.set(id, [...(groups.get(id) ?? []), key]);
    }
    return [...groups].flatMap(([id, keys]) =>
      RULED.includes(id)
        ? []
        : rowsOf(report, name)
            .filter(({ answers }) => !keys.some((key) => isAnswered(questions, key, answers[key])))
            .map(({ path }) => problem(id, `${path}.${keys[0] ?? ''}`, 'missing')),
    );
  });
}

type Row = { readonly path: string; readonly answers: Readonly<Record<string, Json>> };

/** The rows of a section, one at least. */
function rowsOf(report: ReportBody, name: string): readonly Row[] {
  const section = (report as unknown as Readonly<Record<string, Row['answers'] | readonly Row['answers'][]>>)[
    name
  ];
  if (!isRepeated(name)) return [{ path: name, answers: (section ?? {}) as Row['answers'] }];
  const rows = (section ?? []) as readonly Row['answers'][];
  return (rows.length === 0 ? [{}] : rows).map((answers, at) => ({
    path: `${name}[${String(at)}]`,
    answers,
  }));
}

function isAnswered(questions: Questions, key: string, value: Json | undefined): boolean {
  if (value === undefined) return false;
  const mayBeUnknown = questions[key]?.spec.mayBeUnknown === true;
  const isCodeToldOf = (code: Json): boolean =>
    code !== 'PNS' && ((code !== 'UNK' && code !== 'unsure') || mayBeUnknown);
  if (Array.isArray(value)) return value.length > 0 && (value as readonly Json[]).every(isCodeToldOf);
  if (value !== null && typeof value === 'object') return 'value' in value;
  return typeof value === 'string' ? value.trim() !== '' && isCodeToldOf(value) : true;
}

function relationProblems({ persons = [] }: ReportBody): readonly ReportProblem[] {
  const isOutside = persons.length > 0 && persons.every(({ relation }) => relation === 'SC-N');
  return isOutside ? [problem('2.4', 'persons[0].relation', 'out_of_scope')] : [];
}

/** Named is only who agreed to be named; communities and the like have no names to give. */
function nameProblems(report: ReportBody, channel: Channel, ctx: RouteContext): readonly ReportProblem[] {
  const { level } = effectiveConsent(ctx.consents, scopeOfChannel(channel));
  const isNaming = SECTIONS.persons?.names?.spec.for?.includes(channel) === true && NAMED.includes(level);
  if (!isNaming) return [];
  return rowsOf(report, 'persons')
    .filter(
      ({ answers }) => !isCollective(answers) && !isAnswered(SECTIONS.persons ?? {}, 'names', answers.names),
    )
    .map(({ path }) => problem('2.2', `${path}.names`, 'missing'));
}

function stateProblems({ concerned }: ReportBody, channel: Channel): readonly ReportProblem[] {
  const { state, reason = '' } = concerned;
  if (state === 'PNS' || (state === 'UNK' && channel === 'STATE'))
    return [problem('6.4', 'concerned.state', 'missing')];
  const isWithout = state === 'UNK' && reason.trim() === '';
  return isWithout ? [problem('6.4', 'concerned.reason', 'reason_missing')] : [];
}

/** What one channel asks for beyond answers. */
const EXTRA: Readonly<Partial<Record<Channel, (report: ReportBody) => readonly ReportProblem[]>>> = {
  TB: ({ engagements }) => noneOf(engagements, TREATY_BODIES, 'no_procedure'),
  HRC: ({ engagements }) => noneOf(engagements, COUNCIL_BODIES, 'no_session'),
  PUBLIC: ({ done }) => {
    const isInDocument = done?.channels?.some((code) => code !== 'NONE') ?? false;
    const isWithout = isInDocument && (done?.reference ?? '').trim() === '';
    return isWithout ? [problem('9.1', 'done.reference', 'reference_missing')] : [];
  },
};

function noneOf(
  engagements: ReportBody['engagements'],
  bodies: readonly string[],
  code: string,
): readonly ReportProblem[] {
  return engagements.some(({ body }) => bodies.includes(body))
    ? []
    : [problem('3.1', 'engagements[0].body', code)];
}

function consentProblems(report: ReportBody, channel: Channel, ctx: RouteContext): readonly ReportProblem[] {
  const scope = scopeOfChannel(channel);
  if (!effectiveConsent(ctx.consents, scope).granted)
    return [problem('11', 'consent.matrix', 'consent_missing')];
  const answers = [...(report.consent.records ?? []), ...(ctx.answers ?? [])];
  return consentGaps(answers, ctx.consents, personsOf(report), scope, ctx.now).map(({ at, code }) =>
    problem('11', `persons[${String(at)}].consent.${scope}`, code),
  );
}

/** SPEC.md §8.2: a risk assessment holds for seven days. */
function riskProblems({ now, riskAssessedAt: assessed }: RouteContext): readonly ReportProblem[] {
  const isFresh = assessed !== undefined && now - assessed <= RISK_AGE_SECONDS;
  return isFresh ? [] : [problem('8.1', 'risk', 'risk_not_assessed')];
}
