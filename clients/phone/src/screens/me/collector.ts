/** Where somebody collects, and what. */
import type { components } from '@tinder-for-trash/sdk';

export type CollectorProfile = components['schemas']['CollectorOutput'];
export type CollectorChanges = components['schemas']['CollectorInputRequest'];

/** Metres of a pixel at the equator at zoom 0, with MapLibre's tiles of 512 pixels. */
const METRES_PER_PIXEL = 78_271.5;
/** Pixels that the circle may fill. */
const SHOWN = 250;

/** Before there is a profile: central Bangkok. */
export const START: CollectorProfile = {
  service_point: { lat: 13.7307, lon: 100.5418 },
  radius_m: 5_000,
  materials: [],
  vehicle: '',
  capacity_kg: null,
  bio: '',
  available: true,
  hazard_badge: false,
  updated_at: '',
};

/** The zoom at which a circle of `radius` metres fits the map. */
export function zoomFor(radius: number, lat: number): number {
  return Math.log2((METRES_PER_PIXEL * Math.cos((lat * Math.PI) / 180) * SHOWN) / (2 * radius));
}

/** The slider goes by steps that people tell apart: fine ones nearby, coarse ones far away. */
export const STEPS: readonly number[] = [
  500, 750, 1_000, 1_500, 2_000, 3_000, 4_000, 5_000, 6_000, 8_000, 10_000, 12_000, 15_000, 20_000, 25_000, 30_000,
  40_000, 50_000,
];

/** The step that is nearest to `radius`. */
export function stepOf(radius: number): number {
  const away = STEPS.map((step) => Math.abs(step - radius));
  return away.indexOf(Math.min(...away));
}

/** What the service takes of a profile. */
export function changesOf(profile: CollectorProfile): CollectorChanges {
  const { service_point, radius_m, materials, vehicle, capacity_kg, bio, available } = profile;
  return { service_point, radius_m, materials: [...materials], vehicle, capacity_kg, bio, available };
}
