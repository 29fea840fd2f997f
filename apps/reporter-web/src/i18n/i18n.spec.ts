import { describe, expect, it } from '@jest/globals';
import { ENGLISH } from '@app/casework';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { COUNTRIES } from '../countries.js';
import { ar } from './ar.js';
import { en } from './en.js';
import { type Language, languageOf, LANGUAGES, wordsOf } from './index.js';
import { labelsAr } from './labels-ar.js';
import { labelsEn } from './labels-en.js';

const src = fileURLToPath(new URL('..', import.meta.url));
const languages = Object.keys(LANGUAGES) as Language[];
const CATALOGUES = { en: { messages: en, labels: labelsEn }, ar: { messages: ar, labels: labelsAr } };

function sources(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(?<!\.spec)\.tsx?$/.test(name) && !name.startsWith('i18n'))
    .map((name) => readFileSync(path.join(folder, name), 'utf8'))
    .join('\n');
}

const leaves = (tree: object, prefix = ''): string[] =>
  Object.entries(tree).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null ? leaves(value, `${prefix}${key}/`) : [`${prefix}${key}`],
  );
const names = (message: string): string[] =>
  Array.from(message.matchAll(/\{(\w+)[,}]/g), ([, name]) => name ?? '').sort();

describe.each(Object.entries(CATALOGUES))('the catalogue %s', (_, { messages, labels }) => {
  it('has every key, nothing empty, and the values of the English one', () => {
    expect(Object.keys(messages).sort()).toEqual(Object.keys(en).sort());
    expect(leaves(labels).sort()).toEqual(leaves(labelsEn).sort());
    for (const [key, english] of Object.entries(en)) {
      const message = messages[key as keyof typeof en];
      expect(message.trim()).not.toBe('');
      const values = names(message).filter((name) => !/^(شاهد)/.test(name));
      expect([key, ...new Set(values)]).toEqual([key, ...new Set(names(english))]);
    }
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
  expect(wordsOf('en', 'Africa/Nairobi').say('receipt.recorded', { n: 2, time: 'x' })).toBe(
    'Recorded, and seen by 2 witnesses at x.',
  );
  expect(wordsOf('ar').say('receipt.recorded', { n: 2, time: 'x' })).toContain('شاهدان');
  expect(wordsOf('en', 'UTC').time(at)).toBe('November 25, 2026 at 14:02 UTC');
  expect(wordsOf('en', 'Africa/Nairobi').time(at)).toMatch(/14:02 UTC \(November 25, 2026 at 17:02/);
  expect([wordsOf('ar').direction, wordsOf('en').direction]).toEqual(['rtl', 'ltr']);
  expect([languageOf(['pt', 'ar-EG']), languageOf(['de'])]).toEqual(['ar', 'en']);
});

it.each(languages)('names every country in %s', (language) => {
  const named = wordsOf(language).countries(COUNTRIES);
  expect(named.filter(([, name]) => /^[A-Z]{2,3}$/.test(name))).toEqual([]);
  expect(new Set(named.map(([, name]) => name)).size).toBe(COUNTRIES.length);
});
