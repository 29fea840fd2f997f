/** Languages, and the few rules by which a message becomes a sentence. Every reader is sent every language. */
import type { LaterKey } from './en.js';
import { FIRST } from './first.js';
import type { FirstKey } from './first-en.js';
import type { Labels } from './labels-en.js';
import { type Language, LANGUAGES } from './languages.js';
import type { Later } from './later.js';

export { type Language, LANGUAGES, type Later };
export type MessageKey = FirstKey | LaterKey;

export type Values = Readonly<Record<string, string | number>>;

/** What the first screen needs. */
export type FirstWords = {
  readonly language: Language;
  readonly direction: 'ltr' | 'rtl';
  readonly say: (key: FirstKey, values?: Values) => string;
  /** In UTC, and in the time of this device where that is another. */
  readonly time: (seconds: number) => string;
};

export type Words = FirstWords & {
  readonly say: (key: MessageKey, values?: Values) => string;
  readonly labels: Labels;
  /** The countries by name, in the order of this language. */
  readonly countries: (
    codes: readonly (readonly [string, string])[],
  ) => readonly (readonly [string, string])[];
};

/** The first language of the reader that the page has. */
export function languageOf(wanted: readonly string[]): Language {
  const found = wanted
    .map((tag) => tag.slice(0, 2).toLowerCase())
    .find((tag) => Object.hasOwn(LANGUAGES, tag));
  return (found as Language | undefined) ?? 'en';
}

/** Loads what is said behind the first screen. */
export async function loadLater(): Promise<Later> {
  const { LATER } = await import('./later.js');
  return LATER;
}

/** @param zone - a time zone other than that of the device, for tests. */
export function firstWordsOf(language: Language, zone?: string): FirstWords {
  return {
    language,
    direction: language === 'ar' ? 'rtl' : 'ltr',
    say: (key, values = {}) => filled(FIRST[language][key], values, language),
    time: (seconds) => timeIn(language, seconds, zone),
  };
}

/** @param zone - a time zone other than that of the device, for tests. */
export function wordsOf(language: Language, later: Later, zone?: string): Words {
  const { messages, labels } = later[language];
  const all = { ...FIRST[language], ...messages };
  return {
    ...firstWordsOf(language, zone),
    say: (key, values = {}) => filled(all[key], values, language),
    labels,
    countries: (codes) => countriesIn(language, codes),
  };
}

/** `{name}`, and `{n, plural, one {# witness} other {# witnesses}}` by the rules of the language (ICU). */
function filled(message: string, values: Values, language: Language): string {
  const plural = /\{(\w+), plural,((?: \w+ \{[^{}]*\})+)\}/g;
  return message
    .replace(plural, (_, name: string, forms: string) => {
      const n = Number(values[name]);
      const form = new Intl.PluralRules(language).select(n);
      const texts = new Map(
        Array.from(forms.matchAll(/ (\w+) \{([^{}]*)\}/g), ([, key, text]) => [key, text]),
      );
      return (texts.get(form) ?? texts.get('other') ?? '').replace(
        '#',
        new Intl.NumberFormat(language).format(n),
      );
    })
    .replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name] ?? '';
      return typeof value === 'number' ? new Intl.NumberFormat(language).format(value) : value;
    });
}

function timeIn(language: Language, seconds: number, zone?: string): string {
  const at = new Date(seconds * 1_000);
  const date = {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  } as const;
  const inZone = (timeZone?: string): string =>
    new Intl.DateTimeFormat(language, {
      ...date,
      timeZoneName: 'short',
      ...(timeZone && { timeZone }),
    }).format(at);
  const clock = (timeZone?: string): string =>
    new Intl.DateTimeFormat(language, {
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      ...(timeZone && { timeZone }),
    }).format(at);
  return clock('UTC') === clock(zone) ? inZone('UTC') : `${inZone('UTC')} (${inZone(zone)})`;
}

function countriesIn(
  language: Language,
  codes: readonly (readonly [string, string])[],
): readonly (readonly [string, string])[] {
  const names = new Intl.DisplayNames(language, { type: 'region' });
  const { compare } = new Intl.Collator(language);
  return codes
    .map(([alpha3, alpha2]) => [alpha3, names.of(alpha2) ?? alpha3] as const)
    .sort(([, a], [, b]) => compare(a, b));
}
