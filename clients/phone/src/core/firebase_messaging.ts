/** The push address of this browser at Firebase. Import it lazily: it brings Firebase with it. */
import { initializeApp } from '@firebase/app';
import { getMessaging, getToken, type Messaging } from '@firebase/messaging';
import type { components } from '@tinder-for-trash/sdk';

let messaging: Messaging | null = null;

/** Rejects with an error of Firebase. */
export async function readAddress(web: components['schemas']['FirebaseConfig']): Promise<string> {
  messaging ??= messagingOf(web);
  const serviceWorkerRegistration = await navigator.serviceWorker.ready;
  return getToken(messaging, { vapidKey: web.vapid_key ?? '', serviceWorkerRegistration });
}

function messagingOf({ api_key, app_id, project_id, messaging_sender_id }: components['schemas']['FirebaseConfig']) {
  const sender = { messagingSenderId: messaging_sender_id ?? '' };
  return getMessaging(initializeApp({ apiKey: api_key, appId: app_id, projectId: project_id, ...sender }, 'push'));
}
