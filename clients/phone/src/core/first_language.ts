/** The language in which the app starts. Apart from `language.svelte.ts`, because `early.ts` comes without Svelte. */

export const LANGUAGES = { th: 'ไทย', en: 'English' } as const;
export type Language = keyof typeof LANGUAGES;

export const LANGUAGE_KEY = 'language';

export function isLanguage(value: unknown): value is Language {
  return typeof value === 'string' && value in LANGUAGES;
}

/** The stored choice, else the first language of the browser that we have, else Thai. */
export function firstLanguage(): Language {
  const stored = localStorage.getItem(LANGUAGE_KEY);
  if (isLanguage(stored)) return stored;
  return navigator.languages.map((tag) => tag.slice(0, 2)).find(isLanguage) ?? 'th';
}
