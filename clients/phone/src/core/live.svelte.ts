/** What the service says by itself: events of the socket, as screens listen to them. */
import { ApiError, followPage, Realtime, type RealtimeEvent, type RealtimeState } from '@tinder-for-trash/sdk';
import { outbox } from './outbox.svelte';
import type { Resource } from './resource.svelte';
import { session } from './session.svelte';

type Listener = (event: RealtimeEvent) => void;

class Live {
  state = $state<RealtimeState>('stopped');
  #listeners = new Set<Listener>();
  #closed = new Set<(pickup: string) => void>();
  #typing = new Set<(conversation: string, user: string) => void>();
  /** What is on the screen, to be read again when events were missed. */
  #reloads = new Set<() => Promise<void>>();
  #realtime: Realtime | null = null;

  start(): void {
    const realtime = new Realtime({ session: session.sdk, reload: () => this.#reload() });
    this.#realtime = realtime;
    realtime.on('state', (state) => (this.state = state));
    realtime.on('event', (event) => this.#listeners.forEach((listener) => listener(event)));
    realtime.on('typing', ({ conversation, user }) => this.#typing.forEach((hear) => hear(conversation, user)));
    realtime.on('pickup.closed', ({ pickup }) => this.#closed.forEach((hear) => hear(pickup)));
    followPage(realtime, outbox.sdk);
    realtime.start();
  }

  /** Call with every event. Returns a function that stops it: `$effect(() => live.listen(...))`. */
  listen(listener: Listener): () => void {
    return join(this.#listeners, listener);
  }

  /** Call with the id of each pickup whose card has closed. */
  onClosed(hear: (pickup: string) => void): () => void {
    return join(this.#closed, hear);
  }

  /** Call when somebody is writing in a conversation. */
  onTyping(hear: (conversation: string, user: string) => void): () => void {
    return join(this.#typing, hear);
  }

  /** Say that this person is writing. */
  typing(conversation: string): void {
    this.#realtime?.typing(conversation);
  }

  /** Call when events may have been missed, so that everything shown is read again. */
  onReload(reload: () => Promise<void>): () => void {
    return join(this.#reloads, reload);
  }

  async #reload(): Promise<void> {
    await Promise.all([...this.#reloads].map((reload) => reload()));
  }
}

function join<Item>(all: Set<Item>, item: Item): () => void {
  all.add(item);
  return () => all.delete(item);
}

export const live = new Live();

/**
 * Load a resource, and again whenever an event concerns it or events were missed. Call it while a component is made.
 * `concerns` decides by the event's name and data.
 */
export function keepFresh<Value>(resource: Resource<Value>, concerns: (event: RealtimeEvent) => boolean): void {
  $effect(() => {
    void resource.load();
    const stops = [
      live.listen((event) => {
        if (concerns(event)) void resource.load();
      }),
      live.onReload(async () => {
        await resource.load();
        // The socket asks again later; what this person may not see is no reason to.
        const { error } = resource;
        if (error instanceof ApiError && error.isTemporary) throw error;
      }),
    ];
    return () => stops.forEach((stop) => stop());
  });
}

/** Whether an event is about the object with this id under this key, such as `match`. */
export function isAbout(event: RealtimeEvent, key: string, id: string): boolean {
  return (event.data as Record<string, unknown>)[key] === id;
}
