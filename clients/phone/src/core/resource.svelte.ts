/** An answer of the service as a screen shows it: the kept one at once, then the fresh one, and what went wrong. */
import { untrack } from 'svelte';
import { ApiError } from '@tinder-for-trash/sdk';
import { cacheFor } from './cache';

export class Resource<Value> {
  value = $state.raw<Value | null>(null);
  error = $state.raw<ApiError | null>(null);
  isLoading = $state(false);
  /** Whether `value` is what this phone kept, because the service could not be asked. */
  isOld = $state(false);
  readonly #fetch: () => Promise<Value>;
  readonly #key: string;
  /** Numbers the requests: a response is dropped when that of a later request is shown already. */
  #asked = 0;
  #shown = 0;

  /** `key` names what is kept for reading offline, such as `match/<id>`. */
  constructor(key: string, fetch: () => Promise<Value>) {
    this.#key = key;
    this.#fetch = fetch;
  }

  /** Ask the service. The answer to a later call wins over one to an earlier call. */
  async load(): Promise<void> {
    const number = ++this.#asked;
    this.isLoading = true;
    // Untracked: an effect that loads must not run again because of what it has loaded.
    if (untrack(() => this.value) === null) void this.#showKept();
    try {
      const value = await this.#fetch();
      if (number < this.#shown) return;
      this.#shown = number;
      this.set(value);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (number === this.#asked) this.error = error;
    } finally {
      if (number === this.#asked) this.isLoading = false;
    }
  }

  /** Show and keep an answer that another request brought. */
  set(value: Value): void {
    this.value = value;
    this.error = null;
    this.isOld = false;
    void cacheFor<Value>(this.#key).save(value);
  }

  async #showKept(): Promise<void> {
    const kept = await cacheFor<Value>(this.#key).load();
    if (kept === null || this.value !== null) return;
    this.value = kept;
    this.isOld = true;
  }
}
