/** Waits between tries: at first up to 3 seconds, then twice as long each time, up to a minute. */
const FIRST_MS = 3_000;
const LEAST_MS = 500;
const MOST_MS = 60_000;

/** Decides how long to wait before trying again, so that many clients that were cut off together do not return together. */
export class Backoff {
  readonly #random: () => number;
  #waitMs = 0;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** The next wait in milliseconds; at least `atLeastS` seconds where the service asks for that. */
  next(atLeastS = 0): number {
    this.#waitMs =
      this.#waitMs === 0 ? this.#random() * FIRST_MS : Math.min(MOST_MS, Math.max(LEAST_MS, this.#waitMs * 2));
    return Math.max(this.#waitMs, atLeastS * 1000);
  }

  /** Expect a fault of this client: wait as long as the longest wait from now on. */
  slowDown(): void {
    this.#waitMs = MOST_MS;
  }

  /** It worked: begin with short waits again. */
  reset(): void {
    this.#waitMs = 0;
  }
}
