/** The catalogue of ready phrases, in the person's language. */
import { dataOf, type components } from '@tinder-for-trash/sdk';
import { formatTime } from '../../core/format';
import { language } from '../../core/language.svelte';
import { Resource } from '../../core/resource.svelte';
import { api } from '../../core/session.svelte';

export type Phrase = components['schemas']['PhraseRow'];
export type PhraseParams = Record<string, number | string>;

export const phrases = new Resource(`phrases/${language.code}`, () => dataOf(api().GET('/api/v1/phrases')));

/** What a phrase says; empty while the catalogue is not there. Blanks without a value are shown as such. */
export function textOfPhrase(code: string, params: PhraseParams = {}): string {
  const phrase = phrases.value?.results.find((one) => one.code === code);
  return phrase ? fill(phrase, params) : '';
}

/** The text with its blanks filled. */
export function fill(phrase: Phrase, params: PhraseParams = {}): string {
  const types = new Map(phrase.params.map(({ name, type }) => [name, type]));
  return phrase.text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) return '…';
    return types.get(name) === 'time' ? formatTime(String(value)) : String(value);
  });
}
