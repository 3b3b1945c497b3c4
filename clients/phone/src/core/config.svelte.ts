/** What the service says about itself (`GET /config`): sign-in, limits, the map, the time zone. Kept for the next start. */
import type { components } from '@tinder-for-trash/sdk';
import { cacheFor } from './cache';
import { setTimeZone } from './format';
import { api } from './session.svelte';

export type Config = components['schemas']['ConfigOutput'];

class CurrentConfig {
  /** Null until it is read the first time. */
  value = $state.raw<Config | null>(null);
  #reading: Promise<Config | null> | null = null;

  /** Never rejects; null when it could never be read. */
  read(): Promise<Config | null> {
    this.#reading ??= this.#read();
    return this.#reading;
  }

  /** A limit of the city, such as `photos_max`; Infinity until it is known. The service enforces it in any case. */
  limit(name: string): number {
    return this.value?.limits[name] ?? Infinity;
  }

  async #read(): Promise<Config | null> {
    const cache = cacheFor<Config>('config');
    try {
      const { data } = await api().GET('/api/v1/config');
      if (data) this.#use(data);
      if (data) void cache.save(data);
    } catch {
      this.#reading = null;
      const kept = await cache.load();
      if (kept) this.#use(kept);
    }
    return this.value;
  }

  #use(config: Config): void {
    this.value = config;
    setTimeZone(config.time_zone);
  }
}

export const config = new CurrentConfig();
