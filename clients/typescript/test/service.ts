import type { Socket, SocketClass } from '../src/index.ts';
import { memoryStore, Session, type SessionOptions, type StoredSession, type ValueStore } from '../src/index.ts';
import { TestTimers } from './timers.ts';

export interface Received {
  method: string;
  path: string;
  body: unknown;
  headers: Headers;
}

type Answer = (received: Received) => Response | Promise<Response>;

export const ANN = '01936f5e-0000-7000-8000-00000000000a';
export const BEN = '01936f5e-0000-7000-8000-00000000000b';

/** A service that answers as a test scripts it, and remembers what it was asked. */
export class ScriptedService {
  readonly timers = new TestTimers();
  readonly received: Received[] = [];
  readonly sockets: TestSocket[] = [];
  readonly #answers = new Map<string, Answer>();
  #tickets = 0;

  constructor() {
    this.answer('POST /api/v1/auth/sign-in', ({ body }) => {
      const user = (body as { phone: string }).phone === 'ben' ? BEN : ANN;
      return json(200, { token: `token of ${user}`, session: 's', user: { id: user } });
    });
    this.answer('POST /api/v1/auth/sign-out', () => new Response(null, { status: 204 }));
    this.answer('POST /api/v1/realtime/tickets', () => {
      this.#tickets += 1;
      return json(201, { ticket: `t${this.#tickets}`, url: 'ws://service/ws/v1/' });
    });
  }

  /** Answer requests to `POST /path` in this way from now on. */
  answer(operation: string, answer: Answer): void {
    this.#answers.set(operation, answer);
  }

  /** The bodies that were received for `POST /path`. */
  bodiesOf(operation: string): unknown[] {
    return this.receivedBy(operation).map(({ body }) => body);
  }

  receivedBy(operation: string): Received[] {
    return this.received.filter(({ method, path }) => `${method} ${path}` === operation);
  }

  readonly fetch = async (input: RequestInfo | URL): Promise<Response> => {
    const request = input as Request;
    const received = await receivedIn(request);
    this.received.push(received);
    const answer = this.#answers.get(`${received.method} ${received.path}`) ?? (() => problem(404, 'not_found'));
    return new Promise((resolve, reject) => {
      request.signal.addEventListener('abort', () => reject(request.signal.reason as Error));
      Promise.resolve(received).then(answer).then(resolve, reject);
    });
  };

  /** Sockets that end up in `sockets`. */
  get WebSocket(): SocketClass {
    const { sockets } = this;
    return class extends TestSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    };
  }

  get socket(): TestSocket {
    return this.sockets.at(-1)!;
  }

  async session(options: Partial<SessionOptions> = {}): Promise<Session> {
    const store = memoryStore<StoredSession>();
    const all = { baseUrl: 'http://service', store, fetch: this.fetch, timers: this.timers, ...options };
    return Session.open(all);
  }

  async signedIn(store?: ValueStore<StoredSession>): Promise<Session> {
    const session = await this.session(store === undefined ? {} : { store });
    await session.signIn({ provider: 'demo', phone: 'ann' });
    return session;
  }
}

/** The client's end of a socket, and the means of the service to use it. */
export class TestSocket implements Socket {
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  onerror: Socket['onerror'] = null;
  readonly sent: Array<Record<string, unknown>> = [];
  isClosed = false;

  readonly url: string;
  readonly protocols: string[];

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(): void {
    this.isClosed = true;
  }

  serve(...frames: object[]): void {
    for (const frame of frames) this.onmessage?.({ data: JSON.stringify(frame) });
  }

  drop(code: number): void {
    this.onclose?.({ code });
  }

  framesOf(type: string): Array<Record<string, unknown>> {
    return this.sent.filter((frame) => frame['type'] === type);
  }
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });
}

export function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  const all = { 'Content-Type': 'application/problem+json', ...headers };
  return new Response(JSON.stringify({ code, detail: `Detail of ${code}.` }), { status, headers: all });
}

export function cut(): never {
  throw new TypeError('The connection was lost.');
}

export function event(seq: number, name = 'message.read'): object {
  return { type: 'event', seq, event: name, data: { conversation: 'c', user: BEN, seq }, at: '2026-11-23T01:00:00Z' };
}

async function receivedIn(request: Request): Promise<Received> {
  const isForm = request.headers.get('Content-Type')?.startsWith('multipart/') ?? false;
  const text = isForm ? '' : await request.clone().text();
  const body: unknown = isForm ? Object.fromEntries(await request.clone().formData()) : text && JSON.parse(text);
  return { method: request.method, path: new URL(request.url).pathname, body, headers: request.headers };
}
