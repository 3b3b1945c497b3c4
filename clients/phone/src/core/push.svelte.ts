/**
 * Pushes to this browser, where the city has a web app at Firebase. Nothing is asked before the person wants them.
 *
 * The service sends them as long as the session lives that registered the address; signing out ends that.
 */
import { ApiError, dataOf, type components } from '@tinder-for-trash/sdk';
import { config } from './config.svelte';
import { language } from './language.svelte';
import { api, session } from './session.svelte';

const KEY = 'push';
const hasPushes = 'Notification' in window && 'PushManager' in window && 'serviceWorker' in navigator;

class Push {
  /** Whether this browser can get pushes here. */
  readonly isAvailable = $derived(hasPushes && Boolean(config.value?.sign_in.firebase?.vapid_key));
  /** What the person has told the browser. */
  permission = $state<NotificationPermission>(hasPushes ? Notification.permission : 'denied');
  isOn = $state(localStorage.getItem(KEY) !== null);
  #keepingUp: Promise<void> = Promise.resolve();
  /** Whether it may be offered: possible here, and not yet answered. */
  readonly canOffer = $derived(this.isAvailable && this.permission === 'default');

  /** Register again at every start, because addresses change, and stop when the person signs out. Call it once. */
  async follow(): Promise<void> {
    session.sdk.on('state', () => (this.#keepingUp = this.#keepUp()));
    await config.read();
    await (this.#keepingUp = this.#keepUp());
  }

  /** Ask the browser's permission and register. Call it from a tap. Rejects with ApiError. */
  async turnOn(): Promise<void> {
    this.permission = await Notification.requestPermission();
    if (this.permission === 'granted') await this.#register();
  }

  async turnOff(): Promise<void> {
    // One that is under way would register again what is given up here.
    await this.#keepingUp;
    const device = localStorage.getItem(KEY);
    await this.#forget();
    if (!device) return;
    await api()
      .DELETE('/api/v1/devices/{device_id}', { params: { path: { device_id: device } } })
      .catch((error: unknown) => {
        if (!(error instanceof ApiError && error.status === 404)) throw error;
      });
  }

  async #keepUp(): Promise<void> {
    if (!this.isOn || session.state === 'expired') return;
    if (session.state === 'signed_out' || this.permission !== 'granted') await this.#forget();
    else if (this.isAvailable) await this.#register().catch(ignoreRefusal);
  }

  async #register(): Promise<void> {
    const web = config.value?.sign_in.firebase;
    if (!web) return;
    const value = await addressAt(web);
    const body = { kind: 'token', value, platform: 'web', locale: language.code } as const;
    const device = await dataOf(api().POST('/api/v1/devices', { body }));
    localStorage.setItem(KEY, device.id);
    this.isOn = true;
  }

  async #forget(): Promise<void> {
    localStorage.removeItem(KEY);
    this.isOn = false;
    const worker = await navigator.serviceWorker.getRegistration();
    const subscription = await worker?.pushManager.getSubscription();
    await subscription?.unsubscribe();
  }
}

async function addressAt(web: components['schemas']['FirebaseConfig']): Promise<string> {
  try {
    const { readAddress } = await import('./firebase_messaging');
    return await readAddress(web);
  } catch (cause) {
    throw new ApiError({ code: 'push_unavailable', status: 0, message: String(cause), cause });
  }
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
}

export const push = new Push();
