/** Reports of older versions of the questionnaire, told in the words of the current one (SPEC.md §8.5). */
import { type Json } from '@app/encoding';
import { language } from './answers.js';
import { ALONE } from './lists.js';
import { QUESTIONNAIRE_VERSION } from './questions.js';

type JsonObject = Readonly<Record<string, Json>>;

/** Free texts of version 1 that became closed lists: what was written is kept in the section's note. */
const NOTED: Readonly<Record<string, readonly string[]>> = {
  persons: ['role', 'groups', 'location', 'situation'],
  engagements: ['visibility'],
  digital: ['vectors', 'data_exposure', 'reported'],
  perpetrators: ['type'],
  risk: ['protection'],
};

/** Dates of version 1, which told their precision by their length. */
const DATES: Readonly<Record<string, readonly string[]>> = { engagements: ['when'], acts: ['from', 'to'] };

/** Lists in which version 1 let "unknown" stand beside other codes. */
const LISTED: Readonly<Record<string, readonly string[]>> = { acts: ['types'], link: ['reasons'] };

/**
 * A body of version 1 as one of the current version; nothing it says is lost. Anything else is returned as it is, for
 * the check to refuse.
 */
export function upgraded(body: JsonObject): JsonObject {
  if (body.version !== 1) return body;
  const sections = Object.entries(body).map(([name, value]) => [name, upgradedSection(name, value)] as const);
  return { ...Object.fromEntries(sections), version: QUESTIONNAIRE_VERSION };
}

function upgradedSection(name: string, value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((row) => upgradedSection(name, row));
  if (!isObject(value)) return value;
  const answers: Record<string, Json> = { ...value };
  const notes = listed(NOTED, name).flatMap((field) => {
    const told = answers[field];
    if (typeof told !== 'string') return [];
    const { [field]: _moved, ...others } = answers;
    replaceAll(answers, others);
    return told.trim() === '' ? [] : [`${field}: ${told}`];
  });
  if (notes.length > 0) answers.note = notes.join('\n');
  for (const field of listed(DATES, name)) {
    if (typeof answers[field] === 'string') answers[field] = dateOf(answers[field]);
  }
  for (const field of listed(LISTED, name)) {
    const codes = answers[field];
    if (Array.isArray(codes)) answers[field] = withoutAlone(codes as readonly Json[]);
  }
  if (name === 'done' && typeof answers.domestic === 'string') {
    const { domestic, ...others } = answers;
    replaceAll(answers, { ...others, domestic_status: domestic });
  }
  if (name === 'safety' && typeof answers.language === 'string') answers.language = tagOf(answers.language);
  return answers;
}

function listed(table: Readonly<Record<string, readonly string[]>>, name: string): readonly string[] {
  return Object.hasOwn(table, name) ? (table[name] ?? []) : [];
}

function replaceAll(target: Record<string, Json>, by: JsonObject): void {
  for (const key of Object.keys(target)) Reflect.deleteProperty(target, key);
  Object.assign(target, by);
}

const PRECISION: Readonly<Record<number, string>> = { 4: 'MONTH_UNKNOWN', 7: 'DAY_UNKNOWN' };

function dateOf(value: string): Json {
  return { value, precision: PRECISION[value.length] ?? 'EXACT' };
}

function withoutAlone(codes: readonly Json[]): readonly Json[] {
  const named = codes.filter((code) => typeof code !== 'string' || !ALONE.includes(code));
  return named.length === 0 ? codes : named;
}

/** Version 1 did not check the tag; BCP 47 has one for a language that is not known. */
function tagOf(given: string): string {
  try {
    return language.parse(given, 'safety.language');
  } catch {
    return 'und';
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
