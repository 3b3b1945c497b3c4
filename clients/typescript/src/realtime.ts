import { dataOf } from './api.ts';
import { Backoff } from './backoff.ts';
import { Connection, type Link, LOST, type ServerFrame, type SocketClass } from './connection.ts';
import { Emitter } from './emitter.ts';
import { ApiError } from './errors.ts';
import type { components } from './frames.ts';
import { Poll } from './poll.ts';
import type { Session } from './session.ts';
import type { ValueStore } from './storage.ts';

type Frames = components['schemas'];
type EventData = Frames['eventData'];

/** One past fact for this person: `event` names it, `data` is as docs/asyncapi.yaml describes it. More names may come. */
export type RealtimeEvent = {
  [Name in keyof EventData]: { seq: number; event: Name; data: EventData[Name]; at: string };
}[keyof EventData];

/**
 * `live`: every event arrives. `connecting`: on the way there. `waiting`: cut off, and tries again by itself. `paused`:
 * the app is in the background. `signed_out`: no session. `stopped`: not started.
 */
export type RealtimeState = 'stopped' | 'signed_out' | 'paused' | 'waiting' | 'connecting' | 'live';

export interface RealtimeEvents {
  state: RealtimeState;
  /** Each event once, in order, without a gap. */
  event: RealtimeEvent;
  /** Somebody is writing to this person now. */
  typing: Frames['somebodyTypes'];
  /** A card of a deck that was loaded within the last half hour has closed. May come twice. */
  'pickup.closed': Frames['pickupClosed'];
  /** Why it is not live: `network`, a refusal, or the end of the socket (`socket_1013`). It goes on by itself. */
  error: ApiError;
}

/** The last event that was handed out, and to whom. Its number means the same only within one epoch of the service. */
export interface Cursor {
  userId: string;
  seq: number;
  epoch?: string;
}

export interface RealtimeOptions {
  session: Session;
  /**
   * Load by HTTP whatever the app shows. Called at the start, and when the service no longer has the events in between.
   * Events follow when it has resolved; when it rejects, it is called again later.
   */
  reload: () => Promise<void>;
  /** Where to go on after a restart. Give one only if the app keeps what it shows, too; otherwise each start reloads. */
  cursor?: ValueStore<Cursor>;
  WebSocket?: SocketClass;
  /** Draws numbers from 0 to 1; for tests. */
  random?: () => number;
}

const ACK_AFTER_MS = 300;
const BACKGROUND_GRACE_MS = 30_000;
const TYPING_EVERY_MS = 3_000;
const SIGNED_OUT = 4401;
/** When so many sockets in a row are lost before `hello`, the network is taken to block them. */
const SOCKETS_TRIED = 2;
/** How long to poll before a socket is tried again. */
const SOCKET_AGAIN_MS = 300_000;
const FAULTS_OF_CLIENT = [1003, 1007, 1008, 1009];

/**
 * One socket for everything the service says to this person: connects, resumes, acknowledges, and comes back by itself.
 *
 * Where a network lets no socket through, long polls bring the same, until a socket works again.
 */
export class Realtime extends Emitter<RealtimeEvents> {
  readonly #session: Session;
  readonly #reload: () => Promise<void>;
  readonly #store: ValueStore<Cursor> | null;
  readonly #WebSocket: SocketClass;
  readonly #backoff: Backoff;
  readonly #typedAt = new Map<string, number>();
  #state: RealtimeState = 'stopped';
  #unsubscribe: (() => void) | null = null;
  #isForeground = true;
  #connection: Link | null = null;
  /** How many sockets were lost before `hello`, since the last that was not. */
  #unanswered = 0;
  #isPolling = false;
  /** Changes whenever a connection is begun or given up, so that late results of an earlier one are dropped. */
  #attempt = 0;
  #seq: number | null = null;
  #epoch = '';
  /** Whose events `#seq` counts. */
  #userId: string | null = null;
  #acknowledged = 0;
  /** The position at the last heartbeat or gap: when it is still the same at the next, the events in between were lost. */
  #missingSince: number | null = null;
  #hadBadTicket = false;
  #retryTimer: unknown = null;
  #pauseTimer: unknown = null;
  #ackTimer: unknown = null;

  constructor(options: RealtimeOptions) {
    super();
    this.#session = options.session;
    this.#reload = options.reload;
    this.#store = options.cursor ?? null;
    this.#WebSocket = options.WebSocket ?? (globalThis.WebSocket as unknown as SocketClass);
    this.#backoff = new Backoff(options.random);
  }

  get state(): RealtimeState {
    return this.#state;
  }

  /** The number of the last event that was handed out; null before the first load. */
  get seq(): number | null {
    return this.#seq;
  }

  /** Connect, and stay connected while somebody is signed in. */
  start(): void {
    this.#unsubscribe ??= this.#session.on('state', () => this.#connect());
    this.#connect();
  }

  /** Disconnect until the next {@link Realtime.start}. */
  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#disconnect('stopped');
  }

  /** Try at once instead of waiting, for example because the device is online again. */
  reconnect(): void {
    const isTrying = this.#state === 'waiting' || this.#state === 'connecting';
    if (!isTrying && !this.#isPolling && !this.#connection?.isStale) return;
    this.#backoff.reset();
    this.#connect();
  }

  /**
   * Say whether somebody looks at the app. In the background nothing is acknowledged, so that pushes are sent, and
   * after half a minute the socket is closed. In the foreground it is opened at once.
   */
  setForeground(isForeground: boolean): void {
    if (this.#isForeground === isForeground) return;
    this.#isForeground = isForeground;
    const { timers } = this.#session;
    timers.clearTimeout(this.#pauseTimer);
    if (!isForeground) {
      this.#pauseTimer = timers.setTimeout(() => this.#pause(), BACKGROUND_GRACE_MS);
    } else if (this.#state === 'paused') {
      this.#connect();
    } else {
      if (!this.#isPolling || this.#connection?.isStale) this.reconnect();
      this.#acknowledgeSoon();
    }
  }

  /** Show the others in a conversation that this person is writing: at most every 3 seconds, and only while `live`. */
  typing(conversation: string): void {
    const now = this.#session.timers.now();
    if (this.#state !== 'live' || now - (this.#typedAt.get(conversation) ?? -Infinity) < TYPING_EVERY_MS) return;
    this.#typedAt.set(conversation, now);
    this.#connection?.send({ type: 'typing', conversation });
  }

  #pause(): void {
    if (this.#unsubscribe !== null && this.#session.state === 'signed_in') this.#disconnect('paused');
  }

  /** A socket comes first, also after long polls: the network may have changed. */
  #connect({ byPoll = false } = {}): void {
    this.#disconnect(this.#session.state === 'signed_in' ? 'connecting' : 'signed_out');
    this.#isPolling = byPoll;
    if (this.#session.state === 'signed_in') void this.#open(this.#attempt);
  }

  #disconnect(state: RealtimeState): void {
    this.#attempt += 1;
    this.#connection?.close();
    this.#connection = null;
    this.#session.timers.clearTimeout(this.#retryTimer);
    this.#session.timers.clearTimeout(this.#ackTimer);
    this.#ackTimer = null;
    this.#missingSince = null;
    this.#acknowledged = 0;
    this.#setState(state);
  }

  async #open(attempt: number): Promise<void> {
    try {
      await this.#loadCursor();
      const events = {
        onFrame: (frame: ServerFrame): void => this.#receive(frame),
        onEnd: (code: number): void => this.#handleEnd(code),
      };
      if (this.#isPolling) {
        if (attempt === this.#attempt) this.#connection = new Poll(this.#session, SOCKET_AGAIN_MS, events);
        return;
      }
      const { ticket, url } = await dataOf(this.#session.api.POST('/api/v1/realtime/tickets'));
      if (attempt !== this.#attempt) return;
      this.#unanswered += 1;
      this.#connection = new Connection(url, ticket, {
        WebSocket: this.#WebSocket,
        timers: this.#session.timers,
        ...events,
      });
    } catch (error) {
      this.#retry(attempt, error);
    }
  }

  async #loadCursor(): Promise<void> {
    const { userId } = this.#session;
    if (this.#userId === userId) return;
    const cursor = await this.#store?.load();
    this.#seq = cursor?.userId === userId ? cursor!.seq : null;
    this.#epoch = cursor?.epoch ?? '';
    this.#userId = userId;
  }

  #retry(attempt: number, error: unknown): void {
    if (attempt !== this.#attempt) return;
    const reason = reasonOf(error);
    this.#disconnect('waiting');
    this.#retryTimer = this.#session.timers.setTimeout(
      () => this.#connect(),
      this.#backoff.next(reason.retryAfterS ?? 0),
    );
    this.emit('error', reason);
  }

  #handleEnd(code: number): void {
    const isBadTicket = code === SIGNED_OUT && !this.#hadBadTicket;
    this.#hadBadTicket = code === SIGNED_OUT;
    if (isBadTicket) {
      this.#connect();
      return;
    }
    if (code !== LOST) this.#unanswered = 0;
    else if (!this.#isPolling && this.#unanswered >= SOCKETS_TRIED) {
      this.#connect({ byPoll: true });
      return;
    }
    if (FAULTS_OF_CLIENT.includes(code)) this.#backoff.slowDown();
    const message = `The socket was closed with ${code}.`;
    this.#retry(this.#attempt, new ApiError({ code: `socket_${code}`, status: 0, message }));
  }

  #receive(frame: ServerFrame): void {
    switch (frame.type) {
      case 'hello':
        this.#hadBadTicket = false;
        if (!this.#isPolling) this.#unanswered = 0;
        if (this.#seq === null) void this.#reloadUpTo(frame, this.#attempt);
        else this.#resume(this.#seq);
        this.#epoch ||= frame.epoch;
        break;
      case 'reset':
        void this.#reloadUpTo(frame, this.#attempt);
        break;
      case 'event':
        this.#receiveEvent(frame as RealtimeEvent);
        break;
      case 'heartbeat':
        this.#backoff.reset();
        this.#findLost(frame.head);
        break;
      case 'typing':
      case 'pickup.closed':
        this.emit(frame.type, frame as never);
        break;
    }
  }

  /** Let the app load everything up to `head`, and take the events after it. */
  async #reloadUpTo({ head, epoch }: Frames['hello'] | Frames['reset'], attempt: number): Promise<void> {
    this.#seq = null;
    this.#acknowledged = 0;
    try {
      await this.#reload();
    } catch (error) {
      this.#retry(attempt, error);
      return;
    }
    if (attempt !== this.#attempt) return;
    this.#epoch = epoch;
    this.#moveTo(head);
    this.#resume(head);
  }

  #resume(since: number): void {
    this.#connection?.send({ type: 'resume', since, epoch: this.#epoch });
    this.#setState('live');
    this.#acknowledgeSoon();
  }

  #receiveEvent(event: RealtimeEvent): void {
    if (this.#seq === null || event.seq <= this.#seq) return;
    if (event.seq > this.#seq + 1) {
      this.#askAgain();
      return;
    }
    this.emit('event', event);
    this.#moveTo(event.seq);
  }

  /** What was missing at the last heartbeat, and has not come since, will not come by itself. */
  #findLost(head: number): void {
    if (this.#seq === null || head <= this.#seq) this.#missingSince = null;
    else if (this.#missingSince === this.#seq) this.#resume(this.#seq);
    else this.#missingSince = this.#seq;
  }

  /** Ask once for the events after the last one; those that are on their way are dropped by their numbers. */
  #askAgain(): void {
    if (this.#seq === null || this.#missingSince === this.#seq) return;
    this.#missingSince = this.#seq;
    this.#resume(this.#seq);
  }

  #moveTo(seq: number): void {
    this.#seq = seq;
    void this.#store?.save({ userId: this.#userId!, seq, epoch: this.#epoch });
    this.#acknowledgeSoon();
  }

  #acknowledgeSoon(): void {
    if (!this.#isForeground || this.#ackTimer !== null) return;
    this.#ackTimer = this.#session.timers.setTimeout(() => this.#acknowledge(), ACK_AFTER_MS);
  }

  #acknowledge(): void {
    this.#ackTimer = null;
    if (!this.#isForeground || this.#state !== 'live' || this.#seq === null || this.#seq <= this.#acknowledged) return;
    this.#acknowledged = this.#seq;
    this.#connection?.send({ type: 'ack', seq: this.#seq });
  }

  #setState(state: RealtimeState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.emit('state', state);
  }
}

function reasonOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError({ code: 'reload_failed', status: 0, message: String(error), cause: error });
}
