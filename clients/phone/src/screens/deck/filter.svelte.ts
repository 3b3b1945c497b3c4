/** What the person wants to see in the deck; kept on this phone. */
import type { paths } from '@tinder-for-trash/sdk';
import { FILTER_KEY } from '../../core/early';
import { cityTime } from '../../core/format';
import { materials } from '../../core/materials.svelte';
import { timeNow } from '../../core/time';

export type Query = NonNullable<paths['/api/v1/deck']['get']['parameters']['query']>;
export const WHENS = ['any', 'today', 'tomorrow'] as const;
export const PRICE_MODES = ['free', 'asks', 'pays'] as const;
export const KG_STEPS = [0, 2, 5, 10, 20, 50] as const;

export interface Wishes {
  /** Groups of materials; none means all. */
  groups: string[];
  kgMin: number;
  /** Null: as the profile says. */
  radiusM: number | null;
  /** None means all. */
  prices: (typeof PRICE_MODES)[number][];
  when: (typeof WHENS)[number];
}

export const NO_WISHES: Wishes = { groups: [], kgMin: 0, radiusM: null, prices: [], when: 'any' };

export function loadWishes(): Wishes {
  try {
    return { ...NO_WISHES, ...(JSON.parse(localStorage.getItem(FILTER_KEY) ?? '{}') as Partial<Wishes>) };
  } catch {
    return NO_WISHES;
  }
}

export function saveWishes(wishes: Wishes): void {
  localStorage.setItem(FILTER_KEY, JSON.stringify(wishes));
}

/** How many wishes differ from "everything". */
export function countWishes(wishes: Wishes): number {
  return [wishes.groups.length, wishes.kgMin, wishes.radiusM, wishes.prices.length, wishes.when !== 'any'].filter(
    Boolean,
  ).length;
}

/** The wishes as `GET /deck` takes them. */
export function queryOf(wishes: Wishes, now = timeNow()): Query {
  const query: Query = {};
  if (wishes.groups.length > 0) {
    const codes = materials.all.filter(({ group }) => wishes.groups.includes(group)).map(({ code }) => code);
    if (codes.length > 0) query.materials = codes.join(',');
  }
  if (wishes.kgMin > 0) query.kg_min = wishes.kgMin;
  if (wishes.radiusM !== null) query.radius_m = wishes.radiusM;
  if (wishes.prices.length > 0) query.price_modes = wishes.prices.join(',');
  if (wishes.when !== 'any') {
    const [from, until] =
      wishes.when === 'today' ? [now, cityTime(1, 0, now)] : [cityTime(1, 0, now), cityTime(2, 0, now)];
    query.window_from = from.toISOString();
    query.window_until = until.toISOString();
  }
  return query;
}
