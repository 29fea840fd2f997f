/** The form as data: which questions stand on which step, what must be answered, and the report they make together. */
import type { Json } from './protocol.js';

export type Kind = 'one' | 'select' | 'many' | 'country' | 'place' | 'text' | 'long' | 'date';

export type Question = {
  /** `section.field`, as in the questionnaire. */
  readonly name: string;
  readonly kind: Kind;
  /** The list its codes are from. */
  readonly list?: string;
  readonly isRequired?: true;
};

export const STEPS = [
  'safety',
  'submitter',
  'persons',
  'engagements',
  'acts',
  'concerned',
  'risk',
  'consent',
] as const;
export type Step = (typeof STEPS)[number];

/** The sections with several rows, and how many at most. */
export const ROWS = { persons: 8, acts: 32 } as const;
export type Repeated = keyof typeof ROWS;

const ask = (name: string, kind: Kind, list?: string): Question => ({ name, kind, ...(list && { list }) });
const need = (name: string, kind: Kind, list?: string): Question => ({
  ...ask(name, kind, list),
  isRequired: true,
});

export const QUESTIONS: Readonly<Record<Step, readonly Question[]>> = {
  safety: [need('safety.declared_urgent', 'one', 'URGENCY'), ask('safety.device_safe', 'one', 'YES_NO')],
  submitter: [
    need('submitter.relation', 'select', 'SRC'),
    ask('submitter.name', 'text'),
    ask('submitter.contact', 'long'),
    ask('submitter.never_say', 'text'),
  ],
  persons: [
    ask('persons.unit', 'select', 'CU'),
    ask('persons.names', 'text'),
    ask('persons.child', 'one', 'YES_NO'),
    ask('persons.whereabouts', 'select', 'WHERE'),
  ],
  engagements: [
    need('engagements.body', 'select', 'ENG'),
    ask('engagements.when', 'date'),
    ask('engagements.event', 'text'),
    ask('engagements.modality', 'select', 'MOD'),
  ],
  acts: [
    need('acts.what', 'long'),
    ask('acts.from', 'date'),
    ask('acts.to', 'date'),
    ask('acts.ongoing', 'one', 'YES_NO'),
    ask('acts.country', 'place'),
    ask('acts.place', 'text'),
  ],
  concerned: [
    need('concerned.state', 'country'),
    ask('perpetrators.kind', 'select', 'PERP_KIND'),
    ask('perpetrators.name', 'text'),
    ask('link.text', 'long'),
  ],
  risk: [ask('risk.worse', 'many', 'WORSE'), ask('risk.text', 'long'), ask('wishes.requests', 'many', 'REQ')],
  consent: [],
};

/** Scopes in the order of the matrix, with the codes that grant them. */
export const SCOPES: Readonly<Record<string, readonly string[]>> = {
  K1: ['g'],
  K2: ['g'],
  K3: ['N', 'P'],
  'K4:SP': ['N', 'P'],
  'K4:TB': ['N', 'P'],
  'K4:HRC': ['N', 'P'],
  K5: ['3', '2', '1'],
  K6: ['3', '2', '1'],
  K7: ['g'],
  K8: ['3', '2', '1'],
  'K9:PROT': ['N', 'P'],
  'K9:DIG': ['N', 'P'],
  K10: ['g'],
};
const PERSON_ROWS = 8;
/** What only the person herself can allow, if she is an adult who can be reached. */
const PERSONAL = ['K5', 'K6', 'K8'];
const THIRD_PARTIES = ['guardian', 'family', 'legal_representative'];
/** Rises when the words beside the choices change. */
const TEXT_VERSION = '1';

/**
 * What was typed and chosen, by path: `acts[0].from.value`, `consent[0].K3`. Several codes are separated by spaces.
 * Plain data, so that it can be sealed as a draft.
 */
export type Draft = {
  readonly answers: Readonly<Record<string, string>>;
  readonly rows: Readonly<Record<Repeated, number>>;
};

export const EMPTY: Draft = { answers: {}, rows: { persons: 1, acts: 1 } };

/** The answer at a path; nothing typed and nothing there are the same. */
export function answerAt({ answers }: Draft, path: string): string {
  return answers[path] ?? '';
}

/** Takes one row out; those below move up. */
export function withoutRow(draft: Draft, section: Repeated, at: number): Draft {
  const prefixes = section === 'persons' ? ['persons', 'consent'] : [section];
  const moved = Object.entries(draft.answers).flatMap(([path, value]): [string, string][] => {
    const [, prefix, row, rest] = /^(\w+)\[(\d+)\](.*)$/.exec(path) ?? [];
    if (prefix === undefined || !prefixes.includes(prefix) || Number(row) < at) return [[path, value]];
    return Number(row) === at ? [] : [[`${prefix}[${Number(row) - 1}]${rest ?? ''}`, value]];
  });
  return {
    answers: Object.fromEntries(moved),
    rows: { ...draft.rows, [section]: Math.max(1, draft.rows[section] - 1) },
  };
}

/** The place of a question's answer; `row` counts from 0 in sections that have several. */
export function pathOf(name: string, row = 0): string {
  const [section = '', field = ''] = name.split('.');
  return isIn(ROWS, section) || section === 'engagements' || section === 'perpetrators'
    ? `${section}[${row}].${field}`
    : name;
}

function isIn<T extends object>(table: T, key: string): key is keyof T & string {
  return Object.hasOwn(table, key);
}

/** How many rows the questions of a step have. */
export function rowsOf(draft: Draft, step: Step): number {
  return isIn(ROWS, step) ? draft.rows[step] : 1;
}

export type FieldError = { readonly path: string; readonly code: string };

/** What must be mended before the next step. */
export function checkStep(draft: Draft, step: Step): readonly FieldError[] {
  if (step === 'consent') return consentErrors(draft);
  return Array.from({ length: rowsOf(draft, step) }, (_, row) => row).flatMap((row) =>
    QUESTIONS[step].flatMap((question) => fieldErrors(draft, question, row)),
  );
}

const PRECISE: Readonly<Record<string, number>> = { EXACT: 10, DAY_UNKNOWN: 7, MONTH_UNKNOWN: 4 };
const CALENDAR = /^(19|20)\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/;
const LONGEST: Readonly<Partial<Record<Kind, number>>> = { text: 2_000, long: 40_000 };

function fieldErrors(draft: Draft, { name, kind, isRequired }: Question, row: number): readonly FieldError[] {
  const path = pathOf(name, row);
  if (kind === 'date') return dateErrors(draft, path);
  const answer = answerAt(draft, path);
  if (isRequired && answer.trim() === '') return [{ path, code: 'missing' }];
  return answer.length > (LONGEST[kind] ?? Infinity) ? [{ path, code: 'too_long' }] : [];
}

function dateErrors(draft: Draft, path: string): readonly FieldError[] {
  const value = answerAt(draft, `${path}.value`).trim();
  const precision = precisionOf(draft, path);
  if (value === '')
    return precision === '' || precision === 'UNK' || precision === 'PNS' ? [] : [{ path, code: 'date' }];
  const fits = CALENDAR.test(value) && value.length === (PRECISE[precision] ?? value.length) && isDay(value);
  return fits ? [] : [{ path, code: 'date' }];
}

/** The 30th of February is a day of March. */
function isDay(value: string): boolean {
  return value.length < 10 || new Date(`${value}T00:00:00Z`).toISOString().startsWith(value);
}

/** As chosen, or as exact as what was typed. */
export function precisionOf(draft: Draft, path: string): string {
  const chosen = answerAt(draft, `${path}.precision`);
  if (chosen !== '') return chosen;
  const { length } = answerAt(draft, `${path}.value`).trim();
  return Object.entries(PRECISE).find(([, exact]) => exact === length)?.[0] ?? '';
}

/** Whether somebody other than whoever writes answers about this person. */
export function giverOf(draft: Draft, person: number): string {
  const given = answerAt(draft, `consent[${person}].given_by`);
  const isHerself = answerAt(draft, 'submitter.relation') === 'VICTIM' && draft.rows.persons === 1;
  return given === '' && isHerself ? 'alleged_victim' : given;
}

export function isThirdParty(giver: string): boolean {
  return THIRD_PARTIES.includes(giver);
}

function consentErrors(draft: Draft): readonly FieldError[] {
  return Array.from({ length: draft.rows.persons }, (_, person) => person).flatMap((person) => {
    const at = (field: string): string => `consent[${person}].${field}`;
    const answered = Object.keys(SCOPES).filter((scope) => answerAt(draft, at(scope)) !== '');
    if (answered.length === 0) return [];
    const giver = giverOf(draft, person);
    if (giver === '') return [{ path: at('given_by'), code: 'giver' }];
    const isGiven = answered.some((scope) => isGranted(answerAt(draft, at(scope))));
    const isSilent = isGiven && answerAt(draft, at('understands')) === '';
    const unsaid = isSilent ? [{ path: at('understands'), code: 'understands' }] : [];
    if (!isThirdParty(giver)) return unsaid;
    const why = answerAt(draft, at('why_not_person'));
    if (why === '') return [{ path: at('why_not_person'), code: 'giver_why' }];
    const isBarred = why === 'OTHER' || (why === 'UNREACHABLE' && giver === 'family');
    const barred = answered
      .filter((scope) => isBarred && PERSONAL.includes(scope) && isGranted(answerAt(draft, at(scope))))
      .map((scope) => ({ path: at(scope), code: 'giver_barred' }));
    return barred.length > 0 ? barred : unsaid;
  });
}

export function isGranted(code: string): boolean {
  return !['', 'n', 'r', 'w'].includes(code);
}

/** The step a problem of the checked report belongs to. */
export function stepOf(path: string): Step {
  const section = path.replace(/[[.].*$/, '');
  const of: Readonly<Record<string, Step>> = { perpetrators: 'concerned', link: 'concerned', wishes: 'risk' };
  return of[section] ?? STEPS.find((step) => step === section) ?? 'safety';
}

type Row = Record<string, Json>;

/**
 * The report in the form of the questionnaire; unanswered questions are left out.
 * @param today - the day the consents are given, as 2026-10-31.
 */
export function toReport(draft: Draft, language: string, today: string): Json {
  const sections: Record<string, Json> = {};
  for (const step of STEPS) {
    for (let row = 0; row < rowsOf(draft, step); row++) {
      for (const question of QUESTIONS[step]) put(sections, draft, question, row);
    }
  }
  const persons = packed(sections.persons);
  return {
    ...sections,
    version: 2,
    safety: { ...(sections.safety as Row), language },
    ...(persons && { persons }),
    consent: consentOf(draft, persons?.length ?? 1, language, today),
  };
}

/** Rows of persons stand for rows of consent, so an empty one between others is kept, and all-empty ones are not. */
function packed(rows: Json | undefined): readonly Json[] | undefined {
  if (!Array.isArray(rows)) return undefined;
  const list = Array.from(rows as readonly (Row | undefined)[], (row) => row ?? {});
  return list.every((row) => Object.keys(row).length === 0) ? undefined : list;
}

function put(sections: Record<string, Json>, draft: Draft, question: Question, row: number): void {
  const path = pathOf(question.name, row);
  const value = valueOf(draft, question, path);
  const [section = '', field = ''] = question.name.split('.');
  if (path === question.name) {
    if (value !== undefined)
      sections[section] = { ...(sections[section] as Row | undefined), [field]: value };
    return;
  }
  const isKept = value !== undefined || section === 'persons';
  if (!isKept) return;
  const rows = (sections[section] ??= []) as unknown as Row[];
  rows[row] ??= {};
  if (value !== undefined) rows[row][field] = value;
}

function valueOf(draft: Draft, { kind }: Question, path: string): Json | undefined {
  if (kind === 'date') {
    const value = answerAt(draft, `${path}.value`).trim();
    const precision = precisionOf(draft, path);
    if (precision === '') return undefined;
    return value === '' ? { precision } : { value, precision };
  }
  const answer = answerAt(draft, path).trim();
  if (answer === '') return undefined;
  return kind === 'many' ? answer.split(' ') : answer;
}

function consentOf(draft: Draft, persons: number, language: string, today: string): Json {
  const codes = (person: number): readonly string[] =>
    Object.keys(SCOPES).map((scope) => answerAt(draft, `consent[${person}].${scope}`) || 'n');
  const matrix = Array.from({ length: PERSON_ROWS }, (_, row) => codes(Math.min(row, persons - 1)).join(''));
  const records = Array.from({ length: persons }, (_, person) => person).flatMap((person) =>
    Object.keys(SCOPES)
      .filter((scope) => answerAt(draft, `consent[${person}].${scope}`) !== '')
      .map((scope) => recordOf(draft, person, scope, { language, today })),
  );
  return { matrix: matrix.join(''), ...(records.length > 0 && { records }), exclusions: [] };
}

function recordOf(
  draft: Draft,
  person: number,
  scope: string,
  { language, today }: { readonly language: string; readonly today: string },
): Json {
  const code = answerAt(draft, `consent[${person}].${scope}`);
  const giver = giverOf(draft, person);
  const understands = answerAt(draft, `consent[${person}].understands`);
  return {
    person: person + 1,
    scope,
    decision: isGranted(code) ? 'granted' : 'refused',
    given_by: giver,
    ...(isThirdParty(giver) && { why_not_person: answerAt(draft, `consent[${person}].why_not_person`) }),
    risks_explained: { by: 'FORM', text_version: TEXT_VERSION, language },
    ...(understands !== '' && { understands }),
    given_at: today,
  };
}

/** Reads a draft that was opened from a file; undefined if it is not one. */
export function readDraft(json: Json): Draft | undefined {
  const { answers, rows } = Object(json) as { answers?: unknown; rows?: unknown };
  const { persons, acts } = Object(rows) as { persons?: unknown; acts?: unknown };
  const isText = (value: unknown): boolean => typeof value === 'string';
  const isCount = (value: unknown, most: number): value is number =>
    Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most;
  if (typeof answers !== 'object' || answers === null || !Object.values(answers).every(isText))
    return undefined;
  if (!isCount(persons, ROWS.persons) || !isCount(acts, ROWS.acts)) return undefined;
  return { answers: answers as Record<string, string>, rows: { persons, acts } };
}
