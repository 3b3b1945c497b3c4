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
  #generation = 0;

  /** `key` names what is kept for reading offline, such as `match/<id>`. */
  constructor(key: string, fetch: () => Promise<Value>) {
    this.#key = key;
    this.#fetch = fetch;
  }

  /** Ask the service. A later call wins over an earlier one that is still under way. */
  async load(): Promise<void> {
    const generation = ++this.#generation;
    this.isLoading = true;
    // Untracked: an effect that loads must not run again because of what it has loaded.
    if (untrack(() => this.value) === null) void this.#showKept(generation);
    try {
      const value = await this.#fetch();
      if (generation !== this.#generation) return;
      this.set(value);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (generation === this.#generation) this.error = error;
    } finally {
      if (generation === this.#generation) this.isLoading = false;
    }
  }

  /** Show and keep an answer that another request brought. */
  set(value: Value): void {
    this.value = value;
    this.error = null;
    this.isOld = false;
    void cacheFor<Value>(this.#key).save(value);
  }

  async #showKept(generation: number): Promise<void> {
    const kept = await cacheFor<Value>(this.#key).load();
    if (kept === null || this.value !== null || generation !== this.#generation) return;
    this.value = kept;
    this.isOld = true;
  }
}
