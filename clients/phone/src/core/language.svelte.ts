/** The person's language, and the texts of the app: a typed table per screen, complete in both languages. */
import { firstLanguage, isLanguage, LANGUAGE_KEY, type Language } from './first_language';

export { LANGUAGES, type Language } from './first_language';

class CurrentLanguage {
  code = $state<Language>(firstLanguage());

  constructor() {
    this.#show(this.code);
  }

  choose(code: Language): void {
    localStorage.setItem(LANGUAGE_KEY, code);
    this.#show(code);
  }

  /** Take over what was chosen in another tab. */
  follow({ key, newValue }: StorageEvent): void {
    if (key === LANGUAGE_KEY && isLanguage(newValue)) this.#show(newValue);
  }

  #show(code: Language): void {
    this.code = code;
    document.documentElement.lang = code;
  }
}

export const language = new CurrentLanguage();

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Text = string | ((...values: any[]) => string) | { readonly [key: string]: Text };
type Table = { readonly [key: string]: Text };
/** The same keys, with any text under them. */
type Like<T> = T extends string
  ? string
  : T extends (...values: infer V) => string
    ? (...values: V) => string
    : { readonly [Key in keyof T]: Like<T[Key]> };

/**
 * The texts of one screen: `const t = defineTexts({ en: {...}, th: {...} })`, read as `t().title`.
 * A text with values is a function. A key that one language lacks does not compile.
 */
export function defineTexts<const En extends Table>(tables: { en: En; th: Like<En> }): () => Like<En> {
  return () => tables[language.code] as Like<En>;
}
