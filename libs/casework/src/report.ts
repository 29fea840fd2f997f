/**
 * The report's body: the questionnaire as data (SPEC.md §8). One table gives the check, the type and the split
 * between what is told of the events and what tells who is speaking. Only the reporter's client and the client
 * that opens a report can run this; no server sees the content.
 */
import { canonicalJson, type Instant, type Json, ParseError } from '@app/encoding';
import { type ConsentMatrix, effectiveConsent } from './consent.js';
import { COUNTRIES, NO_COUNTRY } from './countries.js';
import { consentText } from './events.js';
import { bool, code, type Field, hexText, listOf, optional, parsedText, text, whole } from './fields.js';
import {
  ACT,
  CHANNEL,
  DIGITAL_MOD,
  ENG,
  LINK,
  MOD,
  NATURE,
  PERP_KIND,
  REQ,
  RSP,
  SCOPE,
  SRC,
  STAGE,
  TARGET,
  UNIT,
  URGENCY,
} from './vocabularies.js';

/** Which compartment of the case a field belongs to. */
export type ReportPart = 'main' | 'identity';

type Question<F extends Field<unknown> = Field<unknown>> = {
  /** The question's number in SPEC.md §8. */
  readonly id: string;
  readonly of: F;
  readonly part: ReportPart;
};

type Questions = Readonly<Record<string, Question>>;

function ask<F extends Field<unknown>>(id: string, of: F): Question<F> {
  return { id, of, part: 'main' };
}

/** A question whose answer may tell who the submitter or the person affected is. */
function askIdentity<F extends Field<unknown>>(id: string, of: F): Question<F> {
  return { id, of, part: 'identity' };
}

const NARRATIVE = 40_000;
const filled = parsedText((value, where) => {
  if (value.trim() === '') throw new ParseError('missing', where);
  if (value.length > NARRATIVE) throw new ParseError('too_long', where);
  return value;
});
const shortText = optional(text(2_000));
const longText = optional(text(NARRATIVE));
const day = parsedText((value, where) => {
  if (!/^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/.test(value))
    throw new ParseError('not_date', where);
  return value;
});
const flag = optional(bool);
const yesNo = optional(code(URGENCY));
const country = code([...COUNTRIES, ...NO_COUNTRY]);

const ONCE = {
  safety: {
    declared_urgent: ask('0.1', code(URGENCY)),
    device_safe: ask('0.2', yesNo),
    language: ask('0.3', optional(text(35))),
  },
  submitter: {
    relation: ask('1.1', code(SRC)),
    name: askIdentity('1.2', shortText),
    keep_from_person: askIdentity('1.3', flag),
    keep_from_offices: askIdentity('1.3', flag),
    contact: askIdentity('1.4', longText),
  },
  digital: {
    platform: ask('4.1', shortText),
    deployment: ask('4.2', shortText),
    vectors: ask('4.3', shortText),
    data_exposure: ask('4.4', shortText),
    reported: ask('4.5', shortText),
    evidence: ask('4.6', longText),
  },
  concerned: {
    state: ask('6.4', country),
    /** Why the State is not known. */
    reason: ask('6.4', shortText),
  },
  link: { reasons: ask('7.1', optional(listOf(code(LINK), LINK.length))), text: ask('7.1', longText) },
  risk: { text: ask('8.1', longText), protection: ask('8.2', longText) },
  done: {
    reference: ask('9.1', shortText),
    channels: ask('9.1', optional(listOf(code(CHANNEL), CHANNEL.length))),
    domestic: ask('9.2', longText),
    state_steps: ask('9.3', optional(listOf(code(RSP), RSP.length))),
  },
  wishes: { requests: ask('10', optional(listOf(code(REQ), REQ.length))) },
  consent: {
    matrix: ask('11', consentText),
    risks_explained: ask('11', flag),
    exclusions: ask('11', optional(listOf(hexText(16), 3))),
  },
} as const satisfies Record<string, Questions>;

const REPEATED = {
  persons: {
    unit: ask('2.1', optional(code(UNIT))),
    names: askIdentity('2.2', shortText),
    number: ask('2.3', optional(whole(1, 1_000_000))),
    relation: ask('2.4', optional(code(SCOPE))),
    role: ask('2.5', shortText),
    gender: ask('2.6', optional(code(['female', 'male', 'non_binary', 'other', 'PNS', 'UNK']))),
    age: ask('2.6', optional(code(['under_18', '18_29', '30_59', '60_plus', 'PNS', 'UNK']))),
    groups: ask('2.7', shortText),
    location: ask('2.8', shortText),
    situation: ask('2.9', shortText),
  },
  engagements: {
    body: ask('3.1', code(ENG)),
    stage: ask('3.2', optional(code(STAGE))),
    when: ask('3.3', optional(day)),
    event: ask('3.3', shortText),
    modality: ask('3.4', optional(code(MOD))),
    visibility: ask('3.5', shortText),
  },
  acts: {
    what: ask('5.1', filled),
    types: ask('5.2', optional(listOf(code(ACT), ACT.length))),
    nature: ask('5.3', optional(code(NATURE))),
    from: ask('5.4', optional(day)),
    to: ask('5.4', optional(day)),
    ongoing: ask('5.4', yesNo),
    country: ask('5.5', optional(code([...COUNTRIES, ...NO_COUNTRY, 'ONLINE']))),
    place: ask('5.5', shortText),
    target: ask('5.6', optional(code(TARGET))),
    stated_reason: ask('5.7', longText),
  },
  perpetrators: {
    kind: ask('6.1', optional(code(PERP_KIND))),
    type: ask('6.2', shortText),
    name: ask('6.3', shortText),
  },
} as const satisfies Record<string, Questions>;

type Value<Q> = Q extends Question<Field<infer T>> ? T : never;
type Needed<S> = { [K in keyof S]: S[K] extends Question<Field<unknown, true>> ? never : K }[keyof S];
type Answers<S> = { readonly [K in Needed<S>]: Value<S[K]> } & {
  readonly [K in Exclude<keyof S, Needed<S>>]?: Value<S[K]>;
};
type Once = { readonly [S in keyof typeof ONCE]: Answers<(typeof ONCE)[S]> };
type Repeated = { readonly [S in keyof typeof REPEATED]: readonly Answers<(typeof REPEATED)[S]>[] };
type NeededOnce = 'safety' | 'submitter' | 'concerned' | 'consent';
type NeededRepeated = 'engagements' | 'acts';

/** Version 1 of the report. Canonical JSON; absent means not answered. */
export type ReportBody = { readonly version: 1 } & Pick<Once, NeededOnce> &
  Partial<Omit<Once, NeededOnce>> &
  Pick<Repeated, NeededRepeated> &
  Partial<Omit<Repeated, NeededRepeated>>;

/** `field` is the question's number, or the section's name; `at` counts repeated sections from 0. */
export type ReportProblem = { readonly field: string; readonly code: string; readonly at?: number };

type JsonObject = Readonly<Record<string, Json>>;
const SECTIONS: Readonly<Record<string, Questions>> = { ...ONCE, ...REPEATED };
const MOST_REPEATED = 32;

/** Where a question's answer stands in a report, for programs that ask or explain. */
export type ReportQuestion = {
  /** Its number in SPEC.md §8; some numbers have more than one field. */
  readonly id: string;
  readonly section: string;
  readonly field: string;
  readonly part: ReportPart;
  readonly isNeeded: boolean;
  readonly isRepeated: boolean;
  /** The codes its answer, or each of its answers, is from. */
  readonly options?: readonly string[];
};

/** Every question of a report, in order of the sections. */
export const REPORT_QUESTIONS: readonly ReportQuestion[] = Object.entries(SECTIONS).flatMap(
  ([section, questions]) =>
    Object.entries(questions).map(([field, { id, of, part }]) => ({
      id,
      section,
      field,
      part,
      isNeeded: !of.optional,
      isRepeated: Object.hasOwn(REPEATED, section),
      ...(of.options && { options: of.options }),
    })),
);

/**
 * Checks a report for submission: five answers and an answer to consent are needed, everything else may be
 * missing but not malformed.
 * @returns the report, or every problem found.
 * @see SPEC.md §8
 */
export function checkReport(
  body: Json,
):
  | { readonly ok: true; readonly report: ReportBody }
  | { readonly ok: false; readonly problems: readonly ReportProblem[] } {
  if (!isObject(body)) return { ok: false, problems: [{ field: 'report', code: 'not_object' }] };
  const { version, ...sections } = body;
  const problems: ReportProblem[] = version === 1 ? [] : [{ field: 'version', code: 'not_in_list' }];
  for (const name of Object.keys(sections)) {
    if (!Object.hasOwn(SECTIONS, name)) problems.push({ field: 'report', code: 'unknown_field' });
  }
  for (const [name, questions] of Object.entries(SECTIONS)) {
    problems.push(...sectionProblems(name, questions, sections[name]));
  }
  return problems.length === 0
    ? { ok: true, report: body as unknown as ReportBody }
    : { ok: false, problems };
}

/**
 * The two halves of a report: `identity` has the answers that may tell who speaks or is affected (1.2-1.4, 2.2),
 * `main` everything else. Repeated sections keep their places in both.
 * @see SPEC.md §8
 * Security: free text in `main` may still name people.
 */
export function splitReport(report: ReportBody): { readonly main: Json; readonly identity: Json } {
  return { main: half(report, 'main'), identity: half(report, 'identity') };
}

/**
 * The whole report from its halves.
 * @returns as {@link checkReport}; `halves_differ` if they are not of one report.
 */
export function joinReport(main: Json, identity: Json): ReturnType<typeof checkReport> {
  if (!isObject(main) || !isObject(identity)) return checkReport(main);
  const joined: Record<string, Json> = { ...main };
  for (const [name, part] of Object.entries(identity)) {
    const section = joinSection(main[name], part);
    if (section === undefined) return { ok: false, problems: [{ field: name, code: 'halves_differ' }] };
    joined[name] = section;
  }
  return checkReport(joined);
}

/** Whether the person took part through a platform, or an act was of the digital kind. */
export function isDigital(report: ReportBody): boolean {
  const { engagements, acts } = report;
  return (
    engagements.some(({ modality }) => modality !== undefined && DIGITAL_MOD.includes(modality)) ||
    acts.some(({ types }) => types?.some((type) => type.startsWith('F')) ?? false) ||
    report.digital?.deployment !== undefined
  );
}

/** What the content check of a channel needs to know beside the report. */
export type RouteContext = {
  /** The consents that hold now. */
  readonly consents: ConsentMatrix;
  readonly now: Instant;
  /** When staff last assessed the risk. */
  readonly riskAssessedAt?: Instant;
};

const RISK_AGE_SECONDS = 7 * 24 * 3_600;

/**
 * What a report still lacks before it can go through a channel: the content checks only a client can make.
 * @returns nothing missing: an empty list.
 * @see SPEC.md §8.2
 */
export function checkRoutable(
  report: ReportBody,
  channel: 'SENIOR' | 'STATE',
  ctx: RouteContext,
): readonly ReportProblem[] {
  const problems: ReportProblem[] = [];
  const need = (met: boolean, field: string, problem = 'missing'): void => {
    if (!met) problems.push({ field, code: problem });
  };
  const { persons = [], concerned, acts } = report;
  const related = persons.map(({ relation }) => relation).filter((relation) => relation !== undefined);
  need(related.length > 0, '2.4');
  need(related.length === 0 || related.some((relation) => relation !== 'SC-N'), '2.4', 'out_of_scope');
  if (channel === 'SENIOR') {
    need(concerned.state !== 'PNS', '6.4');
    need(concerned.state !== 'UNK' || (concerned.reason ?? '') !== '', '6.4', 'reason_missing');
    need(effectiveConsent(ctx.consents, 'K3').granted, '11', 'consent_missing');
    return problems;
  }
  const { granted, level } = effectiveConsent(ctx.consents, 'K5');
  need(!['PNS', 'UNK'].includes(concerned.state), '6.4');
  need(level !== '3' || persons.every(({ names }) => (names ?? '') !== ''), '2.2');
  need(
    acts.every(({ types }) => types !== undefined && types.length > 0),
    '5.2',
  );
  need(
    acts.every(({ from }) => from !== undefined),
    '5.4',
  );
  need(
    acts.every((act) => act.country !== undefined || act.place !== undefined),
    '5.5',
  );
  need(granted, '11', 'consent_missing');
  // SPEC.md §8.2: a risk assessment holds for seven days.
  const assessed = ctx.riskAssessedAt;
  need(assessed !== undefined && ctx.now - assessed <= RISK_AGE_SECONDS, '8.1', 'risk_not_assessed');
  return problems;
}

function sectionProblems(
  name: string,
  questions: Questions,
  value: Json | undefined,
): readonly ReportProblem[] {
  if (!Object.hasOwn(REPEATED, name))
    return value === undefined ? unanswered(questions) : answerProblems(name, questions, value);
  if (value === undefined) return unanswered(questions);
  if (!Array.isArray(value)) return [{ field: name, code: 'not_list' }];
  const items = value as readonly Json[];
  if (items.length > MOST_REPEATED) return [{ field: name, code: 'too_long' }];
  if (items.length === 0) return unanswered(questions);
  return items.flatMap((item, at) =>
    answerProblems(name, questions, item).map((problem) => ({ ...problem, at })),
  );
}

function answerProblems(name: string, questions: Questions, value: Json): readonly ReportProblem[] {
  if (!isObject(value)) return [{ field: name, code: 'not_object' }];
  const unknown = Object.keys(value).some((key) => !Object.hasOwn(questions, key));
  const problems: ReportProblem[] = unknown ? [{ field: name, code: 'unknown_field' }] : [];
  for (const [key, { id, of }] of Object.entries(questions)) {
    const given = Object.hasOwn(value, key) ? value[key] : undefined;
    const problem = given === undefined ? (of.optional ? undefined : 'missing') : problemOf(of, given, id);
    if (problem !== undefined) problems.push({ field: id, code: problem });
  }
  return problems;
}

function problemOf(of: Field<unknown>, value: Json, id: string): string | undefined {
  try {
    of.parse(value, id);
    return undefined;
  } catch (error) {
    if (error instanceof ParseError) return error.code;
    throw error;
  }
}

function unanswered(questions: Questions): readonly ReportProblem[] {
  return Object.values(questions)
    .filter(({ of }) => !of.optional)
    .map(({ id }) => ({ field: id, code: 'missing' }));
}

function half(report: ReportBody, part: ReportPart): Json {
  const { version, ...sections } = report;
  const taken = Object.entries(sections as unknown as JsonObject).map(([name, value]) => {
    const questions = SECTIONS[name] ?? {};
    const pick = (answers: Json): Json =>
      Object.fromEntries(
        Object.entries(answers as JsonObject).filter(([key]) => questions[key]?.part === part),
      );
    return [name, Array.isArray(value) ? (value as readonly Json[]).map(pick) : pick(value)] as const;
  });
  const kept = part === 'main' ? taken : taken.filter(([name]) => hasIdentity(name));
  return { version, ...Object.fromEntries(kept) };
}

function hasIdentity(section: string): boolean {
  return Object.values(SECTIONS[section] ?? {}).some(({ part }) => part === 'identity');
}

function joinSection(main: Json | undefined, identity: Json): Json | undefined {
  if (isObject(main) && isObject(identity)) return { ...main, ...identity };
  if (!Array.isArray(main) || !Array.isArray(identity)) {
    return main !== undefined && canonicalJson(main) === canonicalJson(identity) ? main : undefined;
  }
  if (main.length !== identity.length) return undefined;
  const others = identity as readonly Json[];
  const joined = (main as readonly Json[]).map((item, at) => joinSection(item, others[at] ?? null));
  return joined.every((item) => item !== undefined) ? joined : undefined;
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
