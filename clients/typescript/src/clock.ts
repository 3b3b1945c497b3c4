import type { ValueStore } from './storage.ts';

/** What the SDK asks of time; tests give their own. */
export interface Timers {
  /** Milliseconds since 1970, by this device. */
  now(): number;
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

export const systemTimers: Timers = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => globalThis.setTimeout(callback, ms),
  clearTimeout: (timer) => globalThis.clearTimeout(timer as ReturnType<typeof globalThis.setTimeout>),
};

/** `Date` headers have whole seconds: on average half a second has passed. */
const HALF_SECOND_MS = 500;

/** The time of the service, learned from the `Date` of its responses. For countdowns and appointments on a wrong clock. */
export class ServerClock {
  #offsetMs = 0;
  #newestDate = 0;
  readonly #timers: Timers;
  readonly #store: ValueStore<number> | null;

  /** `store` keeps the offset over restarts, so that a wrong clock is known before the first response. */
  constructor(timers: Timers = systemTimers, store: ValueStore<number> | null = null) {
    this.#timers = timers;
    this.#store = store;
  }

  /** Read the offset of an earlier run. */
  async restore(): Promise<void> {
    this.#offsetMs = (await this.#store?.load()) ?? this.#offsetMs;
  }

  /** How far the service is ahead of this device, in milliseconds. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** The time of the service now. */
  now(): Date {
    return new Date(this.#timers.now() + this.#offsetMs);
  }

  /**
   * Learn from a response that was asked for at `sentAt` and arrived at `receivedAt`, in milliseconds of this device.
   * Ignores what a cache answers (an older date), and differences within the precision of the header.
   */
  learn(date: string | null, sentAt: number, receivedAt: number): void {
    const served = Date.parse(date ?? '');
    if (Number.isNaN(served) || served < this.#newestDate) return;
    this.#newestDate = served;
    const offset = served + HALF_SECOND_MS - (sentAt + receivedAt) / 2;
    const precision = HALF_SECOND_MS + (receivedAt - sentAt) / 2;
    if (Math.abs(offset - this.#offsetMs) <= precision) return;
    this.#offsetMs = offset;
    void this.#store?.save(offset);
  }
}
