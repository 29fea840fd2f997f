/** The form of a label table: one for each language, every table with the same keys (SPEC.md §8.7). */
import { type CodeOf, FOREIGN_LISTS, type ListName, LISTS } from './lists.js';
import { type ONCE, type REPEATED, REPORT_QUESTIONS, SECTIONS } from './questions.js';

type Foreign = (typeof FOREIGN_LISTS)[number];
type Tables = typeof ONCE & typeof REPEATED;

/** Texts by code. Countries are not among them: their names are those of ISO 3166-1. */
export type LabelTable = {
  readonly sections: { readonly [S in keyof Tables]: string };
  readonly questions: { readonly [S in keyof Tables]: { readonly [F in keyof Tables[S]]: string } };
  /** Why a sensitive question is asked, by `section.field`. */
  readonly help: Readonly<Record<string, string>>;
  readonly codes: {
    readonly [L in Exclude<ListName, Foreign>]: Readonly<Record<CodeOf<L>, string>>;
  } & Readonly<Record<Foreign, Readonly<Record<string, string>>>>;
};

const NOT_A_COUNTRY = ['ONLINE', 'UNK', 'PNS'];

/** Every key a label table has, as `codes.ACT.A01`. */
export const LABEL_KEYS: readonly string[] = [
  ...Object.keys(SECTIONS).map((section) => `sections.${section}`),
  ...REPORT_QUESTIONS.map(({ section, field }) => `questions.${section}.${field}`),
  ...REPORT_QUESTIONS.filter(({ isSensitive }) => isSensitive).map((q) => `help.${q.section}.${q.field}`),
  ...Object.entries(LISTS).flatMap(([list, codes]) =>
    (codes as readonly string[])
      .filter((code) => !isForeign(list) || NOT_A_COUNTRY.includes(code))
      .map((code) => `codes.${list}.${code}`),
  ),
];

function isForeign(list: string): boolean {
  return (FOREIGN_LISTS as readonly string[]).includes(list);
}

/** Keys a table lacks, leaves empty, or has in vain: a translation is complete where both lists are empty. */
export function compareLabels(table: LabelTable): {
  readonly missing: readonly string[];
  readonly unused: readonly string[];
} {
  const given = leaves(table, '');
  const filled = new Set(given.filter(([, text]) => text.trim() !== '').map(([key]) => key));
  const known = new Set(LABEL_KEYS);
  return {
    missing: LABEL_KEYS.filter((key) => !filled.has(key)),
    unused: given.map(([key]) => key).filter((key) => !known.has(key)),
  };
}

type Tree = { readonly [key: string]: string | Tree };

function leaves(tree: Tree, prefix: string): readonly (readonly [string, string])[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${prefix}${key}`, value] as const] : leaves(value, `${prefix}${key}.`),
  );
}

/** The label of a code in a list, or the code itself where the table has none (countries). */
export function labelOf(table: LabelTable, list: ListName, code: string): string {
  const codes: Readonly<Record<string, string>> = table.codes[list];
  return Object.hasOwn(codes, code) ? (codes[code] ?? code) : code;
}

/** The label of a question. */
export function questionLabel(table: LabelTable, section: string, field: string): string {
  const sections: Readonly<Record<string, Readonly<Record<string, string>>>> = table.questions;
  return sections[section]?.[field] ?? field;
}
