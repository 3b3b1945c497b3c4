/** What a person is about to give. It is kept on the phone until it is handed to the outbox, photos included. */
import type { components, OutboxEntry, Refusal } from '@tinder-for-trash/sdk';
import { cacheFor } from '../../core/cache';
import { materials } from '../../core/materials.svelte';
import { outbox, outcomeSoon } from '../../core/outbox.svelte';
import { timeNow } from '../../core/time';
import { asOfNow, firstChoice, windowOf, type Chosen } from './window';

type Schemas = components['schemas'];
type Body = Schemas['PickupInputRequest'];
export type PriceMode = Schemas['ModeEnum'];
export type Choose = Schemas['ChooseEnum'];

export interface Item {
  material: string;
  quantity: number;
}

export interface Place {
  lat: number;
  lon: number;
}

interface Fields {
  photos: Blob[];
  items: Item[];
  /** Empty: the names of the materials. */
  title: string;
  note: string;
  when: Chosen;
  choose: Choose;
  priceMode: PriceMode;
  amount: number | null;
  place: Place | null;
  area: string;
  address: string;
  access: string;
}

/** `posted` with the pickup's id; `queued` until there is a network; `refused` with the reason. */
export type Ending =
  { status: 'posted'; pickup: string } | { status: 'queued' } | { status: 'refused'; refusal: Refusal };

const NAME_CHARACTERS = 80;
const cache = cacheFor<Fields>('give');

function empty(): Fields {
  return {
    photos: [],
    items: [],
    title: '',
    note: '',
    when: { ...firstChoice(), at: timeNow().getTime() },
    choose: 'first',
    priceMode: 'free',
    amount: null,
    place: null,
    area: '',
    address: '',
    access: '',
  };
}

export class Draft {
  fields = $state<Fields>(empty());
  isSending = $state(false);
  isLoaded = $state(false);
  refusal = $state.raw<Refusal | null>(null);

  readonly title = $derived(this.fields.title.trim() || titleOf(this.fields.items));
  readonly isEmpty = $derived(this.fields.items.length === 0 && this.fields.photos.length === 0);

  async load(): Promise<void> {
    const kept = await cache.load();
    if (kept) this.fields = { ...empty(), ...kept, when: asOfNow(kept.when) };
    this.isLoaded = true;
  }

  /** Keep it on this phone. Where the browser refuses storage, it lives as long as the page. */
  async keep(): Promise<void> {
    if (this.isLoaded) await cache.save($state.snapshot(this.fields) as Fields);
  }

  async clear(): Promise<void> {
    this.fields = empty();
    this.refusal = null;
    await this.keep();
  }

  /** Hand it to the outbox. A refusal at once brings it back here. Rejects with ApiError when the phone cannot keep it. */
  async send(): Promise<Ending> {
    this.isSending = true;
    this.refusal = null;
    try {
      const fields = $state.snapshot(this.fields) as Fields;
      const { pickup, photos } = await outbox.sdk.postPickup(this.#body(), fields.photos);
      await this.clear();
      const end = await outcomeSoon(pickup);
      if (end?.status === 'sent') return { status: 'posted', pickup: end.data.id };
      if (end?.status !== 'refused') return { status: 'queued' };
      for (const { entry } of [...photos, pickup]) await outbox.sdk.discard(entry.id);
      this.fields = fields;
      this.refusal = end.refusal;
      return end;
    } finally {
      this.isSending = false;
    }
  }

  /** Take what was refused later out of the outbox, to be put right. */
  async takeBack(entries: readonly OutboxEntry[]): Promise<void> {
    const pickup = entries.find(({ form }) => !form);
    const { items, window: _, price, location, address, access_note, ...texts } = pickup?.body as Body;
    const photos = entries.flatMap(({ form }) => (form?.['photo'] instanceof Blob ? [form['photo']] : []));
    this.fields = {
      ...empty(),
      title: texts.title,
      note: texts.note ?? '',
      choose: texts.choose ?? 'first',
      area: texts.area ?? '',
      address: address ?? '',
      access: access_note ?? '',
      priceMode: price?.mode ?? 'free',
      amount: price?.amount ?? null,
      items: items.map(({ material, quantity }) => ({ material, quantity })),
      place: { lat: location.lat, lon: location.lon },
      photos,
    };
    await this.keep();
    for (const { id } of [...entries].reverse()) await outbox.sdk.discard(id);
  }

  #body(): Body {
    const { items, note, when, choose, priceMode, amount, place, area, address, access } = this.fields;
    if (!place) throw new TypeError('a draft without a place is not sent');
    return {
      title: this.title,
      note: note.trim(),
      items: items.map(({ material, quantity }) => ({ material, quantity })),
      location: { lat: place.lat, lon: place.lon },
      area: area.trim(),
      address: address.trim(),
      access_note: access.trim(),
      window: windowOf(when),
      price: priceMode === 'free' ? { mode: 'free' } : { mode: priceMode, amount },
      choose,
    };
  }
}

/** The names of the materials, as far as a title reaches. */
function titleOf(items: readonly Item[]): string {
  let title = '';
  for (const { material } of items) {
    const longer = title ? `${title}, ${materials.nameOf(material)}` : materials.nameOf(material);
    if (longer.length > NAME_CHARACTERS) break;
    title = longer;
  }
  return title;
}
