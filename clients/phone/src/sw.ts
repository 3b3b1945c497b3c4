/// <reference lib="webworker" />
/**
 * Keeps the app shell on the phone, so that the app starts without a network. Data are kept by the app itself
 * (`core/cache.ts`); photos that were seen are kept here, the newest of them.
 */
import { locateRoute } from './core/locate';
import { handlePushes } from './push_worker';

declare const self: ServiceWorkerGlobalScope;

/** Both are written by the build (`sw.config.ts`). */
declare const SHELL_FILES: string[];
declare const SHELL_VERSION: string;

const SHELL = `shell-${SHELL_VERSION}`;
const PHOTOS = 'photos';
const PHOTOS_MAX = 300;
const PAGE = '/welcome';

handlePushes();

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(SHELL)
      .then((cache) => cache.addAll([PAGE, ...SHELL_FILES]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(removeOldShells().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate') {
    if (locateRoute(url.pathname)) event.respondWith(showApp(request));
  } else if (url.pathname.startsWith('/static/phone/assets/')) event.respondWith(fromShell(request));
  else if (url.pathname.startsWith('/media/')) event.respondWith(fromPhotos(request));
});

async function removeOldShells(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith('shell-') && name !== SHELL).map((name) => caches.delete(name)),
  );
}

/** The page of the service, which may be newer, or the kept one when it does not answer in time. */
async function showApp(request: Request): Promise<Response> {
  const kept = await caches.match(PAGE);
  if (!kept) return fetch(request);
  const late = new Promise<Response>((resolve) => setTimeout(() => resolve(kept.clone()), 2_000));
  return Promise.race([
    fetch(request).then(
      (fresh) => (fresh.ok ? fresh : kept),
      () => kept,
    ),
    late,
  ]);
}

/** Files have hashed names: what is kept is right. */
async function fromShell(request: Request): Promise<Response> {
  const kept = await caches.match(request);
  if (kept) return kept;
  const fresh = await fetch(request);
  if (fresh.ok) (await caches.open(SHELL)).put(request, fresh.clone()).catch(() => undefined);
  return fresh;
}

async function fromPhotos(request: Request): Promise<Response> {
  const cache = await caches.open(PHOTOS);
  const kept = await cache.match(request);
  if (kept) return kept;
  const fresh = await fetch(request);
  if (fresh.ok) keepPhoto(cache, request, fresh.clone()).catch(() => undefined);
  return fresh;
}

async function keepPhoto(cache: Cache, request: Request, photo: Response): Promise<void> {
  await cache.put(request, photo);
  const names = await cache.keys();
  await Promise.all(names.slice(0, Math.max(0, names.length - PHOTOS_MAX)).map((name) => cache.delete(name)));
}
