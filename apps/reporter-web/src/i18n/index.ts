/** Languages, and the few rules by which a message becomes a sentence. Every catalogue is in the page of every reader. */
import { ar } from './ar.js';
import { en, type MessageKey, type Messages } from './en.js';
import { labelsAr } from './labels-ar.js';
import { labelsEn, type Labels } from './labels-en.js';

export type { Labels, MessageKey };

/** The languages that are complete, each under its own name. */
export const LANGUAGES = {
  ar: 'العربية',
  en: 'English',
} as const;
export type Language = keyof typeof LANGUAGES;

const CATALOGUES: Readonly<Record<Language, { readonly messages: Messages; readonly labels: Labels }>> = {
  ar: { messages: ar, labels: labelsAr },
  en: { messages: en, labels: labelsEn },
};

export type Values = Readonly<Record<string, string | number>>;

export type Words = {
  readonly language: Language;
  readonly direction: 'ltr' | 'rtl';
  readonly labels: Labels;
  readonly say: (key: MessageKey, values?: Values) => string;
  /** In UTC, and in the time of this device where that is another. */
  readonly time: (seconds: number) => string;
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

/** @param zone - a time zone other than that of the device, for tests. */
export function wordsOf(language: Language, zone?: string): Words {
  const { messages, labels } = CATALOGUES[language];
  return {
    language,
    direction: language === 'ar' ? 'rtl' : 'ltr',
    labels,
    say: (key, values = {}) => filled(messages[key], values, language),
    time: (seconds) => timeIn(language, seconds, zone),
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
