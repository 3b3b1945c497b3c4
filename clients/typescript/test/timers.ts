import type { Timers } from '../src/index.ts';

/** A clock that moves when a test says so. */
export class TestTimers implements Timers {
  #now = Date.parse('2026-11-23T01:00:00Z');
  #last = 0;
  readonly #waiting = new Map<number, { at: number; callback: () => void }>();

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, ms: number): unknown {
    this.#last += 1;
    this.#waiting.set(this.#last, { at: this.#now + ms, callback });
    return this.#last;
  }

  clearTimeout(timer: unknown): void {
    this.#waiting.delete(timer as number);
  }

  /** Let time pass, with everything that is due in it, and what follows from that. */
  async pass(seconds: number): Promise<void> {
    const until = this.#now + seconds * 1000;
    await settle();
    for (let next = this.#nextBefore(until); next !== null; next = this.#nextBefore(until)) {
      const [id, { at, callback }] = next;
      this.#waiting.delete(id);
      this.#now = Math.max(at, this.#now);
      callback();
      await settle();
    }
    this.#now = until;
  }

  /** The device sleeps: time passes, and nothing runs until it wakes. */
  sleep(seconds: number): void {
    this.#now += seconds * 1000;
  }

  #nextBefore(until: number): [number, { at: number; callback: () => void }] | null {
    const due = [...this.#waiting].filter(([, { at }]) => at <= until).sort((a, b) => a[1].at - b[1].at);
    return due[0] ?? null;
  }
}

/** Let everything that waits for no time run: promises, and the event loop of IndexedDB. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
