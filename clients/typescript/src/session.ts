import { type Api, createApi, dataOf } from './api.ts';
import { ServerClock, systemTimers, type Timers } from './clock.ts';
import { Emitter } from './emitter.ts';
import { ApiError } from './errors.ts';
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
  state: SessionState;
}

export interface SessionOptions {
  /** Origin of the service, such as `https://trash.example.org`; in a page of the service, `location.origin`. */
  baseUrl: string;
  store: ValueStore<StoredSession>;
  /** `th` or `en`; sent as `Accept-Language`. Without it the service uses the person's own language. */
  language?: string;
  fetch?: typeof globalThis.fetch;
  timers?: Timers;
}

/** Who is signed in on this installation. Open it once, and give it to everything else. */
export class Session extends Emitter<SessionEvents> {
  readonly baseUrl: string;
  readonly clock: ServerClock;
  readonly timers: Timers;
  /** The typed client; see {@link createApi}. */
  readonly api: Api;
  /** Sent as `Accept-Language` from the next request on; null leaves the choice to the service. */
  language: string | null;
  readonly #store: ValueStore<StoredSession>;
  #stored: StoredSession = { installation: newId(), account: null, isExpired: false };

  private constructor(options: SessionOptions) {
    super();
    this.baseUrl = options.baseUrl.replace(/\/+$/, '');
    this.timers = options.timers ?? systemTimers;
    this.clock = new ServerClock(this.timers);
    this.language = options.language ?? null;
    this.#store = options.store;
    this.api = createApi(this, options.fetch);
  }

  /** Read the stored session, and follow other tabs that sign in or out. */
  static async open(options: SessionOptions): Promise<Session> {
    const session = new Session(options);
    await session.#read();
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

  /** Sign out here, also without a network: the service is told when it can be reached. */
  async signOut(): Promise<void> {
    const request = this.token === null ? null : this.api.POST('/api/v1/auth/sign-out');
    await this.#write({ account: null, isExpired: false });
    await request?.catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
    });
  }

  /** Called with each token the service refuses. A late refusal of an earlier token changes nothing. */
  async expire(token: string): Promise<void> {
    if (token === this.token) await this.#write({ isExpired: true });
  }

  async #read(): Promise<void> {
    const before = this.state;
    this.#stored = (await this.#store.load()) ?? this.#stored;
    if (this.state !== before) this.emit('state', this.state);
  }

  async #write(change: Partial<StoredSession>): Promise<void> {
    const before = this.state;
    this.#stored = { ...this.#stored, ...change };
    await this.#store.save(this.#stored);
    if (this.state !== before) this.emit('state', this.state);
  }
}
