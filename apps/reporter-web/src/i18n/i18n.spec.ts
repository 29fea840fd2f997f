import { describe, expect, it } from '@jest/globals';
import { ENGLISH } from '@app/casework';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { COUNTRIES } from '../countries.js';
import { FIRST } from './first.js';
import { firstWordsOf, type Language, languageOf, LANGUAGES, wordsOf } from './index.js';
import { labelsEn } from './labels-en.js';
import { LATER } from './later.js';

const src = fileURLToPath(new URL('..', import.meta.url));
const languages = Object.keys(LANGUAGES) as Language[];
const messagesOf = (language: Language): Readonly<Record<string, string>> => ({
  ...FIRST[language],
  ...LATER[language].messages,
});
const en = messagesOf('en');

function sources(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(?<!\.spec)\.tsx?$/.test(name) && !name.startsWith('i18n'))
    .map((name) => readFileSync(path.join(folder, name), 'utf8'))
    .join('\n');
}

function leaves(tree: object, prefix = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? leaves(value, `${prefix}${key}/`)
      : [[`${prefix}${key}`, String(value)] as [string, string]],
  );
}

/** Every text of a language by its key. */
const textsOf = (language: Language): ReadonlyMap<string, string> =>
  new Map([...Object.entries(messagesOf(language)), ...leaves(LATER[language].labels)]);

const names = (message: string): string[] => [
  ...new Set(Array.from(message.matchAll(/\{(\w+)[,}]/g), ([, name]) => name ?? '').sort()),
];
const pluralForms = (message: string): string[][] =>
  Array.from(message.matchAll(/\{\w+, plural,((?: \w+ \{[^{}]*\})+)\}/g), ([, forms = '']) =>
    Array.from(forms.matchAll(/ (\w+) \{/g), ([, form]) => form ?? ''),
  );

/** What is the same word in English. */
const SAME: Partial<Record<Language, readonly string[]>> = {
  es: ['codes/URGENCY/no', 'codes/YES_NO/no', 'consent.r'],
};

describe.each(languages)('the catalogue %s', (language) => {
  const texts = textsOf(language);
  const english = textsOf('en');

  it('has every key of the English one, nothing empty, and the same values', () => {
    expect([...texts.keys()].sort()).toEqual([...english.keys()].sort());
    for (const [key, text] of english) {
      const message = texts.get(key) ?? '';
      expect([key, message.trim()]).not.toEqual([key, '']);
      expect([key, ...names(message)]).toEqual([key, ...names(text)]);
    }
  });

  it('has every plural form of the language where there is a number of things', () => {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories.sort();
    const counted = [...texts].filter(([key]) => english.get(key)?.includes(', plural,'));
    expect(counted).toHaveLength(2);
    for (const [key, message] of counted)
      expect([key, pluralForms(message).map((of) => of.sort())]).toEqual([key, [forms]]);
  });

  it('leaves nothing in English', () => {
    const untranslated = [...texts].filter(([key, text]) => english.get(key) === text).map(([key]) => key);
    expect(untranslated.sort()).toEqual(
      language === 'en' ? [...english.keys()].sort() : (SAME[language] ?? []),
    );
  });

  it('is written in its own script', () => {
    const scripts = { ar: /\p{Script=Arabic}/u, ru: /\p{Script=Cyrillic}/u, zh: /\p{Script=Han}/u };
    const own = language in scripts ? scripts[language as keyof typeof scripts] : /\p{Script=Latin}/u;
    expect([...texts].filter(([, text]) => !own.test(text)).map(([key]) => key)).toEqual([]);
  });
});

it('uses every message', () => {
  const text = sources(src);
  const patterns = Array.from(
    text.matchAll(/`([\w.]*)\$\{\w+\}([\w.]*)`/g),
    ([, a = '', b = '']) => [a, b] as const,
  );
  const unused = Object.keys(en).filter(
    (key) =>
      !text.includes(`'${key}'`) &&
      !/^K\d/.test(key) &&
      !patterns.some(([a, b]) => a + b !== '' && key.startsWith(a) && key.endsWith(b)),
  );
  expect(unused).toEqual([]);
});

it('says in English what the questionnaire says', () => {
  const questions = ENGLISH.questions as Readonly<Record<string, Readonly<Record<string, string>>>>;
  for (const [name, label] of Object.entries(labelsEn.questions)) {
    const [section = '', field = ''] = name.split('.');
    expect(label).toBe(questions[section]?.[field]);
  }
  for (const [name, help] of Object.entries(labelsEn.help)) expect(help).toBe(ENGLISH.help[name]);
  for (const [list, texts] of Object.entries(labelsEn.codes))
    expect(texts).toEqual(ENGLISH.codes[list as keyof typeof ENGLISH.codes]);
});

it('marks what no native reader has checked', () => {
  const marked = JSON.parse(
    readFileSync(path.join(src, 'i18n/awaiting-native-reader.json'), 'utf8'),
  ) as object;
  expect(Object.keys(marked).sort()).toEqual(languages.filter((language) => language !== 'en').sort());
});

it('follows the rules of each language', () => {
  const at = Date.UTC(2026, 10, 25, 14, 2) / 1_000;
  expect(wordsOf('en', LATER, 'Africa/Nairobi').say('receipt.recorded', { n: 2, time: 'x' })).toBe(
    'Recorded, and seen by 2 witnesses at x.',
  );
  expect(wordsOf('ar', LATER).say('receipt.recorded', { n: 2, time: 'x' })).toContain('شاهدان');
  expect(firstWordsOf('en', 'UTC').time(at)).toBe('November 25, 2026 at 14:02 UTC');
  expect(firstWordsOf('en', 'Africa/Nairobi').time(at)).toMatch(/14:02 UTC \(November 25, 2026 at 17:02/);
  const recorded = (language: Language, n: number): string =>
    wordsOf(language, LATER).say('receipt.recorded', { n, time: 'x' });
  expect([1, 2, 5, 21].map((n) => /\d+ \p{L}+/u.exec(recorded('ru', n))?.[0])).toEqual([
    '1 свидетель',
    '2 свидетеля',
    '5 свидетелей',
    '21 свидетель',
  ]);
  expect([recorded('fr', 1), recorded('fr', 2)]).toEqual([
    'Inscrit, et vu par 1 témoin le x.',
    'Inscrit, et vu par 2 témoins le x.',
  ]);
  expect(recorded('zh', 2)).toContain('2 个见证方');
  expect(languages.filter((language) => firstWordsOf(language).direction === 'rtl')).toEqual(['ar']);
  expect([languageOf(['pt', 'ar-EG']), languageOf(['de']), languageOf(['zh-Hant-TW'])]).toEqual([
    'ar',
    'en',
    'zh',
  ]);
});

it.each(languages)('names every country in %s', (language) => {
  const named = wordsOf(language, LATER).countries(COUNTRIES);
  expect(named.filter(([, name]) => /^[A-Z]{2,3}$/.test(name))).toEqual([]);
  expect(new Set(named.map(([, name]) => name)).size).toBe(COUNTRIES.length);
});
