/// <reference lib="webworker" />
/** Shows pushes of Firebase, and opens their links. `docs/build-an-app.md` describes what a push contains. */
import { locateRoute } from './core/locate';

declare const self: ServiceWorkerGlobalScope;

interface Payload {
  notification?: { title?: string; body?: string; tag?: string; silent?: boolean };
  data?: Record<string, string>;
}

const HOME = '/inbox';

export function handlePushes(): void {
  self.addEventListener('push', (event) => event.waitUntil(showPush((event.data?.json() ?? {}) as Payload)));
  self.addEventListener('notificationclick', (event) => {
    event.notification.close();
    const { link } = event.notification.data as { link: string };
    event.waitUntil(openApp(link));
  });
}

/** A newer push replaces the one with its tag. What the person reads elsewhere is withdrawn. */
async function showPush({ notification = {}, data = {} }: Payload): Promise<void> {
  if (data['withdraws']) {
    const shown = await self.registration.getNotifications({ tag: data['withdraws'] });
    shown.forEach((old) => old.close());
    return;
  }
  const { title = '', body = '', tag = '', silent = false } = notification;
  const { pathname } = new URL(data['link'] || HOME, self.location.origin);
  await self.registration.showNotification(title, {
    body,
    tag,
    silent,
    icon: `${import.meta.env.BASE_URL}icon-192.png`,
    badge: `${import.meta.env.BASE_URL}icon-192.png`,
    data: { link: locateRoute(pathname) ? pathname : HOME },
  });
}

/** Show the screen in a window of the app that is open, else in a new one. */
async function openApp(link: string): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window' });
  const window = windows.find(({ visibilityState }) => visibilityState === 'visible') ?? windows[0];
  if (!window) {
    await self.clients.openWindow(link);
    return;
  }
  window.postMessage({ type: 'open', link });
  await window.focus();
}
