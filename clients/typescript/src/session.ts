import { type Api, createApi, dataOf } from './api.ts';
import { ServerClock, systemTimers, type Timers } from './clock.ts';
import { Emitter } from './emitter.ts';
import { ApiError, errorOf } from './errors.ts';
import { newId } from './ids.ts';
import type { components } from './schema.ts';
import type { ValueStore } from './storage.ts';

/** The person as the service describes them to themselves. */
export type User = components['schemas']['SignInAnswer']['user'];

/** How somebody proves who they are: `provider` and what it needs, as `POST /auth/sign-in` describes it. */
export type SignInProof = Omit<components['schemas']['SignInRequest'], 'installation'>;

/** What a session keeps over restarts. */
export interface StoredSession {
  /** Identifies this installation, so that signing in again replaces its old session. */
  installation: string;
  /** Null when signed out. */
  account: { token: string; sessionId: string; userId: string } | null;
  /** Whether the service has refused the token: the same person has to sign in again. */
  isExpired: boolean;
}

/** `expired`: the service no longer accepts the token. What waits in the outbox stays there until the person signs in. */
export type SessionState = 'signed_out' | 'signed_in' | 'expired';

export interface SessionEvents {
  /** The state has changed, or the person. */
  state: SessionState;
}

export interface SessionOptions {
  /** Origin of the service, such as `https://trash.example.org`; in a page of the service, `location.origin`. */
  baseUrl: string;
  store: ValueStore<StoredSession>;
  /** Where to keep by how much the clock of this device is wrong. Without it that is forgotten at each start. */
  clock?: ValueStore<number>;
  /** `th` or `en`; sent as `Accept-Language`. Without it the service uses the person's own language. */
  language?: string;
  /** Such as `1.4.2`; sent as `App-Version`, so that the service can refuse versions that are too old (`app_outdated`). */
  appVersion?: string;
  fetch?: typeof globalThis.fetch;
  timers?: Timers;
}

/** How long a request may take before it counts as lost. Longer than the longest long poll. */
const PATIENCE_MS = 60_000;

/** Who is signed in on this installation. Open it once, and give it to everything else. */
export class Session extends Emitter<SessionEvents> {
  readonly baseUrl: string;
  readonly clock: ServerClock;
  readonly timers: Timers;
  /** The typed client; see {@link createApi}. */
  readonly api: Api;
  /** Sent as `Accept-Language` from the next request on; null leaves the choice to the service. */
  language: string | null;
  readonly #appVersion: string | null;
  readonly #fetch: typeof globalThis.fetch;
  readonly #store: ValueStore<StoredSession>;
  #stored: StoredSession = { installation: newId(), account: null, isExpired: false };

  private constructor(options: SessionOptions) {
    super();
    this.baseUrl = options.baseUrl.replace(/\/+$/, '');
    this.timers = options.timers ?? systemTimers;
    this.clock = new ServerClock(this.timers, options.clock);
    this.language = options.language ?? null;
    this.#store = options.store;
    this.#appVersion = options.appVersion ?? null;
    this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
    this.api = createApi(this);
  }

  /** Read the stored session, and follow other tabs that sign in or out. */
  static async open(options: SessionOptions): Promise<Session> {
    const session = new Session(options);
    await Promise.all([session.#read(), session.clock.restore()]);
    if ((await options.store.load()) === null) await options.store.save(session.#stored);
    options.store.watch?.(() => void session.#read());
    return session;
  }

  get state(): SessionState {
    if (this.#stored.account === null) return 'signed_out';
    return this.#stored.isExpired ? 'expired' : 'signed_in';
  }

  /** The person who is or was signed in; null after signing out. */
  get userId(): string | null {
    return this.#stored.account?.userId ?? null;
  }

  /** The bearer token; null unless signed in. */
  get token(): string | null {
    return this.state === 'signed_in' ? this.#stored.account!.token : null;
  }

  /** Sign in. Raises {@link ApiError}; nothing has changed then. */
  async signIn(proof: SignInProof): Promise<components['schemas']['SignInAnswer']> {
    const body = { ...proof, installation: this.#stored.installation };
    const answer = await dataOf(this.api.POST('/api/v1/auth/sign-in', { body }));
    const account = { token: answer.token, sessionId: answer.session, userId: answer.user.id };
    await this.#write({ account, isExpired: false });
    return answer;
  }

  /** Sign out on this installation. Without a network its session at the service lives on until it is ended elsewhere. */
  async signOut(): Promise<void> {
    const token = this.token;
    await this.#write({ account: null, isExpired: false });
    if (token === null) return;
    const headers = { Authorization: `Bearer ${token}` };
    await this.send(new Request(`${this.baseUrl}/api/v1/auth/sign-out`, { method: 'POST', headers })).catch(
      ignoreRefusal,
    );
  }

  /**
   * Send a request with the token and the language, for what the typed client cannot express.
   *
   * Learns the time of the service. Rejects with {@link ApiError} unless the response is 2xx: `network` when none
   * arrived in time. A 401 for the present token makes the session `expired`; a late one for an earlier token does not.
   */
  async send(request: Request, patienceMs = PATIENCE_MS): Promise<Response> {
    const token = this.token;
    if (token !== null) request.headers.set('Authorization', `Bearer ${token}`);
    if (this.language !== null) request.headers.set('Accept-Language', this.language);
    if (this.#appVersion !== null) request.headers.set('App-Version', this.#appVersion);
    const sentAt = this.timers.now();
    const response = await this.#exchange(request, patienceMs);
    this.clock.learn(response.headers.get('Date'), sentAt, this.timers.now());
    if (response.ok) return response;
    if (response.status === 401 && token !== null && token === this.token) await this.#write({ isExpired: true });
    throw await errorOf(response);
  }

  /** Fetch the response with its whole body, so that a connection that is lost halfway counts as lost. */
  async #exchange(request: Request, patienceMs: number): Promise<Response> {
    const { signal } = request;
    const patience = new AbortController();
    const abort = (): void => patience.abort(signal.reason);
    const timer = this.timers.setTimeout(() => patience.abort(), patienceMs);
    signal.addEventListener('abort', abort);
    try {
      signal.throwIfAborted();
      const response = await this.#fetch(new Request(request, { signal: patience.signal }));
      const body = await response.arrayBuffer();
      return new Response(body.byteLength === 0 ? null : body, response);
    } catch (cause) {
      if (signal.aborted) throw cause;
      throw new ApiError({ code: 'network', status: 0, message: 'No response arrived.', cause });
    } finally {
      this.timers.clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }

  async #read(): Promise<void> {
    this.#change((await this.#store.load()) ?? this.#stored);
  }

  async #write(change: Partial<StoredSession>): Promise<void> {
    const stored = { ...this.#stored, ...change };
    await this.#store.save(stored);
    this.#change(stored);
  }

  #change(stored: StoredSession): void {
    const [state, userId] = [this.state, this.userId];
    this.#stored = stored;
    if (this.state !== state || this.userId !== userId) this.emit('state', this.state);
  }
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
}
