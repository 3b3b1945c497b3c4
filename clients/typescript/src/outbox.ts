import { Emitter } from './emitter.ts';
import { ApiError } from './errors.ts';
import { newId } from './ids.ts';
import {
  indexedDbStore,
  memoryOutboxStore,
  type NewEntry,
  type OutboxEntry,
  type OutboxStore,
  type Refusal,
} from './outbox-store.ts';
import type { components } from './schema.ts';
import { Sender } from './sender.ts';
import type { Session } from './session.ts';
import { openChannel, type TabChannel } from './tabs.ts';

type Schemas = components['schemas'];

/** A request to keep and send. Requests of one `lane` are sent in order; without one it waits for no other. */
export interface OutboxRequest {
  lane?: string;
  method: OutboxEntry['method'];
  path: string;
  body?: unknown;
  form?: Record<string, string | Blob>;
  key?: string;
  /** The key of an earlier request in the lane, whose response has the `id` for `{id}` in `path`. */
  after?: string;
  isRecognized?: boolean;
}

/** How an entry ended: `sent` with the body of the response, `refused` and set aside, or `discarded` by the person. */
export type Outcome<Data = unknown> =
  | { status: 'sent'; entry: OutboxEntry; data: Data }
  | { status: 'refused'; entry: OutboxEntry; refusal: Refusal }
  | { status: 'discarded'; entry: OutboxEntry };

/** What was put in, and how it ends: maybe in seconds, maybe not while this page lives. */
export interface Queued<Data = unknown> {
  entry: OutboxEntry;
  outcome: Promise<Outcome<Data>>;
}

export interface OutboxEvents {
  /** The entries of the person who is signed in, whenever one comes, goes or changes, in any tab. */
  changed: readonly OutboxEntry[];
  /** An entry has ended, in any tab. */
  outcome: Outcome;
}

export interface OutboxOptions {
  session: Session;
  /** By default IndexedDB, or memory where there is none. */
  store?: OutboxStore;
  /** Draws numbers from 0 to 1; for tests. */
  random?: () => number;
}

/** A text, a phrase or a place, as `POST /conversations/{id}/messages` takes it. */
export type NewMessage = Omit<Schemas['MessageInRequest'], 'client_id'>;

/** A pickup and its photos on their way. */
export interface NewPickup {
  pickup: Queued<Schemas['OnePickupOutput']>;
  photos: Array<Queued<Schemas['PhotoOutput']>>;
}

const SWIPES = 'swipes';

/**
 * Requests that must arrive: kept until the service has answered, sent in order per lane, each carried out once.
 *
 * A refusal sets its entry aside with the reason, and the next one goes on. Without a network, during an outage and
 * while the session is expired, everything waits. Entries belong to the person who made them: another person who signs
 * in on the same device neither sees nor sends them. Of several tabs, one sends at a time.
 */
export class Outbox extends Emitter<OutboxEvents> {
  /** Whether entries outlive the page. Some browsers refuse storage in private windows. */
  readonly isDurable: boolean;
  readonly #session: Session;
  readonly #store: OutboxStore;
  readonly #sender: Sender;
  readonly #channel: TabChannel<Outcome | null>;
  readonly #unsubscribe: () => void;
  #all: OutboxEntry[] = [];

  private constructor(session: Session, store: OutboxStore, isDurable: boolean, random?: () => number) {
    super();
    this.isDurable = isDurable;
    this.#session = session;
    this.#store = store;
    this.#sender = new Sender({
      session,
      store,
      random,
      load: () => this.#load(),
      finish: (outcome) => this.#finish(outcome),
    });
    this.#channel = openChannel(store.sharedName, (outcome) => void this.#hear(outcome));
    this.#unsubscribe = session.on('state', () => this.#follow());
  }

  /** Open it once per page, after the session, and begin to send what is left from before. */
  static async open({ session, store, random }: OutboxOptions): Promise<Outbox> {
    const kept = store ?? (typeof indexedDB === 'undefined' ? null : indexedDbStore());
    const isDurable = (await kept?.all().catch(() => null)) != null;
    const outbox = new Outbox(session, isDurable ? kept! : memoryOutboxStore(), isDurable, random);
    await outbox.#load();
    outbox.flush();
    return outbox;
  }

  /** What waits or is set aside, of the person who is or was signed in, in order. */
  get entries(): readonly OutboxEntry[] {
    return this.#all.filter((entry) => entry.userId === this.#session.userId);
  }

  /**
   * Keep a request, and send it as soon as possible. Resolves when it is kept.
   *
   * Raises ApiError `signed_out` when nobody is signed in, `storage_full` when the device cannot keep it.
   */
  async add<Data = unknown>(request: OutboxRequest): Promise<Queued<Data>> {
    return (await this.addAll([request]))[0] as Queued<Data>;
  }

  /** Keep several requests, all or none; see {@link Outbox.add}. */
  async addAll(requests: OutboxRequest[]): Promise<Queued[]> {
    const entries = await this.#keep(requests);
    const queued = entries.map((entry) => ({ entry, outcome: this.#outcomeOf(entry.id) }));
    await this.#load();
    this.#channel.post(null);
    this.#sender.drain();
    return queued;
  }

  /** Send a message. Its `client_id` is the `key` of the entry: the message in the conversation has it, too. */
  sendMessage(conversation: string, message: NewMessage): Promise<Queued<Schemas['MessageOut']>> {
    const key = newId();
    const path = `/api/v1/conversations/${conversation}/messages`;
    const body = { ...message, client_id: key };
    return this.add({ lane: conversation, method: 'POST', path, key, body, isRecognized: true });
  }

  /** Send a photo as a message. */
  sendPhoto(conversation: string, photo: Blob): Promise<Queued<Schemas['MessageOut']>> {
    const key = newId();
    const path = `/api/v1/conversations/${conversation}/photos`;
    const form = { client_id: key, kind: 'photo', photo };
    return this.add({ lane: conversation, method: 'POST', path, key, form, isRecognized: true });
  }

  /** Post a pickup, and then its photos. Each of them is kept and sent by itself, so that none starts over. */
  async postPickup(pickup: Schemas['PickupInputRequest'], photos: Blob[]): Promise<NewPickup> {
    const key = newId();
    const posting = { lane: key, key, method: 'POST' as const, path: '/api/v1/pickups', body: pickup };
    const path = '/api/v1/pickups/{id}/photos';
    const adding = photos.map((photo) => ({ lane: key, after: key, method: 'POST' as const, path, form: { photo } }));
    const [first, ...others] = await this.addAll([posting, ...adding]);
    return { pickup: first, photos: others } as NewPickup;
  }

  /** Like a pickup, or pass on it. */
  swipe(pickup: string, swipe: Schemas['SwipeInputRequest']): Promise<Queued<Schemas['SwipeOutput']>> {
    return this.add({ lane: SWIPES, method: 'PUT', path: swipePath(pickup), body: swipe });
  }

  /** Undo a swipe. One that waits is dropped; null when it was never sent, so that there is nothing to undo. */
  async takeSwipeBack(pickup: string): Promise<Queued | null> {
    const path = swipePath(pickup);
    const last = this.entries.filter((entry) => entry.path === path && entry.refusal === null).at(-1);
    const isUnsent = last?.method === 'PUT' && last.triedAt === null;
    if (isUnsent && (await this.discard(last.id))) return null;
    return this.add({ lane: SWIPES, method: 'DELETE', path });
  }

  /** Try at once instead of waiting, for example because the device is online again. */
  flush(): void {
    this.#sender.flush();
  }

  /** Send an entry that was set aside once more. */
  async retry(id: number): Promise<void> {
    const entry = this.#all.find((one) => one.id === id);
    if (entry === undefined) return;
    await this.#store.replace({ ...entry, refusal: null, failures: 0, triedAt: null });
    await this.#load();
    this.#channel.post(null);
    this.#sender.drain();
  }

  /** Forget an entry, and those that need it. False when it is being sent, or has ended. */
  async discard(id: number): Promise<boolean> {
    const entry = this.entries.find((one) => one.id === id);
    if (entry === undefined || this.#sender.isSending(id)) return false;
    await this.#store.remove(id);
    await this.#finish({ status: 'discarded', entry });
    for (const later of this.entries.filter(({ after }) => after === entry.key)) await this.discard(later.id);
    return true;
  }

  /** Forget every entry of this person, for example when they sign out on a device that others use. */
  async discardAll(): Promise<void> {
    for (const entry of this.entries) await this.discard(entry.id);
  }

  /** Send nothing more. Entries are kept. */
  close(): void {
    this.#unsubscribe();
    this.#channel.close();
    this.#sender.close();
  }

  async #keep(requests: OutboxRequest[]): Promise<OutboxEntry[]> {
    const { userId } = this.#session;
    if (userId === null) throw new ApiError({ code: 'signed_out', status: 0, message: 'Nobody is signed in.' });
    const entries = requests.map((request) => entryOf(request, userId, this.#session.clock.now()));
    const ids = await this.#store.add(entries).catch((cause: unknown) => {
      throw new ApiError({ code: 'storage_full', status: 0, message: 'The device could not keep this.', cause });
    });
    return entries.map((entry, place) => ({ ...entry, id: ids[place]! }));
  }

  #outcomeOf(id: number): Promise<Outcome> {
    return new Promise((resolve) => {
      const stop = this.on('outcome', (outcome) => {
        if (outcome.entry.id !== id) return;
        stop();
        resolve(outcome);
      });
    });
  }

  /** Read all entries. An outcome is told before the change of the entries, so that what was made is shown in time. */
  async #load(outcome: Outcome | null = null): Promise<OutboxEntry[]> {
    this.#all = await this.#store.all();
    if (outcome !== null) this.emit('outcome', outcome);
    this.emit('changed', this.entries);
    return this.#all;
  }

  async #finish(outcome: Outcome): Promise<void> {
    await this.#load(outcome).catch(() => this.emit('outcome', outcome));
    this.#channel.post(outcome);
  }

  async #hear(outcome: Outcome | null): Promise<void> {
    await this.#load(outcome?.entry.userId === this.#session.userId ? outcome : null);
    if (outcome === null) this.#sender.drain();
  }

  #follow(): void {
    this.emit('changed', this.entries);
    if (this.#session.state === 'signed_in') this.flush();
  }
}

function entryOf(request: OutboxRequest, userId: string, now: Date): NewEntry {
  const key = request.key ?? newId();
  return {
    userId,
    lane: request.lane ?? key,
    method: request.method,
    path: request.path,
    body: request.body ?? null,
    form: request.form ?? null,
    after: request.after ?? null,
    key,
    isRecognized: request.isRecognized ?? false,
    createdAt: now.toISOString(),
    triedAt: null,
    failures: 0,
    refusal: null,
  };
}

function swipePath(pickup: string): string {
  return `/api/v1/pickups/${pickup}/swipe`;
}
