/** What waits for the person: unread messages and unread entries of the inbox, as the tabs show them. */
import { dataOf } from '@tinder-for-trash/sdk';
import { live } from './live.svelte';
import { api, session } from './session.svelte';

class Counts {
  messages = $state(0);
  inbox = $state(0);
  #isReading = false;
  #isStale = false;

  /** Read them now and after every event. Call it once. */
  follow(): void {
    live.listen(() => void this.read());
    live.onReload(() => this.read());
    void this.read();
  }

  /** Ask the service; several calls at once become one more. Without an answer the numbers stay. */
  async read(): Promise<void> {
    this.#isStale = true;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#isStale && session.state === 'signed_in') {
      this.#isStale = false;
      await this.#readOnce();
    }
    this.#isReading = false;
  }

  async #readOnce(): Promise<void> {
    try {
      const { unread, categories } = await dataOf(api().GET('/api/v1/inbox/unread'));
      this.messages = categories['chat'] ?? 0;
      this.inbox = unread - this.messages;
    } catch {
      // The next event asks again.
    }
  }
}

export const counts = new Counts();
