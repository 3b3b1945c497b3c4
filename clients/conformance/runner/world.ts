import { randomUUID } from 'node:crypto';

import { Person } from './person.ts';

const LUMPHINI = { lat: 13.7307, lon: 100.5418 };

/** A resident and a collector who have just met, with names for what is theirs. */
export interface World {
  people: { collector: Person; resident: Person };
  /** What stands for `{conversation}`, `{match}`, `{pickup}` (theirs), `{offer}` (open, not swiped) and the like. */
  names: Record<string, string>;
}

export async function makeWorld(service: string): Promise<World> {
  const people = { collector: new Person(service), resident: new Person(service) };
  await people.collector.signIn('Lek');
  await people.resident.signIn('Nok');
  const profile = { service_point: LUMPHINI, radius_m: 5000, materials: [], vehicle: 'pickup truck', available: true };
  await people.collector.ask('PUT /api/v1/me/collector', profile);
  const [pickup, offer] = [await post(people.resident), await post(people.resident)];
  const like = { direction: 'like' };
  const swipe = await people.collector.ask<{ match: { id: string; conversation: string } }>(
    `PUT /api/v1/pickups/${pickup}/swipe`,
    like,
  );
  const { collector, resident } = people;
  const ids = { collector: collector.id, collector_phone: collector.phone, resident_phone: resident.phone };
  const { id: match, conversation } = swipe.match;
  return { people, names: { ...ids, pickup, offer, match, conversation } };
}

async function post(resident: Person): Promise<string> {
  const day = 86_400_000;
  const pickup = await resident.ask<{ id: string }>('POST /api/v1/pickups', {
    title: 'Bottles',
    items: [{ material: 'pet_clear', quantity: 2, unit: 'kg' }],
    location: LUMPHINI,
    area: 'Lumphini',
    address: '99/1 Rama IV Road',
    window: { from: new Date(Date.now() + day).toISOString(), until: new Date(Date.now() + 1.2 * day).toISOString() },
  });
  return pickup.id;
}

export async function say(world: World, person: Person, text: string): Promise<void> {
  const body = { client_id: randomUUID(), kind: 'text', text };
  await person.ask(`POST /api/v1/conversations/${world.names['conversation']}/messages`, body);
}

/** The texts of the conversation, first to last, as the resident sees them. */
export async function textsOf({ people, names }: World): Promise<string[]> {
  const page = `GET /api/v1/conversations/${names['conversation']}/messages?limit=100`;
  const { results } = await people.resident.ask<{ results: Array<{ seq: number; kind: string; text: string }> }>(page);
  const texts = results.filter(({ kind }) => kind === 'text').sort((one, other) => one.seq - other.seq);
  return texts.map(({ text }) => text);
}

/** The collector's swipe on the offer; null without one. */
export async function swipeOf({ people, names }: World): Promise<string | null> {
  const swipe = people.collector.ask<{ direction: string }>(`GET /api/v1/pickups/${names['offer']}/swipe`);
  return swipe.then(
    ({ direction }) => direction,
    () => null,
  );
}
