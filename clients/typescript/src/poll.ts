import { dataOf } from './api.ts';
import { type ClientFrame, type Link, type LinkEvents, LOST } from './connection.ts';
import type { Session } from './session.ts';

/** The longest that the service lets one long poll wait. */
const WAIT_S = 25;
/** After this time without a response the link is stale. */
const SILENCE_MAX_MS = 60_000;

/** Brings the frames of a socket by long polls, for networks that block sockets. Typing indicators are missing. */
export class Poll implements Link {
  readonly #session: Session;
  readonly #events: LinkEvents;
  readonly #again: unknown;
  #heardAt: number;
  #hasEnded = false;
  /** Aborts the request that waits; each `resume` starts another one. */
  #waiting = new AbortController();

  /** Ends after `lifeMs`, so that a socket is tried again. */
  constructor(session: Session, lifeMs: number, events: LinkEvents) {
    this.#session = session;
    this.#events = events;
    this.#heardAt = session.timers.now();
    this.#again = session.timers.setTimeout(() => this.#end(), lifeMs);
    void this.#greet();
  }

  get isStale(): boolean {
    return this.#session.timers.now() - this.#heardAt > SILENCE_MAX_MS;
  }

  send(frame: ClientFrame): void {
    if (frame.type === 'resume') {
      this.#waiting.abort();
      this.#waiting = new AbortController();
      void this.#follow(frame.since, frame.epoch ?? '', this.#waiting.signal);
    } else if (frame.type === 'ack') {
      // A lost acknowledgement costs one unnecessary push.
      this.#session.api.POST('/api/v1/events/ack', { body: { seq: frame.seq } }).catch(() => undefined);
    }
  }

  close(): void {
    this.#hasEnded = true;
    this.#session.timers.clearTimeout(this.#again);
    this.#waiting.abort();
  }

  async #greet(): Promise<void> {
    const { signal } = this.#waiting;
    await this.#orEnd(signal, async () => {
      const { head, epoch } = await this.#ask({}, signal);
      this.#events.onFrame({ type: 'hello', head, epoch, heartbeat_s: WAIT_S });
    });
  }

  async #follow(from: number, epoch: string, signal: AbortSignal): Promise<void> {
    let since = from;
    await this.#orEnd(signal, async () => {
      while (!signal.aborted) {
        const log = await this.#ask({ since, epoch, wait: WAIT_S }, signal);
        if (log.reset) {
          this.#events.onFrame({ type: 'reset', head: log.head, epoch: log.epoch });
          return;
        }
        for (const frame of [...log.events, ...log.gone]) this.#events.onFrame(frame as never);
        since = log.events.at(-1)?.seq ?? since;
        this.#events.onFrame({ type: 'heartbeat', head: since } as never);
      }
    });
  }

  // eslint-disable-next-line @typescript-eslint/explicit-function-return-type
  async #ask(query: { since?: number; epoch?: string; wait?: number }, signal: AbortSignal) {
    const log = await dataOf(this.#session.api.GET('/api/v1/events', { params: { query }, signal }));
    signal.throwIfAborted();
    this.#heardAt = this.#session.timers.now();
    return log;
  }

  /** Run `work`; end the link when it fails, unless it was aborted. */
  async #orEnd(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch {
      if (!signal.aborted) this.#end();
    }
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.close();
    this.#events.onEnd(LOST);
  }
}
