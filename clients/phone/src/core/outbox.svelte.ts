/** Requests that wait for a network or were refused, as screens show them. The SDK's outbox keeps and sends them. */
import { Outbox, type OutboxEntry, type Outcome, type Queued } from '@tinder-for-trash/sdk';
import { session } from './session.svelte';

class CurrentOutbox {
  /** What waits or was set aside, in order, of the person who is signed in. */
  entries = $state.raw<readonly OutboxEntry[]>([]);
  waiting = $derived(this.entries.filter((entry) => entry.refusal === null));
  refused = $derived(this.entries.filter((entry) => entry.refusal !== null));
  #sdk: Outbox | null = null;

  /** The SDK's outbox: `outbox.sdk.sendMessage(...)`, `.swipe(...)`, `.add(...)`. */
  get sdk(): Outbox {
    if (!this.#sdk) throw new Error('the outbox is not open yet');
    return this.#sdk;
  }

  async open(): Promise<void> {
    this.#sdk = await Outbox.open({ session: session.sdk });
    this.entries = this.#sdk.entries;
    this.#sdk.on('changed', (entries) => (this.entries = entries));
  }
}

/** How long a button shows that it is sending; after that the outbox goes on in the background. */
const PATIENCE_MS = 8_000;

/** How an entry ends; null when it waits for a signal. */
export function outcomeSoon<Data>({ outcome }: Queued<Data>): Promise<Outcome<Data> | null> {
  const patience = navigator.onLine ? PATIENCE_MS : 0;
  return Promise.race([outcome, new Promise<null>((resolve) => window.setTimeout(() => resolve(null), patience))]);
}

export const outbox = new CurrentOutbox();
