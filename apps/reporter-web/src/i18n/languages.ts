/** The languages that are complete, each under its own name. */
export const LANGUAGES = {
  ar: 'العربية',
  en: 'English',
  es: 'Español',
  fr: 'Français',
  ru: 'Русский',
  zh: '中文',
} as const;
export type Language = keyof typeof LANGUAGES;
