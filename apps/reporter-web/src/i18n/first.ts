/** What the first screen says, and every failure, in every language. */
import { firstAr } from './first-ar.js';
import { firstEn, type FirstMessages } from './first-en.js';
import { firstEs } from './first-es.js';
import { firstFr } from './first-fr.js';
import { firstRu } from './first-ru.js';
import { firstZh } from './first-zh.js';
import type { Language } from './languages.js';

export const FIRST: Readonly<Record<Language, FirstMessages>> = {
  ar: firstAr,
  en: firstEn,
  es: firstEs,
  fr: firstFr,
  ru: firstRu,
  zh: firstZh,
};
