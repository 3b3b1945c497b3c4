/** The catalogue of materials, read once and kept; names come in the person's language. */
import type { components } from '@tinder-for-trash/sdk';
import { cacheFor } from './cache';
import { language } from './language.svelte';
import { api } from './session.svelte';

export type Material = components['schemas']['MaterialOutput'];

class Materials {
  all = $state.raw<readonly Material[]>([]);
  #byCode = $derived(new Map(this.all.map((material) => [material.code, material])));
  #reading: Promise<void> | null = null;

  /** Reads the catalogue unless it was read before. Never rejects: codes are shown until names are there. */
  read(): Promise<void> {
    this.#reading ??= this.#read();
    return this.#reading;
  }

  find(code: string): Material | undefined {
    return this.#byCode.get(code);
  }

  nameOf(code: string): string {
    const material = this.find(code);
    if (!material) return code.replaceAll('_', ' ');
    return language.code === 'th' ? material.name_th : material.name_en;
  }

  groupOf(code: string): string {
    return this.find(code)?.group ?? 'other';
  }

  async #read(): Promise<void> {
    const cache = cacheFor<readonly Material[]>('materials');
    void cache.load().then((kept) => {
      if (kept && this.all.length === 0) this.all = kept;
    });
    try {
      const { data } = await api().GET('/api/v1/materials');
      if (!data) return;
      this.all = data.results;
      void cache.save(data.results);
    } catch {
      this.#reading = null;
    }
  }
}

export const materials = new Materials();
