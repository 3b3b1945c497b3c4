/** Who is signed in, as screens read it. The SDK's session decides; this mirrors it for Svelte. */
import {
  Session,
  webStore,
  type SessionState,
  type SignInProof,
  type StoredSession,
  type components,
} from '@tinder-for-trash/sdk';
import { cacheFor, forgetCaches } from './cache';
import { deviceName } from './device';
import { SESSION_KEY, takeEarly } from './early';
import { language } from './language.svelte';
import { setClock } from './time';

export type Me = components['schemas']['Me'];

class CurrentSession {
  state = $state<SessionState>('signed_out');
  userId = $state<string | null>(null);
  /** The person's own account; null until it is read. */
  me = $state.raw<Me | null>(null);
  #sdk: Session | null = null;

  /** The SDK's session, with the typed client `sdk.api`. */
  get sdk(): Session {
    if (!this.#sdk) throw new Error('openSession has not finished');
    return this.#sdk;
  }

  async open(): Promise<void> {
    this.#sdk = await Session.open({
      baseUrl: window.location.origin,
      store: webStore<StoredSession>(SESSION_KEY),
      clock: webStore<number>('clock'),
      language: language.code,
      fetch: (input, init) => (input instanceof Request && takeEarly(input)) || fetch(input, init),
    });
    setClock(this.#sdk.clock);
    this.#sdk.on('state', () => this.#follow());
    this.#follow();
    if (this.state === 'signed_in') void this.readMe();
  }

  /** Signs in and keeps the account. Rejects with ApiError. What this phone kept of another person is forgotten. */
  async signIn(proof: SignInProof): Promise<void> {
    const before = this.userId;
    const { user } = await this.sdk.signIn({ device_name: deviceName(), ...proof });
    if (before !== null && before !== user.id) await forgetCaches();
    this.me = user as Me;
  }

  /** Signs out, and forgets what this phone kept for reading offline. */
  async signOut(): Promise<void> {
    await forgetCaches();
    this.me = null;
    await this.sdk.signOut();
  }

  /** Reads the account again; offline, the last one that was read. */
  async readMe(): Promise<void> {
    const cache = cacheFor<Me>('me');
    this.me ??= await cache.load();
    try {
      const { data } = await this.sdk.api.GET('/api/v1/me');
      this.me = data ?? null;
      if (data) void cache.save(data);
    } catch {
      // What is shown stays; a refused token has changed the state already.
    }
  }

  #follow(): void {
    this.state = this.sdk.state;
    this.userId = this.sdk.userId;
  }
}

export const session = new CurrentSession();

/** The typed client of the service. */
export function api(): Session['api'] {
  return session.sdk.api;
}
