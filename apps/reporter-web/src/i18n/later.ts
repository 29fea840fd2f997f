/** What the page says behind its first screen, in every language: one file, the same for every reader. */
import { ar } from './ar.js';
import { en, type LaterMessages } from './en.js';
import { es } from './es.js';
import { fr } from './fr.js';
import { labelsAr } from './labels-ar.js';
import { type Labels, labelsEn } from './labels-en.js';
import { labelsEs } from './labels-es.js';
import { labelsFr } from './labels-fr.js';
import { labelsRu } from './labels-ru.js';
import { labelsZh } from './labels-zh.js';
import type { Language } from './languages.js';
import { ru } from './ru.js';
import { zh } from './zh.js';

export type Later = Readonly<Record<Language, { readonly messages: LaterMessages; readonly labels: Labels }>>;

export const LATER: Later = {
  ar: { messages: ar, labels: labelsAr },
  en: { messages: en, labels: labelsEn },
  es: { messages: es, labels: labelsEs },
  fr: { messages: fr, labels: labelsFr },
  ru: { messages: ru, labels: labelsRu },
  zh: { messages: zh, labels: labelsZh },
};
