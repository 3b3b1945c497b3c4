/** What materials cost: medians of what was paid near a place, and lists of shops. Read once per place and kept. */
import type { components } from '@tinder-for-trash/sdk';
import { cacheFor } from './cache';
import { api } from './session.svelte';

export type MaterialPrice = components['schemas']['MaterialPriceOutput'];

interface Place {
  lat: number;
  lon: number;
}

class Prices {
  all = $state.raw<readonly MaterialPrice[]>([]);
  #near = '';

  /** The price of any grade, else of the first grade that has one. */
  find(material: string): MaterialPrice | undefined {
    const found = this.all.filter((price) => price.material === material);
    return found.find(({ grade }) => grade === null) ?? found[0];
  }

  /** Never rejects: without prices nothing is shown. The place is rounded to a kilometre before it is sent. */
  async read(place: Place | null): Promise<void> {
    const query = place ? { lat: Number(place.lat.toFixed(2)), lon: Number(place.lon.toFixed(2)) } : {};
    const near = JSON.stringify(query);
    if (near === this.#near) return;
    this.#near = near;
    const cache = cacheFor<readonly MaterialPrice[]>('prices');
    try {
      const { data } = await api().GET('/api/v1/prices', { params: { query } });
      if (!data) return;
      this.all = data.results;
      void cache.save(data.results);
    } catch {
      this.#near = '';
      this.all = (await cache.load()) ?? [];
    }
  }
}

export const prices = new Prices();
