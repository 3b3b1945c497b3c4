/** What a pickup's state is called, and how it looks. */
import type { components } from '@tinder-for-trash/sdk';
import { t } from './texts';

export type Pickup = components['schemas']['PickupOutput'];
export type OnePickup = components['schemas']['OnePickupOutput'];
type Stated = Pick<Pickup, 'status' | 'choose' | 'likes_waiting'>;

/** Whether its story goes on. */
export function isLive({ status }: Stated): boolean {
  return status === 'open' || status === 'matched' || status === 'on_hold';
}

/** Whether the resident has somebody to choose from. */
export function canChoose({ status, choose, likes_waiting }: Stated): boolean {
  return status === 'open' && choose === 'resident' && likes_waiting > 0;
}

export function stateOf(pickup: Stated): string {
  return canChoose(pickup) ? t().states.choose : t().states[pickup.status];
}

export function toneOf(pickup: Stated): string {
  if (canChoose(pickup)) return 'mango';
  if (pickup.status === 'cancelled' || pickup.status === 'expired') return 'coral';
  return pickup.status === 'on_hold' ? '' : 'leaf';
}
