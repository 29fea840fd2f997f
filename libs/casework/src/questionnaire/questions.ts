/**
 * The questionnaire as data (SPEC.md §8): one table gives the check, the type, the split between what is told of the
 * events and what tells who is speaking, what each channel needs, and what a form shows.
 */
import { consentText } from '../events.js';
import { bool, code, type Field, hexText, listOf, optional, whole } from '../fields.js';
import type { Channel } from '../vocabularies.js';
import { dated, filled, language, registerId, words } from './answers.js';
import { consentAnswers } from './consent-answers.js';
import { type ListName, LISTS } from './lists.js';

/** The version that reports are made with; {@link checkReport} still reads the older ones. */
export const QUESTIONNAIRE_VERSION = 2;

/** Which compartment of the case an answer belongs to. */
export type ReportPart = 'main' | 'identity';

/**
 * Who can technically read an answer: `E0` triage, `E1` whoever the case is handed to, `ST` the coarse statistical
 * record that staff make if K7 is granted, `M` the server.
 */
export type FieldClass = 'E0' | 'E1' | 'ST' | 'M';

/** What an answer looks like: one code, several codes, text, a date with its precision, … */
export type AnswerKind =
  'one' | 'many' | 'text' | 'date' | 'number' | 'yes_no' | 'identifier' | 'hash' | 'consents' | 'records';

type Spec = {
  /** The channels a report needs an answer for; where fields share a number one of them is enough. */
  readonly for?: readonly Channel[];
  readonly classes?: readonly FieldClass[];
  /** The answer may tell who the submitter or the person affected is. */
  readonly isIdentity?: true;
  /** The form says why it asks. */
  readonly isSensitive?: true;
  /** For a channel "unknown" is an answer too. */
  readonly mayBeUnknown?: true;
  readonly list?: ListName;
};

type Question<F extends Field<unknown> = Field<unknown>> = {
  /** The question's number in SPEC.md §8. */
  readonly id: string;
  readonly kind: AnswerKind;
  readonly of: F;
  readonly spec: Spec;
};

export type Questions = Readonly<Record<string, Question>>;

type Optional<T> = Question<Field<T, true>>;

function ask<T>(id: string, kind: AnswerKind, of: Field<T, false>, spec: Spec = {}): Optional<T> {
  return { id, kind, of: optional(of), spec };
}

function one<L extends ListName>(id: string, list: L, spec: Spec = {}) {
  return ask(id, 'one', code(LISTS[list]), { ...spec, list });
}

function many<L extends ListName>(id: string, list: L, spec: Spec = {}) {
  return ask(id, 'many', listOf(code(LISTS[list]), LISTS[list].length), { ...spec, list });
}

function text(id: string, spec: Spec = {}, max = SHORT): Optional<string> {
  return ask(id, 'text', words(max), spec);
}

/** Without an answer there is no report. */
function needed<T>(question: Optional<T>): Question<Field<T, false>> {
  return { ...question, of: { ...question.of, optional: false } };
}

const SHORT = 2_000;
const NARRATIVE = 40_000;
/** What a section's lists did not let one say. */
const note = (section: string): Optional<string> => text(section, {}, NARRATIVE);

const CASE: readonly Channel[] = ['SENIOR', 'STATE', 'SP', 'TB', 'HRC', 'PUBLIC', 'PLATFORM'];
const IDENTITY = { isIdentity: true, isSensitive: true } as const;
const SENSITIVE = { isSensitive: true } as const;
const COUNTED: Spec = { classes: ['E0', 'ST'] };

/** Sections a report has once. */
export const ONCE = {
  safety: {
    declared_urgent: needed(one('0.1', 'URGENCY', { classes: ['M'] })),
    device_safe: one('0.2', 'YES_NO', SENSITIVE),
    language: ask('0.3', 'text', language),
  },
  submitter: {
    relation: needed(one('1.1', 'SRC', SENSITIVE)),
    name: text('1.2', { ...IDENTITY, for: ['SP', 'TB'] }),
    keep_from_person: ask('1.3', 'yes_no', bool, IDENTITY),
    keep_from_offices: ask('1.3', 'yes_no', bool, IDENTITY),
    contact_ways: many('1.4', 'CONTACT', IDENTITY),
    /** A safe way and time. */
    contact: text('1.4', IDENTITY, NARRATIVE),
    never_say: text('1.4', IDENTITY),
  },
  digital: {
    platform: text('4.1'),
    platform_id: ask('4.1', 'identifier', registerId),
    deployment: text('4.2'),
    deployment_id: ask('4.2', 'identifier', registerId, { for: ['PLATFORM'] }),
    vectors: many('4.3', 'DIG', { ...COUNTED, for: ['PLATFORM'] }),
    data_exposure: many('4.4', 'DATAEXP'),
    reported: one('4.5', 'YES_NO'),
    reported_on: ask('4.5', 'date', dated),
    reported_reference: text('4.5'),
    reported_reply: text('4.5'),
    evidence: text('4.6', {}, NARRATIVE),
    evidence_held_by: text('4.6', SENSITIVE),
    note: note('4'),
  },
  concerned: {
    state: needed(one('6.4', 'COUNTRY')),
    /** Why the State is not known. */
    reason: text('6.4'),
  },
  link: {
    reasons: many('7.1', 'LINK', { for: ['STATE', 'SP', 'TB'] }),
    text: text('7.1', { for: ['STATE', 'SP', 'TB'] }, NARRATIVE),
  },
  risk: {
    worse: many('8.1', 'WORSE', { ...SENSITIVE, for: ['STATE'], mayBeUnknown: true }),
    text: text('8.1', { ...SENSITIVE, for: ['STATE'] }, NARRATIVE),
    protection_in_place: many('8.2', 'PROT', SENSITIVE),
    protection_needed: many('8.2', 'PROT', SENSITIVE),
    note: note('8'),
  },
  done: {
    channels: many('9.1', 'CHAN', { for: ['PUBLIC'] }),
    reference: text('9.1'),
    domestic: many('9.2', 'DOMESTIC'),
    domestic_status: text('9.2', {}, NARRATIVE),
    state_steps: many('9.3', 'RSP'),
  },
  wishes: { requests: many('10', 'REQ', { classes: ['E0', 'E1'] }) },
  consent: {
    matrix: needed(ask('11', 'consents', consentText, { classes: ['M'] })),
    records: ask('11', 'records', consentAnswers, SENSITIVE),
    risks_explained: ask('11', 'yes_no', bool),
    exclusions: ask('11', 'identifier', listOf(hexText(16), 3), { classes: ['M'] }),
  },
} as const satisfies Record<string, Questions>;

/** Sections a report has as often as needed. */
export const REPEATED = {
  persons: {
    unit: one('2.1', 'CU', { for: ['STATE', 'SP', 'PUBLIC'] }),
    names: text('2.2', { ...IDENTITY, for: ['STATE', 'SP', 'PUBLIC', 'PLATFORM'] }),
    other_names: text('2.2', IDENTITY),
    number: ask('2.3', 'number', whole(1, 1_000_000)),
    number_band: one('2.3', 'BAND'),
    relation: one('2.4', 'SCOPE', { classes: ['E0', 'E1'], for: CASE }),
    roles: many('2.5', 'ROLE', { ...COUNTED, ...SENSITIVE }),
    gender: one('2.6', 'GENDER', SENSITIVE),
    age: one('2.6', 'AGE', { ...SENSITIVE, for: ['STATE', 'PUBLIC'] }),
    child: one('2.6', 'YES_NO', { ...SENSITIVE, for: ['STATE', 'PUBLIC'] }),
    groups: many('2.7', 'GRP', { ...COUNTED, ...SENSITIVE }),
    country: one('2.8', 'COUNTRY', SENSITIVE),
    whereabouts: one('2.8', 'WHERE', SENSITIVE),
    situation: many('2.9', 'VSTAT', SENSITIVE),
    note: note('2'),
  },
  engagements: {
    body: needed(one('3.1', 'ENG', COUNTED)),
    stage: one('3.2', 'STAGE', { ...COUNTED, for: ['TB', 'HRC'] }),
    when: ask('3.3', 'date', dated, { for: ['TB', 'HRC'] }),
    event: text('3.3', { for: ['TB', 'HRC'] }),
    modality: one('3.4', 'MOD', COUNTED),
    visibility: many('3.5', 'VISIB', SENSITIVE),
    note: note('3'),
  },
  acts: {
    what: needed(ask('5.1', 'text', filled(NARRATIVE))),
    types: many('5.2', 'ACT', { ...COUNTED, for: ['STATE', 'PUBLIC'] }),
    nature: one('5.3', 'NATURE', COUNTED),
    from: ask('5.4', 'date', dated, { for: ['STATE', 'SP', 'PUBLIC'] }),
    to: ask('5.4', 'date', dated),
    ongoing: one('5.4', 'YES_NO'),
    country: one('5.5', 'PLACE', { for: ['STATE', 'SP', 'HRC'] }),
    place: text('5.5', { for: ['STATE', 'SP', 'HRC'] }),
    target: one('5.6', 'TARGET', COUNTED),
    stated_reason: text('5.7', {}, NARRATIVE),
  },
  perpetrators: {
    kind: one('6.1', 'PERP_KIND', { ...COUNTED, for: ['SP'], mayBeUnknown: true }),
    type: one('6.2', 'PERP'),
    involvement: many('6.2', 'INV'),
    name: text('6.3', SENSITIVE),
    note: note('6'),
  },
  files: {
    /** Of the stripped copy, as it is attached. */
    name: text('12'),
    about: text('12'),
    sha256: ask('12', 'hash', hexText(32)),
    /** Of the untouched original. */
    original_sha256: ask('12', 'hash', hexText(32), IDENTITY),
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

/** A report of the current version. Canonical JSON; absent means not answered. */
export type ReportBody = { readonly version: typeof QUESTIONNAIRE_VERSION } & Pick<Once, NeededOnce> &
  Partial<Omit<Once, NeededOnce>> &
  Pick<Repeated, NeededRepeated> &
  Partial<Omit<Repeated, NeededRepeated>>;

/** One act against a person or group. */
export type ReportedAct = Repeated['acts'][number];

export type SectionName = keyof typeof ONCE | keyof typeof REPEATED;

/** Every section, in the order they are asked. */
export const SECTIONS: Readonly<Record<string, Questions>> = {
  safety: ONCE.safety,
  submitter: ONCE.submitter,
  persons: REPEATED.persons,
  engagements: REPEATED.engagements,
  digital: ONCE.digital,
  acts: REPEATED.acts,
  perpetrators: REPEATED.perpetrators,
  concerned: ONCE.concerned,
  link: ONCE.link,
  risk: ONCE.risk,
  done: ONCE.done,
  wishes: ONCE.wishes,
  consent: ONCE.consent,
  files: REPEATED.files,
} satisfies Record<SectionName, Questions>;

/** How many rows a repeated section may have. Persons are the rows of the consent matrix. */
export const MOST_ROWS: Readonly<Record<keyof typeof REPEATED, number>> = {
  persons: 8,
  engagements: 32,
  acts: 32,
  perpetrators: 32,
  files: 32,
};

export function isRepeated(section: string): section is keyof typeof REPEATED {
  return Object.hasOwn(REPEATED, section);
}

/** Where a question's answer stands in a report, for programs that ask or explain. */
export type ReportQuestion = {
  /** Its number in SPEC.md §8; some numbers have more than one field. */
  readonly id: string;
  readonly section: string;
  readonly field: string;
  readonly kind: AnswerKind;
  readonly part: ReportPart;
  readonly classes: readonly FieldClass[];
  /** R: without it there is no report. C: some channel needs it. O: never needed. */
  readonly requirement: 'R' | 'C' | 'O';
  readonly channels: readonly Channel[];
  readonly isRepeated: boolean;
  /** The label table has a line that says why it is asked. */
  readonly isSensitive: boolean;
  readonly list?: ListName;
  /** The codes its answer, or each of its answers, is from. */
  readonly options?: readonly string[];
};

/** Every question of a report, in order of the sections. */
export const REPORT_QUESTIONS: readonly ReportQuestion[] = Object.entries(SECTIONS).flatMap(
  ([section, questions]) =>
    Object.entries(questions).map(([field, { id, kind, of, spec }]) => ({
      id,
      section,
      field,
      kind,
      part: partOf(spec),
      classes: spec.classes ?? ['E0'],
      requirement: of.optional ? (spec.for === undefined ? 'O' : 'C') : 'R',
      channels: spec.for ?? [],
      isRepeated: isRepeated(section),
      isSensitive: spec.isSensitive === true,
      ...(spec.list && { list: spec.list, options: LISTS[spec.list] }),
    })),
);

/** The compartment an answer of this kind is sealed in. */
export function partOf(spec: Spec): ReportPart {
  return spec.isIdentity === true ? 'identity' : 'main';
}
