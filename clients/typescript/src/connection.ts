import type { Timers } from './clock.ts';
import type { components } from './frames.ts';

type Frames = components['schemas'];

/** A frame of the service; `type` says which. */
export type ServerFrame =
  | Frames['hello']
  | (Omit<Frames['event'], 'data'> & { data: unknown })
  | Frames['heartbeat']
  | Frames['reset']
  | Frames['ok']
  | Frames['error']
  | Frames['somebodyTypes']
  | Frames['pickupClosed'];

export type ClientFrame = Frames['resume'] | Frames['ack'] | Frames['typing'];

/** The part of `WebSocket` that is used. Node 20 has none of its own; the package `ws` fits. */
export interface Socket {
  onmessage: ((message: { data: unknown }) => void) | null;
  onclose: ((end: { code: number }) => void) | null;
  onerror: ((error: unknown) => void) | null;
  send(text: string): void;
  close(): void;
}

export type SocketClass = new (url: string, protocols: string[]) => Socket;

export interface LinkEvents {
  onFrame(frame: ServerFrame): void;
  /** Called once with the close code, unless {@link Link.close} was called; 1006 when the service fell silent. */
  onEnd(code: number): void;
}

/** A way of frames from and to the service, from its opening to its end. */
export interface Link {
  /** Whether more than a heartbeat's time has passed in silence: the device has slept, or the network has gone. */
  readonly isStale: boolean;
  send(frame: ClientFrame): void;
  close(): void;
}

export interface ConnectionOptions extends LinkEvents {
  WebSocket: SocketClass;
  timers: Timers;
}

const OPENING_MS = 20_000;
/** The close code of a connection that ended without a word. */
export const LOST = 1006;
/** After this many heartbeats without a frame the connection counts as dead. */
const HEARTBEATS_MISSED_MAX = 2;

/** One socket. */
export class Connection implements Link {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  #silenceMaxMs = OPENING_MS;
  #heardAt: number;
  #watchdog: unknown = null;
  #hasEnded = false;

  constructor(url: string, ticket: string, options: ConnectionOptions) {
    this.#options = options;
    this.#heardAt = options.timers.now();
    this.#socket = new options.WebSocket(url, ['tft.v1', `ticket.${ticket}`]);
    this.#socket.onmessage = (message) => this.#receive(message.data);
    this.#socket.onclose = (end) => this.#end(end.code);
    // A close follows each error.
    this.#socket.onerror = () => undefined;
    this.#watch();
  }

  send(frame: ClientFrame): void {
    try {
      this.#socket.send(JSON.stringify(frame));
    } catch {
      // It has just closed; `onclose` follows.
    }
  }

  get isStale(): boolean {
    return this.#options.timers.now() - this.#heardAt > (this.#silenceMaxMs * 3) / 4;
  }

  close(): void {
    this.#hasEnded = true;
    this.#options.timers.clearTimeout(this.#watchdog);
    this.#socket.close();
  }

  #receive(data: unknown): void {
    if (this.#hasEnded) return;
    const frame = JSON.parse(String(data)) as ServerFrame;
    if (frame.type === 'hello') this.#silenceMaxMs = frame.heartbeat_s * 1000 * HEARTBEATS_MISSED_MAX;
    this.#heardAt = this.#options.timers.now();
    this.#watch();
    this.#options.onFrame(frame);
  }

  #watch(): void {
    this.#options.timers.clearTimeout(this.#watchdog);
    this.#watchdog = this.#options.timers.setTimeout(() => this.#end(LOST), this.#silenceMaxMs);
  }

  #end(code: number): void {
    if (this.#hasEnded) return;
    this.close();
    this.#options.onEnd(code);
  }
}
