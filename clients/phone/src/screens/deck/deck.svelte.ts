/** The deck of one collector: the cards, what was swiped last, and what came of it. */
import { ApiError, dataOf, type components } from '@tinder-for-trash/sdk';
import { cacheFor } from '../../core/cache';
import { materials } from '../../core/materials.svelte';
import { outbox } from '../../core/outbox.svelte';
import { showProblem, textOfRefusal } from '../../core/problems';
import { api } from '../../core/session.svelte';
import { toasts } from '../../core/toasts.svelte';
import { loadWishes, queryOf, saveWishes, type Wishes } from './filter.svelte';
import { t } from './texts';

export type Card = components['schemas']['Card'];
export type Direction = 'like' | 'pass';
export type PassReason = components['schemas']['PassReason'];
type DeckOutput = components['schemas']['DeckOutput'];
type NewMatch = components['schemas']['NewMatchOutput'];

/** How many cards are left when more are fetched. */
const REFILL_BELOW = 6;
const PHOTOS_AHEAD = 3;
/** These refusals say that the card is no longer to be had. */
const GONE = new Set(['not_found', 'pickup_closed', 'pickup_taken', 'like_declined', 'like_released']);

export class Deck {
  cards = $state.raw<readonly Card[]>([]);
  reason = $state.raw<DeckOutput['reason']>(null);
  error = $state.raw<ApiError | null>(null);
  isLoading = $state(false);
  /** The last swipe, which can be taken back. */
  last = $state.raw<{ card: Card; direction: Direction } | null>(null);
  match = $state.raw<{ card: Card; match: NewMatch } | null>(null);
  wishes = $state.raw<Wishes>(loadWishes());
  /** Swiped here; a deck that was asked for before must not bring them back. */
  #swiped = new Map<string, Card>();
  /** Numbers the requests: a response is dropped after a later one, or when the filter has changed since. */
  #asked = 0;
  #shown = 0;
  readonly #cache = cacheFor<readonly Card[]>('deck');

  /** Draw the deck again. Offline, the cards that this phone kept. */
  async load(): Promise<void> {
    const number = ++this.#asked;
    this.isLoading = true;
    // Groups are asked for by the codes of their materials.
    if (this.wishes.groups.length > 0) await materials.read();
    try {
      const deck = await dataOf(api().GET('/api/v1/deck', { params: { query: queryOf(this.wishes) } }));
      if (number > this.#shown) this.#show(deck, number);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (number !== this.#asked) return;
      this.error = error;
      if (error.isTemporary && this.cards.length === 0) this.cards = this.#unswiped((await this.#cache.load()) ?? []);
    } finally {
      if (number === this.#asked) this.isLoading = false;
    }
  }

  /** Other wishes, and the deck that fits them. */
  async wish(wishes: Wishes): Promise<void> {
    this.wishes = wishes;
    saveWishes(wishes);
    this.cards = [];
    this.#shown = this.#asked;
    await this.load();
  }

  /** Take a card off the deck and record the swipe, now or as soon as there is a network. */
  async swipe(card: Card, direction: Direction): Promise<void> {
    this.#swiped.set(card.id, card);
    this.#remove(card.id);
    this.last = { card, direction };
    if (this.cards.length < REFILL_BELOW) void this.load();
    const queued = await outbox.sdk.swipe(card.id, { direction }).catch((error: unknown) => {
      this.#takeBack(card);
      showProblem(error);
    });
    if (!queued) return;
    if (!navigator.onLine) toasts.show(t().later);
    const end = await queued.outcome;
    if (end.status === 'sent' && direction === 'like') this.#celebrate(card, end.data);
  }

  /** Say why swipes were refused, those that waited since an earlier start included, and be done with them. */
  async takeRefusals(): Promise<void> {
    for (const { id, method, path, refusal } of outbox.refused) {
      const pickup = /^\/api\/v1\/pickups\/([^/]+)\/swipe$/.exec(path)?.[1];
      if (!refusal || !pickup || method !== 'PUT' || !(await outbox.sdk.discard(id))) continue;
      const card = this.#swiped.get(pickup);
      const isGone = GONE.has(refusal.code);
      if (card && !isGone) this.#takeBack(card);
      if (this.last?.card.id === pickup) this.last = null;
      toasts.show(isGone ? t().gone(card?.title) : textOfRefusal(refusal), { tone: isGone ? 'plain' : 'bad' });
    }
  }

  /** Why the last card was passed; the resident reads the sum of all reasons. */
  async explain(card: Card, reason: PassReason): Promise<void> {
    if (this.last?.card.id === card.id) this.last = null;
    try {
      await outbox.sdk.swipe(card.id, { direction: 'pass', reason });
      toasts.show(t().thanks, { tone: 'good' });
    } catch (error) {
      showProblem(error);
    }
  }

  /** Put the last card back on top. */
  async undo(): Promise<void> {
    const { last } = this;
    if (!last) return;
    this.last = null;
    const queued = await outbox.sdk.takeSwipeBack(last.card.id);
    this.#putBack(last.card);
    const end = await queued?.outcome;
    if (end?.status !== 'refused') return;
    await outbox.sdk.discard(end.entry.id);
    this.#swiped.set(last.card.id, last.card);
    this.#remove(last.card.id);
    toasts.show(textOfRefusal(end.refusal), { tone: 'bad' });
  }

  /** A card has closed while it was on the deck: it leaves with a word. */
  close(pickup: string): void {
    const card = this.cards.find(({ id }) => id === pickup);
    if (!card) return;
    this.#remove(pickup);
    toasts.show(t().gone(card.title));
  }

  #show(deck: DeckOutput, number: number): void {
    this.#shown = number;
    this.error = null;
    this.reason = deck.reason;
    const fresh = this.#unswiped(deck.cards);
    // What is on top stays there: a card must not change under the thumb.
    const top = this.cards.filter(({ id }) => fresh.some((card) => card.id === id)).slice(0, 2);
    const below = fresh.filter(({ id }) => !top.some((card) => card.id === id));
    this.cards = [...top, ...below];
    void this.#cache.save(this.cards);
    preloadPhotos(this.cards.slice(0, PHOTOS_AHEAD));
  }

  #unswiped(cards: readonly Card[]): Card[] {
    const waiting = new Set(
      outbox.waiting.filter(({ method }) => method === 'PUT').map(({ path }) => path.split('/')[4]),
    );
    return cards.filter(({ id }) => !this.#swiped.has(id) && !waiting.has(id));
  }

  #remove(id: string): void {
    this.cards = this.cards.filter((card) => card.id !== id);
    preloadPhotos(this.cards.slice(1, PHOTOS_AHEAD));
  }

  #putBack(card: Card): void {
    this.#swiped.delete(card.id);
    this.cards = [card, ...this.cards.filter(({ id }) => id !== card.id)];
  }

  /** Put a card back whose swipe does not count. */
  #takeBack(card: Card): void {
    if (this.last?.card.id === card.id) this.last = null;
    this.#putBack(card);
  }

  #celebrate(card: Card, swipe: components['schemas']['SwipeOutput']): void {
    if (swipe.match) {
      if (this.last?.card.id === card.id) this.last = null;
      this.match = { card, match: swipe.match };
    } else if (swipe.queue_position) toasts.show(t().waiting(swipe.queue_position), { tone: 'good' });
  }
}

function preloadPhotos(cards: readonly Card[]): void {
  for (const card of cards) {
    const photo = card.photos[0];
    if (photo) new Image().src = photo.thumb;
  }
}
